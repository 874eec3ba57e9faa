"""What a token is narrowed to: OAuth's `scope`, words of the form `resourceType:action` (RFC 6749 section 3.3).

A token without such words does all that its subject may. With them it does no more than they say, and still nothing
that its subject may not.
"""

from collections.abc import Iterable
from typing import Final

from keystead.authz.policy import Limit
from keystead.authz.vocabulary import ACTIONS, OWN_RESOURCE_TYPES, RESOURCE_TYPES

IGNORED: Final = frozenset({"openid", "profile", "email", "offline_access"})
"""What OpenID Connect's clients ask for by habit: it narrows nothing."""

_MASKS: Final = {
    f"{resource.name}:{action.word}": resource.mask(action)
    for resource in (*RESOURCE_TYPES, *OWN_RESOURCE_TYPES)
    for action in ACTIONS
}
WORDS: Final = tuple(_MASKS)
"""Every word that narrows."""


def narrowing_words(scope: str) -> list[str]:
    """The words of a `scope` that narrow, each once, in their order."""
    return [word for word in dict.fromkeys(scope.split(" ")) if word and word not in IGNORED]


def unknown_word(words: Iterable[str]) -> str | None:
    """The first that narrows to nothing that there is."""
    return next((word for word in words if word not in _MASKS), None)


def limit_of(scope: str) -> Limit | None:
    """What a token's `scope` leaves of its subject's permissions; None: all. An unknown word leaves nothing."""
    if not scope:
        return None
    mask = 0
    for word in scope.split(" "):
        mask |= _MASKS.get(word, 0)
    return Limit(mask, 0)

"""What a guard knows of tokens: which it has seen and found good, and which it must ask about (again).

A token that was issued after the guard began to follow the feed is good as long as the feed does not name it: its
secret was alive when it was issued, and its end would have been told. An older one may have ended before: it is asked
about when it is first seen. What the feed names is asked about again. Memory is bounded: what is forgotten is asked
about, too.
"""

from collections.abc import Iterable
from typing import Final

from keystead_guard.caller import Caller

CLOCKS_DIFFER_BY: Final = 60
"""Seconds, at most, between any two of Keystead's servers."""

Question = tuple[str, str, str]


class Entry:
    """A token that was found good. `decisions` are those that Keystead made about it."""

    __slots__ = ("caller", "decisions", "usable_until")

    def __init__(self, caller: Caller, usable_until: float) -> None:
        self.caller = caller
        self.usable_until = usable_until
        self.decisions: dict[Question, bool] = {}


class Standing:
    """`moment` is another after anything was heard: whoever asks Keystead compares it before and after."""

    def __init__(self, most_tokens: int = 20_000, most_named: int = 100_000) -> None:
        self._most_tokens = most_tokens
        self._most_named = most_named
        self.entries: dict[str, Entry] = {}
        self._tokens_of: dict[str, set[str]] = {}
        self._named: dict[str, int] = {}
        self._dead: dict[str, int] = {}
        self.known_since: int | None = None
        self.moment = 0

    def is_dead(self, caller: Caller) -> bool:
        """The feed named this very token."""
        return caller.token_id in self._dead

    def must_ask(self, caller: Caller) -> bool:
        """Whether the token may have ended without us hearing of it, or was named since it was issued."""
        if self.known_since is None or caller.issued_at <= self.known_since + CLOCKS_DIFFER_BY:
            return True
        return any(
            caller.issued_at <= self._named.get(key, -1) + CLOCKS_DIFFER_BY
            for key in (caller.subject, caller.credential_id)
            if key in self._named
        )

    def remember(self, caller: Caller, usable_until: float) -> Entry:
        entry = Entry(caller, usable_until)
        if len(self.entries) >= self._most_tokens:
            self._forget_token(next(iter(self.entries)))
        self.entries[caller.token] = entry
        for key in _keys(caller):
            self._tokens_of.setdefault(key, set()).add(caller.token)
        return entry

    # What the feed tells

    def begin(self, at: int) -> None:
        """Nothing is known of before `at`, in seconds of Keystead's clock."""
        self.moment += 1
        self.known_since = at
        self.entries.clear()
        self._tokens_of.clear()
        self._named.clear()

    def hear(self, named: Iterable[str], dead: Iterable[str], at: int) -> None:
        """Subjects and credentials to ask about again, and tokens that are dead."""
        named, dead = list(named), list(dead)
        if not named and not dead:
            return
        self.moment += 1
        for key in named:
            self._named.pop(key, None)  # the newest is the last
            self._named[key] = at
            self._forget_of(key)
        for jti in dead:
            self._dead[jti] = at
            self._forget_of(jti)
        while len(self._named) > self._most_named:
            oldest = next(iter(self._named))
            self.known_since = max(self.known_since or 0, self._named.pop(oldest))
        while len(self._dead) > self._most_named:
            oldest = next(iter(self._dead))
            self.known_since = max(self.known_since or 0, self._dead.pop(oldest))

    def forget_decisions(self) -> None:
        self.moment += 1
        for entry in self.entries.values():
            entry.decisions.clear()

    def forget_tokens(self) -> None:
        self.moment += 1
        self.entries.clear()
        self._tokens_of.clear()

    def _forget_of(self, key: str) -> None:
        for token in list(self._tokens_of.get(key, ())):
            self._forget_token(token)

    def _forget_token(self, token: str) -> None:
        entry = self.entries.pop(token)
        for key in _keys(entry.caller):
            tokens = self._tokens_of[key]
            tokens.discard(token)
            if not tokens:
                del self._tokens_of[key]


def _keys(caller: Caller) -> tuple[str, str, str]:
    return caller.subject, caller.credential_id, caller.token_id

"""For which APIs a token is meant: what its client asks for, within what is registered for it (RFC 8707)."""

from collections.abc import Sequence

from keystead.tokens.forms import OAuthError


class Audiences:
    """`own` is this server's own address: what every token is meant for unless its client asks otherwise."""

    def __init__(self, own: str) -> None:
        self._own = own

    def choose(self, targets: Sequence[str], registered: Sequence[str]) -> str | list[str]:
        """The `aud` of a token. `targets`: every `resource` and `audience` asked for. Raises OAuthError."""
        if not targets:
            return self._own
        wanted = list(dict.fromkeys(targets))
        if any(target != self._own and target not in registered for target in wanted):
            raise OAuthError(
                "invalid_target",
                "A resource or audience is not registered for this client: it is among an account's audiences.",
            )
        return wanted if len(wanted) > 1 else wanted[0]

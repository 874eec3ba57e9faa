"""Why a request is refused, as RFC 6750 section 3 has it."""

from typing import Final

_REALM: Final = 'Bearer realm="keystead"'


class RefusedError(Exception):
    """`status` is that of the answer: 401, 403 or 503; `headers` belong into it. Nothing in it is secret."""

    status: int = 401
    code: str = "invalid_token"

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": f'{_REALM}, error="{self.code}"', "Cache-Control": "no-store"}

    @property
    def body(self) -> dict[str, str]:
        return {"error": self.code, "error_description": self.description}


class TokenMissingError(RefusedError):
    """Nobody said who asks."""

    def __init__(self) -> None:
        super().__init__("A bearer token is required.")

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": _REALM, "Cache-Control": "no-store"}


class InvalidTokenError(RefusedError):
    """The token is not, or no longer, good here."""


class ForbiddenError(RefusedError):
    """The token is good, and its holder may not do this."""

    status = 403
    code = "insufficient_scope"


class UnavailableError(RefusedError):
    """Keystead cannot be asked, and without asking nobody comes in."""

    status = 503
    code = "temporarily_unavailable"

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": "1", "Cache-Control": "no-store"}

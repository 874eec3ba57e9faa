"""Requests of browsers: the session's cookie, and the proof that it is our own page that sends it.

A browser sends cookies along whoever made it ask. What changes anything, and comes with a cookie, must carry a header
that no other site can send without a preflight, which is never granted; and what browsers say of the asking page must
agree.
"""

from typing import Final
from urllib.parse import urlsplit

from keystead.kit.errors import forbidden, unauthenticated
from keystead.kit.secret import Secret
from keystead.web.asgi import AsgiScope, header
from keystead.web.errors import Headers

REQUEST_HEADER: Final = "X-Keystead-Request"
REQUEST_VALUE: Final = "console"
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_NAME: Final = "keystead_session"
_SECURE_PREFIX: Final = "__Host-"  # RFC 6265bis section 4.1.3.2: no other host, no plain HTTP can set it
_OWN_SITES: Final = frozenset({"same-origin", "none"})
_HEADER: Final = REQUEST_HEADER.lower().encode()


def cookie_name(public_url: str) -> str:
    return f"{_SECURE_PREFIX}{_NAME}" if _is_https(public_url) else _NAME


class OwnRequests:
    """`public_url` is the address by which browsers reach this server; on https the cookie never leaves it."""

    def __init__(self, public_url: str) -> None:
        self.cookie_name = cookie_name(public_url)
        self._secure = _is_https(public_url)
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()

    def cookie_in(self, scope: AsgiScope) -> Secret | None:
        """The session's cookie. Raises a `Kind.UNAUTHENTICATED` error when two of the name are given."""
        prefix = f"{self.cookie_name}="
        given = [
            pair.strip().removeprefix(prefix)
            for name, value in scope["headers"]
            if name == b"cookie"
            for pair in value.decode("latin-1").split(";")
            if pair.strip().startswith(prefix)
        ]
        if len(given) > 1:
            raise unauthenticated("The session's cookie is given more than once: sign in again.")
        return Secret(given[0]) if given else None

    def set_cookie(self, secret: Secret) -> Headers:
        """It goes with the browser's window; how long the session lives is for the server to know."""
        return [self._cookie(secret.reveal())]

    def clear_cookie(self) -> Headers:
        return [self._cookie("", "; Max-Age=0")]

    def _cookie(self, value: str, more: str = "") -> tuple[bytes, bytes]:
        secure = "; Secure" if self._secure else ""
        text = f"{self.cookie_name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}"
        return b"set-cookie", text.encode()

    def require_own(self, scope: AsgiScope) -> None:
        """Raises a `Kind.FORBIDDEN` error for what another site may have had a browser send."""
        if header(scope, _HEADER) != REQUEST_VALUE:
            raise forbidden(
                f"A request of a browser's session needs the header {REQUEST_HEADER}: {REQUEST_VALUE}."
            )
        origin = header(scope, b"origin").lower()
        if origin and origin not in (self._origin, *_own_addresses(scope)):
            raise forbidden("The request comes from a page of another origin.")
        site = header(scope, b"sec-fetch-site").lower()
        if site and site not in _OWN_SITES:
            raise forbidden("The request comes from a page of another site.")


def _own_addresses(scope: AsgiScope) -> list[str]:
    """The origins of whoever calls us by the name that this request has, a proxy before us speaking TLS or not."""
    host = header(scope, b"host").lower()
    return [f"http://{host}", f"https://{host}"] if host else []


def _is_https(public_url: str) -> bool:
    return public_url.startswith("https://")

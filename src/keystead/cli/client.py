"""The command line's own client of a running server: an administrator's session over the public API."""

import getpass
import http.client
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

from keystead.kit.secret import Secret
from keystead.settings import Settings

CALL_SECONDS: Final = 60.0
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_SESSION: Final = "/api/v1/session"
_CODE_REQUIRED: Final = "code-required"
_OWN_PAGE: Final = {"X-Keystead-Request": "console"}


class ClientError(Exception):
    """The server cannot be reached, or refused: a sentence for whoever gave the command."""


class _RefusedError(ClientError):
    """The server answered, with a refusal."""


class AdminClient:
    """One kept connection. `url` is the server's address; an answer may take `seconds`. Call `sign_in` first."""

    def __init__(self, url: str, seconds: float = CALL_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(f"{url} is not an http or https address.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._url = url
        self._prefix = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=seconds)
        self._token: Secret | None = None
        self._cookie: Secret | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._cookie is not None:
            with suppress(ClientError):  # it ends by itself later on
                self.call("DELETE", _SESSION)
        self._connection.close()

    def sign_in(self, email: str, password: Secret) -> None:
        """Raises ClientError when the server refuses.

        Where no token is to be had, as for whoever has a second factor, a session is opened as browsers do.
        """
        form = {
            "grant_type": "password",
            "username": email,
            "password": password.reveal(),
            "client_id": "cli",
        }
        try:
            answer = self._send("POST", "/api/v2/token", urlencode(form).encode(), _FORM)
        except _RefusedError:
            self._open_session(email, password)
        else:
            self._token = Secret(answer["access_token"])

    def _open_session(self, email: str, password: Secret) -> None:
        body = {"email": email, "password": password.reveal()}
        opened = self.call("POST", _SESSION, body)
        if opened["state"] == _CODE_REQUIRED:
            self.call("POST", _SESSION, body | {"code": ask_code(email).reveal()})

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON; None when it has none. Raises ClientError."""
        return self._send(method, path, None if body is None else json.dumps(body).encode(), _JSON)

    def _send(self, method: str, path: str, body: bytes | None, content_type: str) -> Any:
        headers = {"Content-Type": content_type, "Accept": _JSON}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        elif content_type == _JSON:
            headers |= _OWN_PAGE | ({"Cookie": self._cookie.reveal()} if self._cookie else {})
        try:
            self._connection.request(method, self._prefix + path, body, headers)
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise ClientError(f"No Keystead answers at {self._url}: {reason}.") from error
        found = _parsed(raw)
        if answer.status >= 400:
            raise _RefusedError(_refusal(answer.status, found))
        cookie = answer.getheader("Set-Cookie")
        if cookie is not None:
            self._cookie = Secret(cookie.partition(";")[0])
        return found


def ask_password(settings: Settings, email: str) -> Secret:
    """From KEYSTEAD_ADMIN_PASSWORD or its file, else typed without echo, else the first line of standard input."""
    if settings.admin_password is not None:
        return settings.admin_password
    if sys.stdin.isatty():
        return Secret(getpass.getpass(f"Password of {email}: "))
    return Secret(sys.stdin.readline().rstrip("\n"))


def ask_code(email: str) -> Secret:
    """The code of a second factor: typed, else the next line of standard input. Raises ClientError without one."""
    code = getpass.getpass(f"Code of {email}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not code:
        raise ClientError(
            f"{email} has a second factor: its code is asked for on a terminal, or read from standard input."
        )
    return Secret(code)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw.strip() else None
    except ValueError:
        return None


def _refusal(status: int, answer: Any) -> str:
    if isinstance(answer, dict):
        told = answer.get("message") or answer.get("error_description")
        if isinstance(told, str):
            return told
    return f"The server answered {status}."

"""Keystead as a guard asks it: its keys, its feed, a token, a decision. Every question is asked as this API itself."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx

from keystead_guard.errors import UnavailableError

FEED_WAIT: Final = 1
"""Seconds that a question for changes waits: much shorter than the silence that a guard bears."""

_ANSWER_SECONDS: Final = 2.0
_RENEWED_BEFORE: Final = 60
_TOLD: Final[Mapping[str, type]] = {
    "version": int,
    "hash": str,
    "at": int,
    "reload": bool,
    "subjects": list,
    "credentials": list,
    "tokens": list,
    "signingKeys": bool,
    "rights": bool,
}


class Told(NamedTuple):
    """An answer of the feed. `at` in seconds of Keystead's clock."""

    version: int
    hash: str
    at: int
    reload: bool
    subjects: list[str]
    credentials: list[str]
    tokens: list[str]
    signing_keys: bool
    rights: bool


class Server:
    """`http` is closed by `close`, unless it was given."""

    def __init__(
        self, url: str, client_id: str, client_secret: str, http: httpx.AsyncClient | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._http = http or httpx.AsyncClient(timeout=_ANSWER_SECONDS, follow_redirects=False)
        self._is_ours = http is None
        self._token = ""
        self._token_ends = 0.0
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def keys(self) -> Any:
        """The JWK set, from Keystead itself: a cache on the way may have what was revoked since.

        This and all below raise UnavailableError.
        """
        headers = {"Cache-Control": "no-cache"}
        return _content(await self._send("GET", "/.well-known/jwks.json", headers=headers))

    async def changes(self, asked: Mapping[str, str | int]) -> Told:
        """What ended since; waits for it."""
        answer = await self._as_ourselves(
            "GET", "/api/v1/changes", params={**asked, "wait": FEED_WAIT}, timeout=FEED_WAIT + _ANSWER_SECONDS
        )
        return _told(_content(answer))

    async def is_active(self, token: str) -> bool:
        """RFC 7662."""
        answer = await self._as_ourselves("POST", "/api/v2/introspect", data={"token": token})
        return _content(answer).get("active") is True

    async def decide(self, token: str, action: str, resource_type: str, scope_id: str) -> bool | None:
        """Whether a token may; None where there is no such scope."""
        question = {"token": token, "action": action, "resourceType": resource_type, "scopeId": scope_id}
        answer = await self._as_ourselves(
            "POST", "/api/v1/authorization/explain", json=question, good=(200, 404)
        )
        return None if answer.status_code == 404 else _content(answer).get("allowed") is True

    async def _as_ourselves(
        self, method: str, path: str, good: tuple[int, ...] = (200,), **more: Any
    ) -> httpx.Response:
        """With a token of our own; once more with a new one where that is not taken."""
        token = await self._own_token()
        answer = await self._send(
            method, path, good=(*good, 401), headers={"Authorization": f"Bearer {token}"}, **more
        )
        if answer.status_code != 401:
            return answer
        token = await self._own_token(instead_of=token)
        return await self._send(method, path, good=good, headers={"Authorization": f"Bearer {token}"}, **more)

    async def _own_token(self, instead_of: str | None = None) -> str:
        async with self._renewing:
            if self._token == instead_of or time.monotonic() >= self._token_ends:
                form = {
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret,
                }
                granted = _content(await self._send("POST", "/api/v2/token", data=form))
                token, lives = granted.get("access_token"), granted.get("expires_in")
                if not isinstance(token, str) or not token.isascii() or type(lives) is not int:
                    raise UnavailableError("Keystead answers a request for a token with what is none.")
                self._token = token
                self._token_ends = time.monotonic() + max(lives - _RENEWED_BEFORE, 1)
            return self._token

    async def _send(
        self, method: str, path: str, good: tuple[int, ...] = (200,), **more: Any
    ) -> httpx.Response:
        try:
            answer = await self._http.request(method, self._url + path, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(f"Keystead does not answer: {type(error).__name__}.") from error
        if answer.status_code not in good:
            raise UnavailableError(f"Keystead answers {path} with {answer.status_code}.")
        return answer


def _told(content: Mapping[str, Any]) -> Told:
    for name, kind in _TOLD.items():
        if type(content.get(name)) is not kind:
            raise UnavailableError(f"Keystead's feed says what cannot be understood: {name}.")
    subjects, credentials, tokens = content["subjects"], content["credentials"], content["tokens"]
    if not all(isinstance(one, str) for one in (*subjects, *credentials, *tokens)):
        raise UnavailableError("Keystead's feed names what is no id.")
    return Told(
        content["version"],
        content["hash"],
        content["at"],
        content["reload"],
        subjects,
        credentials,
        tokens,
        content["signingKeys"],
        content["rights"],
    )


def _content(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UnavailableError("Keystead answers with what is no JSON object.")
    return content

"""The guard: who calls, and may they.

It verifies signatures with keys that it holds, follows Keystead's feed in the background, and asks where it cannot
know. It never lets anybody in on what it does not know: where Keystead cannot be asked, requests are refused.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Final, Literal, Self

import httpx

from keystead_guard.caller import Caller, read_caller
from keystead_guard.errors import ForbiddenError, InvalidTokenError, TokenMissingError, UnavailableError
from keystead_guard.jose import ALGORITHMS, JoseError, Key, key_id_of, open_token, read_key_set
from keystead_guard.server import Server, Told
from keystead_guard.standing import Entry, Standing

SILENCE: Final = 5.0
"""Seconds without a word of the feed after which nothing that it told counts."""

_LONGEST_PAUSE: Final = 2.0
_SHORT: Final = 0.5
_MOST_DECISIONS: Final = 1_000  # of one token
_KEYS_KEPT: Final = 300.0
_KEYS_ASKED_EVERY: Final = 5.0
_KEYS_REST: Final = 0.5  # after they could not be had
_log = logging.getLogger("keystead_guard")


class Guard:
    """`url` is where Keystead answers; `issuer` what its tokens say, where that is another address.

    `audiences` are the names by which this API is meant in a token: without any, that of Keystead itself, which tokens
    have unless they were asked for otherwise. `when_silent`: what to do while the feed is silent. `skew` in seconds:
    how far this machine's clock may be off.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        issuer: str | None = None,
        audiences: Iterable[str] = (),
        when_silent: Literal["introspect", "refuse"] = "introspect",
        algorithms: Iterable[str] = ALGORITHMS,
        skew: float = 5.0,
        silence: float = SILENCE,
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if when_silent not in ("introspect", "refuse"):
            raise ValueError("when_silent is introspect or refuse")
        self._issuer = (issuer or url).rstrip("/")
        self._audiences = frozenset(audiences) or frozenset({self._issuer})
        self._asks_in_silence = when_silent == "introspect"
        self._algorithms = tuple(algorithms)
        self._skew = skew
        self._silence = silence
        self._clock = clock
        self._server = Server(url, client_id, client_secret, http)
        self._keys: dict[str, Key] = {}
        self._keys_asked = self._keys_refused = self._keys_good_from = -float("inf")
        self._fetching = asyncio.Lock()
        self._standing = Standing()
        self._heard = -float("inf")
        # By how much Keystead's clock was ahead of this process's monotonic one, at least.
        self._ahead = -float("inf")
        self._following: asyncio.Task[None] | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, **more: Any) -> Self:
        """By `KEYSTEAD_URL`, `KEYSTEAD_CLIENT_ID` and `KEYSTEAD_CLIENT_SECRET`. Raises KeyError."""
        names = ("KEYSTEAD_URL", "KEYSTEAD_CLIENT_ID", "KEYSTEAD_CLIENT_SECRET")
        return cls(*(environ[name] for name in names), **more)

    # Its life

    async def start(self) -> None:
        """Begins to follow the feed. The first request does it too; here its first word is waited for, if it comes."""
        self._follow()
        for _ in range(50):
            if self.is_current():
                return
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
        await self._server.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: Any = None) -> AsyncIterator[None]:
        """For Starlette, FastAPI and Litestar: `lifespan=guard.lifespan`, `lifespan=[guard.lifespan]`."""
        async with self:
            yield

    def is_current(self) -> bool:
        """Whether what was heard still counts."""
        return time.monotonic() - self._heard <= self._silence

    # Who

    def known(self, token: str) -> Caller | None:
        """Whoever holds a token that was seen before and has not ended since; None: `authenticate` will tell."""
        entry = self._known(token)
        return entry.caller if entry is not None else None

    def _known(self, token: str) -> Entry | None:
        entry = self._standing.entries.get(token)
        now = time.monotonic()
        if entry is None or now - self._heard > self._silence:
            return None
        has_ended = entry.usable_until <= now + self._ahead or entry.usable_until <= self._clock()
        return None if has_ended else entry

    def _now(self) -> float:
        """By this machine's clock, unless Keystead said that it is later: what has expired comes back by no jump."""
        return max(self._clock(), time.monotonic() + self._ahead)

    async def authenticate(self, token: str | None) -> Caller:
        """Whoever holds the token. Raises RefusedError: what to answer is in it."""
        if not token:
            raise TokenMissingError
        known = self.known(token)
        return known if known is not None else await self._examine(token)

    async def from_header(self, authorization: Iterable[str]) -> Caller:
        """The same by every value of the `Authorization` header (RFC 6750 section 2.1)."""
        given = list(authorization)
        if len(given) > 1:
            raise InvalidTokenError("The Authorization header is given more than once.")
        scheme, _, token = given[0].strip().partition(" ") if given else ("", "", "")
        return await self.authenticate(token.strip() if scheme.lower() == "bearer" else None)

    async def _examine(self, token: str) -> Caller:
        self._follow()
        opened = open_token(token, (await self._keys_for(token)).get)
        if opened is None:
            raise InvalidTokenError("The token is not one of Keystead's.")
        caller = read_caller(token, opened, self._issuer, self._audiences, self._now(), self._skew)
        if self._standing.is_dead(caller):
            raise InvalidTokenError("The token was revoked.")
        current, moment = self.is_current(), self._standing.moment
        if not current and not self._asks_in_silence:
            raise UnavailableError("Keystead has been silent for too long.")
        if (not current or self._standing.must_ask(caller)) and not await self._server.is_active(token):
            raise InvalidTokenError("The token is no longer valid.")
        # What was heard meanwhile may be about this token: then the answer holds for this request alone.
        if current and moment == self._standing.moment:
            self._standing.remember(caller, caller.expires_at + self._skew)
        return caller

    # What they may

    async def may(self, caller: Caller, action: str, resource_type: str, scope_id: str) -> bool:
        """Whether the caller's token may. Keystead decides; its answer is kept until the feed tells of a change.

        Raises UnavailableError where Keystead cannot be asked.
        """
        if caller.is_narrowed_away_from(action, resource_type):
            return False
        question = (action, resource_type, scope_id)
        entry = self._known(caller.token)
        if entry is not None and question in entry.decisions:
            return entry.decisions[question]
        moment = self._standing.moment
        allowed = await self._server.decide(caller.token, *question)
        if entry is not None and allowed is not None and moment == self._standing.moment:
            if len(entry.decisions) >= _MOST_DECISIONS:
                entry.decisions.clear()
            entry.decisions[question] = allowed
        return allowed is True

    async def require(self, caller: Caller, action: str, resource_type: str, scope_id: str) -> None:
        """Raises ForbiddenError, or UnavailableError."""
        if not await self.may(caller, action, resource_type, scope_id):
            raise ForbiddenError(f"You may not {action} {resource_type} there.")

    # Keys

    async def _keys_for(self, token: str) -> Mapping[str, Key]:
        """The keys that are held, fetched anew where they do not know the one that a token names, or are old."""
        kid = key_id_of(token)
        if kid is None:
            return {}
        age = time.monotonic() - self._keys_asked
        if (kid not in self._keys and age > _KEYS_ASKED_EVERY) or age > _KEYS_KEPT or not self._keys:
            await self._fetch_keys(self._keys_asked)
        return self._keys

    async def _fetch_keys(self, after: float) -> None:
        """Keys that were asked for after that moment: once for all who want them, whether it succeeds or not."""
        async with self._fetching:
            if self._keys_asked > after:  # somebody else was here first
                return
            asked = time.monotonic()
            if asked - self._keys_refused < _KEYS_REST:
                raise UnavailableError("Keystead's keys could not be had a moment ago.")
            try:
                keys = read_key_set(await self._server.keys(), self._algorithms)
            except JoseError as error:
                self._keys_refused = time.monotonic()
                raise UnavailableError(f"Keystead publishes keys that cannot be used: {error}.") from None
            except UnavailableError:
                self._keys_refused = time.monotonic()
                raise
            if asked < self._keys_good_from:
                raise UnavailableError("Keystead's keys changed while they were asked for.")
            self._keys, self._keys_asked = keys, asked

    async def _change_keys(self) -> None:
        """Some of those that are held, or on their way, may be good no more: until there are others, none is."""
        self._keys, self._keys_good_from = {}, time.monotonic()
        await self._fetch_keys(self._keys_good_from)

    # The feed

    def _follow(self) -> None:
        if self._following is None or self._following.done():
            self._following = asyncio.get_running_loop().create_task(self._follow_for_ever())

    async def _follow_for_ever(self) -> None:
        known: dict[str, str | int] = {}
        pause = 0.0
        while True:
            asked = time.monotonic()
            try:
                told = await self._server.changes(known)
                await self._apply(told)
            except UnavailableError as error:
                _log.warning("The feed is silent: %s", error.description)
                pause = min(max(2 * pause, 0.1), _LONGEST_PAUSE)
            else:
                # What is told is true of a moment after it was asked, however long it was on its way.
                self._heard = asked
                at_once = told.version == known.get("after") and self._heard + _SHORT > time.monotonic()
                pause = _SHORT if at_once else 0.0  # where the server lets nobody wait
                known = {"after": told.version, "hash": told.hash}
            await asyncio.sleep(pause)

    async def _apply(self, told: Told) -> None:
        self._ahead = told.at - time.monotonic()
        if told.reload:
            self._standing.begin(told.at)
            await self._change_keys()
            return
        self._standing.hear([*told.subjects, *told.credentials], told.tokens, told.at)
        if told.rights:
            self._standing.forget_decisions()
        if told.signing_keys:
            self._standing.forget_tokens()
            await self._change_keys()

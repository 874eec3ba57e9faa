"""The guard against a Keystead that says what no good one would, or at the worst moment: it never opens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx
import pytest

from keystead_guard import Guard, InvalidTokenError, UnavailableError
from keystead_guard.standing import CLOCKS_DIFFER_BY
from tests import jose

URL: Final = "http://keystead.example"
PATIENCE: Final = 20.0
NOW: Final = int(time.time())
LATER: Final = 4_102_444_800  # the year 2100
QUIET: Final = {
    "reload": False,
    "subjects": [],
    "credentials": [],
    "tokens": [],
    "signingKeys": False,
    "rights": False,
}
HASH: Final = "5f" * 32


class Fake(httpx.AsyncBaseTransport):
    """Answers as it is told. Each of `told` is one answer of the feed, then nothing happened."""

    def __init__(self) -> None:
        self.private = jose.private_keys()["ES256"]
        self.keys: Any = {"keys": [jose.public_jwk("ES256", self.private)]}
        self.told: list[Any] = [QUIET | {"version": 1, "hash": HASH, "at": NOW - 1_000, "reload": True}]
        self.active = True
        self.asked: list[str] = []
        self.after_keys_were_read: Callable[[], Any] | None = None
        self.keys_fail = False
        self.keys_asked_as: list[str | None] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        if path == "token":
            return httpx.Response(200, json={"access_token": "own", "expires_in": 3_600})
        if path == "changes":
            await asyncio.sleep(0.01)
            answer = self.told.pop(0) if self.told else None
            if isinstance(answer, bytes):
                return httpx.Response(200, content=answer)
            return httpx.Response(
                200, json=QUIET | {"version": 9, "hash": HASH, "at": NOW} if answer is None else answer
            )
        self.asked.append(path)
        if path == "jwks.json":
            self.keys_asked_as.append(request.headers.get("cache-control"))
            if self.keys_fail:
                raise httpx.ConnectError("unreachable")
            answer, hook = json.dumps(self.keys), self.after_keys_were_read
            if hook is not None:
                self.after_keys_were_read = None
                await hook()
            return httpx.Response(200, content=answer)
        return httpx.Response(200, json={"active": self.active})

    def token(self, **more: Any) -> str:
        claims = {
            "iss": URL, "aud": URL, "sub": "s", "client_id": "ci", "jti": f"j{more}", "tenant_id": "1",
            "subject_type": "service-account", "credential_id": "c", "iat": NOW, "exp": LATER,
        }  # fmt: skip
        head = {"alg": "ES256", "typ": "at+jwt", "kid": self.private.kid}
        return jose.signed_as("ES256", jose.segment(head), jose.segment(claims | more), self.private)


@pytest.fixture
def keystead() -> Fake:
    return Fake()


@pytest.fixture
async def guard(keystead: Fake) -> AsyncIterator[Guard]:
    """Begun long ago: tokens of now are taken without asking."""
    async with httpx.AsyncClient(transport=keystead) as http, Guard(URL, "api", "secret", http=http) as made:
        await until(made.is_current)
        keystead.asked.clear()
        yield made


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.01)


def change(**more: Any) -> dict[str, Any]:
    return QUIET | {"version": 8, "hash": HASH, "at": NOW} | more


RUBBISH: Final[list[Any]] = [
    b"",
    b"<html>",
    b"[" * 100_000,
    [],
    "x",
    {},
    change(version="9"),
    change(version=True),
    change(at=None),
    change(hash=1),
    change(reload="false"),
    change(rights=0),
    change(subjects="s"),
    change(subjects=[1]),
    change(tokens=None),
]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda one: str(one)[:30])
async def test_a_feed_that_answers_rubbish_is_silent(rubbish: Any, keystead: Fake) -> None:
    keystead.told = [rubbish] * 10_000
    async with httpx.AsyncClient(transport=keystead) as http:
        guard = Guard(URL, "api", "secret", http=http)
        assert await guard.authenticate(keystead.token())
        assert keystead.asked[-1] == "introspect"
        await until(lambda: len(keystead.told) < 10_000)
        assert not guard.is_current()
        keystead.active = False
        with pytest.raises(InvalidTokenError):
            await guard.authenticate(keystead.token())
        keystead.told = [change(reload=True)]
        await until(guard.is_current)
        await guard.stop()


async def test_keys_on_their_way_when_one_is_revoked_are_not_believed(keystead: Fake, guard: Guard) -> None:
    """A question for the keys of before the change must not answer that of after it."""
    forged = keystead.token()
    other = jose.private_keys()["ES256"]

    async def revoked_meanwhile() -> None:
        keystead.private, keystead.keys = other, {"keys": [jose.public_jwk("ES256", other)]}
        keystead.told = [change(signingKeys=True)]
        await until(lambda: guard._keys == {})

    keystead.after_keys_were_read = revoked_meanwhile
    with pytest.raises(UnavailableError):
        await guard._fetch_keys(time.monotonic())
    await until(lambda: other.kid in guard._keys)
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(forged)
    assert await guard.authenticate(keystead.token())


async def test_keys_come_from_keystead_itself(keystead: Fake, guard: Guard) -> None:
    """A cache on the way may hold what was revoked since, for as long as Keystead lets it."""
    await guard.authenticate(keystead.token())
    assert set(keystead.keys_asked_as) == {"no-cache"}


async def test_while_the_keys_cannot_be_had_after_a_change_nobody_comes_in(
    keystead: Fake, guard: Guard
) -> None:
    token = keystead.token()
    assert await guard.authenticate(token)
    keystead.keys_fail = True
    keystead.told = [change(signingKeys=True)] * 10_000
    await until(lambda: "jwks.json" in keystead.asked)
    with pytest.raises(UnavailableError):
        await guard.authenticate(token)
    keystead.keys_fail, keystead.told = False, [change()]
    await until(lambda: bool(guard._keys) or guard._keys_refused + 0.5 < time.monotonic())
    assert await guard.authenticate(token)


async def test_what_is_named_along_with_new_keys_ends_though_the_keys_cannot_be_had(
    keystead: Fake, guard: Guard
) -> None:
    token = keystead.token()
    assert await guard.authenticate(token)
    keystead.active, keystead.keys_fail = False, True
    keystead.told = [change(signingKeys=True, subjects=["s"])]
    await until(lambda: guard.known(token) is None)
    await until(lambda: not keystead.told and guard.is_current())
    keystead.keys_fail = False
    await until(lambda: guard._keys_refused + 0.5 < time.monotonic())
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(token)


async def test_many_unknown_keys_ids_are_one_question(keystead: Fake, guard: Guard) -> None:
    keystead.keys_fail = True
    guard._keys_asked -= 60
    head = {"alg": "ES256", "typ": "at+jwt"}
    signature = keystead.token().rpartition(".")[2]
    odd = [f"{jose.segment(head | {'kid': str(one)})}.{jose.segment({})}.{signature}" for one in range(50)]
    answers = await asyncio.gather(*map(guard.authenticate, odd), return_exceptions=True)
    assert {type(one) for one in answers} == {UnavailableError}
    assert keystead.asked == ["jwks.json"]
    assert await guard.authenticate(keystead.token()), "whose key is known comes in"


async def test_an_expired_token_comes_back_by_no_jump_of_the_clock(keystead: Fake) -> None:
    """What Keystead says of the time counts where this machine's clock runs behind."""
    now = [float(NOW)]
    async with (
        httpx.AsyncClient(transport=keystead) as http,
        Guard(URL, "api", "secret", http=http, clock=lambda: now[0]) as guard,
    ):
        token = keystead.token(exp=NOW + 60)
        assert await guard.authenticate(token)
        keystead.told = [change(at=NOW + 100)]
        await until(lambda: guard.known(token) is None)
        now[0] -= 86_400
        with pytest.raises(InvalidTokenError, match="expired"):
            await guard.authenticate(token)


async def test_a_clock_that_runs_ahead_ends_tokens_early_and_lets_nobody_in(keystead: Fake) -> None:
    ahead = lambda: float(LATER + 60)  # noqa: E731
    async with (
        httpx.AsyncClient(transport=keystead) as http,
        Guard(URL, "api", "secret", http=http, clock=ahead) as guard,
    ):
        with pytest.raises(InvalidTokenError, match="expired"):
            await guard.authenticate(keystead.token())


async def test_a_server_that_is_older_than_what_was_known_makes_it_ask_again(
    keystead: Fake, guard: Guard
) -> None:
    """As after a database was restored from a backup: what is known of tokens is of another history."""
    token = keystead.token()
    assert await guard.authenticate(token)
    keystead.told = [change(version=3, at=NOW + CLOCKS_DIFFER_BY, reload=True)]
    await until(lambda: guard.known(token) is None)
    await until(guard.is_current)
    keystead.active = False
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(token)


async def test_a_token_of_the_future_is_not_valid_yet(keystead: Fake, guard: Guard) -> None:
    for ahead, valid in ((4, True), (60, False)):
        token = keystead.token(iat=int(time.time()) + ahead)
        if valid:
            assert await guard.authenticate(token)
        else:
            with pytest.raises(InvalidTokenError, match="not valid yet"):
                await guard.authenticate(token)


ODD_CLAIMS: Final[list[dict[str, Any]]] = [
    {"aud": [{}]}, {"aud": None}, {"aud": {URL: 1}}, {"aud": []}, {"exp": 1e400}, {"exp": str(LATER)}, {"exp": True},
    {"iat": None}, {"nbf": "x"}, {"nbf": LATER}, {"iat": LATER}, {"sub": 1}, {"sub": ""}, {"jti": None}, {"iss": [URL]},
    {"credential_id": {}},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_CLAIMS, ids=str)
async def test_claims_that_are_not_what_they_should_be_are_refused(
    odd: dict[str, Any], keystead: Fake, guard: Guard
) -> None:
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(keystead.token(**odd))

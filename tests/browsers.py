"""Browsers for the tests: clients that keep a cookie and say that it is our own page that asks."""

import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import httpx

from keystead.users.totp import STEP_SECONDS, code_at
from tests.inside import HERE, Clock, Inside
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

SESSION: Final = "/api/v1/session"
PROOF: Final = "/api/v1/session/proof"
FACTOR: Final = "/api/v1/me/second-factor"
CONFIRM: Final = "/api/v1/me/second-factor/confirm"
REQUIRE: Final = "/api/v1/security/second-factor"
TIMEOUT: Final = "/api/v1/security/settings/browserSessionTimeout"
OWN_PAGE: Final = {"X-Keystead-Request": "console"}


def credentials(email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD, **more: str) -> dict[str, str]:
    return {"email": email, "password": password, **more}


@contextmanager
def browser(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=OWN_PAGE, timeout=30) as client:
        yield client


@contextmanager
def signed_in(url: str, email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD) -> Iterator[httpx.Client]:
    with browser(url) as client:
        answer = client.post(SESSION, json=credentials(email, password))
        assert answer.status_code == 200, answer.text
        yield client


def browser_inside(inside: Inside, address: str = HERE) -> httpx.AsyncClient:
    client = inside.coming_from(address)
    client.headers.update(OWN_PAGE)
    return client


async def signed_in_inside(inside: Inside, **more: str) -> httpx.AsyncClient:
    client = browser_inside(inside)
    answer = await client.post(SESSION, json=credentials(**more))
    assert answer.status_code == 200, answer.text
    return client


class Timed(Protocol):
    """Whatever has a clock of its own."""

    @property
    def clock(self) -> Clock: ...


class App:
    """An authenticator app, whose clock is moved by the test or is the machine's."""

    def __init__(self, secret: str, timed: Timed | None = None) -> None:
        self._key = b32decode(secret + "=" * (-len(secret) % 8))
        self._timed = timed

    def code(self, steps: int = 0) -> str:
        """Of this moment, or so many steps later."""
        now = self._timed.clock.now() / 1_000_000 if self._timed else time.time()
        return code_at(self._key, int(now) // STEP_SECONDS + steps)


def enrolled(client: httpx.Client) -> list[str]:
    """Enrols whoever the client is; the recovery codes."""
    app = App(client.post(FACTOR).json()["secret"])
    confirmed = client.post(CONFIRM, json={"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    codes: list[str] = confirmed.json()["recoveryCodes"]
    return codes


async def enrol_inside(inside: Inside, client: httpx.AsyncClient) -> tuple[App, list[str]]:
    """Enrols whoever the client is; the app, and the recovery codes. The present step's code is used up."""
    begun = await client.post(FACTOR)
    assert begun.status_code == 201, begun.text
    app = App(begun.json()["secret"], inside)
    confirmed = await client.post(CONFIRM, json={"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    codes: list[str] = confirmed.json()["recoveryCodes"]
    return app, codes


async def state(client: httpx.AsyncClient) -> Any:
    """What the session's state is; None when it is over."""
    answer = await client.get(SESSION)
    assert answer.status_code in (200, 401), answer.text
    return answer.json()["state"] if answer.status_code == 200 else None

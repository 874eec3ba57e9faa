"""What changes between the check of a password, or of a cookie, and the change that rests on it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import pytest

from keystead.access_rules.index import CurrentAuthority
from keystead.changes.engine import ChangeEngine
from keystead.changes.feed import Feed
from keystead.db.connection import Job
from keystead.kit.errors import KeysteadError, Kind
from keystead.roles.model import RoleTable
from keystead.tokens.key_rotation import exchange_master_key
from keystead.tokens.master_key import MasterKey
from tests.api.engines import here, inside
from tests.api.holders import USERS
from tests.api.people import PASSWORD, TOKEN
from tests.browsers import (
    CONFIRM,
    FACTOR,
    PROOF,
    SESSION,
    App,
    browser_inside,
    credentials,
    enrol_inside,
    signed_in_inside,
    state,
)
from tests.inside import Inside

__all__ = ["here", "inside"]
EMAIL: Final = "dana@example.org"
CHOSEN: Final = "quite another one"


class Dana:
    """Somebody with a password of their own, and an administrator who looks after them."""

    def __init__(self, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inside = inside
        self._monkeypatch = monkeypatch

    async def prepare(self) -> None:
        self.admin = await self.inside.admin()
        made = (await self.admin.post(USERS, json={"email": EMAIL})).json()
        self.path = f"{USERS}/{made['id']}"
        self.client = await signed_in_inside(self.inside, email=EMAIL, password=made["tempPassword"])
        change = {"currentPassword": made["tempPassword"], "newPassword": CHOSEN}
        assert (await self.client.post(PASSWORD, json=change)).status_code == 200

    async def sign_in(self) -> httpx.Response:
        return await browser_inside(self.inside).post(SESSION, json=credentials(EMAIL, CHOSEN))

    def meanwhile(self, action: Callable[[], Awaitable[httpx.Response]]) -> None:
        """`action` is done when the next change has passed its checks, and is about to be written."""
        database = self.inside.database
        plain = database.write

        async def write(job: Job[Any], *more: Any) -> Any:
            self._monkeypatch.setattr(database, "write", plain)
            done = await action()
            assert done.is_success, done.text
            return await plain(job, *more)

        self._monkeypatch.setattr(database, "write", write)


@pytest.fixture
async def dana(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> Dana:
    made = Dana(inside, monkeypatch)
    await made.prepare()
    return made


ENDING: Final[dict[str, Callable[[Dana], Awaitable[httpx.Response]]]] = {
    "reset": lambda dana: dana.admin.post(f"{dana.path}/password"),
    "disable": lambda dana: dana.admin.patch(dana.path, json={"enabled": False}),
    "delete": lambda dana: dana.admin.delete(dana.path),
}


@pytest.mark.parametrize("how", ENDING)
async def test_no_session_is_opened_for_a_password_that_ended_meanwhile(dana: Dana, how: str) -> None:
    dana.meanwhile(lambda: ENDING[how](dana))
    answer = await dana.sign_in()
    assert answer.status_code == 401
    assert answer.json()["message"] == "The e-mail or the password is wrong."


ASKING: Final[dict[str, Callable[[Dana], Awaitable[httpx.Response]]]] = {
    "proof": lambda dana: dana.client.post(PROOF, json={"password": CHOSEN}),
    "begin": lambda dana: dana.client.post(FACTOR),
    "confirm": lambda dana: dana.client.post(CONFIRM, json={"code": "123456"}),
    "remove": lambda dana: dana.client.delete(FACTOR),
    "sign out": lambda dana: dana.client.delete(SESSION),
}


@pytest.mark.parametrize("how", ASKING)
async def test_nothing_is_taken_from_a_session_that_ended_meanwhile(dana: Dana, how: str) -> None:
    dana.meanwhile(lambda: dana.admin.post(f"{dana.path}/logout"))
    assert (await ASKING[how](dana)).status_code == 401
    assert await state(dana.client) is None


async def test_no_proof_is_renewed_by_a_password_that_ended_meanwhile(dana: Dana) -> None:
    """The session that changed it goes on, and was proved by the new one."""
    change = {"currentPassword": CHOSEN, "newPassword": "yet another one"}
    dana.meanwhile(lambda: dana.client.post(PASSWORD, json=change))
    assert (await dana.client.post(PROOF, json={"password": CHOSEN})).status_code == 400
    assert await state(dana.client) == "signed-in"


async def test_a_second_factor_that_came_into_force_meanwhile_is_asked_for(dana: Dana) -> None:
    app = App((await dana.client.post(FACTOR)).json()["secret"], dana.inside)
    dana.meanwhile(lambda: dana.client.post(CONFIRM, json={"code": app.code()}))
    form = {"grant_type": "password", "username": EMAIL, "password": CHOSEN}
    answer = await dana.inside.anonymous.post(TOKEN, data=form)
    assert answer.json()["error"] == "invalid_grant"
    assert "second factor" in answer.json()["error_description"]
    assert (await dana.client.delete(FACTOR)).status_code == 204

    again = App((await dana.client.post(FACTOR)).json()["secret"], dana.inside)
    dana.meanwhile(lambda: dana.client.post(CONFIRM, json={"code": again.code()}))
    assert (await dana.sign_in()).status_code == 401


async def test_a_use_that_cannot_be_noted_is_noted_the_next_time(
    here: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, plain = await signed_in_inside(here), here.database.record

    async def down(_job: Job[Any]) -> Any:
        raise KeysteadError(Kind.UNAVAILABLE, "The database does not answer.")

    here.clock.pass_seconds(61)
    monkeypatch.setattr(here.database, "record", down)
    assert (await client.get(SESSION)).status_code == 503
    noted = []

    async def counted(job: Job[Any]) -> Any:
        noted.append(job)
        return await plain(job)

    monkeypatch.setattr(here.database, "record", counted)
    assert await state(client) == "signed-in"
    assert len(noted) == 1


async def test_under_an_exchanged_master_key_nothing_is_sealed_and_no_code_is_taken(inside: Inside) -> None:
    """Of several processes one was not started again: what it sealed now, no other could open."""
    client = await signed_in_inside(inside)
    app, codes = await enrol_inside(inside, client)
    inside.clock.pass_seconds(30)
    changes = ChangeEngine(inside.database, Feed(0), inside.clock, CurrentAuthority(RoleTable()))
    await exchange_master_key(changes, MasterKey(bytes(32)), MasterKey(bytes(31) + b"1"))
    by_app = await browser_inside(inside).post(SESSION, json=credentials(code=app.code()))
    assert by_app.status_code == 503
    assert by_app.json()["message"].startswith("The master key was exchanged")
    # Recovery codes are sealed under nothing.
    by_code = await browser_inside(inside).post(SESSION, json=credentials(code=codes[0]))
    assert by_code.json()["state"] == "signed-in"
    assert (await client.delete(FACTOR)).status_code == 204
    begun = await client.post(FACTOR)
    assert begun.status_code == 503
    assert begun.json()["message"].startswith("The master key was exchanged")

"""Browsers' sessions over two replicas: what one acknowledged, the other's next answer honours."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest

from tests.api.holders import ACCOUNTS, OWN_RULES, USERS
from tests.api.people import PASSWORD
from tests.browsers import (
    FACTOR,
    PROOF,
    REQUIRE,
    SESSION,
    TIMEOUT,
    browser_inside,
    credentials,
    enrol_inside,
    signed_in_inside,
    state,
)
from tests.inside import Inside, running_inside
from tests.postgres import PostgresServer
from tests.serving import ADMIN_PASSWORD

COOKIE: Final = "__Host-keystead_session"


class Replicas(NamedTuple):
    one: Inside
    two: Inside

    def pass_seconds(self, seconds: float) -> None:
        for replica in self:
            replica.clock.pass_seconds(seconds)


@pytest.fixture
async def replicas(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[Replicas]:
    settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    async with (
        running_inside(tmp_path / "one", settings=settings) as one,
        running_inside(tmp_path / "two", settings=settings) as two,
    ):
        yield Replicas(one, two)


def on(replica: Inside, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same browser, whose next request reaches this replica."""
    moved = browser_inside(replica)
    moved.cookies.set(COOKIE, client.cookies[COOKIE])
    return moved


@pytest.mark.parametrize("how", ["log out", "reset", "disable", "delete"])
async def test_a_session_ends_on_the_other_replica_at_once(how: str, replicas: Replicas) -> None:
    admin = await signed_in_inside(replicas.one)
    made = (await admin.post(USERS, json={"email": "dana@example.org"})).json()
    first = await signed_in_inside(replicas.two, email=made["username"], password=made["tempPassword"])
    change = {"currentPassword": made["tempPassword"], "newPassword": "quite another one"}
    assert (await first.post(PASSWORD, json=change)).status_code == 200
    client = on(replicas.two, first)
    assert (await client.get(OWN_RULES)).status_code == 200
    assert (await on(replicas.one, first).get(OWN_RULES)).status_code == 200
    path = f"{USERS}/{made['id']}"
    if how == "log out":
        ended = await admin.post(f"{path}/logout")
    elif how == "reset":
        ended = await admin.post(f"{path}/password")
    elif how == "disable":
        ended = await admin.patch(path, json={"enabled": False})
    else:
        ended = await admin.delete(path)
    assert ended.is_success
    assert (await client.get(OWN_RULES)).status_code == 401


async def test_signing_out_on_one_is_signing_out_on_both(replicas: Replicas) -> None:
    client = await signed_in_inside(replicas.one)
    there, here = on(replicas.two, client), on(replicas.one, client)
    assert await state(there) == "signed-in"
    assert (await client.delete(SESSION)).status_code == 204
    assert await state(there) is None
    assert await state(here) is None


async def test_a_proof_on_one_is_good_on_the_other(replicas: Replicas) -> None:
    client = await signed_in_inside(replicas.one)
    there = on(replicas.two, client)
    assert await state(there) == "signed-in"
    replicas.pass_seconds(901)
    assert (await there.post(ACCOUNTS, json={"name": "account"})).status_code == 401
    assert (await client.post(PROOF, json={"password": ADMIN_PASSWORD})).status_code == 200
    assert (await there.post(ACCOUNTS, json={"name": "account"})).status_code == 201


async def test_settings_hold_on_both_at_once(replicas: Replicas) -> None:
    admin = await signed_in_inside(replicas.one)
    there = on(replicas.two, admin)
    for required, wanted in ((True, "second-factor-enrolment-required"), (False, "signed-in")):
        token = await replicas.one.admin()
        if required:
            assert (await token.put(REQUIRE, json={"required": True})).status_code == 200
        else:
            await enrol_inside(replicas.one, admin)
        assert await state(there) == wanted
    assert (await admin.put(TIMEOUT, json={"idleTimeout": 5})).status_code == 200
    assert (await there.get(SESSION)).json()["idleTimeoutSeconds"] == 300
    replicas.pass_seconds(301)
    assert await state(there) is None


async def test_a_code_is_good_once_over_both(replicas: Replicas) -> None:
    app, codes = await enrol_inside(replicas.one, await signed_in_inside(replicas.one))
    replicas.pass_seconds(30)
    for code in (app.code(), codes[0]):
        first = await browser_inside(replicas.two).post(SESSION, json=credentials(code=code))
        assert first.json()["state"] == "signed-in"
        again = await browser_inside(replicas.one).post(SESSION, json=credentials(code=code))
        assert again.status_code == 401
    assert (await on(replicas.one, browser_with(first, replicas.two)).get(FACTOR)).status_code == 200


def browser_with(answer: httpx.Response, replica: Inside) -> httpx.AsyncClient:
    client = browser_inside(replica)
    client.cookies.set(COOKIE, answer.cookies[COOKIE])
    return client


async def test_use_on_one_keeps_a_session_open_on_the_other(replicas: Replicas) -> None:
    client = await signed_in_inside(replicas.one)
    assert (await client.put(TIMEOUT, json={"idleTimeout": 2})).status_code == 200
    there = on(replicas.two, client)
    assert await state(there) == "signed-in"
    for _ in range(5):
        replicas.pass_seconds(110)
        assert await state(client) == "signed-in"
    # The other replica last saw it more than nine minutes ago.
    assert await state(there) == "signed-in"


async def test_a_session_that_rested_too_long_ends_on_both_a_minute_late_at_most(replicas: Replicas) -> None:
    client = await signed_in_inside(replicas.one)
    assert (await client.put(TIMEOUT, json={"idleTimeout": 2})).status_code == 200
    there = on(replicas.two, client)
    replicas.pass_seconds(181)
    assert await state(there) is None
    assert await state(client) is None

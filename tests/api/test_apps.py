"""Applications, the older name of service accounts: the same accounts by the same law."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import httpx
import pytest

from tests.api.conftest import Organisation
from tests.api.engines import inside
from tests.api.holders import ACCOUNTS, Holders, each, fresh
from tests.inside import Inside
from tests.serving import bearing, token_for

__all__ = ["inside"]
APPS: Final = "/api/v1/apps"
UNKNOWN: Final = "9f55255e-11ed-47c7-acef-fc4054768dbc"


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


def made(admin: httpx.Client) -> dict[str, Any]:
    answer = admin.post(APPS, json={"name": fresh("app")})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_application_is_a_service_account(server: str, admin: httpx.Client) -> None:
    app = made(admin)
    assert set(app) == {"id", "name", "clientId", "secret"}
    assert app["clientId"] == app["name"]
    with bearing(server, token_for(server, app["name"], app["secret"])) as program:
        assert program.get("/api/v1/authorization/me/access-rules").status_code == 200
    shown = admin.get(f"{APPS}/{app['id']}").json()
    account = admin.get(f"{ACCOUNTS}/{app['id']}").json()
    assert shown == {name: account[name] for name in shown}
    who, when = {"id", "name", "clientId", "createdBy", "tenantId"}, {"createdAt", "updatedAt", "lastLogin"}
    assert set(shown) == who | when | {"enabled"}

    assert admin.patch(f"{APPS}/{app['id']}", json={"enabled": False}).status_code == 200
    assert admin.get(f"{ACCOUNTS}/{app['id']}").json()["enabled"] is False
    assert admin.patch(f"{APPS}/{app['id']}", json={"enabled": True}).status_code == 200
    answer = admin.post(f"{APPS}/{app['id']}/secret")
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"secret"}
    assert token_for(server, app["name"], answer.json()["secret"])
    assert admin.delete(f"{APPS}/{app['id']}").status_code == 204
    assert admin.get(f"{ACCOUNTS}/{app['id']}").status_code == 404


def test_a_name_is_taken_under_either_name(admin: httpx.Client) -> None:
    app = made(admin)
    for path in (APPS, ACCOUNTS):
        answer = admin.post(path, json={"name": app["name"]})
        assert answer.status_code == 409
        assert "already exists" in answer.json()["message"]


@pytest.mark.parametrize("body", [{}, {"enabled": None}, {"enabled": "yes"}, {"description": "x"}])
def test_enabled_is_all_that_can_be_changed_and_is_required(
    admin: httpx.Client, body: dict[str, object]
) -> None:
    assert admin.patch(f"{APPS}/{made(admin)['id']}", json=body).status_code == 400


def test_the_list_is_what_the_newer_one_shows_in_fewer_words(admin: httpx.Client) -> None:
    made(admin)
    asks: list[dict[str, str | int]] = [
        {},
        {"limit": 2, "sortBy": "name"},
        {"filterBy": "name=@app"},
        {"search": "nobody-has-this"},
    ]
    for asked in asks:
        older, newer = (admin.get(path, params=asked) for path in (APPS, ACCOUNTS))
        assert [one["id"] for one in older.json()] == [one["id"] for one in newer.json()]
        assert older.headers["x-total-count"] == newer.headers["x-total-count"]


def test_it_is_scoped_like_service_accounts(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    here, there = holders.account(home=organisation["a1"]), holders.account(home=organisation["b1"])
    reader = holders.caller("r service-account", organisation["a1"])
    manager = holders.caller("crud service-account", organisation["a1"])
    assert [one["id"] for one in reader.get(APPS).json()] == [here.id]
    assert each(
        [f"{APPS}/{there.id}", f"{APPS}/{UNKNOWN}", f"{APPS}/nonsense"],
        lambda path: reader.get(path),
    ) == {(404, '{"code":404,"message":"Service account not found."}')}
    assert reader.get(f"{APPS}/{here.id}").status_code == 200
    assert reader.patch(f"{APPS}/{here.id}", json={"enabled": False}).status_code == 403
    assert reader.post(f"{APPS}/{here.id}/secret").status_code == 403
    assert reader.delete(f"{APPS}/{here.id}").status_code == 403
    assert reader.post(APPS, json={"name": fresh("app")}).status_code == 403
    assert manager.post(APPS, json={"name": fresh("app")}).status_code == 201
    for ask in (
        manager.delete,
        lambda path: manager.post(f"{path}/secret"),
        lambda path: manager.patch(path, json={"enabled": False}),
    ):
        assert ask(f"{APPS}/{there.id}").status_code == 404
    assert manager.delete(f"{APPS}/{here.id}").status_code == 204


async def test_on_each_engine(inside: Inside) -> None:
    admin = await inside.admin()
    app = (await admin.post(APPS, json={"name": "older"})).json()
    assert [one["id"] for one in (await admin.get(APPS)).json()] == [app["id"]]
    assert (await admin.post(f"{APPS}/{app['id']}/secret")).status_code == 200
    assert (await admin.delete(f"{APPS}/{app['id']}")).status_code == 204
    assert (await admin.get(APPS)).json() == []

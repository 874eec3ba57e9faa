"""What older scripts ask of the tenant: its number, its features, its identity providers."""

from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from tests.api.conftest import MakeAccount, Organisation
from tests.api.engines import inside
from tests.api.holders import ROLES, fresh, letters
from tests.inside import Inside

__all__ = ["inside"]
TENANTS: Final = "/api/v1/tenants"
SETTING: Final = "/v1/k8s/setting"
IDPS: Final = "/api/v1/idps"
CUSTOM_ROLES: Final = "tenant.enable_custom_roles"


def test_whoever_is_signed_in_may_know_the_tenant(admin: httpx.Client, make_account: MakeAccount) -> None:
    (tenant,) = admin.get(TENANTS).json()
    assert (tenant["id"], tenant["name"]) == (1, "keystead")
    assert str(UUID(tenant["uuid"])) == tenant["uuid"]
    with make_account() as nobody:
        assert nobody.get(TENANTS).json() == [tenant]


def test_nobody_else_may(anonymous: httpx.Client) -> None:
    assert [anonymous.get(path).status_code for path in (TENANTS, SETTING, IDPS)] == [401] * 3


def test_features_are_kept_and_given_back(admin: httpx.Client) -> None:
    key = "policies.dashboard.enabled"
    assert admin.get(f"{SETTING}/{key}").status_code == 404
    for value, kept in ((True, True), (False, False), ("true", True), ("False", False)):
        answer = admin.put(SETTING, json={"key": key, "value": value, "source": "Tenant", "enable": True})
        assert (answer.status_code, answer.json()) == (200, {"msg": "done"})
        assert admin.get(f"{SETTING}/{key}").json() is kept
    listed = {one["key"]: one for one in admin.get(SETTING).json()}
    assert listed[key]["value"] == "false"
    assert listed[CUSTOM_ROLES]["value"] == "true"
    assert listed[CUSTOM_ROLES]["label"] == "Custom roles"


def test_a_key_may_come_with_hyphens_for_underscores(admin: httpx.Client) -> None:
    assert admin.get(f"{SETTING}/{CUSTOM_ROLES.replace('_', '-')}").json() is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": CUSTOM_ROLES},
        {"key": CUSTOM_ROLES, "value": None},
        {"key": CUSTOM_ROLES, "value": "yes"},
        {"key": CUSTOM_ROLES, "value": 1},
        {"key": "secondFactor", "value": True},
        {"key": "no dots", "value": True},
        {"key": "a." + "b" * 100, "value": True},
    ],
)
def test_what_is_no_feature_is_refused(admin: httpx.Client, body: dict[str, Any]) -> None:
    assert admin.put(SETTING, json=body).status_code == 400


def test_only_who_may_in_the_whole_tenant_reads_or_switches_features(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account(rules=[(1, *organisation["a"])]) as caller:
        answers = [
            caller.get(SETTING),
            caller.get(f"{SETTING}/{CUSTOM_ROLES}"),
            caller.put(SETTING, json={"key": CUSTOM_ROLES, "value": False}),
            caller.get(IDPS),
            caller.get(f"{IDPS}/oidc"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 5


def test_there_is_no_identity_provider(admin: httpx.Client, make_account: MakeAccount) -> None:
    assert admin.get(IDPS).json() == []
    for path in (f"{IDPS}/oidc", f"{IDPS}/oidc/mappers"):
        answer = admin.get(path)
        assert (answer.status_code, answer.json()["message"]) == (404, "Identity provider not found.")
    with make_account() as nobody:
        assert nobody.get(IDPS).status_code == 403


async def test_custom_roles_can_be_switched_off(inside: Inside) -> None:
    admin = await inside.admin()

    async def switch(value: bool) -> None:
        assert (await admin.put(SETTING, json={"key": CUSTOM_ROLES, "value": value})).status_code == 200

    def body() -> dict[str, Any]:
        return {"name": fresh("role"), "description": "", "permissions": letters("r project")}

    made = (await admin.post(ROLES, json=body())).json()["id"]
    other = (await admin.post(ROLES, json=body() | {"enabled": False})).json()["id"]
    await switch(False)
    refused = [
        await admin.post(ROLES, json=body()),
        await admin.put(f"{ROLES}/{made}", json=body()),
        await admin.post(f"{ROLES}/{other}/enable", json={}),
    ]
    for answer in refused:
        assert answer.status_code == 403
        assert CUSTOM_ROLES in answer.json()["message"]
    # What is there goes on to hold, and can be taken away.
    assert (await admin.get(f"{ROLES}/{made}")).json()["enabled"] is True
    assert (await admin.post(f"{ROLES}/{made}/disable", json={})).status_code == 204
    assert (await admin.delete(f"{ROLES}/{made}")).status_code == 204
    await switch(True)
    assert (await admin.post(ROLES, json=body())).status_code == 201


async def test_features_are_not_without_number(inside: Inside) -> None:
    admin = await inside.admin()
    for number in range(99):
        answer = await admin.put(SETTING, json={"key": f"feature.number-{number}", "value": True})
        assert answer.status_code == 200
    full = await admin.put(SETTING, json={"key": "feature.one-more", "value": True})
    assert full.status_code == 409
    assert (await admin.put(SETTING, json={"key": "feature.number-3", "value": False})).status_code == 200

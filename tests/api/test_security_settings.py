"""Security settings over HTTP: kept whole, changed by whoever keeps the whole tenant secure, audited."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import httpx
import pytest

from tests.api.conftest import Organisation
from tests.api.contract_file import require_of_contract
from tests.api.engines import inside
from tests.api.holders import ALWAYS, AUDIT, Holders
from tests.browsers import REQUIRE
from tests.inside import Inside

__all__ = ["inside"]
SETTINGS: Final = "/api/v1/security/settings"
TIMEOUT: Final = f"{SETTINGS}/browserSessionTimeout"


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


async def test_settings_are_kept_whole_and_given_back(inside: Inside) -> None:
    admin = await inside.admin()
    at_first = (await admin.get(SETTINGS)).json()
    require_of_contract("SettingsGetResponse", at_first)
    assert at_first == {
        "autoRedirectSSO": {"enabled": False, "idpAlias": None},
        "browserSessionTimeout": {"idleTimeout": 60},
        "logoutRedirectUri": {"uri": None},
    }
    wanted: dict[str, dict[str, Any]] = {
        "autoRedirectSSO": {"enabled": True, "idpAlias": "oidc"},
        "browserSessionTimeout": {"idleTimeout": 12.5},
        "logoutRedirectUri": {"uri": "https://example.com/logged-out"},
    }
    for key, value in wanted.items():
        answer = await admin.put(f"{SETTINGS}/{key}", json=value)
        assert (answer.status_code, answer.json()) == (200, value)
        assert (await admin.get(f"{SETTINGS}/{key}")).json() == value
    assert (await admin.get(SETTINGS)).json() == wanted
    # What is left out is as it was at first: a setting is put, not patched.
    assert (await admin.put(f"{SETTINGS}/autoRedirectSSO", json={"idpAlias": "saml"})).status_code == 200
    assert (await admin.get(f"{SETTINGS}/autoRedirectSSO")).json() == {"enabled": False, "idpAlias": "saml"}
    assert (await admin.put(TIMEOUT, json={"idleTimeout": None})).json() == {"idleTimeout": 60}


@pytest.mark.parametrize(
    ("key", "body", "told"),
    [
        ("browserSessionTimeout", {"idleTimeout": "60"}, "idleTimeout: "),
        ("browserSessionTimeout", {"idleTimeout": 0.5}, "idleTimeout: must be a number of minutes"),
        ("browserSessionTimeout", {"uri": "example.com"}, "uri: is no part of browserSessionTimeout"),
        ("autoRedirectSSO", {"idpAlias": "a b"}, "idpAlias: "),
        ("logoutRedirectUri", {"uri": "javascript:alert(1)"}, "uri: "),
        ("logoutRedirectUri", [], "body: "),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    admin: httpx.Client, key: str, body: Any, told: str
) -> None:
    answer = admin.put(f"{SETTINGS}/{key}", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(told)


def test_an_unknown_key_is_not_found(admin: httpx.Client) -> None:
    # What is ours to keep there, and no setting of the contract, is not reached this way.
    for key in ("noSuchSetting", "secondFactor"):
        for answer in (admin.get(f"{SETTINGS}/{key}"), admin.put(f"{SETTINGS}/{key}", json={})):
            assert (answer.status_code, answer.json()["message"]) == (404, "Security setting not found.")


def test_only_who_keeps_the_whole_tenant_secure_may(
    server: str, anonymous: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    paths = (SETTINGS, TIMEOUT, REQUIRE)
    put = ((TIMEOUT, {"idleTimeout": 60}), (REQUIRE, {"required": False}))
    keeper = holders.caller("ru security-settings", organisation.tenant)
    reader = holders.caller("r security-settings", organisation.tenant)
    local = holders.caller("ru security-settings", organisation["a"])
    other = holders.caller("crud settings", organisation.tenant)
    for path in paths:
        statuses = [one.get(path).status_code for one in (keeper, reader, local, other, anonymous)]
        assert statuses == [200, 200, 403, 403, 401], path
    for path, body in put:
        statuses = [one.put(path, json=body).status_code for one in (keeper, reader, local, other, anonymous)]
        assert statuses == [200, 403, 403, 403, 401], path


def test_changes_are_in_the_log_with_what_was_set(admin: httpx.Client) -> None:
    assert admin.put(TIMEOUT, json={"idleTimeout": 61}).status_code == 200
    assert admin.put(f"{SETTINGS}/autoRedirectSSO", json={"enabled": True}).status_code == 200
    assert admin.put(REQUIRE, json={"required": False}).status_code == 200
    logs = admin.get(AUDIT, params=ALWAYS).json()["logs"]
    told = [(one["entity_name"], one["metadata"]) for one in logs if one["entity_type"] == "setting"]
    for wanted in (
        ("browserSessionTimeout", {"idleTimeout": "61"}),
        ("autoRedirectSSO", {"enabled": "true", "idpAlias": ""}),
        ("secondFactor", {"required": "false"}),
    ):
        assert wanted in told

"""Security settings, as runapy's clients set and read them."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from runai import models

from tests.contract.client import Client, Connect, refused
from tests.contract.ground import Account

SETTINGS: Final = "/api/v1/security/settings"
VALUES: Final[dict[Any, dict[str, Any]]] = {
    models.SettingsKeyEnum.AUTOREDIRECTSSO: {"enabled": True, "idpAlias": "oidc"},
    models.SettingsKeyEnum.BROWSERSESSIONTIMEOUT: {"idleTimeout": 30},
    models.SettingsKeyEnum.LOGOUTREDIRECTURI: {"uri": "https://example.com/logged-out"},
}
AT_FIRST: Final = {
    "autoRedirectSSO": {"enabled": False, "idpAlias": None},
    "browserSessionTimeout": {"idleTimeout": 60},
    "logoutRedirectUri": {"uri": None},
}


@pytest.fixture(autouse=True)
def afterwards(admin: httpx.Client) -> Iterator[None]:
    yield
    for key, value in AT_FIRST.items():
        assert admin.put(f"{SETTINGS}/{key}", json=value).status_code == 200


def test_every_setting_is_kept_and_given_back(operator: Client) -> None:
    assert operator.settings.get_security_settings().data == AT_FIRST
    for key, value in VALUES.items():
        assert operator.settings.get_security_setting_by_key(key).data == AT_FIRST[key.value]
        answer = operator.settings.update_security_setting_by_key(key, value)
        assert answer.status_code == 200
        assert operator.settings.get_security_setting_by_key(key).data == value
        # The key as it stands in the contract's file is the same one.
        assert operator.settings.get_security_setting_by_key(key.value).data == value
    found = models.SettingsGetResponse.from_dict(operator.settings.get_security_settings().data)
    assert (found.auto_redirect_sso.enabled, found.auto_redirect_sso.idp_alias) == (True, "oidc")
    assert found.browser_session_timeout.idle_timeout == 30
    assert found.logout_redirect_uri.uri == "https://example.com/logged-out"


def test_a_setting_as_one_of_runapy_s_models(operator: Client) -> None:
    key = models.SettingsKeyEnum.BROWSERSESSIONTIMEOUT
    setting = models.BrowserSessionTimeoutSetting(idle_timeout=45)
    assert operator.settings.update_security_setting_by_key(key, setting.to_dict()).status_code == 200
    found = models.BrowserSessionTimeoutSetting.from_dict(
        operator.settings.get_security_setting_by_key(key).data
    )
    assert found == setting


def test_what_does_not_fit_is_refused(operator: Client) -> None:
    with refused(400):
        operator.settings.update_security_setting_by_key(
            models.SettingsKeyEnum.BROWSERSESSIONTIMEOUT, {"idleTimeout": 0}
        )
    with refused(400):
        operator.settings.update_security_setting_by_key(
            models.SettingsKeyEnum.AUTOREDIRECTSSO, {"idpAlias": "No Such Alias"}
        )
    with refused(404):
        operator.settings.get_security_setting_by_key("SettingsKeyEnum.NOSUCHSETTING")
    assert operator.settings.get_security_settings().data == AT_FIRST


def test_whoever_may_not_read_or_change_them_does_neither(connect: Connect, pipeline: Account) -> None:
    caller = connect(pipeline.client_id, pipeline.secret)
    key = models.SettingsKeyEnum.BROWSERSESSIONTIMEOUT
    with refused(403):
        caller.settings.get_security_settings()
    with refused(403):
        caller.settings.get_security_setting_by_key(key)
    with refused(403):
        caller.settings.update_security_setting_by_key(key, {"idleTimeout": 5})

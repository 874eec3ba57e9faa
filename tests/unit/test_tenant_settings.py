"""What a tenant's settings may hold, and what they mean."""

from typing import Any

import pytest

from keystead.kit.clock import SECOND
from keystead.kit.errors import KeysteadError, Kind
from keystead.tenant_settings.model import (
    AUTO_REDIRECT_SSO,
    BROWSER_SESSION_TIMEOUT,
    LOGOUT_REDIRECT_URI,
    CurrentSettings,
    require_key,
    require_value,
)

NOTHING = {"enabled": None, "idpAlias": None, "idleTimeout": None, "uri": None}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("autoRedirectSSO", AUTO_REDIRECT_SSO),
        ("SettingsKeyEnum.AUTOREDIRECTSSO", AUTO_REDIRECT_SSO),
        ("SettingsKeyEnum.BROWSERSESSIONTIMEOUT", BROWSER_SESSION_TIMEOUT),
        ("logoutredirecturi", LOGOUT_REDIRECT_URI),
    ],
)
def test_a_key_is_known_in_every_spelling_of_clients(text: str, key: str) -> None:
    assert require_key(text) == key


@pytest.mark.parametrize("text", ["", "secondFactor", "autoRedirect", "autoRedirectSSO."])
def test_no_other_key_is_known(text: str) -> None:
    with pytest.raises(KeysteadError) as refused:
        require_key(text)
    assert refused.value.kind is Kind.NOT_FOUND


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        (AUTO_REDIRECT_SSO, {"enabled": True, "idpAlias": "oidc"}, {"enabled": True, "idpAlias": "oidc"}),
        (AUTO_REDIRECT_SSO, {"idpAlias": ""}, {"enabled": False, "idpAlias": ""}),
        (BROWSER_SESSION_TIMEOUT, {"idleTimeout": 1}, {"idleTimeout": 1}),
        (BROWSER_SESSION_TIMEOUT, {"idleTimeout": 1.5}, {"idleTimeout": 1.5}),
        (BROWSER_SESSION_TIMEOUT, {}, {"idleTimeout": 60}),
        (LOGOUT_REDIRECT_URI, {"uri": "https://example.com:8443/out?a=b"}, None),
        (LOGOUT_REDIRECT_URI, {"uri": "example.com"}, None),
        (LOGOUT_REDIRECT_URI, {"uri": ""}, None),
        (LOGOUT_REDIRECT_URI, {}, {"uri": None}),
    ],
)
def test_a_setting_is_kept_whole(key: str, given: dict[str, Any], value: dict[str, Any] | None) -> None:
    assert require_value(key, NOTHING | given) == (given if value is None else value)


@pytest.mark.parametrize(
    ("key", "given", "field"),
    [
        (AUTO_REDIRECT_SSO, {"idpAlias": "OIDC"}, "idpAlias"),
        (AUTO_REDIRECT_SSO, {"idleTimeout": 5}, "idleTimeout"),
        (BROWSER_SESSION_TIMEOUT, {"idleTimeout": 0}, "idleTimeout"),
        (BROWSER_SESSION_TIMEOUT, {"idleTimeout": 0.99}, "idleTimeout"),
        (BROWSER_SESSION_TIMEOUT, {"idleTimeout": 525_601}, "idleTimeout"),
        (BROWSER_SESSION_TIMEOUT, {"enabled": False}, "enabled"),
        (LOGOUT_REDIRECT_URI, {"uri": "javascript:alert(1)"}, "uri"),
        (LOGOUT_REDIRECT_URI, {"uri": "https://example.com/\n"}, "uri"),
        (LOGOUT_REDIRECT_URI, {"uri": "ftp://example.com"}, "uri"),
        (LOGOUT_REDIRECT_URI, {"uri": "example.com/" + "x" * 2_048}, "uri"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(key: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(KeysteadError) as refused:
        require_value(key, NOTHING | given)
    assert (refused.value.kind, refused.value.field) == (Kind.BAD_INPUT, field)


def test_what_nobody_set_is_as_it_was_at_first() -> None:
    current = CurrentSettings({})
    assert current.idle_timeout == 3600 * SECOND
    assert not current.second_factor_required
    current.replace({BROWSER_SESSION_TIMEOUT: {"idleTimeout": 1.5}, "secondFactor": {"required": True}})
    assert current.idle_timeout == 90 * SECOND
    assert current.second_factor_required

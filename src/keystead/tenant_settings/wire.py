"""What the API of the tenant's settings takes and answers."""

from typing import Annotated, Final

import msgspec

from keystead.tenant_settings.model import (
    AUTO_REDIRECT_SSO,
    BROWSER_SESSION_TIMEOUT,
    IDP_ALIAS,
    LOGOUT_REDIRECT_URI,
    LOGOUT_URI,
    MAX_IDLE_MINUTES,
    MAX_URI,
    SECURITY_DEFAULTS,
)
from keystead.web.operations import Parameter
from keystead.web.wire import told

SETTING_KEY: Final = Parameter(
    "key",
    Annotated[str, told(example=BROWSER_SESSION_TIMEOUT)],
    f"{', '.join(SECURITY_DEFAULTS)}; in any case, also as `SettingsKeyEnum.{AUTO_REDIRECT_SSO.upper()}`.",
)
IdleTimeout = Annotated[
    int | float | None,
    told(
        "After how many minutes without a request a browser's session ends, those that are open included.",
        60,
        minimum=1,
        maximum=MAX_IDLE_MINUTES,
    ),
]
Enabled = Annotated[bool | None, told("Whether browsers go to the identity provider unasked.", False)]
IdpAlias = Annotated[str | None, told("Which identity provider.", "oidc", pattern=f"^{IDP_ALIAS}$")]
Uri = Annotated[
    str | None,
    told(
        "Where browsers go once they are signed out.",
        "https://example.com/logged-out",
        pattern=f"^{LOGOUT_URI}$",
        maxLength=MAX_URI,
    ),
]


class AutoRedirectSsoSetting(msgspec.Struct, rename={"idp_alias": "idpAlias"}):
    enabled: Enabled
    idp_alias: IdpAlias


class BrowserSessionTimeoutSetting(msgspec.Struct, rename="camel"):
    idle_timeout: IdleTimeout


class LogoutRedirectUriSetting(msgspec.Struct):
    uri: Uri


class SettingsGetResponse(
    msgspec.Struct,
    rename={
        "auto_redirect_sso": AUTO_REDIRECT_SSO,
        "browser_session_timeout": BROWSER_SESSION_TIMEOUT,
        "logout_redirect_uri": LOGOUT_REDIRECT_URI,
    },
):
    auto_redirect_sso: AutoRedirectSsoSetting
    browser_session_timeout: BrowserSessionTimeoutSetting
    logout_redirect_uri: LogoutRedirectUriSetting


class SecuritySetting(msgspec.Struct, rename="camel"):
    """What a setting holds: the fields of its key. What is absent or null is as it was at first."""

    enabled: Enabled = None
    idp_alias: IdpAlias = None
    idle_timeout: IdleTimeout = None
    uri: Uri = None


class SecondFactorSetting(msgspec.Struct):
    required: Annotated[bool, told("Whether everybody who signs in by a password must have a second factor.")]

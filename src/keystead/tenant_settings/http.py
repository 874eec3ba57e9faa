"""The API of the tenant's security settings."""

from typing import Any, Final

import msgspec

from keystead.authz.vocabulary import SECURITY_SETTINGS, Action
from keystead.tenant_settings.actions import TenantSettings
from keystead.tenant_settings.model import (
    AUTO_REDIRECT_SSO,
    BROWSER_SESSION_TIMEOUT,
    LOGOUT_REDIRECT_URI,
    CurrentSettings,
    require_key,
    require_value,
)
from keystead.tenant_settings.wire import (
    SETTING_KEY,
    AutoRedirectSsoSetting,
    BrowserSessionTimeoutSetting,
    LogoutRedirectUriSetting,
    SecondFactorSetting,
    SecuritySetting,
    SettingsGetResponse,
)
from keystead.web.operations import OneOf, Reply
from keystead.web.pipeline import Answer, Request, Route, in_tenant

_PATH: Final = "/api/v1/security/settings"
_SECOND_FACTOR: Final = "/api/v1/security/second-factor"
_TAG: Final = "Security settings"
_TYPES: Final[dict[str, Any]] = {
    AUTO_REDIRECT_SSO: AutoRedirectSsoSetting,
    BROWSER_SESSION_TIMEOUT: BrowserSessionTimeoutSetting,
    LOGOUT_REDIRECT_URI: LogoutRedirectUriSetting,
}
_ONE: Final = Reply(OneOf(tuple(_TYPES.values())), "What the setting holds.")
_EXAMPLES: Final = {
    AUTO_REDIRECT_SSO: {"enabled": False, "idpAlias": "oidc"},
    BROWSER_SESSION_TIMEOUT: {"idleTimeout": 60},
    LOGOUT_REDIRECT_URI: {"uri": "https://example.com/logged-out"},
}


class TenantSettingsHttp:
    def __init__(self, settings: TenantSettings, current: CurrentSettings) -> None:
        self._settings = settings
        self._current = current

    def routes(self) -> list[Route]:
        read, update = in_tenant(Action.READ, SECURITY_SETTINGS), in_tenant(Action.UPDATE, SECURITY_SETTINGS)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_security_settings",
                access=read,
                handler=self.list_settings,
                tag=_TAG,
                summary="All security settings",
                answers={200: SettingsGetResponse},
            ),
            Route(
                method="GET",
                path=_PATH + "/{key}",
                operation_id="get_security_setting_by_key",
                access=read,
                handler=self.get,
                tag=_TAG,
                summary="A security setting",
                parameters=(SETTING_KEY,),
                answers={200: _ONE},
            ),
            Route(
                method="PUT",
                path=_PATH + "/{key}",
                operation_id="update_security_setting_by_key",
                access=update,
                handler=self.put,
                tag=_TAG,
                summary="Set a security setting",
                description="Holds from the answer on, for sessions that are open too.",
                parameters=(SETTING_KEY,),
                body=SecuritySetting,
                body_examples=_EXAMPLES,
                answers={200: _ONE},
            ),
            Route(
                method="GET",
                path=_SECOND_FACTOR,
                operation_id="get_second_factor_setting",
                access=read,
                handler=self.get_second_factor,
                tag=_TAG,
                summary="Whether a second factor is required",
                answers={200: SecondFactorSetting},
            ),
            Route(
                method="PUT",
                path=_SECOND_FACTOR,
                operation_id="update_second_factor_setting",
                access=update,
                handler=self.put_second_factor,
                tag=_TAG,
                summary="Require a second factor, or not",
                description="Whoever has none may then do nothing but enrol one, from the answer on.",
                body=SecondFactorSetting,
                answers={200: SecondFactorSetting},
            ),
        ]

    async def list_settings(self, _request: Request) -> Answer:
        held = {key: msgspec.convert(self._current.security(key), kind) for key, kind in _TYPES.items()}
        answer = SettingsGetResponse(
            held[AUTO_REDIRECT_SSO], held[BROWSER_SESSION_TIMEOUT], held[LOGOUT_REDIRECT_URI]
        )
        return Answer(200, answer)

    async def get(self, request: Request) -> Answer:
        return Answer(200, self._current.security(require_key(request.path["key"])))

    async def put(self, request: Request) -> Answer:
        key = require_key(request.path["key"])
        value = require_value(key, msgspec.to_builtins(request.body))
        await self._settings.set(request.actor(), key, value)
        return Answer(200, value)

    async def get_second_factor(self, _request: Request) -> Answer:
        return Answer(200, SecondFactorSetting(self._current.second_factor_required))

    async def put_second_factor(self, request: Request) -> Answer:
        body: SecondFactorSetting = request.body
        await self._settings.require_second_factor(request.actor(), required=body.required)
        return Answer(200, body)

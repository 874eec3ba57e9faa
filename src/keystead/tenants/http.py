"""The API of the tenant, as older scripts ask for it."""

import uuid
from typing import Final

from keystead.authz.vocabulary import SETTINGS, Action
from keystead.db.connection import Reader
from keystead.kit.errors import not_found
from keystead.org_units.scopes import tenant_row
from keystead.tenant_settings.model import CurrentSettings
from keystead.tenants.actions import Features
from keystead.tenants.model import CUSTOM_ROLES, features_in, find_feature, require_key, require_value
from keystead.tenants.wire import (
    SETTING_KEY,
    Setting,
    Tenant,
    TenantSettingCreationRequest,
    TenantSettingCreationResponse,
)
from keystead.web.operations import Reply
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route, in_tenant

_SETTINGS: Final = "/v1/k8s/setting"
_TAG: Final = "Tenant"
# A tenant's UUID is made of its number and of when it was made (RFC 9562 version 5).
_UUIDS: Final = uuid.UUID("4f6d2c7f-5a0e-4e52-9d3b-9a0b6d0f7a11")
_TOLD: Final = {CUSTOM_ROLES: ("Custom roles", "Whether custom roles can be made and changed.")}
_KEPT: Final = ("", "Kept for other products.")


class TenantsHttp:
    def __init__(self, reader: Reader, features: Features, current: CurrentSettings) -> None:
        self._reader = reader
        self._features = features
        self._current = current

    def routes(self) -> list[Route]:
        read = in_tenant(Action.READ, SETTINGS)
        return [
            Route(
                method="GET",
                path="/api/v1/tenants",
                operation_id="get_tenants",
                access=SIGNED_IN,
                handler=self.list_tenants,
                tag=_TAG,
                summary="The tenant",
                description="There is one.",
                answers={200: list[Tenant]},
            ),
            Route(
                method="GET",
                path=_SETTINGS,
                operation_id="get_tenant_settings",
                access=read,
                handler=self.list_settings,
                tag=_TAG,
                summary="The tenant's features",
                answers={200: list[Setting]},
            ),
            Route(
                method="PUT",
                path=_SETTINGS,
                operation_id="update_tenant_setting",
                access=in_tenant(Action.UPDATE, SETTINGS),
                handler=self.put,
                tag=_TAG,
                summary="Switch a feature of the tenant",
                description=(
                    f"`{CUSTOM_ROLES}` says whether custom roles can be made and changed; those that there are go on "
                    f"to hold. Any other key is kept, and given back."
                ),
                body=TenantSettingCreationRequest,
                answers={200: TenantSettingCreationResponse},
                errors=(409,),
            ),
            Route(
                method="GET",
                path=_SETTINGS + "/{settingKey}",
                operation_id="get_tenant_settings_by_key",
                access=read,
                handler=self.get,
                tag=_TAG,
                summary="Whether the tenant has a feature",
                parameters=(SETTING_KEY,),
                answers={200: Reply(bool, "Whether it is switched on.")},
            ),
        ]

    async def list_tenants(self, _request: Request) -> Answer:
        row = await tenant_row(self._reader)
        name = f"{row['id']}/{row['created_at']}"
        return Answer(200, [Tenant(int(row["id"]), str(uuid.uuid5(_UUIDS, name)), row["name"])])

    async def list_settings(self, _request: Request) -> Answer:
        return Answer(200, [_setting(key, value) for key, value in sorted(self._all().items())])

    async def put(self, request: Request) -> Answer:
        body: TenantSettingCreationRequest = request.body
        await self._features.set(request.actor(), require_key(body.key), require_value(body.value))
        return Answer(200, TenantSettingCreationResponse("done"))

    async def get(self, request: Request) -> Answer:
        value = find_feature(self._all(), request.path["settingKey"])
        if value is None:
            raise not_found("Setting")
        return Answer(200, value)

    def _all(self) -> dict[str, bool]:
        return features_in(self._current.stored)


def _setting(key: str, value: bool) -> Setting:
    label, description = _TOLD.get(key, _KEPT)
    return Setting(
        key=key,
        value=str(value).lower(),
        type="Boolean",
        source="Tenant",
        category="Tenant",
        label=label or key,
        description=description,
        stage="GA",
        active=value,
    )

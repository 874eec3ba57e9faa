"""What the API of the tenant takes and answers."""

from typing import Annotated, Any, Final

import msgspec

from keystead.tenants.model import CUSTOM_ROLES, MAX_KEY
from keystead.web.operations import Parameter
from keystead.web.wire import Uuid, told

Key = Annotated[str, told("Words with dots between.", CUSTOM_ROLES, maxLength=MAX_KEY)]
SETTING_KEY: Final = Parameter("settingKey", Key, "The feature's key; `-` is as good as `_`.")


class Tenant(msgspec.Struct):
    id: Annotated[int, told("Its number: the `scopeId` of rules that hold everywhere.", 1)]
    uuid: Uuid
    name: Annotated[str, told(example="keystead")]


class Setting(msgspec.Struct):
    """A feature of the tenant, in the words of Run:ai's older settings."""

    key: Key
    value: Annotated[str, told(enum=["true", "false"])]
    type: Annotated[str, told(enum=["Boolean"])]
    source: Annotated[str, told(enum=["Tenant"])]
    category: Annotated[str, told(enum=["Tenant"])]
    label: Annotated[str, told(example="Custom roles")]
    description: Annotated[str, told(example="Whether custom roles can be made and changed.")]
    stage: Annotated[str, told(enum=["GA"])]
    active: bool


class TenantSettingCreationRequest(msgspec.Struct):
    key: Key
    value: Annotated[Any, told("true or false, also as a word.", True)] = None


class TenantSettingCreationResponse(msgspec.Struct):
    msg: Annotated[str, told(enum=["done"])]

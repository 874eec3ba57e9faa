"""The API of identity providers: it is read-only and empty, for clients that look before they sign in."""

from typing import Annotated, Final

import msgspec

from keystead.authz.vocabulary import SECURITY_SETTINGS, Action
from keystead.kit.errors import not_found
from keystead.web.operations import Parameter
from keystead.web.pipeline import Answer, Request, Route, in_tenant
from keystead.web.wire import told

_PATH: Final = "/api/v1/idps"
_TAG: Final = "Security settings"
_NONE: Final = "There is none: people sign in by a password."
_ALIAS: Final = Parameter("alias", Annotated[str, told(example="oidc")], "What the provider is called.")


class Mappers(msgspec.Struct, rename="camel"):
    """Which attribute of a provider's answer says what of a person."""

    groups: Annotated[str, told(example="GROUPS")]
    email: Annotated[str, told(example="email")]
    uid: Annotated[str, told(example="UID")]
    gid: Annotated[str, told(example="GID")]
    supplementary_groups: Annotated[str, told(example="SUPPLEMENTARYGROUPS")]


class Idp(msgspec.Struct, rename="camel"):
    alias: Annotated[str, told(example="oidc", pattern="^[a-z0-9_-]+$")]
    type: Annotated[str, told(enum=["saml", "oidc", "openshift-v4"])]
    redirect_uri: Annotated[str, told(example="https://keystead.example.com/callback")]
    mappers: Mappers


class IdpsHttp:
    def routes(self) -> list[Route]:
        read = in_tenant(Action.READ, SECURITY_SETTINGS)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_idps",
                access=read,
                handler=self.list_all,
                tag=_TAG,
                summary="List identity providers",
                description=_NONE,
                answers={200: list[Idp]},
            ),
            Route(
                method="GET",
                path=_PATH + "/{alias}",
                operation_id="get_idp",
                access=read,
                handler=self.get,
                tag=_TAG,
                summary="Get an identity provider",
                description=_NONE,
                parameters=(_ALIAS,),
                answers={200: Idp},
            ),
            Route(
                method="GET",
                path=_PATH + "/{alias}/mappers",
                operation_id="get_idp_mappers",
                access=read,
                handler=self.get,
                tag=_TAG,
                summary="Get the mappers of an identity provider",
                description=_NONE,
                parameters=(_ALIAS,),
                answers={200: Mappers},
            ),
        ]

    async def list_all(self, _request: Request) -> Answer:
        return Answer(200, [])

    async def get(self, _request: Request) -> Answer:
        raise not_found("Identity provider")

"""The API of access keys: one's own, and everybody's for administrators."""

from typing import Any, Final

from keystead.access_keys import wire
from keystead.access_keys.actions import READ, AccessKeys, NewKey
from keystead.access_keys.listing import AccessKeyListing, Only
from keystead.access_keys.wire import (
    ACCESS_KEY_ID,
    LIST,
    ONLY,
    AccessKey1,
    AccessKeyAdministration,
    AccessKeyCreationRequest1,
    AccessKeyPermission,
    AccessKeyPostResponse,
    AccessKeysAdministration,
    RegenerateAccessKeySecretResponse,
)
from keystead.authz.policy import Grants
from keystead.authz.tree import Level
from keystead.authz.vocabulary import ACCESS_KEYS, RESOURCE_TYPES, Action, require_permissions, words_of
from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc
from keystead.roles.model import decode_permissions
from keystead.web.asgi import JSON
from keystead.web.lists import TOTAL_COUNT, total_headers
from keystead.web.operations import Reply
from keystead.web.params import single
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route, Streamed, anywhere, on_object
from keystead.web.streams import json_array

_PATH: Final = "/api/v1/access-keys"
_ALL: Final = "/api/v1/administration/access-keys"
_TAG: Final = "Access keys"
_PEOPLE: Final = "Only people have access keys."
_OPENING: Final = b'{"accessKeys":['
_CLOSING: Final = b"]}"


class AccessKeysHttp:
    def __init__(self, keys: AccessKeys, listing: AccessKeyListing) -> None:
        self._keys = keys
        self._listing = listing

    def routes(self) -> list[Route]:
        one = _PATH + "/{accessKeyId}"
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_access_keys",
                access=SIGNED_IN,
                handler=self.list_own,
                tag=_TAG,
                summary="List your access keys",
                description=_PEOPLE,
                answers={200: wire.AccessKeys},
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_access_key1",
                access=SIGNED_IN,
                handler=self.create,
                tag=_TAG,
                summary="Create an access key of yours",
                description=(
                    "A program exchanges its client ID and secret for tokens by which it acts for you, with what you "
                    "hold at each moment, or less. The answer holds the secret, which is told only this once."
                ),
                body=AccessKeyCreationRequest1,
                body_examples={
                    "all that you hold": {"name": "laptop"},
                    "less": {
                        "name": "reports",
                        "permissions": [{"resourceType": "project", "actions": ["read"]}],
                        "scopeId": "5c1a77a4-98a0-4d80-9ca0-3d8dd1ed5f6d",
                    },
                },
                answers={201: AccessKeyPostResponse},
                errors=(404, 409),
                makes_secret=True,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_access_key_by_id1",
                access=SIGNED_IN,
                handler=self.get,
                tag=_TAG,
                summary="Get an access key of yours",
                parameters=(ACCESS_KEY_ID,),
                answers={200: AccessKey1},
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_access_key_by_id",
                access=SIGNED_IN,
                handler=self.delete_own,
                tag=_TAG,
                summary="Delete an access key of yours",
                description="Every token that it earned is refused from the answer on.",
                parameters=(ACCESS_KEY_ID,),
                answers={204: None},
            ),
            Route(
                method="POST",
                path=one + "/secret",
                operation_id="regenerate_access_key_secret",
                access=SIGNED_IN,
                handler=self.regenerate,
                tag=_TAG,
                summary="Regenerate the secret of an access key of yours",
                description=(
                    "The old secret, and every token that it earned, are refused from the answer on. To rotate without "
                    "a gap, make another key instead."
                ),
                parameters=(ACCESS_KEY_ID,),
                answers={200: RegenerateAccessKeySecretResponse},
                makes_secret=True,
            ),
            Route(
                method="GET",
                path=_ALL,
                operation_id="get_access_keys_administration",
                access=anywhere(Action.READ, ACCESS_KEYS),
                handler=self.list_all,
                tag=_TAG,
                summary="List everybody's access keys",
                description="Those of the people who live where you may read access keys.",
                parameters=(*ONLY, *LIST.parameters),
                answers={200: Reply(AccessKeysAdministration, "The keys.", (TOTAL_COUNT,))},
            ),
            Route(
                method="DELETE",
                path=_ALL + "/{accessKeyId}",
                operation_id="delete_access_key_by_id_administration",
                access=on_object(Action.DELETE, ACCESS_KEYS),
                handler=self.delete,
                tag=_TAG,
                summary="Delete anybody's access key",
                description="Every token that it earned is refused from the answer on.",
                parameters=(ACCESS_KEY_ID,),
                answers={204: None},
            ),
        ]

    async def list_own(self, request: Request) -> Answer:
        rows = await self._keys.list_own(request.caller.subject)
        return Answer(200, wire.AccessKeys([AccessKey1(**_shown(row)) for row in rows]))

    async def get(self, request: Request) -> Answer:
        row = await self._keys.get_own(request.caller.subject, request.path["accessKeyId"])
        return Answer(200, AccessKey1(**_shown(row)))

    async def create(self, request: Request) -> Answer:
        created = await self._keys.create(request.actor(), _wish(request.body))
        row = created.row
        answer = AccessKeyPostResponse(
            row["id"], row["client_id"], row["name"], created.secret.reveal(), format_utc(row["created_at"])
        )
        return Answer(201, answer)

    async def delete_own(self, request: Request) -> Answer:
        await self._keys.delete_own(request.actor(), request.path["accessKeyId"])
        return Answer(204)

    async def regenerate(self, request: Request) -> Answer:
        secret = await self._keys.regenerate(request.actor(), request.path["accessKeyId"])
        return Answer(200, RegenerateAccessKeySecretResponse(secret.reveal()))

    async def list_all(self, request: Request) -> Streamed:
        visibility, query, only = request.visibility(READ), LIST.read(request.query), only_asked(request)
        total = await self._listing.count(visibility, query, only)
        grants = request.grants()
        answers = (
            [_administered(row, grants) for row in rows]
            async for rows in self._listing.every(visibility, query, only)
        )
        return Streamed(json_array(answers, _OPENING, _CLOSING), [JSON, *total_headers(total)])

    async def delete(self, request: Request) -> Answer:
        await self._keys.delete(request.actor(), request.path["accessKeyId"])
        return Answer(204)


def only_asked(request: Request) -> Only:
    return Only(single(request.query, "clientId"), single(request.query, "createdBy"))


def _administered(row: Row, grants: Grants) -> AccessKeyAdministration:
    return AccessKeyAdministration(
        **_shown(row),
        created_by=row["created_by"],
        permitted_actions=grants.words_at(row["home_code"], ACCESS_KEYS, Action.DELETE),
    )


def _shown(row: Row) -> dict[str, Any]:
    level = row["scope_level"]
    return {
        "name": row["name"],
        "client_id": row["client_id"],
        "id": row["id"],
        "created_at": format_utc(row["created_at"]),
        "last_login": format_optional(row["last_login"]),
        "permissions": _permissions(row["permissions"]),
        "scope_id": row["scope_id"],
        "scope_type": None if level is None else Level(level).word,
        "scope_name": row["scope_name"],
    }


def _permissions(stored: str | None) -> list[AccessKeyPermission] | None:
    if stored is None:
        return None
    mask = decode_permissions(stored)
    spelled = ((resource.name, words_of(mask, resource)) for resource in RESOURCE_TYPES)
    return [AccessKeyPermission(name, words) for name, words in spelled if words]


def _wish(body: AccessKeyCreationRequest1) -> NewKey:
    mask = None
    if body.permissions is not None:
        mask = require_permissions((one.resource_type, one.actions) for one in body.permissions)
    return NewKey(body.name, mask, body.scope_id, body.scope_type)

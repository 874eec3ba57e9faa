"""Access keys under their older name, user applications: the same keys, in arrays and with other words."""

from typing import Any, Final

from keystead.access_keys.actions import READ, AccessKeys, NewKey
from keystead.access_keys.http import only_asked
from keystead.access_keys.listing import AccessKeyListing
from keystead.access_keys.wire import (
    APP_ID,
    LIST,
    ONLY,
    RegenerateAccessKeySecretResponse,
    UserApp,
    UserAppAdministration,
    UserAppCreationRequest,
    UserAppPostResponse,
)
from keystead.authz.vocabulary import ACCESS_KEYS, Action
from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc
from keystead.web.asgi import JSON
from keystead.web.lists import TOTAL_COUNT, total_headers
from keystead.web.operations import Reply
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route, Streamed, anywhere, on_object
from keystead.web.streams import json_array

_PATH: Final = "/api/v1/user-applications"
_ALL: Final = "/api/v1/administration/user-applications"
_TAG: Final = "Access keys"
_OLDER: Final = "The older name of an access key."


class UserApplicationsHttp:
    def __init__(self, keys: AccessKeys, listing: AccessKeyListing) -> None:
        self._keys = keys
        self._listing = listing

    def routes(self) -> list[Route]:
        one = _PATH + "/{appId}"
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_user_applications",
                access=SIGNED_IN,
                handler=self.list_own,
                tag=_TAG,
                summary="List your user applications",
                description=_OLDER,
                answers={200: list[UserApp]},
                deprecated=True,
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_user_application",
                access=SIGNED_IN,
                handler=self.create,
                tag=_TAG,
                summary="Create a user application of yours",
                description=_OLDER,
                body=UserAppCreationRequest,
                answers={201: UserAppPostResponse},
                errors=(409,),
                makes_secret=True,
                deprecated=True,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_user_application_by_id",
                access=SIGNED_IN,
                handler=self.get,
                tag=_TAG,
                summary="Get a user application of yours",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={200: UserApp},
                deprecated=True,
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_user_application_by_id",
                access=SIGNED_IN,
                handler=self.delete_own,
                tag=_TAG,
                summary="Delete a user application of yours",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={204: None},
                deprecated=True,
            ),
            Route(
                method="POST",
                path=one + "/secret",
                operation_id="regenerate_user_application_secret",
                access=SIGNED_IN,
                handler=self.regenerate,
                tag=_TAG,
                summary="Regenerate the secret of a user application of yours",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={200: RegenerateAccessKeySecretResponse},
                makes_secret=True,
                deprecated=True,
            ),
            Route(
                method="GET",
                path=_ALL,
                operation_id="get_user_applications_administration",
                access=anywhere(Action.READ, ACCESS_KEYS),
                handler=self.list_all,
                tag=_TAG,
                summary="List everybody's user applications",
                description=_OLDER,
                parameters=(*ONLY, *LIST.parameters),
                answers={200: Reply(list[UserAppAdministration], "The keys.", (TOTAL_COUNT,))},
                deprecated=True,
            ),
            Route(
                method="DELETE",
                path=_ALL + "/{appId}",
                operation_id="delete_user_application_by_id_administration",
                access=on_object(Action.DELETE, ACCESS_KEYS),
                handler=self.delete,
                tag=_TAG,
                summary="Delete anybody's user application",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={204: None},
                deprecated=True,
            ),
        ]

    async def list_own(self, request: Request) -> Answer:
        rows = await self._keys.list_own(request.caller.subject)
        return Answer(200, [UserApp(**_shown(row)) for row in rows])

    async def create(self, request: Request) -> Answer:
        body: UserAppCreationRequest = request.body
        created = await self._keys.create(request.actor(), NewKey(body.name))
        row = created.row
        answer = UserAppPostResponse(
            row["id"], row["client_id"], row["name"], created.secret.reveal(), format_utc(row["created_at"])
        )
        return Answer(201, answer)

    async def get(self, request: Request) -> Answer:
        row = await self._keys.get_own(request.caller.subject, request.path["appId"])
        return Answer(200, UserApp(**_shown(row)))

    async def delete_own(self, request: Request) -> Answer:
        await self._keys.delete_own(request.actor(), request.path["appId"])
        return Answer(204)

    async def regenerate(self, request: Request) -> Answer:
        secret = await self._keys.regenerate(request.actor(), request.path["appId"])
        return Answer(200, RegenerateAccessKeySecretResponse(secret.reveal()))

    async def list_all(self, request: Request) -> Streamed:
        visibility, query, only = request.visibility(READ), LIST.read(request.query), only_asked(request)
        total = await self._listing.count(visibility, query, only)
        answers = (
            [UserAppAdministration(**_shown(row), created_by=row["created_by"]) for row in rows]
            async for rows in self._listing.every(visibility, query, only)
        )
        return Streamed(json_array(answers), [JSON, *total_headers(total)])

    async def delete(self, request: Request) -> Answer:
        await self._keys.delete(request.actor(), request.path["appId"])
        return Answer(204)


def _shown(row: Row) -> dict[str, Any]:
    return {
        "name": row["name"],
        "client_id": row["client_id"],
        "id": row["id"],
        "created_at": format_utc(row["created_at"]),
        "last_login": format_optional(row["last_login"]),
    }

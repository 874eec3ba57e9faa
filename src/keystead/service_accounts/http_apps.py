"""Service accounts under their older name, applications: the same accounts, with `secret` for `clientSecret`."""

from typing import Final

from keystead.authz.vocabulary import SERVICE_ACCOUNT, Action
from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc
from keystead.kit.errors import not_found
from keystead.kit.ids import canonical_id
from keystead.service_accounts.actions import Edit, NewAccount, ServiceAccounts
from keystead.service_accounts.listing import AccountListing
from keystead.service_accounts.sight import view_of
from keystead.service_accounts.wire import (
    APP_ID,
    LIST,
    Application,
    ApplicationCreationRequest,
    ApplicationPatchRequest,
    ApplicationPostResponse,
    ApplicationSecret,
)
from keystead.web.asgi import JSON
from keystead.web.lists import TOTAL_HEADERS, total_headers
from keystead.web.operations import Reply
from keystead.web.pipeline import Answer, Request, Route, Streamed, anywhere, on_object
from keystead.web.streams import json_array
from keystead.web.wire import Nothing

_PATH: Final = "/api/v1/apps"
_TAG: Final = "Service accounts"
_OLDER: Final = "The older name of a service account."


class AppsHttp:
    def __init__(self, accounts: ServiceAccounts, listing: AccountListing, tenant_id: int) -> None:
        self._accounts = accounts
        self._listing = listing
        self._tenant_id = str(tenant_id)

    def routes(self) -> list[Route]:
        one = _PATH + "/{appId}"
        update = on_object(Action.UPDATE, SERVICE_ACCOUNT)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_applications",
                access=anywhere(Action.READ, SERVICE_ACCOUNT),
                handler=self.list_all,
                tag=_TAG,
                summary="List applications",
                description=_OLDER,
                parameters=LIST.parameters,
                answers={200: Reply(list[Application], "The accounts.", TOTAL_HEADERS)},
                deprecated=True,
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_application",
                access=anywhere(Action.CREATE, SERVICE_ACCOUNT),
                handler=self.create,
                tag=_TAG,
                summary="Create an application",
                description=_OLDER,
                body=ApplicationCreationRequest,
                answers={201: ApplicationPostResponse},
                errors=(409,),
                makes_secret=True,
                deprecated=True,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_application_by_id",
                access=on_object(Action.READ, SERVICE_ACCOUNT),
                handler=self.get,
                tag=_TAG,
                summary="Get an application",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={200: Application},
                deprecated=True,
            ),
            Route(
                method="PATCH",
                path=one,
                operation_id="update_application_by_id",
                access=update,
                handler=self.edit,
                tag=_TAG,
                summary="Enable or disable an application",
                description=_OLDER,
                parameters=(APP_ID,),
                body=ApplicationPatchRequest,
                answers={200: Nothing},
                deprecated=True,
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_application_by_id",
                access=on_object(Action.DELETE, SERVICE_ACCOUNT),
                handler=self.delete,
                tag=_TAG,
                summary="Delete an application",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={204: None},
                deprecated=True,
            ),
            Route(
                method="POST",
                path=one + "/secret",
                operation_id="regenerate_application_secret",
                access=update,
                handler=self.regenerate,
                tag=_TAG,
                summary="Regenerate the secret of an application",
                description=_OLDER,
                parameters=(APP_ID,),
                answers={200: ApplicationSecret},
                makes_secret=True,
                deprecated=True,
            ),
        ]

    async def list_all(self, request: Request) -> Streamed:
        view, query = view_of(request), LIST.read(request.query)
        total = await self._listing.total(view, query)
        headers = [JSON, *total_headers(total.number, exact=total.exact)]
        answers = (
            [self._answer(row) for row in rows]
            async for rows in self._listing.every(view, query, query.page.limit)
        )
        return Streamed(json_array(answers), headers)

    async def create(self, request: Request) -> Answer:
        body: ApplicationCreationRequest = request.body
        created = await self._accounts.create(request.actor(), NewAccount(body.name))
        answer = ApplicationPostResponse(created.id, created.name, created.secret.reveal(), created.name)
        return Answer(201, answer)

    async def get(self, request: Request) -> Answer:
        row = await self._listing.find(view_of(request), canonical_id(request.path["appId"]))
        if row is None:
            raise not_found("Service account")
        return Answer(200, self._answer(row))

    async def edit(self, request: Request) -> Answer:
        body: ApplicationPatchRequest = request.body
        await self._accounts.edit(request.actor(), request.path["appId"], Edit(body.enabled))
        return Answer(200, Nothing())

    async def delete(self, request: Request) -> Answer:
        await self._accounts.delete(request.actor(), request.path["appId"])
        return Answer(204)

    async def regenerate(self, request: Request) -> Answer:
        secret = await self._accounts.regenerate_secret(request.actor(), request.path["appId"])
        return Answer(200, ApplicationSecret(secret.reveal()))

    def _answer(self, row: Row) -> Application:
        return Application(
            name=row["name"],
            created_by=row["created_by"],
            created_at=format_utc(row["created_at"]),
            updated_at=format_utc(row["updated_at"]),
            enabled=bool(row["enabled"]),
            tenant_id=self._tenant_id,
            last_login=format_optional(row["last_login"]),
            id=row["id"],
            client_id=row["name"],
        )

"""The API of service accounts."""

import json
from collections.abc import AsyncIterator, Sequence

from keystead.authz.policy import Grants
from keystead.authz.tree import Level
from keystead.authz.vocabulary import SERVICE_ACCOUNT, Action
from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc, parse_utc
from keystead.kit.errors import not_found
from keystead.kit.ids import canonical_id
from keystead.kit.query import Query
from keystead.service_accounts.actions import READ, Edit, NewAccount, ServiceAccounts
from keystead.service_accounts.listing import NO_RULES, AccountListing, ShownRules, Total
from keystead.service_accounts.selection import View
from keystead.service_accounts.sight import view_of
from keystead.service_accounts.table import Column, chosen_columns
from keystead.service_accounts.wire import (
    ACCOUNT_ID,
    COLUMNS_OF_CSV,
    LIST,
    LIST_HEADERS,
    SECRET_ID,
    TOTAL,
    RegenerateServiceAccountSecretResponse,
    ServiceAccount,
    ServiceAccountCreationRequest,
    ServiceAccountPatchRequest,
    ServiceAccountPostResponse,
    ServiceAccountRule,
    ServiceAccountSecret,
    ServiceAccountSecretCreationRequest,
    ServiceAccountSecretPostResponse,
    ServiceAccountSecrets,
)
from keystead.web.asgi import JSON
from keystead.web.csv import MAX_ROWS, csv_headers, render_rows, wants_csv
from keystead.web.errors import Headers
from keystead.web.lists import total_headers
from keystead.web.operations import CSV_MEDIA, JSON_MEDIA, Reply
from keystead.web.params import single
from keystead.web.pipeline import Answer, Request, Route, Streamed, anywhere, on_object, require_choice
from keystead.web.streams import json_array
from keystead.web.wire import Nothing

_PATH = "/api/v1/service-accounts"
_RULES_IN_CSV = 20
_TAG = "Service accounts"
_OFFERED = Action.UPDATE | Action.DELETE


class ServiceAccountsHttp:
    def __init__(self, accounts: ServiceAccounts, listing: AccountListing, tenant_id: int) -> None:
        self._accounts = accounts
        self._listing = listing
        self._tenant_id = str(tenant_id)

    def routes(self) -> list[Route]:
        one = _PATH + "/{serviceAccountId}"
        secrets = one + "/secrets"
        read, update = on_object(Action.READ, SERVICE_ACCOUNT), on_object(Action.UPDATE, SERVICE_ACCOUNT)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_service_accounts",
                access=anywhere(Action.READ, SERVICE_ACCOUNT),
                handler=self.list_accounts,
                tag=_TAG,
                summary="List service accounts",
                description=(
                    "Those that live where you may read accounts. `Accept: text/csv` answers the same rows as a file, "
                    f"at most {MAX_ROWS:,} of them."
                ),
                parameters=(*LIST.parameters, TOTAL, COLUMNS_OF_CSV),
                answers={
                    200: Reply(list[ServiceAccount], "The accounts.", LIST_HEADERS, (JSON_MEDIA, CSV_MEDIA))
                },
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_service_account",
                access=anywhere(Action.CREATE, SERVICE_ACCOUNT),
                handler=self.create,
                tag=_TAG,
                summary="Create a service account",
                description="The answer holds its secret, which is told only this once.",
                body=ServiceAccountCreationRequest,
                answers={201: ServiceAccountPostResponse},
                errors=(404, 409),
                makes_secret=True,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_service_account_by_id",
                access=read,
                handler=self.get,
                tag=_TAG,
                summary="Get a service account",
                parameters=(ACCOUNT_ID,),
                answers={200: ServiceAccount},
            ),
            Route(
                method="PATCH",
                path=one,
                operation_id="update_service_account_by_id",
                access=update,
                handler=self.edit,
                tag=_TAG,
                summary="Edit a service account",
                description=(
                    "Enables, disables, describes, says what its tokens are for and how long they live. Disabling ends "
                    "every token that the account earned, at once. Enabling needs every permission that it has."
                ),
                parameters=(ACCOUNT_ID,),
                body=ServiceAccountPatchRequest,
                body_examples={
                    "disable": {"enabled": False},
                    "describe": {"description": "Deploys to production"},
                    "tokens for another API": {
                        "audiences": ["https://jobs.example.com"],
                        "tokenLifetime": 900,
                    },
                },
                answers={200: Nothing},
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_service_account_by_id",
                access=on_object(Action.DELETE, SERVICE_ACCOUNT),
                handler=self.delete,
                tag=_TAG,
                summary="Delete a service account",
                description="Its secrets, tokens and access rules end with it, at once.",
                parameters=(ACCOUNT_ID,),
                answers={204: None},
            ),
            Route(
                method="POST",
                path=one + "/secret",
                operation_id="regenerate_service_account_secret",
                access=update,
                handler=self.regenerate,
                tag=_TAG,
                summary="Regenerate the secret of a service account",
                description=(
                    "One new secret takes the place of all that there are. They, and every token that they earned, "
                    "are refused from the answer on. To rotate without a gap, add a secret instead. Needs every "
                    "permission that the account has."
                ),
                parameters=(ACCOUNT_ID,),
                answers={200: RegenerateServiceAccountSecretResponse},
                makes_secret=True,
            ),
            Route(
                method="GET",
                path=secrets,
                operation_id="get_service_account_secrets",
                access=read,
                handler=self.list_secrets,
                tag=_TAG,
                summary="List the secrets of a service account",
                description="When each was made and last used; never a secret itself.",
                parameters=(ACCOUNT_ID,),
                answers={200: ServiceAccountSecrets},
            ),
            Route(
                method="POST",
                path=secrets,
                operation_id="add_service_account_secret",
                access=update,
                handler=self.add_secret,
                tag=_TAG,
                summary="Add a secret to a service account",
                description=(
                    "Beside those that there are, five at most: this is how to rotate without a gap. Needs every "
                    "permission that the account has."
                ),
                parameters=(ACCOUNT_ID,),
                body=ServiceAccountSecretCreationRequest,
                answers={201: ServiceAccountSecretPostResponse},
                errors=(409,),
                makes_secret=True,
            ),
            Route(
                method="DELETE",
                path=secrets + "/{secretId}",
                operation_id="revoke_service_account_secret",
                access=update,
                handler=self.revoke_secret,
                tag=_TAG,
                summary="Revoke a secret of a service account",
                description="The secret, and every token that it earned, are refused from the answer on.",
                parameters=(ACCOUNT_ID, SECRET_ID),
                answers={204: None},
            ),
        ]

    async def list_accounts(self, request: Request) -> Answer | Streamed:
        query = LIST.read(request.query)
        columns = chosen_columns(single(request.query, "columns"))
        view, grants = view_of(request), request.grants()
        as_csv = wants_csv(request.accept)
        exact = _wants_exact(request)
        if not as_csv and query.page.limit is not None:
            rows, total = await self._listing.page(view, query, exact=exact)
            answers = await self._answers(view, rows, grants)
            return Answer(200, answers, total_headers(total.number, exact=total.exact))
        # A file must say exactly where it was cut.
        total = await self._listing.total(view, query, exact=as_csv or exact)
        headers = total_headers(total.number, exact=total.exact)
        if as_csv:
            return self._csv(view, query, columns, total, headers)
        whole = (await self._answers(view, rows, grants) async for rows in self._listing.every(view, query))
        return Streamed(json_array(whole), [JSON, *headers])

    async def get(self, request: Request) -> Answer:
        view = view_of(request)
        row = await self._listing.find(view, canonical_id(request.path["serviceAccountId"]))
        if row is None:
            raise not_found("Service account")
        answers = await self._answers(view, [row], request.grants())
        return Answer(200, answers[0])

    async def create(self, request: Request) -> Answer:
        body: ServiceAccountCreationRequest = request.body
        wish = NewAccount(
            body.name,
            body.description or "",
            body.labels or {},
            body.scope_id,
            body.scope_type,
            body.audiences or (),
            body.token_lifetime,
        )
        created = await self._accounts.create(request.actor(), wish)
        answer = ServiceAccountPostResponse(created.id, created.name, created.name, created.secret.reveal())
        return Answer(201, answer)

    async def edit(self, request: Request) -> Answer:
        body: ServiceAccountPatchRequest = request.body
        edit = Edit(body.enabled, body.description, body.labels, body.audiences, body.token_lifetime)
        await self._accounts.edit(request.actor(), request.path["serviceAccountId"], edit)
        return Answer(200, Nothing())

    async def delete(self, request: Request) -> Answer:
        await self._accounts.delete(request.actor(), request.path["serviceAccountId"])
        return Answer(204)

    async def regenerate(self, request: Request) -> Answer:
        secret = await self._accounts.regenerate_secret(request.actor(), request.path["serviceAccountId"])
        return Answer(200, RegenerateServiceAccountSecretResponse(secret.reveal()))

    async def list_secrets(self, request: Request) -> Answer:
        rows = await self._accounts.list_secrets(request.path["serviceAccountId"], request.visibility(READ))
        return Answer(200, ServiceAccountSecrets([_secret_answer(row) for row in rows]))

    async def add_secret(self, request: Request) -> Answer:
        body: ServiceAccountSecretCreationRequest = request.body
        expires_at = None if body.expires_at is None else parse_utc("expiresAt", body.expires_at)
        added = await self._accounts.add_secret(
            request.actor(), request.path["serviceAccountId"], body.name or "", expires_at
        )
        return Answer(201, ServiceAccountSecretPostResponse(added.id, added.secret.reveal()))

    async def revoke_secret(self, request: Request) -> Answer:
        await self._accounts.revoke_secret(
            request.actor(), request.path["serviceAccountId"], request.path["secretId"]
        )
        return Answer(204)

    # The list's three forms

    async def _answers(self, view: View, rows: Sequence[Row], grants: Grants) -> list[ServiceAccount]:
        rules = await self._listing.rules_of(view, [row["pk"] for row in rows])
        permitted = {
            code: grants.words_at(code, SERVICE_ACCOUNT, _OFFERED)
            for code in {row["home_code"] for row in rows}
        }
        return [
            self._answer(row, rules.get(row["pk"], NO_RULES), permitted[row["home_code"]]) for row in rows
        ]

    def _csv(
        self, view: View, query: Query, columns: Sequence[Column], total: Total, headers: Headers
    ) -> Streamed:
        limit = min(query.page.limit or MAX_ROWS, MAX_ROWS)
        if limit == MAX_ROWS and total.number - query.page.offset > MAX_ROWS:
            headers = [*headers, (b"x-truncated-at", str(MAX_ROWS).encode())]
        rows = self._csv_rows(view, query, columns, limit)
        return Streamed(rows, [*csv_headers("service-accounts.csv"), *headers])

    async def _csv_rows(
        self, view: View, query: Query, columns: Sequence[Column], limit: int
    ) -> AsyncIterator[bytes]:
        yield render_rows([[column.title for column in columns]])
        async for rows in self._listing.every(view, query, limit):
            rules = await self._listing.rules_of(view, [row["pk"] for row in rows], _RULES_IN_CSV)
            yield render_rows(
                [column.cell(row, rules.get(row["pk"], NO_RULES)) for column in columns] for row in rows
            )

    def _answer(self, row: Row, rules: ShownRules, permitted: list[str]) -> ServiceAccount:
        return ServiceAccount(
            id=row["id"],
            name=row["name"],
            client_id=row["name"],
            enabled=bool(row["enabled"]),
            created_by=row["created_by"],
            created_at=format_utc(row["created_at"]),
            updated_at=format_utc(row["updated_at"]),
            last_login=format_optional(row["last_login"]),
            tenant_id=self._tenant_id,
            description=row["description"],
            labels=json.loads(row["labels"]),
            scope_id=row["home_id"],
            scope_type=Level(row["home_level"]).word,
            scope_name=row["home_name"],
            access_rules=[
                ServiceAccountRule(
                    rule.rule_id,
                    rule.role_id,
                    rule.role_name,
                    rule.scope_id,
                    Level(rule.scope_level).word,
                    rule.scope_name,
                )
                for rule in rules.first
            ],
            access_rule_count=rules.total,
            secret_created_at=format_optional(row["secret_created_at"]),
            secret_expires_at=format_optional(row["secret_expires_at"]),
            secret_count=row["secret_count"],
            audiences=json.loads(row["audiences"]),
            token_lifetime=row["token_ttl"],
            permitted_actions=permitted,
        )


def _wants_exact(request: Request) -> bool:
    """`total=exact` counts beyond the first ten thousand too."""
    wanted = single(request.query, "total")
    return wanted is not None and require_choice("total", wanted, ["exact", "capped"]) == "exact"


def _secret_answer(row: Row) -> ServiceAccountSecret:
    return ServiceAccountSecret(
        row["id"],
        row["name"],
        row["tail"],
        format_utc(row["created_at"]),
        row["created_by"],
        format_optional(row["expires_at"]),
        format_optional(row["last_used_at"]),
    )

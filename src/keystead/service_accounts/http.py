"""The API of service accounts."""

import json
from collections.abc import AsyncIterator, Sequence

import msgspec

from keystead.authz.tree import Level
from keystead.authz.vocabulary import ACCESS_RULES, SERVICE_ACCOUNT, Action, Permission
from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc, parse_utc
from keystead.kit.errors import not_found
from keystead.kit.ids import canonical_id
from keystead.kit.query import Query
from keystead.service_accounts.actions import READ, Edit, NewAccount, ServiceAccounts
from keystead.service_accounts.listing import NO_RULES, AccountListing, ShownRules, Total, View
from keystead.service_accounts.model import FIELDS
from keystead.web.asgi import JSON
from keystead.web.csv import MAX_ROWS, csv_headers, render_rows, wants_csv
from keystead.web.errors import Headers
from keystead.web.params import read_query, single
from keystead.web.pipeline import Answer, Request, Route, Streamed, anywhere, on_object, require_choice

_PATH = "/api/v1/service-accounts"
_READ_RULES = Permission(Action.READ, ACCESS_RULES)
_RULES_IN_CSV = 20
_CSV_COLUMNS = (
    "Service account",
    "Client ID",
    "Access rule(s)",
    "Last login",
    "Created by",
    "Creation time",
    "Last updated",
)


class CreateBody(msgspec.Struct, rename="camel"):
    name: str
    description: str | None = None
    labels: dict[str, str] | None = None
    scope_id: str | None = None
    scope_type: str | None = None


class EditBody(msgspec.Struct, rename="camel"):
    enabled: bool | None = None
    description: str | None = None
    labels: dict[str, str] | None = None


class AddSecretBody(msgspec.Struct, rename="camel"):
    name: str | None = None
    expires_at: str | None = None


class AccountRuleAnswer(msgspec.Struct, rename="camel"):
    id: int
    role_id: int
    role_name: str
    scope_id: str
    scope_type: str
    scope_name: str


class AccountAnswer(msgspec.Struct, rename="camel"):
    """The contract's ServiceAccount, and what Keystead adds: description, labels, home, the first rules."""

    id: str
    name: str
    client_id: str
    enabled: bool
    created_by: str
    created_at: str
    updated_at: str
    last_login: str | None
    tenant_id: str
    description: str
    labels: dict[str, str]
    scope_id: str
    scope_type: str
    scope_name: str
    access_rules: list[AccountRuleAnswer]
    access_rule_count: int


class SecretAnswer(msgspec.Struct, rename="camel"):
    """A secret without itself: `tail` is the last characters of its checksum."""

    id: str
    name: str
    tail: str
    created_at: str
    created_by: str
    expires_at: str | None
    last_used_at: str | None


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
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_service_account",
                access=anywhere(Action.CREATE, SERVICE_ACCOUNT),
                handler=self.create,
                body=CreateBody,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_service_account_by_id",
                access=read,
                handler=self.get,
            ),
            Route(
                method="PATCH",
                path=one,
                operation_id="update_service_account_by_id",
                access=update,
                handler=self.edit,
                body=EditBody,
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_service_account_by_id",
                access=on_object(Action.DELETE, SERVICE_ACCOUNT),
                handler=self.delete,
            ),
            Route(
                method="POST",
                path=one + "/secret",
                operation_id="regenerate_service_account_secret",
                access=update,
                handler=self.regenerate,
            ),
            Route(
                method="GET",
                path=secrets,
                operation_id="get_service_account_secrets",
                access=read,
                handler=self.list_secrets,
            ),
            Route(
                method="POST",
                path=secrets,
                operation_id="add_service_account_secret",
                access=update,
                handler=self.add_secret,
                body=AddSecretBody,
            ),
            Route(
                method="DELETE",
                path=secrets + "/{secretId}",
                operation_id="revoke_service_account_secret",
                access=update,
                handler=self.revoke_secret,
            ),
        ]

    async def list_accounts(self, request: Request) -> Answer | Streamed:
        query = read_query(request.query, FIELDS, default_limit=None, max_limit=500)
        view = self._view(request)
        as_csv = wants_csv(request.accept)
        # A file must say exactly where it was cut.
        total = await self._listing.total(view, query, exact=as_csv or _wants_exact(request))
        headers = _total_headers(total)
        if as_csv:
            return self._csv(view, query, total, headers)
        if query.page.limit is None:
            return Streamed(self._whole(view, query), [JSON, *headers])
        rows = await self._listing.page(view, query)
        return Answer(200, await self._answers(view, rows), headers)

    async def get(self, request: Request) -> Answer:
        view = self._view(request)
        row = await self._listing.find(view, canonical_id(request.path["serviceAccountId"]))
        if row is None:
            raise not_found("Service account")
        answers = await self._answers(view, [row])
        return Answer(200, answers[0])

    async def create(self, request: Request) -> Answer:
        body: CreateBody = request.body
        wish = NewAccount(
            body.name, body.description or "", body.labels or {}, body.scope_id, body.scope_type
        )
        created = await self._accounts.create(request.actor(), wish)
        answer = {
            "id": created.id,
            "name": created.name,
            "clientId": created.name,
            "clientSecret": created.secret.reveal(),
        }
        return Answer(201, answer)

    async def edit(self, request: Request) -> Answer:
        body: EditBody = request.body
        edit = Edit(body.enabled, body.description, body.labels)
        await self._accounts.edit(request.actor(), request.path["serviceAccountId"], edit)
        return Answer(200)

    async def delete(self, request: Request) -> Answer:
        await self._accounts.delete(request.actor(), request.path["serviceAccountId"])
        return Answer(204)

    async def regenerate(self, request: Request) -> Answer:
        secret = await self._accounts.regenerate_secret(request.actor(), request.path["serviceAccountId"])
        return Answer(200, {"clientSecret": secret.reveal()})

    async def list_secrets(self, request: Request) -> Answer:
        rows = await self._accounts.list_secrets(request.path["serviceAccountId"], request.visibility(READ))
        return Answer(200, {"secrets": [_secret_answer(row) for row in rows]})

    async def add_secret(self, request: Request) -> Answer:
        body: AddSecretBody = request.body
        expires_at = None if body.expires_at is None else parse_utc("expiresAt", body.expires_at)
        added = await self._accounts.add_secret(
            request.actor(), request.path["serviceAccountId"], body.name or "", expires_at
        )
        return Answer(201, {"id": added.id, "clientSecret": added.secret.reveal()})

    async def revoke_secret(self, request: Request) -> Answer:
        await self._accounts.revoke_secret(
            request.actor(), request.path["serviceAccountId"], request.path["secretId"]
        )
        return Answer(204)

    # The list's three forms

    def _view(self, request: Request) -> View:
        return View(request.visibility(READ), request.visibility(_READ_RULES))

    async def _answers(self, view: View, rows: Sequence[Row]) -> list[AccountAnswer]:
        rules = await self._listing.rules_of(view, [row["pk"] for row in rows])
        return [self._answer(row, rules.get(row["pk"], NO_RULES)) for row in rows]

    async def _whole(self, view: View, query: Query) -> AsyncIterator[bytes]:
        """The complete array, made while it is sent."""
        opening = b"["
        async for rows in self._listing.every(view, query):
            body = msgspec.json.encode(await self._answers(view, rows))
            if rows:
                yield opening + body[1:-1]
                opening = b","
        yield b"]" if opening == b"," else b"[]"

    def _csv(self, view: View, query: Query, total: Total, headers: Headers) -> Streamed:
        limit = min(query.page.limit or MAX_ROWS, MAX_ROWS)
        if limit == MAX_ROWS and total.number - query.page.offset > MAX_ROWS:
            headers = [*headers, (b"x-truncated-at", str(MAX_ROWS).encode())]
        return Streamed(self._csv_rows(view, query, limit), [*csv_headers("service-accounts.csv"), *headers])

    async def _csv_rows(self, view: View, query: Query, limit: int) -> AsyncIterator[bytes]:
        yield render_rows([_CSV_COLUMNS])
        async for rows in self._listing.every(view, query, limit):
            rules = await self._listing.rules_of(view, [row["pk"] for row in rows], _RULES_IN_CSV)
            yield render_rows(_csv_row(row, rules.get(row["pk"], NO_RULES)) for row in rows)

    def _answer(self, row: Row, rules: ShownRules) -> AccountAnswer:
        return AccountAnswer(
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
                AccountRuleAnswer(
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
        )


def _wants_exact(request: Request) -> bool:
    """`total=exact` counts beyond the first ten thousand too."""
    wanted = single(request.query, "total")
    return wanted is not None and require_choice("total", wanted, ["exact", "capped"]) == "exact"


def _total_headers(total: Total) -> Headers:
    """How many rows there are over all pages. Beyond ten thousand it is a lower bound unless `total=exact` asked."""
    headers = [(b"x-total-count", str(total.number).encode())]
    return headers if total.exact else [*headers, (b"x-total-count-exact", b"false")]


def _csv_row(row: Row, rules: ShownRules) -> list[str]:
    named = [f"{rule.role_name} in {rule.scope_name}" for rule in rules.first]
    if rules.total > len(named):
        named.append(f"+{rules.total - len(named)}")
    return [
        row["name"],
        row["name"],
        "; ".join(named),
        format_optional(row["last_login"]) or "",
        row["created_by"],
        format_utc(row["created_at"]),
        format_utc(row["updated_at"]),
    ]


def _secret_answer(row: Row) -> SecretAnswer:
    return SecretAnswer(
        row["id"],
        row["name"],
        row["tail"],
        format_utc(row["created_at"]),
        row["created_by"],
        format_optional(row["expires_at"]),
        format_optional(row["last_used_at"]),
    )

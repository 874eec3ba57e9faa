"""The API of people: who they are, their passwords, their log-out."""

import json

import msgspec

from keystead.authz.tree import Level
from keystead.authz.vocabulary import USERS, Action
from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc
from keystead.kit.errors import bad_input, not_found
from keystead.kit.ids import canonical_id
from keystead.kit.query import FieldKind, Filter, Operator, Query
from keystead.kit.secret import Secret
from keystead.users.actions import READ, NewUser, UserEdit, Users
from keystead.users.listing import UserListing
from keystead.users.model import FIELDS
from keystead.users.sessions import Sessions
from keystead.web.params import read_query, single
from keystead.web.pipeline import CHANGES_PASSWORD, Answer, Request, Route, anywhere, on_object

_PATH = "/api/v1/users"
_MOST = 500


class PasswordBody(msgspec.Struct, rename="camel"):
    current_password: str
    new_password: str


class CreateBody(msgspec.Struct, rename="camel"):
    """`reset_password` and `notify` are the contract's; a new password is always temporary, and nobody is mailed."""

    email: str
    reset_password: bool | None = None
    notify: bool | None = None
    groups: list[str] | None = None
    scope_id: str | None = None
    scope_type: str | None = None


class EditBody(msgspec.Struct, rename="camel"):
    enabled: bool | None = None
    groups: list[str] | None = None


class UserAnswer(msgspec.Struct, rename="camel"):
    """The contract's User2, and what Keystead adds: whether they may sign in, and their home."""

    id: str
    username: str
    created_by: str
    created_at: str
    updated_at: str
    last_login: str | None
    is_local: bool
    groups: list[str]
    enabled: bool
    password_is_temporary: bool
    scope_id: str
    scope_type: str
    scope_name: str


class CreatedUserAnswer(msgspec.Struct, rename="camel"):
    id: str
    username: str
    temp_password: str


class TemporaryPasswordAnswer(msgspec.Struct, rename="camel"):
    temp_password: str


class CountAnswer(msgspec.Struct, rename="camel"):
    count: int


class NothingAnswer(msgspec.Struct, rename="camel"):
    """An empty object."""


class UsersHttp:
    def __init__(self, users: Users, listing: UserListing, sessions: Sessions) -> None:
        self._users = users
        self._listing = listing
        self._sessions = sessions

    def routes(self) -> list[Route]:
        one = _PATH + "/{userId}"
        read, update = anywhere(Action.READ, USERS), on_object(Action.UPDATE, USERS)
        return [
            Route(method="GET", path=_PATH, operation_id="get_users", access=read, handler=self.list),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_user",
                access=anywhere(Action.CREATE, USERS),
                handler=self.create,
                body=CreateBody,
            ),
            Route(
                method="GET",
                path=_PATH + "/count",
                operation_id="count_users",
                access=read,
                handler=self.count,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_user_by_id",
                access=on_object(Action.READ, USERS),
                handler=self.get,
            ),
            Route(
                method="PATCH",
                path=one,
                operation_id="update_user_by_id",
                access=update,
                handler=self.edit,
                body=EditBody,
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_user_by_id",
                access=on_object(Action.DELETE, USERS),
                handler=self.delete,
            ),
            Route(
                method="POST",
                path=one + "/password",
                operation_id="reset_user_password",
                access=update,
                handler=self.reset_password,
            ),
            Route(
                method="POST",
                path=one + "/logout",
                operation_id="logout_user",
                access=update,
                handler=self.log_out,
            ),
            Route(
                method="POST",
                path="/api/v1/me/password",
                operation_id="change_user_password",
                access=CHANGES_PASSWORD,
                handler=self.change_password,
                body=PasswordBody,
            ),
        ]

    async def list(self, request: Request) -> Answer:
        rows = await self._listing.page(request.visibility(READ), _query(request))
        return Answer(200, [_answer(row) for row in rows])

    async def count(self, request: Request) -> Answer:
        count = await self._listing.count(request.visibility(READ), _query(request))
        return Answer(200, CountAnswer(count))

    async def get(self, request: Request) -> Answer:
        return Answer(200, _answer(await self._require(request)))

    async def create(self, request: Request) -> Answer:
        body: CreateBody = request.body
        wish = NewUser(body.email, body.groups or (), body.scope_id, body.scope_type)
        created = await self._users.create(request.actor(), wish)
        answer = CreatedUserAnswer(created.id, created.email, created.temporary_password.reveal())
        return Answer(201, answer)

    async def edit(self, request: Request) -> Answer:
        body: EditBody = request.body
        person_id = request.path["userId"]
        await self._users.edit(request.actor(), person_id, UserEdit(body.enabled, body.groups))
        return Answer(200, NothingAnswer())

    async def delete(self, request: Request) -> Answer:
        await self._users.delete(request.actor(), request.path["userId"])
        return Answer(204)

    async def reset_password(self, request: Request) -> Answer:
        temporary = await self._users.reset_password(request.actor(), request.path["userId"])
        return Answer(200, TemporaryPasswordAnswer(temporary.reveal()))

    async def log_out(self, request: Request) -> Answer:
        await self._sessions.log_out(request.actor(), request.path["userId"])
        return Answer(200, NothingAnswer())

    async def change_password(self, request: Request) -> Answer:
        body: PasswordBody = request.body
        await self._sessions.change_password(
            request.actor(), Secret(body.current_password), Secret(body.new_password)
        )
        return Answer(200, NothingAnswer())  # not the contract's echo of its own input

    async def _require(self, request: Request) -> Row:
        row = await self._listing.find(request.visibility(READ), canonical_id(request.path["userId"]))
        if row is None:
            raise not_found("User")
        return row


def _query(request: Request) -> Query:
    """What is asked of the list, the contract's older `filter` included."""
    query = read_query(request.query, FIELDS, default_limit=_MOST, max_limit=_MOST)
    older = single(request.query, "filter")
    if not older:
        return query
    name, _, value = older.rpartition(":")
    if name != "runai.is_local" or value not in ("true", "false"):
        raise bad_input(
            "filter", "must be runai.is_local:true or runai.is_local:false; filterBy does the rest."
        )
    local = Filter("isLocal", Operator.EQUALS, value == "true", FieldKind.BOOLEAN)
    return Query((*query.filters, local), query.sort, query.page, query.search)


def _answer(row: Row) -> UserAnswer:
    return UserAnswer(
        id=row["id"],
        username=row["email"],
        created_by=row["created_by"],
        created_at=format_utc(row["created_at"]),
        updated_at=format_utc(row["updated_at"]),
        last_login=format_optional(row["last_login_at"]),
        is_local=True,
        groups=json.loads(row["groups"]),
        enabled=bool(row["enabled"]),
        password_is_temporary=bool(row["password_is_temporary"]),
        scope_id=row["home_id"],
        scope_type=Level(row["home_level"]).word,
        scope_name=row["home_name"],
    )

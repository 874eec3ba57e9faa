"""The API of people: who they are, their passwords, their log-out."""

import json
from typing import Final

from keystead.authz.policy import Grants
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
from keystead.users.sessions import Sessions
from keystead.users.wire import (
    LIST,
    OLDER_FILTER,
    USER_ID,
    ResetPasswordResponse,
    User2,
    UserChangePasswordRequest,
    UserCreationRequest1,
    UserPatchRequest,
    UserPostResponse,
)
from keystead.web.lists import TOTAL_COUNT, total_headers
from keystead.web.operations import Reply
from keystead.web.params import single
from keystead.web.pipeline import CHANGES_PASSWORD, Answer, Request, Route, anywhere, on_object
from keystead.web.wire import CountResponse, Nothing

_PATH = "/api/v1/users"
_TAG: Final = "Users"
_OFFERED: Final = Action.UPDATE | Action.DELETE


class UsersHttp:
    def __init__(self, users: Users, listing: UserListing, sessions: Sessions) -> None:
        self._users = users
        self._listing = listing
        self._sessions = sessions

    def routes(self) -> list[Route]:
        one = _PATH + "/{userId}"
        read, update = anywhere(Action.READ, USERS), on_object(Action.UPDATE, USERS)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_users",
                access=read,
                handler=self.list,
                tag=_TAG,
                summary="List users",
                description="Those who live where you may read users.",
                parameters=(*LIST.parameters, OLDER_FILTER),
                answers={200: Reply(list[User2], "The people.", (TOTAL_COUNT,))},
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_user",
                access=anywhere(Action.CREATE, USERS),
                handler=self.create,
                tag=_TAG,
                summary="Create a user",
                description=(
                    "With a temporary password, which the answer tells only this once. Rules that waited for the "
                    "e-mail are theirs from now on: you need every permission that those give."
                ),
                body=UserCreationRequest1,
                answers={201: UserPostResponse},
                errors=(404, 409),
                makes_secret=True,
            ),
            Route(
                method="GET",
                path=_PATH + "/count",
                operation_id="count_users",
                access=read,
                handler=self.count,
                tag=_TAG,
                summary="Count users",
                parameters=(*LIST.narrowing, OLDER_FILTER),
                answers={200: CountResponse},
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_user_by_id",
                access=on_object(Action.READ, USERS),
                handler=self.get,
                tag=_TAG,
                summary="Get a user",
                parameters=(USER_ID,),
                answers={200: User2},
            ),
            Route(
                method="PATCH",
                path=one,
                operation_id="update_user_by_id",
                access=update,
                handler=self.edit,
                tag=_TAG,
                summary="Enable or disable a user, set their groups",
                description=(
                    "Enabling, and adding to a group, need every permission that the person has, or that the group "
                    "gives. The last system administrator stays."
                ),
                parameters=(USER_ID,),
                body=UserPatchRequest,
                body_examples={"disable": {"enabled": False}, "groups": {"groups": ["researchers"]}},
                answers={200: Nothing},
                errors=(409,),
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_user_by_id",
                access=on_object(Action.DELETE, USERS),
                handler=self.delete,
                tag=_TAG,
                summary="Delete a user",
                description=(
                    "Their rules, sessions, access keys and tokens end with them. The last system administrator stays."
                ),
                parameters=(USER_ID,),
                answers={204: None},
                errors=(409,),
            ),
            Route(
                method="POST",
                path=one + "/password",
                operation_id="reset_user_password",
                access=update,
                handler=self.reset_password,
                tag=_TAG,
                summary="Reset a user's password",
                description=(
                    "Makes a temporary one and ends their sessions and tokens. Needs every permission that the person "
                    "has."
                ),
                parameters=(USER_ID,),
                answers={200: ResetPasswordResponse},
                makes_secret=True,
            ),
            Route(
                method="POST",
                path=one + "/logout",
                operation_id="logout_user",
                access=update,
                handler=self.log_out,
                tag=_TAG,
                summary="Log a user out",
                description="Everywhere: their sessions and tokens end at once. Yourself you may always log out.",
                parameters=(USER_ID,),
                answers={200: Nothing},
            ),
            Route(
                method="POST",
                path="/api/v1/me/password",
                operation_id="change_user_password",
                access=CHANGES_PASSWORD,
                handler=self.change_password,
                tag="Me",
                summary="Change your password",
                description="Your other sessions end.",
                body=UserChangePasswordRequest,
                answers={200: Nothing},
                errors=(429,),
            ),
        ]

    async def list(self, request: Request) -> Answer:
        visibility, query = request.visibility(READ), _query(request)
        rows = await self._listing.page(visibility, query)
        total = await self._listing.count(visibility, query)
        grants = request.grants()
        return Answer(200, [_answer(row, grants) for row in rows], total_headers(total))

    async def count(self, request: Request) -> Answer:
        count = await self._listing.count(request.visibility(READ), _query(request))
        return Answer(200, CountResponse(count))

    async def get(self, request: Request) -> Answer:
        return Answer(200, _answer(await self._require(request), request.grants()))

    async def create(self, request: Request) -> Answer:
        body: UserCreationRequest1 = request.body
        wish = NewUser(body.email, body.groups or (), body.scope_id, body.scope_type)
        created = await self._users.create(request.actor(), wish)
        answer = UserPostResponse(created.id, created.email, created.temporary_password.reveal())
        return Answer(201, answer)

    async def edit(self, request: Request) -> Answer:
        body: UserPatchRequest = request.body
        person_id = request.path["userId"]
        await self._users.edit(request.actor(), person_id, UserEdit(body.enabled, body.groups))
        return Answer(200, Nothing())

    async def delete(self, request: Request) -> Answer:
        await self._users.delete(request.actor(), request.path["userId"])
        return Answer(204)

    async def reset_password(self, request: Request) -> Answer:
        temporary = await self._users.reset_password(
            request.actor(), request.grants(), request.path["userId"]
        )
        return Answer(200, ResetPasswordResponse(temporary.reveal()))

    async def log_out(self, request: Request) -> Answer:
        await self._sessions.log_out(request.actor(), request.path["userId"])
        return Answer(200, Nothing())

    async def change_password(self, request: Request) -> Answer:
        body: UserChangePasswordRequest = request.body
        await self._sessions.change_password(
            request.actor(), Secret(body.current_password), Secret(body.new_password)
        )
        return Answer(200, Nothing())  # not the contract's echo of its own input

    async def _require(self, request: Request) -> Row:
        row = await self._listing.find(request.visibility(READ), canonical_id(request.path["userId"]))
        if row is None:
            raise not_found("User")
        return row


def _query(request: Request) -> Query:
    """What is asked of the list, the contract's older `filter` included."""
    query = LIST.read(request.query)
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


def _answer(row: Row, grants: Grants) -> User2:
    return User2(
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
        second_factor=bool(row["second_factor"]),
        scope_id=row["home_id"],
        scope_type=Level(row["home_level"]).word,
        scope_name=row["home_name"],
        permitted_actions=grants.words_at(row["home_code"], USERS, _OFFERED),
    )

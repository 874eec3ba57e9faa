"""The API of people: their password, their log-out."""

import msgspec

from keystead.authz.vocabulary import USERS, Action
from keystead.kit.secret import Secret
from keystead.users.actions import People
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route, on_object


class PasswordBody(msgspec.Struct, rename="camel"):
    current_password: str
    new_password: str


class UsersHttp:
    def __init__(self, people: People) -> None:
        self._people = people

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path="/api/v1/me/password",
                operation_id="change_user_password",
                access=SIGNED_IN,
                handler=self.change_password,
                body=PasswordBody,
            ),
            Route(
                method="POST",
                path="/api/v1/users/{userId}/logout",
                operation_id="logout_user",
                access=on_object(Action.UPDATE, USERS),
                handler=self.log_out,
            ),
        ]

    async def change_password(self, request: Request) -> Answer:
        body: PasswordBody = request.body
        await self._people.change_password(
            request.actor(), Secret(body.current_password), Secret(body.new_password)
        )
        return Answer(200, {})  # not the contract's echo of its own input

    async def log_out(self, request: Request) -> Answer:
        await self._people.log_out(request.actor(), request.path["userId"])
        return Answer(200)

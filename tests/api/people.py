"""People for the tests: made by an administrator, signed in, past their temporary password."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.api.conftest import Place, RuleWish
from tests.api.holders import OWN_RULES, RULES, USERS, fresh, wish
from tests.serving import bearing

PASSWORD: Final = "/api/v1/me/password"
TOKEN: Final = "/api/v2/token"
USER_NOT_FOUND: Final = {"code": 404, "message": "User not found."}


@dataclass
class Person:
    id: str
    email: str
    password: str

    @property
    def path(self) -> str:
        return f"{USERS}/{self.id}"

    @property
    def form(self) -> dict[str, str]:
        return {"grant_type": "password", "username": self.email, "password": self.password}


@dataclass
class Session:
    """Somebody who is signed in."""

    client: httpx.Client
    refresh_token: str

    def is_alive(self) -> bool:
        status = self.client.get(OWN_RULES).status_code
        assert status in (200, 401)
        return status == 200

    def refresh(self) -> httpx.Response:
        """A refresh token is good once: what the answer brings is not kept."""
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        return httpx.post(f"{self.client.base_url.join(TOKEN)}", data=form)


class People:
    """Clients are closed with the stack."""

    def __init__(self, server: str, admin: httpx.Client, stack: ExitStack) -> None:
        self._server = server
        self._admin = admin
        self._stack = stack

    def new(self, email: str | None = None, rules: Sequence[RuleWish] = (), **more: Any) -> Person:
        """Somebody with a temporary password, who lives in the tenant if not elsewhere."""
        answer = self._admin.post(USERS, json={"email": email or f"{fresh('person')}@example.org"} | more)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        for role, *place in rules:
            self.give(made["username"], role, Place(*place))
        return Person(made["id"], made["username"], made["tempPassword"])

    def give(self, subject: str, role: int, place: Place, kind: str = "user") -> int:
        """Gives a person or a group a role; returns the rule's id."""
        answer = self._admin.post(RULES, json=wish(subject, role, place, kind))
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def sign_in(self, person: Person) -> Session:
        answer = httpx.post(f"{self._server}{TOKEN}", data=person.form)
        assert answer.status_code == 200, answer.text
        client = self._stack.enter_context(bearing(self._server, answer.json()["access_token"]))
        return Session(client, answer.json()["refresh_token"])

    def settle(self, person: Person) -> Session:
        """Signs in and chooses a password of their own."""
        session = self.sign_in(person)
        chosen = f"{person.password} and more"
        answer = session.client.post(
            PASSWORD, json={"currentPassword": person.password, "newPassword": chosen}
        )
        assert answer.status_code == 200, answer.text
        person.password = chosen
        return session

"""Whoever the tests of the access law need: accounts at home somewhere that hold just so much."""

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx

from tests.api.conftest import Place, RuleWish, give
from tests.serving import bearing, token_for

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
OWN_RULES: Final = "/api/v1/authorization/me/access-rules"
ROLES: Final = "/api/v2/authorization/roles"
USERS: Final = "/api/v1/users"
EXPLAIN: Final = "/api/v1/authorization/explain"
AUDIT: Final = "/api/v1/audit/log"
CLUSTERS: Final = "/api/v1/clusters"
DEPARTMENTS: Final = "/api/v1/org-unit/departments"
PROJECTS: Final = "/api/v1/org-unit/projects"
UNITS: Final = {"cluster": CLUSTERS, "department": DEPARTMENTS, "project": PROJECTS}
ALWAYS: Final = {
    "start": "2020-01-01T00:00:00Z",
    "end": "2100-01-01T00:00:00Z",
    "numberOfSamples": "1000",
}
NOBODY: Final = "00000000-0000-4000-8000-000000000000"

SYSTEM_ADMINISTRATOR: Final = 1
L1_RESEARCHER: Final = 5
VIEWER: Final = 7
DEPARTMENT_ADMINISTRATOR: Final = 1710

_LETTERS: Final = {"c": "create", "r": "read", "u": "update", "d": "delete"}
_numbers: Final = itertools.count(1)
T = TypeVar("T")


def fresh(what: str) -> str:
    """A name that nothing has yet."""
    return f"{what}-{next(_numbers)}"


def letters(held: str) -> list[dict[str, Any]]:
    """Permissions as a role's body has them: `"crud service-account, r project"`."""
    found = []
    for part in held.split(", "):
        actions, resource = part.split()
        found.append({"resourceType": resource, "actions": [_LETTERS[letter] for letter in actions]})
    return found


def at(place: Place) -> dict[str, str]:
    """A place as a body names it."""
    return {"scopeId": place.id, "scopeType": place.type}


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    secret: str

    @property
    def path(self) -> str:
        return f"{ACCOUNTS}/{self.id}"

    @property
    def form(self) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": self.name,
            "client_secret": self.secret,
        }


class Holders:
    """Makes what a test needs as the administrator; clients are closed with the stack."""

    def __init__(self, server: str, admin: httpx.Client, stack: ExitStack) -> None:
        self._server = server
        self._admin = admin
        self._stack = stack

    def role(self, held: str, home: Place | None = None) -> int:
        """A custom role, at home in the tenant if not elsewhere."""
        body = {"name": fresh("role"), "description": held, "permissions": letters(held)}
        answer = self._admin.post(ROLES, json=body | (at(home) if home else {}))
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def account(
        self, home: Place | None = None, rules: Sequence[RuleWish] = (), name: str | None = None
    ) -> Account:
        body = {"name": name or fresh("account")} | (at(home) if home else {})
        answer = self._admin.post(ACCOUNTS, json=body)
        assert answer.status_code == 201, answer.text
        account = Account(answer.json()["id"], answer.json()["name"], answer.json()["clientSecret"])
        for rule in rules:
            give(self._admin, account.name, *rule)
        return account

    def caller(self, held: str, *places: Place) -> httpx.Client:
        """Signed in as an account of the tenant that holds this in these places and nothing else anywhere."""
        role = self.role(held)
        return self.as_account(self.account(rules=[(role, *place) for place in places]))

    def as_account(self, account: Account) -> httpx.Client:
        token = token_for(self._server, account.name, account.secret)
        return self._stack.enter_context(bearing(self._server, token))


def wish(subject: str, role: int, place: Place, kind: str = "service-account") -> dict[str, Any]:
    """A rule's body."""
    return {"subjectId": subject, "subjectType": kind, "roleId": role, **at(place)}


def all_but_the_moment(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Everything of an answer that may tell something: not its date, and not its own number."""
    headers = {name: text for name, text in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status_code, answer.content, headers


def each(items: Sequence[T], ask: Callable[[T], httpx.Response]) -> set[tuple[int, str]]:
    """The different answers to one question about many things."""
    return {(answer.status_code, answer.text) for answer in map(ask, items)}

"""A running Keystead as the browser tests need it: its address, an administrator's client, people and their cookies."""

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple, Self

import httpx

from tests.browsers import OWN_PAGE, SESSION, credentials
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, sign_in, token_for

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
ROLES: Final = "/api/v2/authorization/roles"
USERS: Final = "/api/v1/users"
PASSWORD: Final = "/api/v1/me/password"

SYSTEM_ADMINISTRATOR: Final = 1
DEPARTMENT_ADMINISTRATOR: Final = 1710
L1_RESEARCHER: Final = 5
VIEWER: Final = 7

_numbers: Final = itertools.count(1)


def fresh(what: str) -> str:
    """A name that nothing has yet, and that no other contains."""
    return f"{what}-{next(_numbers):04}"


class Place(NamedTuple):
    """A place of the organisation, as rules name it."""

    id: str
    type: str
    name: str


class Account(NamedTuple):
    id: str
    name: str
    secret: str

    @property
    def path(self) -> str:
        return f"{ACCOUNTS}/{self.id}"


class Person(NamedTuple):
    email: str
    password: str
    id: str = ""


ADMIN: Final = Person(ADMIN_EMAIL, ADMIN_PASSWORD)


class Site:
    """What a test makes here it makes under names of its own: a whole module shares the server. A context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._stack = ExitStack()
        self._cookies: dict[str, str] = {}
        self._places: dict[str, Place] = {}

    def __enter__(self) -> Self:
        self.admin = self._stack.enter_context(sign_in(self.url))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # What there is to see

    @property
    def tenant(self) -> Place:
        return Place("1", "tenant", "keystead")

    def place(self, name: str) -> Place:
        """One of atlas (cluster) > vision, speech (departments) > vision-train, vision-label, speech-asr (projects);
        and borealis (cluster) > ops (department) > ops-ci (project)."""
        if "atlas" not in self._places:
            self._make_places()
        return self._places[name]

    def _make_places(self) -> None:
        tree = {
            "atlas": {"vision": ["vision-train", "vision-label"], "speech": ["speech-asr"]},
            "borealis": {"ops": ["ops-ci"]},
        }
        for cluster, departments in tree.items():
            self.unit(cluster)
            for department, projects in departments.items():
                self.unit(department, cluster)
                for project in projects:
                    self.unit(project, department, cluster)

    def unit(self, name: str, parent: str | None = None, cluster: str | None = None) -> Place:
        """Makes a cluster, a department of a cluster, or a project of a department in a cluster."""
        if parent is None:
            place = Place(self._post("/api/v1/clusters", {"name": name})["uuid"], "cluster", name)
        else:
            body = {"name": name, "clusterId": self._places[cluster or parent].id, "resources": []}
            kind = "department" if cluster is None else "project"
            more = {} if cluster is None else {"parentId": self._places[parent].id}
            place = Place(self._post(f"/api/v1/org-unit/{kind}s", body | more)["id"], kind, name)
        self._places[name] = place
        return place

    def account(
        self,
        name: str | None = None,
        rules: Sequence[tuple[int, Place]] = (),
        home: Place | None = None,
        **more: Any,
    ) -> Account:
        where = {"scopeId": home.id, "scopeType": home.type} if home else {}
        made = self._post(ACCOUNTS, {"name": name or fresh("account"), **where, **more})
        for role, place in rules:
            self.rule(made["name"], role, place)
        return Account(made["id"], made["name"], made["clientSecret"])

    def rule(self, subject: str, role: int, place: Place, kind: str = "service-account") -> int:
        body = {"subjectId": subject, "subjectType": kind, "roleId": role}
        return int(self._post(RULES, body | {"scopeId": place.id, "scopeType": place.type})["id"])

    def person(self, rules: Sequence[tuple[int, Place]] = (), *, settled: bool = True) -> Person:
        """Somebody new; `settled` says that they have chosen a password of their own."""
        made = self._post(USERS, {"email": f"{fresh('person')}@example.org"})
        email, password = made["username"], made["tempPassword"]
        for role, place in rules:
            self.rule(email, role, place, "user")
        if settled:
            chosen = f"{password} and more"
            with httpx.Client(base_url=self.url, headers=OWN_PAGE, timeout=30) as client:
                _done(client.post(SESSION, json=credentials(email, password)))
                _done(client.post(PASSWORD, json={"currentPassword": password, "newPassword": chosen}))
            password = chosen
        return Person(email, password, made["id"])

    def cookie_of(self, person: Person) -> str:
        """Of a session that the person opened once; the tests that end sessions sign in by the form instead."""
        if person.email not in self._cookies:
            with httpx.Client(base_url=self.url, headers=OWN_PAGE, timeout=30) as client:
                _done(client.post(SESSION, json=credentials(person.email, person.password)))
                self._cookies[person.email] = client.cookies["keystead_session"]
        return self._cookies[person.email]

    # What there is to check

    def token(self, client_id: str, secret: str) -> str:
        return token_for(self.url, client_id, secret)

    def is_good(self, client_id: str, secret: str) -> bool:
        """Whether the token endpoint takes this secret."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        status = httpx.post(f"{self.url}/api/v2/token", data=form).status_code
        assert status in (200, 401), status
        return status == 200

    def find(self, name: str) -> dict[str, Any] | None:
        """The account of that name, as the API tells it."""
        answer = _done(self.admin.get(ACCOUNTS, params={"filterBy": f"name=={name}"}))
        found: list[dict[str, Any]] = answer.json()
        return found[0] if found else None

    def read(self, path: str, **query: str) -> Any:
        return _done(self.admin.get(path, params=query)).json()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = _done(self.admin.post(path, json=body)).json()
        return made


def _done(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer

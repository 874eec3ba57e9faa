"""A server to be asked anything, and those who ask: nobody, a program of one department, an administrator.

There is also a program with all that the administrator holds: what ends people, or asks more of them, does not end it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.contract.ground import make_organisation
from tests.serving import Server, sign_in, token_for

DEPARTMENT_ADMINISTRATOR: Final = 1710
SYSTEM_ADMINISTRATOR: Final = 1
PROGRAM: Final = "program"
CALLERS: Final = ("administrator", "scoped", "anonymous")
# No password of an example: whoever asks would change their own.
PASSWORD: Final = "known to nobody but the fuzzer"


class Callers:
    """Headers by the name of whoever asks. A token that died of what was asked is followed by a new one."""

    def __init__(self, server: Server) -> None:
        self._server = server
        with sign_in(server.url, password=PASSWORD) as admin:
            organisation = make_organisation(admin)
            place = (organisation.a_department, "department")
            self._secrets = {
                "scoped": _account(admin, "scoped", DEPARTMENT_ADMINISTRATOR, *place),
                PROGRAM: _account(admin, PROGRAM, SYSTEM_ADMINISTRATOR, "1", "tenant"),
            }

    @property
    def url(self) -> str:
        return self._server.url

    def headers(self, caller: str) -> dict[str, str]:
        if caller == "anonymous":
            return {}
        if caller == "administrator":
            with sign_in(self.url, password=PASSWORD) as client:
                return {"Authorization": client.headers["authorization"]}
        return {"Authorization": f"Bearer {token_for(self.url, caller, self._secrets[caller])}"}

    def is_alive(self, headers: dict[str, str]) -> bool:
        return not headers or httpx.get(f"{self.url}/api/v1/tenants", headers=headers).status_code == 200

    def faults(self) -> list[str]:
        """What the log has of defects."""
        return [line for line in self._server.log().splitlines() if '"level":"error"' in line]


def _account(admin: httpx.Client, name: str, role_id: int, scope_id: str, scope_type: str) -> str:
    """Makes a service account with a role somewhere; returns its secret."""
    made = admin.post("/api/v1/service-accounts", json={"name": name}).json()
    rule = {"subjectId": name, "subjectType": "service-account", "roleId": role_id}
    where = {"scopeId": scope_id, "scopeType": scope_type}
    assert admin.post("/api/v1/authorization/access-rules", json=rule | where).status_code == 201
    return str(made["clientSecret"])


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with _serving(tmp_path_factory.mktemp("fuzzed")) as server:
        yield Callers(server)


@pytest.fixture
def callers_alone(tmp_path: Path) -> Iterator[Callers]:
    """On a server of their own: an administrator who follows links may delete whoever else would ask."""
    with _serving(tmp_path) as server:
        yield Callers(server)


def _serving(directory: Path) -> Server:
    return Server(directory / "var", {"KEYSTEAD_ADMIN_PASSWORD": PASSWORD})

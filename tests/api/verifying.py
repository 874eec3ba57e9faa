"""What the tests of verification share: accounts over HTTP in this process, and an API that may introspect."""

from base64 import b64encode
from typing import Any, Final, NamedTuple

import httpx

from tests.inside import TOKEN, Inside

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
INTROSPECT: Final = "/api/v2/introspect"
TOKEN_VERIFIER: Final = 99_001
TENANT: Final = {"scopeId": "1", "scopeType": "tenant"}


class Account(NamedTuple):
    id: str
    name: str
    secret: str

    @property
    def path(self) -> str:
        return f"{ACCOUNTS}/{self.id}"

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.name, "client_secret": self.secret}

    @property
    def basic(self) -> dict[str, str]:
        return {"Authorization": "Basic " + b64encode(f"{self.name}:{self.secret}".encode()).decode()}


async def account(admin: httpx.AsyncClient, name: str, **more: Any) -> Account:
    answer = await admin.post(ACCOUNTS, json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    return Account(answer.json()["id"], name, answer.json()["clientSecret"])


async def give(
    admin: httpx.AsyncClient, subject: str, role: int, kind: str = "service-account", **place: str
) -> int:
    wish = {"subjectId": subject, "subjectType": kind, "roleId": role, **(place or TENANT)}
    answer = await admin.post(RULES, json=wish)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def verifier(admin: httpx.AsyncClient, name: str = "jobs-api") -> Account:
    """An account of the role that verifiers have, in the tenant."""
    made = await account(admin, name)
    await give(admin, name, TOKEN_VERIFIER)
    return made


async def earn(inside: Inside, one: Account, **more: str) -> str:
    form = {"grant_type": "client_credentials", **one.credentials, **more}
    answer = await inside.anonymous.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def choose_password(inside: Inside, email: str, temporary: str, token: str | None = None) -> str:
    """A password of somebody's own in place of the temporary one; returns it."""
    chosen = f"{temporary} and more"
    token = token or (await inside.sign_in(email, temporary))["access_token"]
    async with inside.bearing(token) as client:
        wish = {"currentPassword": temporary, "newPassword": chosen}
        assert (await client.post("/api/v1/me/password", json=wish)).is_success
    return chosen


async def introspect(inside: Inside, asker: Account, token: str, **more: str) -> dict[str, Any]:
    answer = await inside.anonymous.post(INTROSPECT, data={"token": token, **asker.credentials, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def is_active(inside: Inside, asker: Account, token: str) -> bool:
    found = await introspect(inside, asker, token)
    assert found["active"] or found == {"active": False}
    return bool(found["active"])

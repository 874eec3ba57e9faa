"""`keystead demo` on a running server: through the public API, as anyone could."""

import sys
from typing import Any, Final, NamedTuple

from keystead.authz.tree import Level
from keystead.cli.client import AdminClient, ask_password
from keystead.cli.demo_plan import Account, Plan
from keystead.cli.progress import Progress
from keystead.settings import Settings

STALE_DAYS: Final = 90
_PATHS: Final = {
    Level.CLUSTER: "/api/v1/clusters",
    Level.DEPARTMENT: "/api/v1/org-unit/departments",
    Level.PROJECT: "/api/v1/org-unit/projects",
}


class _Place(NamedTuple):
    id: str
    level: Level
    cluster_id: str


def fill_running_server(settings: Settings, url: str, email: str, number: int) -> None:
    """Raises ClientError with a sentence. What is in use today signs in once; the rest never has."""
    plan = Plan(number)
    with AdminClient(url) as client:
        client.sign_in(email, ask_password(settings, email))
        progress = Progress(len(plan.units) + number, "things")
        places: list[_Place] = []
        for unit in plan.units:
            parent = None if unit.parent is None else places[unit.parent]
            places.append(_make_unit(client, unit.level, unit.name, parent))
            progress.advance()
        used = 0
        for account in plan.each_account():
            used += _make_account(client, account, places)
            progress.advance()
        progress.finish()
    sys.stdout.write(
        f"Made {len(plan.units)} places and {number} service accounts with their access rules; "
        f"{used} have signed in, {number - used} never.\n"
        "Accounts that were used long ago can only be made with a past: see --offline in `keystead demo --help`.\n"
    )


def _make_unit(client: AdminClient, level: Level, name: str, parent: _Place | None) -> _Place:
    body: dict[str, Any] = {"name": name}
    if parent is not None:
        body |= {"clusterId": parent.cluster_id, "resources": []}
    if level is Level.PROJECT and parent is not None:
        body["parentId"] = parent.id
    made = client.call("POST", _PATHS[level], body)
    unit_id = made["uuid"] if level is Level.CLUSTER else made["id"]
    return _Place(unit_id, level, unit_id if parent is None else parent.cluster_id)


def _make_account(client: AdminClient, account: Account, places: list[_Place]) -> bool:
    """Whether it signed in: one that would be stale, or never used, does not."""
    body = {"name": account.name, "description": account.description, "labels": account.labels}
    made = client.call("POST", "/api/v1/service-accounts", body)
    for role_id, place in account.rules:
        client.call(
            "POST",
            "/api/v1/authorization/access-rules",
            {
                "subjectType": "service-account",
                "subjectId": account.name,
                "roleId": role_id,
                "scopeId": places[place].id,
                "scopeType": places[place].level.word,
            },
        )
    if account.used is None or account.used > STALE_DAYS:
        return False
    grant = {
        "grantType": "client_credentials",
        "clientID": account.name,
        "clientSecret": made["clientSecret"],
    }
    client.call("POST", "/api/v1/token", grant)
    return True

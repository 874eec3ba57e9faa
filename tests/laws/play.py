"""Plays an actor's request against the application and holds the answer to the plain model."""

import asyncio
import csv
import io
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx

from tests.inside import Inside
from tests.laws.world import LEVELS, MOST_SECRETS, Node, Permission, Role, Rule, Subject, World

T = TypeVar("T")
ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
ROLES: Final = "/api/v2/authorization/roles"
USERS: Final = "/api/v1/users"
AUDIT: Final = "/api/v1/audit/log"
EXPLAIN: Final = "/api/v1/authorization/explain"
UNITS: Final = {
    "cluster": "/api/v1/clusters",
    "department": "/api/v1/org-unit/departments",
    "project": "/api/v1/org-unit/projects",
}
_addresses = itertools.count(1)


@dataclass(eq=False)
class Actor:
    """Somebody with a token; it is dead once the subject's generation has moved on, or it was of another secret."""

    subject: Subject
    client: httpx.AsyncClient
    generation: int
    secret: str | None = None

    @property
    def is_alive(self) -> bool:
        if self.generation != self.subject.generation or not self.subject.enabled:
            return False
        return self.secret is None or self.secret in self.subject.secrets


class Play:
    """One world and the application that must agree with it."""

    def __init__(self, inside: Inside, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self.inside = inside
        self.world = world
        self._loop = loop
        self._numbers = itertools.count(1)
        self.actors: list[Actor] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def new_name(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """From an address of its own: attempts to sign in are counted by it."""
        number = next(_addresses)
        client = self.inside.coming_from(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        if token:
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    def ask(self, actor: Actor, method: str, path: str, expected: int, **request: Any) -> httpx.Response:
        """The answer, which must have the status that the law gives it: 401 whenever the token is dead."""
        answer = self.run(actor.client.request(method, path, **request))
        wanted = expected if actor.is_alive else 401
        assert answer.status_code == wanted, (
            f"{actor.subject.name} {method} {path} {request}: {answer.status_code}, not {wanted}: {answer.text}"
        )
        return answer

    # Becoming somebody

    def token_of(self, account: Subject, secret: str) -> None:
        """The account's secret earns a token exactly while both live."""
        form = {"grant_type": "client_credentials", "client_id": account.name, "client_secret": secret}
        answer = self.run(self.client().post("/api/v2/token", data=form))
        is_good = account in self.world.subjects and account.enabled and secret in account.secrets
        assert answer.status_code == (200 if is_good else 401), answer.text
        if is_good:
            client = self.client(answer.json()["access_token"])
            self.actors.append(Actor(account, client, account.generation, secret))

    # Accounts

    def create_account(self, actor: Actor, wished: Node | None) -> None:
        name = self.new_name("account")
        home = self.world.home_for(actor.subject, "service-account", wished)
        body = {"name": name} | ({"scopeId": wished.id} if wished else {})
        expected = home if isinstance(home, int) else 201
        answer = self.ask(actor, "POST", ACCOUNTS, expected, json=body)
        if answer.status_code == 201 and isinstance(home, Node):
            found = answer.json()
            account = Subject("service-account", found["id"], name, home, secrets=[found["clientSecret"]])
            self.world.subjects.append(account)
            self.world.note("service-account", account.key, home)
            self.token_of(account, account.secrets[0])

    def make_secret(self, actor: Actor, account: Subject, *, adding: bool) -> None:
        refused = self._change(actor, "update", "service-account", account, self.world.rules_of(account))
        if adding:
            full = 0 if refused else len(account.secrets) >= MOST_SECRETS
            path, expected = f"{ACCOUNTS}/{account.key}/secrets", refused or (409 if full else 201)
            answer = self.ask(actor, "POST", path, expected, json={})
        else:
            answer = self.ask(actor, "POST", f"{ACCOUNTS}/{account.key}/secret", refused or 200)
        if answer.is_success:
            if not adding:
                account.secrets.clear()
            account.secrets.append(answer.json()["clientSecret"])
            self._note(account)

    def enable_account(self, actor: Actor, account: Subject, *, enabled: bool) -> None:
        taken = self.world.rules_of(account) if enabled else None
        refused = self._change(actor, "update", "service-account", account, taken)
        answer = self.ask(
            actor, "PATCH", f"{ACCOUNTS}/{account.key}", refused or 200, json={"enabled": enabled}
        )
        if answer.is_success:
            if not enabled:
                account.generation += 1
            account.enabled = enabled
            self._note(account)

    def delete_account(self, actor: Actor, account: Subject) -> None:
        refused = self._change(actor, "delete", "service-account", account)
        if self.ask(actor, "DELETE", f"{ACCOUNTS}/{account.key}", refused or 204).is_success:
            self._note(account)
            self.world.remove_subject(account)

    def _change(
        self, actor: Actor, action: str, resource: str, subject: Subject, taken: list[Rule] | None = None
    ) -> int:
        if subject not in self.world.subjects:
            return 404
        assert subject.home is not None
        return self.world.change_of(actor.subject, action, resource, subject.home, takes_over=taken)

    def _note(self, subject: Subject) -> None:
        assert subject.home is not None
        self.world.note(subject.kind, subject.key, subject.home)

    # Rules

    def create_rule(self, actor: Actor, target: Subject, role: Role, node: Node) -> None:
        kind = "user" if target.kind == "awaited" else target.kind
        body = {
            "subjectType": kind,
            "subjectId": target.name,
            "roleId": role.id,
            "scopeId": node.id,
            "scopeType": node.kind,
        }
        expected = self.world.creation_of_rule(actor.subject, target, role, node)
        if node not in self.world.nodes and expected == 201:
            expected = 404
        answer = self.ask(actor, "POST", RULES, expected, json=body)
        if answer.status_code == 201:
            rule = Rule(answer.json()["id"], target, role, node)
            self.world.rules.append(rule)
            self.world.note("access-rule", str(rule.id), node)

    def delete_rule(self, actor: Actor, rule: Rule) -> None:
        if rule not in self.world.rules:
            expected = 404
        else:
            expected = self.world.change_of(actor.subject, "delete", "access_rules", rule.node)
            if not expected:
                expected = 409 if self.world.leaves_no_administrator([rule]) else 204
        if self.ask(actor, "DELETE", f"{RULES}/{rule.id}", expected).is_success:
            self.world.rules.remove(rule)
            self.world.note("access-rule", str(rule.id), rule.node)

    # Custom roles

    def create_role(self, actor: Actor, permissions: frozenset[Permission], wished: Node | None) -> None:
        name = self.new_name("role")
        home = self.world.home_for(actor.subject, "roles", wished)
        body = _role_body(name, permissions) | ({"scopeId": wished.id} if wished else {})
        answer = self.ask(actor, "POST", ROLES, home if isinstance(home, int) else 201, json=body)
        if answer.status_code == 201 and isinstance(home, Node):
            role = Role(answer.json()["id"], name, permissions, home)
            self.world.roles.append(role)
            self.world.note("role", str(role.id), home)

    def edit_role(self, actor: Actor, role: Role, permissions: frozenset[Permission]) -> None:
        refused = self._role_change(actor, "update", role, permissions, enabled=True)
        body = _role_body(role.name, permissions)
        if self.ask(actor, "PUT", f"{ROLES}/{role.id}", refused or 200, json=body).is_success:
            role.permissions, role.enabled = permissions, True
            self._note_role(role)

    def enable_role(self, actor: Actor, role: Role, *, enabled: bool) -> None:
        refused = self._role_change(actor, "update", role, role.permissions, enabled=enabled)
        word = "enable" if enabled else "disable"
        if self.ask(actor, "POST", f"{ROLES}/{role.id}/{word}", refused or 204, json={}).is_success:
            role.enabled = enabled
            self._note_role(role)

    def delete_role(self, actor: Actor, role: Role) -> None:
        refused = self._role_change(actor, "delete", role, frozenset(), enabled=False)
        if not refused and any(rule.role is role for rule in self.world.rules):
            refused = 409
        if self.ask(actor, "DELETE", f"{ROLES}/{role.id}", refused or 204).is_success:
            self._note_role(role)
            self.world.roles.remove(role)

    def _role_change(
        self, actor: Actor, action: str, role: Role, permissions: frozenset[Permission], *, enabled: bool
    ) -> int:
        if role not in self.world.roles or not self.world.sees_role(actor.subject, role):
            return 404
        assert role.home is not None
        if not self.world.may(actor.subject, action, "roles", role.home):
            return 403
        given = [rule.node for rule in self.world.rules if rule.role is role] if enabled else []
        wide = any(not permissions <= self.world.held(actor.subject, node) for node in given)
        return 403 if wide else 0

    def _note_role(self, role: Role) -> None:
        assert role.home is not None
        self.world.note("role", str(role.id), role.home)

    # People

    def create_person(self, actor: Actor, email: str, groups: list[str], wished: Node | None) -> None:
        home = self.world.home_for(actor.subject, "users", wished)
        waiting = [rule for rule in self.world.rules if rule.subject.key == f"awaited {email}"]
        by_group = [r for r in self.world.rules if r.subject.key in {f"group {name}" for name in groups}]
        if isinstance(home, int):
            expected = home
        elif any(one.kind == "user" and one.name == email for one in self.world.subjects):
            expected = 409
        else:
            expected = 201 if self.world.covers(actor.subject, [*waiting, *by_group]) else 403
        body = {"email": email, "groups": groups} | ({"scopeId": wished.id} if wished else {})
        answer = self.ask(actor, "POST", USERS, expected, json=body)
        if answer.status_code == 201 and isinstance(home, Node):
            person = Subject("user", answer.json()["id"], email, home, groups=groups)
            self.world.subjects.append(person)
            for rule in waiting:
                rule.subject = person
            self._note(person)

    def set_groups(self, actor: Actor, person: Subject, groups: list[str]) -> None:
        refused = self._change(actor, "update", "users", person)
        joined = {f"group {name}" for name in groups if name not in person.groups}
        by_group = [rule for rule in self.world.rules if rule.subject.key in joined]
        if not refused and not self.world.covers(actor.subject, by_group):
            refused = 403
        if self.ask(
            actor, "PATCH", f"{USERS}/{person.key}", refused or 200, json={"groups": groups}
        ).is_success:
            person.groups = groups
            self._note(person)

    def enable_person(self, actor: Actor, person: Subject, *, enabled: bool) -> None:
        taken = self.world.rules_of(person) if enabled and not person.enabled else None
        refused = self._change(actor, "update", "users", person, taken)
        if not refused and not enabled and self.world.leaves_no_administrator(disabled=person):
            refused = 409
        body = {"enabled": enabled}
        if self.ask(actor, "PATCH", f"{USERS}/{person.key}", refused or 200, json=body).is_success:
            person.generation += not enabled
            person.enabled = enabled
            self._note(person)

    def reset_password(self, actor: Actor, person: Subject) -> None:
        refused = self._change(actor, "update", "users", person, self.world.rules_of(person))
        if self.ask(actor, "POST", f"{USERS}/{person.key}/password", refused or 200).is_success:
            person.generation += 1
            self._note(person)

    def delete_person(self, actor: Actor, person: Subject) -> None:
        refused = self._change(actor, "delete", "users", person)
        if not refused and self.world.leaves_no_administrator(disabled=person):
            refused = 409
        if self.ask(actor, "DELETE", f"{USERS}/{person.key}", refused or 204).is_success:
            self._note(person)
            self.world.remove_subject(person)

    # The tree

    def create_node(self, actor: Actor, parent: Node) -> None:
        kind = LEVELS[parent.level + 1]
        name = self.new_name(kind)
        body: dict[str, Any] = {"name": name}
        if kind != "cluster":
            body |= {"clusterId": parent.line()[-2].id, "resources": []}
        if kind == "project":
            body |= {"parentId": parent.id}
        if not self.world.may_anywhere(actor.subject, "create", kind):
            expected = 403
        elif parent.level and (
            parent not in self.world.nodes or not self.world.sees_node(actor.subject, parent)
        ):
            expected = 404
        else:
            expected = 201 if self.world.may(actor.subject, "create", kind, parent) else 403
        answer = self.ask(actor, "POST", UNITS[kind], expected, json=body)
        if answer.status_code == 201:
            found = answer.json()
            node = Node(found.get("id") or found["uuid"], parent.level + 1, name, parent)
            self.world.nodes.append(node)
            self.world.note(kind, node.id, node)

    def delete_node(self, actor: Actor, node: Node) -> None:
        if node not in self.world.nodes:
            expected = 404
        else:
            expected = self.world.change_of(actor.subject, "delete", node.kind, node)
        if not expected:
            done = 202 if node.kind == "cluster" else 204
            expected = done if self.world.is_empty(node) else 409
        if self.ask(actor, "DELETE", f"{UNITS[node.kind]}/{node.id}", expected).is_success:
            self.world.nodes.remove(node)
            self.world.note(node.kind, node.id, node)

    # What may be known

    def look_at_account(self, actor: Actor, account: Subject) -> None:
        seen = account in self.world.subjects and account.name in self.world.accounts_seen_by(actor.subject)
        answer = self.ask(actor, "GET", f"{ACCOUNTS}/{account.key}", 200 if seen else 404)
        if answer.status_code == 200:
            visible = self.world.rules_seen_by(actor.subject) & {r.id for r in self.world.rules_of(account)}
            assert answer.json()["accessRuleCount"] == len(visible)
            assert {rule["id"] for rule in answer.json()["accessRules"]} <= visible
        elif answer.status_code == 404:
            unknown = self.run(actor.client.get(f"{ACCOUNTS}/00000000-0000-4000-8000-000000000000"))
            assert answer.content == unknown.content

    def list_accounts(self, actor: Actor) -> None:
        if not self._may_list(actor, "service-account", ACCOUNTS):
            return
        expected = self.world.accounts_seen_by(actor.subject)
        answer = self.ask(actor, "GET", ACCOUNTS, 200)
        if answer.status_code != 200:
            return
        assert {one["name"] for one in answer.json()} == expected
        assert int(answer.headers["x-total-count"]) == len(expected)
        page = self.ask(actor, "GET", ACCOUNTS, 200, params={"limit": 3, "sortBy": "name"})
        assert [one["name"] for one in page.json()] == sorted(expected)[:3]
        assert int(page.headers["x-total-count"]) == len(expected)
        table = self.ask(actor, "GET", ACCOUNTS, 200, headers={"Accept": "text/csv"})
        rows = list(csv.reader(io.StringIO(table.text)))[1:]
        assert {row[0] for row in rows} == expected

    def search_accounts(self, actor: Actor, node: Node) -> None:
        """By the name of a scope: what the asker may not see of an account's rules must not find it."""
        if not self._may_list(actor, "service-account", ACCOUNTS):
            return
        seen = self.world.accounts_seen_by(actor.subject)
        rules = self.world.rules_seen_by(actor.subject)
        by_rule = {r.subject.name for r in self.world.rules if r.id in rules and r.node.name == node.name}
        params = {"filterBy": f"accessRules=={node.name}"}
        answer = self.ask(actor, "GET", ACCOUNTS, 200, params=params)
        if answer.status_code == 200:
            assert {one["name"] for one in answer.json()} == seen & by_rule

    def list_rules(self, actor: Actor) -> None:
        if not self._may_list(actor, "access_rules", RULES):
            return
        expected = self.world.rules_seen_by(actor.subject)
        answer = self.ask(actor, "GET", RULES, 200, params={"limit": 500})
        if answer.status_code == 200:
            found = answer.json()
            assert {rule["id"] for rule in found["accessRules"]} == expected
            assert found["totalRecords"] == len(expected)
            count = self.ask(actor, "GET", f"{RULES}/count", 200)
            assert count.json() == {"count": len(expected)}

    def list_people(self, actor: Actor) -> None:
        if not self._may_list(actor, "users", USERS):
            return
        expected = self.world.people_seen_by(actor.subject)
        answer = self.ask(actor, "GET", USERS, 200)
        if answer.status_code == 200:
            assert {one["username"] for one in answer.json()} == expected
            assert self.ask(actor, "GET", f"{USERS}/count", 200).json() == {"count": len(expected)}

    def list_nodes(self, actor: Actor, level: int) -> None:
        kind = LEVELS[level]
        if not self._may_list(actor, kind, UNITS[kind]):
            return
        answer = self.ask(actor, "GET", UNITS[kind], 200, params={"limit": 500})
        if answer.status_code == 200:
            found = answer.json() if kind == "cluster" else answer.json()[f"{kind}s"]
            ids = {one.get("id") or one["uuid"] for one in found}
            assert ids == self.world.nodes_seen_by(actor.subject, level)

    def read_audit_log(self, actor: Actor) -> None:
        if not self._may_list(actor, "events-history", AUDIT, params=_ALWAYS):
            return
        answer = self.ask(
            actor, "GET", AUDIT, 200, params=_ALWAYS | {"sortOrder": "desc", "numberOfSamples": 1000}
        )
        if answer.status_code != 200:
            return
        told = [(entry["entity_type"], entry["entity_id"]) for entry in answer.json()["logs"]]
        known = [
            (one.entity_type, one.entity_id)
            for one in self.world.history
            if self.world.may(actor.subject, "read", "events-history", one.node)
        ]
        ours = {(one.entity_type, one.entity_id) for one in self.world.history}
        assert sorted(pair for pair in told if pair in ours and pair[0] != "service-account") == sorted(
            pair for pair in known if pair[0] != "service-account"
        )
        assert {pair for pair in told if pair in ours} == set(known)

    def explain(self, actor: Actor, target: Subject, permission: Permission, node: Node) -> None:
        resource, action = permission
        itself = target is actor.subject
        kind = {"service-account": "service-account", "user": "users"}[target.kind]
        if (
            target not in self.world.subjects
            or not (itself or self.world.may(actor.subject, "read", kind, _home(target)))
            or node not in self.world.nodes
            or not self.world.sees_node(actor.subject, node)
        ):
            expected = 404
        else:
            permitted = itself or self.world.may(actor.subject, "read", "access_rules", node)
            expected = 200 if permitted else 403
        body = {
            "subjectType": target.kind,
            "subjectId": target.name,
            "action": action,
            "resourceType": resource,
            "scopeId": node.id,
        }
        answer = self.ask(actor, "POST", EXPLAIN, expected, json=body)
        if answer.status_code == 200:
            deciding = {
                rule.id
                for rule in self.world.rules_of(target)
                if rule.node in node.line()
                and rule.role.enabled
                and permission in rule.role.permissions
                and (itself or self.world.may(actor.subject, "read", "access_rules", rule.node))
            }
            found = answer.json()
            assert {rule["id"] for rule in found["rules"]} == deciding
            assert found["allowed"] == (bool(deciding) and target.enabled)

    def _may_list(self, actor: Actor, resource: str, path: str, **request: Any) -> bool:
        """Whether the actor may read such things anywhere; the refusal is checked here."""
        if self.world.may_anywhere(actor.subject, "read", resource):
            return True
        self.ask(actor, "GET", path, 403, **request)
        return False


_ALWAYS: Final = {"start": "2000-01-01", "end": "2100-01-01"}


def _role_body(name: str, permissions: frozenset[Permission]) -> dict[str, Any]:
    by_type: dict[str, list[str]] = {}
    for resource, action in sorted(permissions):
        by_type.setdefault(resource, []).append(action)
    return {
        "name": name,
        "description": "made in a play",
        "permissions": [
            {"resourceType": resource, "actions": actions} for resource, actions in by_type.items()
        ],
    }


def _home(subject: Subject) -> Node:
    assert subject.home is not None
    return subject.home

"""The law as a plain model: what each actor holds, and what an answer must therefore be. Imports nothing of Keystead.

Permissions are pairs of a resource type and an action. Everything is kept in lists and looked up by walking: slow and
short, and easy to check against the law.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

Permission = tuple[str, str]
LEVELS: Final = ("tenant", "cluster", "department", "project")
SYSTEM_ADMINISTRATOR: Final = 1
MOST_SECRETS: Final = 5


@dataclass(eq=False)
class Node:
    id: str
    level: int
    name: str
    parent: "Node | None"

    @property
    def kind(self) -> str:
        return LEVELS[self.level]

    def line(self) -> "list[Node]":
        """The node and all above it."""
        return [self, *(self.parent.line() if self.parent else [])]


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: frozenset[Permission]
    home: Node | None = None  # of a custom role
    enabled: bool = True


@dataclass(eq=False)
class Subject:
    """`key` is what rules bind to."""

    kind: str  # "service-account", "user", "group", "awaited"
    key: str
    name: str
    home: Node | None = None
    enabled: bool = True
    groups: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)  # live ones, newest last
    generation: int = 0  # of tokens: raised by whatever kills them


@dataclass(eq=False)
class Rule:
    id: int
    subject: Subject
    role: Role
    node: Node


@dataclass(eq=False)
class Happened:
    """A change, for the audit log: what it was about and where that lay."""

    entity_type: str
    entity_id: str
    node: Node


class World:
    def __init__(self, tenant: Node, roles: Iterable[Role], administrator: Subject) -> None:
        self.tenant = tenant
        self.nodes = [tenant]
        self.roles = list(roles)
        self.subjects = [administrator]
        self.rules: list[Rule] = []
        self.history: list[Happened] = []

    # What somebody holds

    def keys(self, subject: Subject) -> set[str]:
        return {subject.key, *(f"group {name}" for name in subject.groups)}

    def rules_of(self, subject: Subject) -> list[Rule]:
        keys = self.keys(subject)
        return [rule for rule in self.rules if rule.subject.key in keys]

    def held(self, subject: Subject, node: Node) -> set[Permission]:
        line = node.line()
        found: set[Permission] = set()
        for rule in self.rules_of(subject):
            if rule.node in line and rule.role.enabled:
                found |= rule.role.permissions
        return found

    def may(self, subject: Subject, action: str, resource: str, node: Node) -> bool:
        return (resource, action) in self.held(subject, node)

    def may_anywhere(self, subject: Subject, action: str, resource: str) -> bool:
        return any(
            (resource, action) in rule.role.permissions and rule.role.enabled
            for rule in self.rules_of(subject)
        )

    def covers(self, subject: Subject, rules: Iterable[Rule]) -> bool:
        """Whether the subject holds all that these rules give, where they give it."""
        return all(
            rule.role.permissions <= self.held(subject, rule.node) for rule in rules if rule.role.enabled
        )

    def sees_node(self, subject: Subject, node: Node) -> bool:
        return self.may(subject, "read", node.kind, node)

    def sees_role(self, subject: Subject, role: Role) -> bool:
        if role.home is None:
            return True
        return any(
            node in role.home.line() or role.home in node.line()
            for node in self.nodes
            if self.may(subject, "read", "roles", node)
        )

    # Where new things go

    def home_for(self, subject: Subject, resource: str, wished: Node | None) -> "int | Node":
        """The home of a new thing, or the status of the refusal."""
        if not self.may_anywhere(subject, "create", resource):
            return 403
        if wished is not None:
            if not self.sees_node(subject, wished):
                return 404
            return wished if self.may(subject, "create", resource, wished) else 403
        possible = [node for node in self.nodes if self.may(subject, "create", resource, node)]
        top = [node for node in possible if not any(above in possible for above in node.line()[1:])]
        highest = [node for node in top if node.level == min(one.level for one in top)]
        return highest[0] if len(highest) == 1 else 400

    # What an action's answer must be

    def change_of(
        self,
        subject: Subject,
        action: str,
        resource: str,
        home: Node,
        *,
        takes_over: Iterable[Rule] | None = None,
    ) -> int:
        """0 when it is permitted; else 404 or 403. `takes_over`: rules of whomever this could become or widen."""
        if not self.may(subject, "read", resource, home):
            return 404
        if not self.may(subject, action, resource, home):
            return 403
        if takes_over is not None and not self.covers(subject, takes_over):
            return 403
        return 0

    def creation_of_rule(self, actor: Subject, target: Subject, role: Role, node: Node) -> int:
        if not self.may_anywhere(actor, "create", "access_rules"):
            return 403
        if not self.sees_node(actor, node):
            return 404
        if not self.may(actor, "create", "access_rules", node):
            return 403
        if role not in self.roles or not self.sees_role(actor, role):
            return 404
        if role.home is not None and role.home not in node.line():
            return 400
        if not role.permissions <= self.held(actor, node):
            return 403
        if target.kind == "service-account" and (
            target not in self.subjects or not self.may(actor, "read", "service-account", _home(target))
        ):
            return 404
        same = [r for r in self.rules if r.subject.key == target.key and r.role is role and r.node is node]
        return 409 if same else 201

    def leaves_no_administrator(self, without: Iterable[Rule] = (), disabled: Subject | None = None) -> bool:
        """Whether the tenant would lose its last enabled person who is system administrator."""

        def administrators(gone: set[int]) -> bool:
            return any(
                rule.id not in gone
                and rule.role.id == SYSTEM_ADMINISTRATOR
                and rule.node is self.tenant
                and person.enabled
                and person is not disabled
                for person in self.subjects
                if person.kind == "user"
                for rule in self.rules_of(person)
            )

        return not administrators({rule.id for rule in without})

    # What lists must show

    def accounts_seen_by(self, subject: Subject) -> set[str]:
        return {
            one.name
            for one in self.subjects
            if one.kind == "service-account" and self.may(subject, "read", "service-account", _home(one))
        }

    def people_seen_by(self, subject: Subject) -> set[str]:
        return {
            one.name
            for one in self.subjects
            if one.kind == "user" and self.may(subject, "read", "users", _home(one))
        }

    def rules_seen_by(self, subject: Subject) -> set[int]:
        return {rule.id for rule in self.rules if self.may(subject, "read", "access_rules", rule.node)}

    def nodes_seen_by(self, subject: Subject, level: int) -> set[str]:
        return {node.id for node in self.nodes if node.level == level and self.sees_node(subject, node)}

    def is_empty(self, node: Node) -> bool:
        return not (
            any(other.parent is node for other in self.nodes)
            or any(rule.node is node for rule in self.rules)
            or any(one.home is node for one in self.subjects)
            or any(role.home is node for role in self.roles)
        )

    # What changes leave behind

    def note(self, entity_type: str, entity_id: str, node: Node) -> None:
        self.history.append(Happened(entity_type, entity_id, node))

    def remove_subject(self, subject: Subject) -> None:
        self.subjects.remove(subject)
        self.rules = [rule for rule in self.rules if rule.subject is not subject]
        subject.generation += 1


def _home(subject: Subject) -> Node:
    assert subject.home is not None
    return subject.home

"""Why: which rules allow a subject something, or what is missing and which roles would give it.

Whoever reads access rules learns it from those that they may read, and whether these are all that could matter. Whoever
may ask for decisions in a place learns what is true there, and of the rules just as much as they may read.
"""

from typing import NamedTuple

from keystead.access_rules import model, store
from keystead.access_rules.index import group_key, load_grants, load_subject
from keystead.access_rules.listing import RuleListing
from keystead.authz.policy import Grants, decide
from keystead.authz.tree import LEVEL_BY_WORD, Scope
from keystead.authz.vocabulary import (
    ACCESS_DECISIONS,
    ACCESS_RULES,
    ROLES,
    SERVICE_ACCOUNT,
    USERS,
    Action,
    Permission,
    ResourceType,
)
from keystead.changes.model import Subject
from keystead.db.connection import Reader, Row
from keystead.kit.errors import KeysteadError, bad_input, forbidden, not_found
from keystead.org_units.scopes import can_read_scope, find_scope, scope_path, unseen_scope
from keystead.roles.model import Role, RoleTable
from keystead.users.store import find_person_by_email

READ = Permission(Action.READ, ACCESS_RULES)
DECIDE = Permission(Action.READ, ACCESS_DECISIONS)
_READ_SUBJECTS = {
    model.SERVICE_ACCOUNT: Permission(Action.READ, SERVICE_ACCOUNT),
    model.USER: Permission(Action.READ, USERS),
}


class Question(NamedTuple):
    action: Action
    resource: ResourceType
    scope_id: str
    scope_type: str | None = None


class Explanation(NamedTuple):
    """`complete`: every rule that could matter counted. `rules` are rows of `RuleListing` that the asker may read.

    `missing`: no rule that counted allows it. `path` is empty where the asker may not read the scope.
    """

    allowed: bool
    enabled: bool
    complete: bool
    path: str
    rules: list[Row]
    missing: bool
    roles_that_would: list[Role]


class Asked(NamedTuple):
    """The subject of a question: what it holds, and whether it may sign in."""

    held: Grants
    enabled: bool
    is_asker: bool


class Explainer:
    def __init__(self, reader: Reader, roles: RoleTable, listing: RuleListing) -> None:
        self._reader = reader
        self._roles = roles
        self._listing = listing

    async def explain(self, grants: Grants, asked: Asked, question: Question) -> Explanation:
        """`grants` are the asker's.

        Raises a not-found error for a scope out of sight, a forbidden one without the right.
        """
        scope = await self._scope(grants, question)
        decides = asked.is_asker or grants.allows(DECIDE, scope.code)
        if not decides and not grants.allows(READ, scope.code):
            raise forbidden(f"You may not {READ} in this scope.")
        readable = Grants(
            tuple(one for one in asked.held.held if asked.is_asker or grants.allows(READ, one.code))
        )
        counted = asked.held if decides else readable
        decision = decide(counted, question.action, question.resource, scope.code)
        shown = decide(readable, question.action, question.resource, scope.code)
        return Explanation(
            decision.allowed and asked.enabled,
            asked.enabled,
            decides or grants.allows(READ, 0),
            await scope_path(self._reader, scope.code) if can_read_scope(grants, scope) else "",
            await self._listing.rows_of(shown.rule_ids),
            not decision.allowed,
            [] if decision.allowed else self._roles_that_would(grants, question, scope),
        )

    async def _scope(self, grants: Grants, question: Question) -> Scope:
        scope = await find_scope(self._reader, question.scope_id)
        if scope is None or not (can_read_scope(grants, scope) or grants.allows(DECIDE, scope.code)):
            raise unseen_scope("scopeId")
        level = None if question.scope_type is None else LEVEL_BY_WORD.get(question.scope_type.lower())
        if question.scope_type is not None and level is not scope.level:
            raise bad_input("scopeType", f"is {scope.level.word} for this scopeId.")
        return scope

    async def named(self, asker: Subject, grants: Grants, subject_type: str, subject_id: str) -> Asked:
        """A subject by its name. Raises a not-found error for one out of sight."""
        kind = model.require_subject_type(subject_type)
        name = model.require_subject_name(kind, subject_id)
        if kind == model.GROUP:
            held = await load_grants(self._reader, self._roles, [group_key(name)])
            return Asked(held, enabled=True, is_asker=False)
        find = store.find_account_by_name if kind == model.SERVICE_ACCOUNT else find_person_by_email
        row = await find(self._reader, name)
        is_asker = row is not None and row["id"] == asker.id
        if row is None or not (is_asker or _may_ask_of(grants, kind, row["home_code"])):
            raise _unknown_subject()
        state = await load_subject(self._reader, self._roles, kind, row["id"])
        if state is None:
            raise _unknown_subject()
        return Asked(state.grants, state.enabled, is_asker)

    def _roles_that_would(self, grants: Grants, question: Question, scope: Scope) -> list[Role]:
        wanted = question.resource.mask(question.action)
        seen = grants.visibility(Permission(Action.READ, ROLES))
        return [
            role
            for role in self._roles.all()
            if role.effective_mask & wanted and role.is_seen_by(seen) and role.may_be_given_in(scope)
        ]


def may_decide_of(grants: Grants, home_code: int) -> bool:
    """Whether decisions about subjects that live in a place are the asker's to ask for."""
    return grants.allows(DECIDE, home_code)


def _may_ask_of(grants: Grants, kind: str, home_code: int) -> bool:
    return grants.allows(_READ_SUBJECTS[kind], home_code) or may_decide_of(grants, home_code)


def _unknown_subject() -> KeysteadError:
    return not_found("Subject")

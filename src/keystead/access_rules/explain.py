"""Why: which rules allow a subject something, or what is missing and which roles would give it.

An answer rests on the rules that the asker may read, and says whether those are all that could matter.
"""

from typing import NamedTuple

from keystead.access_rules import model, store
from keystead.access_rules.index import group_key, load_grants, load_subject
from keystead.access_rules.listing import RuleListing
from keystead.authz.policy import Grants, decide
from keystead.authz.tree import LEVEL_BY_WORD, Scope
from keystead.authz.vocabulary import (
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
from keystead.org_units.scopes import require_readable_scope
from keystead.roles.model import Role, RoleTable
from keystead.users.store import find_person_by_email

READ = Permission(Action.READ, ACCESS_RULES)
_READ_SUBJECTS = {
    model.SERVICE_ACCOUNT: Permission(Action.READ, SERVICE_ACCOUNT),
    model.USER: Permission(Action.READ, USERS),
}


class Question(NamedTuple):
    subject_type: str
    subject_id: str
    action: Action
    resource: ResourceType
    scope_id: str
    scope_type: str | None = None


class Explanation(NamedTuple):
    """`complete`: every rule that could matter was in the asker's sight. `rules` are rows of `RuleListing`."""

    allowed: bool
    enabled: bool
    complete: bool
    scope: Scope
    rules: list[Row]
    roles_that_would: list[Role]


class _Asked(NamedTuple):
    """The subject of a question: the keys under which its rules stand, and whether it may sign in."""

    keys: list[str]
    enabled: bool
    is_asker: bool


class Explainer:
    def __init__(self, reader: Reader, roles: RoleTable, listing: RuleListing) -> None:
        self._reader = reader
        self._roles = roles
        self._listing = listing

    async def explain(self, asker: Subject, grants: Grants, question: Question) -> Explanation:
        """Raises a not-found error for a subject or scope out of sight, a forbidden one without the right to rules."""
        asked = await self._subject(asker, grants, question)
        scope = await require_readable_scope(self._reader, grants, "scopeId", question.scope_id)
        if (
            question.scope_type is not None
            and LEVEL_BY_WORD.get(question.scope_type.lower()) is not scope.level
        ):
            raise bad_input("scopeType", f"is {scope.level.word} for this scopeId.")
        if not asked.is_asker and not grants.allows(READ, scope.code):
            raise forbidden(f"You may not {READ} in this scope.")
        held = await load_grants(self._reader, self._roles, asked.keys)
        known = Grants(
            tuple(one for one in held.held if asked.is_asker or grants.allows(READ, one.code)),
        )
        decision = decide(known, question.action, question.resource, scope.code)
        return Explanation(
            decision.allowed and asked.enabled,
            asked.enabled,
            asked.is_asker or grants.allows(READ, 0),
            scope,
            await self._listing.rows_of(decision.rule_ids),
            [] if decision.allowed else self._roles_that_would(grants, question, scope),
        )

    async def _subject(self, asker: Subject, grants: Grants, question: Question) -> _Asked:
        kind = model.require_subject_type(question.subject_type)
        name = model.require_subject_name(kind, question.subject_id)
        if kind == model.GROUP:
            return _Asked([group_key(name)], enabled=True, is_asker=False)
        find = store.find_account_by_name if kind == model.SERVICE_ACCOUNT else find_person_by_email
        row = await find(self._reader, name)
        is_asker = row is not None and row["id"] == asker.id
        if row is None or not (is_asker or grants.allows(_READ_SUBJECTS[kind], row["home_code"])):
            raise _unknown_subject()
        state = await load_subject(self._reader, self._roles, kind, row["id"])
        if state is None:
            raise _unknown_subject()
        return _Asked([row["id"], *map(group_key, state.groups)], state.enabled, is_asker)

    def _roles_that_would(self, grants: Grants, question: Question, scope: Scope) -> list[Role]:
        wanted = question.resource.mask(question.action)
        seen = grants.visibility(Permission(Action.READ, ROLES))
        return [
            role
            for role in self._roles.all()
            if role.effective_mask & wanted and role.is_seen_by(seen) and role.may_be_given_in(scope)
        ]


def _unknown_subject() -> KeysteadError:
    return not_found("Subject")

"""What can be done with access rules. They are never edited: deleted, and created anew."""

import contextlib
from typing import NamedTuple

from keystead.access_rules import model, store
from keystead.access_rules.administrators import keeping_an_administrator
from keystead.access_rules.index import awaited_key, group_key
from keystead.access_rules.store import RuleSubject
from keystead.authz.policy import Grants
from keystead.authz.tree import LEVEL_BY_WORD, Level, Scope, ancestors
from keystead.authz.vocabulary import ACCESS_RULES, ROLES, SERVICE_ACCOUNT, Action, Permission, permissions_of
from keystead.changes.actors import actor_pk
from keystead.changes.engine import Change, ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.db.connection import Reader
from keystead.kit.errors import KeysteadError, Kind, bad_input, conflict, forbidden, not_found
from keystead.kit.text import fold
from keystead.org_units.scopes import require_readable_scope, scope_at, scope_path
from keystead.roles.model import Role, RoleTable
from keystead.roles.store import find_role
from keystead.service_accounts.store import summarize_rules
from keystead.users.store import find_person_by_email

CREATE = Permission(Action.CREATE, ACCESS_RULES)
READ = Permission(Action.READ, ACCESS_RULES)
DELETE = Permission(Action.DELETE, ACCESS_RULES)
_READ_ROLES = Permission(Action.READ, ROLES)
_READ_ACCOUNTS = Permission(Action.READ, SERVICE_ACCOUNT)
_PERMISSIONS_NAMED = 5


class NewRule(NamedTuple):
    subject_id: str
    subject_type: str
    role_id: int
    scope_id: str
    scope_type: str
    cluster_id: str | None = None


class _WouldSucceedError(Exception):
    """Undoes a change that was only tried."""


class AccessRules:
    def __init__(self, reader: Reader, changes: ChangeEngine, roles: RoleTable) -> None:
        self._reader = reader
        self._changes = changes
        self._roles = roles

    async def create(self, actor: Actor, wish: NewRule) -> int:
        """Gives a subject a role in a scope; returns the rule's id.

        Raises a conflict when the rule exists, a not-found error for names that are unknown or out of sight, and a
        forbidden error when the role holds what the actor does not (access law 8).
        """
        kind = model.require_subject_type(wish.subject_type)
        name = model.require_subject_name(kind, wish.subject_id)

        async def change(tx: Transaction) -> Outcome[int]:
            grants = await tx.grants()
            scope = await _scope(tx, grants, wish)
            role = await self._grantable_role(tx, grants, wish.role_id, scope)
            subject = await _subject(tx, grants, kind, name)
            if await store.exists(tx, subject.key, role.id, scope.id):
                raise conflict("An access rule for this subject, role and scope already exists.")
            pk = await store.add_rule(tx, subject, role.id, scope, await actor_pk(tx, actor.subject))
            if subject.account_pk is not None:
                await summarize_rules(tx, subject.account_pk)
            return Outcome(await _entry(tx, "create", pk, subject, role.name, scope, 201), pk)

        return await self._changes.apply(actor, change)

    async def delete(self, actor: Actor, pk: int) -> None:
        """Ends a rule; decisions forget it at once. Raises a conflict for the last administrator's (access law 11)."""
        await self._changes.apply(actor, self._deletion(pk))

    async def validate_delete(self, actor: Actor, pk: int) -> None:
        """Raises what `delete` would raise, and deletes nothing."""
        deletion = self._deletion(pk)

        async def undone(tx: Transaction) -> Outcome[None]:
            await deletion(tx)
            raise _WouldSucceedError

        with contextlib.suppress(_WouldSucceedError):
            await self._changes.apply(actor, undone)

    def _deletion(self, pk: int) -> Change[None]:
        async def change(tx: Transaction) -> Outcome[None]:
            grants = await tx.grants()
            row = await store.find_rule(tx, pk)
            if row is None or not grants.allows(READ, row["scope_code"]):
                raise not_found("Access rule")
            if not grants.allows(DELETE, row["scope_code"]):
                raise forbidden(f"You may not {DELETE} in this scope.")
            async with keeping_an_administrator(tx):
                await store.end_rule(tx, pk)
            if row["account_pk"] is not None:
                await summarize_rules(tx, row["account_pk"])
            subject = RuleSubject(row["subject_type"], row["subject_id"], row["subject_name"])
            scope = await scope_at(tx, row["scope_code"])
            role_name = self._roles.name(row["role_id"])
            return Outcome(await _entry(tx, "delete", pk, subject, role_name, scope, 204), None)

        return change

    async def _grantable_role(self, tx: Transaction, grants: Grants, role_id: int, scope: Scope) -> Role:
        """Nobody grants what they do not hold (access law 8)."""
        if not grants.allows(CREATE, scope.code):
            raise forbidden(f"You may not {CREATE} in this scope.")
        role = await find_role(tx, self._roles, role_id)
        if role is None or not role.is_seen_by(grants.visibility(_READ_ROLES)):
            raise KeysteadError(Kind.NOT_FOUND, "roleId: no role has this id.", field="roleId")
        if not role.may_be_given_in(scope):
            raise bad_input("roleId", "is a role that can only be given below its own scope.")
        missing = grants.missing_for(role.mask, scope.code)
        if missing:
            raise forbidden(f"You may not give the role {role.name} here: you do not hold {_named(missing)}.")
        return role


def _named(mask: int) -> str:
    """The first few permissions of a mask, in words."""
    missing = permissions_of(mask)
    more = len(missing) - _PERMISSIONS_NAMED
    return ", ".join(map(str, missing[:_PERMISSIONS_NAMED])) + (f" and {more} more" if more > 0 else "")


async def _scope(tx: Transaction, grants: Grants, wish: NewRule) -> Scope:
    level = LEVEL_BY_WORD.get(wish.scope_type.lower())
    if level is None:
        raise bad_input("scopeType", f"must be one of {', '.join(LEVEL_BY_WORD)}.")
    scope = await require_readable_scope(tx, grants, "scopeId", wish.scope_id)
    if scope.level is not level:
        raise bad_input("scopeType", f"is {scope.level.word} for this scopeId, not {level.word}.")
    if wish.cluster_id is not None and scope.level > Level.TENANT:
        cluster = await scope_at(tx, ancestors(scope.code)[1])
        if cluster.id != wish.cluster_id.lower():
            raise bad_input("clusterId", "is not the cluster in which the scope lies; it may be left out.")
    return scope


async def _subject(tx: Transaction, grants: Grants, kind: str, name: str) -> RuleSubject:
    """Looks a subject's name up, once: everything behind it speaks of UUIDs (access laws 1 and 3)."""
    if kind == model.SERVICE_ACCOUNT:
        account = await store.find_account_by_name(tx, name)
        if account is None or not grants.allows(_READ_ACCOUNTS, account["home_code"]):
            raise KeysteadError(
                Kind.NOT_FOUND,
                "subjectId: no service account that you can see has this client ID.",
                field="subjectId",
            )
        return RuleSubject(kind, account["id"], account["name"], account["pk"])
    if kind == model.GROUP:
        return RuleSubject(kind, group_key(name), name)
    # A person out of the actor's sight looks like one who has not come yet: the answer is the same for both.
    person = await find_person_by_email(tx, name)
    return RuleSubject(kind, person["id"] if person else awaited_key(fold(name)), name)


async def _entry(
    tx: Transaction, action: str, pk: int, subject: RuleSubject, role_name: str, scope: Scope, status: int
) -> Entry:
    return Entry(
        action,
        "access-rule",
        str(pk),
        f"{subject.name}: {role_name} in {scope.name}",
        scope,
        await scope_path(tx, scope.code),
        status,
        Touches(subjects=(subject.key,)),
        {"subject": subject.name, "subjectType": subject.type, "role": role_name, "scope": scope.name},
    )

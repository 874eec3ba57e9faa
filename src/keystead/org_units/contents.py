"""What lies in a node, and the end of it, by ranges of codes: as many statements for a million things as for one."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, bindparam, delete, exists, not_, or_, select, update

from keystead.authz.tree import Level, Scope
from keystead.changes.engine import Transaction
from keystead.db.connection import Parameters, Prepared, Reader, Row
from keystead.db.schema import (
    account,
    credential,
    credential_use,
    last_login,
    org_unit,
    person,
    role,
    rule,
    usage_day,
)
from keystead.service_accounts.store import summarize_rules_of
from keystead.usage.counters import day_of

_LOW: Final = bindparam("low", type_=BigInteger())
_HIGH: Final = bindparam("high", type_=BigInteger())
_below = (org_unit.c.code > _LOW) & (org_unit.c.code <= _HIGH)
_live_rule = rule.c.deleted_at.is_(None)
_rule_here = rule.c.scope_code.between(_LOW, _HIGH) & _live_rule
_account_here = account.c.home_code.between(_LOW, _HIGH)
_role_here = role.c.home_code.between(_LOW, _HIGH) & role.c.deleted_at.is_(None)
_pks_of_accounts = select(account.c.pk).where(_account_here)
_credential_here = credential.c.subject_id.in_(select(account.c.id).where(_account_here))

_CONTENT = Prepared(
    select(
        exists().where(_below, org_unit.c.level == int(Level.DEPARTMENT)).label("departments"),
        exists().where(_below, org_unit.c.level == int(Level.PROJECT)).label("projects"),
        exists().where(_rule_here).label("rules"),
        exists().where(_role_here).label("roles"),
        exists().where(_account_here).label("accounts"),
        exists().where(person.c.home_code.between(_LOW, _HIGH)).label("people"),
    )
)
_ROLE_GIVEN_ELSEWHERE = Prepared(
    select(rule.c.pk)
    .where(
        _live_rule,
        rule.c.role_id.in_(select(role.c.id).where(_role_here)),
        not_(rule.c.scope_code.between(_LOW, _HIGH)),
        or_(rule.c.account_pk.is_(None), rule.c.account_pk.not_in(_pks_of_accounts)),
    )
    .limit(1)
)
_UNITS = Prepared(select(org_unit.c.id, org_unit.c.level).where(org_unit.c.code.between(_LOW, _HIGH)))
_ACCOUNTS = Prepared(select(account.c.id, account.c.name).where(_account_here).order_by(account.c.name))
_CREDENTIALS = Prepared(select(credential.c.id).where(_credential_here))
_ROLES = Prepared(select(role.c.id, role.c.name).where(_role_here).order_by(role.c.name_folded))
_HOLDERS = Prepared(select(rule.c.subject_id).where(_rule_here).distinct())
_SURVIVORS = Prepared(
    select(rule.c.account_pk)
    .join_from(rule, account, account.c.pk == rule.c.account_pk)
    .where(_rule_here, not_(_account_here))
    .distinct()
)
_NOW: Final = bindparam("now", type_=BigInteger())
_END_RULES = Prepared(update(rule).where(_rule_here).values(deleted_at=_NOW, updated_at=_NOW))
_END_RULES_ELSEWHERE = Prepared(
    update(rule)
    .where(_live_rule, rule.c.account_pk.in_(_pks_of_accounts))
    .values(deleted_at=_NOW, updated_at=_NOW)
)
_END_ROLES = Prepared(update(role).where(_role_here).values(deleted_at=_NOW, updated_at=_NOW))
# Each before what it is found by.
_DELETIONS = (
    Prepared(
        delete(credential_use).where(
            credential_use.c.credential_id.in_(select(credential.c.id).where(_credential_here))
        )
    ),
    Prepared(delete(credential).where(_credential_here)),
    Prepared(delete(last_login).where(last_login.c.account_pk.in_(_pks_of_accounts))),
    # Keys of accounts may be given again: see service_accounts.store.delete_account.
    Prepared(
        delete(usage_day).where(
            usage_day.c.day == bindparam("today"), usage_day.c.account_pk.in_(_pks_of_accounts)
        )
    ),
    Prepared(delete(account).where(_account_here)),
    Prepared(delete(org_unit).where(org_unit.c.code.between(_LOW, _HIGH))),
)


class Content(NamedTuple):
    """Whether there is anything of a sort at a node or below it."""

    departments: bool
    projects: bool
    rules: bool
    roles: bool
    accounts: bool
    people: bool


class Ended(NamedTuple):
    """What went with a node, itself among `units`. `subjects` had rules there, or went themselves."""

    units: Sequence[Row]
    accounts: Sequence[Row]
    roles: Sequence[Row]
    rules: int
    subjects: frozenset[str]
    credentials: Sequence[str]


async def content_of(reader: Reader, unit: Scope) -> Content:
    row = await reader.fetch_one(_CONTENT, _range(unit))
    if row is None:
        raise LookupError("a statement without a table answers with one row")
    return Content(*(bool(row[name]) for name in Content._fields))


async def gives_a_role_elsewhere(reader: Reader, unit: Scope) -> bool:
    """Whether a custom role that is at home there is given by a rule that would outlive it."""
    return await reader.fetch_one(_ROLE_GIVEN_ELSEWHERE, _range(unit)) is not None


async def end_all(tx: Transaction, unit: Scope) -> Ended:
    """Ends a node and all that lies in it but people: nodes, rules, custom roles, accounts with secrets and rules."""
    place = _range(unit)
    when = {**place, "now": tx.now}
    units = await tx.fetch_all(_UNITS, place)
    accounts = await tx.fetch_all(_ACCOUNTS, place)
    roles = await tx.fetch_all(_ROLES, place)
    credentials = await tx.fetch_all(_CREDENTIALS, place)
    holders = await tx.fetch_all(_HOLDERS, place)
    survivors = await tx.fetch_all(_SURVIVORS, place)
    rules = await tx.execute(_END_RULES, when) + await tx.execute(_END_RULES_ELSEWHERE, when)
    await tx.execute(_END_ROLES, when)
    for statement in _DELETIONS:
        await tx.execute(statement, {**place, "today": day_of(tx.now)})
    await summarize_rules_of(tx, [row["account_pk"] for row in survivors])
    subjects = frozenset(row["subject_id"] for row in holders) | {row["id"] for row in accounts}
    return Ended(units, accounts, roles, rules, subjects, [row["id"] for row in credentials])


def _range(unit: Scope) -> Parameters:
    return {"low": unit.range.low, "high": unit.range.high}

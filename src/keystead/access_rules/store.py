"""The rule table: single rules and the writes. Lists are in `listing`."""

import json
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update

from keystead.authz.tree import Scope
from keystead.changes.engine import Transaction
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import account, person, rule
from keystead.kit.text import fold
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID

_BY_PK = Prepared(select(rule).where(rule.c.pk == bindparam("pk"), rule.c.deleted_at.is_(None)))
_SAME = Prepared(
    select(rule.c.pk).where(
        rule.c.subject_id == bindparam("subject_id"),
        rule.c.role_id == bindparam("role_id"),
        rule.c.scope_id == bindparam("scope_id"),
        rule.c.deleted_at.is_(None),
    )
)
_ADD = Prepared(insert(rule).values({c.name: bindparam(c.name) for c in rule.c if c.name != "pk"}))
_END = Prepared(
    update(rule)
    .where(rule.c.pk == bindparam("rule_pk"))
    .values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
)
_END_ALL = Prepared(
    update(rule)
    .where(rule.c.subject_id == bindparam("subject_key"), rule.c.deleted_at.is_(None))
    .values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
)
_BIND = Prepared(
    update(rule)
    .where(rule.c.subject_id == bindparam("awaited"), rule.c.deleted_at.is_(None))
    .values(subject_id=bindparam("person_id"), updated_at=bindparam("now"))
)
_ACCOUNT_BY_NAME = Prepared(
    select(account.c.pk, account.c.id, account.c.name, account.c.home_code).where(
        account.c.name == bindparam("name")
    )
)
_administers = (
    rule.c.role_id == SYSTEM_ADMINISTRATOR_ID,
    rule.c.scope_code == 0,
    rule.c.deleted_at.is_(None),
)
_ADMINISTRATOR = Prepared(
    select(person.c.id)
    .join_from(rule, person, person.c.id == rule.c.subject_id)
    .where(*_administers, person.c.enabled)
    .limit(1)
)
_ADMINISTERING_GROUPS = Prepared(
    select(rule.c.subject_name).where(*_administers, rule.c.subject_type == "group")
)


class RuleSubject(NamedTuple):
    """A subject as a rule keeps it. `key` is `rule.subject_id`; `account_pk` is set for accounts."""

    type: str
    key: str
    name: str
    account_pk: int | None = None


async def find_rule(reader: Reader, pk: int) -> Row | None:
    return await reader.fetch_one(_BY_PK, {"pk": pk})


async def find_account_by_name(reader: Reader, name: str) -> Row | None:
    return await reader.fetch_one(_ACCOUNT_BY_NAME, {"name": name})


async def exists(reader: Reader, subject_key: str, role_id: int, scope_id: str) -> bool:
    found = await reader.fetch_one(
        _SAME, {"subject_id": subject_key, "role_id": role_id, "scope_id": scope_id}
    )
    return found is not None


async def add_rule(
    tx: Transaction, subject: RuleSubject, role_id: int, scope: Scope, created_by_id: int
) -> int:
    return await tx.insert(
        _ADD,
        {
            "subject_type": subject.type,
            "subject_id": subject.key,
            "subject_name": subject.name,
            "subject_name_folded": fold(subject.name),
            "account_pk": subject.account_pk,
            "role_id": role_id,
            "scope_id": scope.id,
            "scope_code": scope.code,
            "created_by_id": created_by_id,
            "created_at": tx.now,
            "updated_at": tx.now,
            "deleted_at": None,
        },
    )


async def end_rule(tx: Transaction, pk: int) -> None:
    await tx.execute(_END, {"rule_pk": pk, "now": tx.now})


async def end_rules_of(tx: Transaction, subject_key: str) -> int:
    """Ends every rule of a subject that goes; returns how many those were."""
    return await tx.execute(_END_ALL, {"subject_key": subject_key, "now": tx.now})


async def bind_awaiting_rules(tx: Transaction, awaited: str, person_id: str) -> int:
    """Rules that waited under an e-mail become those of the person who has come (access law 3)."""
    return await tx.execute(_BIND, {"awaited": awaited, "person_id": person_id, "now": tx.now})


async def has_administrator(reader: Reader) -> bool:
    """Whether an enabled person is system administrator of the tenant, by a rule of their own or of a group."""
    if await reader.fetch_one(_ADMINISTRATOR) is not None:
        return True
    for group in await reader.fetch_all(_ADMINISTERING_GROUPS):
        if await _has_enabled_member(reader, group["subject_name"]):
            return True
    return False


async def _has_enabled_member(reader: Reader, group: str) -> bool:
    # The pattern finds too many: engines differ in whether it has a case, and names may hold quotation marks.
    quoted = json.dumps(group, ensure_ascii=False)
    likely = await reader.fetch_all(
        select(person.c.groups).where(person.c.enabled, person.c.groups.contains(quoted, autoescape=True))
    )
    return any(group in json.loads(row["groups"]) for row in likely)

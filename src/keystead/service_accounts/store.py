"""The account table: single accounts and the writes. Lists are in `listing`."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from keystead.changes.engine import Transaction
from keystead.credentials.model import CredentialKind
from keystead.db.connection import Connection, Prepared, Reader, Row
from keystead.db.query_sql import in_list
from keystead.db.schema import account, credential, last_login, role_set, rule, usage_day
from keystead.usage.counters import day_of

_SUMMARIES_AT_ONCE: Final = 1_000
_BY_ID = Prepared(select(account).where(account.c.id == bindparam("id")))
_BY_NAME = Prepared(select(account.c.pk).where(account.c.name == bindparam("name")))
_ADD = Prepared(insert(account).values({c.name: bindparam(c.name) for c in account.c if c.name != "pk"}))
_ADD_LAST_LOGIN = Prepared(insert(last_login))
_NEVER_USED: Final = dict.fromkeys(("at", "source_ip", "credential_id", "refused_at", "refused_ip"))
_TOUCH = Prepared(
    update(account).where(account.c.pk == bindparam("account_pk")).values(updated_at=bindparam("now"))
)
_DESCRIBE = Prepared(
    update(account)
    .where(account.c.pk == bindparam("account_pk"))
    .values(
        description=bindparam("new_description"), labels=bindparam("new_labels"), updated_at=bindparam("now")
    )
)
_SET_TOKENS = Prepared(
    update(account)
    .where(account.c.pk == bindparam("account_pk"))
    .values(
        audiences=bindparam("new_audiences"),
        token_ttl=bindparam("new_ttl"),
        generation=account.c.generation + bindparam("step"),
        updated_at=bindparam("now"),
    )
)
_ENABLE = Prepared(
    update(account)
    .where(account.c.pk == bindparam("account_pk"))
    .values(
        enabled=bindparam("now_enabled"),
        generation=account.c.generation + bindparam("step"),
        updated_at=bindparam("now"),
    )
)
_ENABLE_COPY = Prepared(
    update(last_login)
    .where(last_login.c.account_pk == bindparam("account_key"))
    .values(enabled=bindparam("now_enabled"))
)
_DELETE = Prepared(delete(account).where(account.c.pk == bindparam("account_pk")))
_DELETE_LAST_LOGIN = Prepared(delete(last_login).where(last_login.c.account_pk == bindparam("account_pk")))
_DELETE_USAGE = Prepared(
    delete(usage_day).where(
        usage_day.c.day == bindparam("today"), usage_day.c.account_pk == bindparam("account_key")
    )
)
_END_RULES = Prepared(
    update(rule)
    .where(rule.c.account_pk == bindparam("account_key"), rule.c.deleted_at.is_(None))
    .values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
)
_ROLES_HELD = Prepared(
    select(rule.c.role_id).where(rule.c.account_pk == bindparam("account_pk"), rule.c.deleted_at.is_(None))
)
_FIND_SET = Prepared(select(role_set.c.id).where(role_set.c.role_ids == bindparam("role_ids")))
_ADD_SET = Prepared(insert(role_set).values(role_ids=bindparam("role_ids")))
_SUMMARIZE = Prepared(
    update(account)
    .where(account.c.pk == bindparam("account_pk"))
    .values(
        role_set_id=bindparam("set_id"), rule_count=bindparam("number_of_rules"), updated_at=bindparam("now")
    )
)
_SUMMARIZE_COPY = Prepared(
    update(last_login)
    .where(last_login.c.account_pk == bindparam("account_key"))
    .values(role_set_id=bindparam("set_id"))
)
_lives = (
    credential.c.subject_id == account.c.id,
    credential.c.kind == CredentialKind.SECRET.value,
    or_(credential.c.expires_at.is_(None), credential.c.expires_at > bindparam("now")),
)
_DATE_SECRETS = Prepared(
    update(account)
    .where(account.c.pk == bindparam("account_pk"))
    .values(
        secret_created_at=select(func.min(credential.c.created_at)).where(*_lives).scalar_subquery(),
        secret_expires_at=select(func.min(credential.c.expires_at)).where(*_lives).scalar_subquery(),
        secret_count=select(func.count()).select_from(credential).where(*_lives).scalar_subquery(),
    )
)


async def find_account(reader: Reader, account_id: str) -> Row | None:
    return await reader.fetch_one(_BY_ID, {"id": account_id})


async def name_is_taken(reader: Reader, name: str) -> bool:
    return await reader.fetch_one(_BY_NAME, {"name": name}) is not None


async def add_account(
    tx: Transaction,
    *,
    account_id: str,
    name: str,
    home_id: str,
    home_code: int,
    created_by_id: int,
    description: str,
    labels: Mapping[str, str],
    audiences: Sequence[str] = (),
    token_ttl: int | None = None,
) -> None:
    """Writes the account and its row of `last_login`, which is there from the beginning.

    Its first secret comes with the same change, and is counted here.
    """
    shared = {
        "name": name,
        "home_code": home_code,
        "created_by_id": created_by_id,
        "enabled": True,
        "role_set_id": await _role_set(tx, ""),
    }
    pk = await tx.insert(
        _ADD,
        {
            **shared,
            "id": account_id,
            "home_id": home_id,
            "created_at": tx.now,
            "updated_at": tx.now,
            "generation": 1,
            "rule_count": 0,
            "description": description,
            "labels": encode_labels(labels),
            "secret_created_at": tx.now,
            "secret_expires_at": None,
            "secret_count": 1,
            "audiences": encode_audiences(audiences),
            "token_ttl": token_ttl,
        },
    )
    await tx.execute(_ADD_LAST_LOGIN, {**_NEVER_USED, **shared, "account_pk": pk})


async def date_secrets(connection: Connection, account_pk: int, now: int) -> None:
    """Brings up to date what the account's row says of its secrets, after one came, went or expired."""
    await connection.execute(_DATE_SECRETS, {"account_pk": account_pk, "now": now})


async def touch(tx: Transaction, account_pk: int) -> None:
    await tx.execute(_TOUCH, {"account_pk": account_pk, "now": tx.now})


async def describe(tx: Transaction, account_pk: int, description: str, labels: Mapping[str, str]) -> None:
    await tx.execute(
        _DESCRIBE,
        {
            "account_pk": account_pk,
            "new_description": description,
            "new_labels": encode_labels(labels),
            "now": tx.now,
        },
    )


async def set_tokens(
    tx: Transaction,
    account_pk: int,
    audiences: Sequence[str],
    token_ttl: int | None,
    *,
    end_those_of_before: bool,
) -> None:
    """For which APIs the account's tokens may be meant, and how long they live."""
    await tx.execute(
        _SET_TOKENS,
        {
            "account_pk": account_pk,
            "new_audiences": encode_audiences(audiences),
            "new_ttl": token_ttl,
            "step": 1 if end_those_of_before else 0,
            "now": tx.now,
        },
    )


async def set_enabled(tx: Transaction, account_pk: int, enabled: bool) -> None:
    """Disabling raises the generation: tokens of before stay dead when the account is enabled again."""
    step = 0 if enabled else 1
    await tx.execute(_ENABLE, {"account_pk": account_pk, "now_enabled": enabled, "step": step, "now": tx.now})
    await tx.execute(_ENABLE_COPY, {"account_key": account_pk, "now_enabled": enabled})


async def delete_account(tx: Transaction, account_pk: int) -> int:
    """Deletes the account and ends its rules; returns how many those were.

    The key may be given again: what was counted of today goes too. Older counts are never read of a younger account.
    """
    await tx.execute(_DELETE_USAGE, {"account_key": account_pk, "today": day_of(tx.now)})
    ended = await tx.execute(_END_RULES, {"account_key": account_pk, "now": tx.now})
    await tx.execute(_DELETE_LAST_LOGIN, {"account_pk": account_pk})
    await tx.execute(_DELETE, {"account_pk": account_pk})
    return ended


async def summarize_rules(tx: Transaction, account_pk: int) -> None:
    """Brings the account's copies of what its rules say up to date, after one came or went."""
    held = [row["role_id"] for row in await tx.fetch_all(_ROLES_HELD, {"account_pk": account_pk})]
    await _keep_summaries(tx, {account_pk: held})


async def summarize_rules_of(tx: Transaction, account_pks: Sequence[int]) -> None:
    """The same for many accounts, after a change that ended rules of them all: no statement is read for each."""
    for start in range(0, len(account_pks), _SUMMARIES_AT_ONCE):
        held: dict[int, list[int]] = {pk: [] for pk in account_pks[start : start + _SUMMARIES_AT_ONCE]}
        rules = select(rule.c.account_pk, rule.c.role_id).where(
            in_list(rule.c.account_pk, list(held)), rule.c.deleted_at.is_(None)
        )
        for row in await tx.fetch_all(rules):
            held[row["account_pk"]].append(row["role_id"])
        await _keep_summaries(tx, held)


async def _keep_summaries(tx: Transaction, held: Mapping[int, Sequence[int]]) -> None:
    """`held`: by account, the role of each of its rules."""
    texts = {pk: ",".join(str(role_id) for role_id in sorted(set(roles))) for pk, roles in held.items()}
    sets = {text: await _role_set(tx, text) for text in sorted(set(texts.values()))}
    await tx.execute_many(
        _SUMMARIZE,
        [
            {"account_pk": pk, "set_id": sets[texts[pk]], "number_of_rules": len(roles), "now": tx.now}
            for pk, roles in held.items()
        ],
    )
    copies = [{"account_key": pk, "set_id": sets[text]} for pk, text in texts.items()]
    await tx.execute_many(_SUMMARIZE_COPY, copies)


async def _role_set(tx: Transaction, role_ids: str) -> int:
    row = await tx.fetch_one(_FIND_SET, {"role_ids": role_ids})
    return int(row["id"]) if row else await tx.insert(_ADD_SET, {"role_ids": role_ids})


def encode_audiences(audiences: Sequence[str]) -> str:
    return json.dumps(list(audiences), separators=(",", ":"), ensure_ascii=False)


def encode_labels(labels: Mapping[str, str]) -> str:
    return json.dumps(labels, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

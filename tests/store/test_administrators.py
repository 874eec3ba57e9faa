"""Who counts as the tenant's administrator (access law 11), on each engine."""

from typing import Any

import pytest
from sqlalchemy import insert

from keystead.access_rules.index import group_key
from keystead.access_rules.store import has_administrator
from keystead.db.connection import Connection, Database
from keystead.db.schema import person, rule
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID
from keystead.users.store import encode_groups
from tests.store.ground import TENANT

PERSON = "22222222-2222-4222-8222-222222222222"


async def run(database: Database, statement: Any) -> None:
    async def job(connection: Connection) -> int:
        return await connection.execute(statement)

    await database.write(job)


async def add_person(database: Database, *groups: str, enabled: bool = True) -> None:
    row = {
        "id": PERSON,
        "email": "someone@example.org",
        "email_folded": "someone@example.org",
        "home_id": TENANT.id,
        "home_code": TENANT.code,
        "groups": encode_groups(groups),
        "enabled": enabled,
        "generation": 1,
        "password_hash": None,
        "password_is_temporary": False,
        "last_login_at": None,
        "created_by_id": 0,
        "created_at": 0,
        "updated_at": 0,
    }
    await run(database, insert(person).values(row))


async def make_administrator(database: Database, kind: str, key: str, name: str) -> None:
    row = {
        "subject_type": kind,
        "subject_id": key,
        "subject_name": name,
        "subject_name_folded": name.casefold(),
        "account_pk": None,
        "role_id": SYSTEM_ADMINISTRATOR_ID,
        "scope_id": TENANT.id,
        "scope_code": TENANT.code,
        "created_by_id": 0,
        "created_at": 0,
        "updated_at": 0,
        "deleted_at": None,
    }
    await run(database, insert(rule).values(row))


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_person_with_a_rule_of_their_own_counts_while_enabled(
    database: Database, enabled: bool
) -> None:
    await add_person(database, enabled=enabled)
    assert not await has_administrator(database)
    await make_administrator(database, "user", PERSON, "someone@example.org")
    assert await has_administrator(database) is enabled


@pytest.mark.parametrize(
    "group", ["admins", "Admins", "Ädmins ÉÈ", 'the "best"', "100%_sure/", "back\\slash", "日本"]
)
async def test_a_member_of_a_group_counts_whatever_it_is_called(database: Database, group: str) -> None:
    await add_person(database, "others", group)
    assert not await has_administrator(database)
    await make_administrator(database, "group", group_key(group), group)
    assert await has_administrator(database)


async def test_a_disabled_member_of_a_group_does_not_count(database: Database) -> None:
    await add_person(database, "Admins", enabled=False)
    await make_administrator(database, "group", group_key("Admins"), "Admins")
    assert not await has_administrator(database)


@pytest.mark.parametrize("other", ["admins", "Admins 2", 'x", "Admins', "Admin", "Admins\\", "Ad%"])
async def test_a_member_of_a_group_of_a_similar_name_does_not_count(database: Database, other: str) -> None:
    await add_person(database, other)
    await make_administrator(database, "group", group_key("Admins"), "Admins")
    assert not await has_administrator(database)

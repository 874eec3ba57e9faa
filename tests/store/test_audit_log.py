"""The log in the database: two sources as one list, and what a page of it costs."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from keystead.audit.http import entry_answer
from keystead.audit.model import FIELDS
from keystead.audit.store import EXACT_UP_TO, AuditLog, Cluster, Concerning, page_statement
from keystead.authz.visibility import EVERYTHING, NOTHING
from keystead.changes.engine import ChangeEngine
from keystead.db.connection import Connection, Database
from keystead.db.schema import sign_in
from keystead.kit.query import Page, Query, Sort, Span
from keystead.kit.query_language import parse_filters
from tests.store.counting import CountingReader
from tests.store.ground import ADMINISTRATOR, ManualClock, note
from tests.store.plans import plan_on_sqlite

SIGN_IN: dict[str, Any] = {
    "at": 1_700_000_000_000_000,
    "subject_type": "service-account",
    "subject_id": "s",
    "subject_name": "ci",
    "scope_code": 0,
    "credential_id": None,
    "succeeded": True,
    "status": 200,
    "source_ip": "192.0.2.7",
    "http_method": "POST",
    "url": "https://keystead.example/api/v2/token",
    "request_id": "r",
}
ENTRY: dict[str, Any] = {
    "id": "5f0c0e0e-7a52-4f4c-8a3c-0a8a2f6a2f11",
    "at": SIGN_IN["at"],
    "subject": "admin@example.com",
    "subject_type": "User",
    "action": "create",
    "entity_type": "cluster",
    "entity_name": "c",
    "entity_id": "e",
    "result": "Succeeded",
    "status": 201,
    "scope_code": 1 << 48,
    "scope_path": "Tenant/Old name",
    "source_ip": "192.0.2.7",
    "http_method": "POST",
    "url": "https://keystead.example/api/v1/clusters",
    "request_id": "r",
    "metadata": "{}",
    "credential_id": None,
    "sign_in": None,
}
ALWAYS = Span(0, 2 * SIGN_IN["at"])


def asked(*filters: str, by: str = "timestamp", descending: bool = False, offset: int = 0) -> Query:
    return Query(parse_filters(filters, FIELDS), Sort(by, descending), Page(None, offset))


@pytest.fixture
def reader(database: Database) -> CountingReader:
    return CountingReader(database)


@pytest.fixture
def log(reader: CountingReader) -> AuditLog:
    return AuditLog(reader)


async def add_sign_ins(database: Database, *rows: dict[str, Any]) -> None:
    async def job(connection: Connection) -> None:
        await connection.execute_many(insert(sign_in).values(SIGN_IN), [SIGN_IN | row for row in rows])

    await database.write(job)


async def names(log: AuditLog, query: Query, span: Span = ALWAYS) -> list[str]:
    rows, _ = await log.page(EVERYTHING, span, query, 1_000)
    return [row["entity_name"] for row in rows]


async def test_changes_and_sign_ins_are_merged_by_time(
    log: AuditLog, engine: ChangeEngine, database: Database, clock: ManualClock
) -> None:
    for number in (1, 2):
        clock.time = SIGN_IN["at"] + number * 1_000
        await engine.apply(ADMINISTRATOR, note(f"change-{number}"))
    await add_sign_ins(
        database, *({"subject_name": f"in-{n}", "at": SIGN_IN["at"] + n * 500} for n in (1, 3))
    )
    in_order = ["in-1", "change-1", "in-3", "change-2"]
    assert await names(log, asked()) == in_order
    assert await names(log, asked(descending=True)) == in_order[::-1]
    assert await names(log, asked(), Span(SIGN_IN["at"] + 1_000, SIGN_IN["at"] + 2_000)) == in_order[1:3]


async def test_entries_of_one_moment_have_one_order_over_all_pages(
    log: AuditLog, engine: ChangeEngine, database: Database
) -> None:
    for number in range(4):
        await engine.apply(ADMINISTRATOR, note(f"change-{number}"))
    await add_sign_ins(database, *({"subject_name": f"in-{number}"} for number in range(4)))
    for by in ("timestamp", "result"):
        whole = await names(log, asked(by=by))
        assert len(set(whole)) == 8
        paged = [
            row["entity_name"]
            for offset in range(0, 8, 3)
            for row in (await log.page(EVERYTHING, ALWAYS, asked(by=by, offset=offset), 3))[0]
        ]
        assert paged == whole
        assert await names(log, asked(by=by, descending=True)) == whole[::-1]


async def test_text_is_found_as_it_was_written_and_whatever_the_case_of_its_letters(
    log: AuditLog, database: Database
) -> None:
    await add_sign_ins(
        database, {"subject_name": "Größe_ÄB"}, {"subject_name": "100%"}, {"subject_name": "b/c"}
    )
    found = {
        "subject==größe_Äb": ["Größe_ÄB"],
        "subject=^GRöße": ["Größe_ÄB"],
        "subject=$äB": [],
        "subject=@_Ä": ["Größe_ÄB"],
        "subject=@%": ["100%"],
        "subject=@/": ["b/c"],
        "subject!@%": ["Größe_ÄB", "b/c"],
        "subject!=B/C": ["Größe_ÄB", "100%"],
    }
    assert {text: await names(log, asked(text)) for text in found} == found


async def test_names_are_found_in_any_script_whatever_their_case(log: AuditLog, engine: ChangeEngine) -> None:
    for name in ("Größe_ÄB", "STRASSE", "e\u0301te\u0301"):
        await engine.apply(ADMINISTRATOR, note(name))
    found = {
        "entity_name==GRÖSSE_äb": ["Größe_ÄB"],
        "entity_name=$äB": ["Größe_ÄB"],
        "entity_name=@straße": ["STRASSE"],
        "entity_name=^ÉT": ["e\u0301te\u0301"],
        "entity_name!@SS": ["e\u0301te\u0301"],
    }
    seen = {}
    for text in found:
        rows, _ = await log.page(EVERYTHING, ALWAYS, asked(text), 20)
        seen[text] = [row["entity_name"] for row in rows]
    assert seen == found


async def test_what_concerns_a_thing_is_read_along_indexes(
    log: AuditLog, engine: ChangeEngine, database: Database, clock: ManualClock
) -> None:
    await engine.apply(ADMINISTRATOR, note("watched"))
    await engine.apply(ADMINISTRATOR, note("other"))
    await add_sign_ins(database, {"subject_id": "watched"}, {"subject_id": "other"})
    about = Concerning(entity="watched")
    rows, _ = await log.page(EVERYTHING, ALWAYS, asked(), 20, about)
    assert [(row["action"], row["entity_id"]) for row in rows] == [
        ("create", "watched"),
        ("sign-in", "watched"),
    ]
    assert await log.total(EVERYTHING, ALWAYS, asked(), about) == (2, True)
    by = Concerning(subject="watched")
    rows, _ = await log.page(EVERYTHING, ALWAYS, asked(), 20, by)
    assert [row["action"] for row in rows] == ["sign-in"]


@pytest.mark.parametrize("concerning", [Concerning(entity="watched"), Concerning(subject="watched")])
async def test_no_table_is_walked_for_what_concerns_one_thing(migrated: Path, concerning: Concerning) -> None:
    statement = page_statement(EVERYTHING, ALWAYS, asked(descending=True), 20, concerning)
    plan = plan_on_sqlite(migrated, statement)
    walked = [line for line in plan if line.startswith("SCAN")]
    assert walked == ["SCAN CONSTANT ROW"] if concerning.entity else not walked, plan
    assert any("change_entry_entity" in line or "change_entry_actor" in line for line in plan), plan
    assert any("sign_in_subject" in line for line in plan), plan


async def test_a_page_takes_three_statements_and_fetches_one_row_beyond_it(
    log: AuditLog, reader: CountingReader, database: Database
) -> None:
    await add_sign_ins(database, *({"scope_code": number << 48} for number in range(40)))
    rows, more = await log.page(EVERYTHING, ALWAYS, asked(), 20)
    assert (len(rows), more, reader.rows) == (20, True, 21)
    await log.clusters_of({row["scope_code"] for row in rows})
    await log.total(EVERYTHING, ALWAYS, asked())
    assert reader.statements == 3


async def test_the_total_is_exact_up_to_ten_thousand(log: AuditLog, database: Database) -> None:
    await add_sign_ins(database, *({} for _ in range(EXACT_UP_TO)))
    assert await log.total(EVERYTHING, ALWAYS, asked()) == (EXACT_UP_TO, True)
    await add_sign_ins(database, {"subject_name": "one more"})
    assert await log.total(EVERYTHING, ALWAYS, asked()) == (EXACT_UP_TO, False)
    assert await log.total(EVERYTHING, ALWAYS, asked("subject==one more")) == (1, True)


async def test_who_sees_nothing_finds_nothing(
    log: AuditLog, engine: ChangeEngine, database: Database
) -> None:
    await engine.apply(ADMINISTRATOR, note("change"))
    await add_sign_ins(database, {})
    assert await log.page(NOTHING, ALWAYS, asked(), 20) == ([], False)
    assert await log.total(NOTHING, ALWAYS, asked()) == (0, True)


def test_an_entry_leaves_out_what_the_contract_has_no_form_for() -> None:
    strange = ENTRY | {"source_ip": "2001:db8::7", "http_method": "QUERY", "url": "", "request_id": ""}
    answer = entry_answer(strange, None, "1")
    assert (answer.source_ip, answer.http_method, answer.url, answer.request_id) == (None, None, None, None)
    assert answer.metadata == {"sourceIp": "2001:db8::7"}
    full = {str(number): "x" for number in range(10)}
    crowded = strange | {"metadata": str(full).replace("'", '"')}
    assert entry_answer(crowded, None, "1").metadata == full


def test_a_change_names_its_cluster_as_it_was_called_then_and_a_sign_in_as_it_is_called_now() -> None:
    cluster = Cluster("cluster-id", "New name")
    changed = entry_answer(ENTRY, cluster, "1")
    assert (changed.cluster_name, changed.cluster_id) == ("Old name", "cluster-id")
    gone = entry_answer(ENTRY, None, "1")
    assert (gone.cluster_name, gone.cluster_id) == ("Old name", None)
    signed_in = entry_answer(ENTRY | {"id": None, "sign_in": 7, "scope_path": None}, cluster, "1")
    assert signed_in.cluster_name == "New name"
    of_tenant = entry_answer(ENTRY | {"scope_code": 0, "scope_path": "Tenant"}, None, "1")
    assert of_tenant.cluster_name is None


def test_a_sign_in_keeps_its_id_and_shares_it_with_no_other() -> None:
    ids = [entry_answer(ENTRY | {"id": None, "sign_in": key}, None, "1").id for key in (1, 2, 1)]
    assert ids[0] == ids[2] != ids[1]

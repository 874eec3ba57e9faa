"""The audit log as a file: all that the list shows, in either form, of any length, to those who may see it."""

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import httpx
import pytest

from keystead.audit.http_file import COLUMNS
from tests.api.conftest import Organisation
from tests.api.engines import inside
from tests.api.holders import ACCOUNTS, ALWAYS, AUDIT, Holders, fresh
from tests.inside import Inside
from tests.serving import token_for

__all__ = ["inside"]
FILE: Final = f"{AUDIT}/file"
SPAN: Final = {"start": ALWAYS["start"], "end": ALWAYS["end"]}


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    """A CSV file's rows by their titles."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def entries_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_csv_has_the_columns_of_the_console(server: str, admin: httpx.Client) -> None:
    account = admin.post(ACCOUNTS, json={"name": fresh("in-a-file")}).json()
    token_for(server, account["name"], account["clientSecret"])
    answer = admin.get(FILE, params=SPAN)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    assert answer.text.splitlines()[0] == ",".join(COLUMNS)
    *_, created, signed_in = [row for row in rows_of(answer) if row["Entity ID"] == account["id"]]
    listed = {one["id"]: one for one in admin.get(AUDIT, params=ALWAYS).json()["logs"]}
    for row in (created, signed_in):
        entry = listed[row["Event ID"]]
        assert row == {
            "Subject": entry["subject"],
            "Subject type": entry["subject_type"],
            "Source IP": entry["source_ip"],
            "Date & time": entry["timestamp"],
            "Event": entry["action"],
            "Event ID": entry["id"],
            "Status": entry["result"],
            "Entity type": entry["entity_type"],
            "Entity name": entry["entity_name"],
            "Entity ID": entry["entity_id"],
            "URL": entry["url"],
            "HTTP method": entry["http_method"],
        }
    assert (created["Event"], signed_in["Event"]) == ("create", "sign-in")


def test_json_has_the_entries_of_the_list(admin: httpx.Client) -> None:
    for asked in ({}, {"sortOrder": "desc"}, {"filterBy": "action==create,entity_type==service-account"}):
        answer = admin.get(FILE, params=SPAN | {"file_type": "JSON"} | asked)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.json"'
        listed = admin.get(AUDIT, params=ALWAYS | asked).json()["logs"]
        found = entries_of(answer)
        # Reading the file is no change, and neither is reading the list.
        assert found == listed
        assert found


def test_either_form_is_asked_for_in_any_case_and_as_a_member_of_an_enumeration(admin: httpx.Client) -> None:
    asked = SPAN | {"numberOfSamples": "1"}
    for word in ("csv", "CSV", "FileType.CSV"):
        assert len(rows_of(admin.get(FILE, params=asked | {"file_type": word}))) == 1
    assert len(entries_of(admin.get(FILE, params=asked | {"fileType": "JSON"}))) == 1
    for word in ("json", "FileType.JSON"):
        assert len(entries_of(admin.get(FILE, params=asked | {"file_type": word}))) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"file_type": "XML"},
        {"start": ""},
        {"end": "tomorrow"},
        {"start": "2100-01-02"},
        {"filterBy": "action==guess"},
        {"numberOfSamples": "1001"},
        {"sortOrder": "up"},
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    admin: httpx.Client, asked: dict[str, str]
) -> None:
    answer = admin.get(FILE, params=SPAN | asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"


def test_nothing_is_a_file_too(admin: httpx.Client) -> None:
    long_ago = {"start": "2001-01-01", "end": "2001-01-02"}
    assert rows_of(admin.get(FILE, params=long_ago)) == []
    assert entries_of(admin.get(FILE, params=long_ago | {"file_type": "JSON"})) == []
    none = SPAN | {"numberOfSamples": "0"}
    assert rows_of(admin.get(FILE, params=none)) == []
    assert entries_of(admin.get(FILE, params=none | {"file_type": "JSON"})) == []


def test_scoped_readers_get_what_is_in_their_scope(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    here, there = (holders.account(home=organisation[name]) for name in ("a1", "b1"))
    reader = holders.caller("r events-history", organisation["a1"])
    found = entries_of(reader.get(FILE, params=SPAN | {"file_type": "JSON"}))
    assert here.id in {one["entity_id"] for one in found}
    assert there.id not in {one["entity_id"] for one in found}
    assert found == reader.get(AUDIT, params=ALWAYS).json()["logs"]
    assert {row["Entity ID"] for row in rows_of(reader.get(FILE, params=SPAN))} == {
        one["entity_id"] for one in found
    }
    nobody = holders.caller("crud service-account", organisation["a1"])
    assert nobody.get(FILE, params=SPAN).status_code == 403


def test_a_cell_that_a_spreadsheet_would_run_is_text(admin: httpx.Client) -> None:
    name = f"=HYPERLINK({fresh('x')})"
    assert admin.post("/api/v1/clusters", json={"name": name}).status_code == 201
    *_, row = rows_of(admin.get(FILE, params=SPAN | {"filterBy": "entity_type==cluster"}))
    assert row["Entity name"] == f"'{name}"


async def test_on_each_engine_the_file_is_the_list(inside: Inside) -> None:
    admin = await inside.admin()
    assert (await admin.post(ACCOUNTS, json={"name": "busy"})).status_code == 201
    span = {"start": "2020-01-01", "end": "2100-01-01"}
    for order in ("asc", "desc"):
        listed = (await admin.get(AUDIT, params=span | {"sortOrder": order})).json()["logs"]
        answer = await admin.get(FILE, params=span | {"file_type": "JSON", "sortOrder": order})
        assert answer.json() == listed
        assert len(listed) >= 3

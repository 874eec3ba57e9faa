"""The audit log over HTTP: what is in it, who sees which part of it, and how it is asked."""

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from runai.models.audit_log import AuditLog

from tests.api.conftest import MakeAccount, Organisation, Place, give
from tests.serving import ADMIN_EMAIL, bearing, token_for

LOG = "/api/v1/audit/log"
CLUSTERS = "/api/v1/clusters"
PROJECTS = "/api/v1/org-unit/projects"
ACCOUNTS = "/api/v1/service-accounts"
ALWAYS = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
SYSTEM_ADMINISTRATOR, VIEWER, APPLICATION_ADMINISTRATOR = 1, 7, 1708
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    return f"{word}-{next(_numbers)}"


def page(caller: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer = caller.get(LOG, params={**ALWAYS, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["logs"] == found["audit_logs"]
    return found


def entries(caller: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page(caller, **{"numberOfSamples": 1000, **asked})["logs"]
    return found


def make_project(caller: httpx.Client, organisation: Organisation, department: str = "a1") -> tuple[str, str]:
    """A new project's id and name."""
    name = fresh("logged-project")
    body = {
        "name": name,
        "clusterId": organisation[department[0]].id,
        "parentId": organisation[department].id,
        "resources": [],
    }
    answer = caller.post(PROJECTS, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"]), name


@pytest.fixture(scope="module")
def auditor(make_account: MakeAccount, organisation: Organisation) -> Iterator[httpx.Client]:
    """Reads what happened in cluster a."""
    with make_account("auditor", rules=[(SYSTEM_ADMINISTRATOR, *organisation["a"])]) as client:
        yield client


# Who comes in


def test_the_anonymous_are_asked_to_sign_in(anonymous: httpx.Client) -> None:
    assert anonymous.get(LOG, params=ALWAYS).status_code == 401


def test_who_may_not_read_the_log_anywhere_is_forbidden(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account(rules=[(VIEWER, *organisation.tenant)]) as caller:
        assert caller.get(LOG, params=ALWAYS).status_code == 403


def test_the_log_shows_what_happened_in_the_scope_and_nothing_else(
    auditor: httpx.Client, admin: httpx.Client, organisation: Organisation
) -> None:
    inside, outside = make_project(admin, organisation, "a1"), make_project(admin, organisation, "b1")
    admin.post(ACCOUNTS, json={"name": fresh("of-the-tenant")})
    assert {entry["cluster_name"] for entry in entries(auditor)} == {"cluster-a"}
    assert {entry.get("cluster_name") for entry in entries(admin)} >= {"cluster-a", "cluster-b", None}
    seen = {entry["entity_id"] for entry in entries(auditor)}
    assert inside[0] in seen
    assert outside[0] not in seen
    found = page(auditor, filterBy=f"entity_name=={outside[1]}")
    assert (found["total"], found["logs"]) == (0, [])
    assert page(auditor)["total"] == len(entries(auditor)) < page(admin)["total"]


def test_the_history_of_a_place_outlives_it_and_is_not_passed_on(
    admin: httpx.Client, make_account: MakeAccount, organisation: Organisation
) -> None:
    old, name = make_project(admin, organisation)
    assert admin.delete(f"{PROJECTS}/{old}").status_code == 204
    new, _ = make_project(admin, organisation)
    happened = [entry["action"] for entry in entries(admin, filterBy=f"entity_name=={name}")]
    assert happened == ["create", "delete"]
    with make_account(rules=[(APPLICATION_ADMINISTRATOR, *Place(new, "project"))]) as successor:
        assert {entry["entity_id"] for entry in entries(successor, filterBy="entity_type==project")} == {new}


# What is in it


def test_a_change_says_who_did_what_when_from_where_and_how_it_ended(
    admin: httpx.Client, server: str, organisation: Organisation
) -> None:
    request_id = str(uuid.uuid4())
    before = datetime.now(UTC) - timedelta(seconds=1)
    made = admin.post(CLUSTERS, json={"name": fresh("logged")}, headers={"X-Request-ID": request_id}).json()
    [entry] = [entry for entry in entries(admin) if entry.get("request_id") == request_id]
    assert entry["subject"] == ADMIN_EMAIL
    assert entry["subject_type"] == "User"
    assert (entry["action"], entry["entity_type"]) == ("create", "cluster")
    assert (entry["entity_name"], entry["entity_id"]) == (made["name"], made["uuid"])
    assert (entry["cluster_name"], entry["cluster_id"]) == (made["name"], made["uuid"])
    assert (entry["result"], entry["http_status_code"]) == ("Succeeded", 201)
    assert (entry["source_ip"], entry["http_method"]) == ("127.0.0.1", "POST")
    assert entry["url"].endswith(CLUSTERS)
    assert entry["tenant_id"] == "1"
    assert before < datetime.fromisoformat(entry["timestamp"]) < datetime.now(UTC) + timedelta(seconds=1)
    assert admin.delete(f"{CLUSTERS}/{made['uuid']}").status_code == 202


def test_a_cluster_that_is_gone_keeps_its_name_in_the_log(admin: httpx.Client) -> None:
    made = admin.post(CLUSTERS, json={"name": fresh("Forgotten")}).json()
    assert admin.delete(f"{CLUSTERS}/{made['uuid']}").status_code == 202
    found = entries(admin, filterBy=f"cluster_name=={made['name'].upper()}")
    assert [(entry["action"], entry["http_status_code"]) for entry in found] == [
        ("create", 201),
        ("delete", 202),
    ]
    assert {entry["cluster_name"] for entry in found} == {made["name"]}


def test_what_a_project_brought_with_it_is_said(admin: httpx.Client) -> None:
    cluster = admin.post(CLUSTERS, json={"name": fresh("logged")}).json()["uuid"]
    project = admin.post(PROJECTS, json={"name": fresh("p"), "clusterId": cluster, "resources": []}).json()
    [entry] = [entry for entry in entries(admin) if entry["entity_id"] == project["id"]]
    assert entry["metadata"] == {"madeDepartment": "default", "madeDepartmentId": project["parentId"]}


def test_sign_ins_of_accounts_stand_beside_the_changes(
    admin: httpx.Client, server: str, organisation: Organisation
) -> None:
    name = fresh("signs-in")
    made = admin.post(ACCOUNTS, json={"name": name, "scopeId": organisation["a"].id}).json()
    form = {"grant_type": "client_credentials", "client_id": name}
    for secret, status in ((made["clientSecret"], 200), (made["clientSecret"][:-1] + "_", 401)):
        answer = httpx.post(f"{server}/api/v2/token", data={**form, "client_secret": secret})
        assert answer.status_code == status
    found = entries(admin, filterBy=f"entity_name=={name}")
    assert [entry["action"] for entry in found][:2] == ["create", "sign-in"]
    granted = found[1]
    assert (granted["subject"], granted["subject_type"]) == (name, "App")
    assert (granted["entity_type"], granted["entity_id"]) == ("service-account", made["id"])
    assert (granted["result"], granted["http_status_code"]) == ("Succeeded", 200)
    assert (granted["cluster_name"], granted["cluster_id"]) == ("cluster-a", organisation["a"].id)
    assert uuid.UUID(granted["metadata"]["credentialId"])
    assert made["clientSecret"] not in str(found)
    again = entries(admin, filterBy=f"entity_name=={name},action==sign-in")
    assert again == found[1:]


def test_a_refused_sign_in_of_a_known_person_has_failed(admin: httpx.Client, server: str) -> None:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": "not the password"}
    assert httpx.post(f"{server}/api/v2/token", data=form).status_code in (400, 401)
    found = entries(admin, filterBy="result==Failed,action==sign-in")
    assert {(entry["subject"], entry["subject_type"], entry["entity_type"]) for entry in found} == {
        (ADMIN_EMAIL, "User", "user")
    }
    assert {entry["http_status_code"] // 100 for entry in found} == {4}


def test_every_entry_is_one_that_the_client_reads(admin: httpx.Client, organisation: Organisation) -> None:
    found = entries(admin)
    assert len({entry["id"] for entry in found}) == len(found) > 10
    for entry in found:
        assert uuid.UUID(entry["id"])
        assert "" not in (entry.get(name) for name in ("source_ip", "url", "request_id", "cluster_name"))
        assert AuditLog.from_dict(entry).result in ("Succeeded", "Failed")


def test_reading_the_log_writes_nothing_to_it(admin: httpx.Client) -> None:
    assert page(admin)["total"] == page(admin)["total"]


# What concerns one thing, and who did it


def test_what_concerns_an_account_is_itself_its_rules_and_its_sign_ins_and_nothing_of_a_namesake(
    admin: httpx.Client, auditor: httpx.Client, server: str, organisation: Organisation
) -> None:
    name = fresh("followed")
    place = {"scopeId": organisation["a"].id}
    namesake = admin.post(ACCOUNTS, json={"name": name, **place}).json()
    assert admin.delete(f"{ACCOUNTS}/{namesake['id']}").status_code == 204
    made = admin.post(ACCOUNTS, json={"name": name, **place}).json()
    token_for(server, name, made["clientSecret"])
    rules = [give(admin, name, VIEWER, *organisation[where]) for where in ("a1", "b1")]
    assert admin.delete(f"/api/v1/authorization/access-rules/{rules[0]}").status_code == 204
    admin.patch(f"{ACCOUNTS}/{made['id']}", json={"enabled": False})

    def followed(caller: httpx.Client, **asked: str) -> list[tuple[str, str]]:
        found = entries(caller, entityId=made["id"].upper(), **asked)
        return [(entry["action"], entry["entity_type"]) for entry in found]

    whole = [
        ("create", "service-account"),
        ("sign-in", "service-account"),
        ("create", "access-rule"),
        ("create", "access-rule"),
        ("delete", "access-rule"),
        ("update", "service-account"),
    ]
    assert followed(admin) == whole
    assert followed(admin, sortOrder="desc", offset="1", numberOfSamples="2") == whole[-2:-4:-1]
    assert followed(admin, filterBy="action==delete") == [("delete", "access-rule")]
    assert page(admin, entityId=made["id"])["total"] == len(whole)
    # The rule in cluster b is out of this auditor's sight.
    assert followed(auditor) == whole[:3] + whole[4:]
    assert [one["entity_id"] for one in entries(admin, entityId=namesake["id"])] == [namesake["id"]] * 2
    rule = entries(admin, entityId=str(rules[0]), filterBy="entity_type==access-rule")
    assert [entry["action"] for entry in rule] == ["create", "delete"]


def test_a_number_that_names_a_rule_of_an_account_names_no_other_thing_of_it(
    admin: httpx.Client, organisation: Organisation
) -> None:
    """Roles have numbers as rules do: what happened to a role is no account's."""
    name = fresh("numbered")
    made = admin.post(ACCOUNTS, json={"name": name}).json()
    give(admin, name, VIEWER, *organisation.tenant)
    kinds = {entry["entity_type"] for entry in entries(admin, entityId=made["id"])}
    assert kinds == {"service-account", "access-rule"}


def test_what_somebody_did_is_found_by_who_they_are(
    admin: httpx.Client, server: str, organisation: Organisation
) -> None:
    name = fresh("doer")
    made = admin.post(ACCOUNTS, json={"name": name}).json()
    give(admin, name, SYSTEM_ADMINISTRATOR, *organisation.tenant)
    with bearing(server, token_for(server, name, made["clientSecret"])) as doer:
        done = make_project(doer, organisation)[0]
    found = entries(admin, subjectId=made["id"])
    assert [(entry["action"], entry["entity_id"]) for entry in found] == [
        ("sign-in", made["id"]),
        ("create", done),
    ]
    assert entries(admin, subjectId=made["id"], entityId=done) == found[1:]
    assert entries(admin, subjectId=str(uuid.uuid4())) == []


def test_the_log_can_be_followed_from_its_newest_entry_on(
    admin: httpx.Client, organisation: Organisation
) -> None:
    make_project(admin, organisation)
    [newest] = entries(admin, sortOrder="desc", numberOfSamples=1)
    made, _ = make_project(admin, organisation)
    later = entries(admin, start=newest["timestamp"])
    assert later[0] == newest or later[0]["timestamp"] == newest["timestamp"]
    assert made in [entry["entity_id"] for entry in later if entry["id"] != newest["id"]]


# How it is asked


def test_the_oldest_twenty_come_first_unless_asked_otherwise(
    admin: httpx.Client, organisation: Organisation
) -> None:
    for _ in range(5):
        make_project(admin, organisation)
    found = page(admin)
    stamps = [entry["timestamp"] for entry in found["logs"]]
    assert len(stamps) == 20
    assert stamps == sorted(stamps)
    assert found["logs"][0]["entity_type"] == "tenant"
    newest = page(admin, sortOrder="desc", numberOfSamples=1)
    assert newest["logs"] == entries(admin)[-1:]


def test_pages_follow_each_other_by_next_and_end(admin: httpx.Client, organisation: Organisation) -> None:
    whole = entries(admin)
    seen: list[dict[str, Any]] = []
    following: int | None = 0
    for _ in whole:
        found = page(admin, numberOfSamples=7, offset=following)
        assert found["total"] == len(whole)
        seen += found["logs"]
        following = found.get("next")
        if following is None:
            break
    assert seen == whole


def test_no_samples_are_a_count(admin: httpx.Client) -> None:
    found = page(admin, numberOfSamples=0)
    assert found["total"] > 0
    assert (found["logs"], "next" in found) == ([], False)


def test_the_span_includes_both_its_ends(admin: httpx.Client, organisation: Organisation) -> None:
    whole = entries(admin)
    first, last = whole[3]["timestamp"], whole[8]["timestamp"]
    found = entries(admin, start=first, end=last)
    assert found == [entry for entry in whole if first <= entry["timestamp"] <= last]
    assert len(found) >= 6
    assert entries(admin, start=first.replace("Z", ""), end=last.replace("Z", "+00:00")) == found
    assert entries(admin, start="2099-01-01") == []


@pytest.mark.parametrize(
    ("filter_by", "holds"),
    [
        ("action==create", lambda entry: entry["action"] == "create"),
        ("action!=create", lambda entry: entry["action"] != "create"),
        ("subject_type==App", lambda entry: entry["subject_type"] == "App"),
        ("result==Succeeded", lambda entry: entry["result"] == "Succeeded"),
        ("entity_type==Cluster", lambda entry: entry["entity_type"] == "cluster"),
        ("entity_name=^PROJECT-A1", lambda entry: entry["entity_name"].startswith("project-a1")),
        ("entity_name=$x", lambda entry: entry["entity_name"].endswith("x")),
        ("entity_name!@project", lambda entry: "project" not in entry["entity_name"]),
        ("subject=@ADMIN@", lambda entry: "admin@" in entry["subject"]),
        ("source_ip==127.0.0.1", lambda entry: entry.get("source_ip") == "127.0.0.1"),
        ("url=$org-unit/projects", lambda entry: entry.get("url", "").endswith("org-unit/projects")),
        ("cluster_name==Cluster-A", lambda entry: entry.get("cluster_name") == "cluster-a"),
        ("cluster_name!=cluster-a", lambda entry: entry.get("cluster_name") != "cluster-a"),
        ("cluster_name!@cluster", lambda entry: "cluster" not in entry.get("cluster_name", "")),
        ("cluster_name=^cluster", lambda entry: entry.get("cluster_name", "").startswith("cluster")),
        (
            "action==create,entity_type==project",
            lambda entry: (entry["action"], entry["entity_type"]) == ("create", "project"),
        ),
        ("timestamp>=2020-01-01", lambda entry: True),
        ("timestamp<=2020-01-01", lambda entry: False),
    ],
)
def test_entries_are_filtered(
    admin: httpx.Client, auditor: httpx.Client, organisation: Organisation, filter_by: str, holds: Any
) -> None:
    for caller in (admin, auditor):
        expected = [entry for entry in entries(caller) if holds(entry)]
        assert entries(caller, filterBy=filter_by) == expected
        assert page(caller, filterBy=filter_by)["total"] == len(expected)


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize(
    "field",
    [
        "timestamp",
        "subject",
        "subject_type",
        "source_ip",
        "action",
        "http_method",
        "result",
        "url",
        "entity_type",
        "entity_name",
        "entity_id",
    ],
)
def test_entries_are_sorted_by_any_column(
    admin: httpx.Client, organisation: Organisation, field: str, direction: str
) -> None:
    found = entries(admin, sortBy=field, sortOrder=direction)
    values = [entry.get(field, "").lower() for entry in found]
    assert values == sorted(values, reverse=direction == "desc")
    assert len(found) == page(admin)["total"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"start": None}, "start"),
        ({"end": None}, "end"),
        ({"start": ""}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"end": "2026-13-01"}, "end"),
        ({"end": "2019-01-01"}, "start"),
        ({"numberOfSamples": "1001"}, "numberOfSamples"),
        ({"numberOfSamples": "-1"}, "numberOfSamples"),
        ({"numberOfSamples": "some"}, "numberOfSamples"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "x"}, "offset"),
        ({"sortBy": "cluster_name"}, "sortBy"),
        ({"sortBy": "colour"}, "sortBy"),
        ({"sortOrder": "sideways"}, "sortOrder"),
        ({"filterBy": "action==explode"}, "filterBy"),
        ({"filterBy": "subject_type==Person"}, "filterBy"),
        ({"filterBy": "http_method==GET"}, "filterBy"),
        ({"filterBy": "entity_id==1"}, "filterBy"),
        ({"filterBy": "timestamp=@2026"}, "filterBy"),
        ({"filterBy": "nonsense"}, "filterBy"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_parameter(
    admin: httpx.Client, asked: dict[str, str | None], field: str
) -> None:
    params = {name: value for name, value in {**ALWAYS, **asked}.items() if value is not None}
    answer = admin.get(LOG, params=params)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}: ")


def test_a_parameter_that_is_given_twice_is_refused(admin: httpx.Client) -> None:
    answer = admin.get(f"{LOG}?start=2020-01-01&start=2021-01-01&end=2100-01-01")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("start: ")


def test_wild_signs_in_a_filter_are_taken_as_they_are(
    admin: httpx.Client, organisation: Organisation
) -> None:
    for text in ("%", "_", "/", "' OR 1=1 --"):
        found = entries(admin, filterBy=f"entity_name=@{text}")
        assert all(text.lower() in entry["entity_name"].lower() for entry in found)

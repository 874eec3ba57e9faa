"""What older clients do on the wire: runapy 0.8.0, and scripts of its time.

Written down here, since two releases of one package cannot be installed beside each other.
"""

import json
from typing import Any

import httpx
import pytest

from tests.contract.ground import ACCESS_RULES, L1_RESEARCHER, SERVICE_ACCOUNTS, Account, Organisation


@pytest.fixture
def send(anonymous: httpx.Client, admin: httpx.Client) -> Any:
    """Sends JSON that no header announces."""

    def request(method: str, path: str, body: object) -> httpx.Response:
        headers = {"Authorization": admin.headers["Authorization"]}
        answer = anonymous.request(method, path, content=json.dumps(body), headers=headers)
        assert "content-type" not in answer.request.headers
        return answer

    return request


def test_json_needs_no_content_type_and_is_answered_with_json(send: Any, pipeline: Account) -> None:
    made = send("POST", SERVICE_ACCOUNTS, {"name": "of-an-older-script"})
    assert made.status_code == 201
    one = f"{SERVICE_ACCOUNTS}/{made.json()['id']}"
    changed = send("PATCH", one, {"enabled": False})
    assert changed.status_code == 200
    assert "application/json" in changed.headers["content-type"]
    assert changed.json() is not None
    assert send("DELETE", one, {}).content == b""


def test_a_rule_comes_with_the_cluster_of_its_scope(
    send: Any, pipeline: Account, organisation: Organisation
) -> None:
    for scope_type, scope_id, cluster in (
        ("cluster", organisation.b, organisation.b),
        ("project", organisation.b_projects[2], organisation.b),
        (
            "tenant",
            organisation.tenant,
            organisation.a,
        ),  # a client is set up for one cluster, and always says which
    ):
        made = send("POST", ACCESS_RULES, rule(pipeline, scope_type, scope_id, cluster))
        assert made.status_code == 201, made.text
        assert made.json().get("clusterId") == (None if scope_type == "tenant" else cluster)


def test_a_rule_in_another_cluster_than_it_says_is_refused(
    send: Any, pipeline: Account, organisation: Organisation
) -> None:
    refused = send(
        "POST", ACCESS_RULES, rule(pipeline, "project", organisation.b_projects[2], organisation.a)
    )
    assert refused.status_code == 400
    assert "clusterId" in refused.json()["message"]


def test_an_app_is_a_service_account(
    send: Any, admin: httpx.Client, pipeline: Account, organisation: Organisation
) -> None:
    wish = rule(pipeline, "project", organisation.b_projects[2], organisation.b)
    made = send("POST", ACCESS_RULES, {**wish, "subjectType": "app"})
    assert made.status_code == 201
    again = send("POST", ACCESS_RULES, {**wish, "subjectType": "service-account"})
    assert (again.status_code, "already exists" in again.json()["message"]) == (409, True)
    for name in ("app", "service-account"):
        query = {"subjectType": name, "subjectIds": pipeline.client_id}
        assert admin.get(ACCESS_RULES, params=query).json()["totalRecords"] == 4


@pytest.mark.parametrize("verbosity", ["full", "metadata"])
def test_a_query_may_say_its_verbosity_twice(
    verbosity: str, admin: httpx.Client, organisation: Organisation
) -> None:
    twice = f"/api/v1/clusters?verbosity={verbosity}&verbosity={verbosity}"
    assert {one["uuid"] for one in admin.get(twice).json()} >= {organisation.a, organisation.b}
    assert admin.get(f"/api/v1/clusters/{organisation.a}?verbosity={verbosity}").status_code == 200


def test_scripts_filter_rules_by_one_subject(admin: httpx.Client, pipeline: Account) -> None:
    found = admin.get(ACCESS_RULES, params={"subjectId": pipeline.client_id}).json()
    assert [one["id"] for one in found["accessRules"]] == list(pipeline.rule_ids)


def rule(account: Account, scope_type: str, scope_id: str, cluster_id: str) -> dict[str, Any]:
    return {
        "subjectId": account.client_id,
        "subjectType": "app",
        "roleId": L1_RESEARCHER,
        "scopeId": scope_id,
        "scopeType": scope_type,
        "clusterId": cluster_id,
    }

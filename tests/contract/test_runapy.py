"""How runapy's clients behave, whether one likes it or not, and what the server makes of it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from runai import models
from runai.configuration import Configuration
from urllib3.exceptions import MaxRetryError

from tests.contract.client import (
    AsynchronousClient,
    Client,
    Connect,
    SynchronousClient,
    ThreadedClient,
    configuration,
    refused,
)
from tests.contract.ground import ACCESS_RULES, L1_RESEARCHER, SERVICE_ACCOUNTS, Account, Organisation, give

LONG = 24 * 3600  # seconds; more than any token lives


@pytest.fixture
def rules(operator: Client, pipeline: Account) -> Client:
    """The client, beside an account with three rules."""
    return operator


def scopes(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [rule["scopeName"] for rule in answer["accessRules"]]


# Arguments


@pytest.mark.parametrize(
    ("order", "expected"),
    [("asc", ["b-one", "b-two", "cluster-a"]), ("desc", ["cluster-a", "b-two", "b-one"])],
)
def test_a_member_of_an_enumeration_is_taken_by_its_name(
    rules: Client, pipeline: Account, order: str, expected: list[str]
) -> None:
    answer = rules.access_rules.get_access_rules(
        subject_ids=[pipeline.client_id],
        sort_by=models.AccessRulesSortFilterFields.SCOPENAME,
        sort_order=order,
    )
    assert scopes(answer.data) == expected


def test_every_field_that_runapy_sorts_by_is_known(rules: Client) -> None:
    for field in models.AccessRulesSortFilterFields:
        assert rules.access_rules.get_access_rules(sort_by=field).status_code == 200
    for field in models.ProjectFilterSortFields:
        assert rules.projects.get_projects(sort_by=field).status_code == 200
    for field in models.DepartmentFilterSortFields:
        assert rules.departments.get_departments(sort_by=field).status_code == 200
    assert rules.departments.get_departments(verbosity=models.Verbosity.META).status_code == 200


def test_a_list_arrives_as_one_text_with_commas(rules: Client, pipeline: Account) -> None:
    wanted = [f"subjectId=={pipeline.client_id}", "scopeType==project", "roleName=@L1 res"]
    assert scopes(rules.access_rules.get_access_rules(filter_by=wanted).data) == ["b-one", "b-two"]
    names = [pipeline.client_id, "somebody.else"]
    assert len(scopes(rules.access_rules.get_access_rules(subject_ids=names).data)) == 3
    assert rules.access_rules.count_access_rules(filter_by=wanted).data == {"count": 2}


@pytest.fixture
def market(admin: httpx.Client, pipeline: Account) -> Iterator[str]:
    """A cluster with a comma and an `@` in its name, where the pipeline has a rule."""
    name = "Fruit, veg, fish @ market"
    cluster = admin.post("/api/v1/clusters", json={"name": name}).json()["uuid"]
    rule = give(admin, pipeline.client_id, L1_RESEARCHER, "cluster", cluster)
    yield name
    assert admin.delete(f"{ACCESS_RULES}/{rule}").status_code == 204
    assert admin.delete(f"/api/v1/clusters/{cluster}").is_success


def test_a_comma_in_a_value_does_not_end_its_filter(rules: Client, pipeline: Account, market: str) -> None:
    wanted = [f"scopeName=={market}", f"subjectId=={pipeline.client_id}"]
    assert scopes(rules.access_rules.get_access_rules(filter_by=wanted).data) == [market]


def test_a_date_may_come_without_an_offset_and_a_truth_as_a_word(rules: Client, pipeline: Account) -> None:
    rules.access_rules.delete_access_rule(pipeline.rule_ids[1])
    found = rules.access_rules.get_access_rules(
        subject_ids=[pipeline.client_id], include_deleted=True, last_updated="2021-12-14T16:04:15"
    )
    deleted = models.GetAccessRules200Response.from_dict(found.data).access_rules[1]
    assert deleted.deleted_at is not None
    assert deleted.status.phase == models.AccessRulePhase.DELETING
    with_offset = rules.access_rules.get_access_rules(
        subject_ids=[pipeline.client_id], include_deleted=False, last_updated="2021-12-14T16:04:15+02:00"
    )
    assert with_offset.data["totalRecords"] == 2


def test_underscores_become_hyphens_in_a_path_and_no_id_has_any(operator: Client) -> None:
    request = models.ServiceAccountCreationRequest(name="nightly_backup")
    made = operator.service_accounts.create_service_account(request).data
    assert "_" not in made["id"]
    assert operator.service_accounts.get_service_account_by_id(made["id"]).data["name"] == "nightly_backup"
    assert operator.service_accounts.delete_service_account_by_id(made["id"]).status_code == 204


def test_dates_go_in_as_they_come_out(operator: Client) -> None:
    now = datetime.now().astimezone()
    log = operator.audit_logs.get_audit_logs(start=now - timedelta(days=1), end=now + timedelta(hours=1))
    assert models.GetAuditLogs200Response.from_dict(log.data).audit_logs


# Tokens


@pytest.mark.parametrize("kind", [SynchronousClient, ThreadedClient])
def test_a_token_is_renewed_before_it_expires(kind: type[Client], server: str, pipeline: Account) -> None:
    """The margin is such that each call finds its token too old."""
    settings = configuration(server, pipeline.client_id, pipeline.secret, token_refresh_margin=LONG)
    with kind(settings) as client:
        tokens = {client.token}
        for _ in range(3):
            assert client.me.get_me_access_rules().status_code == 200
            tokens.add(client.token)
    assert len(tokens) == 4


def test_a_token_outlives_the_margin_by_far(connect: Connect, pipeline: Account) -> None:
    client = connect(pipeline.client_id, pipeline.secret)
    first = client.token
    assert client.me.get_me_access_rules().status_code == 200
    assert client.token == first


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_the_asynchronous_client_cannot_renew_its_token(server: str, pipeline: Account) -> None:
    """Whatever the server does: it asks for the new one without awaiting the answer. Hence no short lifetimes."""
    settings = configuration(server, pipeline.client_id, pipeline.secret, token_refresh_margin=LONG)
    with (
        AsynchronousClient(settings) as client,
        pytest.raises(AttributeError, match="'coroutine' object has no attribute 'read'"),
    ):
        client.me.get_me_access_rules()


def test_a_bearer_token_is_ignored_and_the_refusal_is_json(server: str) -> None:
    """It asks for a token all the same, with an id and a secret that are null."""
    settings = Configuration(bearer_token="a.b.c", runai_base_url=server)
    with pytest.raises(ValueError, match=r"Failed to get access token from response. Body=\{'code': 400"):
        SynchronousClient(settings)


def test_retries_hide_a_dead_token_but_end(admin: httpx.Client, server: str, pipeline: Account) -> None:
    with SynchronousClient(configuration(server, pipeline.client_id, pipeline.secret)) as client:
        assert admin.post(f"{SERVICE_ACCOUNTS}/{pipeline.id}/secret").status_code == 200
        with pytest.raises(MaxRetryError, match="too many 401 error responses"):
            client.me.get_me_access_rules()


# Bodies


def test_a_post_without_a_body_is_not_malformed(operator: Client, pipeline: Account) -> None:
    answer = operator.service_accounts.regenerate_service_account_secret(pipeline.id)
    assert models.RegenerateServiceAccountSecretResponse.from_dict(answer.data).client_secret


def test_a_refusal_has_the_shape_that_runapy_knows(
    connect: Connect, pipeline: Account, organisation: Organisation
) -> None:
    caller = connect(pipeline.client_id, pipeline.secret)
    with refused(403) as forbidden:
        caller.clusters.delete_cluster(organisation.a)
    with refused(404) as unknown:
        caller.clusters.get_cluster_by_uuid(organisation.b)
    for refusal in (forbidden, unknown):
        error = models.Error.from_dict(json.loads(refusal.body))
        assert error.code == refusal.status
        assert error.message

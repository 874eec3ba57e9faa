"""The main job as the real client tells it: an account is made, given access, earns tokens, is held to its scope, ends.

Each test is a chapter about an account of the same name, told by each of runapy's clients.
"""

import base64
import json
from collections.abc import Iterator

import pytest
from runai import models

from tests.contract.client import Client, Connect, refused
from tests.contract.ground import L1_RESEARCHER, PIPELINE, Account, Organisation


@pytest.fixture
def pipeline(operator: Client, organisation: Organisation) -> Iterator[Account]:
    """Made and given its access by runapy itself."""
    account = create(operator)
    scopes = [("cluster", organisation.a), *(("project", one) for one in organisation.b_projects[:2])]
    rules = tuple(give(operator, kind, scope_id) for kind, scope_id in scopes)
    yield account._replace(rule_ids=rules)
    for one in operator.service_accounts.get_service_accounts().data:
        if one["name"] == PIPELINE:
            operator.service_accounts.delete_service_account_by_id(one["id"])


def test_its_secret_is_told_when_it_is_made_and_never_again(operator: Client, pipeline: Account) -> None:
    assert pipeline.client_id == PIPELINE
    assert pipeline.secret.startswith("ksk_")
    shown = operator.service_accounts.get_service_account_by_id(pipeline.id).data
    assert pipeline.secret not in json.dumps(shown)
    assert models.ServiceAccount.from_dict(shown).last_login is None
    with refused(409) as refusal:
        create(operator)
    assert "already exists" in refusal.body


def test_it_is_given_a_role_in_a_cluster_and_in_two_projects_of_another(
    operator: Client, pipeline: Account, organisation: Organisation
) -> None:
    rules = rules_of(operator, PIPELINE)
    assert {(rule.role_name, rule.scope_type.value, rule.scope_name) for rule in rules} == {
        ("L1 researcher", "cluster", "cluster-a"),
        ("L1 researcher", "project", "b-one"),
        ("L1 researcher", "project", "b-two"),
    }
    assert {rule.cluster_id for rule in rules} == {organisation.a, organisation.b}
    with refused(409) as refusal:
        give(operator, "cluster", organisation.a)
    assert "already exists" in refusal.body


def test_what_it_may_it_is_answered(connect: Connect, pipeline: Account, organisation: Organisation) -> None:
    caller = connect(PIPELINE, pipeline.secret)
    assert [one["uuid"] for one in caller.clusters.get_clusters().data] == [organisation.a]
    assert caller.clusters.get_cluster_by_uuid(organisation.a).data["name"] == "cluster-a"
    seen = caller.projects.get_projects().data["projects"]
    assert {one["id"] for one in seen} == {organisation.a_project, *organisation.b_projects[:2]}
    assert caller.projects.get_project(organisation.b_projects[0]).status_code == 200
    own = caller.me.get_me_access_rules().data["accessRules"]
    assert {one["id"] for one in own["accessRules"]} == set(pipeline.rule_ids)


def test_what_it_may_not_is_forbidden(
    connect: Connect, pipeline: Account, organisation: Organisation
) -> None:
    caller = connect(PIPELINE, pipeline.secret)
    with refused(403):
        caller.service_accounts.get_service_accounts()
    with refused(403):
        create(caller)
    with refused(403):
        caller.clusters.delete_cluster(organisation.a)
    with refused(403):
        caller.projects.delete_project(organisation.b_projects[0])
    with refused(403):
        caller.departments.get_departments()  # a researcher has no view of departments
    with refused(403):
        give(caller, "project", organisation.b_projects[0])


def test_what_it_may_not_even_see_is_not_found(
    connect: Connect, pipeline: Account, organisation: Organisation
) -> None:
    caller = connect(PIPELINE, pipeline.secret)
    with refused(404) as unknown:
        caller.projects.get_project("00000000-0000-4000-8000-000000000000")
    with refused(404) as hidden:
        caller.projects.get_project(organisation.b_projects[2])
    assert hidden.body == unknown.body
    with refused(404):
        caller.projects.delete_project(organisation.b_projects[2])
    with refused(404):
        caller.departments.get_department(organisation.a_department)
    with refused(404):
        caller.service_accounts.get_service_account_by_id(pipeline.id)


def test_a_rule_that_is_taken_away_is_forgotten_at_once(
    operator: Client, connect: Connect, pipeline: Account, organisation: Organisation
) -> None:
    caller = connect(PIPELINE, pipeline.secret)
    assert caller.clusters.get_cluster_by_uuid(organisation.a).status_code == 200
    assert operator.access_rules.delete_access_rule(pipeline.rule_ids[0]).status_code == 204
    with refused(404):
        caller.clusters.get_cluster_by_uuid(organisation.a)
    assert len(caller.projects.get_projects().data["projects"]) == 2


def test_its_last_login_is_told(operator: Client, connect: Connect, pipeline: Account) -> None:
    caller = connect(PIPELINE, pipeline.secret)
    account = models.ServiceAccount.from_dict(
        operator.service_accounts.get_service_account_by_id(pipeline.id).data
    )
    assert account.last_login >= account.created_at
    assert abs(account.last_login.timestamp() - claims(caller.token)["iat"]) <= 1


def test_a_new_secret_ends_the_old_one_and_every_token_that_it_earned(
    operator: Client, connect: Connect, pipeline: Account
) -> None:
    before = connect(PIPELINE, pipeline.secret)
    answer = operator.service_accounts.regenerate_service_account_secret(pipeline.id).data
    with refused(401):
        before.clusters.get_clusters()
    with pytest.raises(ValueError, match="Failed to get access token"):
        connect(PIPELINE, pipeline.secret)
    after = connect(PIPELINE, answer["clientSecret"])
    assert after.clusters.get_clusters().status_code == 200


def test_disabling_ends_its_tokens_and_enabling_brings_none_of_them_back(
    operator: Client, connect: Connect, pipeline: Account
) -> None:
    before = connect(PIPELINE, pipeline.secret)
    enable(operator, pipeline, False)
    with refused(401):
        before.me.get_me_access_rules()
    with pytest.raises(ValueError, match="Failed to get access token"):
        connect(PIPELINE, pipeline.secret)
    enable(operator, pipeline, True)
    with refused(401):
        before.me.get_me_access_rules()
    after = connect(PIPELINE, pipeline.secret)
    assert after.me.get_me_access_rules().data["accessRules"]["totalRecords"] == 3


def test_deleting_takes_its_rules_along_and_its_namesake_inherits_nothing(
    operator: Client, connect: Connect, pipeline: Account
) -> None:
    before = connect(PIPELINE, pipeline.secret)
    assert operator.service_accounts.delete_service_account_by_id(pipeline.id).status_code == 204
    with refused(404):
        operator.service_accounts.get_service_account_by_id(pipeline.id)
    assert rules_of(operator, PIPELINE) == []

    namesake = create(operator)
    assert namesake.id != pipeline.id
    with refused(401):
        before.clusters.get_clusters()
    with pytest.raises(ValueError, match="Failed to get access token"):
        connect(PIPELINE, pipeline.secret)
    after = connect(PIPELINE, namesake.secret)
    assert after.me.get_me_access_rules().data["accessRules"]["totalRecords"] == 0
    with refused(403):
        after.clusters.get_clusters()


def create(client: Client) -> Account:
    request = models.ServiceAccountCreationRequest(name=PIPELINE)
    made = models.ServiceAccountPostResponse.from_dict(
        client.service_accounts.create_service_account(request).data
    )
    return Account(made.id, made.client_id, made.client_secret, ())


def give(client: Client, scope_type: str, scope_id: str) -> int:
    fields = models.AccessRuleCreationFields(
        subject_id=PIPELINE,
        subject_type=models.SubjectType.SERVICE_MINUS_ACCOUNT,
        role_id=L1_RESEARCHER,
        scope_id=scope_id,
        scope_type=scope_type,
    )
    answer = client.access_rules.create_access_rule(fields)
    assert answer.status_code == 201
    return int(models.AccessRule.from_dict(answer.data).id)


def enable(client: Client, account: Account, enabled: bool) -> None:
    request = models.ServiceAccountPatchRequest(enabled=enabled)
    client.service_accounts.update_service_account_by_id(account.id, request)


def rules_of(client: Client, client_id: str) -> list[models.AccessRule]:
    answer = client.access_rules.get_access_rules(subject_ids=[client_id], subject_type="service-account")
    return list(models.GetAccessRules200Response.from_dict(answer.data).access_rules)


def claims(token: str) -> dict[str, int]:
    payload = token.split(".")[1]
    found: dict[str, int] = json.loads(base64.b64decode(payload + "=="))
    return found

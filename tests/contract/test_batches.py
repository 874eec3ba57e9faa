"""Many access rules at once, as runapy's clients ask for them: ids are texts there, and every answer fits a model."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from runai import models

from tests.contract.client import Client, Connect, refused
from tests.contract.ground import ACCESS_RULES, L1_RESEARCHER, SYSTEM_ADMINISTRATOR, Account, Organisation

NO_RULE = "2147483647"


def create(
    client: Client, role: int, subjects: Sequence[tuple[str, str]], scopes: Sequence[tuple[str, str]]
) -> Any:
    payload = models.AccessRulesBatchCreateFieldsPayload(
        role_id=role,
        subjects=[
            models.AccessRuleSubjectsInner(subject_id=name, subject_type=kind) for name, kind in subjects
        ],
        scopes=[models.AccessRuleScopesInner(scope_id=place, scope_type=level) for place, level in scopes],
    )
    answer = client.access_rules.access_rules_batch_create(
        models.AccessRulesBatchCreateFields(payload=payload)
    )
    assert answer.status_code == 200
    return models.AccessRulesBatchCreateResponse.from_dict(answer.data)


def end(client: Client, ids: Sequence[str], action: str = "delete") -> Any:
    fields = models.AccessRulesBatchFields(ids=list(ids), action=action)
    answer = client.access_rules.access_rules_batch(fields)
    assert answer.status_code == 200
    return models.AccessRuleDeletionBatchResponse.from_dict(answer.data)


def test_rules_are_made_validated_and_ended(
    operator: Client, admin: httpx.Client, pipeline: Account, organisation: Organisation
) -> None:
    subjects = [
        (pipeline.client_id, "service-account"),
        ("somebody@example.org", "user"),
        ("some group", "group"),
    ]
    scopes = [(organisation.a_project, "project"), (organisation.b, "cluster")]
    made = create(operator, L1_RESEARCHER, subjects, scopes)
    assert [(rule.subject_id, rule.scope_id) for rule in made.succeeded] == [
        (name, place) for name, _ in subjects for place, _ in scopes
    ]
    assert made.failed == []

    ids = [str(rule.id) for rule in made.succeeded]
    for action, left in (("validate_delete", 200), ("delete", 404)):
        told = end(operator, [*ids, NO_RULE], action)
        assert told.succeeded == ids
        assert [(one.id, one.code) for one in told.failed] == [(NO_RULE, 404)]
        assert {admin.get(f"{ACCESS_RULES}/{one}").status_code for one in ids} == {left}
    listed = operator.access_rules.get_access_rules(
        subject_ids=["somebody@example.org"], include_deleted=True
    )
    rules = models.GetAccessRules200Response.from_dict(listed.data).access_rules
    assert {rule.status.phase for rule in rules} == {models.AccessRulePhase.DELETING}
    assert all(rule.deleted_at for rule in rules)


def test_what_fails_is_told_each_in_the_contracts_words(
    operator: Client, pipeline: Account, organisation: Organisation
) -> None:
    subjects = [(pipeline.client_id, "app"), ("no-such-account", "app")]
    made = create(
        operator, L1_RESEARCHER, subjects, [(organisation.a, "cluster"), (organisation.b, "tenant")]
    )
    assert made.succeeded == []
    assert [(one.code, one.payload.subject_id, one.payload.scope_id) for one in made.failed] == [
        (409, pipeline.client_id, organisation.a),
        (400, pipeline.client_id, organisation.b),
        (404, "no-such-account", organisation.a),
        (400, "no-such-account", organisation.b),
    ]
    assert "already exists" in made.failed[0].message


def test_nobody_rises_by_a_batch(
    connect: Connect, pipeline: Account, operator: Client, organisation: Organisation
) -> None:
    """The pipeline gives nothing, also in a batch; nor does it end what it does not see."""
    client = connect(pipeline.client_id, pipeline.secret)
    with refused(403):
        create(
            client,
            SYSTEM_ADMINISTRATOR,
            [(pipeline.client_id, "service-account")],
            [(organisation.a, "cluster")],
        )
    with refused(403):
        end(client, [str(pipeline.rule_ids[0])])
    assert operator.access_rules.get_access_rule(pipeline.rule_ids[0]).status_code == 200


@pytest.mark.parametrize("ids", [["one"], ["9f55255e-11ed-47c7-acef-fc4054768dbc"], ["-1", ""]])
def test_ids_that_no_rule_has_come_back_as_they_were(operator: Client, ids: list[str]) -> None:
    told = end(operator, ids)
    assert (told.succeeded, [(one.id, one.code) for one in told.failed]) == ([], [(one, 404) for one in ids])

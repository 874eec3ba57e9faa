"""schemathesis asks whatever the contract's file, and our own description, allow and forbid.

Every answer is one that the document declares, of the schema that it declares, and none is a defect of ours. What the
contract itself gets wrong is listed in docs/reference/compatibility.md, and only there.

`make test-full` asks more.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import JsonSchemaError, UndefinedContentType, UndefinedStatusCode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.test_compatibility import EVERYWHERE, mismatches, statuses
from tests.api.test_description import CONTRACT
from tests.fuzz.conftest import CALLERS, PROGRAM, Callers

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES: Final = 20 if "KEYSTEAD_TEST_FULL" in os.environ else 1
# What would change the rules for everything that is asked after it: a program asks it, on a server of its own.
LEFT_OUT: Final = {"update_second_factor_setting", "rotate_signing_keys"}
# schemathesis tries ids that answers told: who may do everything could end themselves.
ENDS_WHOEVER_ASKS: Final = {"reset_user_password", "update_user_by_id", "delete_user_by_id"}
Json = dict[str, Any]


def document(name: str, url: str) -> Json:
    if name == "own":
        found: Json = httpx.get(f"{url}/api/openapi.json").json()
        return found
    if not CONTRACT.is_file():
        pytest.skip("the contract's file is not beside this checkout")
    contract: Json = json.loads(CONTRACT.read_text())
    return contract


def operations(raw: Json) -> Iterator[tuple[str, Any]]:
    """Each with its id."""
    for found in schemathesis.openapi.from_dict(raw).get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # an Err would fail here, as it should
        yield operation.definition.raw.get("operationId", ""), operation


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", ["contract", "own"])
def test_every_answer_is_as_the_document_has_it(name: str, caller: str, callers: Callers) -> None:
    headers, found = callers.headers(caller), list[str]()
    left_out = LEFT_OUT | (ENDS_WHOEVER_ASKS if caller == "administrator" else set())
    for operation_id, operation in operations(document(name, callers.url)):
        if operation_id in left_out:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if not callers.is_alive(headers):
                headers = callers.headers(caller)
            found += asked(operation, mode, callers.url, headers, is_contract=name == "contract")
    assert found == []
    assert callers.faults() == []


@pytest.mark.parametrize("name", ["contract", "own"])
def test_what_changes_the_rules_for_others_or_ends_people_is_asked_alone(
    name: str, callers_alone: Callers
) -> None:
    """By a program with all that an administrator holds: whatever becomes of people, it goes on."""
    headers, found, names = callers_alone.headers(PROGRAM), list[str](), set[str]()
    for operation_id, operation in operations(document(name, callers_alone.url)):
        if operation_id in LEFT_OUT | ENDS_WHOEVER_ASKS:
            names.add(operation_id)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                found += asked(operation, mode, callers_alone.url, headers, is_contract=name == "contract")
    assert found == []
    assert callers_alone.faults() == []
    assert callers_alone.is_alive(headers)
    if name == "own":
        assert names == LEFT_OUT | ENDS_WHOEVER_ASKS


def asked(
    operation: Any, mode: GenerationMode, url: str, headers: dict[str, str], *, is_contract: bool
) -> list[str]:
    """What is wrong with the answers to some requests, of which nothing is excused."""
    wrong: dict[str, str] = {}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    def ask(case: Any) -> None:
        response = case.call(base_url=url, headers=headers)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                if not (is_contract and is_known(operation.label, failure)):
                    wrong[f"{operation.label}: {failure.title} {response.status_code}"] = str(failure)

    # Of what takes nothing, nothing can be wrong.
    with contextlib.suppress(Unsatisfiable):
        ask()
    return [f"{title}\n{text}" for title, text in wrong.items()]


def is_known(label: str, failure: Failure) -> bool:
    """Whether the page about compatibility says that the contract is wrong there."""
    if isinstance(failure, UndefinedStatusCode):
        known = statuses("Statuses that the contract does not declare").get(str(failure.status_code), set())
        return EVERYWHERE in known or label in known
    if isinstance(failure, JsonSchemaError | UndefinedContentType):
        return label in mismatches()
    return False

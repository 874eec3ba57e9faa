"""schemathesis goes on with what answers told: makes, reads, changes and deletes, along the links of a document.

Those of our own description, and those that it infers from the schemas of either.
"""

import contextlib
import os
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from schemathesis.core.failures import FailureGroup

from tests.fuzz.conftest import CALLERS, Callers
from tests.fuzz.test_fuzzed import CHECKS, ENDS_WHOEVER_ASKS, LEFT_OUT, document, is_known

SEEDS: Final = range(20 if "KEYSTEAD_TEST_FULL" in os.environ else 2)
SCENARIOS: Final = 4  # of each seed
STEPS: Final = 12
PLAY: Final = settings(
    max_examples=SCENARIOS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", ["contract", "own"])
def test_every_answer_along_the_links_is_as_the_document_has_it(
    name: str, caller: str, callers_alone: Callers
) -> None:
    callers, asking = callers_alone, callers_alone.headers(caller)
    wrong: dict[str, str] = {}
    asked: list[str] = []
    went_well: set[str] = set()
    left_out = LEFT_OUT | (ENDS_WHOEVER_ASKS if caller == "administrator" else set())
    schema = schemathesis.openapi.from_dict(document(name, callers.url))
    base: Any = schema.exclude(operation_id=sorted(left_out)).as_state_machine()

    class Linked(base):  # type: ignore[misc]  # made while it runs
        def setup(self) -> None:
            nonlocal asking
            if not callers.is_alive(asking):
                asking = callers.headers(caller)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": callers.url, "headers": asking}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            label = case.operation.label
            asked.append(label)
            if response.status_code < 300:
                went_well.add(label)
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as group:
                for failure in group.exceptions:
                    if not (name == "contract" and is_known(label, failure)):
                        wrong[f"{label}: {failure.title} {response.status_code}"] = str(failure)

    for number in SEEDS:
        seed(number)(Linked)
        # The server remembers what earlier scenarios made, which Hypothesis, seeing the same choices lead elsewhere,
        # calls flaky: the rest of this seed's scenarios is not played. What was wrong till then is kept.
        with contextlib.suppress(Flaky):
            Linked.run(settings=PLAY)
    assert [f"{title}\n{text}" for title, text in wrong.items()] == []
    assert callers.faults() == []
    assert len(asked) >= len(SEEDS) * STEPS
    if caller == "administrator":
        assert any("{" in label for label in went_well), "no link led to anything"

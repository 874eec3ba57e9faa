"""The API of many rules at once. Its answer is a 200 that reports each, also when all failed."""

from typing import Any, Final

from keystead.access_rules.actions import NewRule
from keystead.access_rules.batch import MOST, Failed, RuleBatches
from keystead.access_rules.http import MAX_RULE_ID, TAG, RuleAnswers
from keystead.access_rules.listing import RuleListing
from keystead.access_rules.model import require_subject_type
from keystead.access_rules.wire import (
    AccessRuleDeletionBatchResponse,
    AccessRuleDeletionBatchResponseFailureItem,
    AccessRulesBatchCreateFields,
    AccessRulesBatchCreateResponse,
    AccessRulesBatchFields,
    AccessRulesBatchPayload,
    AskedAccessRule,
    FailedAccessRule,
)
from keystead.authz.vocabulary import ACCESS_RULES, Action
from keystead.kit.errors import KeysteadError, bad_input, not_found
from keystead.kit.ids import new_id
from keystead.web.errors import status_of
from keystead.web.pipeline import Answer, Request, Route, anywhere, require_choice
from keystead.web.wire import SCOPE_TYPES

_PATH: Final = "/api/v1/authorization/access-rules"
_ACTIONS: Final = ("delete", "validate_delete")


class RuleBatchesHttp:
    def __init__(self, batches: RuleBatches, listing: RuleListing, answers: RuleAnswers) -> None:
        self._batches = batches
        self._listing = listing
        self._answers = answers

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path=_PATH + "/batch-create",
                operation_id="access_rules_batch_create",
                access=anywhere(Action.CREATE, ACCESS_RULES),
                handler=self.create,
                tag=TAG,
                summary="Create many access rules",
                description=(
                    "One for each subject in each scope. The answer is a 200 that reports each, also when all failed: "
                    "those that could be made were."
                ),
                body=AccessRulesBatchCreateFields,
                answers={200: AccessRulesBatchCreateResponse},
            ),
            Route(
                method="POST",
                path=_PATH + "/batch",
                operation_id="access_rules_batch",
                access=anywhere(Action.DELETE, ACCESS_RULES),
                handler=self.delete,
                tag=TAG,
                summary="Delete many access rules",
                description=(
                    "The answer is a 200 that reports each, also when all failed. `validate_delete` reports the same "
                    "and deletes nothing."
                ),
                body=AccessRulesBatchFields,
                answers={200: AccessRuleDeletionBatchResponse},
            ),
        ]

    async def create(self, request: Request) -> Answer:
        report = await self._batches.create(request.actor(), _wishes(request.body.payload))
        made = await self._listing.rows_of(report.succeeded)
        failed = [
            FailedAccessRule(AskedAccessRule(*one.wish), status_of(one.error), one.error.message)
            for one in report.failed
        ]
        answers = [self._answers.answer(row, request.grants()) for row in made]
        return Answer(200, AccessRulesBatchCreateResponse(answers, failed))

    async def delete(self, request: Request) -> Answer:
        body: AccessRulesBatchFields = request.body
        action = require_choice("action", body.action, _ACTIONS)
        ids, unusable = _rule_ids(body.ids)
        work = self._batches.delete if action == "delete" else self._batches.validate_delete
        report = await work(request.actor(), ids)
        failed = [*unusable, *(_failed_id(str(one.wish), one) for one in report.failed)]
        return Answer(
            200, AccessRuleDeletionBatchResponse(new_id(), [str(pk) for pk in report.succeeded], failed)
        )


def _wishes(payload: AccessRulesBatchPayload) -> list[NewRule]:
    """Every subject in every scope."""
    for field, items in (("payload.subjects", payload.subjects), ("payload.scopes", payload.scopes)):
        if not items:
            raise bad_input(field, "must name at least one.")
    if len(payload.subjects) * len(payload.scopes) > MOST:
        raise bad_input("payload", f"asks for more than {MOST} rules: subjects times scopes.")
    # A report repeats what was asked for, in the contract's words: other words cannot come back, and are refused.
    for index, subject in enumerate(payload.subjects):
        require_subject_type(subject.subject_type, f"payload.subjects[{index}].subjectType")
    levels = [
        require_choice(f"payload.scopes[{index}].scopeType", scope.scope_type, SCOPE_TYPES)
        for index, scope in enumerate(payload.scopes)
    ]
    return [
        NewRule(
            subject.subject_id,
            subject.subject_type,
            payload.role_id,
            scope.scope_id,
            level,
            payload.cluster_id,
        )
        for subject in payload.subjects
        for scope, level in zip(payload.scopes, levels, strict=True)
    ]


def _rule_ids(given: list[int | str]) -> tuple[list[int], list[AccessRuleDeletionBatchResponseFailureItem]]:
    """The ids as numbers, each once, and those that can be none: the contract declares UUIDs, which no rule has."""
    if not given:
        raise bad_input("ids", "must name at least one rule.")
    if len(given) > MOST:
        raise bad_input("ids", f"must be at most {MOST}.")
    texts = dict.fromkeys(str(one) for one in given)
    usable = {text: int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 10}
    ids = [number for number in usable.values() if number <= MAX_RULE_ID]
    unknown = not_found("Access rule")
    return list(dict.fromkeys(ids)), [
        AccessRuleDeletionBatchResponseFailureItem(text[:64], status_of(unknown), unknown.message)
        for text in texts
        if usable.get(text, MAX_RULE_ID + 1) > MAX_RULE_ID
    ]


def _failed_id(rule_id: str, failed: Failed[Any]) -> AccessRuleDeletionBatchResponseFailureItem:
    error: KeysteadError = failed.error
    return AccessRuleDeletionBatchResponseFailureItem(rule_id, status_of(error), error.message)

"""The API of access rules, and what the caller may do."""

from collections.abc import Sequence

import msgspec

from keystead.access_rules.actions import READ, AccessRules, NewRule
from keystead.access_rules.explain import Explainer, Question
from keystead.access_rules.index import group_key
from keystead.access_rules.listing import RuleListing, Wanted
from keystead.access_rules.model import DELETING, FIELDS, READY, require_subject_type
from keystead.authz.policy import Grants
from keystead.authz.tree import LEVEL_BY_WORD, Level, level_of
from keystead.authz.visibility import EVERYTHING
from keystead.authz.vocabulary import (
    ACCESS_RULES,
    ACTION_BY_WORD,
    ACTIONS,
    RESOURCE_TYPES,
    Action,
    Permission,
    require_resource_type,
    words_of,
)
from keystead.db.connection import Reader, Row
from keystead.kit.clock import format_optional, format_utc, parse_utc
from keystead.kit.errors import bad_input, not_found
from keystead.kit.ids import canonical_id
from keystead.org_units.scopes import scope_path, scopes_at
from keystead.roles.model import RoleTable
from keystead.web.params import read_query, single
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route, anywhere, on_object, require_choice

_PATH = "/api/v1/authorization/access-rules"
_ME = "/api/v1/authorization/me/access-rules"
MAX_RULE_ID = 2**31 - 1


class CreateBody(msgspec.Struct, rename="camel"):
    subject_id: str
    subject_type: str
    role_id: int
    scope_id: str
    scope_type: str
    cluster_id: str | None = None


class PermittedScopesBody(msgspec.Struct, rename="camel"):
    resource_type: str
    action: str | None = None


class ExplainBody(msgspec.Struct, rename="camel"):
    subject_type: str
    subject_id: str
    action: str
    resource_type: str
    scope_id: str
    scope_type: str | None = None


class StatusAnswer(msgspec.Struct, rename="camel"):
    phase: str
    message: str = ""
    details: str = ""


class RuleAnswer(msgspec.Struct, rename="camel", omit_defaults=True):
    id: int
    subject_id: str
    subject_type: str
    role_id: int
    role_name: str
    scope_id: str
    scope_type: str
    scope_name: str
    tenant_id: int
    created_at: str
    updated_at: str
    created_by: str
    status: StatusAnswer
    cluster_id: str | None = None
    deleted_at: str | None = None
    scope_path: str | None = None


class RoleNameAnswer(msgspec.Struct, rename="camel"):
    id: int
    name: str


class ExplainAnswer(msgspec.Struct, rename="camel"):
    """`complete` false: rules above or beside the asker's scopes were not considered.

    `rules` allow it, each with the path of its scope; without any, `missing` names the permission and
    `rolesThatWouldAllow` those that give it. `subjectEnabled` false: the rules may say what they like.
    """

    allowed: bool
    complete: bool
    subject_enabled: bool
    scope_path: str
    rules: list[RuleAnswer]
    missing: list[str]
    roles_that_would_allow: list[RoleNameAnswer]


class ScopesAnswer(msgspec.Struct, rename="camel", omit_defaults=True):
    system: bool
    tenants: list[str]
    clusters: list[str]
    departments: list[str]
    projects: list[str]
    tenant: str | None = None


class RuleAnswers:
    """A rule as the API shows it."""

    def __init__(self, roles: RoleTable, tenant_id: int) -> None:
        self._roles = roles
        self._tenant_id = tenant_id

    def answer(self, row: Row) -> RuleAnswer:
        return RuleAnswer(
            id=row["pk"],
            subject_id=row["subject_name"],
            subject_type=row["subject_type"],
            role_id=row["role_id"],
            role_name=self._roles.name(row["role_id"]),
            scope_id=row["scope_id"],
            scope_type=level_of(row["scope_code"]).word,
            scope_name=row["scope_name"],
            tenant_id=self._tenant_id,
            created_at=format_utc(row["created_at"]),
            updated_at=format_utc(row["updated_at"]),
            created_by=row["created_by"],
            status=StatusAnswer(READY if row["deleted_at"] is None else DELETING),
            cluster_id=row["cluster_id"],
            deleted_at=format_optional(row["deleted_at"]),
        )


class AccessRulesHttp:
    def __init__(
        self,
        rules: AccessRules,
        listing: RuleListing,
        explainer: Explainer,
        reader: Reader,
        answers: RuleAnswers,
    ) -> None:
        self._rules = rules
        self._listing = listing
        self._explainer = explainer
        self._reader = reader
        self._answers = answers

    def routes(self) -> list[Route]:
        read = anywhere(Action.READ, ACCESS_RULES)
        one = _PATH + "/{accessRuleId}"
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_access_rules",
                access=read,
                handler=self.list_rules,
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_access_rule",
                access=anywhere(Action.CREATE, ACCESS_RULES),
                handler=self.create,
                body=CreateBody,
            ),
            Route(
                method="GET",
                path=_PATH + "/count",
                operation_id="count_access_rules",
                access=read,
                handler=self.count,
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_access_rule",
                access=on_object(Action.READ, ACCESS_RULES),
                handler=self.get,
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_access_rule",
                access=on_object(Action.DELETE, ACCESS_RULES),
                handler=self.delete,
            ),
            Route(
                method="GET",
                path=_ME,
                operation_id="get_me_access_rules",
                access=SIGNED_IN,
                handler=self.list_own,
            ),
            Route(
                method="GET",
                path=_ME + "/count",
                operation_id="count_me_access_rules",
                access=SIGNED_IN,
                handler=self.count_own,
            ),
            Route(
                method="GET",
                path="/api/v1/authorization/permissions",
                operation_id="get_permissions",
                access=SIGNED_IN,
                handler=self.permissions,
            ),
            Route(
                method="POST",
                path="/api/v1/authorization/permitted-scopes",
                operation_id="get_permitted_scopes",
                access=SIGNED_IN,
                handler=self.permitted_scopes,
                body=PermittedScopesBody,
            ),
            Route(
                method="POST",
                path="/api/v1/authorization/explain",
                operation_id="explain_access",
                access=on_object(Action.READ, ACCESS_RULES),
                handler=self.explain,
                body=ExplainBody,
            ),
        ]

    async def list_rules(self, request: Request) -> Answer:
        query = read_query(request.query, FIELDS, default_limit=50, max_limit=500)
        rows, total = await self._listing.page(request.visibility(READ), query, _wanted(request))
        return Answer(200, self._list_answer(rows, total))

    async def count(self, request: Request) -> Answer:
        query = read_query(request.query, FIELDS, default_limit=50, max_limit=500)
        return Answer(
            200, {"count": await self._listing.count(request.visibility(READ), query, _wanted(request))}
        )

    async def get(self, request: Request) -> Answer:
        row = await self._listing.find(request.visibility(READ), _rule_id(request))
        if row is None:
            raise not_found("Access rule")
        return Answer(200, await self._with_path(row))

    async def create(self, request: Request) -> Answer:
        body: CreateBody = request.body
        pk = await self._rules.create(
            request.actor(),
            NewRule(
                body.subject_id,
                body.subject_type,
                body.role_id,
                body.scope_id,
                body.scope_type,
                body.cluster_id,
            ),
        )
        row = await self._listing.find(EVERYTHING, pk)
        return Answer(201, self._answers.answer(row) if row else {"id": pk})

    async def delete(self, request: Request) -> Answer:
        await self._rules.delete(request.actor(), _rule_id(request))
        return Answer(204)

    async def list_own(self, request: Request) -> Answer:
        query = read_query(request.query, FIELDS, default_limit=50, max_limit=500)
        rows, total = await self._listing.own_page(_own_keys(request), query)
        return Answer(200, {"accessRules": self._list_answer(rows, total)})

    async def count_own(self, request: Request) -> Answer:
        query = read_query(request.query, FIELDS, default_limit=50, max_limit=500)
        return Answer(200, {"count": await self._listing.own_count(_own_keys(request), query)})

    async def permissions(self, request: Request) -> Answer:
        """Everything that the caller may do in some scope or other."""
        mask = request.grants().mask_anywhere()
        return Answer(
            200,
            [
                {
                    "resourceType": resource.name,
                    "displayName": resource.display_name,
                    "groupId": resource.group_id,
                    "actions": words_of(mask, resource),
                }
                for resource in RESOURCE_TYPES
            ],
        )

    async def permitted_scopes(self, request: Request) -> Answer:
        """The highest scopes in which the caller may act on a resource type: all four actions, whichever was asked."""
        body: PermittedScopesBody = request.body
        resource = require_resource_type("resourceType", body.resource_type)
        if body.action is not None:
            require_choice("action", body.action, [action.word for action in ACTIONS])
        grants = request.grants()
        return Answer(
            200, {action.word: await self._scopes(grants, Permission(action, resource)) for action in ACTIONS}
        )

    async def explain(self, request: Request) -> Answer:
        """Why a subject may, or may not, do something somewhere."""
        body: ExplainBody = request.body
        action = require_choice("action", body.action, list(ACTION_BY_WORD))
        question = Question(
            body.subject_type,
            body.subject_id,
            ACTION_BY_WORD[action],
            require_resource_type("resourceType", body.resource_type),
            body.scope_id,
            body.scope_type,
        )
        found = await self._explainer.explain(request.caller.subject, request.grants(), question)
        deciding = [await self._with_path(row) for row in found.rules]
        return Answer(
            200,
            ExplainAnswer(
                found.allowed,
                found.complete,
                found.enabled,
                await scope_path(self._reader, found.scope.code),
                deciding,
                [] if found.rules else [f"{action} {question.resource.name}"],
                [RoleNameAnswer(role.id, role.name) for role in found.roles_that_would],
            ),
        )

    async def _with_path(self, row: Row) -> RuleAnswer:
        answer = self._answers.answer(row)
        answer.scope_path = await scope_path(self._reader, row["scope_code"])
        return answer

    async def _scopes(self, grants: Grants, permission: Permission) -> ScopesAnswer:
        ids: dict[Level, list[str]] = {level: [] for level in Level}
        for scope in await scopes_at(self._reader, grants.top_codes(permission)):
            ids[scope.level].append(scope.id)
        tenants = ids[Level.TENANT]
        return ScopesAnswer(
            False,
            tenants,
            ids[Level.CLUSTER],
            ids[Level.DEPARTMENT],
            ids[Level.PROJECT],
            tenants[0] if tenants else None,
        )

    def _list_answer(self, rows: Sequence[Row], total: int) -> dict[str, object]:
        return {
            "totalRecords": total,
            "displayRecords": len(rows),
            "accessRules": [self._answers.answer(row) for row in rows],
        }


def _own_keys(request: Request) -> list[str]:
    caller = request.caller
    return [caller.subject.id, *(group_key(name) for name in caller.groups)]


def _rule_id(request: Request) -> int:
    text = request.path["accessRuleId"]
    if not text.isascii() or not text.isdigit() or int(text) > MAX_RULE_ID:
        raise bad_input("accessRuleId", "must be a whole number.")
    return int(text)


def _wanted(request: Request) -> Wanted:
    """The list's older parameters."""
    given = request.query
    include = single(given, "includeDeleted")
    kind = single(given, "subjectType")
    since = single(given, "lastUpdated")
    scope_type = single(given, "scopeType")
    role_id = single(given, "roleId")
    subject = single(given, "subjectId")
    listed = [part for name, value in given if name == "subjectIds" for part in value.split(",") if part]
    names = listed + ([subject] if subject else [])
    cluster_id, scope_id = single(given, "clusterId"), single(given, "scopeId")
    return Wanted(
        include_deleted=include is not None
        and require_choice("includeDeleted", include, ["true", "false"]) == "true",
        subject_type=require_subject_type(kind) if kind else None,
        subject_part=single(given, "subjectIdFilter") or None,
        subject_names=tuple(names) or None,
        updated_since=parse_utc("lastUpdated", since) if since else None,
        cluster_id=canonical_id(cluster_id) if cluster_id else None,
        scope_type=require_choice("scopeType", scope_type, list(LEVEL_BY_WORD)) if scope_type else None,
        scope_id=canonical_id(scope_id) if scope_id else None,
        role_id=_role_id(role_id) if role_id else None,
    )


def _role_id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MAX_RULE_ID:
        raise bad_input("roleId", "must be a whole number.")
    return int(text)

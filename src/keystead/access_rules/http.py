"""The API of access rules, and what the caller may do."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import astuple

from keystead.access_rules.actions import READ, AccessRules, NewRule
from keystead.access_rules.explain import Asked, Explainer, Question, may_decide_of
from keystead.access_rules.index import group_key
from keystead.access_rules.listing import RuleListing
from keystead.access_rules.model import DELETING, READY, require_subject_type
from keystead.access_rules.selection import Wanted
from keystead.access_rules.wire import (
    LIST,
    OLDER_FILTERS,
    RULE_ID,
    AccessRule,
    AccessRuleById,
    AccessRuleCreationFields,
    AccessRulesPage,
    AccessRuleStatusResponse,
    ExplainRequest,
    Explanation,
    MeAccessRulesResponse,
    PermittedScopes,
    PermittedScopesActions,
    PermittedScopesRequest,
    RoleReference,
)
from keystead.authz.policy import NOTHING_HELD, Grants
from keystead.authz.tree import LEVEL_BY_WORD, Level, level_of
from keystead.authz.visibility import EVERYTHING
from keystead.authz.vocabulary import (
    ACCESS_DECISIONS,
    ACCESS_RULES,
    ACTION_BY_WORD,
    ACTIONS,
    Action,
    Permission,
    require_resource_type,
)
from keystead.db.connection import Reader, Row
from keystead.kit.clock import format_optional, format_utc, parse_utc
from keystead.kit.errors import KeysteadError, Kind, bad_input, not_found
from keystead.kit.ids import canonical_id
from keystead.kit.query_language import parse_limit, require_short
from keystead.org_units.scopes import scope_path, scopes_at
from keystead.roles.model import RoleTable
from keystead.tokens.verifier import Verifier
from keystead.web.params import single
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route, anywhere, on_object, require_choice
from keystead.web.wire import CountResponse, permissions_in
from keystead.web.wire import Permission as PermissionAnswer

_PATH = "/api/v1/authorization/access-rules"
_ME = "/api/v1/authorization/me/access-rules"
TAG: Final = "Access rules"
_ME_TAG: Final = "Me"
_PERMISSIONS_TAG: Final = "Permissions"
MAX_RULE_ID = 2**31 - 1
_NOBODY: Final = Asked(NOTHING_HELD, enabled=False, is_asker=False)


class RuleAnswers:
    """A rule as the API shows it."""

    def __init__(self, roles: RoleTable, tenant_id: int) -> None:
        self._roles = roles
        self._tenant_id = tenant_id

    def answer(self, row: Row, grants: Grants) -> AccessRule:
        """`grants` are those of whoever asks."""
        ended = row["deleted_at"] is not None
        return AccessRule(
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
            status=AccessRuleStatusResponse(DELETING if ended else READY),
            permitted_actions=[]
            if ended
            else grants.words_at(row["scope_code"], ACCESS_RULES, Action.DELETE),
            cluster_id=row["cluster_id"],
            deleted_at=format_optional(row["deleted_at"]),
        )

    async def with_path(self, reader: Reader, row: Row, grants: Grants) -> AccessRuleById:
        path = await scope_path(reader, row["scope_code"])
        return AccessRuleById(*astuple(self.answer(row, grants)), scope_path=path)


class AccessRulesHttp:
    def __init__(
        self,
        rules: AccessRules,
        listing: RuleListing,
        explainer: Explainer,
        reader: Reader,
        answers: RuleAnswers,
        verifier: Verifier,
    ) -> None:
        self._rules = rules
        self._listing = listing
        self._explainer = explainer
        self._reader = reader
        self._answers = answers
        self._verifier = verifier

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
                tag=TAG,
                summary="List access rules",
                description="Those of scopes where you may read rules.",
                parameters=(*LIST.parameters, *OLDER_FILTERS),
                answers={200: AccessRulesPage},
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_access_rule",
                access=anywhere(Action.CREATE, ACCESS_RULES),
                handler=self.create,
                tag=TAG,
                summary="Create an access rule",
                description=(
                    "You can give a role only where you hold all of its permissions yourself. An account must exist; a "
                    "person or a group may come later, and finds the rule waiting."
                ),
                body=AccessRuleCreationFields,
                answers={201: AccessRule},
                errors=(404, 409),
            ),
            Route(
                method="GET",
                path=_PATH + "/count",
                operation_id="count_access_rules",
                access=read,
                handler=self.count,
                tag=TAG,
                summary="Count access rules",
                parameters=(*LIST.narrowing, *OLDER_FILTERS),
                answers={200: CountResponse},
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_access_rule",
                access=on_object(Action.READ, ACCESS_RULES),
                handler=self.get,
                tag=TAG,
                summary="Get an access rule",
                parameters=(RULE_ID,),
                answers={200: AccessRuleById},
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_access_rule",
                access=on_object(Action.DELETE, ACCESS_RULES),
                handler=self.delete,
                tag=TAG,
                summary="Delete an access rule",
                description="What it gave ends at once. Rules are never edited: delete and create.",
                parameters=(RULE_ID,),
                answers={204: None},
                errors=(409,),
            ),
            Route(
                method="GET",
                path=_ME,
                operation_id="get_me_access_rules",
                access=SIGNED_IN,
                handler=self.list_own,
                tag=_ME_TAG,
                summary="List your own access rules",
                description="Those of your groups among them.",
                parameters=LIST.parameters,
                answers={200: MeAccessRulesResponse},
            ),
            Route(
                method="GET",
                path=_ME + "/count",
                operation_id="count_me_access_rules",
                access=SIGNED_IN,
                handler=self.count_own,
                tag=_ME_TAG,
                summary="Count your own access rules",
                parameters=LIST.narrowing,
                answers={200: CountResponse},
            ),
            Route(
                method="GET",
                path="/api/v1/authorization/permissions",
                operation_id="get_permissions",
                access=SIGNED_IN,
                handler=self.permissions,
                tag=_PERMISSIONS_TAG,
                summary="What you may do",
                description="In some scope or other, for every kind of thing.",
                answers={200: list[PermissionAnswer]},
            ),
            Route(
                method="POST",
                path="/api/v1/authorization/permitted-scopes",
                operation_id="get_permitted_scopes",
                access=SIGNED_IN,
                handler=self.permitted_scopes,
                tag=_PERMISSIONS_TAG,
                summary="Where you may do it",
                description="The highest scopes in which you may act on things of one kind, action by action.",
                body=PermittedScopesRequest,
                answers={200: PermittedScopesActions},
            ),
            Route(
                method="POST",
                path="/api/v1/authorization/explain",
                operation_id="explain_access",
                access=on_object(Action.READ, ACCESS_DECISIONS),
                handler=self.explain,
                tag=_PERMISSIONS_TAG,
                summary="Why somebody may, or may not",
                description=(
                    "Which rules allow a subject something somewhere; or what is missing, and which roles would give "
                    "it. Of yourself you may always ask, and whoever reads access rules learns what they say."
                ),
                body=ExplainRequest,
                answers={200: Explanation},
                errors=(404,),
            ),
        ]

    async def list_rules(self, request: Request) -> Answer:
        query = LIST.read(request.query)
        rows, total = await self._listing.page(request.visibility(READ), query, _wanted(request))
        return Answer(200, self._page(rows, total, request))

    async def count(self, request: Request) -> Answer:
        query = LIST.read(request.query)
        count = await self._listing.count(request.visibility(READ), query, _wanted(request))
        return Answer(200, CountResponse(count))

    async def get(self, request: Request) -> Answer:
        row = await self._listing.find(request.visibility(READ), _rule_id(request))
        if row is None:
            raise not_found("Access rule")
        return Answer(200, await self._answers.with_path(self._reader, row, request.grants()))

    async def create(self, request: Request) -> Answer:
        body: AccessRuleCreationFields = request.body
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
        if row is None:
            raise not_found("Access rule")  # made, and deleted by somebody before it could be read
        return Answer(201, self._answers.answer(row, request.grants()))

    async def delete(self, request: Request) -> Answer:
        await self._rules.delete(request.actor(), _rule_id(request))
        return Answer(204)

    async def list_own(self, request: Request) -> Answer:
        query = LIST.read(request.query)
        rows, total = await self._listing.own_page(_own_keys(request), query)
        return Answer(200, MeAccessRulesResponse(self._page(rows, total, request)))

    async def count_own(self, request: Request) -> Answer:
        query = LIST.read(request.query)
        return Answer(200, CountResponse(await self._listing.own_count(_own_keys(request), query)))

    async def permissions(self, request: Request) -> Answer:
        """Everything that the caller may do in some scope or other."""
        return Answer(200, permissions_in(request.grants().mask_anywhere()))

    async def permitted_scopes(self, request: Request) -> Answer:
        """The highest scopes in which the caller may act on a resource type: all four actions, whichever was asked."""
        body: PermittedScopesRequest = request.body
        resource = require_resource_type("resourceType", body.resource_type)
        if body.action is not None:
            require_choice("action", body.action, [action.word for action in ACTIONS])
        grants = request.grants()
        scopes = {action.word: await self._scopes(grants, Permission(action, resource)) for action in ACTIONS}
        return Answer(200, PermittedScopesActions(**scopes))

    async def explain(self, request: Request) -> Answer:
        """Why a subject, or a token, may, or may not, do something somewhere."""
        body: ExplainRequest = request.body
        action = require_choice("action", body.action, list(ACTION_BY_WORD))
        resource = require_resource_type("resourceType", body.resource_type)
        question = Question(ACTION_BY_WORD[action], resource, body.scope_id, body.scope_type)
        asked = await self._asked(request, body)
        found = await self._explainer.explain(request.grants(), asked, question)
        deciding = [await self._answers.with_path(self._reader, row, request.grants()) for row in found.rules]
        return Answer(
            200,
            Explanation(
                found.allowed,
                found.complete,
                found.enabled,
                found.path,
                deciding,
                [f"{action} {resource.name}"] if found.missing else [],
                [RoleReference(role.id, role.name) for role in found.roles_that_would],
            ),
        )

    async def _asked(self, request: Request, body: ExplainRequest) -> Asked:
        if body.token is not None:
            if body.subject_id is not None or body.subject_type is not None:
                raise bad_input("token", "names a subject already: leave out subjectId and subjectType.")
            return await self._bearer(request, body.token)
        if body.subject_type is None or body.subject_id is None:
            missing = "subjectType" if body.subject_type is None else "subjectId"
            raise bad_input(missing, "is required.")
        caller = request.caller
        return await self._explainer.named(
            caller.subject, request.grants(), body.subject_type, body.subject_id
        )

    async def _bearer(self, request: Request, token: str) -> Asked:
        """A token of somebody out of sight, and one that is not good, look alike: it may nothing."""
        try:
            standing = await self._verifier.examine(token)
        except KeysteadError as error:
            if error.kind is not Kind.UNAUTHENTICATED:
                raise
            return _NOBODY
        if not standing.is_for_others:
            return _NOBODY
        subject = standing.state.subject
        is_asker = subject.id == request.caller.subject.id
        if not is_asker and not may_decide_of(request.grants(), standing.state.home_code):
            return _NOBODY
        return Asked(standing.grants, enabled=True, is_asker=is_asker)

    async def _scopes(self, grants: Grants, permission: Permission) -> PermittedScopes:
        ids: dict[Level, list[str]] = {level: [] for level in Level}
        for scope in await scopes_at(self._reader, grants.top_codes(permission)):
            ids[scope.level].append(scope.id)
        tenants = ids[Level.TENANT]
        return PermittedScopes(
            False,
            tenants,
            ids[Level.CLUSTER],
            ids[Level.DEPARTMENT],
            ids[Level.PROJECT],
            tenants[0] if tenants else None,
        )

    def _page(self, rows: Sequence[Row], total: int, request: Request) -> AccessRulesPage:
        grants = request.grants()
        return AccessRulesPage(total, len(rows), [self._answers.answer(row, grants) for row in rows])


def _own_keys(request: Request) -> list[str]:
    caller = request.caller
    return [caller.subject.id, *(group_key(name) for name in caller.groups)]


def _rule_id(request: Request) -> int:
    return _number("accessRuleId", request.path["accessRuleId"])


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
        subject_part=require_short("subjectIdFilter", single(given, "subjectIdFilter") or "") or None,
        subject_names=tuple(names) or None,
        updated_since=parse_utc("lastUpdated", since) if since else None,
        cluster_id=canonical_id(cluster_id) if cluster_id else None,
        scope_type=require_choice("scopeType", scope_type, list(LEVEL_BY_WORD)) if scope_type else None,
        scope_id=canonical_id(scope_id) if scope_id else None,
        role_id=_number("roleId", role_id) if role_id else None,
    )


def _number(field: str, text: str) -> int:
    return parse_limit(text, least=0, most=MAX_RULE_ID, name=field)

"""What the API of access rules takes and answers."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from keystead.access_rules.model import ALIASES, FIELDS, MAX_SUBJECT, SUBJECT_TYPES
from keystead.authz.tree import LEVEL_BY_WORD
from keystead.web.lists import ListQuery
from keystead.web.operations import Parameter
from keystead.web.wire import (
    ActionWord,
    Moment,
    PersonOrAccount,
    ResourceTypeName,
    ScopeId,
    ScopeName,
    ScopePath,
    ScopeType,
    Uuid,
    choice,
    told,
)

SubjectId = Annotated[
    str,
    told(
        "A person's e-mail, a group's name as the identity provider sends it, or an account's client ID.",
        "ci-pipeline-prod",
        maxLength=MAX_SUBJECT,
    ),
]
SubjectType = Annotated[
    str,
    choice(
        "SubjectType",
        (*SUBJECT_TYPES, *ALIASES),
        "`app` is the older name of `service-account`: one and the same.",
        "service-account",
    ),
]
RoleId = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1), told(example=5)]
RoleName = Annotated[str, told(example="L1 researcher")]
RuleId = Annotated[int, told(example=32)]
ClusterId = Annotated[str, told(format="uuid", example="71f69d83-ba66-4822-adf5-55ce55efd210")]

LIST: Final = ListQuery(
    FIELDS,
    default_limit=50,
    sort_name="AccessRulesSortFilterFields",
    searches="the names of subjects, roles and scopes",
)
OLDER_FILTERS: Final = (
    Parameter("subjectType", SubjectType, "Rules of subjects of this kind."),
    Parameter("subjectIds", list[SubjectId], "Rules of these subjects."),
    Parameter("subjectId", SubjectId, "Rules of this subject."),
    Parameter("subjectIdFilter", str, "Rules of subjects whose name contains this.", deprecated=True),
    Parameter("roleId", RoleId, "Rules with this role.", deprecated=True),
    Parameter(
        "scopeType",
        Annotated[str, told(enum=list(LEVEL_BY_WORD))],
        "Rules in scopes of this level.",
        deprecated=True,
    ),
    Parameter("scopeId", ScopeId, "Rules in exactly this scope."),
    Parameter("clusterId", ClusterId, "Rules in this cluster and all below it."),
    Parameter("lastUpdated", Moment, "Rules that changed since."),
    Parameter("includeDeleted", Annotated[bool, told(default=False)], "Deleted rules too."),
)
RULE_ID: Final = Parameter("accessRuleId", Annotated[int, told(minimum=0, example=32)], "The rule's id.")


class AccessRuleCreationFields(msgspec.Struct, rename="camel", omit_defaults=True):
    """One role for one subject in one scope, and in all that lies below it."""

    subject_id: SubjectId
    subject_type: SubjectType
    role_id: RoleId
    scope_id: ScopeId
    scope_type: ScopeType
    cluster_id: Annotated[str | None, told("The cluster that the scope lies in. It may be left out.")] = None


class AccessRuleStatusResponse(msgspec.Struct, rename="camel"):
    """A rule holds from the answer on: it is `Ready`, or, once deleted, `Deleting`."""

    phase: Annotated[
        str, choice("AccessRulePhase", ("Creating", "Ready", "NotReady", "Deleting"), example="Ready")
    ]
    message: str = ""
    details: str = ""


class AccessRule(msgspec.Struct, rename="camel", omit_defaults=True):
    id: RuleId
    subject_id: SubjectId
    subject_type: SubjectType
    role_id: RoleId
    role_name: RoleName
    scope_id: ScopeId
    scope_type: ScopeType
    scope_name: ScopeName
    tenant_id: Annotated[int, told("The tenant's number.", 1)]
    created_at: Moment
    updated_at: Moment
    created_by: PersonOrAccount
    status: AccessRuleStatusResponse
    permitted_actions: Annotated[list[ActionWord], told("`delete`, where you may.", ["delete"])]
    cluster_id: Annotated[ClusterId | None, told("The cluster that the scope lies in; absent above it.")] = (
        None
    )
    deleted_at: Annotated[Moment | None, told("Absent while the rule holds.")] = None


class AccessRuleById(AccessRule, kw_only=True):
    """A rule with the path of its scope."""

    scope_path: ScopePath


class AccessRulesPage(msgspec.Struct, rename="camel"):
    total_records: Annotated[int, told("How many there are over all pages.", 734)]
    display_records: Annotated[int, told("How many are on this page.", 1)]
    access_rules: Sequence[AccessRule]


class MeAccessRulesResponse(msgspec.Struct, rename="camel"):
    access_rules: AccessRulesPage


class PermittedScopesRequest(msgspec.Struct, rename="camel"):
    resource_type: ResourceTypeName
    action: Annotated[ActionWord | None, told("All four are answered, whichever is asked.")] = None


class PermittedScopes(msgspec.Struct, rename="camel", omit_defaults=True):
    """The highest scopes; all that lies below them counts too."""

    system: Annotated[bool, told("Never: nothing of a tenant reaches above it.", False)]
    tenants: list[str]
    clusters: Annotated[list[str], told(example=["71f69d83-ba66-4822-adf5-55ce55efd210"])]
    departments: list[str]
    projects: list[str]
    tenant: Annotated[str | None, told("The first of `tenants`.", deprecated=True)] = None


class PermittedScopesActions(msgspec.Struct, rename="camel"):
    create: PermittedScopes
    read: PermittedScopes
    update: PermittedScopes
    delete: PermittedScopes


class ExplainRequest(msgspec.Struct, rename="camel"):
    """May this subject do this to that, there? The subject by name, or the bearer of a token."""

    action: ActionWord
    resource_type: ResourceTypeName
    scope_id: ScopeId
    subject_type: SubjectType | None = None
    subject_id: SubjectId | None = None
    token: Annotated[
        str | None,
        told(
            "An access token, in place of a subject: asks what it may, with all that narrows it. Of one that is not "
            "good the answer is no."
        ),
    ] = None
    scope_type: Annotated[ScopeType | None, told("Where given, it must be the scope's.")] = None


class RoleReference(msgspec.Struct, rename="camel"):
    id: RoleId
    name: RoleName


class Explanation(msgspec.Struct, rename="camel"):
    """Allowed or not, and why."""

    allowed: bool
    complete: Annotated[bool, told("False: there are scopes above whose rules you may not read.")]
    subject_enabled: Annotated[bool, told("False: the rules may say what they like.")]
    scope_path: Annotated[ScopePath, told("Empty where you may not read the scope.")]
    rules: Annotated[list[AccessRuleById], told("Those that allow it and that you may read.")]
    missing: Annotated[list[str], told("The permission that no rule gives.", ["delete service-account"])]
    roles_that_would_allow: Annotated[list[RoleReference], told("Roles that would give it.")]


class AccessRuleSubject(msgspec.Struct, rename="camel"):
    subject_id: SubjectId
    subject_type: SubjectType


class AccessRuleScope(msgspec.Struct, rename="camel"):
    scope_id: ScopeId
    scope_type: ScopeType


class AccessRulesBatchPayload(msgspec.Struct, rename="camel"):
    """One rule for each subject in each scope."""

    role_id: RoleId
    subjects: Annotated[list[AccessRuleSubject], told(minItems=1)]
    scopes: Annotated[list[AccessRuleScope], told(minItems=1)]
    cluster_id: str | None = None


class AccessRulesBatchCreateFields(msgspec.Struct, rename="camel"):
    payload: AccessRulesBatchPayload


class AskedAccessRule(msgspec.Struct, rename="camel", omit_defaults=True):
    """A rule as it was asked for, however wrong that was."""

    subject_id: Annotated[str, told(example="ci-pipeline-prod")]
    subject_type: Annotated[str, told(example="service-account")]
    role_id: RoleId
    scope_id: Annotated[str, told(example="5c1a77a4-98a0-4d80-9ca0-3d8dd1ed5f6d")]
    scope_type: Annotated[str, told(example="department")]
    cluster_id: str | None = None


class FailedAccessRule(msgspec.Struct, rename="camel"):
    payload: AskedAccessRule
    code: Annotated[int, told("The status that creating it alone would have had.", 409)]
    message: Annotated[str, told(example="This access rule already exists.")]


class AccessRulesBatchCreateResponse(msgspec.Struct, rename="camel"):
    succeeded: list[AccessRule]
    failed: list[FailedAccessRule]


class AccessRulesBatchFields(msgspec.Struct, rename="camel"):
    ids: Annotated[list[int | str], told("Rules' ids, as numbers or as text.", ["32", "33"], minItems=1)]
    action: Annotated[str, choice("AccessRulesBatchAction", ("delete", "validate_delete"), example="delete")]


class AccessRuleDeletionBatchResponseFailureItem(msgspec.Struct, rename="camel"):
    id: Annotated[str, told(example="33")]
    code: Annotated[int, told("The status that deleting it alone would have had.", 404)]
    message: Annotated[str, told(example="Access rule not found.")]


class AccessRuleDeletionBatchResponse(msgspec.Struct, rename="camel"):
    id: Annotated[Uuid, told("Names this answer.")]
    succeeded: Annotated[list[str], told(example=["32"])]
    failed: list[AccessRuleDeletionBatchResponseFailureItem]

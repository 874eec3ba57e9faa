"""What the API of the audit log takes and answers."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import msgspec

from keystead.audit.model import ACTIONS, APP, FAILED, FIELDS, HTTP_METHODS, SUCCEEDED, USER
from keystead.web.lists import OFFSET, SORT_ORDER, filter_parameter, limit_parameter, sort_parameter
from keystead.web.operations import Parameter
from keystead.web.wire import Moment, PersonOrAccount, Uuid, told

DEFAULT_SAMPLES: Final = 20
MAX_SAMPLES: Final = 1_000

PARAMETERS: Final = (
    Parameter("start", Moment, "The earliest moment.", required=True),
    Parameter("end", Moment, "The latest moment, itself included.", required=True),
    Parameter(
        "entityId",
        Annotated[str, told(example="9f55255e-11ed-47c7-acef-fc4054768dbc")],
        "Entries about the thing with this id; of an account or a person its access rules and sign-ins too.",
    ),
    Parameter("subjectId", Uuid, "What the person or account with this id did, signing in included."),
    filter_parameter(FIELDS),
    sort_parameter(FIELDS, "AuditLogSortFields"),
    SORT_ORDER,
    limit_parameter("numberOfSamples", DEFAULT_SAMPLES, MAX_SAMPLES, least=0),
    OFFSET,
)


FILE_TYPES: Final = ("CSV", "JSON")
FILE_PARAMETERS: Final = (
    Parameter(
        "file_type",
        Annotated[str, told(enum=list(FILE_TYPES), default="CSV")],
        "CSV has the columns of the console, JSON all that an entry tells.",
    ),
    Parameter("fileType", Annotated[str, told(enum=list(FILE_TYPES))], "The same, as runapy writes it."),
    *PARAMETERS[:4],
    filter_parameter(FIELDS),
    SORT_ORDER,
    limit_parameter("numberOfSamples", None, MAX_SAMPLES, least=0),
)


class AuditLog(msgspec.Struct, omit_defaults=True):
    """Who did what, how it ended, from where, when. What is not known is left out."""

    id: Uuid
    timestamp: Moment
    tenant_id: Annotated[str, told("The tenant's number.", "1")]
    subject: PersonOrAccount
    subject_type: Annotated[str, told("`App`: a program.", enum=[USER, APP])]
    action: Annotated[str, told(enum=list(ACTIONS))]
    entity_type: Annotated[str, told(example="service-account")]
    entity_name: Annotated[str, told(example="ci-pipeline-prod")]
    entity_id: Annotated[str, told(example="9f55255e-11ed-47c7-acef-fc4054768dbc")]
    result: Annotated[str, told(enum=[SUCCEEDED, FAILED])]
    http_status_code: Annotated[int, told(example=201)]
    metadata: Annotated[dict[str, str], told("More of it, at most ten strings.", {}, maxProperties=10)]
    source_ip: Annotated[str, told(example="192.0.2.7", format="ipv4")] | None = None
    http_method: Annotated[str, told(example="POST", enum=list(HTTP_METHODS))] | None = None
    url: Annotated[
        str | None, told("Without its query.", "https://keystead.example.com/api/v1/service-accounts")
    ] = None
    cluster_name: str | None = None
    cluster_id: str | None = None
    request_id: Uuid | None = None


ChainHash: TypeAlias = Annotated[
    str,
    told(
        "Of an entry and all before it: SHA-256, in hexadecimal.",
        "3bc418931c466fdc65475556b7dd9a8f67b90b0bbce52d44345776a8d8b4d456",
        pattern="^([0-9a-f]{64})?$",
    ),
]
Version: TypeAlias = Annotated[int, told("Changes are numbered 1, 2, 3, … without gaps.", 734)]


class AuditHead(msgspec.Struct):
    """The newest entry of the chain. Noted elsewhere, it shows later that nothing before it was edited."""

    version: Version
    hash: ChainHash
    at: Moment


class ChainBreak(msgspec.Struct):
    """Where the chain ceases to hold."""

    version: Version
    problem: Annotated[str, told(example="the entry, or the one before it, is not as it was written")]


class AuditVerification(msgspec.Struct, rename="camel", omit_defaults=True):
    """`version` and `hash` are those of the head up to which the entries were checked."""

    intact: bool
    version: Version
    hash: ChainHash
    first_break: ChainBreak | None = None
    removed_up_to: Annotated[
        Version | None, told("The entries up to this one are gone, as the retention has it.", 120)
    ] = None


class AuditLogsPage(msgspec.Struct, omit_defaults=True):
    """`logs` and `audit_logs` are the same list: clients read either."""

    total: Annotated[int, told("How many there are over all pages.", 734)]
    logs: Sequence[AuditLog]
    audit_logs: Sequence[AuditLog]
    next: Annotated[int | None, told("The offset of the next page; absent on the last.", 20)] = None

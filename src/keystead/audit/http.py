"""The API of the audit log."""

import ipaddress
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from keystead.audit import wire
from keystead.audit.model import FIELDS, HTTP_METHODS
from keystead.audit.store import AuditLog, Cluster, Concerning
from keystead.audit.wire import DEFAULT_SAMPLES, MAX_SAMPLES, PARAMETERS, AuditLogsPage
from keystead.authz.vocabulary import EVENTS_HISTORY, Action, Permission
from keystead.db.connection import Reader, Row
from keystead.kit.clock import SECOND, format_utc, parse_utc
from keystead.kit.errors import bad_input
from keystead.kit.ids import canonical_id
from keystead.kit.query import Query, Span
from keystead.web.lists import TOTAL_HEADERS
from keystead.web.operations import Reply
from keystead.web.params import Parameters, read_filters, read_page, read_sort, single
from keystead.web.pipeline import Answer, Request, Route, anywhere

READ: Final = Permission(Action.READ, EVENTS_HISTORY)
TAG: Final = "Audit log"
_MILLISECOND: Final = SECOND // 1_000
_MAX_METADATA: Final = 10
# Sign-ins have keys of their own; answers want UUIDs (RFC 9562 version 5).
_SIGN_IN_IDS: Final = uuid.UUID("b3b6c9a4-64f5-4d65-9a3e-0d3c0f1c8a57")


class AuditHttp:
    def __init__(self, reader: Reader, tenant_id: int) -> None:
        self._log = AuditLog(reader)
        self._tenant_id = str(tenant_id)

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/audit/log",
                operation_id="getAuditLogs",
                access=anywhere(Action.READ, EVENTS_HISTORY),
                handler=self.list,
                tag=TAG,
                summary="Read the audit log",
                description=(
                    "Every change and every sign-in that concerns what lies where you may read the log, of things "
                    "that are gone too."
                ),
                parameters=PARAMETERS,
                answers={200: Reply(AuditLogsPage, "The entries.", TOTAL_HEADERS[1:])},
            )
        ]

    async def list(self, request: Request) -> Answer:
        span, query = read_span(request.query), _query(request.query)
        visibility, concerning = request.visibility(READ), read_concerning(request.query)
        total = await self._log.total(visibility, span, query, concerning)
        limit = query.page.limit or 0
        rows, more = (
            await self._log.page(visibility, span, query, limit, concerning) if limit else ([], False)
        )
        entries = await self._answers(rows)
        following = query.page.offset + limit if more else None
        headers = [] if total.exact else [(b"x-total-count-exact", b"false")]
        return Answer(200, AuditLogsPage(total.number, entries, entries, following), headers)

    async def _answers(self, rows: Sequence[Row]) -> Sequence[wire.AuditLog]:
        clusters = await self._log.clusters_of({row["scope_code"] for row in rows})
        return [entry_answer(row, clusters.get(row["scope_code"]), self._tenant_id) for row in rows]


def entry_id(row: Row | Mapping[str, Any]) -> str:
    return str(row["id"] or uuid.uuid5(_SIGN_IN_IDS, str(row["sign_in"])))


def entry_answer(row: Row | Mapping[str, Any], cluster: Cluster | None, tenant_id: str) -> wire.AuditLog:
    """`cluster` is the one that the entry lies in, if it is there still."""
    return wire.AuditLog(
        id=entry_id(row),
        timestamp=format_utc(row["at"]),
        tenant_id=tenant_id,
        subject=row["subject"],
        subject_type=row["subject_type"],
        action=row["action"],
        entity_type=row["entity_type"],
        entity_name=row["entity_name"],
        entity_id=row["entity_id"],
        result=row["result"],
        http_status_code=row["status"],
        metadata=_metadata(row),
        source_ip=row["source_ip"] if _is_ipv4(row["source_ip"]) else None,
        http_method=row["http_method"] if row["http_method"] in HTTP_METHODS else None,
        url=row["url"] or None,
        cluster_name=_cluster_name(row, cluster),
        cluster_id=cluster.id if cluster else None,
        request_id=row["request_id"] or None,
    )


def read_span(parameters: Parameters) -> Span:
    """From `start` to `end`, both included; answers show milliseconds, and so does their end."""
    start, end = _moment(parameters, "start"), _moment(parameters, "end")
    if start > end:
        raise bad_input("start", "must not lie after end.")
    return Span(start, end - end % _MILLISECOND + _MILLISECOND)


def _moment(parameters: Parameters, name: str) -> int:
    text = single(parameters, name)
    if not text:
        raise bad_input(name, "is required: a date such as 2026-01-31T12:00:00Z.")
    return parse_utc(name, text)


def _query(parameters: Parameters) -> Query:
    page = read_page(
        parameters,
        default_limit=DEFAULT_SAMPLES,
        max_limit=MAX_SAMPLES,
        least_limit=0,
        limit_name="numberOfSamples",
    )
    return Query(read_filters(parameters, FIELDS), read_sort(parameters, FIELDS), page)


def read_concerning(parameters: Parameters) -> Concerning:
    entity, subject = single(parameters, "entityId"), single(parameters, "subjectId")
    return Concerning(canonical_id(entity) if entity else None, canonical_id(subject) if subject else None)


def _metadata(row: Row | Mapping[str, Any]) -> dict[str, str]:
    """An address that is no IPv4 has no other place in the contract's entry."""
    metadata: dict[str, str] = json.loads(row["metadata"])
    if row["credential_id"]:
        metadata["credentialId"] = row["credential_id"]
    if row["source_ip"] and not _is_ipv4(row["source_ip"]) and len(metadata) < _MAX_METADATA:
        metadata["sourceIp"] = row["source_ip"]
    return metadata


def _cluster_name(row: Row | Mapping[str, Any], cluster: Cluster | None) -> str | None:
    """For a change as the cluster was called then, for a sign-in as it is called now."""
    if row["scope_path"] is None:
        return cluster.name if cluster else None
    return str(row["scope_path"]).split("/")[1] if row["scope_code"] else None


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True

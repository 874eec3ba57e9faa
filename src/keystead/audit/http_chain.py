"""The API of the audit chain: its head, to be noted elsewhere, and whether it holds."""

from typing import Final

from keystead.audit.wire import AuditHead, AuditVerification, ChainBreak
from keystead.authz.vocabulary import EVENTS_HISTORY, Action
from keystead.changes.verify import Break, read_head, verify
from keystead.db.connection import Reader
from keystead.kit.clock import format_utc
from keystead.web.pipeline import Answer, Request, Route, in_tenant

_TAG: Final = "Audit log"
# Entries that are hashed at a time on the loop: about a millisecond's work.
_BATCH: Final = 50


class AuditChainHttp:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/audit/head",
                operation_id="get_audit_head",
                access=in_tenant(Action.READ, EVENTS_HISTORY),
                handler=self.head,
                tag=_TAG,
                summary="Get the head of the audit chain",
                description="Note it where nobody who can write to the database can write.",
                answers={200: AuditHead},
            ),
            Route(
                method="GET",
                path="/api/v1/audit/verify",
                operation_id="verify_audit_chain",
                access=in_tenant(Action.READ, EVENTS_HISTORY),
                handler=self.verify,
                tag=_TAG,
                summary="Verify the audit chain",
                description=(
                    "Recomputes the hash of every entry up to the head as of now, some ten thousand a second, and "
                    "names the first that does not fit."
                ),
                answers={200: AuditVerification},
            ),
        ]

    async def head(self, _request: Request) -> Answer:
        version, chain_hash, at = await read_head(self._reader)
        return Answer(200, AuditHead(version, chain_hash.hex(), format_utc(at)))

    async def verify(self, _request: Request) -> Answer:
        found = await verify(self._reader, _BATCH)
        if not isinstance(found, Break):
            answer = AuditVerification(
                True, found.version, found.hash.hex(), removed_up_to=found.after or None
            )
            return Answer(200, answer)
        # Without trust in what lies there, a missing head included.
        try:
            version, claimed, _ = await read_head(self._reader)
        except LookupError:
            version, claimed = 0, b""
        told = claimed.hex() if isinstance(claimed, bytes) else ""
        return Answer(200, AuditVerification(False, version, told, ChainBreak(found.version, found.problem)))

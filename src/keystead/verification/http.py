"""The API of the status feed."""

import re
from typing import Final

from keystead.authz.vocabulary import TOKEN_STATUS, Action
from keystead.changes.feed import Feed
from keystead.kit.clock import SECOND, Clock
from keystead.kit.errors import bad_input
from keystead.verification.status import StatusFeed
from keystead.verification.wire import AFTER, HASH, MAX_WAIT, WAIT, StatusChanges
from keystead.web.params import Parameters, single
from keystead.web.pipeline import Answer, Request, Route, in_tenant

_PATH: Final = "/api/v1/changes"
_HIGHEST: Final = 2**63 - 1


class ChangesHttp:
    def __init__(self, status: StatusFeed, feed: Feed, clock: Clock) -> None:
        self._status = status
        self._feed = feed
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_token_status_changes",
                access=in_tenant(Action.READ, TOKEN_STATUS),
                handler=self.changes,
                tag="Verification",
                summary="What ended since a version",
                description=(
                    "For verifiers that check signatures by themselves: whose tokens died, or may now do something "
                    "else. Waits for a change when there is none."
                ),
                parameters=(AFTER, HASH, WAIT),
                answers={200: StatusChanges},
            )
        ]

    async def changes(self, request: Request) -> Answer:
        after = _number(request.query, "after", _HIGHEST)
        wait = _number(request.query, "wait", MAX_WAIT)
        known_hash = _hash(request.query)
        if after is not None and self._feed.version == after:
            await self._status.wait(after, MAX_WAIT if wait is None else wait)
            # What was true of the caller before the wait may have ended in it.
            await request.identify_again()
        at = self._clock.now() // SECOND
        found = await self._status.since(after, known_hash)
        answer = StatusChanges(
            found.version,
            found.hash.hex(),
            at,
            found.reload,
            list(found.subjects),
            list(found.credentials),
            list(found.tokens),
            found.signing_keys,
            found.rights,
        )
        return Answer(200, answer)


def _number(parameters: Parameters, name: str, highest: int) -> int | None:
    text = single(parameters, name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > highest:
        raise bad_input(name, f"must be a whole number from 0 to {highest}.")
    return int(text)


def _hash(parameters: Parameters) -> bytes | None:
    text = single(parameters, "hash")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise bad_input("hash", "must be 64 hexadecimal digits, as an answer had it.")
    return bytes.fromhex(text)

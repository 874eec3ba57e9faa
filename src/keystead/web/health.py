"""Whether the process lives, and whether it can serve."""

from typing import Annotated, Final

import msgspec

from keystead.changes.engine import is_reachable
from keystead.db.connection import Reader
from keystead.kit.errors import KeysteadError, Kind
from keystead.web.pipeline import PUBLIC, Answer, Request, Route
from keystead.web.wire import told

_TAG: Final = "Health"


class Health(msgspec.Struct):
    status: Annotated[str, told(enum=["live", "ready"])]


class HealthHttp:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/health/live",
                operation_id="get_liveness",
                access=PUBLIC,
                handler=self.live,
                tag=_TAG,
                summary="Does the process live?",
                answers={200: Health},
            ),
            Route(
                method="GET",
                path="/health/ready",
                operation_id="get_readiness",
                access=PUBLIC,
                handler=self.ready,
                tag=_TAG,
                summary="Can it serve?",
                description="503 while the database does not answer.",
                answers={200: Health},
            ),
        ]

    async def live(self, _request: Request) -> Answer:
        return Answer(200, Health("live"))

    async def ready(self, _request: Request) -> Answer:
        if not await is_reachable(self._reader):
            raise KeysteadError(Kind.UNAVAILABLE, "The database does not answer.", retry_after=1)
        return Answer(200, Health("ready"))

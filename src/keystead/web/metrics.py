"""Figures for Prometheus, on a port of their own: what is counted at the edge, and what is asked for at a scrape.

Labels have few values, all known beforehand: operations by their ids, never paths, callers or what they sent.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from keystead.kit.bounded import BoundedCache
from keystead.web.asgi import NO_STORE, AsgiApp, AsgiScope, Receive, Send, send_answer

PATH: Final = "/metrics"
OPERATION: Final = "keystead.operation"
GRANT: Final = "keystead.grant"
"""Where the router and the token endpoint leave in the scope which operation, and which grant, this is."""

_TYPE: Final = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_THROTTLED: Final = 429
_Counted = tuple[Counter, Histogram]


class Metrics:
    """`version` is that of the newest change that this process knows; `waiting` how many jobs wait for its writer."""

    def __init__(
        self,
        caches: Mapping[str, BoundedCache[Any, Any]],
        version: Callable[[], int],
        waiting: Callable[[], int],
    ) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "keystead_requests",
            "Requests, by operation; none where no operation was found.",
            ["operation", "method", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "keystead_request_seconds",
            "How long requests took, to the last byte of the answer.",
            ["operation"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._grants = Counter(
            "keystead_grants",
            "Requests for tokens, by grant and by how they ended: issued, refused, throttled or failed.",
            ["grant", "outcome"],
            registry=self._registry,
        )
        self._known: dict[tuple[str, str, int], _Counted] = {}
        self._known_grants: dict[tuple[str, str], Counter] = {}
        self._registry.register(_State(caches, version, waiting))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def answered(self, scope: AsgiScope, status: int, seconds: float) -> None:
        """Counts one request. Its counters are looked up once, since that costs more than counting."""
        key = (scope.get(OPERATION, "none"), scope["method"], status)
        counted = self._known.get(key) or self._find(*key)
        counted[0].inc()
        counted[1].observe(seconds)
        grant = scope.get(GRANT)
        if grant is not None:
            ending = (grant, _outcome(status))
            (self._known_grants.get(ending) or self._find_grant(*ending)).inc()

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def _find(self, operation: str, method: str, status: int) -> _Counted:
        named = method if method in _METHODS else "other"
        counted = self._requests.labels(operation, named, str(status)), self._seconds.labels(operation)
        if named == method:  # whatever callers make up is not remembered
            self._known[operation, method, status] = counted
        return counted

    def _find_grant(self, grant: str, outcome: str) -> Counter:
        counted = self._known_grants[grant, outcome] = self._grants.labels(grant, outcome)
        return counted


class _State:
    """What is true at the moment of a scrape."""

    def __init__(
        self,
        caches: Mapping[str, BoundedCache[Any, Any]],
        version: Callable[[], int],
        waiting: Callable[[], int],
    ) -> None:
        self._caches = caches
        self._version = version
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        lookups = CounterMetricFamily(
            "keystead_cache_lookups", "Look-ups in caches, by what came of them.", labels=["cache", "result"]
        )
        entries = GaugeMetricFamily("keystead_cache_entries", "What caches hold.", labels=["cache"])
        for name, cache in self._caches.items():
            lookups.add_metric([name, "hit"], cache.hits)
            lookups.add_metric([name, "miss"], cache.misses)
            entries.add_metric([name], len(cache))
        yield lookups
        yield entries
        yield GaugeMetricFamily(
            "keystead_change_version", "The newest change that this process knows of.", value=self._version()
        )
        yield GaugeMetricFamily(
            "keystead_writer_waiting", "Jobs that wait for this process's writer.", value=self._waiting()
        )


def _outcome(status: int) -> str:
    if status == _THROTTLED:
        return "throttled"
    return "issued" if status < 300 else "refused" if status < 500 else "failed"


def exposition(metrics: Metrics) -> AsgiApp:
    """The ASGI application that a scrape talks to: `/metrics`, and nothing else."""

    async def serve(scope: AsgiScope, _receive: Receive, send: Send) -> None:
        if scope["path"] == PATH and scope["method"] in ("GET", "HEAD"):
            await send_answer(send, 200, metrics.render(), [_TYPE, NO_STORE])
        else:
            await send_answer(send, 404, b"GET /metrics is all that there is.\n", [_TYPE])

    return serve

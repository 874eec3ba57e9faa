"""What is counted, and that nobody can make the labels grow."""

from keystead.kit.bounded import BoundedCache
from keystead.web.metrics import GRANT, OPERATION, Metrics


def metrics(caches: dict[str, BoundedCache[str, int]] | None = None) -> Metrics:
    return Metrics(caches or {}, lambda: 7, lambda: 3)


def lines(counted: Metrics) -> list[str]:
    return counted.render().decode().splitlines()


def test_requests_are_counted_by_operation_method_and_status() -> None:
    counted = metrics()
    for status in (200, 200, 404):
        counted.answered({"method": "GET", OPERATION: "get_users"}, status, 0.002)
    found = lines(counted)
    assert 'keystead_requests_total{method="GET",operation="get_users",status="200"} 2.0' in found
    assert 'keystead_requests_total{method="GET",operation="get_users",status="404"} 1.0' in found
    assert 'keystead_request_seconds_bucket{le="0.001",operation="get_users"} 0.0' in found
    assert 'keystead_request_seconds_bucket{le="0.0025",operation="get_users"} 3.0' in found


def test_grants_are_counted_by_how_they_ended() -> None:
    counted = metrics()
    for status in (200, 401, 400, 429, 503):
        scope = {"method": "POST", OPERATION: "grant_token_v2", GRANT: "client_credentials"}
        counted.answered(scope, status, 0.001)
    found = [line for line in lines(counted) if line.startswith("keystead_grants_total")]
    assert found == [
        'keystead_grants_total{grant="client_credentials",outcome="issued"} 1.0',
        'keystead_grants_total{grant="client_credentials",outcome="refused"} 2.0',
        'keystead_grants_total{grant="client_credentials",outcome="throttled"} 1.0',
        'keystead_grants_total{grant="client_credentials",outcome="failed"} 1.0',
    ]


def test_a_scrape_asks_caches_the_feed_and_the_writer() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2)
    cache.put("a", 1)
    for key in ("a", "a", "b"):
        cache.get(key)
    found = lines(metrics({"subjects": cache}))
    assert 'keystead_cache_lookups_total{cache="subjects",result="hit"} 2.0' in found
    assert 'keystead_cache_lookups_total{cache="subjects",result="miss"} 1.0' in found
    assert 'keystead_cache_entries{cache="subjects"} 1.0' in found
    assert "keystead_change_version 7.0" in found
    assert "keystead_writer_waiting 3.0" in found


def test_what_callers_make_up_is_no_label() -> None:
    counted = metrics()
    counted.answered({"method": "GET", OPERATION: "get_users"}, 200, 0.001)
    counted.answered({"method": "BREW"}, 404, 0.001)
    before = len(lines(counted))
    for number in range(1000):
        counted.answered({"method": f"BREW{number}"}, 404, 0.001)
    assert len(lines(counted)) == before
    assert 'keystead_requests_total{method="other",operation="none",status="404"} 1001.0' in lines(counted)

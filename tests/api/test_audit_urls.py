"""What stands behind a `?` is in no log: somebody will put a secret there."""

from typing import Final

import httpx

from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server

MARK: Final = "what-is-behind-the-question-mark"
QUERY: Final = f"?password={MARK}&a=%3Fb"


def test_urls_lose_their_query_wherever_they_are_kept(running: Server, admin: httpx.Client) -> None:
    assert (
        admin.post(f"/api/v1/service-accounts{QUERY}", json={"name": "asked-oddly"}).status_code == 201
    )  # a change
    for password, status in ((ADMIN_PASSWORD, 200), ("another horse", 400)):  # a sign-in, and one that failed
        form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": password}
        assert httpx.post(f"{running.url}/api/v2/token{QUERY}", data=form).status_code == status
    assert admin.get(f"/api/v1/nowhere{QUERY}").status_code == 404

    span = {"start": "2020-01-01", "end": "2100-01-01", "numberOfSamples": "1000"}
    entries = admin.get("/api/v1/audit/log", params=span).json()["logs"]
    urls = {entry.get("url", "") for entry in entries}
    assert {f"{running.url}/api/v1/service-accounts", f"{running.url}/api/v2/token"} <= urls
    assert not any("?" in url for url in urls)
    assert MARK not in running.log()
    kept = b"".join(path.read_bytes() for path in running.data_dir.glob("keystead.db*"))
    assert b"asked-oddly" in kept
    assert MARK.encode() not in kept

"""A retention over the API: what is too old is out of the log, and the chain says from where it holds."""

from pathlib import Path

import pytest

from tests.api.engines import settings_of
from tests.api.holders import ACCOUNTS, AUDIT
from tests.inside import running_inside

VERIFY = "/api/v1/audit/verify"
HEAD = "/api/v1/audit/head"
ALL = {"start": "2020-01-01", "end": "2100-01-01", "numberOfSamples": "1000"}
DAY = 86_400


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_what_is_too_old_goes_and_the_chain_verifies(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = {**settings_of(engine, request), "KEYSTEAD_AUDIT_RETENTION_DAYS": "30"}
    async with running_inside(tmp_path, settings=settings) as inside:
        admin = await inside.admin()
        assert (await admin.post(ACCOUNTS, json={"name": "old"})).status_code == 201
        assert "removedUpTo" not in (await admin.get(VERIFY)).json()
        old_head = (await admin.get(HEAD)).json()["version"]

        inside.clock.pass_seconds(40 * DAY)
        admin = await inside.admin()
        assert (await admin.post(ACCOUNTS, json={"name": "new"})).status_code == 201
        await inside.keystead.tend()

        verified = (await admin.get(VERIFY)).json()
        assert verified["intact"] is True
        assert verified["removedUpTo"] == old_head
        entries = (await admin.get(AUDIT, params=ALL)).json()["logs"]
        assert "old" not in {entry["entity_name"] for entry in entries}
        assert "new" in {entry["entity_name"] for entry in entries}
        (removal,) = [entry for entry in entries if entry["entity_type"] == "audit-log"]
        assert (removal["subject"], removal["action"]) == ("Keystead", "delete")
        assert removal["metadata"]["upTo"] == str(old_head)
        # What went were entries: the account that one of them was about is there.
        assert len((await admin.get(ACCOUNTS)).json()) == 2


async def test_without_a_retention_everything_stays(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as inside:
        before = (await (await inside.admin()).get(AUDIT, params=ALL)).json()["total"]
        inside.clock.pass_seconds(10_000 * DAY)
        await inside.keystead.tend()
        admin = await inside.admin()
        after = (await admin.get(AUDIT, params=ALL | {"end": "2200-01-01"})).json()["logs"]
        assert len(after) >= before
        assert not [entry for entry in after if entry["entity_type"] == "audit-log"]

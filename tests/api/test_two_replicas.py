"""What another replica acknowledges in the very middle of a request."""

from pathlib import Path
from typing import Any

import pytest

from keystead.db.connection import Job
from tests.inside import HERE, TOKEN, Inside, running_inside
from tests.postgres import PostgresServer

ACCOUNTS = "/api/v1/service-accounts"


async def earn(inside: Inside, name: str, secret: str) -> int:
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    return (await inside.coming_from(HERE).post(TOKEN, data=form)).status_code


@pytest.mark.parametrize("change", ["regenerate", "disable", "delete"])
async def test_no_token_is_issued_on_what_another_replica_revoked_while_it_was_earned(
    change: str, tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    async with (
        running_inside(tmp_path / "one", settings=settings) as one,
        running_inside(tmp_path / "two", settings=settings) as two,
        await two.admin() as admin,
    ):
        made = (await admin.post(ACCOUNTS, json={"name": "ci-pipeline"})).json()
        assert await earn(one, "ci-pipeline", made["clientSecret"]) == 200
        plain = one.database.record

        async def revoked_meanwhile(job: Job[Any]) -> Any:
            """The client has proved itself; its sign-in is being written."""
            account = f"{ACCOUNTS}/{made['id']}"
            if change == "regenerate":
                answer = await admin.post(f"{account}/secret")
            elif change == "disable":
                answer = await admin.patch(account, json={"enabled": False})
            else:
                answer = await admin.delete(account)
            assert answer.is_success
            return await plain(job)

        monkeypatch.setattr(one.database, "record", revoked_meanwhile)
        assert await earn(one, "ci-pipeline", made["clientSecret"]) == 401

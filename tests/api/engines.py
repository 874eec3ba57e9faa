"""A Keystead on each engine, inside the test's own process, whose clock the test moves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.inside import Inside, running_inside


def settings_of(engine: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """What makes a Keystead run on `sqlite` or on `postgres`, with a database of its own."""
    if engine == "sqlite":
        return {}
    postgres = request.getfixturevalue("postgres")
    return {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}


@pytest.fixture(params=["sqlite", "postgres"])
async def inside(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Inside]:
    async with running_inside(tmp_path, settings=settings_of(request.param, request)) as running:
        yield running


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Inside]:
    """On SQLite alone: for what no engine has a part in."""
    async with running_inside(tmp_path) as running:
        yield running

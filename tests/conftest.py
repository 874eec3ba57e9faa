"""What every part of the tests may ask for."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that want one."""
    with PostgresServer() as server:
        yield server

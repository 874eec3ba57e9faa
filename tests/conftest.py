"""What every part of the tests may ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import PostgresServer

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that want one."""
    with PostgresServer() as server:
        yield server

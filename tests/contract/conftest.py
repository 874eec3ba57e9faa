"""One server for the whole contract, its administrator, and the organisation in which the story plays."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.contract.client import KINDS, Client, Connect, configuration
from tests.contract.ground import (
    SERVICE_ACCOUNTS,
    Account,
    Organisation,
    make_organisation,
    make_pipeline,
    make_platform,
)
from tests.postgres import PostgresServer
from tests.serving import Server, sign_in


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server process, on each engine."""
    settings = {}
    if request.param == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    with Server(tmp_path_factory.mktemp("contract") / "var", settings) as running:
        yield running.url


@pytest.fixture(scope="session")
def admin(server: str) -> Iterator[httpx.Client]:
    """The first administrator, without runapy: its clients sign accounts in, not people."""
    with sign_in(server) as client:
        yield client


@pytest.fixture(scope="session")
def anonymous(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server) as client:
        yield client


@pytest.fixture(scope="session")
def organisation(admin: httpx.Client) -> Organisation:
    return make_organisation(admin)


@pytest.fixture(scope="session")
def platform(admin: httpx.Client) -> Account:
    """The account with which programs administer: system administrator of the tenant."""
    return make_platform(admin)


@pytest.fixture
def pipeline(admin: httpx.Client, organisation: Organisation) -> Iterator[Account]:
    """Always of the same name: it is deleted when its test is over, and the next one owes it nothing."""
    account = make_pipeline(admin, organisation)
    yield account
    assert admin.delete(f"{SERVICE_ACCOUNTS}/{account.id}").status_code in (204, 404)


@pytest.fixture(scope="session", params=KINDS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> type[Client]:
    found: type[Client] = request.param
    return found


@pytest.fixture
def connect(kind: Callable[..., Client], server: str) -> Iterator[Connect]:
    """`connect(client_id, secret)`: one of runapy's clients, signed in as that account."""
    opened: list[Client] = []

    def make(client_id: str, secret: str) -> Client:
        opened.append(kind(configuration(server, client_id, secret)))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def operator(connect: Connect, platform: Account) -> Client:
    """runapy as whoever administers."""
    return connect(platform.client_id, platform.secret)

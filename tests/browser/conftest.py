"""One browser for all of these tests, one server a module and engine, one browser context a test."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from keystead.web.console.site import BUILT
from tests.api.engines import settings_of
from tests.browser.chromium import running_chromium
from tests.browser.site import Site
from tests.browser.visiting import PATIENCE_MS, Visit, Visits
from tests.serving import Server

BOTH = ("sqlite", "postgres")
# What a browser sees hangs on the engine through the API alone, which its own tests hold to be the same on both. So
# most modules see PostgreSQL only in the longer proof, `make test-full`.
FULL = BOTH if os.environ.get("KEYSTEAD_TEST_FULL") else ("sqlite",)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """It ends with the package: while it runs, this thread can have no other event loop."""
    assert (BUILT / "index.html").exists(), "the console is not built: run `make console`"
    expect.set_options(timeout=PATIENCE_MS)
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def engine() -> str:
    """What the server keeps its data in. A module that proves procedures asks for both."""
    return "sqlite"


@pytest.fixture(scope="module")
def running(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server") / "var", settings_of(engine, request)) as server:
        yield server


@pytest.fixture(scope="module")
def site(running: Server) -> Iterator[Site]:
    with Site(running.url) as site:
        yield site


@pytest.fixture
def visits(chromium: Browser, site: Site) -> Iterator[Visits]:
    """Makes visits; those that were made are left at the end, when what their pages complained of fails the test."""
    made: list[Visit] = []

    def visit(*arguments: object, **options: object) -> Visit:
        made.append(Visit(chromium, site, *arguments, **options))  # type: ignore[arg-type]
        return made[-1]

    yield visit
    for one in made:
        one.leave()


@pytest.fixture
def visit(visits: Visits) -> Visit:
    """The administrator's, in a window of a common size."""
    return visits()

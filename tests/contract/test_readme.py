"""The first screen of README.md does what it says: a newcomer pastes it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.contract.ground import SERVICE_ACCOUNTS
from tests.serving import ADMIN_PASSWORD, Server, sign_in

README: Final = (Path(__file__).parents[2] / "README.md").read_text()
ADDRESS: Final = "http://127.0.0.1:8080"
STORY: Final = re.compile(r"^```sh\n# story\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON: Final = re.compile(r"^```python\n(from runai.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(scope="module")
def newcomers_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As it is after the very first start."""
    with Server(tmp_path_factory.mktemp("readme") / "var") as running:
        yield running.url


@pytest.fixture(scope="module")
def told(newcomers_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the shell printed."""
    story = "\n".join(STORY.findall(README))
    assert ADDRESS in story, (
        "README.md has no block that begins with ```sh and `# story` and calls the server"
    )
    done = subprocess.run(
        ["sh", "-eu", "-c", story.replace(ADDRESS, newcomers_server)],
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # its python3 is ours
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "no_proxy": "127.0.0.1",
        },
        cwd=tmp_path_factory.mktemp("pasted"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def newcomer(newcomers_server: str, told: str) -> Iterator[httpx.Client]:
    """The administrator, after the story."""
    with sign_in(newcomers_server) as client:
        yield client


def test_the_story_ends_with_an_account_that_has_access_and_has_signed_in(newcomer: httpx.Client) -> None:
    (account,) = newcomer.get(SERVICE_ACCOUNTS).json()
    assert account["accessRuleCount"] > 0
    assert account["lastLogin"] is not None


def test_runapy_goes_on_where_the_story_ends(newcomer: httpx.Client, newcomers_server: str) -> None:
    (account,) = newcomer.get(SERVICE_ACCOUNTS).json()
    secret = newcomer.post(f"{SERVICE_ACCOUNTS}/{account['id']}/secret").json()["clientSecret"]
    program = PYTHON.search(README)
    assert program, "README.md has no block that begins with ```python and an import of runai"
    known: dict[str, Any] = {"secret": secret}
    exec(program[1].replace(ADDRESS, newcomers_server), known)
    assert known["clusters"].status_code == 200
    assert len(known["clusters"].data) > 0

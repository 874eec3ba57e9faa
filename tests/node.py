"""Node.js programs, run by the tests: what they need is installed by `make test`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

CLIENTS: Final = Path(__file__).parent / "clients"
_SECONDS: Final = 60


def run_node(program: Path, environment: dict[str, str]) -> str:
    """What it printed. Fails with what it said when it failed."""
    # Where the machine has no Node.js of its own, it lies in the virtual environment.
    path = f"{os.environ['PATH']}{os.pathsep}{Path(sys.prefix) / 'node' / 'bin'}"
    node = shutil.which("node", path=path)
    assert node is not None, "Node.js is not installed: run make test"
    assert (CLIENTS / "node_modules").is_dir(), "tests/clients has no node_modules: run make test"
    done = subprocess.run(
        [node, "--no-warnings", program],
        env={"PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def run_client(name: str, told: dict[str, Any]) -> Any:
    """What a program of tests/clients tells."""
    return json.loads(run_node(CLIENTS / f"{name}.mjs", {"TOLD": json.dumps(told)}))

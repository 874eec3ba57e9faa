"""`keystead` as a command, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.serving import ADMIN_PASSWORD


def keystead(
    data_dir: Path, *arguments: str, settings: Mapping[str, str] | None = None, said: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end, on no terminal; `said` is what stands on its standard input."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KEYSTEAD_")}
    ours = {"KEYSTEAD_DATA_DIR": str(data_dir), "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD, **(settings or {})}
    return subprocess.run(
        [sys.executable, "-m", "keystead.cli.main", *arguments],
        env=inherited | ours,
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

"""Finds a Chromium that Playwright can drive, or brings one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Playwright, sync_playwright

_SYSTEM_NAMES: Final = ("chromium", "chromium-browser")
_BRING_SECONDS: Final = 600
_QUIET: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _say(text: str) -> None:
    """To the terminal itself: a download is worth knowing of while it lasts, and pytest keeps the rest back."""
    if sys.__stderr__ is not None:
        print(text, file=sys.__stderr__, flush=True)


def _on_the_system() -> str | None:
    return next((path for name in _SYSTEM_NAMES if (path := shutil.which(name))), None)


def _run(*command: str) -> str | None:
    """None when it did what it was asked; else what it said last."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_BRING_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else (done.stderr or done.stdout).strip()[-400:]


def find_chromium(playwright: Playwright) -> str:
    """The path of a Chromium: the system's, Playwright's own, or one that is installed now."""
    own = playwright.chromium.executable_path
    if found := _on_the_system() or (own if Path(own).exists() else None):
        return found
    _say("Bringing a Chromium for the browser tests: playwright install chromium")
    problem = _run(sys.executable, "-m", "playwright", "install", "chromium")
    if problem is None and Path(own).exists():
        return own
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _say("That did not work; installing the system's package: apt-get install chromium")
        _run("apt-get", "update")  # a fresh machine knows no packages yet; what fails here, fails below too
        problem = _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium") or problem
        if found := _on_the_system():
            return found
    raise AssertionError(
        "The browser tests need Chromium, and none could be brought: install the package `chromium`, "
        f"or run `python -m playwright install chromium` where it can be downloaded. ({problem})"
    )


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A browser. Nothing asynchronous may run in this thread while it is open: Playwright's own loop does."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses to run as root with one
        browser = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()

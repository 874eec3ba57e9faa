"""One process owns the database; the next one is told which."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from keystead.db.lock import LockError, ServerLock
from keystead.kit.errors import Kind

HOLDER = (
    "import sys; from pathlib import Path; from keystead.db.lock import ServerLock; "
    "ServerLock(Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    return tmp_path / "keystead.db"


def test_the_second_is_refused_with_the_file_and_the_process_that_owns_it(database_path: Path) -> None:
    with (
        ServerLock(database_path),
        pytest.raises(LockError, match=rf"{database_path} is in use by process {os.getpid()}:") as refused,
    ):
        ServerLock(database_path).acquire()
    assert refused.value.kind is Kind.UNAVAILABLE


def test_another_name_of_the_file_is_the_same_lock(database_path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(database_path)
    with ServerLock(link), pytest.raises(LockError):
        ServerLock(database_path).acquire()


def test_a_released_lock_can_be_taken_again(database_path: Path) -> None:
    lock = ServerLock(database_path)
    for _ in range(2):
        with lock:
            pass
    lock.release()


def test_the_lock_of_a_killed_process_is_free(database_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockError, match=f"process {holder.pid}:"):
            ServerLock(database_path).acquire()
        holder.kill()
        holder.wait(60)
        with ServerLock(database_path):
            pass


def test_a_lock_is_for_its_owner_alone_and_is_not_inherited(database_path: Path) -> None:
    with ServerLock(database_path) as lock:
        assert lock._file.stat().st_mode & 0o777 == 0o600
        assert lock._descriptor is not None
        assert not os.get_inheritable(lock._descriptor)


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LockError, match=r"keystead\.db\.lock cannot be opened: No such file or directory\."):
        ServerLock(tmp_path / "missing" / "keystead.db").acquire()

"""One writer per data folder, whatever happens to the process that holds it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.storage.instance_lock import FILE_NAME, InstanceLock, LockHolder, socket_name

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys
from pathlib import Path
from cryptobot_desktop.storage.instance_lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.readline()
"""


def test_the_second_one_does_not_get_the_folder_and_learns_who_has_it(data_dir: Path) -> None:
    with InstanceLock(data_dir) as first:
        assert first.acquire()
        assert first.acquire()
        second = InstanceLock(data_dir)
        assert not second.acquire()
        assert second.holder() == LockHolder(os.getpid(), socket_name(data_dir))
    assert second.acquire()
    second.release()
    second.release()


def test_a_killed_holder_lets_go(data_dir: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    lock = InstanceLock(data_dir)
    assert not lock.acquire()
    known = lock.holder()
    assert known is not None
    assert known.pid == holder.pid
    holder.kill()
    holder.communicate()
    assert lock.acquire()
    mine = lock.holder()
    assert mine is not None
    assert mine.pid == os.getpid()
    lock.release()


@pytest.mark.parametrize("content", ["", "12345", '{"pid": "x"}', "\x00\x01"])
def test_what_an_old_lock_file_says_does_not_matter(data_dir: Path, content: str) -> None:
    (data_dir / FILE_NAME).write_text(content)
    lock = InstanceLock(data_dir)
    assert lock.holder() is None
    assert lock.acquire()
    lock.release()


def test_one_folder_by_two_names_is_one_socket(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert socket_name(tmp_path / "link") == socket_name(tmp_path / "real")
    assert socket_name(tmp_path) != socket_name(tmp_path / "real")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserActionNeeded, match=r"instance\.lock in .*absent cannot be opened"):
        InstanceLock(tmp_path / "absent").acquire()

"""Real small and read-only disks: nothing acknowledged is lost, and what is there can still be read."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.unit.storage.trading_story import TradingStory

pytestmark = pytest.mark.slow


@pytest.fixture(params=[512, 700, 1024, 2048])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return the mount point of a disk of so many KiB, where this user may mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = mount("-t", "tmpfs", "-o", f"size={request.param}k", "tmpfs", str(folder))
    if made.returncode:
        pytest.skip(f"this machine does not let us mount a small disk: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)


def trade_until_full(database: ProfileDatabase, story: TradingStory) -> tuple[int, CommitBatch]:
    """Commit until the disk is full; return the last acknowledged row and the batch that did not fit."""
    acknowledged = story.ledger.seq
    for _ in range(10_000):
        for _ in range(5):
            story.place(f"u:{story.ledger.seq}")
        batch = story.batch()
        try:
            database.commit(batch)
        except UserActionNeeded as error:
            if "disk is full" in str(error):
                return acknowledged, batch
            raise
        acknowledged = story.ledger.seq
    raise AssertionError("the disk never filled up")


def test_s01_a_full_disk_stops_writing_and_keeps_everything_acknowledged(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(100_000))
    database, story = ProfileDatabase(small_disk / FILE_NAME), TradingStory()
    story.open_portfolio()
    database.commit(story.batch())
    acknowledged, refused = trade_until_full(database, story)
    assert load_state(database).last_seq == acknowledged
    ballast.unlink()
    database.commit(refused)
    assert load_state(database).last_seq == story.ledger.seq
    acknowledged, _ = trade_until_full(database, story)
    database.close()
    reader = ProfileDatabase(small_disk / FILE_NAME, read_only=True)
    assert load_state(reader).last_seq == acknowledged
    assert check_ledger(reader, audit).findings == ()
    reader.close()


def test_s01_no_room_for_a_new_database_is_one_clear_error(small_disk: Path) -> None:
    free = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize - 20_000))
    with pytest.raises(UserActionNeeded, match="could not be created"):
        ProfileDatabase(small_disk / FILE_NAME)
    assert not (small_disk / FILE_NAME).exists()


def test_s02_a_read_only_disk_is_refused_for_writing_and_read_for_viewing(small_disk: Path) -> None:
    path, story = small_disk / FILE_NAME, TradingStory()
    story.open_portfolio()
    database = ProfileDatabase(path)
    database.commit(story.batch())
    database.close()
    assert mount("-o", "remount,ro", str(small_disk)).returncode == 0
    with pytest.raises(UserActionNeeded, match=r"cannot be opened.*--data-dir"):
        ProfileDatabase(path)
    reader = ProfileDatabase(path, read_only=True)
    assert load_state(reader).last_seq == 1
    assert check_ledger(reader, audit).findings == ()
    reader.close()

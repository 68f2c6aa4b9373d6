"""Backups: one a day, whole or absent, the newest seven."""

from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.backups import back_up_before, backup_folder, backups, prune
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.unit.storage.trading_story import TradingStory

DAY = 86_400_000
START = 1_763_596_800_000  # 2025-11-20 00:00 UTC


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / FILE_NAME


def test_a_backup_is_a_whole_database_taken_while_it_is_in_use(path: Path) -> None:
    database, story = ProfileDatabase(path), TradingStory()
    story.open_portfolio()
    story.place("u:1")
    database.commit(story.batch())
    copy = database.back_up_daily(START)
    state = load_state(database)
    story.place("u:2")
    database.commit(story.batch())
    database.close()
    assert copy == path.parent / "backups" / "profile-daily-2025-11-20.sqlite"
    assert [file.name for file in copy.parent.iterdir()] == [copy.name]
    restored = ProfileDatabase(copy)
    assert load_state(restored) == state
    assert check_ledger(restored, audit).findings == ()
    restored.close()


def test_one_backup_a_day_and_the_newest_seven_stay(path: Path) -> None:
    database = ProfileDatabase(path)
    for day in range(10):
        assert database.back_up_daily(START + day * DAY) is not None
        assert database.back_up_daily(START + day * DAY + DAY - 1) is None
    back_up_before(database.connection, path, "0002")
    database.close()
    labels = [f"2025-11-{day}" for day in range(23, 30)]
    assert [copy.label for copy in backups(path)] == [*labels, "before-0002"]
    assert all(copy.size > 4_096 for copy in backups(path))
    prune(path, keep=0)
    assert [copy.label for copy in backups(path)] == ["2025-11-29", "before-0002"]


def test_a_copy_before_a_migration_is_not_overwritten_by_a_second_try(path: Path) -> None:
    database = ProfileDatabase(path)
    copy = back_up_before(database.connection, path, "0002")
    before = copy.read_bytes()
    database.commit(TradingStory().batch())
    assert back_up_before(database.connection, path, "0002") == copy
    assert copy.read_bytes() == before
    database.close()


def test_a_backup_that_cannot_be_written_is_one_clear_error(path: Path) -> None:
    database = ProfileDatabase(path)
    backup_folder(path).write_text("in the way")
    with pytest.raises(UserActionNeeded, match="could not be written"):
        database.back_up_daily(START)
    database.close()


def test_a_damaged_database_makes_no_backup(path: Path) -> None:
    database, story = ProfileDatabase(path), TradingStory()
    story.open_portfolio()
    for number in range(300):
        story.place(f"u:{number}")
    database.commit(story.batch())
    root = database.connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'transfer'").fetchone()[0]
    database.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\x7f" * 4096
    path.write_bytes(bytes(content))
    database = ProfileDatabase(path)
    with pytest.raises(UserActionNeeded, match="damaged"):
        database.back_up_daily(START)
    assert list(backup_folder(path).iterdir()) == []
    database.close()


def test_two_backups_of_one_second_are_two_files(path: Path) -> None:
    database = ProfileDatabase(path)
    made = [database.back_up_now(1_000) for _ in range(3)]
    database.close()
    assert len({file.name for file in made}) == 3
    assert all(file.exists() for file in made)

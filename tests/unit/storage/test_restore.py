"""Restoring a backup: what it would change is said exactly, what was there is kept, and nothing is half done."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.backups import back_up_now, backups
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.connections import DamagedFile
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from cryptobot_desktop.storage.restore import BalanceChange, compare, find_backup, restore, working_copy
from tests.unit.storage.trading_story import CASH, TradingStory

NOW = 1_763_596_800_000


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / FILE_NAME


def commit(path: Path, story: TradingStory) -> None:
    database = ProfileDatabase(path)
    database.commit(story.batch())
    database.close()


def copied(path: Path) -> Path:
    database = ProfileDatabase(path, read_only=True)
    made = database.back_up_now(NOW)
    database.close()
    return made


@pytest.fixture
def backup(path: Path) -> Path:
    """Return a backup of a ledger that has gone on since: one order, one fill, one session, five rows."""
    story = TradingStory()
    story.open_portfolio()
    story.place("u:1", 100)
    commit(path, story)
    made = copied(path)
    story.now = 5_000
    story.place("u:2", 300)
    story.fill("u:1", "f1")
    story.now = 7_000
    story.cancel("u:2")
    story.put_session("s1")
    story.open_portfolio("other", 7)
    commit(path, story)
    return made


def test_a_comparison_names_everything_that_would_be_lost(path: Path, backup: Path) -> None:
    with working_copy(backup, path, "paper") as copy:
        found = compare(path, copy)
    assert (found.rows_now, found.rows_then, found.common_seq, found.rows_lost) == (7, 2, 2, 5)
    assert (found.first_lost_ms, found.last_lost_ms) == (5_000, 7_000)
    assert (found.orders_lost, found.fills_lost, found.sessions_lost) == (1, 1, 1)
    assert found.is_older_state
    assert found.balances == (
        BalanceChange("main#1/available", "BTC", 1_000, 0),
        BalanceChange("main#1/reserved", "USDT", 50, 100),
        BalanceChange("other#1/available", "USDT", 7, 0),
    )


def test_a_restore_keeps_what_was_there_and_gives_back_the_state_of_the_backup(path: Path, backup: Path) -> None:
    before = load_state(reader := ProfileDatabase(path, read_only=True))
    reader.close()
    content = backup.read_bytes()
    with working_copy(backup, path, "paper") as copy:
        kept = restore(copy, path, "paper", NOW + 1_000)
    database = ProfileDatabase(path)
    assert load_state(database).last_seq == 2
    assert load_state(database).balances["main#1/available", "USDT"] == CASH - 100
    assert database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert check_ledger(database, audit).findings == ()
    database.close()
    assert kept is not None
    old = ProfileDatabase(kept, read_only=True)
    assert load_state(old) == before
    old.close()
    assert backup.read_bytes() == content
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".restore")] == []


def test_ledgers_that_have_parted_are_recognised(path: Path, backup: Path) -> None:
    path.unlink()
    story = TradingStory()
    story.open_portfolio()
    story.place("u:1", 99)
    story.place("u:3", 5)
    commit(path, story)
    with working_copy(backup, path, "paper") as copy:
        found = compare(path, copy)
    assert (found.common_seq, found.rows_lost, found.is_older_state) == (1, 2, False)


def test_a_damaged_backup_is_refused_and_nothing_changes(path: Path, backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:5_000])
    before = path.read_bytes()
    with pytest.raises(UserActionNeeded, match="damaged"), working_copy(backup, path, "paper"):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", ["cut", "empty", "a text", "zeroed pages"])
def test_a_damaged_database_is_set_aside_byte_for_byte(path: Path, backup: Path, how: str) -> None:
    content = path.read_bytes()
    damaged = {
        "cut": content[: len(content) // 2],
        "empty": b"",
        "a text": b"no database " * 500,
        "zeroed pages": content[:4096] + bytes(len(content) - 4096),
    }[how]
    path.write_bytes(damaged)
    with working_copy(backup, path, "paper") as copy:
        kept = restore(copy, path, "paper", NOW)
    assert kept is not None
    assert kept.read_bytes() == damaged
    database = ProfileDatabase(path)
    assert load_state(database).last_seq == 2
    database.close()


def test_a_missing_database_is_put_back(path: Path, backup: Path) -> None:
    path.unlink()
    with working_copy(backup, path, "paper") as copy:
        assert restore(copy, path, "paper", NOW) is None
    database = ProfileDatabase(path, read_only=True)
    assert load_state(database).last_seq == 2
    database.close()


def test_a_database_of_another_mode_is_not_overwritten(path: Path, backup: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER meta_mode_stays")
    connection.execute("UPDATE meta SET value = 'testnet'")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with (
        working_copy(backup, path, "paper") as copy,
        pytest.raises(UserActionNeeded, match="belongs to mode 'testnet'"),
    ):
        restore(copy, path, "paper", NOW)
    assert path.read_bytes() == before


def test_backups_are_found_by_file_and_by_label(path: Path, backup: Path) -> None:
    label = backups(path)[0].label
    assert find_backup(path, label) == find_backup(path, str(backup)) == backup
    with pytest.raises(InvalidInput, match=f"'nothing' does not exist; known: {label}"):
        find_backup(path, "nothing")


def test_a_backup_never_overwrites_a_file(path: Path, backup: Path) -> None:
    database = ProfileDatabase(path, read_only=True)
    with pytest.raises(UserActionNeeded, match="exists already and is not overwritten"):
        back_up_now(database.connection, path, NOW, target=backup)
    database.close()


def test_a_database_with_damaged_pages_says_so(path: Path, backup: Path) -> None:
    content = bytearray(path.read_bytes())
    connection = sqlite3.connect(path)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'transfer'").fetchone()
    connection.close()
    content[(root - 1) * 4096 : root * 4096] = b"\x7f" * 4096
    path.write_bytes(bytes(content))
    with working_copy(backup, path, "paper") as copy, pytest.raises(DamagedFile, match="damaged"):
        compare(path, copy)
    shutil.rmtree(backup.parent)

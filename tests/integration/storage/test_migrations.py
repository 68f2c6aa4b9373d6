"""Files of released schemas migrate, copied first; a migration killed anywhere leaves the old or the new (S12)."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.backups import backups
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from cryptobot_desktop.storage.restore import restore, working_copy
from cryptobot_desktop.storage.schema import HISTORY, inspect
from tests.unit.storage.first_schema import FIRST, old_database

ROOT = Path(__file__).resolve().parents[3]


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = list(connection.iterdump())
    connection.close()
    return lines


def test_s12_a_file_of_schema_0001_migrates_whole_and_is_copied_first(data_dir: Path) -> None:
    path = data_dir / FILE_NAME
    story = old_database(path)
    before = dump(path)
    database = ProfileDatabase(path)
    assert check_ledger(database, audit).findings == ()
    state = load_state(database)
    assert (state.last_seq, state.last_hash) == (story.ledger.seq, story.ledger.head_hash)
    assert state.tail_fills == tuple(f for epoch, f in story.fills if epoch == 2)
    assert list(database.transfers()) == story.transfers
    story.place("bot:new")
    story.fill("bot:new", "fnew")
    database.commit(story.batch_with_snapshot())
    assert check_ledger(database, audit).findings == ()
    with pytest.raises(sqlite3.IntegrityError, match="fill is append-only"):
        database.connection.execute("UPDATE fill SET price = 7")
    database.close()
    assert [copy.label for copy in backups(path)] == ["before-0002"]
    assert inspect(backups(path)[0].path, "paper") == "0001"
    assert dump(backups(path)[0].path) == before


def test_an_old_file_is_not_read_without_a_migration_but_says_what_to_do(data_dir: Path) -> None:
    path = data_dir / FILE_NAME
    old_database(path)
    before = path.read_bytes()
    with pytest.raises(Exception, match=r"schema 0001 of an older version.*portfolio list"):
        ProfileDatabase(path, read_only=True)
    assert path.read_bytes() == before


def test_a_backup_of_schema_0001_is_migrated_when_it_is_restored(data_dir: Path, tmp_path: Path) -> None:
    path, backup = data_dir / FILE_NAME, tmp_path / "old.sqlite"
    story = old_database(backup)
    content = backup.read_bytes()
    ProfileDatabase(path).close()
    with working_copy(backup, path, "paper") as copy:
        restore(copy, path, "paper", 0)
    database = ProfileDatabase(path)
    assert load_state(database).last_seq == story.ledger.seq
    assert check_ledger(database, audit).findings == ()
    database.close()
    assert backup.read_bytes() == content


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL on Windows")
def test_s12_a_migration_killed_at_every_statement_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    old, copies = tmp_path / FILE_NAME, tmp_path / "copies"
    old_database(old)
    copies.mkdir()
    before = dump(old)
    script = str(Path(__file__).with_name("crashing_trader.py"))
    done = subprocess.run(
        [sys.executable, script, str(old), "migrate-each", str(copies)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    steps = [line.split() for line in done.stdout.splitlines()]
    assert len(steps) > 25
    assert [what for _, what in steps] == ["killed"] * (len(steps) - 1) + ["done"]
    found = []
    for number, _ in steps:
        path = copies / number / FILE_NAME
        found.append(inspect(path, "paper"))
        if found[-1] == FIRST.head:
            assert dump(path) == before
        database = ProfileDatabase(path)
        assert check_ledger(database, audit).findings == ()
        database.close()
        shutil.rmtree(path.parent)
    assert set(found) == set(HISTORY.revisions)

"""Rows of the storage part of the fault catalogue; each test bears the number of its row."""

import ast
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import CryptobotError, TemporaryFailure, UserActionNeeded
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.anchor import anchor_path, read_anchor
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.connections import BUSY_TIMEOUT_S
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from cryptobot_desktop.storage.restore import compare, restore, working_copy
from tests.unit.storage.trading_story import TradingStory

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / FILE_NAME


def traded(path: Path, orders: int = 5) -> tuple[ProfileDatabase, TradingStory]:
    """Return an open database with a few rows, and its story."""
    database, story = ProfileDatabase(path, busy_timeout_s=0.2), TradingStory()
    story.open_portfolio()
    for number in range(orders):
        story.place(f"u:{number}")
        story.fill(f"u:{number}", f"f{number}")
    database.commit(story.batch())
    return database, story


def left_by_kill(path: Path, tmp_path: Path) -> tuple[Path, TradingStory, int]:
    """Return a database as `kill -9` leaves it, the newest rows in its log only, and how many the file itself has."""
    database, story = traded(path)
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.connection.execute("PRAGMA wal_autocheckpoint = 0")
    in_file = story.ledger.seq
    story.place("u:late", 7)
    database.commit(story.batch())
    folder = tmp_path / "killed"
    shutil.copytree(path.parent, folder)
    database.close()
    return folder / FILE_NAME, story, in_file


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_s03_every_failing_write_or_sync_leaves_before_or_after(tmp_path: Path) -> None:
    shim, seed, folder = tmp_path / "failing_disk.so", tmp_path / FILE_NAME, tmp_path / "tries"
    source = str(HERE / "failing_disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), source, "-ldl"], check=True)
    ProfileDatabase(seed).close()
    folder.mkdir()
    child = [sys.executable, str(HERE / "trader_on_failing_disk.py"), str(seed), str(folder), "60"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LD_PRELOAD": str(shim)}
    done = subprocess.run(child, capture_output=True, text=True, check=True, env=environment)
    tries = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(tries) == 60
    failed = [found for found in tries if found["errors"]]
    assert len(failed) > 30
    for found in tries:
        for text in found["errors"]:
            assert text.startswith("UserActionNeeded: "), found
            assert "rollback" not in text
        database = ProfileDatabase(folder / str(found["n"]) / FILE_NAME)
        assert load_state(database).last_seq in (found["acknowledged"], found["attempted"]), found
        assert check_ledger(database, audit).findings == ()
        database.close()
    repeated = [found["errors"] for found in failed if len(found["errors"]) == 2]
    assert len(repeated) == len(failed)  # nothing is tried again as if the sync had not failed


def test_s04_a_held_file_is_waited_for_and_then_refused(path: Path) -> None:
    assert BUSY_TIMEOUT_S == 5.0
    database, story = traded(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    story.place("u:late")
    batch, begun = story.batch(), time.monotonic()
    with pytest.raises(TemporaryFailure, match="another program holds it"):
        database.commit(batch)
    assert 0.15 < time.monotonic() - begun < 3
    assert load_state(database).last_seq == story.ledger.seq - 1
    holder.execute("ROLLBACK")
    holder.close()
    database.commit(batch)
    assert load_state(database).last_seq == story.ledger.seq
    database.close()


@pytest.mark.parametrize("how", ["deleted", "moved", "emptied", "foreign"])
def test_s07_a_lost_log_is_noticed_and_the_missing_rows_are_named(path: Path, tmp_path: Path, how: str) -> None:
    killed, story, in_file = left_by_kill(path, tmp_path)
    log = killed.with_name(f"{FILE_NAME}-wal")
    kept = log.read_bytes()
    if how == "moved":
        log.rename(tmp_path / "elsewhere")
    elif how == "emptied":
        log.write_bytes(b"")
    elif how == "foreign":
        log.write_bytes(bytes(reversed(kept)))
    else:
        log.unlink()
    killed.with_name(f"{FILE_NAME}-shm").unlink(missing_ok=True)
    database = ProfileDatabase(killed)
    words = f"ledger rows {in_file + 1} to {story.ledger.seq} were stored and are missing"
    with pytest.raises(UserActionNeeded, match=words):
        load_state(database)
    report = check_ledger(database, audit)
    assert any(words in text for text in report.findings)
    database.close()
    anchor_path(killed).unlink()  # the user decides to go on without them
    database = ProfileDatabase(killed)
    assert load_state(database).last_seq == in_file
    database.close()


def test_s07_a_log_that_is_put_back_brings_all_rows_back(path: Path, tmp_path: Path) -> None:
    killed, story, _ = left_by_kill(path, tmp_path)
    killed.with_name(f"{FILE_NAME}-shm").unlink(missing_ok=True)
    database = ProfileDatabase(killed)
    assert load_state(database).last_seq == story.ledger.seq
    database.close()


def test_s07_another_ledger_in_the_place_of_this_one_is_noticed(path: Path, tmp_path: Path) -> None:
    database, _ = traded(path)
    database.close()
    other, story = ProfileDatabase(tmp_path / FILE_NAME), TradingStory()
    story.open_portfolio("another")
    for number in range(20):
        story.place(f"x:{number}", 3, "another")
    other.commit(story.batch())
    other.close()
    shutil.copy(tmp_path / FILE_NAME, path)
    database = ProfileDatabase(path)
    with pytest.raises(UserActionNeeded, match="this is another ledger"):
        load_state(database)
    database.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let anybody move a file that is in use")
def test_s08_a_replaced_file_takes_no_row_and_the_old_one_keeps_all(path: Path, tmp_path: Path) -> None:
    database, story = traded(path)
    moved = tmp_path / "moved.sqlite"
    acknowledged = story.ledger.seq
    path.rename(moved)
    ProfileDatabase(tmp_path / "new" / FILE_NAME).close()
    shutil.copy(tmp_path / "new" / FILE_NAME, path)
    before = path.read_bytes()
    story.place("u:late")
    for _ in range(2):
        with pytest.raises(UserActionNeeded, match="was moved, deleted or replaced while it was in use"):
            database.commit(story.batch())
    assert path.read_bytes() == before
    assert database.connection.execute("SELECT max(seq) FROM transfer").fetchone() == (acknowledged,)
    database.close()
    assert path.read_bytes() == before


@pytest.mark.slow
def test_s09_damaged_files_are_refused_or_read_rightly_and_never_begun_anew(path: Path, tmp_path: Path) -> None:
    database, story = traded(path, 40)
    rows = list(database.ledger_rows())
    database.close()
    anchor_path(path).unlink()
    content, chance, refused = path.read_bytes(), random.Random(9), []
    for number in range(120):
        spoiled = spoil(content, chance, number)
        path.write_bytes(spoiled)
        try:
            reader = ProfileDatabase(path, read_only=True)
        except CryptobotError as error:
            refused.append(str(error))
            assert path.read_bytes() == spoiled
            continue
        try:
            report = check_ledger(reader, audit)
            assert not report.holds or list(reader.ledger_rows()) == rows, number
            load_state(reader)
        except CryptobotError:
            pass  # a UserActionNeeded that names the file, or a bug report; never an empty ledger
        finally:
            reader.close()
        assert path.read_bytes() == spoiled
    assert len(refused) > 40
    assert all(FILE_NAME in text for text in refused)
    assert story.ledger.seq == len(rows)


def spoil(content: bytes, chance: random.Random, number: int) -> bytes:
    """Return the file truncated, with garbage or zeros in it, or empty."""
    at = chance.randrange(len(content))
    length = chance.choice([1, 16, 512, 4096, 20_000])
    if number % 4 == 0:
        return content[:at]
    if number % 4 == 1:
        return content[:at] + chance.randbytes(min(length, len(content) - at)) + content[at + length :]
    if number % 4 == 2:
        return content[:at] + bytes(min(length, len(content) - at)) + content[at + length :]
    return b"" if number == 3 else chance.randbytes(at)


def test_s10_nothing_in_storage_opens_a_database_other_than_through_sqlite() -> None:
    found = []
    for file in (ROOT / "cryptobot_desktop" / "storage").rglob("*.py"):
        if file.parent.name == "capsule":
            continue  # recordings are files of their own
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in ("open", "read_bytes", "write_bytes", "read_text", "write_text", "copy", "copyfile", "copy2"):
                found.append(f"{file.name}: {ast.unparse(node)}")
    # The lock file, the note beside the database, a finished copy that nobody has open, and what a person is given.
    allowed = ("instance_lock.py", "anchor.py", "backups.py: os.open(path, os.O_RDWR)")
    assert [line for line in found if not line.startswith(allowed)] == []


def test_s11_s13_newer_files_and_files_of_another_mode_get_no_row(path: Path) -> None:
    database, _ = traded(path)
    database.close()
    for statement, words in (
        ("UPDATE alembic_version SET version_num = '0099'", r"schema 0099, this program knows up to"),
        ("UPDATE meta SET value = 'testnet'", "belongs to mode 'testnet', this program runs in mode 'paper'"),
    ):
        changed = path.with_name("changed.sqlite")
        shutil.copy(path, changed)
        connection = sqlite3.connect(changed)
        connection.execute("DROP TRIGGER meta_mode_stays")
        connection.execute(statement)
        connection.commit()
        connection.close()
        before = changed.read_bytes()
        with pytest.raises(UserActionNeeded, match=words):
            ProfileDatabase(changed)
        assert changed.read_bytes() == before
        changed.unlink()


verbs = st.sampled_from(["UPDATE", "UPDATE OR REPLACE", "DELETE", "REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verb=verbs, table=st.sampled_from(["transfer", "fill", "ledger_snapshot"]), pick=st.data())
def test_s17_no_statement_changes_what_was_written(
    guarded: ProfileDatabase, verb: str, table: str, pick: st.DataObject
) -> None:
    execute = guarded.connection.execute
    names = [row[1] for row in execute(f"PRAGMA table_info({table})")]
    rows = execute(f"SELECT * FROM {table} ORDER BY seq").fetchall()
    row = pick.draw(st.sampled_from(rows))
    if verb.startswith("UPDATE"):
        column = pick.draw(st.sampled_from(names))
        statement = f"{verb} {table} SET {column} = {column} WHERE seq = {row[0]}"
        arguments: tuple[object, ...] = ()
    elif verb == "DELETE":
        statement, arguments = f"DELETE FROM {table} WHERE seq >= {row[0]}", ()
    else:
        changed = list(row)
        changed[0] = pick.draw(st.sampled_from([row[0], len(rows), len(rows) + 1, len(rows) + 5]))
        statement, arguments = f"{verb} INTO {table} VALUES ({','.join('?' * len(row))})", tuple(changed)
    execute("BEGIN")
    with contextlib.suppress(sqlite3.IntegrityError):
        execute(statement, arguments)
    assert execute(f"SELECT * FROM {table} ORDER BY seq").fetchall()[: len(rows)] == rows
    if guarded.connection.in_transaction:
        execute("ROLLBACK")


@pytest.fixture
def guarded(path: Path) -> Iterator[ProfileDatabase]:
    database, story = traded(path, 8)
    story.place("u:more")
    database.commit(story.batch_with_snapshot())
    yield database
    database.close()


def test_s19_a_backup_while_writing_is_consistent_and_a_restore_says_what_is_lost(path: Path) -> None:
    database, story = traded(path)
    stop, reported = threading.Event(), []

    def write_on() -> None:
        writer = ProfileDatabase(path)
        number = 0
        while not stop.is_set():
            number += 1
            story.place(f"w:{number}")
            writer.commit(story.batch())
        writer.close()

    thread = threading.Thread(target=write_on)
    thread.start()
    for number in range(6):
        copy = database.back_up_now(number * 1_000)
        reader = ProfileDatabase(copy, read_only=True)
        report = check_ledger(reader, audit)
        reported.append(report.rows)
        assert report.findings == ()
        reader.close()
        assert read_anchor(copy) is None
    stop.set()
    thread.join()
    database.close()
    assert reported == sorted(reported)
    with working_copy(copy, path, "paper") as older:
        assert compare(path, older).rows_lost == story.ledger.seq - reported[-1]
        restore(older, path, "paper", 99_000)
    database = ProfileDatabase(path)
    assert load_state(database).last_seq == reported[-1]
    assert check_ledger(database, audit).findings == ()
    database.close()

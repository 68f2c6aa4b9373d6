"""Snapshots under generated trading: every way to the state gives the same hash (PB-5); every change is found (S16)."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import CryptobotError, UserActionNeeded
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.domain.ledger_chain import Replay
from cryptobot_desktop.domain.ledger_state import LedgerState, parse_state, state_hash
from cryptobot_desktop.engine.accounts import Accounts
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import StoredRecords, check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.builders import btc_usdt, market_of
from tests.unit.storage.trading_story import TradingStory

WORDS = ("portfolio", "place", "place", "place", "fill", "fill", "fill", "cancel", "commit", "snapshot", "tick")
STEPS = st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 7)), min_size=5, max_size=60)
GUARDED = ("transfer", "fill", "order_state", "balance", "ledger_snapshot")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database, because making one takes longer than all else."""
    path = tmp_path_factory.mktemp("template") / FILE_NAME
    ProfileDatabase(path).close()
    return path


def tell(story: TradingStory, what: str, number: int) -> None:
    """Do one step of a story, where it is possible."""
    name = ("main", "other")[number % 2]
    known = {record.name for record in story.portfolios}
    held = [o.client_id for o in story.orders.values() if o.status.is_open]
    if what == "portfolio":
        story.open_portfolio(name)
    elif what == "place" and name in known:
        story.place(f"{('u', 'bot')[number % 3 == 0]}:{len(story.orders)}", 10 + number, name)
    elif what == "fill" and held and story.orders[held[number % len(held)]].reserved:
        story.fill(held[number % len(held)], f"f{len(story.fills)}")
    elif what == "cancel" and held:
        story.cancel(held[number % len(held)])
    elif what == "tick":
        story.now += number


def accounts_state(stored: StoredState) -> LedgerState:
    """Return what the engine takes up at a start."""
    instrument = btc_usdt()
    accounts = Accounts(market_of(instrument, None, last=100), {instrument.id: instrument})
    accounts.restore(stored)
    return accounts.state()


@settings(max_examples=60)
@given(steps=STEPS)
def test_pb5_state_is_that_of_a_replay_from_row_one_and_from_every_snapshot(
    template: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("profile") / FILE_NAME
    shutil.copy(template, path)
    database, story, newest = ProfileDatabase(path), TradingStory(), 0
    story.open_portfolio("main")
    for what, number in steps:
        if what == "commit":
            database.commit(story.batch())
        elif what == "snapshot" and story.ledger.seq > newest:
            database.commit(story.batch_with_snapshot())
            newest = story.ledger.seq
            assert load_state(database).snapshot_seq == newest
        tell(story, what, number)
    database.commit(story.batch())
    expected, report = state_hash(story.state()), check_ledger(database, audit)
    assert report.findings == ()
    assert report.state_hash == expected
    assert state_hash(accounts_state(load_state(database))) == expected
    for seq, fill_seq, *_, document in list(StoredRecords(database).snapshots()):
        assert state_hash(from_snapshot(database, parse_state(document), seq, fill_seq)) == expected
    database.close()


def from_snapshot(database: ProfileDatabase, state: LedgerState, seq: int, fill_seq: int) -> LedgerState:
    """Return the present state as it follows from an older snapshot, through the very code of a start."""
    copy = sqlite3.connect(":memory:")
    database.connection.backup(copy)
    copy.execute("DROP TRIGGER ledger_snapshot_no_delete")
    copy.execute("DELETE FROM ledger_snapshot WHERE seq > ?", (seq,))
    copy.commit()
    target = database.path.with_name(f"older-{seq}.sqlite")
    file = sqlite3.connect(target)
    file.execute("PRAGMA synchronous = OFF")
    copy.backup(file)
    file.close()
    copy.close()
    older = ProfileDatabase(target, read_only=True)
    stored = load_state(older)
    assert (stored.snapshot_seq, len(stored.tail_fills) >= 0) == (state.seq, True)
    replay = Replay(state.seq, state.head_hash, {(name, asset): amount for name, asset, amount in state.balances})
    assert replay.run(older.ledger_rows(seq)) == ""
    older.close()
    target.unlink()
    return accounts_state(stored)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger with everything in it: two portfolios, a reset, fills, cancels, three snapshots and a tail."""
    path, story = tmp_path_factory.mktemp("sound") / FILE_NAME, TradingStory()
    database = ProfileDatabase(path)
    story.open_portfolio("main")
    story.open_portfolio("other")
    for number in range(90):
        story.now += 1
        name = ("main", "other")[number % 2]
        story.place(f"bot:{number}", 50 + number, name)
        if number % 3:
            story.fill(f"bot:{number}", f"f{number}")
        if number % 4 == 0:
            story.cancel(f"bot:{number}")
        if number == 45:
            story.open_portfolio("main")
        if number % 25 == 24:
            database.commit(story.batch_with_snapshot())
    story.reject("bot:rejected")
    database.commit(story.batch())
    assert check_ledger(database, audit).findings == ()
    database.close()
    return path


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


@settings(max_examples=250)
@given(table=st.sampled_from(GUARDED), pick=st.data())
def test_s16_a_flipped_byte_in_any_column_is_found_and_named(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, table: str, pick: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("flipped") / FILE_NAME
    shutil.copy(sound, path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA synchronous = OFF")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    column = pick.draw(st.sampled_from(columns(connection, table)))
    rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
    rowid, value = pick.draw(st.sampled_from(rows))
    changed = flipped(value, pick)
    try:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, rowid))
    except sqlite3.IntegrityError:
        return  # a number or an id that another row has: no such file can be
    finally:
        connection.close()
    database = ProfileDatabase(path, read_only=True)
    report = check_ledger(database, audit)
    database.close()
    assert not report.holds, (table, column, rowid, value, changed)
    assert any(str(word) in " ".join(report.findings) for word in words_for(table, rows, rowid, sound, changed)), (
        table,
        column,
        rowid,
        report.findings,
    )


def flipped(value: object, pick: st.DataObject) -> object:
    """Return a value with one bit of one byte turned."""
    if value is None:
        return pick.draw(st.integers(1, 255))
    if isinstance(value, int):
        changed = value ^ (1 << pick.draw(st.integers(0, 62)))
        return changed
    assert isinstance(value, str)
    if not value:
        return "x"
    at = pick.draw(st.integers(0, len(value) - 1))
    turned = chr((ord(value[at]) ^ (1 << pick.draw(st.integers(0, 6)))) or 1)
    return value[:at] + turned + value[at + 1 :]


def words_for(table: str, rows: list[tuple[int, object]], rowid: int, sound: Path, changed: object) -> list[object]:
    """Return the names of the changed row, one of which a finding must have."""
    connection = sqlite3.connect(sound)
    key = {"transfer": "seq", "fill": "fill_id", "order_state": "client_id", "balance": "account"}.get(table, "seq")
    (name,) = connection.execute(f"SELECT {key} FROM {table} WHERE rowid = ?", (rowid,)).fetchone()
    connection.close()
    return [name, changed, f"ledger row {rowid}", f"should be {rowid}", "file: "]


@settings(max_examples=150)
@given(pick=st.data())
def test_s16_raw_byte_flips_in_the_file_change_nothing_or_are_found(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, pick: st.DataObject
) -> None:
    content = bytearray(sound.read_bytes())
    at, bit = pick.draw(st.integers(0, len(content) - 1)), pick.draw(st.integers(0, 7))
    content[at] ^= 1 << bit
    path = tmp_path_factory.mktemp("raw") / FILE_NAME
    path.write_bytes(bytes(content))
    try:
        database = ProfileDatabase(path, read_only=True)
    except CryptobotError:
        assert path.read_bytes() == bytes(content)
        return
    try:
        holds = check_ledger(database, audit).holds
    except UserActionNeeded:
        holds = False
    database.close()
    assert not holds or guarded_rows(path) == guarded_rows(sound), f"byte {at}, bit {bit}"


def guarded_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return everything that the check answers for, as SQLite reads it."""
    connection = sqlite3.connect(path)
    try:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in GUARDED}
    finally:
        connection.close()

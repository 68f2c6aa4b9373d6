"""The profile database: all or nothing, append-only, exact, and plain words for every fault."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cryptobot_desktop.domain.errors import InvariantBroken, TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.numbers import MAX_STORED
from cryptobot_desktop.portfolio.ledger import verify
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_fills, load_orders, load_state
from tests.unit.storage.trading_story import TradingStory


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / FILE_NAME


@pytest.fixture
def database(path: Path) -> Iterator[ProfileDatabase]:
    opened = ProfileDatabase(path)
    yield opened
    opened.close()


@pytest.fixture
def story(database: ProfileDatabase) -> TradingStory:
    """A story whose first rows are stored."""
    told = TradingStory()
    told.open_portfolio()
    told.place("u:1")
    told.fill("u:1", "f1")
    told.decide("d1")
    told.trip(True)
    told.put_session("s1")
    database.commit(told.batch())
    return told


def pragma(database: ProfileDatabase, name: str) -> object:
    return database.connection.execute(f"PRAGMA {name}").fetchone()[0]


def everything(path: Path) -> dict[str, list[object]]:
    connection = sqlite3.connect(path)
    tables = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    connection.close()
    return rows


def test_the_open_connection_syncs_fully_and_writes_ahead(database: ProfileDatabase) -> None:
    assert pragma(database, "synchronous") == 2
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "recursive_triggers") == 1
    assert pragma(database, "fullfsync") == 1


def test_nothing_lies_beside_a_new_database_that_was_closed(path: Path) -> None:
    ProfileDatabase(path).close()
    assert [file.name for file in path.parent.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("name", ["50% off", "what?", "with#hash", "ünïcode 漢", "a b", "q'uote\"s"])
def test_any_folder_name_works(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / FILE_NAME
    ProfileDatabase(path).close()
    reader = ProfileDatabase(path, read_only=True)
    assert load_state(reader).last_seq == 0
    reader.close()


@pytest.mark.parametrize("table", ["transfer", "fill", "decision", "kill_switch", "portfolio"])
@pytest.mark.parametrize("recursive_triggers", [0, 1])
def test_history_cannot_be_changed_by_any_program(
    database: ProfileDatabase, story: TradingStory, table: str, recursive_triggers: int
) -> None:
    before = everything(database.path)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
    column = other.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'seq' LIMIT 1").fetchone()[0]
    for attempt in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table} WHERE seq = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|does not follow"):
            other.execute(attempt)
    other.close()
    assert everything(database.path) == before


def test_a_fill_cannot_be_replaced_through_its_id(database: ProfileDatabase, story: TradingStory) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    columns = [c for (c,) in other.execute("SELECT name FROM pragma_table_info('fill') WHERE name <> 'seq'")]
    names = ", ".join(columns)
    with pytest.raises(sqlite3.IntegrityError, match="fill is append-only"):
        other.execute(f"INSERT OR REPLACE INTO fill ({names}) SELECT {names} FROM fill")
    other.close()


def test_the_mode_of_a_file_cannot_be_changed(database: ProfileDatabase) -> None:
    for attempt in (
        "UPDATE meta SET value = 'live'",
        "DELETE FROM meta",
        "INSERT OR REPLACE INTO meta VALUES ('mode', 'live')",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never changes"):
            database.connection.execute(attempt)


def test_a_ledger_row_must_follow_the_newest(database: ProfileDatabase, story: TradingStory) -> None:
    story.place("u:2")
    story.place("u:3")
    batch = story.batch()
    for transfers in (
        batch.transfers[1:],
        (msgspec.structs.replace(batch.transfers[0], previous_hash="0" * 64),),
        (story.transfers[0],),
    ):
        with pytest.raises(InvariantBroken, match="does not follow the newest row"):
            database.commit(CommitBatch(transfers=transfers))
    database.commit(batch)
    assert verify(database.transfers()) is None


@pytest.mark.parametrize(
    "fault", ["a fill twice", "too large", "a lone surrogate", "no such portfolio", "a float", "a balance too large"]
)
def test_an_impossible_batch_is_a_bug_and_writes_nothing(
    database: ProfileDatabase, story: TradingStory, fault: str
) -> None:
    before = everything(database.path)
    story.place("u:2")
    story.fill("u:2", "f2")
    story.decide("d2")
    batch = story.batch()
    fill, order = batch.fills[0], batch.orders[0]
    replace = msgspec.structs.replace
    row = batch.transfers[0]
    bad = {
        "a fill twice": replace(batch, fills=(fill, fill)),
        "too large": replace(batch, fills=(replace(fill, quote_amount=MAX_STORED + 1),)),
        "a lone surrogate": replace(batch, fills=(replace(fill, fee_asset="\ud800"),)),
        "no such portfolio": replace(
            batch, transfers=(), orders=(replace(order, request=replace(order.request, portfolio="x", client_id="y")),)
        ),
        "a float": replace(batch, fills=(replace(fill, price=1.5),)),
        "a balance too large": replace(
            batch,
            transfers=(replace(row, amount=MAX_STORED), replace(row, seq=row.seq + 1, previous_hash=row.row_hash)),
        ),
    }[fault]
    with pytest.raises(InvariantBroken, match=FILE_NAME):
        database.commit(bad)
    assert not database.connection.in_transaction
    assert everything(database.path) == before
    database.commit(batch)
    assert verify(database.transfers()) is None


def test_a_batch_is_seen_whole_or_not_at_all_by_others(database: ProfileDatabase, story: TradingStory) -> None:
    reader = ProfileDatabase(database.path, read_only=True)
    seen: list[tuple[int, int]] = []

    def look(statement: str) -> None:
        if statement.startswith("INSERT"):
            counts = (
                reader.connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("transfer", "fill")
            )
            seen.append(tuple(counts))

    story.place("u:2")
    story.fill("u:2", "f2")
    database.connection.set_trace_callback(look)
    database.commit(story.batch())
    database.connection.set_trace_callback(None)
    assert set(seen) == {(4, 1)}
    assert reader.connection.execute("SELECT count(*) FROM fill").fetchone()[0] == 2
    reader.close()


def test_a_held_file_is_a_temporary_failure_and_the_batch_can_be_tried_again(path: Path) -> None:
    database = ProfileDatabase(path, busy_timeout_s=0.05)
    story = TradingStory()
    story.open_portfolio()
    batch = story.batch()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TemporaryFailure, match="another program holds it"):
        database.commit(batch)
    other.execute("ROLLBACK")
    other.close()
    database.commit(batch)
    assert load_state(database).last_seq == 1
    database.close()


def test_a_file_that_is_held_while_opening_is_a_temporary_failure(path: Path) -> None:
    ProfileDatabase(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TemporaryFailure, match="another program holds it"):
        ProfileDatabase(path, busy_timeout_s=0.05)
    other.close()


def test_a_full_disk_needs_the_user_and_loses_nothing_that_was_acknowledged(
    database: ProfileDatabase, story: TradingStory
) -> None:
    pages = pragma(database, "page_count")
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    acknowledged, failure, batch = story.ledger.seq, "", CommitBatch()
    while not failure and story.ledger.seq < 2_000:
        story.place(f"u:{story.ledger.seq}")
        batch = story.batch()
        try:
            database.commit(batch)
        except UserActionNeeded as error:
            failure = str(error)
        else:
            acknowledged = story.ledger.seq
    assert "disk is full; nothing new is accepted until there is space" in failure
    assert load_state(database).last_seq == acknowledged
    database.connection.execute("PRAGMA max_page_count = 1000000")
    database.commit(batch)
    assert load_state(database).last_seq == acknowledged + 1
    assert verify(database.transfers()) is None


def test_a_read_only_database_reads_while_another_writes(database: ProfileDatabase, story: TradingStory) -> None:
    reader = ProfileDatabase(database.path, read_only=True)
    assert load_state(reader) == load_state(database)
    with pytest.raises(UserActionNeeded, match="readonly"):
        reader.commit(CommitBatch(removed_bots=("x",)))
    reader.close()


def test_rows_of_the_batch_that_resets_a_portfolio_stay_in_their_own_epoch(database: ProfileDatabase) -> None:
    story = TradingStory()
    story.open_portfolio()
    story.place("u:1")
    story.fill("u:1", "f1")
    story.open_portfolio()
    story.place("u:2")
    story.fill("u:2", "f2")
    story.reject("u:3")
    database.commit(story.batch())
    assert [fill.fill_id for fill in load_fills(database, "main", 1)] == ["f1"]
    assert [fill.fill_id for fill in load_fills(database, "main", 2)] == ["f2"]
    assert [order.client_id for order in load_orders(database, "main", 1)] == ["u:1"]
    assert [order.client_id for order in load_orders(database, "main", 2)] == ["u:2", "u:3"]


def test_decimals_of_a_traded_instrument_cannot_change_under_stored_rows(
    database: ProfileDatabase, story: TradingStory
) -> None:
    coarser = msgspec.structs.replace(story.instrument, price_decimals=1)
    with pytest.raises(InvariantBroken, match=r"decimals \(1, 5\), but stored orders and fills use \(2, 5\)"):
        database.commit(CommitBatch(instruments=(coarser,)))
    assert load_state(database).instruments == (story.instrument,)
    halted = msgspec.structs.replace(story.instrument, status="BREAK")
    database.commit(CommitBatch(instruments=(halted,)))
    assert load_state(database).instruments == (halted,)


def test_decimals_of_an_instrument_that_nobody_traded_may_change(database: ProfileDatabase) -> None:
    story = TradingStory()
    coarser = msgspec.structs.replace(story.instrument, price_decimals=1)
    database.commit(CommitBatch(instruments=(story.instrument,)))
    database.commit(CommitBatch(instruments=(coarser,)))
    assert load_state(database).instruments == (coarser,)


def test_an_error_of_the_disk_stops_all_writing_until_the_file_is_opened_anew(
    database: ProfileDatabase, story: TradingStory
) -> None:
    real = database.connection

    class FailingDisk:
        """A connection whose COMMIT meets what SQLite reports when fsync fails."""

        in_transaction = False

        def __init__(self) -> None:
            self.statements: list[str] = []

        def execute(self, statement: str, *_: object) -> sqlite3.Cursor:
            self.statements.append(statement)
            if statement == "COMMIT":
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                raise error
            return real.execute("SELECT 1 WHERE 0")

        def executemany(self, *_: object) -> None:
            """Take rows."""

    failing = FailingDisk()
    database._connection = failing
    with pytest.raises(UserActionNeeded, match="the disk reports an error"):
        database.commit(CommitBatch(removed_bots=("x",)))
    tried = len(failing.statements)
    with pytest.raises(UserActionNeeded, match="the disk reports an error"):
        database.commit(CommitBatch(removed_bots=("x",)))
    assert len(failing.statements) == tried
    database._connection = real


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let anybody move a file that is in use")
@pytest.mark.parametrize("how", ["moved", "deleted", "replaced"])
def test_a_file_that_is_taken_away_in_use_stops_all_writing(
    database: ProfileDatabase, story: TradingStory, how: str
) -> None:
    moved = database.path.with_name("elsewhere.sqlite")
    if how == "moved":
        database.path.rename(moved)
    elif how == "deleted":
        database.path.unlink()
    else:
        shutil.copy(database.path, moved)
        moved.replace(database.path)
    story.place("u:2")
    batch = story.batch()
    with pytest.raises(UserActionNeeded, match="was moved, deleted or replaced while it was in use"):
        database.commit(batch)
    if how == "moved":
        moved.rename(database.path)
        with pytest.raises(UserActionNeeded, match="start again"):
            database.commit(batch)

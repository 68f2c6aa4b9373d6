"""Durable commits: one fill with everything that belongs to it, one by one and a hundred at a time."""

import itertools
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.market import INSTRUMENT, random_walk
from benchmarks.measure import Case, CrossCheckFailed, Report, Table, in_turn, main, rates
from benchmarks.peers import ROOT
from cryptobot_desktop.backtest.run import read_bot, run_recorded
from cryptobot_desktop.backtest.sources import from_candles
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.storage.batch_rows import statements
from cryptobot_desktop.storage.database import ProfileDatabase

OURS, RAW, BARE = "cryptobot ProfileDatabase.commit", "raw sqlite3, the same rows", "raw sqlite3, one 8-column fill row"
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "wal_autocheckpoint", "cache_size")
BEGIN, COMMIT = "BEGIN IMMEDIATE", "COMMIT"

Group = list[tuple[str, list[tuple[object, ...]]]]


class KeepingStore:
    """Keeps the batches of a session in memory."""

    def __init__(self) -> None:
        self.batches: list[CommitBatch] = []

    def commit(self, batch: CommitBatch) -> None:
        """Keep the batch."""
        self.batches.append(batch)


def run(report: Report) -> None:
    """Measure single fills and groups on the disk that holds the repository."""
    count = report.settings.size(quick=20, usual=150)
    opening, fills = fills_with_rows(report.settings.size(quick=3_000, usual=100_000), 10 * count)
    (ROOT / "build").mkdir(exist_ok=True)
    table = Table("Durable commits: WAL, synchronous=FULL", "fills/s, more is better", RAW)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-ledger-") as folder:
        template = Path(folder) / "template.sqlite"
        pragmas = _make_template(template, opening)
        for column, size, batches in (("one per commit", 1, fills[:count]), ("100 per commit", 100, _joined(fills))):
            cases = _cases(Path(folder), template, pragmas, batches, size)
            table.add(column, rates(in_turn(cases, report.settings.rounds, clock=time.perf_counter)))
        report.checks.append(_stored(template.with_name("ours.sqlite"), len(fills)))
    report.tables.append(table)
    report.target("one per commit, times raw sqlite3", table.ratio(OURS, "one per commit"), 0.8)
    report.target("100 per commit, times raw sqlite3", table.ratio(OURS, "100 per commit"), 0.5)
    report.notes += [
        f"Pragmas of all rows, read from our connection: {', '.join(f'{k}={v}' for k, v in pragmas.items())}.",
        f"A fill of ours is {_row_count(fills[:1])} rows: transfers with their hash chain, balances, order, "
        "the fill and risk's decision. `the same rows` are equal values in tables without index, trigger or check.",
        "Wall time, because the disk is what is measured; it swings with other users of the disk.",
    ]


def fills_with_rows(bars: int, most: int) -> tuple[CommitBatch, list[CommitBatch]]:
    """Return what a backtest stores: the opening of its portfolio, then one batch per fill with all that led to it."""
    store = KeepingStore()
    bot = read_bot("sma_cross:fast=10,slow=30,size=0.1")
    spec = SessionSpec(source=MarketSource.RECORDING, symbols=("BTC/USDT",), bots=(bot,), cash="10000000 USDT")
    run_recorded(spec, from_candles(INSTRUMENT, random_walk(bars).candles()), store=store)
    transfers = list(itertools.chain.from_iterable(batch.transfers for batch in store.batches))
    orders = {order.client_id: order for batch in store.batches for order in batch.orders}
    decisions = {row.client_id: row for batch in store.batches for row in batch.decisions}
    found: list[CommitBatch] = []
    start = next(at for at, row in enumerate(transfers) if row.cause_kind.value != "deposit")
    first, rest = transfers[:start], transfers[start:]
    at = 0
    for fill in itertools.chain.from_iterable(batch.fills for batch in store.batches):
        end = at
        while end < len(rest) and rest[end].cause_id in (fill.client_id, fill.fill_id):
            end += 1
        order, decision = orders[fill.client_id], decisions[fill.client_id]
        found.append(CommitBatch(transfers=tuple(rest[at:end]), orders=(order,), fills=(fill,), decisions=(decision,)))
        at = end
    head = store.batches[0]
    opening = CommitBatch(
        transfers=tuple(first), portfolios=head.portfolios, bots=head.bots, instruments=head.instruments
    )
    return opening, found[:most]


def _joined(fills: Sequence[CommitBatch], size: int = 100) -> list[CommitBatch]:
    """Return the fills in groups."""
    groups = [fills[at : at + size] for at in range(0, len(fills) - size + 1, size)] or [fills]
    names = ("transfers", "orders", "fills", "decisions")
    return [
        msgspec.structs.replace(
            CommitBatch(),
            **{name: tuple(itertools.chain.from_iterable(getattr(one, name) for one in group)) for name in names},
        )
        for group in groups
    ]


def _make_template(path: Path, opening: CommitBatch) -> dict[str, Any]:
    """Make a profile with an open portfolio; return the pragmas that our connection works with."""
    database = ProfileDatabase(path)
    database.commit(opening)
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pragmas = {name: database.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    database.close()
    if (pragmas["journal_mode"], pragmas["synchronous"]) != ("wal", 2):
        raise CrossCheckFailed(f"our database does not work with WAL and synchronous=FULL but with {pragmas}")
    return pragmas


def _cases(folder: Path, template: Path, pragmas: dict[str, Any], batches: list[CommitBatch], size: int) -> list[Case]:
    units = sum(len(batch.fills) for batch in batches)
    same = [[(sql, list(rows)) for sql, rows in statements(batch) if rows] for batch in batches]
    bare = [[("fill", [_plain_row(fill) for fill in batch.fills])] for batch in batches]
    return [
        Case(OURS, lambda database: _commit_all(database, batches), lambda: _ours(folder, template), units),
        Case(RAW, *_raw(folder / f"same{size}.sqlite", pragmas, same), units),
        Case(BARE, *_raw(folder / f"bare{size}.sqlite", pragmas, bare), units),
    ]


def _ours(folder: Path, template: Path) -> ProfileDatabase:
    """Return a fresh copy of the template, opened."""
    path = folder / "ours.sqlite"
    for old in folder.glob("ours.sqlite*"):
        old.unlink()
    shutil.copy(template, path)
    return ProfileDatabase(path)


def _commit_all(database: ProfileDatabase, batches: Iterable[CommitBatch]) -> None:
    for batch in batches:
        database.commit(batch)


def _raw(
    path: Path, pragmas: dict[str, Any], groups: Sequence[Group]
) -> tuple[Callable[[sqlite3.Connection], None], Callable[[], sqlite3.Connection]]:
    """Return how to write row groups with plain sqlite3, and how to make the fresh file for it."""
    widths = {sql: len(rows[0]) for group in groups for sql, rows in group}
    inserts = {
        sql: f"INSERT INTO t{number} VALUES ({','.join('?' * width)})"
        for number, (sql, width) in enumerate(widths.items())
    }

    def prepare() -> sqlite3.Connection:
        for old in path.parent.glob(f"{path.name}*"):
            old.unlink()
        connection = sqlite3.connect(path, isolation_level=None)
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}")
        for number, width in enumerate(widths.values()):
            columns = ",".join(f"c{place}" for place in range(width))
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, {columns})")
        return connection

    numbered = {sql: text.replace("VALUES (", "VALUES (NULL,") for sql, text in inserts.items()}

    def work(connection: sqlite3.Connection) -> None:
        for group in groups:
            connection.execute(BEGIN)
            for sql, rows in group:
                connection.executemany(numbered[sql], rows)
            connection.execute(COMMIT)

    return work, prepare


def _plain_row(fill: Fill) -> tuple[object, ...]:
    plain = msgspec.to_builtins(fill)
    names = ("fill_id", "client_id", "instrument", "side", "price", "qty", "fee", "at_ms")
    return tuple(plain[name] for name in names)


def _row_count(batches: Iterable[CommitBatch]) -> int:
    return sum(len(rows) for batch in batches for _, rows in statements(batch))


def _stored(path: Path, expected: int) -> str:
    """Count what the last round really stored."""
    database = ProfileDatabase(path, read_only=True)
    (found,) = database.connection.execute("SELECT count(*) FROM fill").fetchone()
    database.close()
    if found != expected // 100 * 100 and found != expected:
        raise CrossCheckFailed(f"{found} fills are stored, {expected} were committed")
    return f"after the last round {found:,} fills are in the file"


if __name__ == "__main__":
    sys.exit(main("ledger", run))

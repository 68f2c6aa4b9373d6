"""Candles and instruments in a file of their own: losing it costs a download, never a ledger row.

A damaged or unknown file is set aside under another name and a new one begun. Writes survive a crash
of the program; after a power cut the newest may be missing (synchronous=NORMAL).
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource
from cryptobot_desktop.domain.numbers import MAX_STORED
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.storage.connections import BUSY_TIMEOUT_S, explaining, is_lasting, open_writer

FILE_NAME = "market.sqlite"
LIVE = "live"
"""The market of real exchange data; built-in and recorded markets have names of their own."""

_VERSION = 1
# Volumes beyond 2^63 (a month of BTC/USDT with 8 decimals) are kept as text, exactly: hence ANY.
_TABLES = """
    BEGIN IMMEDIATE;
    CREATE TABLE series (
        id INTEGER NOT NULL PRIMARY KEY, market TEXT NOT NULL, instrument TEXT NOT NULL, timeframe TEXT NOT NULL,
        UNIQUE (market, instrument, timeframe)) STRICT;
    CREATE TABLE candle (
        series INTEGER NOT NULL, open_ms INTEGER NOT NULL, open INTEGER NOT NULL, high INTEGER NOT NULL,
        low INTEGER NOT NULL, close INTEGER NOT NULL, volume ANY NOT NULL, quote_volume ANY, trades INTEGER,
        closed INTEGER, source INTEGER NOT NULL, PRIMARY KEY (series, open_ms)) STRICT, WITHOUT ROWID;
    CREATE TABLE instrument (
        market TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (market, id)) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
    COMMIT;
"""
# A finished bar is not replaced by an unfinished one, nor the exchange's own by one that was built here.
_PUT = """
    INSERT INTO candle (series, open_ms, open, high, low, close, volume, quote_volume, trades, closed, source)
    VALUES (?,?,?,?,?,?,?,?,?,?,?)
    ON CONFLICT (series, open_ms) DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low,
        close = excluded.close, volume = excluded.volume, quote_volume = excluded.quote_volume,
        trades = excluded.trades, closed = excluded.closed, source = excluded.source
    WHERE NOT (candle.closed IS 1 AND (excluded.closed IS 0 OR (candle.source <> 1 AND excluded.source = 1)))"""
_SELECT = """
    SELECT open_ms, open, high, low, close, volume, quote_volume, trades, closed, source FROM candle
    WHERE series = ? AND open_ms >= ? AND open_ms < ? ORDER BY open_ms"""
_SELECT_NEWEST = """
    SELECT open_ms, open, high, low, close, volume, quote_volume, trades, closed, source FROM candle
    WHERE series = ? ORDER BY open_ms DESC LIMIT ?"""
_STOCK = """
    SELECT s.market, s.instrument, s.timeframe, min(c.open_ms), max(c.open_ms), count(*)
    FROM series s JOIN candle c ON c.series = s.id GROUP BY s.id ORDER BY s.market, s.instrument, s.timeframe"""
_OLDEST_SHARE = """
    DELETE FROM candle WHERE series = ? AND open_ms <= (SELECT open_ms FROM candle WHERE series = ?
        ORDER BY open_ms LIMIT 1 OFFSET ?)"""

_SOURCES = (CandleSource.VENUE, CandleSource.BUILT, CandleSource.IMPORTED)
_SOURCE_CODES = {source: code for code, source in enumerate(_SOURCES)}
_FLAGS = {None: None, 0: False, 1: True}


class StoredSeries(Struct, frozen=True):
    """What is there of one series: opening times of the first and the last bar, and their number."""

    market: str
    instrument: InstrumentId
    timeframe: Timeframe
    first_ms: int
    last_ms: int
    count: int


class CandleStore:
    """Bars by (market, instrument, timeframe, opening time), and instruments. Use from one thread.

    `market` keeps apart what must not be mixed: ``live``, or the name of a built-in or recorded market.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Open the file, creating it when absent. UserActionNeeded when the folder is not writable."""
        self.path = path
        self.set_aside: Path | None = None
        """Where a damaged file was put, when there was one."""
        with explaining(path, "cannot be opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = _opened(path, busy_timeout_s)
            except sqlite3.DatabaseError as error:
                if not is_lasting(error):
                    raise
                self.set_aside = _put_aside(path)
                self._connection = _opened(path, busy_timeout_s)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def put(self, candles: Iterable[Candle], market: str = LIVE) -> int:
        """Add bars or replace those of the same opening time, in one transaction; return how many changed."""
        with explaining(self.path, "could not be written"), _Transaction(self._connection):
            changed = 0
            for (instrument, timeframe), group in groupby(candles, key=attrgetter("instrument", "timeframe")):
                series = self._series(market, instrument, timeframe)
                changed += self._connection.executemany(_PUT, (_row(series, candle) for candle in group)).rowcount
            return changed

    def candles(
        self,
        instrument: InstrumentId,
        timeframe: Timeframe,
        *,
        from_ms: int = 0,
        to_ms: int = MAX_STORED,
        market: str = LIVE,
    ) -> list[Candle]:
        """Return the bars that open at or after `from_ms` and before `to_ms`, oldest first."""
        return self._read(_SELECT, (market, instrument, timeframe), (from_ms, to_ms))

    def newest(self, instrument: InstrumentId, timeframe: Timeframe, *, count: int, market: str = LIVE) -> list[Candle]:
        """Return the newest `count` bars, oldest first."""
        return self._read(_SELECT_NEWEST, (market, instrument, timeframe), (count,))[::-1]

    def stock(self) -> list[StoredSeries]:
        """Return what is there."""
        with explaining(self.path, "cannot be read"):
            rows = self._connection.execute(_STOCK).fetchall()
        return [StoredSeries(m, InstrumentId(i), Timeframe(t), first, last, n) for m, i, t, first, last, n in rows]

    def delete(
        self, instrument: InstrumentId, timeframe: Timeframe, *, before_ms: int = MAX_STORED, market: str = LIVE
    ) -> int:
        """Delete the bars that open before `before_ms`; return their number."""
        with explaining(self.path, "could not be written"):
            series = self._known_series(market, instrument, timeframe)
            rows = self._connection.execute(
                "DELETE FROM candle WHERE series = ? AND open_ms < ?", (series, before_ms)
            ).rowcount
            self._give_back()
        return rows

    def put_instruments(self, instruments: Iterable[Instrument], market: str = LIVE) -> None:
        """Add instruments or replace them by id, in one transaction."""
        rows = [(market, i.id, msgspec.json.encode(i).decode()) for i in instruments]
        with explaining(self.path, "could not be written"), _Transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO instrument VALUES (?,?,?)", rows)

    def instruments(self, venue: Venue | None = None, market: str = LIVE) -> list[Instrument]:
        """Return the instruments of a venue, or of all, by id."""
        with explaining(self.path, "cannot be read"):
            rows = self._connection.execute(
                "SELECT document FROM instrument WHERE market = ? ORDER BY id", (market,)
            ).fetchall()
        found = [msgspec.json.decode(document, type=Instrument) for (document,) in rows]
        return [instrument for instrument in found if venue is None or instrument.venue is venue]

    def size(self) -> int:
        """Return the bytes that the file's pages take."""
        pages, page_size = (self._connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "page_size"))
        return int(pages) * int(page_size)

    def keep_below(self, max_bytes: int) -> int:
        """Delete the oldest tenth of the longest series until the file fits into the quota; return how many bars."""
        deleted = 0
        with explaining(self.path, "could not be written"):
            while self.size() > max_bytes:
                longest = self._connection.execute(
                    "SELECT series, count(*) FROM candle GROUP BY series ORDER BY count(*) DESC, series LIMIT 1"
                ).fetchone()
                if longest is None:
                    break
                deleted += self._connection.execute(_OLDEST_SHARE, (longest[0], longest[0], longest[1] // 10)).rowcount
                self._give_back()
        return deleted

    def _read(self, query: str, key: tuple[str, InstrumentId, Timeframe], bounds: tuple[int, ...]) -> list[Candle]:
        market, instrument, timeframe = key
        with explaining(self.path, "cannot be read"):
            series = self._known_series(market, instrument, timeframe)
            return list(_candles(self._connection.execute(query, (series, *bounds)), instrument, timeframe))

    def _known_series(self, market: str, instrument: str, timeframe: Timeframe) -> int | None:
        row = self._connection.execute(
            "SELECT id FROM series WHERE market = ? AND instrument = ? AND timeframe = ?",
            (market, instrument, timeframe.value),
        ).fetchone()
        return int(row[0]) if row else None

    def _series(self, market: str, instrument: str, timeframe: Timeframe) -> int:
        known = self._known_series(market, instrument, timeframe)
        if known is not None:
            return known
        added = self._connection.execute(
            "INSERT INTO series (market, instrument, timeframe) VALUES (?,?,?)", (market, instrument, timeframe.value)
        )
        return int(added.lastrowid or 0)

    def _give_back(self) -> None:
        """Return emptied pages to the file system."""
        # execute() would take one step only, which frees one page.
        self._connection.executescript("PRAGMA incremental_vacuum")


class _Transaction:
    """All or nothing for a block of statements."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _opened(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    path.touch()
    connection = open_writer(path, busy_timeout_s, before=("PRAGMA auto_vacuum = INCREMENTAL",))
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            connection.executescript(_TABLES)
        elif version != _VERSION:
            raise UserActionNeeded(
                f"candle file {path} has version {version}, this program knows {_VERSION}; it was left as it is - move "
                "it away to start a new one, or choose another folder with --data-dir"
            )
    except (sqlite3.Error, UserActionNeeded):
        connection.close()
        raise
    return connection


def _put_aside(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    path.rename(target)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return target


def _row(series: int, candle: Candle) -> tuple[object, ...]:
    return (
        series,
        candle.open_ms,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        _exact(candle.volume),
        _exact(candle.quote_volume),
        candle.trades,
        candle.closed,
        _SOURCE_CODES[candle.source],
    )


def _exact(volume: int | None) -> int | str | None:
    return volume if volume is None or volume <= MAX_STORED else str(volume)


def _candles(rows: sqlite3.Cursor, instrument: InstrumentId, timeframe: Timeframe) -> Iterator[Candle]:
    for open_ms, opened, high, low, close, volume, quote, trades, closed, source in rows:
        yield Candle(
            instrument,
            timeframe,
            open_ms,
            opened,
            high,
            low,
            close,
            int(volume),
            None if quote is None else int(quote),
            trades,
            _FLAGS[closed],
            _SOURCES[source],
        )

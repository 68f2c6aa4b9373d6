"""Closed bars of one instrument and timeframe as growing arrays: for charts, warm-up and rolling up.

Whole numbers are the truth, the float columns beside them are for the screen. In arrays that were handed out, new
bars land behind the visible end and insertions go into copies; only the newest few bars are corrected in place.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from threading import Lock

import numpy as np
from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource, candle_floats
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms, bar_open_ms

_UNKNOWN = -1
_SOURCES = tuple(CandleSource)
_SOURCE_CODES = {source: code for code, source in enumerate(_SOURCES)}
_INT_FIELDS = 9
_FLOAT_FIELDS = 5
_CORRECTED_IN_PLACE = 16
"""Corrections of so many newest bars are cheap; older ones cost a copy of the arrays."""


class CandleColumns(Struct, frozen=True):
    """Read-only views of equal length: UTC ms (int64), the others float64 in natural units.

    They stay valid when bars are added later; `revision` changes when bars were corrected or inserted.
    """

    revision: int
    open_ms: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


class _Table:
    """Arrays with room behind their `size` rows; columns are contiguous."""

    __slots__ = ("floats", "ints", "size")

    def __init__(self, capacity: int) -> None:
        self.ints = np.empty((_INT_FIELDS, capacity), dtype=np.int64)
        self.floats = np.empty((_FLOAT_FIELDS, capacity), dtype=np.float64)
        self.size = 0

    def resized(self, capacity: int) -> "_Table":
        """Return a copy with other room."""
        table = _Table(capacity)
        size = table.size = self.size
        table.ints[:, :size] = self.ints[:, :size]
        table.floats[:, :size] = self.floats[:, :size]
        return table


class CandleSeries:
    """Bars in order of time, each opening time once; insert or replace, cheap at the end.

    One thread writes; `columns` may be read from any thread. New bars at the end wait in a list until somebody
    reads: a backtest never does, and writing many into the arrays at once is much cheaper than one by one.
    """

    def __init__(self, instrument: Instrument, timeframe: Timeframe, capacity: int = 1_024) -> None:
        self.instrument = instrument
        self.timeframe = timeframe
        self._id = instrument.id
        self._table = _Table(max(capacity, 1))
        self._fresh: list[Candle] = []
        """Newest bars, in order, that are not in the table yet; only the writer appends."""
        self._writing = Lock()
        self._last_open_ms = -1
        self._revision = 0

    def __len__(self) -> int:
        return self._written().size

    @property
    def revision(self) -> int:
        """Return a number that changes when bars other than new ones at the end changed."""
        return self._revision

    def put(self, candle: Candle) -> bool:
        """Append, insert or replace one bar; False when exactly this bar was there."""
        if candle.open_ms > self._last_open_ms:
            self._last_open_ms = candle.open_ms
            self._fresh.append(candle)
            return True
        held = self.at(candle.open_ms)
        if held == candle:
            return False
        index = self._index(candle.open_ms)
        if held is None or index < len(self) - _CORRECTED_IN_PLACE:
            return self._rebuild((candle,)) > 0
        _write(self._written(), index, (candle,), self.instrument)
        self._revision += 1
        return True

    def merge(self, candles: Iterable[Candle]) -> int:
        """Put many bars in any order at once; return how many were new or different."""
        fresh = {candle.open_ms: candle for candle in candles}
        ordered = [fresh[time] for time in sorted(fresh)]
        if ordered and ordered[0].open_ms > self._last_open_ms:
            self._fresh.extend(ordered)
            self._last_open_ms = ordered[-1].open_ms
            self._written()
            return len(ordered)
        return self._rebuild(ordered)

    def columns(self) -> CandleColumns:
        """Return the arrays for a chart."""
        revision, table = self._revision, self._written()
        size = table.size
        opened, high, low, close, volume = (_read_only(column[:size]) for column in table.floats)
        return CandleColumns(revision, _read_only(table.ints[0, :size]), opened, high, low, close, volume)

    def last(self) -> Candle | None:
        """Return the newest bar."""
        size = self._written().size
        return self._candle(size - 1) if size else None

    def at(self, open_ms: int) -> Candle | None:
        """Return the bar that opens at a time."""
        index = self._index(open_ms)
        table = self._table
        if index >= table.size or table.ints[0, index] != open_ms:
            return None
        return self._candle(index)

    def tail(self, count: int) -> list[Candle]:
        """Return the newest `count` bars, oldest first."""
        size = self._written().size
        return [self._candle(index) for index in range(max(0, size - max(count, 0)), size)]

    def between(self, start_ms: int, end_ms: int) -> list[Candle]:
        """Return the bars that open in [start_ms, end_ms)."""
        return [self._candle(index) for index in range(self._index(start_ms), self._index(end_ms))]

    def opens_from(self, time_ms: int) -> int | None:
        """Return the opening time of the first bar that opens at or after a time."""
        index, table = self._index(time_ms), self._table
        return int(table.ints[0, index]) if index < table.size else None

    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Return (start_ms, end_ms) of each stretch of missing bars, end exclusive."""
        table = self._written()
        times = table.ints[0, : table.size]
        length = self.timeframe.length_ms or 28 * 86_400_000  # a month has at least so many days
        suspects = np.flatnonzero(np.diff(times) > length)
        pairs = ((int(times[index]), int(times[index + 1])) for index in suspects.tolist())
        holes = ((bar_end_ms(before, self.timeframe), after) for before, after in pairs)
        return tuple((start, end) for start, end in holes if start < end)

    def _index(self, open_ms: int) -> int:
        """Return where a time stands or would stand."""
        table = self._written()
        return int(np.searchsorted(table.ints[0, : table.size], open_ms))

    def _written(self) -> _Table:
        """Return the table with all bars in it."""
        if self._fresh:
            with self._writing:  # a chart may be reading in another thread
                fresh, table = tuple(self._fresh), self._table
                size = table.size + len(fresh)
                if size > table.ints.shape[1]:
                    table = self._table = table.resized(max(2 * table.size, size))
                _write(table, table.size, fresh, self.instrument)
                table.size = size  # after the rows, so that a reader never sees one that is not written
                del self._fresh[: len(fresh)]
        return self._table

    def _rebuild(self, candles: Sequence[Candle]) -> int:
        """Merge bars, some of them not newer than the newest, into a copy."""
        changed = [candle for candle in candles if self.at(candle.open_ms) != candle]
        if not changed:
            return 0
        old = self._table
        kept = np.isin(old.ints[0, : old.size], [candle.open_ms for candle in changed], invert=True)
        table = _Table(2 * (old.size + len(changed)))
        count = int(kept.sum())
        table.ints[:, :count] = old.ints[:, : old.size][:, kept]
        table.floats[:, :count] = old.floats[:, : old.size][:, kept]
        _write(table, count, changed, self.instrument)
        size = count + len(changed)
        order = np.argsort(table.ints[0, :size], kind="stable")
        table.ints[:, :size] = table.ints[:, :size][:, order]
        table.floats[:, :size] = table.floats[:, :size][:, order]
        table.size = size
        self._table = table
        self._last_open_ms = int(table.ints[0, size - 1])
        self._revision += 1
        return len(changed)

    def _candle(self, index: int) -> Candle:
        time, opened, high, low, close, volume, quote, trades, source = self._table.ints[:, index].tolist()
        return Candle(
            self._id,
            self.timeframe,
            time,
            opened,
            high,
            low,
            close,
            volume,
            None if quote == _UNKNOWN else quote,
            None if trades == _UNKNOWN else trades,
            True,
            _SOURCES[source],
        )


def _read_only(column: np.ndarray) -> np.ndarray:
    view = column.view()
    view.flags.writeable = False
    return view


def _write(table: _Table, row: int, candles: Sequence[Candle], instrument: Instrument) -> None:
    """Write bars (at least one) into the rows from `row` on."""
    rows = slice(row, row + len(candles))
    table.ints[:, rows] = np.array([_ints(candle) for candle in candles], dtype=np.int64).T
    table.floats[:, rows] = np.array([candle_floats(candle, instrument) for candle in candles]).T


def _ints(candle: Candle) -> tuple[int, ...]:
    return (
        candle.open_ms,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
        _UNKNOWN if candle.quote_volume is None else candle.quote_volume,
        _UNKNOWN if candle.trades is None else candle.trades,
        _SOURCE_CODES[candle.source],
    )


def roll_up(candles: Sequence[Candle], timeframe: Timeframe, venue: Venue) -> list[Candle]:
    """Return longer bars made exactly from shorter ones (in order of time) on the venue's grid.

    Each is marked as closed and built; whether the last one really is complete is for the caller to know.
    """
    bars: list[Candle] = []
    group: list[Candle] = []
    end_ms = -1
    for candle in candles:
        if candle.open_ms >= end_ms:
            if group:
                bars.append(combine(group, timeframe, venue))
            group = []
            end_ms = bar_end_ms(bar_open_ms(candle.open_ms, timeframe, venue), timeframe)
        group.append(candle)
    if group:
        bars.append(combine(group, timeframe, venue))
    return bars


_high, _low, _volume = attrgetter("high"), attrgetter("low"), attrgetter("volume")


def combine(group: Sequence[Candle], timeframe: Timeframe, venue: Venue) -> Candle:
    """Return the one longer bar of shorter ones that all lie in it, in order of time; at least one.

    Bars without trades repeat an older price; it is no price of the longer bar when there was a trade in it.
    """
    first = group[0]
    traded = [candle for candle in group if not is_silent(candle)] or group
    quotes = [candle.quote_volume for candle in group if candle.quote_volume is not None]
    trades = [candle.trades for candle in group if candle.trades is not None]
    return Candle(
        instrument=first.instrument,
        timeframe=timeframe,
        open_ms=bar_open_ms(first.open_ms, timeframe, venue),
        open=traded[0].open,
        high=max(map(_high, traded)),
        low=min(map(_low, traded)),
        close=traded[-1].close,
        volume=sum(map(_volume, group)),
        quote_volume=sum(quotes) if len(quotes) == len(group) else None,
        trades=sum(trades) if len(trades) == len(group) else None,
        closed=True,
        source=CandleSource.BUILT,
    )


def is_silent(candle: Candle) -> bool:
    """Return True for a bar in which nothing was traded."""
    return not candle.volume and candle.high == candle.low

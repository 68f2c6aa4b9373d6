"""Closed bars of one instrument and timeframe as growing arrays: for charts, warm-up and rolling up."""

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.domain.timeframe import Timeframe


class CandleColumns(Struct, frozen=True):
    """Read-only views of equal length: UTC ms (int64), the others float64 in natural units.

    They stay valid and unchanged when bars are added later; `revision` changes when older bars changed.
    """

    revision: int
    open_ms: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray


class CandleSeries:
    """Bars in order of time, each opening time once; insert or replace, cheap at the end.

    One thread writes; `columns` may be read from any thread.
    """

    def __init__(self, instrument: Instrument, timeframe: Timeframe, capacity: int = 1_024) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def revision(self) -> int:
        """Return a number that changes when bars other than new ones at the end changed."""
        raise NotImplementedError

    def put(self, candle: Candle) -> bool:
        """Append, insert or replace one bar; False when exactly this bar was there."""
        raise NotImplementedError

    def merge(self, candles: Iterable[Candle]) -> int:
        """Put many bars in any order at once; return how many were new or different."""
        raise NotImplementedError

    def columns(self) -> CandleColumns:
        """Return the arrays for a chart."""
        raise NotImplementedError

    def last(self) -> Candle | None:
        """Return the newest bar."""
        raise NotImplementedError

    def at(self, open_ms: int) -> Candle | None:
        """Return the bar that opens at a time."""
        raise NotImplementedError

    def tail(self, count: int) -> list[Candle]:
        """Return the newest `count` bars, oldest first."""
        raise NotImplementedError

    def between(self, start_ms: int, end_ms: int) -> list[Candle]:
        """Return the bars that open in [start_ms, end_ms)."""
        raise NotImplementedError

    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Return (start_ms, end_ms) of each stretch of missing bars, end exclusive."""
        raise NotImplementedError


def roll_up(candles: Sequence[Candle], timeframe: Timeframe, venue: Venue) -> list[Candle]:
    """Return longer bars made exactly from shorter ones (in order of time) on the venue's grid.

    The last one is as complete as its input: whether it is closed is for the caller to know.
    """
    raise NotImplementedError

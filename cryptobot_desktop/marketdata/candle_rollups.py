"""Longer bars grown from the base bars of one instrument, on the venue's own grid."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Candle, CandleSource
from cryptobot_desktop.domain.timeframe import DAY_MS, Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.candle_series import CandleSeries, combine, is_silent

_NO_FIXED_LENGTH_MS = 31 * DAY_MS
_NEVER_MS = 2**62


class RunningBar(Struct):
    """One longer bar under way; `whole` says that it was watched from its opening time."""

    timeframe: Timeframe
    open_ms: int
    end_ms: int
    whole: bool
    bar: Candle | None = None


def longer_timeframes(base: Timeframe, wanted: Iterable[Timeframe]) -> tuple[Timeframe, ...]:
    """Return those of `wanted` that whole base bars add up to, shortest first."""
    fitting = {timeframe for timeframe in wanted if timeframe is not base and divides(base, timeframe)}
    return tuple(sorted(fitting, key=order_of_length))


def divides(shorter: Timeframe, longer: Timeframe) -> bool:
    """Return True when whole bars of one timeframe make every bar of the other."""
    length = shorter.length_ms
    return length is not None and (longer.length_ms or DAY_MS) % length == 0


def order_of_length(timeframe: Timeframe) -> int:
    """Return a number to sort timeframes by, shortest first."""
    return timeframe.length_ms or _NO_FIXED_LENGTH_MS


class RollUps:
    """All longer bars of one instrument; fed with base bars in order, told how far everything is settled."""

    def __init__(self, venue: Venue, timeframes: Sequence[Timeframe]) -> None:
        self._venue = venue
        self._timeframes = tuple(timeframes)
        self._running: list[RunningBar] = []
        self._covered_from_ms: int | None = None
        self._renew_ms = 0
        """When the first of the running bars ends, so that a new one must be opened for later base bars."""
        self._due_ms = _NEVER_MS
        """When the first running bar that holds anything ends."""

    def add(self, base: Candle) -> None:
        """Take a closed base bar; bars that ended before it must have been settled."""
        if self._covered_from_ms is None:
            self._covered_from_ms = base.open_ms
        if base.open_ms >= self._renew_ms:
            self._open_bars(base.open_ms)
        for running in self._running:
            running.bar = _extended(running.bar, base, running)
        self._due_ms = self._renew_ms if self._running else _NEVER_MS

    def settle(self, until_ms: int) -> list[Candle]:
        """Return the bars that end at or before a time up to which every base bar is known, shortest first."""
        if until_ms < self._due_ms:
            return []
        closed: list[Candle] = []
        for running in self._running:
            if running.end_ms <= until_ms and running.bar is not None:
                if running.whole:
                    closed.append(running.bar)
                running.bar = None
        self._due_ms = min((r.end_ms for r in self._running if r.bar is not None), default=_NEVER_MS)
        return closed

    def forming(self, timeframe: Timeframe, base: Candle | None) -> Candle | None:
        """Return the running bar with the running base bar in it, both as far as they are known."""
        held = next((r.bar for r in self._running if r.timeframe is timeframe), None)
        if base is not None:
            opens = bar_open_ms(base.open_ms, timeframe, self._venue)
            parts = [part for part in (held, base) if part is not None and part.open_ms >= opens]
            held = combine(parts, timeframe, self._venue)
        return None if held is None else _open(held)

    def seed(self, series: dict[Timeframe, CandleSeries], base: Timeframe, next_ms: int) -> None:
        """Start the running bars from history that ends at next_ms, longest pieces first."""
        self._covered_from_ms = series[base].opens_from(0)
        self._open_bars(next_ms)
        for running in self._running:
            pieces = _pieces(series, base, running, next_ms)
            if pieces is None:
                running.whole = False
                continue
            running.whole = True
            running.bar = combine(pieces, running.timeframe, self._venue) if pieces else None
        self._due_ms = min((r.end_ms for r in self._running if r.bar is not None), default=_NEVER_MS)

    def _open_bars(self, at_ms: int) -> None:
        """Open a bar of every timeframe that has none around a time."""
        held = {running.timeframe: running for running in self._running}
        self._running = []
        for timeframe in self._timeframes:
            running = held.get(timeframe)
            if running is None or running.end_ms <= at_ms:
                opens = bar_open_ms(at_ms, timeframe, self._venue)
                covered = self._covered_from_ms
                whole = covered is not None and covered <= opens
                running = RunningBar(timeframe, opens, bar_end_ms(opens, timeframe), whole)
            self._running.append(running)
        self._renew_ms = min((running.end_ms for running in self._running), default=_NEVER_MS)


def _extended(before: Candle | None, base: Candle, running: RunningBar) -> Candle:
    """Return the running bar with one more base bar; the same as `combine` over all of them, at constant cost."""
    if before is None:
        return _bar(
            base, running, (base.open, base.high, base.low, base.close), (base.volume, base.quote_volume, base.trades)
        )
    quote, trades = before.quote_volume, before.trades
    amounts = (
        before.volume + base.volume,
        None if quote is None or base.quote_volume is None else quote + base.quote_volume,
        None if trades is None or base.trades is None else trades + base.trades,
    )
    was_silent, silent = is_silent(before), is_silent(base)
    if silent and not was_silent:
        return _bar(base, running, (before.open, before.high, before.low, before.close), amounts)
    if was_silent and not silent:
        return _bar(base, running, (base.open, base.high, base.low, base.close), amounts)
    high = base.high if base.high > before.high else before.high
    low = base.low if base.low < before.low else before.low
    return _bar(base, running, (before.open, high, low, base.close), amounts)


def _bar(
    base: Candle, running: RunningBar, prices: tuple[int, int, int, int], amounts: tuple[int, int | None, int | None]
) -> Candle:
    return Candle(
        base.instrument, running.timeframe, running.open_ms, *prices, *amounts, closed=True, source=CandleSource.BUILT
    )


def _open(bar: Candle) -> Candle:
    return Candle(
        bar.instrument,
        bar.timeframe,
        bar.open_ms,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.quote_volume,
        bar.trades,
        False,
        bar.source,
    )


def _pieces(
    series: dict[Timeframe, CandleSeries], base: Timeframe, running: RunningBar, next_ms: int
) -> list[Candle] | None:
    """Return closed bars that fill a running bar from its opening to next_ms; None when its start is not known."""
    lengths = order_of_length(base), order_of_length(running.timeframe)
    shorter = [t for t in series if lengths[0] <= order_of_length(t) < lengths[1]]
    shorter.sort(key=order_of_length, reverse=True)
    begun_ms = series[base].opens_from(0)
    pieces: list[Candle] = []
    at_ms = running.open_ms
    while at_ms < next_ms:
        found = _longest_at(series, shorter, at_ms, next_ms)
        if found is not None:
            pieces.append(found)
            at_ms = bar_end_ms(found.open_ms, found.timeframe)
            continue
        # A hole in the base bars is a stretch without trades, but only where they had begun before it.
        if begun_ms is None or begun_ms > at_ms:
            return None
        at_ms = series[base].opens_from(at_ms) or next_ms
    return pieces


def _longest_at(
    series: dict[Timeframe, CandleSeries], shorter: Sequence[Timeframe], at_ms: int, next_ms: int
) -> Candle | None:
    for timeframe in shorter:
        found = series[timeframe].at(at_ms)
        if found is not None and bar_end_ms(at_ms, timeframe) <= next_ms:
            return found
    return None

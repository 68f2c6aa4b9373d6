"""All series of one instrument: its base bars, and longer bars grown from them on the venue's own grid."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Candle, CandleSource
from cryptobot_desktop.domain.timeframe import DAY_MS, Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.candle_series import CandleSeries, combine, is_silent, roll_up

_NO_FIXED_LENGTH_MS = 31 * DAY_MS
_NEVER_MS = 2**62


class RunningBar(Struct):
    """One longer bar under way; `whole` says that it was watched from its opening time.

    `is_empty` until the first base bar; `is_silent` while nothing was traded in it.
    """

    timeframe: Timeframe
    open_ms: int
    end_ms: int
    whole: bool
    is_empty: bool = True
    is_silent: bool = True
    open: int = 0
    high: int = 0
    low: int = 0
    close: int = 0
    volume: int = 0
    quote_volume: int | None = 0
    trades: int | None = 0

    def add(self, base: Candle, *, silent: bool) -> None:
        """Take one more bar; the result is the same as `combine` over all of them, at constant cost."""
        if self.is_empty or (self.is_silent and not silent):
            self.open, self.high, self.low, self.close = base.open, base.high, base.low, base.close
            self.is_empty, self.is_silent = False, silent
        elif self.is_silent or not silent:
            self.high = max(self.high, base.high)
            self.low = min(self.low, base.low)
            self.close = base.close
        self.volume += base.volume
        quote, trades = base.quote_volume, base.trades
        self.quote_volume = None if quote is None or self.quote_volume is None else self.quote_volume + quote
        self.trades = None if trades is None or self.trades is None else self.trades + trades

    def candle(self, instrument: InstrumentId, *, closed: bool) -> Candle:
        """Return the bar as far as it goes."""
        return Candle(
            instrument,
            self.timeframe,
            self.open_ms,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            self.quote_volume,
            self.trades,
            closed,
            CandleSource.BUILT,
        )


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
    """Fed with base bars in order and told how far everything is settled; closes longer bars when they are over."""

    def __init__(self, instrument: Instrument, base: Timeframe, timeframes: Iterable[Timeframe]) -> None:
        longer = longer_timeframes(base, timeframes)
        self.series = {timeframe: CandleSeries(instrument, timeframe) for timeframe in (base, *longer)}
        self._instrument = instrument
        self._base = base
        self._base_series = self.series[base]
        self._timeframes = longer
        self._running: list[RunningBar] = []
        self._covered_from_ms: int | None = None
        self._renew_ms = 0
        """When the first of the running bars ends, so that a new one must be opened for later base bars."""
        self._due_ms = _NEVER_MS
        """When the first running bar that holds anything ends."""

    def of(self, timeframe: Timeframe) -> CandleSeries:
        """Return a series, also of a timeframe that is not rolled up here."""
        found = self.series.get(timeframe)
        if found is None:
            found = self.series[timeframe] = CandleSeries(self._instrument, timeframe)
        return found

    def take(self, base: Candle, end_ms: int) -> tuple[Candle, ...]:
        """Take the next closed base bar, which ends at a time; return it among the longer bars over by then."""
        if not self._timeframes:
            self._base_series.put(base)
            return (base,)
        before = self.settle(base.open_ms)
        self._add(base)
        return (*before, base, *self.settle(end_ms))

    def _add(self, base: Candle) -> None:
        self._base_series.put(base)
        if self._covered_from_ms is None:
            self._covered_from_ms = base.open_ms
        if base.open_ms >= self._renew_ms:
            self._open_bars(base.open_ms)
        if self._running:
            silent = is_silent(base)
            for running in self._running:
                running.add(base, silent=silent)
            self._due_ms = self._renew_ms

    def settle(self, until_ms: int) -> list[Candle]:
        """Return the bars that end at or before a time up to which every base bar is known, shortest first."""
        if until_ms < self._due_ms:
            return []
        closed: list[Candle] = []
        for running in self._running:
            if running.end_ms <= until_ms and not running.is_empty:
                if running.whole:
                    closed.append(running.candle(self._instrument.id, closed=True))
                running.is_empty = True
        self._find_due()
        for bar in closed:
            self.series[bar.timeframe].put(bar)
        return closed

    def mark_gap(self, until_ms: int) -> None:
        """Say that base bars before a time are missing for good: the bars around it are not whole."""
        for running in self._running:
            running.whole = False
        self._covered_from_ms = until_ms

    def forming(self, timeframe: Timeframe, base: Candle | None) -> Candle | None:
        """Return the running bar with the running base bar in it, both as far as they are known."""
        running = next((r for r in self._running if r.timeframe is timeframe and not r.is_empty), None)
        held = None if running is None else running.candle(self._instrument.id, closed=False)
        if base is None:
            return held
        venue = self._instrument.venue
        opens = bar_open_ms(base.open_ms, timeframe, venue)
        bar = combine([part for part in (held, base) if part is not None and part.open_ms >= opens], timeframe, venue)
        unfinished = RunningBar(timeframe, opens, bar_end_ms(opens, timeframe), whole=False)
        unfinished.add(bar, silent=is_silent(bar))
        return unfinished.candle(self._instrument.id, closed=False)

    def roll_up_history(self, until_ms: int) -> None:
        """Fill the longer series from base bars, where the venue's own longer bars were not given, and go on there."""
        begun_ms = self.series[self._base].opens_from(0) or 0
        made = {self._base: self.series[self._base].between(begun_ms, until_ms)}
        for timeframe in self._timeframes:
            parts = max((shorter for shorter in made if divides(shorter, timeframe)), key=order_of_length)
            bars = made[timeframe] = roll_up(made[parts], timeframe, self._instrument.venue)
            series = self.series[timeframe]
            series.merge(
                bar
                for bar in bars
                if bar.open_ms >= begun_ms
                and bar_end_ms(bar.open_ms, timeframe) <= until_ms
                and series.at(bar.open_ms) is None
            )
        self._seed(until_ms)

    def _seed(self, next_ms: int) -> None:
        """Start the running bars from history that ends at next_ms, longest pieces first."""
        self._covered_from_ms = self.series[self._base].opens_from(0)
        self._open_bars(next_ms)
        for index, running in enumerate(self._running):
            pieces = _pieces(self.series, self._base, running, next_ms)
            if pieces is None:
                running.whole = False
                continue
            fresh = RunningBar(running.timeframe, running.open_ms, running.end_ms, whole=True)
            for piece in pieces:
                fresh.add(piece, silent=is_silent(piece))
            self._running[index] = fresh
        self._find_due()

    def _open_bars(self, at_ms: int) -> None:
        """Open a bar of every timeframe that has none around a time."""
        held = {running.timeframe: running for running in self._running}
        self._running = []
        for timeframe in self._timeframes:
            running = held.get(timeframe)
            if running is None or running.end_ms <= at_ms:
                opens = bar_open_ms(at_ms, timeframe, self._instrument.venue)
                covered = self._covered_from_ms
                whole = covered is not None and covered <= opens
                running = RunningBar(timeframe, opens, bar_end_ms(opens, timeframe), whole)
            self._running.append(running)
        self._renew_ms = min((running.end_ms for running in self._running), default=_NEVER_MS)

    def _find_due(self) -> None:
        self._due_ms = min((r.end_ms for r in self._running if not r.is_empty), default=_NEVER_MS)


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

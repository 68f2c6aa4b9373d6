"""Bars of one instrument from its trades, cross-checked against the venue's own bars, each closed exactly once.

A bar is over when a later bar's trade arrives, when the venue says so (or begins a later bar), or when time passes
its end plus a grace. A minute that was watched from its first millisecond is built from the trades; of one that was
only partly watched the venue's own bar is taken, and `Candle.source` says so.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, CandleSource, Trade
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, rescale_down
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.candle_rollups import RollUps, divides, longer_timeframes, order_of_length
from cryptobot_desktop.marketdata.candle_series import CandleSeries, roll_up

GRACE_MS = 2_000
"""How long after its end a silent bar is closed by the clock."""
PATIENCE_MS = 10_000
"""How long the venue's bar is waited for where our own is incomplete."""


class CandleCounters(Struct):
    """What the cross-check found since the start."""

    mismatches: int = 0
    """Bars that were watched whole and still differ from the venue's bar."""
    corrections: int = 0
    """Bars that the venue changed after they were told as closed."""
    late_trades: int = 0
    """Trades that came after their bar was told as closed."""
    partial_bars: int = 0
    """Bars told although they were only partly watched and the venue gave none."""


class OwnBar(Struct):
    """A bar under construction from trades; `notional` is in price x quantity units, exact."""

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    notional: int
    trades: int


class CandleBuilder:
    """Builds, checks and closes the bars of one instrument and keeps all its series.

    `base` is the timeframe of the finest bars: 1m for trades, or a candle file's own.
    """

    def __init__(
        self,
        instrument: Instrument,
        *,
        base: Timeframe = Timeframe.M1,
        timeframes: Iterable[Timeframe] = tuple(Timeframe),
        grace_ms: int = GRACE_MS,
    ) -> None:
        self.instrument = instrument
        self.base = base
        self.counters = CandleCounters()
        longer = longer_timeframes(base, timeframes)
        self.series = {timeframe: CandleSeries(instrument, timeframe) for timeframe in (base, *longer)}
        self._rollups = RollUps(instrument.venue, longer)
        self._grace_ms = grace_ms
        self._settled_ms = 0
        """Every bar that ends at or before this time is told, or known to have no trades."""
        self._last: Candle | None = None
        self._own: dict[int, OwnBar] = {}
        self._venue: dict[int, Candle] = {}
        self._venue_newest_ms = -1
        self._forming: OwnBar | None = None
        self._forming_end_ms = -1
        self._watched_from_ms: int | None = None
        self._trades_seen = False
        self._interrupted = False

    @property
    def last(self) -> Candle | None:
        """Return the newest closed base bar."""
        return self._last

    def forming(self, timeframe: Timeframe) -> Candle | None:
        """Return the running bar as far as it is known (`closed` False), or None."""
        base = self._running_base()
        return base if timeframe is self.base else self._rollups.forming(timeframe, base)

    def begin_watching(self, at_ms: int) -> None:
        """Say that from a time on no trade is missed; bars that opened before are only partly watched."""
        self._interrupted = False
        if self._watched_from_ms is None:
            # Clocks differ: a bar that opened just now may have begun before the watching.
            self._watched_from_ms = at_ms + self._grace_ms

    def interrupt(self) -> None:
        """Say that trades may be missed from now on, until `begin_watching`."""
        self._interrupted = True
        self._watched_from_ms = None

    def load_history(self, candles: Sequence[Candle]) -> None:
        """Merge finished bars of any timeframe. Before the start they end what will be told as newly closed.

        Once bars are being told, newer ones are taken as the venue's word and told in their turn.
        """
        by_timeframe: dict[Timeframe, list[Candle]] = {}
        for candle in candles:
            if candle.closed is not False:
                by_timeframe.setdefault(candle.timeframe, []).append(replace(candle, closed=True))
        base = by_timeframe.pop(self.base, [])
        for timeframe, bars in by_timeframe.items():
            self._series(timeframe).merge(bars)
        if self._forming is not None or self._venue:
            for bar in base:
                if bar.open_ms >= self._settled_ms > 0:
                    self._hear(bar)
            base = [bar for bar in base if bar.open_ms < self._settled_ms or not self._settled_ms]
        self.series[self.base].merge(base)
        self._last = self.series[self.base].last()
        if self._last is not None:
            self._settled_ms = max(self._settled_ms, bar_end_ms(self._last.open_ms, self.base))
            self._roll_up_history()
            self._rollups.seed(self.series, self.base, self._settled_ms)

    def on_trade(self, trade: Trade) -> tuple[Candle, ...]:
        """Take one trade (each only once) and return the bars that it closes."""
        bar, price = self._forming, trade.price
        if bar is None or not bar.open_ms <= trade.venue_ms < self._forming_end_ms:
            return self._trade_elsewhere(trade)
        if price > bar.high:
            bar.high = price
        elif price < bar.low:
            bar.low = price
        bar.close = price
        bar.volume += trade.qty
        bar.notional += price * trade.qty
        bar.trades += 1
        return ()

    def on_candle(self, candle: Candle) -> tuple[Candle, ...]:
        """Take a bar of the venue (running, closed or unsaid) and return the bars that it closes."""
        if candle.timeframe is not self.base:
            if candle.closed:
                self._series(candle.timeframe).put(candle)
            return ()
        if candle.open_ms < self._settled_ms:
            self._correct(candle)
            return ()
        self._hear(candle)
        if candle.closed:
            return self._settle(bar_end_ms(candle.open_ms, self.base))
        return self._settle(candle.open_ms) if candle.closed is None else ()

    def on_time(self, venue_ms: int) -> tuple[Candle, ...]:
        """Close what is over by the venue's clock; while interrupted nothing is known, so nothing closes."""
        if self._interrupted or venue_ms < self._settled_ms + self._grace_ms:
            return ()
        until = bar_open_ms(venue_ms - self._grace_ms, self.base, self.instrument.venue)
        if until <= self._settled_ms:
            return ()
        return self._settle(until, give_up_before_ms=venue_ms - PATIENCE_MS)

    def _hear(self, candle: Candle) -> None:
        """Remember the venue's newest word on a bar that is not told yet."""
        self._venue[candle.open_ms] = candle
        self._venue_newest_ms = max(self._venue_newest_ms, candle.open_ms)

    def _trade_elsewhere(self, trade: Trade) -> tuple[Candle, ...]:
        """Take a trade that opens a bar, or belongs to an older one."""
        opens = bar_open_ms(trade.venue_ms, self.base, self.instrument.venue)
        self._trades_seen = True
        if self._watched_from_ms is None and not self._interrupted:
            self._watched_from_ms = trade.venue_ms
        if opens < self._settled_ms:
            self.counters.late_trades += 1
            return ()
        held = self._own.get(opens)
        if held is not None:
            _add(held, trade)
            return ()
        price, qty = trade.price, trade.qty
        bar = OwnBar(opens, price, price, price, price, qty, price * qty, 1)
        self._own[opens] = bar
        if self._forming is None or opens > self._forming.open_ms:
            self._forming, self._forming_end_ms = bar, bar_end_ms(opens, self.base)
            return self._settle(opens)
        return ()

    def _settle(self, until_ms: int, give_up_before_ms: int = -1) -> tuple[Candle, ...]:
        """Close every bar that ends at or before until_ms, in order; stop at one whose venue bar is still awaited."""
        told: list[Candle] = []
        while self._settled_ms < until_ms:
            opens = self._next_open(until_ms)
            if opens is None:
                self._settled_ms = until_ms
                break
            end_ms = bar_end_ms(opens, self.base)
            if end_ms > until_ms:
                break
            bar = self._choose(opens, end_ms)
            if bar is None and self._is_awaited(opens) and end_ms > give_up_before_ms:
                break
            self._tell(opens, bar or self._remains(opens), told)
            self._settled_ms = end_ms
        if told or self._settled_ms >= until_ms:
            self._roll(self._settled_ms, told)
        return tuple(told)

    def _next_open(self, until_ms: int) -> int | None:
        """Return the next bar to decide about: a known one, or one that was silent while it was watched."""
        known = min((opens for opens in (*self._own, *self._venue) if opens >= self._settled_ms), default=until_ms)
        if self._settled_ms and self._last is not None and self._fills_silence(self._settled_ms):
            return min(self._settled_ms, known)
        return known if known < until_ms else None

    def _choose(self, opens: int, end_ms: int) -> Candle | None:
        """Return the bar to tell, or None while that is not certain."""
        own, venue = self._own.get(opens), self._venue.get(opens)
        final = venue is not None and (bool(venue.closed) or self._venue_newest_ms >= end_ms)
        whole = self._is_whole(opens)
        if venue is not None and final:
            if whole and own is not None:
                built = self._built(own)
                if same_figures(built, venue):
                    return built
                self.counters.mismatches += 1
            return replace(venue, closed=True)
        if whole and own is not None:
            return self._built(own)
        if whole and self._fills_silence(opens):
            return self._silent(opens)
        return None

    def _remains(self, opens: int) -> Candle | None:
        """Return the best there is of a bar that was not watched whole and that the venue did not finish."""
        venue, own = self._venue.get(opens), self._own.get(opens)
        if venue is None and own is None:
            return None
        self.counters.partial_bars += 1
        if venue is not None:
            return replace(venue, closed=True)
        return self._built(own) if own is not None else None

    def _tell(self, opens: int, bar: Candle | None, told: list[Candle]) -> None:
        """Record one decided bar; None is a stretch without trades."""
        self._own.pop(opens, None)
        self._venue.pop(opens, None)
        if bar is None:
            return
        self._roll(bar.open_ms, told)
        self.series[self.base].put(bar)
        self._rollups.add(bar)
        self._last = bar
        told.append(bar)
        self._roll(bar_end_ms(bar.open_ms, self.base), told)

    def _roll(self, until_ms: int, told: list[Candle]) -> None:
        for bar in self._rollups.settle(until_ms):
            self.series[bar.timeframe].put(bar)
            told.append(bar)

    def _is_whole(self, opens: int) -> bool:
        watched = self._watched_from_ms
        return watched is not None and watched <= opens and self._trades_seen

    def _is_awaited(self, opens: int) -> bool:
        """Return True when the venue's bar can still be hoped for."""
        return self._venue_newest_ms >= 0 and not (self._venue_newest_ms > opens and opens not in self._venue)

    def _fills_silence(self, opens: int) -> bool:
        """Return True when a watched bar without trades is a bar (Binance); on KuCoin there is none."""
        return self.instrument.venue is Venue.BINANCE and self._last is not None and self._is_whole(opens)

    def _built(self, own: OwnBar) -> Candle:
        instrument = self.instrument
        decimals = instrument.price_decimals + instrument.qty_decimals
        return Candle(
            instrument.id,
            self.base,
            own.open_ms,
            own.open,
            own.high,
            own.low,
            own.close,
            own.volume,
            rescale_down(own.notional, decimals, AMOUNT_DECIMALS),
            own.trades,
            True,
            CandleSource.BUILT,
        )

    def _silent(self, opens: int) -> Candle:
        close = self._last.close if self._last is not None else 0
        source = CandleSource.BUILT
        return Candle(self.instrument.id, self.base, opens, close, close, close, close, 0, 0, 0, True, source)

    def _correct(self, candle: Candle) -> None:
        """Take the venue's word on a bar that was told already; it is not told again."""
        held = self.series[self.base].at(candle.open_ms)
        if candle.closed is False or (held is not None and same_figures(held, candle)):
            return
        if held is not None:
            if held.source is CandleSource.BUILT:
                self.counters.mismatches += 1
            self.counters.corrections += 1
        self.series[self.base].put(replace(candle, closed=True))

    def _running_base(self) -> Candle | None:
        own, venue = self._forming, self._venue.get(self._venue_newest_ms)
        if own is not None and own.open_ms < self._settled_ms:
            own = None
        if venue is not None and (own is None or (venue.open_ms >= own.open_ms and not self._is_whole(own.open_ms))):
            return replace(venue, closed=False)
        return None if own is None else replace(self._built(own), closed=False)

    def _series(self, timeframe: Timeframe) -> CandleSeries:
        found = self.series.get(timeframe)
        if found is None:
            found = self.series[timeframe] = CandleSeries(self.instrument, timeframe)
        return found

    def _roll_up_history(self) -> None:
        """Fill the longer series from shorter bars, where the venue's own longer bars were not given."""
        begun_ms = self.series[self.base].opens_from(0) or 0
        made = {self.base: self.series[self.base].between(begun_ms, self._settled_ms)}
        for timeframe in longer_timeframes(self.base, self.series):
            parts = max((shorter for shorter in made if divides(shorter, timeframe)), key=order_of_length)
            bars = made[timeframe] = roll_up(made[parts], timeframe, self.instrument.venue)
            series = self.series[timeframe]
            series.merge(
                bar
                for bar in bars
                if bar.open_ms >= begun_ms
                and bar_end_ms(bar.open_ms, timeframe) <= self._settled_ms
                and series.at(bar.open_ms) is None
            )


def same_figures(first: Candle, second: Candle) -> bool:
    """Return True when open, high, low, close and volume agree exactly."""
    return (first.open, first.high, first.low, first.close, first.volume) == (
        second.open,
        second.high,
        second.low,
        second.close,
        second.volume,
    )


def _add(bar: OwnBar, trade: Trade) -> None:
    """Add a trade to an older bar that is not told yet; its close stays the one that came last."""
    bar.high, bar.low = max(bar.high, trade.price), min(bar.low, trade.price)
    bar.close = trade.price
    bar.volume += trade.qty
    bar.notional += trade.price * trade.qty
    bar.trades += 1

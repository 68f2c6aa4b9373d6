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
from cryptobot_desktop.domain.timeframe import DAY_MS, Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.candle_rollups import RollUps
from cryptobot_desktop.marketdata.own_bars import OwnBar, begin_bar, same_figures, silent_bar

GRACE_MS = 2_000
"""How long after its end a silent bar is closed by the clock."""
PATIENCE_MS = 10_000
"""How long the venue's bar is waited for where our own is incomplete."""

LONGEST_SILENCE_MS = DAY_MS
"""A longer stretch without trades is a hole: nothing is made up for it, whatever the times of trades say."""


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
        self._length_ms = base.length_ms
        self.counters = CandleCounters()
        self._rollups = RollUps(instrument, base, timeframes)
        self.series = self._rollups.series
        self._grace_ms = grace_ms
        self._settled_ms = 0
        """Every bar that ends at or before this time is told, or known to have no trades."""
        self.last: Candle | None = None
        """The newest closed base bar."""
        self._own: dict[int, OwnBar] = {}
        self._venue: dict[int, Candle] = {}
        self._venue_newest_ms = -1
        self._forming: OwnBar | None = None
        self._forming_end_ms = -1
        self._watched_from_ms: int | None = None
        self._trades_seen = False
        self._interrupted = False

    def forming(self, timeframe: Timeframe) -> Candle | None:
        """Return the running bar as far as it is known (`closed` False), or None."""
        own, venue = self._forming, self._venue.get(self._venue_newest_ms)
        base: Candle | None = None
        if own is not None and own.open_ms >= self._settled_ms:
            base = own.candle(self.instrument, self.base, closed=False)
        if venue is not None and (base is None or (venue.open_ms >= base.open_ms and not self._is_whole(base.open_ms))):
            base = replace(venue, closed=False)
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
        newest = self._venue.get(self._venue_newest_ms)
        if newest is not None and not newest.closed:
            del self._venue[newest.open_ms]  # it goes on without us, so what we know of it is not its end

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
            self._rollups.of(timeframe).merge(bars)
        if self._forming is not None or self._venue:
            for bar in base:
                if bar.open_ms >= self._settled_ms > 0:
                    self._hear(bar)
            base = [bar for bar in base if bar.open_ms < self._settled_ms or not self._settled_ms]
        self.series[self.base].merge(base)
        self.last = self.series[self.base].last()
        if self.last is not None:
            self._settled_ms = max(self._settled_ms, bar_end_ms(self.last.open_ms, self.base))
            self._rollups.roll_up_history(self._settled_ms)

    def on_trade(self, trade: Trade) -> tuple[Candle, ...]:
        """Take one trade (each only once) and return the bars that it closes."""
        bar = self._forming
        if bar is None or not bar.open_ms <= trade.venue_ms < self._forming_end_ms:
            return self._trade_elsewhere(trade)
        bar.add(trade)
        return ()

    def on_candle(self, candle: Candle) -> tuple[Candle, ...]:
        """Take a bar of the venue (running, closed or unsaid) and return the bars that it closes."""
        if candle.timeframe is not self.base:
            if candle.closed:
                self._rollups.of(candle.timeframe).put(candle)
            return ()
        opens = candle.open_ms
        if opens < self._settled_ms:
            self._correct(candle)
            return ()
        if candle.closed and not self._trades_seen and not self._venue:
            # Bars are the only source, as in a candle file: there is nothing to compare or to await.
            self._venue_newest_ms = max(self._venue_newest_ms, opens)
            self.last = candle
            end_ms = self._settled_ms = opens + self._length_ms if self._length_ms else bar_end_ms(opens, self.base)
            return self._rollups.take(candle, end_ms)
        self._hear(candle)
        if candle.closed:
            return self._settle(bar_end_ms(opens, self.base))
        return self._settle(opens) if candle.closed is None else ()

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
            held.add(trade)
            return ()
        bar = self._own[opens] = begin_bar(opens, trade)
        if self._forming is None or opens > self._forming.open_ms:
            self._forming, self._forming_end_ms = bar, bar_end_ms(opens, self.base)
            return self._settle(opens)
        return ()

    def _settle(self, until_ms: int, give_up_before_ms: int = -1) -> tuple[Candle, ...]:
        """Close every bar that ends at or before until_ms, in order; stop at one whose venue bar is still awaited."""
        told: list[Candle] = []
        while self._settled_ms < until_ms:
            opens = self._next_open(until_ms)
            self._note_hole(opens, until_ms)
            if opens is None:
                self._settled_ms = until_ms
                break
            end_ms = bar_end_ms(opens, self.base)
            if end_ms > until_ms:
                break
            bar = self._choose(opens, end_ms)
            if bar is None and self._is_awaited(opens) and end_ms > give_up_before_ms:
                break
            bar = bar or self._remains(opens)
            self._own.pop(opens, None)
            self._venue.pop(opens, None)
            if bar is None:
                self._settled_ms = end_ms  # a stretch without trades
            else:
                told += self._tell(bar, end_ms)
        if told or self._settled_ms >= until_ms:
            told += self._rollups.settle(self._settled_ms)
        return tuple(told)

    def _next_open(self, until_ms: int) -> int | None:
        """Return the next bar to decide about: a known one, or one that was silent while it was watched."""
        known = min((opens for opens in (*self._own, *self._venue) if opens >= self._settled_ms), default=until_ms)
        if self._fills_silence(self._settled_ms) and until_ms - self._settled_ms <= LONGEST_SILENCE_MS:
            return min(self._settled_ms, known)
        return known if known < until_ms else None

    def _choose(self, opens: int, end_ms: int) -> Candle | None:
        """Return the bar to tell, or None while that is not certain."""
        own, venue = self._own.get(opens), self._venue.get(opens)
        final = venue is not None and (bool(venue.closed) or self._venue_newest_ms >= end_ms)
        whole = self._is_whole(opens)
        if venue is not None and final:
            if whole and own is not None:
                built = own.candle(self.instrument, self.base, closed=True)
                # Without the venue's word that it is final (KuCoin), its last push may lack the last trades.
                if not venue.closed or same_figures(built, venue):
                    return built
                self.counters.mismatches += 1
            return replace(venue, closed=True)
        if whole and own is not None:
            return own.candle(self.instrument, self.base, closed=True)
        if self.last is not None and venue is None and self._fills_silence(opens):
            return silent_bar(opens, self.last)
        return None

    def _remains(self, opens: int) -> Candle | None:
        """Return the best there is of a bar that was not watched whole and that the venue did not finish."""
        venue, own = self._venue.get(opens), self._own.get(opens)
        if venue is None and own is None:
            return None
        self.counters.partial_bars += 1
        if venue is not None:
            return replace(venue, closed=True)
        return own.candle(self.instrument, self.base, closed=True) if own is not None else None

    def _tell(self, bar: Candle, end_ms: int) -> tuple[Candle, ...]:
        """Record the next decided bar, which ends at a time; return it with the longer bars that it closes."""
        self.last = bar
        self._settled_ms = end_ms
        return self._rollups.take(bar, end_ms)

    def _is_whole(self, opens: int) -> bool:
        watched = self._watched_from_ms
        return watched is not None and watched <= opens and self._trades_seen

    def _is_awaited(self, opens: int) -> bool:
        """Return True when the venue's bar can still be hoped for."""
        return self._venue_newest_ms >= 0 and not (self._venue_newest_ms > opens and opens not in self._venue)

    def _fills_silence(self, opens: int) -> bool:
        """Return True when a watched bar without trades is a bar (Binance); on KuCoin there is none."""
        return self.instrument.venue is Venue.BINANCE and self.last is not None and self._is_whole(opens)

    def _note_hole(self, opens: int | None, until_ms: int) -> None:
        """Remember a stretch in which trades may have been missed and which the venue did not fill.

        A hole before a bar that the venue delivered as closed is a stretch without trades; so may be the single
        bar in which the watching began.
        """
        end_ms = until_ms if opens is None else opens
        if end_ms <= bar_end_ms(self._settled_ms, self.base) or self._is_whole(self._settled_ms):
            return
        venue = self._venue.get(end_ms)
        if self.last is not None and self._trades_seen and not (venue is not None and venue.closed):
            self._rollups.mark_gap(end_ms)

    def _correct(self, candle: Candle) -> None:
        """Take the venue's word on a bar that was told already; it is not told again."""
        held = self.series[self.base].at(candle.open_ms)
        if candle.closed is False or (held is not None and same_figures(held, candle)):
            return
        if held is not None:
            if candle.closed is None and candle.volume < held.volume:
                return  # an unfinished push that was overtaken by our own bar
            self.counters.mismatches += held.source is CandleSource.BUILT
            self.counters.corrections += 1
        self.series[self.base].put(replace(candle, closed=True))

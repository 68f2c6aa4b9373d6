"""Candles of one pair: one-minute totals from history and from live trades, rolled up exactly to any span."""

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.emulator.market_types import NO_TRADE_ID, PairSpec, TradeHappened

_HOUR = 60


class Totals(Struct, frozen=True, gc=False):
    """What a span of trades adds up to; the same units as `market_types.Bar`."""

    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote_volume: int = 0
    trades: int = 0
    first_trade_id: int = NO_TRADE_ID
    last_trade_id: int = NO_TRADE_ID
    taker_buy_volume: int = 0
    taker_buy_quote_volume: int = 0


class MinuteSource(Protocol):
    """Gives the totals of a minute before the live market."""

    def minute(self, minute: int) -> Totals:
        """Return the totals of the minute that opens at minute x 60 s after the epoch."""
        ...


def flat(price: int) -> Totals:
    """Return the totals of a span without trades after a last price."""
    return Totals(price, price, price, price)


def merge(parts: Iterable[Totals]) -> Totals:
    """Add up consecutive spans (at least one); prices come only from spans with trades, if there are any."""
    spans = list(parts)
    traded = [span for span in spans if span.trades]
    if not traded:
        return spans[-1]
    return Totals(
        open=traded[0].open,
        high=max(span.high for span in traded),
        low=min(span.low for span in traded),
        close=traded[-1].close,
        volume=sum(span.volume for span in traded),
        quote_volume=sum(span.quote_volume for span in traded),
        trades=sum(span.trades for span in traded),
        first_trade_id=traded[0].first_trade_id,
        last_trade_id=traded[-1].last_trade_id,
        taker_buy_volume=sum(span.taker_buy_volume for span in traded),
        taker_buy_quote_volume=sum(span.taker_buy_quote_volume for span in traded),
    )


class _RunningMinute:
    """The minute under way, added up trade by trade."""

    __slots__ = ("close", "first_id", "high", "last_id", "low", "minute", "open", "quotes", "volumes")

    def __init__(self, minute: int, trade: TradeHappened) -> None:
        self.minute = minute
        self.open = self.high = self.low = self.close = trade.price
        self.first_id = self.last_id = trade.trade_id
        self.volumes = {Side.BUY: 0, Side.SELL: 0}
        self.quotes = {Side.BUY: 0, Side.SELL: 0}

    def add(self, trade: TradeHappened, quote_amount: int) -> None:
        price = self.close = trade.price
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.last_id = trade.trade_id
        self.volumes[trade.aggressor] += trade.qty
        self.quotes[trade.aggressor] += quote_amount

    def totals(self) -> Totals:
        buy, buy_quote = self.volumes[Side.BUY], self.quotes[Side.BUY]
        return Totals(
            self.open,
            self.high,
            self.low,
            self.close,
            buy + self.volumes[Side.SELL],
            buy_quote + self.quotes[Side.SELL],
            self.last_id - self.first_id + 1,
            self.first_id,
            self.last_id,
            buy,
            buy_quote,
        )


class PairBars:
    """One-minute totals of a pair: before `live_minute` from the history, from then on from trades."""

    def __init__(self, spec: PairSpec, history: MinuteSource, live_minute: int, last_close: int) -> None:
        self._spec = spec
        self._history = history
        self._live_minute = live_minute
        self._closed: list[Totals] = []
        self._running: _RunningMinute | None = None
        self._last_close = last_close
        self._hours: dict[int, Totals] = {}
        self._old_minutes: dict[int, Totals] = {}

    def on_trade(self, trade: TradeHappened) -> None:
        """Take in the next live trade."""
        minute = trade.at_ms // MINUTE_MS
        running = self._running
        if running is None or running.minute != minute:
            self._close_until(minute)
            running = self._running = _RunningMinute(minute, trade)
        running.add(trade, self._spec.quote_amount(trade.price, trade.qty))
        self._last_close = trade.price

    def minute(self, minute: int) -> Totals:
        """Return the totals of a minute (flat at the last price when it had no trade yet)."""
        if minute < self._live_minute:
            return self._old_minute(minute)
        index = minute - self._live_minute
        if index < len(self._closed):
            return self._closed[index]
        if self._running is not None and self._running.minute == minute:
            return self._running.totals()
        return flat(self._last_close)

    def span(self, first_minute: int, end_minute: int, now_minute: int) -> Totals:
        """Return the totals of the minutes [first_minute, end_minute), by whole hours where possible."""
        parts: list[Totals] = []
        minute = first_minute
        while minute < end_minute:
            if minute % _HOUR == 0 and minute + _HOUR <= min(end_minute, now_minute):
                parts.append(self._hour(minute // _HOUR))
                minute += _HOUR
            else:
                parts.append(self.minute(minute))
                minute += 1
        return merge(parts)

    def _hour(self, hour: int) -> Totals:
        totals = self._hours.get(hour)
        if totals is None:
            totals = merge(self.minute(minute) for minute in range(hour * _HOUR, hour * _HOUR + _HOUR))
            self._hours[hour] = totals
        return totals

    def _old_minute(self, minute: int) -> Totals:
        totals = self._old_minutes.get(minute)
        if totals is None:
            totals = self._old_minutes[minute] = self._history.minute(minute)
        return totals

    def _close_until(self, minute: int) -> None:
        """Close the running minute and write flat ones up to the next that trades."""
        if self._running is not None:
            self._closed.append(self._running.totals())
        missing = minute - self._live_minute - len(self._closed)
        self._closed.extend([flat(self._last_close)] * missing)

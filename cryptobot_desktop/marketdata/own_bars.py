"""Bars under construction from trades."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, CandleSource, Trade
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, rescale_down
from cryptobot_desktop.domain.timeframe import Timeframe


class OwnBar(Struct):
    """A bar so far; `notional` is in price x quantity units, exact."""

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    notional: int
    trades: int

    def add(self, trade: Trade) -> None:
        """Take one more trade, in order of arrival."""
        price = trade.price
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += trade.qty
        self.notional += price * trade.qty
        self.trades += 1

    def candle(self, instrument: Instrument, timeframe: Timeframe, *, closed: bool) -> Candle:
        """Return the bar as a candle that says that it was built here."""
        decimals = instrument.price_decimals + instrument.qty_decimals
        return Candle(
            instrument.id,
            timeframe,
            self.open_ms,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            rescale_down(self.notional, decimals, AMOUNT_DECIMALS),
            self.trades,
            closed,
            CandleSource.BUILT,
        )


def begin_bar(open_ms: int, trade: Trade) -> OwnBar:
    """Return a bar that holds its first trade."""
    price, qty = trade.price, trade.qty
    return OwnBar(open_ms, price, price, price, price, qty, price * qty, 1)


def silent_bar(open_ms: int, before: Candle) -> Candle:
    """Return the bar of a stretch without trades: the close of the bar before, no volume."""
    close = before.close
    return Candle(
        before.instrument, before.timeframe, open_ms, close, close, close, close, 0, 0, 0, True, CandleSource.BUILT
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

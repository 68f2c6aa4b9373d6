"""Instruments and events for market data tests."""

from cryptobot_desktop.domain.instrument import FeeRule, Instrument, Venue
from cryptobot_desktop.domain.market import BookDelta, BookSnapshot, Candle, Level, Side, Trade
from cryptobot_desktop.domain.timeframe import Timeframe

BTC = Instrument(venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=5)
KBTC = Instrument(
    venue=Venue.KUCOIN,
    symbol="BTC-USDT",
    base="BTC",
    quote="USDT",
    price_decimals=1,
    qty_decimals=8,
    fee_rule=FeeRule.QUOTE,
)
MINUTE = 60_000
T0 = 1_790_000_040_000 // MINUTE * MINUTE
"""The opening of a minute that is also the opening of no longer bar than 1m."""


def trade(at_ms: int, price: int, qty: int = 1, *, number: int | None = None, instrument: Instrument = BTC) -> Trade:
    """Return a trade; without a number its id comes from time and price."""
    return Trade(instrument.id, str(number if number is not None else f"{at_ms}-{price}"), price, qty, Side.BUY, at_ms)


def bar(
    open_ms: int, figures: tuple[int, int, int, int, int], *, closed: bool | None = True, instrument: Instrument = BTC
) -> Candle:
    """Return a venue's 1m bar from (open, high, low, close, volume)."""
    return Candle(instrument.id, Timeframe.M1, open_ms, *figures, closed=closed)


def delta(
    first: int, last: int, bids: tuple[Level, ...] = (), asks: tuple[Level, ...] = (), *, instrument: Instrument = BTC
) -> BookDelta:
    """Return a change of a book."""
    return BookDelta(instrument.id, first, last, bids, asks)


def snapshot(
    update_id: int,
    bids: tuple[Level, ...] = ((99, 1),),
    asks: tuple[Level, ...] = ((101, 1),),
    *,
    instrument: Instrument = BTC,
) -> BookSnapshot:
    """Return a whole book."""
    return BookSnapshot(instrument.id, update_id, bids, asks)

"""Market events as every stage sees them, whatever the venue: trades, quotes, candles, books, states.

Prices and quantities are scaled integers of the instrument; times are UTC milliseconds of the venue.
"""

from enum import StrEnum
from typing import final

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.timeframe import Timeframe

Level = tuple[int, int]
"""(price, quantity); in a delta quantity 0 removes the level."""


class Side(StrEnum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Trade(Struct, frozen=True, gc=False):
    """One public trade; `aggressor` is the taker's side."""

    instrument: InstrumentId
    trade_id: str
    price: int
    qty: int
    aggressor: Side
    venue_ms: int


class BestQuote(Struct, frozen=True, gc=False):
    """Best bid and ask; a side that the venue did not give is 0."""

    instrument: InstrumentId
    bid: int
    bid_qty: int
    ask: int
    ask_qty: int
    update_id: int | None = None
    venue_ms: int | None = None


class BookSnapshot(Struct, frozen=True):
    """A whole book (to some depth), best levels first."""

    instrument: InstrumentId
    update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    venue_ms: int | None = None


class BookDelta(Struct, frozen=True):
    """Changed levels with the venue's first and last sequence number.

    `bid_ids` and `ask_ids` hold one number per change where the venue gives them (KuCoin), else are empty.
    """

    instrument: InstrumentId
    first_id: int
    last_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    venue_ms: int | None = None
    bid_ids: tuple[int, ...] = ()
    ask_ids: tuple[int, ...] = ()


class CandleSource(StrEnum):
    """Where a candle came from."""

    VENUE = "venue"
    BUILT = "built"
    IMPORTED = "imported"


class Candle(Struct, frozen=True, gc=False):
    """One bar. `closed` is None when the venue does not say (KuCoin); volumes are base and quote.

    `quote_volume` is a ledger amount (8 decimals); `trades` is None where unknown.
    """

    instrument: InstrumentId
    timeframe: Timeframe
    open_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote_volume: int | None = None
    trades: int | None = None
    closed: bool | None = True
    source: CandleSource = CandleSource.VENUE


class Ticker(Struct, frozen=True, gc=False):
    """Rolling 24 h figures for the market watch; 0 where the venue did not say."""

    instrument: InstrumentId
    last: int
    open: int
    high: int
    low: int
    volume: int
    venue_ms: int | None = None


class FeedState(StrEnum):
    """State of one instrument's stream; only LIVE data may fill orders or move bots."""

    CONNECTING = "connecting"
    SYNCING = "syncing"
    LIVE = "live"
    STALE = "stale"
    SUSPECT = "suspect"
    OFFLINE = "offline"


class FeedStatus(Struct, frozen=True):
    """A stream changed state; `reason` is shown to the user."""

    instrument: InstrumentId
    state: FeedState
    reason: str = ""


@final
class ClockTick(Struct, frozen=True, gc=False):
    """Time passed without a message; makes bars close and orders expire, and is recorded like any event."""

    at_ms: int


MarketEvent = Trade | BestQuote | BookSnapshot | BookDelta | Candle | Ticker | FeedStatus | ClockTick


class Received(Struct, frozen=True, gc=False):
    """A market event with the local time at which it arrived; the unit that is recorded and replayed."""

    received_ms: int
    event: MarketEvent


def candle_floats(candle: Candle, instrument: Instrument) -> tuple[float, float, float, float, float]:
    """Return open, high, low, close, volume as floats for indicators and charts."""
    price, qty = 10**instrument.price_decimals, 10**instrument.qty_decimals
    return (
        candle.open / price,
        candle.high / price,
        candle.low / price,
        candle.close / price,
        candle.volume / qty,
    )

"""Plain in-memory markets for tests: a real book and a real market view, without feeds or clocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from cryptobot_desktop.domain.instrument import FeeRule, Filters, Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import BestQuote, Candle, FeedState, Level, Side, Trade
from cryptobot_desktop.domain.market_view import BookView
from cryptobot_desktop.domain.orders import OrderRequest, OrderType
from cryptobot_desktop.domain.timeframe import Timeframe

USDT = 10**8
"""One whole unit of an asset as a ledger amount."""


def btc_usdt(
    *,
    venue: Venue = Venue.BINANCE,
    filters: Filters | None = None,
    price_decimals: int = 2,
    qty_decimals: int = 5,
    status: str = "TRADING",
) -> Instrument:
    """Return BTC against USDT on either venue, without filters unless given."""
    kucoin = venue is Venue.KUCOIN
    return Instrument(
        venue=venue,
        symbol="BTC-USDT" if kucoin else "BTCUSDT",
        base="BTC",
        quote="USDT",
        price_decimals=price_decimals,
        qty_decimals=qty_decimals,
        filters=filters or Filters(),
        status=status,
        fee_rule=FeeRule.QUOTE if kucoin else FeeRule.RECEIVED,
    )


@dataclass
class MemoryBook:
    """A book held in two dicts from price to quantity."""

    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    update_id: int = 1
    is_live: bool = True
    why_not_live: str = ""

    def levels(self, side: Side) -> Iterable[Level]:
        """Return resting levels, best first."""
        if side is Side.BUY:
            return sorted(self.bids.items(), reverse=True)
        return sorted(self.asks.items())

    def best_bid(self) -> Level | None:
        """Return the best bid."""
        return next(iter(self.levels(Side.BUY)), None)

    def best_ask(self) -> Level | None:
        """Return the best ask."""
        return next(iter(self.levels(Side.SELL)), None)

    def qty_at(self, side: Side, price: int) -> int:
        """Return the quantity at one price."""
        return (self.bids if side is Side.BUY else self.asks).get(price, 0)


@dataclass
class MemoryMarket:
    """A market view over plain dicts; without a book for an instrument it is a file source."""

    instruments: Mapping[InstrumentId, Instrument]
    books: dict[InstrumentId, MemoryBook] = field(default_factory=dict)
    quotes: dict[InstrumentId, BestQuote] = field(default_factory=dict)
    last: dict[InstrumentId, int] = field(default_factory=dict)
    states: dict[InstrumentId, FeedState] = field(default_factory=dict)
    candles: dict[InstrumentId, Candle] = field(default_factory=dict)

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """Return the instrument."""
        return self.instruments.get(instrument)

    def book(self, instrument: InstrumentId) -> BookView | None:
        """Return the book."""
        return self.books.get(instrument)

    def quote(self, instrument: InstrumentId) -> BestQuote | None:
        """Return the newest quote."""
        return self.quotes.get(instrument)

    def last_price(self, instrument: InstrumentId) -> int | None:
        """Return the last price."""
        return self.last.get(instrument)

    def state(self, instrument: InstrumentId) -> FeedState:
        """Return the feed's state; LIVE unless set."""
        return self.states.get(instrument, FeedState.LIVE)

    def last_candle(self, instrument: InstrumentId) -> Candle | None:
        """Return the newest candle."""
        return self.candles.get(instrument)


def market_of(instrument: Instrument, book: MemoryBook | None = None, last: int | None = None) -> MemoryMarket:
    """Return a market with one instrument."""
    market = MemoryMarket({instrument.id: instrument})
    if book is not None:
        market.books[instrument.id] = book
    if last is not None:
        market.last[instrument.id] = last
    return market


def order_request(instrument: Instrument, client_id: str, side: Side, **fields: object) -> OrderRequest:
    """Return a request: a limit order when a price is given, else a market order."""
    kind = OrderType.LIMIT if fields.get("price") is not None else OrderType.MARKET
    plain = OrderRequest(client_id=client_id, portfolio="main", instrument=instrument.id, side=side, type=kind)
    return msgspec.structs.replace(plain, **fields)


def public_trade(
    instrument: Instrument, price: int, qty: int, aggressor: Side, *, at_ms: int = 1_000, trade_id: str = ""
) -> Trade:
    """Return a public trade."""
    return Trade(instrument.id, trade_id, price, qty, aggressor, at_ms)


def candle_of(
    instrument: Instrument,
    open_ms: int,
    ohlc: tuple[int, int, int, int],
    *,
    volume: int = 0,
    closed: bool | None = True,
) -> Candle:
    """Return a one-minute bar."""
    opened, high, low, close = ohlc
    return Candle(instrument.id, Timeframe.M1, open_ms, opened, high, low, close, volume, closed=closed)

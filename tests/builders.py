"""Plain in-memory markets for tests: a real book and a real market view, without feeds or clocks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cryptobot_desktop.domain.facts import ExecutionFact
from cryptobot_desktop.domain.instrument import FeeRule, Filters, Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import BestQuote, Candle, FeedState, Level, MarketEvent, Side, Trade
from cryptobot_desktop.domain.market_view import BookView
from cryptobot_desktop.domain.orders import FeeRates, Order, OrderRequest, OrderType
from cryptobot_desktop.domain.purse import CrossRate
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.execution.exchange import PaperExchange
from cryptobot_desktop.execution.preview import OrderPreview
from cryptobot_desktop.execution.rejections import Rejection

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


def usual_book() -> MemoryBook:
    """Return bids at 99 and 98, asks at 101 and 102 (whole dollars of BTC/USDT), one BTC each."""
    return MemoryBook({9_900: 100_000, 9_800: 100_000}, {10_100: 100_000, 10_200: 100_000}, update_id=7)


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


@dataclass
class FreePurse:
    """Money that a test decides about: `free` of every asset unless `amounts` names it."""

    free: int = 10**15
    position: int = 0
    amounts: dict[str, int] = field(default_factory=dict)
    rates: dict[tuple[str, str], CrossRate] = field(default_factory=dict)

    def available(self, portfolio: str, asset: str) -> int:
        """Return what is free."""
        return self.amounts.get(asset, self.free)

    def held_of(self, portfolio: str, asset: str) -> int:
        """Return what is held in all."""
        return self.position

    def rate(self, asset: str, into: str) -> CrossRate | None:
        """Return a price between two assets."""
        return self.rates.get((asset, into))


class EagerExchange:
    """The paper exchange with all facts of a call at once, and a purse of the test's own."""

    def __init__(self, fees: Mapping[Venue, FeeRates] | None = None, **options: Any) -> None:  # noqa: ANN401
        self.purse = FreePurse()
        self.real = PaperExchange(fees or {}, purse=self.purse, **options)
        self._market: MemoryMarket = MemoryMarket({})

    def submit(
        self, request: OrderRequest, market: MemoryMarket, available: int, now_ms: int, position: int = 0
    ) -> tuple[ExecutionFact, ...]:
        """Send an order with this much free."""
        self._market, self.purse.free, self.purse.position = market, available, position
        return tuple(self.real.submit(request, market, now_ms))

    def submit_list(
        self, requests: Sequence[OrderRequest], market: MemoryMarket, available: int, now_ms: int
    ) -> tuple[ExecutionFact, ...]:
        """Send a list with this much free."""
        self._market, self.purse.free = market, available
        return tuple(self.real.submit_list(requests, market, now_ms))

    def on_event(self, event: MarketEvent, market: MemoryMarket, now_ms: int) -> tuple[ExecutionFact, ...]:
        """Meet an event, after everything that is due before it."""
        self._market = market
        due = tuple(self.real.advance(market, now_ms))
        return due + tuple(self.real.on_event(event, market, now_ms))

    def advance(self, now_ms: int) -> tuple[ExecutionFact, ...]:
        """Do what is due."""
        return tuple(self.real.advance(self._market, now_ms))

    def cancel(self, client_id: str, now_ms: int) -> tuple[ExecutionFact, ...]:
        """Cancel an order."""
        return tuple(self.real.cancel(client_id, self._market, now_ms))

    def cancel_all(self, now_ms: int, **selectors: Any) -> tuple[ExecutionFact, ...]:  # noqa: ANN401
        """Cancel all that match."""
        return tuple(self.real.cancel_all(now_ms, **selectors))

    def amend(self, client_id: str, qty: int, now_ms: int) -> tuple[ExecutionFact, ...] | Rejection:
        """Make an order smaller."""
        answer = self.real.amend(client_id, qty, self._market, now_ms)
        return answer if isinstance(answer, Rejection) else tuple(answer)

    def replace(self, client_id: str, request: OrderRequest, now_ms: int) -> tuple[ExecutionFact, ...] | Rejection:
        """Replace an order."""
        answer = self.real.replace(client_id, request, self._market, now_ms)
        return answer if isinstance(answer, Rejection) else tuple(answer)

    def restore(self, orders: Iterable[Order], now_ms: int) -> None:
        """Take up stored orders."""
        self.real.restore(orders, now_ms)

    def preview(self, request: OrderRequest, market: MemoryMarket, available: int | None = None) -> OrderPreview:
        """Ask what would happen."""
        return self.real.preview(request, market, available)

    def order(self, client_id: str) -> Order | None:
        """Return an order."""
        return self.real.order(client_id)

    def open_orders(self) -> tuple[Order, ...]:
        """Return the open orders."""
        return self.real.open_orders()


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

"""Wire messages become domain events: texts turn into scaled integers of a known instrument, once.

Memoised per instrument, because the same prices and sizes come again and again in a feed.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from msgspec import UNSET, UnsetType

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import (
    BestQuote,
    BookDelta,
    BookSnapshot,
    Candle,
    Level,
    MarketEvent,
    Side,
    Ticker,
    Trade,
)
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, MAX_STORED, parse_decimal, to_scaled, to_scaled_floor
from cryptobot_desktop.marketdata.wire.intervals import from_any
from cryptobot_desktop.marketdata.wire.messages import (
    BboMessage,
    CandleMessage,
    DepthDeltaMessage,
    DepthSnapshotMessage,
    Ignore,
    KeyPermissions,
    MarketMessage,
    Notice,
    OrderUpdate,
    Rejected,
    TextLevel,
    TickerMessage,
    TradeMessage,
    WireMessage,
)

_MAX_LENGTH: Final = 40
_CACHE_LIMIT: Final = 1 << 16
Listed = TypeVar("Listed", TradeMessage, BboMessage, TickerMessage)
_SIDES: Final[Mapping[str | None, Side]] = {"buy": Side.BUY, "sell": Side.SELL}


_POWERS: Final = tuple(int(10**exponent) for exponent in range(_MAX_LENGTH + 1))


class ScaledTexts(dict[str, int]):
    """A memo from decimal text to scaled integer: ``texts["0.10"]``; bad or too fine numbers raise InvalidInput.

    Numbers from `minimum` up to 2**63 only. With `floor`, further digits are cut (volumes, never money).
    """

    __slots__ = ("_decimals", "_floor", "_minimum")

    def __init__(self, decimals: int, *, minimum: int = 0, floor: bool = False) -> None:
        super().__init__()
        self._decimals = decimals
        self._minimum = minimum
        self._floor = floor

    def __missing__(self, text: str) -> int:
        """Work out a number that was not seen lately."""
        whole, _, part = text.partition(".")
        missing = self._decimals - len(part)
        if missing < 0:
            part = part.rstrip("0")
            missing = self._decimals - len(part)
        digits = whole + part
        usual = digits.isdecimal() and digits.isascii() and len(text) <= _MAX_LENGTH and whole and text[-1] != "."
        if usual and missing >= 0:
            value = int(digits) * _POWERS[missing] if missing else int(digits)
        else:
            value = self._scaled(text)
        if not self._minimum <= value <= MAX_STORED:
            allowed = f"{self._minimum} to {MAX_STORED} units of {self._decimals} decimals"
            raise InvalidInput(f"number {text!r} is out of range, allowed: {allowed}")
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[text] = value
        return value

    def _scaled(self, text: str) -> int:
        """Work out a number that is finer than the scale or in any other spelling, such as with an exponent."""
        return to_scaled_floor(text, self._decimals) if self._floor else to_scaled(text, self._decimals)


class SizeTexts(ScaledTexts):
    """Sizes of book levels and trades: digits finer than the instrument's are cut, but never to zero.

    Old orders leave dust below today's step, and refusing their frame would break the whole book.
    """

    __slots__ = ()

    def __init__(self, decimals: int) -> None:
        super().__init__(decimals, floor=True)

    def _scaled(self, text: str) -> int:
        value = super()._scaled(text)
        return 1 if value == 0 and parse_decimal(text) > 0 else value


class WireScale:
    """One instrument's precision: memos for prices, quantities, volumes and quote amounts.

    `prices` refuses zero; in `quotes` zero stands for a side with nothing on it.
    """

    __slots__ = ("amounts", "id", "instrument", "prices", "qtys", "quotes", "volumes")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.id: InstrumentId = instrument.id
        self.prices = ScaledTexts(instrument.price_decimals, minimum=1)
        self.quotes = ScaledTexts(instrument.price_decimals)
        self.qtys = SizeTexts(instrument.qty_decimals)
        self.volumes = ScaledTexts(instrument.qty_decimals, floor=True)
        self.amounts = ScaledTexts(AMOUNT_DECIMALS, floor=True)


class WireScales(dict[str | None, WireScale]):
    """The scales of all known instruments by the venue's symbol; made on first use."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        super().__init__()
        self._instruments = instruments

    def __missing__(self, symbol: str | None) -> WireScale:
        """Make the scale of a known instrument; an unknown symbol raises KeyError."""
        if symbol is None:
            raise KeyError(symbol)
        scale = WireScale(self._instruments[symbol])
        self[symbol] = scale
        return scale

    def knows(self, symbol: str | None) -> bool:
        """Return True when the symbol is one of the instruments."""
        return symbol in self._instruments


class QuoteLike(Protocol):
    """A best bid and ask, as a message or as a venue's own frame with the same names."""

    @property
    def bid(self) -> str | None:
        """Return the best bid's price."""

    @property
    def bid_qty(self) -> str | None:
        """Return the best bid's quantity."""

    @property
    def ask(self) -> str | None:
        """Return the best ask's price."""

    @property
    def ask_qty(self) -> str | None:
        """Return the best ask's quantity."""

    @property
    def update_id(self) -> int | None:
        """Return the venue's number of this state of the book."""

    @property
    def time_ms(self) -> int | None:
        """Return the venue's time."""


def market_events(message: WireMessage, scales: WireScales) -> list[MarketEvent] | Notice:
    """Return the domain events of a wire message, or the message itself when it is a notice.

    Unknown symbols give Ignore, numbers that the instrument cannot represent give Rejected.
    """
    convert = _CONVERTERS.get(type(message))
    try:
        if convert is not None:
            return convert(message, scales)
    except KeyError as error:
        return Ignore(f"symbol {error.args[0]!r} is not one of the known instruments")
    except InvalidInput as error:
        return Rejected(str(error))
    if isinstance(message, MarketMessage | KeyPermissions | OrderUpdate):
        return Ignore(f"a {type(message).__name__} is not used by the feeds")
    return message


def trade_event(message: TradeMessage, scale: WireScale) -> Trade:
    """Return a trade; price, quantity and time must be above zero."""
    qty = scale.qtys[message.qty or ""]
    if not qty or not message.time_ms:
        raise InvalidInput(
            f"trade {message.id} has quantity {message.qty} and time {message.time_ms}, allowed: above 0"
        )
    side = _SIDES.get(message.aggressor)
    if side is None:
        raise InvalidInput(f"trade {message.id} has side {message.aggressor!r}, allowed: buy or sell")
    return Trade(scale.id, message.id or "", scale.prices[message.price or ""], qty, side, message.time_ms)


def quote_event(message: QuoteLike, scale: WireScale) -> BestQuote:
    """Return best bid and ask; a side that the venue did not give is 0, a crossed quote is refused."""
    quotes, qtys = scale.quotes, scale.qtys
    bid, ask = quotes[message.bid or "0"], quotes[message.ask or "0"]
    if bid > ask > 0:
        raise InvalidInput(f"best bid {message.bid} is above best ask {message.ask}")
    bid_qty, ask_qty = qtys[message.bid_qty or "0"], qtys[message.ask_qty or "0"]
    return BestQuote(scale.id, bid, bid_qty, ask, ask_qty, message.update_id, message.time_ms)


def candle_event(message: CandleMessage, scale: WireScale) -> Candle:
    """Return a bar; high and low must enclose open and close."""
    timeframe = from_any(message.interval)
    if timeframe is None:
        raise InvalidInput(f"candle interval {message.interval!r} is unknown, allowed: 1m to 1M")
    prices = scale.prices
    opened, high, low, close = prices[message.open], prices[message.high], prices[message.low], prices[message.close]
    if not low <= opened <= high or not low <= close <= high:
        raise InvalidInput(
            f"bar at {message.open_time_ms} is inconsistent: open {message.open}, high {message.high}, "
            f"low {message.low}, close {message.close}"
        )
    quote_volume = None if message.quote_volume is None else scale.amounts[message.quote_volume]
    volume = scale.volumes[message.volume]
    return Candle(
        scale.id,
        timeframe,
        message.open_time_ms,
        opened,
        high,
        low,
        close,
        volume,
        quote_volume,
        message.trades,
        message.closed,
    )


def delta_event(message: DepthDeltaMessage, scale: WireScale) -> BookDelta:
    """Return changed levels in the venue's order."""
    if message.first > message.last:
        raise InvalidInput(f"first update id {message.first} is above the last {message.last}")
    bid_ids, ask_ids = message.bid_ids, message.ask_ids
    return BookDelta(
        scale.id,
        message.first,
        message.last,
        _levels(message.bids, scale),
        _levels(message.asks, scale),
        message.time_ms,
        () if isinstance(bid_ids, UnsetType) else bid_ids,
        () if isinstance(ask_ids, UnsetType) else ask_ids,
    )


def snapshot_event(message: DepthSnapshotMessage, scale: WireScale) -> BookSnapshot:
    """Return a book, best levels first, without empty levels; a crossed one is refused.

    `update_id` is 0 where the venue gives none (KuCoin's level2Depth topics).
    """
    bids = tuple(sorted([level for level in _levels(message.bids, scale) if level[1]], reverse=True))
    asks = tuple(sorted([level for level in _levels(message.asks, scale) if level[1]]))
    if bids and asks and bids[0][0] > asks[0][0]:
        raise InvalidInput(f"book is crossed: best bid {bids[0][0]} is above best ask {asks[0][0]} (scaled)")
    return BookSnapshot(scale.id, message.update_id or 0, bids, asks, message.time_ms)


def ticker_event(message: TickerMessage, scale: WireScale) -> Ticker:
    """Return rolling figures; 0 where the venue did not say."""
    quotes = scale.quotes
    return Ticker(
        scale.id,
        quotes[message.last or "0"],
        quotes[message.open or "0"],
        quotes[message.high or "0"],
        quotes[message.low or "0"],
        scale.volumes[message.volume or "0"],
        message.time_ms,
    )


def _levels(levels: list[TextLevel], scale: WireScale) -> tuple[Level, ...]:
    prices, qtys = scale.prices, scale.qtys
    return tuple([(prices[price], qtys[qty]) for price, qty in levels])


def _converter(
    make: Callable[[Listed, WireScale], MarketEvent],
) -> Callable[[Listed, WireScales], list[MarketEvent]]:
    """Lift a conversion of one entry to messages that may hold many; entries of unknown symbols are left out."""

    def convert(message: Listed, scales: WireScales) -> list[MarketEvent]:
        if message.items is UNSET:
            return [make(message, scales[message.symbol])]
        return [make(item, scales[item.symbol]) for item in message.items if scales.knows(item.symbol)]

    return convert


_CONVERTERS: Final[dict[type, Callable[[Any, WireScales], list[MarketEvent]]]] = {
    TradeMessage: _converter(trade_event),
    BboMessage: _converter(quote_event),
    TickerMessage: _converter(ticker_event),
    CandleMessage: lambda message, scales: [candle_event(message, scales[message.symbol])],
    DepthDeltaMessage: lambda message, scales: [delta_event(message, scales[message.symbol])],
    DepthSnapshotMessage: lambda message, scales: [snapshot_event(message, scales[message.symbol])],
}

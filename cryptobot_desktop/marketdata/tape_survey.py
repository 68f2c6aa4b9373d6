"""What a recording's frames tell about its instruments: their symbols, and the digits that prices and sizes use."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS
from cryptobot_desktop.marketdata.symbol_names import inferred_instrument
from cryptobot_desktop.marketdata.wire.binance_filters import MAX_DECIMALS
from cryptobot_desktop.marketdata.wire.messages import (
    BboMessage,
    CandleMessage,
    DepthDeltaMessage,
    DepthSnapshotMessage,
    TextLevel,
    TradeMessage,
    WireMessage,
)

Digits = tuple[Iterable[str | None], Iterable[str | None]]
"""Price texts and quantity texts of a message."""


class Precision(Struct):
    """The most decimals that one symbol's prices and quantities use."""

    price: int = 0
    qty: int = 0


class TapeSurvey:
    """Looks at every message once."""

    def __init__(self) -> None:
        self.symbols: dict[str, Precision] = {}
        self._single_trades: set[str] = set()

    @property
    def single_trades(self) -> frozenset[str]:
        """Return the symbols of which single trades were seen."""
        return frozenset(self._single_trades)

    def see(self, message: WireMessage, *, combined: bool) -> None:
        """Take the digits of a message; `combined` says that it is one of Binance's aggTrades."""
        items = getattr(message, "items", None)
        if isinstance(items, list):
            for item in items:
                self.see(item, combined=combined)
            return
        reader = _READERS.get(type(message))
        symbol = getattr(message, "symbol", None)
        if reader is None or not isinstance(symbol, str):
            return
        held = self.symbols.setdefault(symbol, Precision())
        prices, qtys = reader(message)
        held.price = max(held.price, *map(decimals, prices), 0)
        held.qty = max(held.qty, *map(decimals, qtys), 0)
        if isinstance(message, TradeMessage) and not combined:
            self._single_trades.add(symbol)

    def instruments(self, venue: Venue) -> tuple[Instrument, ...]:
        """Return the instruments in the order in which their symbols were first seen."""
        return tuple(
            inferred_instrument(venue, symbol, min(found.price, MAX_DECIMALS), min(found.qty, AMOUNT_DECIMALS))
            for symbol, found in self.symbols.items()
        )


def decimals(text: str | None) -> int:
    """Return how many decimals a plain number text really uses; 0 for None."""
    if text is None or "." not in text:
        return 0
    return len(text.rstrip("0")) - text.index(".") - 1


def _levels(bids: list[TextLevel], asks: list[TextLevel]) -> Digits:
    levels = (*bids, *asks)
    return [price for price, _ in levels], [qty for _, qty in levels]


def _of_trade(message: TradeMessage) -> Digits:
    return (message.price,), (message.qty,)


def _of_quote(message: BboMessage) -> Digits:
    return (message.bid, message.ask), (message.bid_qty, message.ask_qty)


def _of_book(message: DepthSnapshotMessage | DepthDeltaMessage) -> Digits:
    return _levels(message.bids, message.asks)


def _of_candle(message: CandleMessage) -> Digits:
    return (message.open, message.high, message.low, message.close), ()


_READERS: Final[dict[type, Callable[[Any], Digits]]] = {
    TradeMessage: _of_trade,
    BboMessage: _of_quote,
    DepthSnapshotMessage: _of_book,
    DepthDeltaMessage: _of_book,
    CandleMessage: _of_candle,
}

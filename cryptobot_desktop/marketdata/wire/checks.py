"""Whether a wire message can be believed: signs, order of prices, plausible times.

`checked` is for everything that is read once (``decode``, REST pages). Streams are checked by the same rules on
scaled integers in `events`, where a comparison costs next to nothing.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.marketdata.wire.messages import (
    BboMessage,
    CandleMessage,
    CandlesMessage,
    DepthDeltaMessage,
    DepthSnapshotMessage,
    OrderUpdate,
    PriceMessage,
    Rejected,
    TextLevel,
    TextRow,
    TickerMessage,
    TradeMessage,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import is_zero, not_negative, plain, positive

SIDES: Final = ("buy", "sell")
Listed = TypeVar("Listed", TradeMessage, BboMessage, TickerMessage, PriceMessage, OrderUpdate)


def checked(message: WireMessage) -> WireMessage:
    """Return the message with plain numbers and sorted snapshots, or Rejected with the reason."""
    check = _CHECKS.get(type(message))
    if check is None:
        return message
    try:
        result: WireMessage = check(message)
    except InvalidInput as error:
        return Rejected(str(error))
    return result


def ordered_levels(levels: list[TextLevel], *, best_first_descending: bool) -> list[TextLevel]:
    """Return a side of a snapshot, best level first, without empty levels; prices must be above zero."""
    kept: list[tuple[Decimal, TextLevel]] = []
    for price, qty in levels:
        price_text, qty_text = plain(price, "price"), plain(qty, "quantity")
        value = positive(price_text, "price")
        if not_negative(qty_text, "quantity"):
            kept.append((value, (price_text, qty_text)))
    kept.sort(key=lambda level: level[0], reverse=best_first_descending)
    return [level for _, level in kept]


def _trade(message: TradeMessage) -> TradeMessage:
    if not isinstance(message.items, UnsetType):
        return _with_items(message, [_trade(item) for item in message.items])
    price, qty = plain(message.price, "price"), plain(message.qty, "quantity")
    positive(price, "price")
    positive(qty, "quantity")
    if message.aggressor not in SIDES:
        raise InvalidInput(f"side is {message.aggressor!r}, allowed: buy or sell")
    if not message.time_ms:
        raise InvalidInput("trade has no time")
    return replace(message, price=price, qty=qty)


def _bbo(message: BboMessage) -> BboMessage:
    if not isinstance(message.items, UnsetType):
        return _with_items(message, [_bbo(item) for item in message.items])
    bid, ask = _side(message.bid, "bid"), _side(message.ask, "ask")
    if bid and ask and Decimal(bid) > Decimal(ask) > 0:
        raise InvalidInput(f"best bid {bid} is above best ask {ask}")
    bid_qty, ask_qty = _side(message.bid_qty, "bid quantity"), _side(message.ask_qty, "ask quantity")
    return replace(message, bid=bid, bid_qty=bid_qty, ask=ask, ask_qty=ask_qty)


def _side(value: str | None, name: str) -> str | None:
    """Return a number of a quote; zero is kept and means that there is nothing on that side."""
    if value is None:
        return None
    found = plain(value, name)
    not_negative(found, name)
    return found


def _candle(message: CandleMessage) -> CandleMessage:
    row = (message.open_time_ms, message.open, message.high, message.low, message.close, message.volume)
    _, opened, high, low, close, volume = _row(row)
    if message.close_time_ms is not None and message.close_time_ms < message.open_time_ms:
        raise InvalidInput(f"bar closes at {message.close_time_ms}, before it opens at {message.open_time_ms}")
    quote = None if message.quote_volume is None else plain(message.quote_volume, "quote volume")
    return replace(message, open=opened, high=high, low=low, close=close, volume=volume, quote_volume=quote)


def _row(row: TextRow) -> TextRow:
    opened, high, low, close, volume = (
        plain(value, name) for value, name in zip(row[1:], ("open", "high", "low", "close", "volume"), strict=True)
    )
    top, bottom = positive(high, "high"), positive(low, "low")
    ends = (positive(opened, "open"), positive(close, "close"))
    if top < max(ends) or bottom > min(ends):
        raise InvalidInput(f"bar at {row[0]} is inconsistent: open {opened}, high {high}, low {low}, close {close}")
    not_negative(volume, "volume")
    return (row[0], opened, high, low, close, volume)


def _candles(message: CandlesMessage) -> CandlesMessage:
    running = None if message.open_bar is None else _row(message.open_bar)
    return replace(message, rows=[_row(row) for row in message.rows], open_bar=running)


def _ticker(message: TickerMessage) -> TickerMessage:
    if not isinstance(message.items, UnsetType):
        return _with_items(message, [_ticker(item) for item in message.items])
    found = {name: _side(getattr(message, name), name) for name in ("last", "high", "low", "bid", "ask", "open")}
    if found["high"] and found["low"] and Decimal(found["high"]) < Decimal(found["low"]):
        raise InvalidInput(f"24 h high {found['high']} is below low {found['low']}")
    volume = None if message.volume is None else plain(message.volume, "volume")
    if volume is not None:
        not_negative(volume, "volume")
    return replace(message, volume=volume, **found)


def _price(message: PriceMessage) -> PriceMessage:
    if not isinstance(message.items, UnsetType):
        return _with_items(message, [_price(item) for item in message.items])
    if message.price is None:
        return message
    found = plain(message.price, "price")
    positive(found, "price")
    return replace(message, price=found)


def _with_items(message: Listed, items: list[Listed]) -> Listed:
    """Return an array message; a single entry is also shown in the message's own fields."""
    return replace(items[0] if len(items) == 1 else message, items=items)


def _orders(message: OrderUpdate) -> OrderUpdate:
    return message if isinstance(message.items, UnsetType) else _with_items(message, message.items)


def _snapshot(message: DepthSnapshotMessage) -> DepthSnapshotMessage:
    bids = ordered_levels(message.bids, best_first_descending=True)
    asks = ordered_levels(message.asks, best_first_descending=False)
    if bids and asks and Decimal(bids[0][0]) > Decimal(asks[0][0]):
        raise InvalidInput(f"book is crossed: best bid {bids[0][0]} is above best ask {asks[0][0]}")
    return replace(message, bids=bids, asks=asks)


def _delta(message: DepthDeltaMessage) -> DepthDeltaMessage:
    if message.first > message.last:
        raise InvalidInput(f"first update id {message.first} is above the last {message.last}")
    sides = ([_change(level) for level in message.bids], [_change(level) for level in message.asks])
    return replace(message, bids=sides[0], asks=sides[1], bid_ids=UNSET, ask_ids=UNSET)


def _change(level: TextLevel) -> TextLevel:
    price, qty = plain(level[0], "price"), plain(level[1], "quantity")
    positive(price, "price")
    if not is_zero(qty):
        not_negative(qty, "quantity")
    return price, qty


_CHECKS: Final[dict[type, Callable[[Any], Any]]] = {
    TradeMessage: _trade,
    BboMessage: _bbo,
    CandleMessage: _candle,
    CandlesMessage: _candles,
    TickerMessage: _ticker,
    PriceMessage: _price,
    OrderUpdate: _orders,
    DepthSnapshotMessage: _snapshot,
    DepthDeltaMessage: _delta,
}

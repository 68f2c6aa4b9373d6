"""Binance REST and WebSocket API answers as wire messages, found by their path or, without one, by their key set."""

from collections.abc import Callable
from typing import Final

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.marketdata.wire import binance_account as account
from cryptobot_desktop.marketdata.wire.binance import percent_to_fraction
from cryptobot_desktop.marketdata.wire.context import FrameContext
from cryptobot_desktop.marketdata.wire.messages import (
    BboMessage,
    CandleMessage,
    CandlesMessage,
    Control,
    DepthSnapshotMessage,
    Ignore,
    PriceMessage,
    TextLevel,
    TextRow,
    TickerMessage,
    TradeMessage,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import (
    flag,
    id_text,
    number,
    optional_text,
    optional_time_ms,
    record,
    rows,
    sequence,
    shown,
    text,
    time_ms,
)

Reader = Callable[[object, FrameContext], WireMessage]
_KLINE_COLUMNS: Final = 11
"""Columns that a row must have; the twelfth is unused by the venue."""


def read_page(content: object, context: FrameContext) -> WireMessage:
    """Return the message of an answer that is not an error; InvalidInput when it cannot be what its path says."""
    name = context.path.partition("/v3/")[2] or context.path.rpartition("/")[2]
    reader = _BY_PATH.get(name) or _guess(content)
    return Ignore("answer of no listed type") if reader is None else reader(content, context)


def read_klines(content: object, context: FrameContext) -> list[CandleMessage]:
    """Return the bars of a klines answer, oldest first; `closed` is known when the server's time is."""
    bars = [_kline(row, context) for row in rows(content, "klines")]
    bars.sort(key=lambda bar: bar.open_time_ms)
    return bars


def _kline(content: object, context: FrameContext) -> CandleMessage:
    row = rows(content, "kline row")
    if len(row) < _KLINE_COLUMNS:
        raise InvalidInput(f"kline row has {len(row)} columns, allowed: {_KLINE_COLUMNS} or more; it was {shown(row)}")
    close_ms = time_ms(row[6], "close time")
    server = context.server_time_ms
    return CandleMessage(
        symbol=context.symbol,
        interval=context.interval,
        open_time_ms=time_ms(row[0], "open time"),
        close_time_ms=close_ms,
        open=number(row[1], "open"),
        high=number(row[2], "high"),
        low=number(row[3], "low"),
        close=number(row[4], "close"),
        volume=number(row[5], "volume"),
        quote_volume=number(row[7], "quote volume"),
        trades=sequence(row[8], "number of trades"),
        closed=None if server is None else close_ms < server,
    )


def candles_page(bars: list[CandleMessage], context: FrameContext) -> CandlesMessage:
    """Return bars as rows; the running one apart where `closed` is known to be False. One bar per opening time."""
    by_time = {bar.open_time_ms: bar for bar in bars}
    kept = [by_time[time] for time in sorted(by_time)]
    running = kept.pop() if kept and kept[-1].closed is False else None
    return CandlesMessage(
        symbol=context.symbol,
        interval=context.interval,
        rows=[_as_row(bar) for bar in kept],
        open_bar=None if running is None else _as_row(running),
    )


def _as_row(bar: CandleMessage) -> TextRow:
    return (bar.open_time_ms, bar.open, bar.high, bar.low, bar.close, bar.volume)


def _klines_page(content: object, context: FrameContext) -> CandlesMessage:
    return candles_page(read_klines(content, context), context)


def read_depth(content: object, context: FrameContext) -> DepthSnapshotMessage:
    """Return an order book answer; symbol and time are not in it."""
    body = record(content, "depth")
    return DepthSnapshotMessage(
        symbol=context.symbol,
        update_id=sequence(body.get("lastUpdateId"), "lastUpdateId"),
        bids=read_levels(body.get("bids"), "bids"),
        asks=read_levels(body.get("asks"), "asks"),
        time_ms=optional_time_ms(body.get("T", body.get("E")), "time"),
    )


def read_levels(content: object, name: str) -> list[TextLevel]:
    """Return ``[[price, quantity], ...]`` as text pairs."""
    levels: list[TextLevel] = []
    for item in rows(content, name):
        level = rows(item, f"level of {name}")
        if len(level) < 2:
            raise InvalidInput(f"level of {name} is {shown(level)}, allowed: [price, quantity]")
        levels.append((number(level[0], "price"), number(level[1], "quantity")))
    return levels


def _trades(content: object, context: FrameContext) -> TradeMessage:
    return TradeMessage(items=[_trade(row, context) for row in rows(content, "trades")])


def _trade(content: object, context: FrameContext) -> TradeMessage:
    row = record(content, "trade")
    keys = ("a", "p", "q", "T", "m") if "a" in row else ("id", "price", "qty", "time", "isBuyerMaker")
    return TradeMessage(
        symbol=optional_text(row.get("symbol"), "symbol") or context.symbol,
        id=id_text(row.get(keys[0]), keys[0]),
        price=number(row.get(keys[1]), keys[1]),
        qty=number(row.get(keys[2]), keys[2]),
        aggressor="sell" if flag(row.get(keys[4]), keys[4]) else "buy",
        time_ms=time_ms(row.get(keys[3]), keys[3]),
    )


def _tickers(content: object, _context: FrameContext) -> TickerMessage:
    if isinstance(content, list):
        return TickerMessage(items=[_ticker(row) for row in content])
    return _ticker(content)


def _ticker(content: object) -> TickerMessage:
    row = record(content, "ticker")
    percent = _optional_number(row, "priceChangePercent")
    return TickerMessage(
        symbol=text(row.get("symbol"), "symbol"),
        last=number(row.get("lastPrice"), "lastPrice"),
        high=number(row.get("highPrice"), "highPrice"),
        low=number(row.get("lowPrice"), "lowPrice"),
        bid=_optional_number(row, "bidPrice"),
        ask=_optional_number(row, "askPrice"),
        volume=number(row.get("volume"), "volume"),
        change=_optional_number(row, "priceChange"),
        change_rate=None if percent is None else percent_to_fraction(percent),
        time_ms=optional_time_ms(row.get("closeTime"), "closeTime"),
        open=number(row.get("openPrice"), "openPrice"),
    )


def _optional_number(row: dict[str, object], name: str) -> str | None:
    return None if row.get(name) is None else number(row[name], name)


def _quotes(content: object, _context: FrameContext) -> BboMessage:
    if isinstance(content, list):
        return BboMessage(items=[_quote(row) for row in content])
    return _quote(content)


def _quote(content: object) -> BboMessage:
    row = record(content, "book ticker")
    return BboMessage(
        symbol=text(row.get("symbol"), "symbol"),
        bid=number(row.get("bidPrice"), "bidPrice"),
        bid_qty=number(row.get("bidQty"), "bidQty"),
        ask=number(row.get("askPrice"), "askPrice"),
        ask_qty=number(row.get("askQty"), "askQty"),
    )


def _prices(content: object, context: FrameContext) -> PriceMessage:
    if isinstance(content, list):
        return PriceMessage(items=[_price(row, context) for row in content])
    return _price(content, context)


def _price(content: object, context: FrameContext) -> PriceMessage:
    row = record(content, "price")
    name = "referencePrice" if "referencePrice" in row else "price"
    price = row.get(name)
    nothing = price is None and name == "referencePrice"  # null until the symbol has a reference price
    symbol = optional_text(row.get("symbol"), "symbol") or context.symbol
    return PriceMessage(symbol=symbol, price=None if nothing else number(price, name))


def _server_time(content: object, _context: FrameContext) -> Control:
    body = record(content, "server time")
    return Control("server_time", time_ms=time_ms(body.get("serverTime"), "serverTime"))


def _nothing(_content: object, _context: FrameContext) -> Ignore:
    return Ignore("answer of no listed type")


def _plain(reader: Callable[[object], WireMessage]) -> Reader:
    return lambda content, _context: reader(content)


_BY_PATH: Final[dict[str, Reader]] = {
    "klines": _klines_page,
    "uiKlines": _klines_page,
    "depth": read_depth,
    "trades": _trades,
    "historicalTrades": _trades,
    "historicalBlockTrades": _trades,
    "aggTrades": _trades,
    "ticker": _tickers,
    "ticker/24hr": _tickers,
    "ticker/tradingDay": _tickers,
    "ticker/bookTicker": _quotes,
    "ticker/price": _prices,
    "avgPrice": _prices,
    "referencePrice": _prices,
    "time": _server_time,
    "openOrders": _plain(account.read_orders),
    "allOrders": _plain(account.read_orders),
    "myTrades": _plain(account.read_orders),
    "allOrderList": _plain(account.read_order_lists),
    "openOrderList": _plain(account.read_order_lists),
    "order/cancelReplace": _plain(account.read_replacement),
    "order/amend/keepPriority": _plain(account.read_amendment),
    "order/test": _nothing,
    "apiRestrictions": _plain(account.read_permissions),
}

_BY_KEYS: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset({"enableReading"}), _plain(account.read_permissions)),
    (frozenset({"ipRestrict"}), _plain(account.read_permissions)),
    (frozenset({"serverTime", "symbols"}), _nothing),
    (frozenset({"serverTime"}), _server_time),
    (frozenset({"lastUpdateId"}), read_depth),
    (frozenset({"amendedOrder"}), _plain(account.read_amendment)),
    (frozenset({"newOrderResult"}), _plain(account.read_replacement)),
    (frozenset({"lastPrice", "volume"}), _tickers),
    (frozenset({"bidPrice", "askPrice"}), _quotes),
    (frozenset({"referencePrice"}), _prices),
    (frozenset({"price", "mins"}), _prices),
)
_ROW_KEYS: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset({"isBuyerMaker", "price"}), _trades),
    (frozenset({"a", "p", "q", "T", "m"}), _trades),
    (frozenset({"lastPrice", "volume"}), _tickers),
    (frozenset({"bidPrice", "askPrice"}), _quotes),
    (frozenset({"orderListId", "orders"}), _plain(account.read_order_lists)),
    (frozenset({"orderId", "status"}), _plain(account.read_orders)),
    (frozenset({"orderId", "commissionAsset"}), _plain(account.read_orders)),
    (frozenset({"orderReports"}), _plain(account.read_order_lists)),
)


def _guess(content: object) -> Reader | None:
    """Find the reader of an answer without a known path by the keys that only this answer has."""
    if isinstance(content, list):
        return _guess_rows(content[0]) if content else _nothing
    if not isinstance(content, dict):
        raise InvalidInput(f"body is {shown(content)}, allowed: a JSON object or array")
    for keys, reader in _BY_KEYS:
        if keys <= content.keys():
            return reader
    return _guess_order(content)


def _guess_order(body: dict[str, object]) -> Reader | None:
    data = body.get("data")
    if isinstance(data, dict) and "newOrderResult" in data:
        return _plain(account.read_replacement)
    if {"orderListId", "orders"} <= body.keys():
        return _plain(account.read_order_list)
    if {"orderId", "symbol"} <= body.keys():
        return _plain(account.read_order)
    return _prices if body.keys() == {"symbol", "price"} else None


def _guess_rows(first: object) -> Reader | None:
    if isinstance(first, list):
        return _klines_page
    if not isinstance(first, dict):
        return None
    for keys, reader in _ROW_KEYS:
        if keys <= first.keys():
            return reader
    return _prices if first.keys() == {"symbol", "price"} else None

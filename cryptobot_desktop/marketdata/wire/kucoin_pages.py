"""KuCoin REST answers (classic and unified) as wire messages, found by their path or, without one, by their key set."""

from collections.abc import Callable
from typing import Final

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import bar_end_ms
from cryptobot_desktop.marketdata.wire import kucoin_account as account
from cryptobot_desktop.marketdata.wire.binance_pages import Reader, candles_page, read_levels
from cryptobot_desktop.marketdata.wire.context import FrameContext
from cryptobot_desktop.marketdata.wire.intervals import display_interval, from_any
from cryptobot_desktop.marketdata.wire.kucoin import candle_row
from cryptobot_desktop.marketdata.wire.messages import (
    BboMessage,
    CandleMessage,
    CandlesMessage,
    Control,
    DepthSnapshotMessage,
    Ignore,
    TickerMessage,
    TradeMessage,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import (
    id_text,
    integer,
    number,
    optional,
    optional_text,
    optional_time_ms,
    record,
    rows,
    seconds_ms,
    sequence,
    shown,
    text,
    time_ms,
)

VENUE: Final = Venue.KUCOIN


def read_page(content: object, context: FrameContext) -> WireMessage:
    """Return the message of an answer that is not an error; InvalidInput when it cannot be what its path says.

    The envelope ``{"code":"200000","data":..}`` is taken off; a body without it is read as the data itself.
    """
    data = content.get("data") if isinstance(content, dict) and "code" in content else content
    if data is None:
        return Ignore("answer without data")
    reader = _by_path(context.path) or _guess(data)
    return Ignore("answer of no listed type") if reader is None else reader(data, context)


def read_candles(content: object, context: FrameContext) -> list[CandleMessage]:
    """Return the bars of a candles answer, oldest first (the venue sends the newest first).

    `closed` is known when both the server's time and the interval are.
    """
    body = record(content, "candles").get("list") if isinstance(content, dict) else content
    interval = display_interval(context.interval)
    bars = [_candle(row, context, interval) for row in rows(body, "candles")]
    bars.sort(key=lambda bar: bar.open_time_ms)
    return bars


def _candle(content: object, context: FrameContext, interval: str | None) -> CandleMessage:
    row = rows(content, "candle row")
    bar = candle_row([row[0], *(number(value, "candle value") for value in row[1:])] if row else [], None, None)
    timeframe, server = from_any(interval), context.server_time_ms
    closed = None if timeframe is None or server is None else bar_end_ms(bar.open_time_ms, timeframe) <= server
    return CandleMessage(
        context.symbol,
        interval,
        seconds_ms(row[0], "start"),
        None,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.quote_volume,
        None,
        closed,
    )


def _candles(content: object, context: FrameContext) -> CandlesMessage:
    symbol = optional_text(content.get("symbol"), "symbol") if isinstance(content, dict) else None
    known = FrameContext(
        symbol=symbol or context.symbol,
        interval=display_interval(context.interval),
        server_time_ms=context.server_time_ms,
    )
    return candles_page(read_candles(content, known), known)


def read_book(content: object, context: FrameContext) -> DepthSnapshotMessage:
    """Return a level2 snapshot with its sequence."""
    body = record(content, "order book")
    return DepthSnapshotMessage(
        symbol=optional_text(body.get("symbol"), "symbol") or context.symbol,
        update_id=sequence(body.get("sequence"), "sequence"),
        bids=read_levels(body.get("bids") or [], "bids"),
        asks=read_levels(body.get("asks") or [], "asks"),
        time_ms=optional_time_ms(body.get("time"), "time"),
    )


def _trades(content: object, context: FrameContext) -> TradeMessage:
    body = record(content, "trades").get("list") if isinstance(content, dict) else content
    return TradeMessage(items=[_trade(row, context) for row in rows(body, "trades")])


def _trade(content: object, context: FrameContext) -> TradeMessage:
    row = record(content, "trade")
    return TradeMessage(
        symbol=optional_text(row.get("symbol"), "symbol") or context.symbol,
        id=id_text(row.get("tradeId", row.get("sequence")), "sequence"),
        price=number(row.get("price"), "price"),
        qty=number(row.get("size"), "size"),
        aggressor=text(row.get("side"), "side").lower(),
        time_ms=time_ms(row.get("time", row.get("ts")), "time"),
    )


def _level1(content: object, context: FrameContext) -> BboMessage:
    row = record(content, "level1")
    return BboMessage(
        symbol=optional_text(row.get("symbol"), "symbol") or context.symbol,
        bid=optional(row.get("bestBid"), "bestBid"),
        bid_qty=optional(row.get("bestBidSize"), "bestBidSize"),
        ask=optional(row.get("bestAsk"), "bestAsk"),
        ask_qty=optional(row.get("bestAskSize"), "bestAskSize"),
        update_id=None if row.get("sequence") is None else sequence(row["sequence"], "sequence"),
        time_ms=optional_time_ms(row.get("time", row.get("Time")), "time"),
    )


def _stats(content: object, context: FrameContext) -> TickerMessage:
    return _ticker(content, context.symbol, None)


def _all_tickers(content: object, _context: FrameContext) -> TickerMessage:
    body = record(content, "tickers")
    time = optional_time_ms(body.get("time", body.get("ts")), "time")
    listed = rows(body.get("ticker", body.get("list")), "tickers")
    return TickerMessage(items=[_ticker(row, None, time) for row in listed])


def _ticker(content: object, symbol: str | None, time: int | None) -> TickerMessage:
    """Return rolling figures; the keys are the classic ones (buy, sell, vol) or the unified ones."""
    row = record(content, "ticker")
    own_time = optional_time_ms(row.get("time", row.get("ts")), "time")
    return TickerMessage(
        symbol=optional_text(row.get("symbol"), "symbol") or symbol,
        last=optional(row.get("last", row.get("lastPrice")), "last"),
        high=optional(row.get("high"), "high"),
        low=optional(row.get("low"), "low"),
        bid=optional(row.get("buy", row.get("bestBidPrice")), "buy"),
        ask=optional(row.get("sell", row.get("bestAskPrice")), "sell"),
        volume=optional(row.get("vol", row.get("baseVolume")), "vol"),
        change=optional(row.get("changePrice"), "changePrice"),
        change_rate=optional(row.get("changeRate"), "changeRate"),
        time_ms=time if own_time is None else own_time,
        open=optional(row.get("open"), "open"),
    )


def _timestamp(content: object, _context: FrameContext) -> Control:
    return Control("server_time", time_ms=time_ms(content, "timestamp"))


def _token(content: object, _context: FrameContext) -> Control:
    server = first_server(content)
    return Control("token", ping_interval_ms=integer(server.get("pingInterval"), "pingInterval"))


def first_server(content: object) -> dict[str, object]:
    """Return the first instance server of a bullet answer, which must also hold a token."""
    body = record(content, "bullet")
    text(body.get("token"), "token")
    servers = rows(body.get("instanceServers"), "instanceServers")
    if not servers:
        raise InvalidInput("bullet answer lists no instance server")
    return record(servers[0], "instance server")


def _nothing(_content: object, _context: FrameContext) -> Ignore:
    return Ignore("answer of no listed type")


def _orders(content: object, _context: FrameContext) -> WireMessage:
    """Return one order or a list of them; a bare ``"success"`` or list of ids has no state to tell."""
    if isinstance(content, dict) and not isinstance(content.get("items"), list):
        return account.read_order(content) if _ORDER_IDS & content.keys() else Ignore("answer of no listed type")
    listed = content.get("items") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        return Ignore("answer of no listed type")
    return account.read_orders(content)


def _permissions(content: object, _context: FrameContext) -> WireMessage:
    return account.read_permissions(content)


_ORDER_IDS: Final = {"orderId", "id", "clientOid"}
_BY_ENDING: Final[dict[str, Reader]] = {
    "market/candles": _candles,
    "market/kline": _candles,
    "market/histories": _trades,
    "market/trade": _trades,
    "orderbook/level1": _level1,
    "orderbook/level2": read_book,
    "orderbook/level2_20": read_book,
    "orderbook/level2_100": read_book,
    "market/orderbook": read_book,
    "market/allTickers": _all_tickers,
    "market/ticker": _all_tickers,
    "market/stats": _stats,
    "v1/timestamp": _timestamp,
    "user/api-key": _permissions,
    "v1/bullet-public": _token,
    "v1/bullet-private": _token,
    "orders/test": _nothing,
}
_BY_KEYS: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset({"instanceServers", "token"}), _token),
    (frozenset({"permission", "apiKey"}), _permissions),
    (frozenset({"bids", "asks"}), read_book),
    (frozenset({"ticker", "time"}), _all_tickers),
    (frozenset({"bestBid", "bestAsk"}), _level1),
    (frozenset({"buy", "sell", "last"}), _stats),
    (frozenset({"orderId"}), _orders),
    (frozenset({"clientOid", "symbol"}), _orders),
    (frozenset({"clientOid", "orderId"}), _orders),
)
_LIST_KEYS: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset({"price", "size", "side", "sequence"}), _trades),
    (frozenset({"lastPrice"}), _all_tickers),
    (frozenset({"clientOid", "symbol"}), _orders),
)


def _by_path(path: str) -> Reader | None:
    parts = path.split("/")
    found = _BY_ENDING.get("/".join(parts[-2:]))
    if found is not None:
        return found
    return _orders if {"orders", "stop-order"} & set(parts) else None


def _guess(data: object) -> Reader | None:
    """Find the reader of data without a known path by the keys that only this answer has."""
    if isinstance(data, int) and not isinstance(data, bool):
        return _timestamp
    if isinstance(data, list):
        return _guess_rows(data)
    if not isinstance(data, dict):
        return _nothing if isinstance(data, str) else _refuse(data)
    for keys, reader in _BY_KEYS:
        if keys <= data.keys():
            return reader
    nested = data.get("list", data.get("items"))
    return _guess_rows(nested) if isinstance(nested, list) else None


def _guess_rows(listed: list[object]) -> Reader | None:
    first = listed[0] if listed else None
    if isinstance(first, list):
        return _candles
    if not isinstance(first, dict):
        return None
    for keys, reader in _LIST_KEYS:
        if keys <= first.keys():
            return reader
    return None


def _refuse(data: object) -> Callable[[object, FrameContext], WireMessage]:
    raise InvalidInput(f"body is {shown(data)}, allowed: a JSON object, array or time")

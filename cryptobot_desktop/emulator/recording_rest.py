"""REST answers while a tape plays: what the tape knows, in the venue's own form, nothing invented."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import format_scaled, format_trimmed
from cryptobot_desktop.domain.timeframe import parse_timeframe
from cryptobot_desktop.emulator.binance_desk import BinanceDesk, depth_weight, fixed
from cryptobot_desktop.emulator.binance_desk import EndPoint as BinancePoint
from cryptobot_desktop.emulator.binance_parameters import BinanceRefusal, Parameters
from cryptobot_desktop.emulator.binance_reference import exchange_info
from cryptobot_desktop.emulator.binance_reference import symbol_row as binance_row
from cryptobot_desktop.emulator.kucoin_figures import CANDLE_TYPES
from cryptobot_desktop.emulator.kucoin_reference import currency_row
from cryptobot_desktop.emulator.kucoin_rest import MAX_CANDLES, KucoinDesk, KucoinRefusal
from cryptobot_desktop.emulator.kucoin_rest import EndPoint as KucoinPoint
from cryptobot_desktop.emulator.tape_state import TapeBar, TapeState, TapeSymbol
from cryptobot_desktop.emulator.venue_port import RestRequest

Clock = Callable[[], int]
_EIGHT = Decimal("0.00000001")
_EVERYTHING = 10**9


def eight(value: Decimal) -> str:
    """Return a number with eight decimals, as Binance prints it."""
    return f"{value.quantize(_EIGHT):f}"


class BinanceTapeRest:
    """The part of Binance's REST that a tape can answer."""

    def __init__(self, state: TapeState, label: str, now_ms: Clock) -> None:
        self._state, self._label, self._now_ms = state, label, now_ms
        self.desk = BinanceDesk(label, synthetic=False)
        symbol = frozenset({"symbol", "limit"})
        kline = frozenset({"symbol", "interval", "startTime", "endTime", "timeZone", "limit"})
        info = frozenset({"symbol", "symbols", "permissions", "symbolStatus", "showPermissionSets"})
        self.desk.serve(
            {
                "/api/v3/ping": BinancePoint(lambda _: {}, fixed(1)),
                "/api/v3/time": BinancePoint(lambda _: {"serverTime": self._now_ms()}, fixed(1)),
                "/api/v3/exchangeInfo": BinancePoint(self._exchange_info, fixed(20), info),
                "/api/v3/depth": BinancePoint(self._depth, depth_weight, symbol),
                "/api/v3/klines": BinancePoint(self._klines, fixed(2), kline),
                "/api/v3/uiKlines": BinancePoint(self._klines, fixed(2), kline),
                "/api/v3/trades": BinancePoint(self._trades, fixed(25), symbol),
                "/api/v3/ticker/price": BinancePoint(self._prices, fixed(4), frozenset({"symbol", "symbols"})),
                "/api/v3/ticker/bookTicker": BinancePoint(self._quotes, fixed(4), frozenset({"symbol", "symbols"})),
            }
        )

    def _symbol(self, name: str) -> TapeSymbol:
        found = self._state.symbols.get(name)
        if found is None:
            raise BinanceRefusal(-1121, "Invalid symbol.")
        return found

    def _wanted(self, parameters: Parameters) -> list[TapeSymbol]:
        names = parameters.symbols()
        return [self._symbol(name) for name in (list(self._state.symbols) if names is None else names)]

    def _exchange_info(self, parameters: Parameters) -> dict[str, Any]:
        rows = [binance_row(one.symbol, one.base, one.quote, tape_filters(one)) for one in self._wanted(parameters)]
        return exchange_info(rows, self._now_ms(), self._label)

    def _depth(self, parameters: Parameters) -> dict[str, Any]:
        book = self._state.books[self._symbol(parameters.symbol()).symbol]
        if not book.is_known:
            raise BinanceRefusal(-1000, "The recording has no order book of this symbol.", 503)
        update_id, bids, asks = book.now(parameters.limit(100, 5_000))
        return {"lastUpdateId": update_id, "bids": bids, "asks": asks}

    def _klines(self, parameters: Parameters) -> list[list[Any]]:
        symbol = self._symbol(parameters.symbol()).symbol
        try:
            interval = parse_timeframe(parameters.mandatory("interval"))
        except InvalidInput:
            raise BinanceRefusal(-1120, "Invalid interval.") from None
        start, end = parameters.number("startTime"), parameters.number("endTime")
        limit = parameters.limit(500, 1_000)
        bars = self._state.bars(symbol, interval, start or 0, _EVERYTHING**2 if end is None else end + 1)
        return [_kline(bar) for bar in (bars[-limit:] if start is None else bars[:limit])]

    def _trades(self, parameters: Parameters) -> list[dict[str, Any]]:
        trades = self._state.trades[self._symbol(parameters.symbol()).symbol]
        return [
            {
                "id": trade.trade_id,
                "price": trade.price,
                "qty": trade.qty,
                "quoteQty": eight(Decimal(trade.price) * Decimal(trade.qty)),
                "time": trade.at_ms,
                "isBuyerMaker": trade.seller_took,
                "isBestMatch": True,
            }
            for trade in trades[-parameters.limit(500, 1_000) :]
        ]

    def _prices(self, parameters: Parameters) -> dict[str, Any] | list[Any]:
        rows = []
        for one in self._wanted(parameters):
            trades = self._state.trades[one.symbol]
            if trades:
                rows.append({"symbol": one.symbol, "price": trades[-1].price})
        return _one_or_all(rows, parameters)

    def _quotes(self, parameters: Parameters) -> dict[str, Any] | list[Any]:
        rows = []
        for one in self._wanted(parameters):
            if one.symbol in self._state.quotes:
                quote = orjson.loads(self._state.quotes[one.symbol])
                names = {"bidPrice": "b", "bidQty": "B", "askPrice": "a", "askQty": "A"}
                rows.append({"symbol": one.symbol, **{name: quote[key] for name, key in names.items()}})
        return _one_or_all(rows, parameters)


def _one_or_all(rows: list[dict[str, Any]], parameters: Parameters) -> dict[str, Any] | list[Any]:
    """Return an object for one symbol, a list otherwise."""
    if parameters.wants_list:
        return rows
    if not rows:
        raise BinanceRefusal(-1000, "The recording has not shown a price of this symbol yet.", 503)
    return rows[0]


def tape_filters(one: TapeSymbol) -> list[dict[str, Any]]:
    """Return the filters that a tape's precision implies; limits on size and value are not known and left open."""
    tick, step = format_scaled(1, one.price_decimals), format_scaled(1, one.qty_decimals)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "1000000000.00000000", "stepSize": step},
    ]


def _kline(bar: TapeBar) -> list[Any]:
    """Return a REST kline of recorded trades."""
    prices = [eight(price) for price in (bar.open, bar.high, bar.low, bar.close)]
    bought = [eight(bar.bought), eight(bar.bought_quote)]
    return [bar.open_ms, *prices, eight(bar.volume), bar.end_ms - 1, eight(bar.quote), bar.trades, *bought, "0"]


class KucoinTapeRest:
    """The part of KuCoin's REST that a tape can answer; the recorded full book needs no key here."""

    def __init__(self, state: TapeState, label: str, now_ms: Clock) -> None:
        self._state, self._now_ms = state, now_ms
        self.desk = KucoinDesk(label, synthetic=False)
        book = "/market/orderbook/level2"
        self.desk.serve(
            {
                "/api/v1/timestamp": KucoinPoint(lambda _: self._now_ms(), 3),
                "/api/v1/status": KucoinPoint(lambda _: {"status": "open", "msg": "recording"}, 3),
                "/api/v1/symbols": KucoinPoint(lambda _: self._symbols(), 4),
                "/api/v2/symbols": KucoinPoint(lambda _: self._symbols(), 4),
                "/api/v1/currencies": KucoinPoint(lambda _: self._currencies(), 3),
                "/api/v3/currencies": KucoinPoint(lambda _: self._currencies(), 3),
                f"/api/v3{book}": KucoinPoint(lambda request: self._book(request, _EVERYTHING), 3),
                f"/api/v1{book}_20": KucoinPoint(lambda request: self._book(request, 20), 2),
                f"/api/v1{book}_100": KucoinPoint(lambda request: self._book(request, 100), 4),
                "/api/v1/market/orderbook/level1": KucoinPoint(self._level1, 2),
                "/api/v1/market/histories": KucoinPoint(self._histories, 3),
                "/api/v1/market/candles": KucoinPoint(self._candles, 3),
            }
        )

    def _symbol(self, request: RestRequest) -> str:
        name = request.query.get("symbol", "")
        if name not in self._state.symbols:
            raise KucoinRefusal("900001", "symbol not exists")
        return name

    def _symbols(self) -> list[dict[str, Any]]:
        return [_kucoin_symbol(one) for one in self._state.symbols.values()]

    def _currencies(self) -> list[dict[str, Any]]:
        names = dict.fromkeys(name for one in self._state.symbols.values() for name in (one.base, one.quote))
        return [currency_row(name) for name in names]

    def _book(self, request: RestRequest, count: int) -> dict[str, Any]:
        book = self._state.books[self._symbol(request)]
        if not book.is_known:
            raise KucoinRefusal("500000", "The recording has no order book of this symbol.", 503)
        update_id, bids, asks = book.now(count)
        return {"time": self._now_ms(), "sequence": str(update_id), "bids": bids, "asks": asks}

    def _level1(self, request: RestRequest) -> dict[str, Any] | None:
        payload = self._state.quotes.get(request.query.get("symbol", ""))
        if payload is None:
            return None
        data: dict[str, Any] = orjson.loads(payload)["data"]
        return data

    def _histories(self, request: RestRequest) -> list[dict[str, Any]]:
        trades = self._state.trades[self._symbol(request)]
        keys = ("sequence", "price", "size", "side")
        return [{**{key: trade.row[key] for key in keys}, "time": int(trade.row["time"])} for trade in trades[-100:]]

    def _candles(self, request: RestRequest) -> list[list[str]]:
        symbol, timeframe = self._symbol(request), CANDLE_TYPES.get(request.query.get("type", ""))
        if timeframe is None:
            raise KucoinRefusal("400100", "Incorrect candlestick type", 400)
        start, end = request.query.get("startAt", "0"), request.query.get("endAt", "0")
        if not (start.isdecimal() and end.isdecimal()):
            raise KucoinRefusal("400100", "Invalid Parameter.", 400)
        stop_ms = int(end) * 1000 or _EVERYTHING**2
        bars = self._state.bars(symbol, timeframe, int(start) * 1000, stop_ms)
        return [_candle(bar) for bar in bars[::-1][:MAX_CANDLES]]


def _candle(bar: TapeBar) -> list[str]:
    """Return a KuCoin candle of recorded trades."""
    numbers = (bar.open, bar.close, bar.high, bar.low, bar.volume, bar.quote)
    return [str(bar.open_ms // 1000), *(f"{number.normalize():f}" for number in numbers)]


def _kucoin_symbol(one: TapeSymbol) -> dict[str, Any]:
    """Return a symbol row with the precision of the tape; what it cannot know is open or null."""
    step = format_trimmed(1, one.qty_decimals)
    return {
        "symbol": one.symbol,
        "name": one.symbol,
        "baseCurrency": one.base,
        "quoteCurrency": one.quote,
        "feeCurrency": one.quote,
        "market": one.quote,
        "baseMinSize": step,
        "quoteMinSize": format_trimmed(1, 8),
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": step,
        "quoteIncrement": format_trimmed(1, 8),
        "priceIncrement": format_trimmed(1, one.price_decimals),
        "priceLimitRate": "0.1",
        "minFunds": None,
        "isMarginEnabled": False,
        "enableTrading": True,
    }

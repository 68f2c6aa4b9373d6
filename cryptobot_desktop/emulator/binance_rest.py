"""Binance's public REST over the synthetic market: paths, weights, answers and the documented errors."""

import re
from collections.abc import Callable
from typing import Any

import orjson
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import DAY_MS, MINUTE_MS, Timeframe, bar_open_ms, parse_timeframe
from cryptobot_desktop.emulator import binance_figures as figures
from cryptobot_desktop.emulator.binance_parameters import BinanceRefusal, Parameters
from cryptobot_desktop.emulator.binance_reference import WEIGHT_LIMIT, eight, exchange_info, symbol_filters, symbol_row
from cryptobot_desktop.emulator.market_types import Bar, PairSpec
from cryptobot_desktop.emulator.request_meter import RequestMeter
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse
from cryptobot_desktop.emulator.venue_streams import Listing, synthetic_label

MAX_KLINES = 1_000
MAX_TRADES = 1_000
MAX_DEPTH = 5_000
KEPT_TRADES = 5_000
_LONGEST_MONTH_MS = 31 * DAY_MS
_WINDOW = re.compile(r"(?P<count>[0-9]{1,2})(?P<unit>[mhd])", re.ASCII)
_WINDOW_MINUTES = {"m": 1, "h": 60, "d": 1_440}
_WINDOW_MAX = {"m": 59, "h": 23, "d": 7}
_BEST_ONE, _SEVERAL = 2, 4
_PRIVATE = re.compile(r"/sapi/.*|/api/v3/(?:account|order|openOrders|allOrders|myTrades|userDataStream).*")

_ELSEWHERE = {
    "/fapi/v1/exchangeInfo": b'{"symbols":[]}',
    "/dapi/v1/exchangeInfo": b'{"symbols":[]}',
    "/sapi/v1/system/status": b'{"status":0,"msg":"normal"}',
}
"""What clients ask of Binance's other hosts when they load all markets: nothing is listed there."""

Json = dict[str, Any] | list[Any]
Answer = Callable[[Parameters], Json]
Weigh = Callable[[RestRequest], int]


class EndPoint(Struct, frozen=True):
    """One path: how it answers, which parameters it reads, what it costs."""

    answer: Answer
    weigh: Weigh
    allowed: frozenset[str] = frozenset()


def error_response(status: int, code: int, msg: str, headers: dict[str, str] | None = None) -> RestResponse:
    """Return an error as Binance words it."""
    return RestResponse(status, headers or {}, orjson.dumps({"code": code, "msg": msg}))


def fixed(weight: int) -> Weigh:
    """Return a weight that does not depend on the request."""
    return lambda _request: weight


def depth_weight(request: RestRequest) -> int:
    """Return 5, 25, 50 or 250 by the limit asked for."""
    text = request.query.get("limit", "100")
    limit = int(text) if text.isdecimal() else 100
    for bound, weight in ((100, 5), (500, 25), (1_000, 50)):
        if limit <= bound:
            return weight
    return 250


def by_symbols(one: int, several: int) -> Weigh:
    """Return a weight that depends on whether one symbol was asked for."""
    return lambda request: one if "symbol" in request.query else several


class BinanceDesk:
    """What all Binance-speaking venues share: weights, headers, private paths, errors."""

    def __init__(self, label: str, *, synthetic: bool, weight_limit: int = WEIGHT_LIMIT) -> None:
        self._marks = {"X-Emulator": label} if not synthetic else {"X-Emulator": "synthetic market"}
        self._meter = RequestMeter(weight_limit, MINUTE_MS)
        self._points: dict[str, EndPoint] = {}

    def serve(self, points: dict[str, EndPoint]) -> None:
        """Add paths."""
        self._points.update(points)

    def respond(self, request: RestRequest, now_ms: int) -> RestResponse:
        """Answer one request; nothing escapes as an exception."""
        point = self._points.get(request.path)
        if point is None:
            return self._refuse_path(request)
        allowed = self._meter.spend(point.weigh(request), now_ms)
        headers = {**self._marks, "X-MBX-USED-WEIGHT": str(self._meter.used)}
        headers["X-MBX-USED-WEIGHT-1M"] = str(self._meter.used)
        if not allowed:
            return self._too_much(headers, now_ms)
        if request.method not in ("GET", "HEAD"):
            return error_response(405, -1000, f"Request method '{request.method}' is not supported.", headers)
        try:
            body = point.answer(Parameters(request, point.allowed))
        except BinanceRefusal as refusal:
            return error_response(refusal.status, refusal.code, refusal.msg, headers)
        return RestResponse(200, headers, orjson.dumps(body))

    def _too_much(self, headers: dict[str, str], now_ms: int) -> RestResponse:
        """Return 429 with the seconds until the next clock minute."""
        headers["Retry-After"] = str(self._meter.reset_in_ms(now_ms) // 1000 + 1)
        text = (
            f"Too much request weight used; current limit is {self._meter.limit} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
        )
        return error_response(429, -1003, text, headers)

    def _refuse_path(self, request: RestRequest) -> RestResponse:
        """Return what private and unknown paths get: there are no accounts here."""
        if request.path in _ELSEWHERE:
            return RestResponse(200, dict(self._marks), _ELSEWHERE[request.path])
        if _PRIVATE.fullmatch(request.path):
            return error_response(401, -2014, "API-key format invalid.", dict(self._marks))
        html = b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"
        return RestResponse(404, {**self._marks, "Content-Type": "text/html"}, html)


class BinanceRest:
    """The public end points over a synthetic market."""

    def __init__(self, market: SyntheticMarket, listing: Listing, weight_limit: int = WEIGHT_LIMIT) -> None:
        self._market, self._listing = market, listing
        self._label = synthetic_label(market)
        self._desk = BinanceDesk(self._label, synthetic=True, weight_limit=weight_limit)
        self._desk.serve(self._general_points())
        self._desk.serve(self._ticker_points())

    def respond(self, request: RestRequest) -> RestResponse:
        """Answer one request as of the market's time."""
        return self._desk.respond(request, self._market.now_ms)

    def _general_points(self) -> dict[str, EndPoint]:
        """Return instruments, book, trades and candles."""
        kline = frozenset({"symbol", "interval", "startTime", "endTime", "timeZone", "limit"})
        aggregate = frozenset({"symbol", "fromId", "startTime", "endTime", "limit"})
        info = frozenset({"symbol", "symbols", "permissions", "symbolStatus", "showPermissionSets"})
        return {
            "/api/v3/ping": EndPoint(lambda _: {}, fixed(1)),
            "/api/v3/time": EndPoint(lambda _: {"serverTime": self._market.now_ms}, fixed(1)),
            "/api/v3/exchangeInfo": EndPoint(self._exchange_info, fixed(20), info),
            "/api/v3/depth": EndPoint(self._depth, depth_weight, frozenset({"symbol", "limit", "symbolStatus"})),
            "/api/v3/klines": EndPoint(self._klines, fixed(2), kline),
            "/api/v3/uiKlines": EndPoint(self._klines, fixed(2), kline),
            "/api/v3/trades": EndPoint(self._trades, fixed(25), frozenset({"symbol", "limit"})),
            "/api/v3/historicalTrades": EndPoint(
                self._historical, fixed(25), frozenset({"symbol", "limit", "fromId"})
            ),
            "/api/v3/aggTrades": EndPoint(self._aggregates, fixed(4), aggregate),
            "/api/v3/avgPrice": EndPoint(self._average, fixed(2), frozenset({"symbol"})),
        }

    def _ticker_points(self) -> dict[str, EndPoint]:
        """Return the price summaries."""
        names = frozenset({"symbol", "symbols", "symbolStatus"})
        return {
            "/api/v3/ticker/24hr": EndPoint(self._day, by_symbols(2, 80), names | {"type"}),
            "/api/v3/ticker/price": EndPoint(self._price, by_symbols(_BEST_ONE, _SEVERAL), names),
            "/api/v3/ticker/bookTicker": EndPoint(self._best, by_symbols(_BEST_ONE, _SEVERAL), names),
            "/api/v3/ticker": EndPoint(self._window, by_symbols(4, 200), names | {"windowSize", "type"}),
            "/api/v3/ticker/tradingDay": EndPoint(self._trading_day, by_symbols(4, 200), names | {"timeZone", "type"}),
        }

    def _pair(self, symbol: str) -> PairSpec:
        spec = self._listing.get(symbol)
        if spec is None:
            raise BinanceRefusal(-1121, "Invalid symbol.")
        return spec

    def _pairs(self, parameters: Parameters) -> list[PairSpec]:
        names = parameters.symbols()
        return [self._pair(name) for name in (self._listing.symbols if names is None else names)]

    def _each(self, parameters: Parameters, row: Callable[[PairSpec], dict[str, Any]]) -> Json:
        rows = [row(spec) for spec in self._pairs(parameters)]
        return rows if parameters.wants_list else rows[0]

    def _exchange_info(self, parameters: Parameters) -> dict[str, Any]:
        pairs = self._pairs(parameters)
        status, permissions = parameters.text("symbolStatus"), parameters.text("permissions")
        if status not in (None, "TRADING") or (permissions is not None and "SPOT" not in permissions):
            pairs = []
        rows = [symbol_row(spec.binance_symbol, spec.base, spec.quote, symbol_filters(spec)) for spec in pairs]
        return exchange_info(rows, self._market.now_ms, self._label)

    def _depth(self, parameters: Parameters) -> dict[str, Any]:
        spec = self._pair(parameters.symbol())
        book = self._market.book(spec.name, parameters.limit(100, MAX_DEPTH))
        bids, asks = figures.levels(spec, book.bids), figures.levels(spec, book.asks)
        return {"lastUpdateId": book.update_id, "bids": bids, "asks": asks}

    def _klines(self, parameters: Parameters) -> list[list[Any]]:
        spec = self._pair(parameters.symbol())
        try:
            interval = parse_timeframe(parameters.mandatory("interval"))
        except InvalidInput:
            raise BinanceRefusal(-1120, "Invalid interval.") from None
        limit = parameters.limit(500, MAX_KLINES)
        start, end = parameters.number("startTime"), parameters.number("endTime")
        return [figures.kline_row(spec, bar) for bar in self._bars(spec, interval, start, end, limit)]

    def _bars(
        self, spec: PairSpec, interval: Timeframe, start: int | None, end: int | None, limit: int
    ) -> list[Bar]:
        """Return bars as Binance pages them: from startTime upwards, else the newest ones until endTime."""
        stop = min(self._market.now_ms, end if end is not None else self._market.now_ms) + 1
        length = interval.length_ms or _LONGEST_MONTH_MS
        if start is not None:
            return self._market.bars(spec.name, interval, Venue.BINANCE, start, stop)[:limit]
        first = bar_open_ms(stop, interval, Venue.BINANCE) - length * limit
        return self._market.bars(spec.name, interval, Venue.BINANCE, max(0, first), stop)[-limit:]

    def _trades(self, parameters: Parameters) -> list[dict[str, Any]]:
        spec = self._pair(parameters.symbol())
        trades = self._market.recent_trades(spec.name, parameters.limit(500, MAX_TRADES))
        return [figures.trade_row(spec, trade) for trade in trades]

    def _historical(self, parameters: Parameters) -> list[dict[str, Any]]:
        spec = self._pair(parameters.symbol())
        limit, first = parameters.limit(500, MAX_TRADES), parameters.number("fromId")
        trades = self._market.recent_trades(spec.name, KEPT_TRADES)
        trades = trades[-limit:] if first is None else [t for t in trades if t.trade_id >= first][:limit]
        return [figures.trade_row(spec, trade) for trade in trades]

    def _aggregates(self, parameters: Parameters) -> list[dict[str, Any]]:
        spec = self._pair(parameters.symbol())
        limit, first = parameters.limit(500, MAX_TRADES), parameters.number("fromId")
        start, end = parameters.number("startTime"), parameters.number("endTime")
        rows = [
            figures.aggregate_row(spec, group)
            for group in figures.aggregates(self._market.recent_trades(spec.name, KEPT_TRADES))
        ]
        if first is None and start is None and end is None:
            return rows[-limit:]
        low, high = start or 0, end if end is not None else self._market.now_ms
        return [row for row in rows if row["a"] >= (first or 0) and low <= row["T"] <= high][:limit]

    def _average(self, parameters: Parameters) -> dict[str, Any]:
        spec = self._pair(parameters.symbol())
        price = figures.five_minute_average(self._market, spec)
        return {"mins": 5, "price": price, "closeTime": self._market.last_trade(spec.name).at_ms}

    def _day(self, parameters: Parameters) -> Json:
        keys = _keys(parameters, figures.MINI_KEYS)

        def row(spec: PairSpec) -> dict[str, Any]:
            full = figures.DayTicker(self._market, spec).rest_full()
            return {key: full[key] for key in keys} if keys else full

        return self._each(parameters, row)

    def _price(self, parameters: Parameters) -> Json:
        def row(spec: PairSpec) -> dict[str, Any]:
            last = self._market.last_trade(spec.name)
            return {"symbol": spec.binance_symbol, "price": eight(last.price, spec.price_decimals)}

        return self._each(parameters, row)

    def _best(self, parameters: Parameters) -> Json:
        def row(spec: PairSpec) -> dict[str, Any]:
            best = self._market.best(spec.name)
            return {
                "symbol": spec.binance_symbol,
                "bidPrice": eight(best.bid, spec.price_decimals),
                "bidQty": eight(best.bid_qty, spec.qty_decimals),
                "askPrice": eight(best.ask, spec.price_decimals),
                "askQty": eight(best.ask_qty, spec.qty_decimals),
            }

        return self._each(parameters, row)

    def _window(self, parameters: Parameters) -> Json:
        minutes = _window_minutes(parameters.text("windowSize") or "1d")
        opened = self._market.now_ms // MINUTE_MS * MINUTE_MS - (minutes - 1) * MINUTE_MS
        return self._since(parameters, opened)

    def _trading_day(self, parameters: Parameters) -> Json:
        return self._since(parameters, self._market.now_ms // DAY_MS * DAY_MS)

    def _since(self, parameters: Parameters, opened: int) -> Json:
        if parameters.symbols() is None:
            text = "Either 'symbol' or 'symbols' must be provided."
            raise BinanceRefusal(-1128, text)
        keys = _keys(parameters, figures.MINI_KEYS) or figures.WINDOW_KEYS

        def row(spec: PairSpec) -> dict[str, Any]:
            full = figures.window_ticker(self._market, spec, opened)
            return {key: full[key] for key in keys}

        return self._each(parameters, row)


def _keys(parameters: Parameters, mini: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of the MINI form, or nothing for the FULL form."""
    kind = parameters.text("type")
    if kind not in (None, "FULL", "MINI"):
        raise BinanceRefusal(-1100, "Illegal characters found in parameter 'type'; legal range is 'FULL|MINI'.")
    return mini if kind == "MINI" else ()


def _window_minutes(text: str) -> int:
    """Return the minutes of a window size such as ``15m``, ``4h`` or ``7d``."""
    shape = _WINDOW.fullmatch(text)
    if shape is None or not 1 <= int(shape["count"]) <= _WINDOW_MAX[shape["unit"]]:
        raise BinanceRefusal(-1100, "Illegal characters found in parameter 'windowSize'.")
    return int(shape["count"]) * _WINDOW_MINUTES[shape["unit"]]

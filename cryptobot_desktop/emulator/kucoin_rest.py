"""KuCoin's public REST over the synthetic market: paths, envelope, limits and error codes."""

import re
from collections.abc import Callable
from typing import Any

import orjson
from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import DAY_MS, Timeframe
from cryptobot_desktop.emulator import kucoin_figures as figures
from cryptobot_desktop.emulator.kucoin_reference import (
    MARKETS,
    PUBLIC_LIMIT,
    PUBLIC_WINDOW_MS,
    currency_row,
    symbol_row,
)
from cryptobot_desktop.emulator.kucoin_tokens import TokenDesk
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.request_meter import RequestMeter
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse
from cryptobot_desktop.emulator.venue_streams import Listing, synthetic_label

MAX_CANDLES = 1_500
DEFAULT_CANDLES = 100
HISTORY_ROWS = 100
PING_INTERVAL_MS = 18_000
PING_TIMEOUT_MS = 10_000
_PRIVATE = re.compile(
    r"/api/v1/(?:accounts|user/api-key|hf/.*|orders.*|base-fee|trade-fees|bullet-private)"
    r"|/api/v2/user-info|/api/v[13]/market/orderbook/level2|/api/v3/(?:margin|hf)/.*"
)
_NO_KEY = "Please check the header of your request for KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE"

Answer = Callable[[RestRequest], Any]


class KucoinRefusal(Exception):
    """A request that KuCoin answers with an error code; ends inside the REST desk."""

    def __init__(self, code: str, msg: str, status: int = 200) -> None:
        super().__init__(msg)
        self.code, self.msg, self.status = code, msg, status


class EndPoint(Struct, frozen=True):
    """One path: how it answers and what it costs."""

    answer: Answer
    weight: int
    method: str = "GET"


def error_response(status: int, code: str, msg: str, headers: dict[str, str] | None = None) -> RestResponse:
    """Return an error as KuCoin words it."""
    return RestResponse(status, headers or {}, orjson.dumps({"code": code, "msg": msg}))


class KucoinDesk:
    """What all KuCoin-speaking venues share: pool limits, headers, tokens, private paths, the envelope."""

    def __init__(self, label: str, *, synthetic: bool, limit: int = PUBLIC_LIMIT) -> None:
        self._label = label
        self._marks = {"X-Emulator": "synthetic market" if synthetic else label}
        self._meter = RequestMeter(limit, PUBLIC_WINDOW_MS)
        self._points: dict[str, EndPoint] = {}
        self._prefixes: dict[str, EndPoint] = {}
        self.tokens = TokenDesk(label)
        self.now_ms = 0
        self.serve({"/api/v1/bullet-public": EndPoint(self._bullet, 10, "POST")})
        # Clients that load all markets ask the futures host too; there are none here.
        self.serve({"/api/v1/contracts/active": EndPoint(lambda _: [], 3)})

    def serve(self, points: dict[str, EndPoint]) -> None:
        """Add paths; one that ends in a slash takes a name behind it."""
        self._points.update({path: point for path, point in points.items() if not path.endswith("/")})
        self._prefixes.update({path: point for path, point in points.items() if path.endswith("/")})

    def respond(self, request: RestRequest, now_ms: int) -> RestResponse:
        """Answer one request; nothing escapes as an exception."""
        self.now_ms = now_ms
        point = self._points.get(request.path) or self._prefixed(request.path)
        allowed = self._meter.spend(point.weight if point else 3, now_ms)
        headers = self._headers(now_ms)
        if not allowed:
            return error_response(429, "429000", "Too Many Requests", headers)
        if point is None:
            return _refuse_path(request.path, headers)
        if request.method not in (point.method, "HEAD"):
            return error_response(405, "405000", "Method Not Allowed", headers)
        try:
            data = point.answer(request)
        except KucoinRefusal as refusal:
            return error_response(refusal.status, refusal.code, refusal.msg, headers)
        return RestResponse(200, headers, orjson.dumps({"code": "200000", "data": data}))

    def _prefixed(self, path: str) -> EndPoint | None:
        """Return the end point of a path with a name at its end."""
        return self._prefixes.get(path[: path.rfind("/") + 1])

    def _headers(self, now_ms: int) -> dict[str, str]:
        """Return the pool's state as every answer carries it; the reset is in milliseconds."""
        return {
            **self._marks,
            "gw-ratelimit-limit": str(self._meter.limit),
            "gw-ratelimit-remaining": str(self._meter.remaining),
            "gw-ratelimit-reset": str(self._meter.reset_in_ms(now_ms)),
        }

    def _bullet(self, request: RestRequest) -> dict[str, Any]:
        """Return a token and where to connect with it: this very host."""
        server = {
            "endpoint": f"ws://{request.headers.get('host', '127.0.0.1')}/endpoint",
            "encrypt": False,
            "protocol": "websocket",
            "pingInterval": PING_INTERVAL_MS,
            "pingTimeout": PING_TIMEOUT_MS,
        }
        token = self.tokens.issue(self.now_ms)
        return {"token": token, "instanceServers": [server], "emulator": self._label}


def _refuse_path(path: str, headers: dict[str, str]) -> RestResponse:
    """Return what private and unknown paths get: there are no accounts here."""
    if _PRIVATE.fullmatch(path):
        return error_response(401, "400001", _NO_KEY, headers)
    return error_response(404, "404000", "Url Not Found", headers)


class KucoinRest:
    """The public end points over a synthetic market."""

    def __init__(self, market: SyntheticMarket, listing: Listing, limit: int = PUBLIC_LIMIT) -> None:
        self._market, self._listing = market, listing
        self.desk = KucoinDesk(synthetic_label(market), synthetic=True, limit=limit)
        self.desk.serve(self._general_points())
        self.desk.serve(self._market_points())

    def respond(self, request: RestRequest) -> RestResponse:
        """Answer one request as of the market's time."""
        return self.desk.respond(request, self._market.now_ms)

    def _general_points(self) -> dict[str, EndPoint]:
        """Return clock, state, symbols and currencies."""
        return {
            "/api/v1/timestamp": EndPoint(lambda _: self._market.now_ms, 3),
            "/api/v1/status": EndPoint(lambda _: {"status": "open", "msg": ""}, 3),
            "/api/v1/markets": EndPoint(lambda _: MARKETS, 3),
            "/api/v1/symbols": EndPoint(lambda request: self._symbols(request, 1), 4),
            "/api/v2/symbols": EndPoint(lambda request: self._symbols(request, 2), 4),
            "/api/v2/symbols/": EndPoint(self._one_symbol, 4),
            "/api/v1/currencies": EndPoint(lambda _: self._currencies(), 3),
            "/api/v3/currencies": EndPoint(lambda _: self._currencies(), 3),
            "/api/v3/currencies/": EndPoint(self._one_currency, 3),
        }

    def _market_points(self) -> dict[str, EndPoint]:
        """Return prices, books, trades and candles."""
        return {
            "/api/v1/market/orderbook/level1": EndPoint(self._level1, 2),
            "/api/v1/market/orderbook/level2_20": EndPoint(lambda request: self._book(request, 20), 2),
            "/api/v1/market/orderbook/level2_100": EndPoint(lambda request: self._book(request, 100), 4),
            "/api/v1/market/allTickers": EndPoint(lambda _: self._all_tickers(), 15),
            "/api/v1/market/stats": EndPoint(self._stats, 15),
            "/api/v1/market/histories": EndPoint(self._histories, 3),
            "/api/v1/market/candles": EndPoint(self._candles, 3),
        }

    def _pair(self, request: RestRequest) -> PairSpec:
        """Return the pair that the query names."""
        symbol = request.query.get("symbol")
        if not symbol:
            raise KucoinRefusal("400100", "symbol: must not be blank", 400)
        spec = self._listing.get(symbol)
        if spec is None:
            raise KucoinRefusal("900001", "symbol not exists")
        return spec

    def _symbols(self, request: RestRequest, version: int) -> list[dict[str, Any]]:
        market = request.query.get("market")
        if market not in (None, "", MARKETS[0]):
            return []
        return [symbol_row(spec, version=version) for _, spec in self._listing.items()]

    def _one_symbol(self, request: RestRequest) -> dict[str, Any]:
        spec = self._listing.get(request.path.rpartition("/")[2])
        if spec is None:
            raise KucoinRefusal("900001", "symbol not exists")
        return symbol_row(spec, version=2)

    def _currencies(self) -> list[dict[str, Any]]:
        names = dict.fromkeys(name for _, spec in self._listing.items() for name in (spec.base, spec.quote))
        return [currency_row(name) for name in names]

    def _one_currency(self, request: RestRequest) -> dict[str, Any]:
        name = request.path.rpartition("/")[2]
        for row in self._currencies():
            if row["currency"] == name:
                return row
        raise KucoinRefusal("900003", "currency not exists")

    def _level1(self, request: RestRequest) -> dict[str, Any] | None:
        spec = self._listing.get(request.query.get("symbol", ""))
        return None if spec is None else figures.ticker(self._market, spec)

    def _book(self, request: RestRequest, count: int) -> dict[str, Any]:
        spec = self._pair(request)
        book = self._market.book(spec.name, count)
        return {
            "time": self._market.now_ms,
            "sequence": str(figures.sequence(book.update_id)),
            "bids": figures.levels(spec, book.bids),
            "asks": figures.levels(spec, book.asks),
        }

    def _all_tickers(self) -> dict[str, Any]:
        rows = [figures.all_tickers_row(self._market, spec) for _, spec in self._listing.items()]
        return {"time": self._market.now_ms, "ticker": rows}

    def _stats(self, request: RestRequest) -> dict[str, Any]:
        return figures.day_stats(self._market, self._pair(request))

    def _histories(self, request: RestRequest) -> list[dict[str, Any]]:
        spec = self._pair(request)
        return [figures.history_row(spec, trade) for trade in self._market.recent_trades(spec.name, HISTORY_ROWS)]

    def _candles(self, request: RestRequest) -> list[list[str]]:
        """Return at most 1,500 bars, newest first, without those in which nobody traded."""
        spec = self._pair(request)
        timeframe = figures.CANDLE_TYPES.get(request.query.get("type", ""))
        if timeframe is None:
            raise KucoinRefusal("400100", "Incorrect candlestick type", 400)
        start, end = _seconds(request, "startAt"), _seconds(request, "endAt")
        stop_ms = min(end * 1000 if end else self._market.now_ms + 1, self._market.now_ms + 1)
        count = MAX_CANDLES if start or end else DEFAULT_CANDLES
        first_ms = min(max(start * 1000, stop_ms - _reach_ms(timeframe, count), 0), stop_ms)
        bars = self._market.bars(spec.name, timeframe, Venue.KUCOIN, first_ms, stop_ms)
        rows = [figures.candle_row(spec, bar) for bar in bars if not bar.is_empty]
        return rows[::-1][:count]


def _reach_ms(timeframe: Timeframe, count: int) -> int:
    """Return how far back so many bars can lie."""
    return (timeframe.length_ms or 31 * DAY_MS) * count


def _seconds(request: RestRequest, name: str) -> int:
    """Return a time bound in seconds, 0 when it was not sent."""
    text = request.query.get(name, "0")
    if not text.isdecimal():
        raise KucoinRefusal("400100", f"{name}: Invalid Parameter.", 400)
    return int(text)

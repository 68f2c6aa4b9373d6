"""The counter of a Binance-speaking venue: paths with weights, used-weight headers, errors, private paths."""

import re
from collections.abc import Callable
from typing import Any

import orjson
from msgspec import Struct

from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.emulator.binance_parameters import BinanceRefusal, Parameters
from cryptobot_desktop.emulator.binance_reference import WEIGHT_LIMIT
from cryptobot_desktop.emulator.request_meter import RequestMeter
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse

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

"""Binance's socket rules: stream URLs, control messages, pings, limits, the 24-hour life and serverShutdown."""

from collections import deque
from typing import Any
from urllib.parse import unquote

import orjson
from msgspec import Struct
from websockets.frames import Opcode

from cryptobot_desktop.emulator.binance_desk import error_response
from cryptobot_desktop.emulator.binance_feeds import combined
from cryptobot_desktop.emulator.faults import FaultPlan
from cryptobot_desktop.emulator.server import TOO_MANY, Pacing, Peer, Session, VenueServer
from cryptobot_desktop.emulator.venue_port import EmulatedVenue, RestRequest, RestResponse, StreamFrame

GEO_TEXT = (
    "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms."
    " Please contact customer service if you believe you received this message in error."
)
HTML_PAGE = b"<!DOCTYPE html><html><head><title>Attention Required!</title></head><body>Sorry</body></html>"
_MAX_ID_LENGTH = 36
_TIME_KEYS = frozenset({"E", "T", "t", "O", "C"})
_INT64 = 2**63
_METHODS = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


class BinanceSocketRules(Struct, frozen=True, kw_only=True):
    """The limits of one market-stream connection; shorter values make drills possible."""

    ping_every_s: float = 20.0
    pong_within_s: float = 60.0
    messages_per_s: int = 5
    max_streams: int = 1_024
    life_s: float = 24 * 3_600.0


class ControlError(Exception):
    """A control message that is answered with an error; ends inside the session."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code, self.msg = code, msg


class BinanceSession(Session):
    """One client of the market streams."""

    def __init__(self, server: "BinanceServer", peer: Peer, request: RestRequest) -> None:
        super().__init__(server, peer)
        self._rules = server.rules
        self._combined = request.path.startswith("/stream")
        self._micro = request.query.get("timeUnit", "").upper() == "MICROSECOND"
        self._from_url = _streams_of(request)
        self._received: deque[float] = deque()
        self._opened_s = server.now_s()
        self._pinged_s = self._opened_s
        self._pings: dict[bytes, float] = {}
        self._ping_count = 0

    def on_open(self) -> None:
        """Subscribe what the URL names."""
        for stream in self._from_url[: self._rules.max_streams]:
            self.add_topic(stream)
        if len(self._from_url) > self._rules.max_streams:
            self.peer.close(TOO_MANY, "Too many streams")

    def deliver(self, frame: StreamFrame) -> None:
        """Send a push, wrapped on combined connections."""
        payload = to_microseconds(frame.payload) if self._micro else frame.payload
        self.peer.send_text(combined(frame.topic, payload) if self._combined else payload)

    def shut_down(self, at_ms: int) -> None:
        """Announce the server's end; comes without being subscribed."""
        payload = b'{"e":"serverShutdown","E":%d}' % at_ms
        self.peer.send_text(combined("!serverShutdown", payload) if self._combined else payload)

    def on_control(self, opcode: Opcode, data: bytes, now_s: float) -> None:
        """Count the frame; a pong with the payload of a ping settles it, any other does nothing."""
        if self._too_fast(now_s):
            return
        if opcode is Opcode.PONG and data in self._pings:
            settled = self._pings[data]
            self._pings = {payload: sent for payload, sent in self._pings.items() if sent > settled}

    def on_tick(self, now_s: float) -> None:
        """Ping, close clients that do not answer, end the connection's life."""
        if self._pings and now_s - next(iter(self._pings.values())) > self._rules.pong_within_s:
            self.peer.close(TOO_MANY, "Pong timeout")
            self._pings.clear()
        elif now_s - self._opened_s > self._rules.life_s:
            self.peer.close(1001, "Connection life time is over")
        elif now_s - self._pinged_s >= self._rules.ping_every_s:
            self._pinged_s = now_s
            self._ping_count += 1
            payload = f"{self.server.venue.now_ms()}{self._ping_count:03d}".encode()
            self._pings[payload] = now_s
            self.peer.ping(payload)

    def on_text(self, text: bytes, now_s: float) -> None:
        """Answer one control message."""
        if self._too_fast(now_s):
            return
        answer: dict[str, Any] = {}
        try:
            message = _parse(text)
            answer = {"id": message.get("id")} if "id" in message else {}
            result = self._obey(message)
        except ControlError as problem:
            self.peer.send_text(orjson.dumps({"error": {"code": problem.code, "msg": problem.msg}, **answer}))
            if problem.code == 4:
                self.peer.close(TOO_MANY, "Too many streams")
            return
        self.peer.send_text(orjson.dumps({"result": result, **answer}))

    def _too_fast(self, now_s: float) -> bool:
        """Count a received frame; more than the limit within a rolling second ends the connection."""
        self._received.append(now_s)
        while self._received and now_s - self._received[0] >= 1.0:
            self._received.popleft()
        if len(self._received) <= self._rules.messages_per_s:
            return False
        self.peer.close(TOO_MANY, "Too many requests")
        return True

    def _obey(self, message: dict[str, Any]) -> object:
        """Carry out one method and return its result."""
        _check_id(message)
        params = message.get("params", [])
        match message.get("method"):
            case "SUBSCRIBE":
                self._subscribe(_stream_list(params))
            case "UNSUBSCRIBE":
                for stream in _stream_list(params):
                    self.remove_topic(stream)
            case "LIST_SUBSCRIPTIONS":
                return list(self.topics)
            case "SET_PROPERTY":
                self._set_property(params)
            case "GET_PROPERTY":
                if params != ["combined"]:
                    raise ControlError(0, "Unknown property")
                return self._combined
            case other:
                raise ControlError(2, f"Invalid request: unknown variant `{other}`, expected one of {_METHODS}")
        return None

    def _subscribe(self, streams: list[str]) -> None:
        """Add streams; unknown names are acknowledged and stay silent."""
        if len(set(self.topics) | set(streams)) > self._rules.max_streams:
            raise ControlError(4, "Too many subscriptions")
        for stream in streams:
            self.add_topic(stream)

    def _set_property(self, params: object) -> None:
        """Switch the combined form on or off."""
        if not isinstance(params, list) or len(params) != 2 or params[0] != "combined":
            raise ControlError(0, "Unknown property")
        if not isinstance(params[1], bool):
            raise ControlError(1, "Invalid value type: expected Boolean")
        self._combined = params[1]


def _streams_of(request: RestRequest) -> list[str]:
    """Return the streams named by ``/ws/a/b`` or ``/stream?streams=a/b``, without repetitions."""
    if request.path.startswith("/stream"):
        text = request.query.get("streams", "")
    else:
        text = unquote(request.path.removeprefix("/ws").removeprefix("/"))
    return list(dict.fromkeys(filter(None, text.split("/"))))


def _parse(text: bytes) -> dict[str, Any]:
    """Return a control message as an object."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise ControlError(3, f"Invalid JSON: {problem.msg} at line {problem.lineno} column {problem.colno}") from None
    if not isinstance(message, dict):
        raise ControlError(2, "Invalid request: request must be an object")
    return message


def _check_id(message: dict[str, Any]) -> None:
    """Refuse ids that are no 64-bit integer, short string or null."""
    value = message.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        raise ControlError(2, "Invalid request: request ID must be an integer, a string or null")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise ControlError(2, "Invalid request: request ID must be a signed 64-bit integer")
    if isinstance(value, str) and len(value) > _MAX_ID_LENGTH:
        raise ControlError(2, f"Invalid request: request ID is longer than {_MAX_ID_LENGTH} characters")


def _stream_list(params: object) -> list[str]:
    """Return the stream names of SUBSCRIBE and UNSUBSCRIBE."""
    if not isinstance(params, list) or not params or not all(isinstance(name, str) and name for name in params):
        raise ControlError(2, "Invalid request: invalid stream")
    return params


def to_microseconds(payload: bytes) -> bytes:
    """Return an event with all its times in microseconds."""
    event = orjson.loads(payload)
    for item in event if isinstance(event, list) else [event]:
        _stretch(item)
        if isinstance(item.get("k"), dict):
            _stretch(item["k"])
    return orjson.dumps(event)


def _stretch(item: dict[str, Any]) -> None:
    """Multiply the time fields of one object; ``t`` of a trade is its id, not a time."""
    for key in _TIME_KEYS & item.keys():
        if not (key == "t" and item.get("e") == "trade") and isinstance(item[key], int):
            item[key] *= 1_000


class BinanceServer(VenueServer):
    """Binance on one port: ``/api/v3/...``, ``/ws/...`` and ``/stream``."""

    def __init__(
        self,
        venue: EmulatedVenue,
        pacing: Pacing | None = None,
        faults: FaultPlan | None = None,
        rules: BinanceSocketRules | None = None,
    ) -> None:
        super().__init__(venue, pacing or Pacing(), faults or FaultPlan())
        self.rules = rules or BinanceSocketRules()

    def open_session(self, request: RestRequest, peer: Peer) -> Session:
        """Return a stream session; what the path names is subscribed."""
        return BinanceSession(self, peer, request)

    def fault_response(self, elapsed_s: float) -> RestResponse | None:
        """Return 451, 429 or an HTML page while such a fault is active."""
        if self.faults.active("geo_restricted", elapsed_s):
            return error_response(451, 0, GEO_TEXT)
        limited = self.faults.active("rate_limited", elapsed_s)
        if limited:
            wait = str(int(min(limited.until_s - elapsed_s, 86_400.0)) + 1)
            return error_response(429, -1003, "Too much request weight used; please wait.", {"Retry-After": wait})
        banned = self.faults.active("ip_banned", elapsed_s)
        if banned:
            left_s = min(banned.until_s - elapsed_s, 3 * 86_400.0)
            until_ms = self.venue.now_ms() + int(left_s * 1000)
            text = f"Way too much request weight used; IP banned until {until_ms}. Please use WebSocket Streams."
            return error_response(418, -1003, text, {"Retry-After": str(int(left_s) + 1)})
        html = self.faults.active("html_body", elapsed_s)
        if html:
            return RestResponse(int(html.params.get("status", 403)), {"Content-Type": "text/html"}, HTML_PAGE)
        return None

    def on_shutdown_fault(self, grace_s: float) -> None:
        """Send serverShutdown to everybody and close after the grace time."""
        for session in list(self.sessions):
            if isinstance(session, BinanceSession):
                session.shut_down(self.venue.now_ms())
                self.later(grace_s, session.peer.close, 1001, "Server shutdown")

"""``cryptobot decode``: what the program sees in raw frames, one JSON line out for one JSON line in.

Every line goes through the same readers as the feeds. How messages without an obvious type are shown:

* a list (a page of trades, array tickers, open orders) is one line with ``items``; the line's own fields are those
  of the entry when there is exactly one, else null;
* KuCoin's ``ticker`` and ``level1`` topics and Binance's ``bookTicker`` are ``bbo``; snapshots, statistics and
  24 h tickers are ``ticker``; average and reference prices are ``price``;
* ``control`` has the actions ``welcome``, ``pong``, ``reconnect`` (serverShutdown, eventStreamTerminated),
  ``token`` (KuCoin's bullet answers) and ``server_time``;
* own trades, fills and order lists are ``order_update``; a WebSocket API answer is what its result is, or ``ack``;
* ``ignore`` is everything valid that has no type of its own: balances, symbol lists, filters, fees, statuses,
  auction data, unknown events, and messages that go out;
* update ids, counts and times are JSON integers, all ids of trades, orders and requests are text, ``close_time_ms``
  is the last millisecond of the bar, ``change_rate`` is a fraction on every venue.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.marketdata.wire import binance_pages, kucoin_pages
from cryptobot_desktop.marketdata.wire.binance import BinanceFrameReader
from cryptobot_desktop.marketdata.wire.binance_replies import read_error, request_id
from cryptobot_desktop.marketdata.wire.checks import checked
from cryptobot_desktop.marketdata.wire.context import FrameContext, context_of
from cryptobot_desktop.marketdata.wire.http import classify_http
from cryptobot_desktop.marketdata.wire.kucoin import KucoinFrameReader
from cryptobot_desktop.marketdata.wire.kucoin_uta import KucoinUtaFrameReader
from cryptobot_desktop.marketdata.wire.messages import Ack, Ignore, Rejected, WireMessage
from cryptobot_desktop.marketdata.wire.texts import (
    JSON_ERRORS,
    MAX_BODY_BYTES,
    check_size,
    explain,
    read_json,
)


class FrameReader(Protocol):
    """What every venue's stream reader offers."""

    def read(self, frame: str | bytes, hint: str | None = None, /) -> WireMessage:
        """Return the message of a frame; never raises."""
        ...


VENUES: Final = ("binance", "binance_us", "kucoin", "kucoin_uta")
TRANSPORTS: Final = ("ws", "rest", "wsapi")
_READERS: Final[dict[str, FrameReader]] = {
    "binance": BinanceFrameReader(),
    "binance_us": BinanceFrameReader(),
    "kucoin": KucoinFrameReader(),
    "kucoin_uta": KucoinUtaFrameReader(),
}


class FrameLine(Struct, frozen=True):
    """One input line; values of a wrong kind are treated as not given, except `raw`."""

    venue: Any = None
    transport: Any = None
    raw: Any = None
    endpoint: Any = None
    http_status: Any = None
    headers: Any = None
    context: Any = None


_LINE: Final = msgspec.json.Decoder(FrameLine)
_OUT: Final = msgspec.json.Encoder()


def decode_stream(lines: Iterable[str | bytes]) -> Iterator[str]:
    """Yield one JSON line for every input line, in order; a line that cannot be read gives ``rejected``."""
    for line in lines:
        yield _OUT.encode(_message(line)).decode("utf-8")


def decode_line(line: str | bytes) -> dict[str, object]:
    """Return what one input line says, as plain objects with ``type`` and that type's fields."""
    found: dict[str, object] = msgspec.json.decode(_OUT.encode(_message(line)))
    return found


def _message(line: str | bytes) -> WireMessage:
    try:
        frame = _LINE.decode(line)
    except JSON_ERRORS as error:
        return Rejected(f"input line is not a JSON object with venue, transport and raw: {explain(error)}")
    try:
        return checked(_read(frame))
    except JSON_ERRORS as error:
        return Rejected(f"frame is not what it should be: {explain(error)}")
    except InvalidInput as error:
        return Rejected(str(error))


def _read(frame: FrameLine) -> WireMessage:
    if frame.venue not in VENUES:
        raise InvalidInput(f"venue is {frame.venue!r}, allowed: {', '.join(VENUES)}")
    if not isinstance(frame.raw, str):
        raise InvalidInput("raw is not text, allowed: the frame or body as a JSON string")
    transport = frame.transport if frame.transport is not None else _likely_transport(frame)
    if transport not in TRANSPORTS:
        raise InvalidInput(f"transport is {transport!r}, allowed: {', '.join(TRANSPORTS)}")
    endpoint = frame.endpoint if isinstance(frame.endpoint, str) else None
    context = context_of(endpoint, frame.context if isinstance(frame.context, dict) else {})
    if transport == "rest":
        return _answer(frame, context)
    found = _READERS[frame.venue].read(frame.raw, endpoint)
    return _api_answer(frame.raw, context, found) if transport == "wsapi" else found


def _likely_transport(frame: FrameLine) -> str:
    """Guess how a frame came when the line does not say."""
    endpoint = frame.endpoint if isinstance(frame.endpoint, str) else ""
    return "rest" if frame.http_status is not None or "/api/" in endpoint or "/sapi/" in endpoint else "ws"


def _answer(frame: FrameLine, context: FrameContext) -> WireMessage:
    """Return what a REST answer says: an error by status, headers and body, else the page."""
    check_size(frame.raw, MAX_BODY_BYTES)
    headers = None
    if isinstance(frame.headers, dict):
        headers = {str(name): str(value) for name, value in frame.headers.items()}
    trouble = classify_http(frame.venue, _status(frame.http_status), headers, frame.raw)
    if trouble is not None:
        return trouble
    read_page = binance_pages.read_page if frame.venue.startswith("binance") else kucoin_pages.read_page
    return read_page(read_json(frame.raw), context)


def _status(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:3])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _api_answer(raw: str, context: FrameContext, found: WireMessage) -> WireMessage:
    """Return the result inside a WebSocket API answer where it has a type of its own."""
    if not isinstance(found, Ack):
        return found
    body = read_json(raw)
    if not isinstance(body, dict):
        return found
    if "error" in body:
        return read_error(raw.encode())
    result = body.get("result")
    if not result:
        return found
    inner = binance_pages.read_page(result, context)
    return Ack(request_id(body.get("id"))) if isinstance(inner, Ignore) else inner

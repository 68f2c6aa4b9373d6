"""KuCoin classic market streams: pushes by topic, replies, notices.

The hot path finds the topic in the frame and decodes the frame in one typed pass; what a topic means is remembered.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import MarketEvent
from cryptobot_desktop.marketdata.wire import kucoin_account as account
from cryptobot_desktop.marketdata.wire.events import (
    WireScale,
    WireScales,
    candle_event,
    delta_event,
    market_events,
    quote_event,
    snapshot_event,
    trade_event,
)
from cryptobot_desktop.marketdata.wire.intervals import display_interval
from cryptobot_desktop.marketdata.wire.kucoin_frames import (
    BookData,
    CandleData,
    Change,
    KucoinProbe,
    Level1Data,
    Level2Data,
    MatchData,
    Number,
    PushFrame,
    QuoteData,
)
from cryptobot_desktop.marketdata.wire.messages import (
    Ack,
    BboMessage,
    CandleMessage,
    Control,
    DepthDeltaMessage,
    DepthSnapshotMessage,
    Ignore,
    Notice,
    Rejected,
    TextLevel,
    TickerMessage,
    TradeMessage,
    VenueError,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import (
    JSON_ERRORS,
    MAX_FRAME_BYTES,
    check_size,
    explain,
    integer,
    is_zero,
    optional,
    optional_time_ms,
    read_json,
    record,
    seconds_ms,
    sequence,
    text,
    time_ms,
)

_TOPIC_START: Final = b'"topic":"'
_MAX_TOPICS: Final = 4_096
_MICROSECONDS: Final = 10**14
_NS_DIGITS: Final = 19
_SECONDS_DIGITS: Final = 10
"""Of the seconds since 1970 from 2001 until 2286."""
_CANDLE_COLUMNS: Final = 7


class Topic(Struct, frozen=True):
    """One topic: ``/market/candles:BTC-USDT_1min`` -> name, symbol part and how its data is read."""

    text: str
    name: str
    symbol: str | None
    """The part behind the colon; None for ``all``."""
    interval: str | None
    """Of a candle topic, in the program's words."""
    decoder: "msgspec.json.Decoder[Any]"
    read: "Callable[[PushFrame[Any], Topic], WireMessage]"
    convert: Callable[[Any, WireScale], MarketEvent] | None
    """From the message to the event, where one frame is always one event."""


def _quote(frame: PushFrame[QuoteData], topic: Topic) -> BboMessage:
    data = frame.data
    time = data.time if data.time is not None else data.other_time
    return BboMessage(
        topic.symbol or frame.subject,
        data.bid,
        data.bid_qty,
        data.ask,
        data.ask_qty,
        None if data.sequence is None else _sequence(data.sequence),
        _ms(time),
    )


def _match(frame: PushFrame[MatchData], _topic: Topic) -> TradeMessage:
    data = frame.data
    return TradeMessage(data.symbol, str(data.trade_id), data.price, data.size, data.side, _ms(data.time))


def candle_row(row: list[Any], symbol: str | None, interval: str | None) -> CandleMessage:
    """Return a bar from KuCoin's row (stream and REST alike): start, open, close, high, low, volume, turnover."""
    if len(row) < _CANDLE_COLUMNS:
        raise InvalidInput(f"candle row has {len(row)} columns, allowed: {_CANDLE_COLUMNS} or more")
    start = row[0]
    if type(start) is str and len(start) == _SECONDS_DIGITS and start.isdecimal() and start.isascii():
        open_ms = int(start) * 1_000
    else:
        open_ms = seconds_ms(start, "start")
    return CandleMessage(
        symbol,
        interval,
        open_ms,
        None,
        row[1],
        row[3],
        row[4],
        row[2],
        row[5],
        row[6],
    )


def _candle(frame: PushFrame[CandleData], topic: Topic) -> CandleMessage:
    return candle_row(frame.data.candles, frame.data.symbol, topic.interval)


def _sequence(value: Number) -> int:
    """Return a sequence number; short digits, the usual form, without further ado."""
    if type(value) is int and value >= 0:
        return value
    if type(value) is str and value.isdecimal() and value.isascii() and len(value) < _NS_DIGITS:
        return int(value)
    return sequence(value, "sequence")


def _ms(value: Number | None) -> int | None:
    """Return a time in ms; numbers in ms and digits in ns, the two usual forms, without further ado."""
    if type(value) is int and 0 <= value < _MICROSECONDS:
        return value
    if type(value) is str and len(value) == _NS_DIGITS and value.isdecimal() and value.isascii():
        return int(value[:-6])
    return None if value is None else time_ms(value, "time")


def _changed_levels(changes: list[Change]) -> tuple[list[TextLevel], tuple[int, ...]]:
    """Return levels and their sequence numbers; entries with price ``"0"`` only move the sequence on: dropped."""
    levels: list[TextLevel] = []
    numbers: list[int] = []
    for price, size, number in changes:
        if price[:1] == "0" and is_zero(price):
            continue
        levels.append((price, size))
        numbers.append(_sequence(number))
    return levels, tuple(numbers)


def _changes(frame: PushFrame[Level2Data], _topic: Topic) -> DepthDeltaMessage:
    data = frame.data
    bids, bid_ids = _changed_levels(data.changes.bids)
    asks, ask_ids = _changed_levels(data.changes.asks)
    first, last = _sequence(data.first), _sequence(data.last)
    return DepthDeltaMessage(data.symbol, first, last, bids, asks, _ms(data.time), bid_ids, ask_ids)


def _best(frame: PushFrame[Level1Data], topic: Topic) -> BboMessage:
    bid, bid_qty = _pair(frame.data.bids, "bids")
    ask, ask_qty = _pair(frame.data.asks, "asks")
    time = optional_time_ms(frame.data.timestamp, "timestamp")
    return BboMessage(topic.symbol, bid, bid_qty, ask, ask_qty, None, time)


def _pair(pair: list[str] | None, name: str) -> tuple[str | None, str | None]:
    """Return price and size of a flat pair; an empty side has neither."""
    match pair:
        case None | []:
            return None, None
        case [price, size, *_]:
            return price, size
    raise InvalidInput(f"{name} is {pair!r}, allowed: [price, size]")


def _book(frame: PushFrame[BookData], topic: Topic) -> DepthSnapshotMessage:
    time = optional_time_ms(frame.data.timestamp, "timestamp")
    return DepthSnapshotMessage(topic.symbol, None, frame.data.bids, frame.data.asks, time)


def _snapshot(frame: PushFrame[Raw], _topic: Topic) -> TickerMessage:
    outer = record(read_json(bytes(frame.data)), "data")
    inner = outer.get("data", outer)
    if isinstance(inner, list):
        return TickerMessage(items=[snapshot_ticker(row) for row in inner])
    return snapshot_ticker(inner)


def snapshot_ticker(content: object) -> TickerMessage:
    """Return rolling figures from KuCoin's snapshot topic, whose numbers are JSON numbers, kept to the digit."""
    row = record(content, "snapshot")
    return TickerMessage(
        symbol=text(row.get("symbol", row.get("symbolCode")), "symbol"),
        last=optional(row.get("lastTradedPrice", row.get("last")), "lastTradedPrice"),
        high=optional(row.get("high"), "high"),
        low=optional(row.get("low"), "low"),
        bid=optional(row.get("buy"), "buy"),
        ask=optional(row.get("sell"), "sell"),
        volume=optional(row.get("vol"), "vol"),
        change=optional(row.get("changePrice"), "changePrice"),
        change_rate=optional(row.get("changeRate"), "changeRate"),
        time_ms=optional_time_ms(row.get("datetime", row.get("time")), "datetime"),
        open=optional(row.get("open"), "open"),
    )


def _order(frame: PushFrame[Raw], _topic: Topic) -> WireMessage:
    return account.read_order(read_json(bytes(frame.data)))


def _kind(
    data_type: object, read: Callable[[PushFrame[Any], Topic], WireMessage]
) -> tuple["msgspec.json.Decoder[Any]", Callable[[PushFrame[Any], Topic], WireMessage]]:
    data: Any = data_type
    frame_type: Any = PushFrame[data]
    return msgspec.json.Decoder(frame_type), read


_KINDS: Final = {
    "/market/ticker": _kind(QuoteData, _quote),
    "/market/match": _kind(MatchData, _match),
    "/market/candles": _kind(CandleData, _candle),
    "/market/level2": _kind(Level2Data, _changes),
    "/market/snapshot": _kind(Raw, _snapshot),
    "/spotMarket/level1": _kind(Level1Data, _best),
    "/spotMarket/level2Depth5": _kind(BookData, _book),
    "/spotMarket/level2Depth50": _kind(BookData, _book),
    "/spotMarket/tradeOrders": _kind(Raw, _order),
    "/spotMarket/tradeOrdersV2": _kind(Raw, _order),
    "/spotMarket/advancedOrders": _kind(Raw, _order),
}
_CONVERTERS: Final[dict[Callable[[Any, Topic], WireMessage], Callable[[Any, WireScale], MarketEvent]]] = {
    _quote: quote_event,
    _best: quote_event,
    _match: trade_event,
    _candle: candle_event,
    _changes: delta_event,
    _book: snapshot_event,
}
_FAST_FAILURES: Final = (*JSON_ERRORS, InvalidInput, KeyError)
_PROBE: Final = msgspec.json.Decoder(KucoinProbe)
_OUR_TYPES: Final = ("ping", "subscribe", "unsubscribe", "openTunnel", "closeTunnel")
_ERROR_CLASSES: Final = {"401": "token_expired", "404": "bad_topic", "509": "rate_limited", "429": "rate_limited"}


def read_topic(topic: str) -> Topic | None:
    """Return how to read a topic; None when this version does not know it."""
    name, _, symbol = topic.partition(":")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    return Topic(
        text=topic,
        name=name,
        symbol=None if symbol in ("", "all") else symbol,
        interval=display_interval(symbol.rpartition("_")[2]) if name == "/market/candles" else None,
        decoder=kind[0],
        read=kind[1],
        convert=_CONVERTERS.get(kind[1]),
    )


class KucoinFrameReader:
    """Reads stream frames into wire messages; remembers the topics it has seen."""

    def __init__(self) -> None:
        self.topics: dict[bytes, Topic] = {}

    def read(self, frame: str | bytes, topic_hint: str | None = None) -> WireMessage:
        """Return the message of a frame; never raises. The hint is not needed: every push names its topic."""
        del topic_hint
        try:
            data = frame.encode() if isinstance(frame, str) else frame
            if len(data) > MAX_FRAME_BYTES:
                check_size(data, MAX_FRAME_BYTES)
            return self._look_closer(data)
        except JSON_ERRORS as error:
            return Rejected(f"frame is not what it should be: {explain(error)}")
        except InvalidInput as error:
            return Rejected(str(error))

    def _look_closer(self, data: bytes) -> WireMessage:
        probe = _PROBE.decode(data)
        if probe.kind == "message" and isinstance(probe.topic, str):
            topic = self._topic(probe.topic)
            if topic is None:
                return Ignore(f"topic {probe.topic[:60]}")
            return topic.read(topic.decoder.decode(data), topic)
        return _reply(probe, data)

    def _topic(self, name: str) -> Topic | None:
        """Return how to read a topic and remember it."""
        found = self.topics.get(name.encode()) or read_topic(name)
        if found is not None and len(self.topics) < _MAX_TOPICS:
            self.topics[name.encode()] = found
        return found


def _reply(probe: KucoinProbe, data: bytes) -> WireMessage:
    """Return what a frame says that is no push: welcome, pong, ack, error, or something to ignore."""
    request = None if probe.id is None else str(probe.id)
    match probe.kind:
        case "welcome" | "pong" as action:
            return Control(action, id=request, time_ms=optional_time_ms(probe.timestamp, "timestamp"))
        case "ack":
            return Ack(request)
        case "error":
            return _error(probe, data, request)
        case str() as kind if kind in _OUR_TYPES:
            return Ignore("a request of ours")
        case str() as kind:
            return Ignore(f"message type {kind[:40]}")
    return Ignore("unknown message")


def _error(probe: KucoinProbe, data: bytes, request: str | None) -> VenueError:
    body = record(read_json(data), "error")
    code = None if probe.code is None else str(integer(probe.code, "code"))
    found = body.get("data", body.get("msg"))
    message = found[:300] if isinstance(found, str) else ""
    expired = "token" in message and ("expired" in message or "invalid" in message)
    kind = "token_expired" if expired else _ERROR_CLASSES.get(code or "", "exchange_error")
    return VenueError(code=code, message=message, error_class=kind, id=request)


class KucoinStreamDecoder:
    """From frames to domain events for a set of instruments, keyed by the venue's symbol (``BTC-USDT``)."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._reader = KucoinFrameReader()
        self._scales = WireScales(instruments)

    def decode(self, frame: str | bytes) -> list[MarketEvent] | Notice:
        """Return the events of a frame, or one notice; never raises.

        Unknown symbols and message types give Ignore, frames that must not be believed give Rejected.
        """
        data: str | bytes = frame
        try:
            data = frame.encode() if isinstance(frame, str) else frame
            start = data.find(_TOPIC_START) + len(_TOPIC_START)
            topic = self._reader.topics.get(data[start : data.find(b'"', start)])
            if topic is not None and topic.convert is not None:
                push = topic.decoder.decode(data)
                if push.topic == topic.text and push.kind == "message":
                    message: Any = topic.read(push, topic)
                    return [topic.convert(message, self._scales[message.symbol])]
        except _FAST_FAILURES:
            pass  # the reader below looks again, slowly, and says what is wrong
        return market_events(self._reader.read(data), self._scales)

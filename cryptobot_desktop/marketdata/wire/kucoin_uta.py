"""KuCoin's unified ("Pro") market streams: short keys, nanoseconds, mostly binary frames.

Traps of the venue: in the ticker ``a`` is the ask and ``b`` the bid; a bar's ``S`` (closed) comes as true/false or as
the texts "true"/"false"; a bar's ``C`` is its exclusive end; acknowledgements and the welcome carry no type.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import MarketEvent
from cryptobot_desktop.marketdata.wire import kucoin_account as account
from cryptobot_desktop.marketdata.wire.events import WireScales, market_events
from cryptobot_desktop.marketdata.wire.intervals import display_interval
from cryptobot_desktop.marketdata.wire.kucoin_frames import Number
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
    TradeMessage,
    VenueError,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import (
    JSON_ERRORS,
    MAX_FRAME_BYTES,
    check_size,
    explain,
    flag,
    is_zero,
    optional_time_ms,
    read_json,
    seconds_ms,
    sequence,
    time_ms,
)


class UnifiedQuote(Struct, frozen=True, gc=False):
    """``ticker``: ``a``/``A`` best ask, ``b``/``B`` best bid."""

    symbol: str = field(name="s")
    bid: str | None = field(name="b", default=None)
    bid_qty: str | None = field(name="B", default=None)
    ask: str | None = field(name="a", default=None)
    ask_qty: str | None = field(name="A", default=None)
    sequence: Number | None = field(name="E", default=None)
    time: Number | None = field(name="M", default=None)


class UnifiedTrade(Struct, frozen=True, gc=False):
    """``trade``: ``S`` is the taker's side."""

    symbol: str = field(name="s")
    price: str = field(name="p")
    qty: str = field(name="q")
    side: str = field(name="S")
    id: Number = field(name="ti")
    time: Number = field(name="M")


class UnifiedBar(Struct, frozen=True, gc=False):
    """``kline``: ``O`` start and ``C`` exclusive end in seconds."""

    symbol: str = field(name="s")
    interval: str = field(name="i")
    start: Number = field(name="O")
    end: Number = field(name="C")
    open: str = field(name="o")
    high: str = field(name="h")
    low: str = field(name="l")
    close: str = field(name="c")
    volume: str = field(name="v")
    turnover: str | None = field(name="a", default=None)
    closed: bool | str | None = field(name="S", default=None)


class UnifiedBook(Struct, frozen=True, gc=False):
    """``obu``: levels with first and last sequence."""

    symbol: str = field(name="s")
    bids: list[TextLevel] = field(name="b")
    asks: list[TextLevel] = field(name="a")
    first: Number = field(name="O")
    last: Number = field(name="C")
    time: Number | None = field(name="M", default=None)


class UnifiedFrame(Struct, frozen=True):
    """Envelope of every unified frame, pushes and replies alike."""

    channel: str | UnsetType = field(name="T", default=UNSET)
    data: Raw | UnsetType = field(name="d", default=UNSET)
    book_kind: str | None = field(name="t", default=None)
    id: Number | None = None
    kind: str | None = field(name="type", default=None)
    message: str | None = None
    reason: str | None = None
    result: bool | str | UnsetType | None = UNSET
    action: str | None = None
    code: Number | None = None
    ping_interval: int | None = field(name="pingInterval", default=None)
    session: str | None = field(name="sessionId", default=None)
    time: Number | None = field(name="ts", default=None)


_FRAME: Final = msgspec.json.Decoder(UnifiedFrame)
_QUOTE: Final = msgspec.json.Decoder(UnifiedQuote)
_TRADE: Final = msgspec.json.Decoder(UnifiedTrade)
_BAR: Final = msgspec.json.Decoder(UnifiedBar)
_BOOK: Final = msgspec.json.Decoder(UnifiedBook)


def _quote(data: Raw, _frame: UnifiedFrame) -> BboMessage:
    found = _QUOTE.decode(data)
    number = None if found.sequence is None else sequence(found.sequence, "E")
    time = optional_time_ms(found.time, "M")
    return BboMessage(found.symbol, found.bid, found.bid_qty, found.ask, found.ask_qty, number, time)


def _trade(data: Raw, _frame: UnifiedFrame) -> TradeMessage:
    found = _TRADE.decode(data)
    time = time_ms(found.time, "M")
    return TradeMessage(found.symbol, str(found.id), found.price, found.qty, found.side.lower(), time)


def _bar(data: Raw, _frame: UnifiedFrame) -> CandleMessage:
    found = _BAR.decode(data)
    return CandleMessage(
        found.symbol,
        display_interval(found.interval),
        seconds_ms(found.start, "O"),
        seconds_ms(found.end, "C") - 1,
        found.open,
        found.high,
        found.low,
        found.close,
        found.volume,
        found.turnover,
        None,
        None if found.closed is None else flag(found.closed, "S"),
    )


def _book(data: Raw, frame: UnifiedFrame) -> DepthSnapshotMessage | DepthDeltaMessage:
    found = _BOOK.decode(data)
    first, last = sequence(found.first, "O"), sequence(found.last, "C")
    time = optional_time_ms(found.time, "M")
    if frame.book_kind == "snapshot":
        return DepthSnapshotMessage(found.symbol, last, found.bids, found.asks, time)
    if frame.book_kind != "delta":
        raise InvalidInput(f"book kind t is {frame.book_kind!r}, allowed: snapshot or delta")
    bids = [level for level in found.bids if not is_zero(level[0])]
    asks = [level for level in found.asks if not is_zero(level[0])]
    return DepthDeltaMessage(found.symbol, first, last, bids, asks, time)


def _order(data: Raw, _frame: UnifiedFrame) -> WireMessage:
    return account.read_unified_order(read_json(bytes(data)))


def _execution(data: Raw, _frame: UnifiedFrame) -> WireMessage:
    return account.read_unified_execution(read_json(bytes(data)))


_CHANNELS: Final[dict[str, Callable[[Raw, UnifiedFrame], WireMessage]]] = {
    "ticker": _quote,
    "trade": _trade,
    "kline": _bar,
    "obu": _book,
    "orderAll": _order,
    "order": _order,
    "execution": _execution,
}


class KucoinUtaFrameReader:
    """Reads unified stream frames into wire messages."""

    def read(self, frame: str | bytes, _hint: str | None = None) -> WireMessage:
        """Return the message of a frame; never raises."""
        try:
            check_size(frame, MAX_FRAME_BYTES)
            return _read(_FRAME.decode(frame))
        except JSON_ERRORS as error:
            return Rejected(f"frame is not what it should be: {explain(error)}")
        except InvalidInput as error:
            return Rejected(str(error))


def _read(frame: UnifiedFrame) -> WireMessage:
    if isinstance(frame.channel, str) and isinstance(frame.data, Raw):
        name = frame.channel.partition(".")[0]
        reader = _CHANNELS.get(name)
        return Ignore(f"channel {frame.channel[:40]}") if reader is None else reader(frame.data, frame)
    return _reply(frame)


def _reply(frame: UnifiedFrame) -> WireMessage:
    request = None if frame.id is None else str(frame.id)
    if frame.message == "welcome" or frame.kind == "welcome":
        return Control("welcome", id=request or frame.session, ping_interval_ms=frame.ping_interval)
    if frame.kind == "pong":
        return Control("pong", id=request, time_ms=optional_time_ms(frame.time, "ts"))
    if frame.action is not None or frame.kind == "ping":
        return Ignore("a request of ours")
    if isinstance(frame.result, UnsetType):
        return _error(frame, request) if frame.kind == "error" or frame.code is not None else Ignore("unknown message")
    return Ack(request) if flag(frame.result, "result") else _error(frame, request)


def _error(frame: UnifiedFrame, request: str | None) -> VenueError:
    message = (frame.reason or frame.message or "request refused")[:300]
    code = None if frame.code is None else str(frame.code)
    return VenueError(code=code, message=message, error_class="exchange_error", id=request)


class KucoinUtaStreamDecoder:
    """From unified frames to domain events for a set of instruments, keyed by the venue's symbol (``BTC-USDT``)."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._reader = KucoinUtaFrameReader()
        self._scales = WireScales(instruments)

    def decode(self, frame: str | bytes) -> list[MarketEvent] | Notice:
        """Return the events of a frame, or one notice; never raises."""
        return market_events(self._reader.read(frame), self._scales)

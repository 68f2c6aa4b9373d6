"""Binance Spot market streams: combined and raw frames, replies to requests, notices.

The hot path finds the kind of a frame in its first bytes (the stream's name, or the event's) and decodes it in one
typed pass. Frames in any other shape are looked at once more, slowly: key order is not promised by the venue.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import MarketEvent
from cryptobot_desktop.marketdata.wire.binance_frames import (
    AggTradeFrame,
    AveragePriceFrame,
    BookTickerFrame,
    CombinedFrame,
    DiffDepthFrame,
    KlineFrame,
    PartialDepthFrame,
    ProbeFrame,
    ReferencePriceFrame,
    TickerFrame,
    TradeFrame,
)
from cryptobot_desktop.marketdata.wire.binance_replies import read_event, read_reply
from cryptobot_desktop.marketdata.wire.events import (
    WireScale,
    WireScales,
    candle_event,
    delta_event,
    market_events,
    quote_event,
    trade_event,
)
from cryptobot_desktop.marketdata.wire.messages import (
    BboMessage,
    CandleMessage,
    DepthDeltaMessage,
    DepthSnapshotMessage,
    Ignore,
    Notice,
    PriceMessage,
    Rejected,
    TickerMessage,
    TradeMessage,
    WireMessage,
)
from cryptobot_desktop.marketdata.wire.texts import JSON_ERRORS, MAX_FRAME_BYTES, check_size, explain, plain, to_ms

_MICROSECONDS: Final = 10**14
_NAME_AT: Final = len('{"stream":"')
_KIND_AT: Final = len('{"e":"')
_MAX_STREAMS: Final = 4_096


class StreamKind(Struct, frozen=True):
    """How frames of one kind are read: typed decoders for raw and combined form, and what they mean."""

    raw: "msgspec.json.Decoder[Any]"
    combined: "msgspec.json.Decoder[Any]"
    read: Callable[[Any, str | None], WireMessage]


def _ms(time: int) -> int:
    return time if 0 <= time < _MICROSECONDS else to_ms(time)


def _trade(frame: TradeFrame | AggTradeFrame, _symbol: str | None) -> TradeMessage:
    # m says that the BUYER was the maker, so the taker sold.
    side = "sell" if frame.buyer_is_maker else "buy"
    time = frame.time
    if not 0 <= time < _MICROSECONDS:
        time = to_ms(time)
    return TradeMessage(frame.symbol, str(frame.id), frame.price, frame.qty, side, time)


def _quote(frame: BookTickerFrame, _symbol: str | None) -> BboMessage:
    return BboMessage(frame.symbol, frame.bid, frame.bid_qty, frame.ask, frame.ask_qty, frame.update_id)


def _candle(frame: KlineFrame, _symbol: str | None) -> CandleMessage:
    bar = frame.bar
    return CandleMessage(
        frame.symbol,
        bar.interval,
        _ms(bar.open_time),
        _ms(bar.close_time),
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.quote_volume,
        bar.trades,
        bar.closed,
    )


def _delta(frame: DiffDepthFrame, _symbol: str | None) -> DepthDeltaMessage:
    time = None if frame.time is None else _ms(frame.time)
    return DepthDeltaMessage(frame.symbol, frame.first, frame.last, frame.bids, frame.asks, time)


def _snapshot(frame: PartialDepthFrame, symbol: str | None) -> DepthSnapshotMessage:
    return DepthSnapshotMessage(symbol, frame.last_update_id, frame.bids, frame.asks)


def _ticker(frame: TickerFrame, _symbol: str | None) -> TickerMessage:
    rate = None if frame.change_percent is None else percent_to_fraction(frame.change_percent)
    return TickerMessage(
        symbol=frame.symbol,
        last=frame.last,
        high=frame.high,
        low=frame.low,
        bid=frame.bid,
        ask=frame.ask,
        volume=frame.volume,
        change=frame.change,
        change_rate=rate,
        time_ms=None if frame.time is None else _ms(frame.time),
        open=frame.open,
    )


def _tickers(frames: list[TickerFrame], _symbol: str | None) -> TickerMessage:
    return TickerMessage(items=[_ticker(frame, None) for frame in frames])


def _price(frame: AveragePriceFrame | ReferencePriceFrame, _symbol: str | None) -> PriceMessage:
    return PriceMessage(frame.symbol, frame.price)


def percent_to_fraction(text: str) -> str:
    """Return a percentage as a fraction, exactly: ``"1.600"`` -> ``"0.01600"``."""
    return plain(f"{text}e-2", "change in percent")


def _kind(frame_type: object, read: Callable[[Any, str | None], WireMessage]) -> StreamKind:
    raw: Any = frame_type
    combined: Any = CombinedFrame[raw]
    return StreamKind(msgspec.json.Decoder(raw), msgspec.json.Decoder(combined), read)


_TRADE: Final = _kind(TradeFrame, _trade)
_QUOTE: Final = _kind(BookTickerFrame, _quote)
_PARTIAL: Final = _kind(PartialDepthFrame, _snapshot)
_DIFF: Final = _kind(DiffDepthFrame, _delta)
_TICKER: Final = _kind(TickerFrame, _ticker)
_TICKERS: Final = _kind(list[TickerFrame], _tickers)

_BY_EVENT: Final[dict[str, StreamKind]] = {
    "trade": _TRADE,
    "blockTrade": _TRADE,
    "aggTrade": _kind(AggTradeFrame, _trade),
    "kline": _kind(KlineFrame, _candle),
    "depthUpdate": _DIFF,
    "24hrTicker": _TICKER,
    "24hrMiniTicker": _TICKER,
    "1hTicker": _TICKER,
    "4hTicker": _TICKER,
    "1dTicker": _TICKER,
    "avgPrice": _kind(AveragePriceFrame, _price),
    "referencePrice": _kind(ReferencePriceFrame, _price),
}
_BY_EVENT_START: Final = {event.encode(): kind for event, kind in _BY_EVENT.items()}
_BY_CHANNEL: Final[dict[str, StreamKind]] = {
    "bookTicker": _QUOTE,
    "trade": _TRADE,
    "blockTrade": _TRADE,
    "aggTrade": _BY_EVENT["aggTrade"],
    "depth": _DIFF,
    "depth5": _PARTIAL,
    "depth10": _PARTIAL,
    "depth20": _PARTIAL,
    "ticker": _TICKER,
    "miniTicker": _TICKER,
    "avgPrice": _BY_EVENT["avgPrice"],
    "referencePrice": _BY_EVENT["referencePrice"],
}
StreamPlan = tuple[
    Callable[[bytes], Any],
    Callable[[Any, str | None], WireMessage] | None,
    str | None,
    Callable[[Any, WireScale], MarketEvent],
]
"""Typed decoder, step to a wire message (None: the frame has its names), symbol in the name, step to the event."""
_CONVERTERS: Final[dict[Callable[[Any, str | None], WireMessage], Callable[[Any, WireScale], MarketEvent]]] = {
    _trade: trade_event,
    _quote: quote_event,
    _candle: candle_event,
    _delta: delta_event,
}
_FAST_FAILURES: Final = (*JSON_ERRORS, InvalidInput, KeyError)
_PROBE: Final = msgspec.json.Decoder(ProbeFrame)


def stream_kind(stream: str) -> tuple[StreamKind, str | None] | None:
    """Return how to read a stream by its name and the symbol in it; None for names that are not known.

    ``btcusdt@depth20@100ms`` -> partial depth of BTCUSDT; ``!miniTicker@arr`` -> a list without symbol.
    """
    symbol, _, rest = stream.partition("@")
    if symbol.startswith("!"):
        if rest == "arr":
            return _TICKERS, None
        return (_QUOTE, None) if symbol == "!bookTicker" else None
    channel = rest.partition("@")[0]
    kind = _BY_EVENT["kline"] if channel.startswith("kline_") else _BY_CHANNEL.get(channel)
    if kind is None and channel.startswith("ticker_"):
        kind = _TICKER
    return None if kind is None else (kind, symbol.upper())


class BinanceFrameReader:
    """Reads stream frames into wire messages; remembers the streams it has seen."""

    def __init__(self) -> None:
        self._streams: dict[bytes, tuple[StreamKind, str | None]] = {}

    def read(self, frame: str | bytes, stream_hint: str | None = None) -> WireMessage:
        """Return the message of a frame; never raises. `stream_hint` names the stream of a raw connection."""
        try:
            data = frame.encode() if isinstance(frame, str) else frame
            if len(data) > MAX_FRAME_BYTES:
                check_size(data, MAX_FRAME_BYTES)
            if data.startswith(b'{"stream":"'):
                name = data[_NAME_AT : data.find(b'"', _NAME_AT)]
                known = self._streams.get(name) or self._learn(name)
                if known is not None:
                    return known[0].read(known[0].combined.decode(data).data, known[1])
            elif data.startswith(b'{"e":"'):
                kind = _BY_EVENT_START.get(data[_KIND_AT : data.find(b'"', _KIND_AT)])
                if kind is not None:
                    return kind.read(kind.raw.decode(data), None)
            return self._look_closer(data, stream_hint)
        except JSON_ERRORS as error:
            return Rejected(f"frame is not what it should be: {explain(error)}")
        except InvalidInput as error:
            return Rejected(str(error))

    def _learn(self, name: bytes) -> tuple[StreamKind, str | None] | None:
        """Find out how to read a stream that was not seen before; escaped and unknown names take the slow way."""
        if b"\\" in name:
            return None
        found = stream_kind(name.decode())
        if found is not None and len(self._streams) < _MAX_STREAMS:
            self._streams[name] = found
        return found

    def _look_closer(self, data: bytes, stream: str | None) -> WireMessage:
        """Read a frame by its key set: other key order, no event name, replies, notices, array events."""
        if data.lstrip()[:1] == b"[":
            listed = _TICKERS.raw.decode(data)
            return _tickers(listed, None) if listed else Ignore("empty list")
        probe = _PROBE.decode(data)
        if isinstance(probe.stream, str) and isinstance(probe.data, Raw):
            found = stream_kind(probe.stream)
            if found is not None:
                return found[0].read(found[0].raw.decode(probe.data), found[1])
            inner = bytes(probe.data)
            return self._by_keys(_PROBE.decode(inner), inner, None)
        return self._by_keys(probe, data, stream)

    def _by_keys(self, probe: ProbeFrame, data: bytes, stream: str | None) -> WireMessage:
        if isinstance(probe.e, str):
            return self._event(probe, probe.e, data)
        hinted = None if stream is None else stream_kind(stream)
        if isinstance(probe.u, Raw):
            return _QUOTE.read(_QUOTE.raw.decode(data), None)
        if isinstance(probe.last_update_id, Raw):
            return _PARTIAL.read(_PARTIAL.raw.decode(data), hinted[1] if hinted else None)
        reply = read_reply(probe, data)
        if reply is not None:
            return reply
        if hinted is not None:
            return hinted[0].read(hinted[0].raw.decode(data), hinted[1])
        return Ignore("unknown message")

    def _event(self, probe: ProbeFrame, event: str, data: bytes) -> WireMessage:
        kind = _BY_EVENT.get(event)
        if kind is not None:
            return kind.read(kind.raw.decode(data), None)
        return read_event(event, data)


class BinanceStreamDecoder:
    """From frames to domain events for a set of instruments, keyed by the venue's symbol (``BTCUSDT``)."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._reader = BinanceFrameReader()
        self._scales = WireScales(instruments)
        self._plans: dict[bytes, StreamPlan] = {}

    def decode(self, frame: str | bytes, stream_hint: str | None = None) -> list[MarketEvent] | Notice:
        """Return the events of a frame, or one notice; never raises.

        Unknown symbols and message types give Ignore, frames that must not be believed give Rejected.
        """
        data: str | bytes = frame
        try:
            data = frame.encode() if isinstance(frame, str) else frame
            plan = self._plans.get(data[_NAME_AT : data.find(b'"', _NAME_AT)])
            if plan is not None:
                decode, read, symbol, convert = plan
                found = decode(data).data
                message: Any = found if read is None else read(found, symbol)
                return [convert(message, self._scales[message.symbol])]
            self._plan(data)
        except _FAST_FAILURES:
            pass  # the reader below looks again, slowly, and says what is wrong
        return market_events(self._reader.read(data, stream_hint), self._scales)

    def _plan(self, data: bytes) -> None:
        """Remember how to take frames of this stream from text to event in one go, where one frame is one event."""
        if not data.startswith(b'{"stream":"') or len(self._plans) >= _MAX_STREAMS:
            return
        name = data[_NAME_AT : data.find(b'"', _NAME_AT)]
        found = None if b"\\" in name else stream_kind(name.decode())
        convert = None if found is None else _CONVERTERS.get(found[0].read)
        if found is not None and convert is not None:
            kind, symbol = found
            self._plans[name] = (kind.combined.decode, None if kind is _QUOTE else kind.read, symbol, convert)

"""Binance REST answers as domain objects. Call `http.classify_http` first; bad bodies raise InvalidInput here."""

from collections.abc import Mapping
from typing import TypeVar

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import BookSnapshot, Candle, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire.binance_filters import InstrumentList, read_instrument
from cryptobot_desktop.marketdata.wire.binance_pages import read_klines, read_page
from cryptobot_desktop.marketdata.wire.context import FrameContext
from cryptobot_desktop.marketdata.wire.events import WireScale, WireScales, candle_event, market_events
from cryptobot_desktop.marketdata.wire.messages import Control
from cryptobot_desktop.marketdata.wire.texts import read_json, record, rows

Body = str | bytes
Event = TypeVar("Event")


def decode_exchange_info(body: Body) -> InstrumentList:
    """Return all instruments of ``/api/v3/exchangeInfo``; rows that cannot be represented are listed apart."""
    instruments: list[Instrument] = []
    skipped: list[tuple[str, str]] = []
    for row in rows(record(read_json(body), "exchangeInfo").get("symbols"), "symbols"):
        try:
            instruments.append(read_instrument(row))
        except InvalidInput as error:
            name = row.get("symbol") if isinstance(row, dict) else None
            skipped.append((str(name), str(error)))
    return InstrumentList(instruments, skipped)


def decode_klines(body: Body, instrument: Instrument, timeframe: Timeframe, server_ms: int) -> list[Candle]:
    """Return bars, oldest first; the running one (close time not before server_ms) has ``closed`` False."""
    context = FrameContext(symbol=instrument.symbol, interval=timeframe.value, server_time_ms=server_ms)
    scale = WireScale(instrument)
    bars = {bar.open_time_ms: bar for bar in read_klines(read_json(body), context)}
    return [candle_event(bars[time], scale) for time in sorted(bars)]


def decode_depth(body: Body, instrument: Instrument) -> BookSnapshot:
    """Return the book of ``/api/v3/depth``."""
    return _only(_events(body, "depth", instrument, BookSnapshot), "depth")


def decode_trades(body: Body, instrument: Instrument) -> list[Trade]:
    """Return the trades of ``trades`` or ``aggTrades``, in the venue's order (oldest first)."""
    return _events(body, "trades", instrument, Trade)


def decode_ticker_24hr(body: Body, instruments: Mapping[str, Instrument]) -> list[Ticker]:
    """Return the rolling figures of known instruments, from one ticker or a list."""
    message = read_page(read_json(body), FrameContext(path="/api/v3/ticker/24hr"))
    return select(market_events(message, WireScales(instruments)), Ticker, "ticker/24hr")


def decode_server_time(body: Body) -> int:
    """Return the server's UTC milliseconds."""
    message = read_page(read_json(body), FrameContext(path="/api/v3/time"))
    if not isinstance(message, Control) or message.time_ms is None:
        raise InvalidInput("server time is missing in the answer")
    return message.time_ms


def select(found: object, kind: type[Event], name: str) -> list[Event]:
    """Return events that must all be of one kind; a notice in their place is refused with its reason."""
    if not isinstance(found, list):
        raise InvalidInput(f"{name} is not usable: {getattr(found, 'reason', found)}")
    return [event for event in found if isinstance(event, kind)]


def _events(body: Body, path: str, instrument: Instrument, kind: type[Event]) -> list[Event]:
    context = FrameContext(path=f"/api/v3/{path}", symbol=instrument.symbol)
    message = read_page(read_json(body), context)
    return select(market_events(message, WireScales({instrument.symbol: instrument})), kind, path)


def _only(events: list[Event], name: str) -> Event:
    if len(events) != 1:
        raise InvalidInput(f"{name} has {len(events)} entries, allowed: 1")
    return events[0]

"""KuCoin REST answers as domain objects. Call `http.classify_http` first; bad bodies raise InvalidInput here."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import BookSnapshot, Candle, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire.binance_filters import InstrumentList
from cryptobot_desktop.marketdata.wire.binance_rest import Body, select
from cryptobot_desktop.marketdata.wire.context import FrameContext
from cryptobot_desktop.marketdata.wire.events import WireScale, WireScales, candle_event, market_events
from cryptobot_desktop.marketdata.wire.http import KUCOIN_OK, classify_body
from cryptobot_desktop.marketdata.wire.kucoin_pages import first_server, read_candles, read_page
from cryptobot_desktop.marketdata.wire.kucoin_symbols import read_instrument
from cryptobot_desktop.marketdata.wire.texts import integer, read_json, record, rows, text, time_ms

Event = TypeVar("Event")


class BulletToken(Struct, frozen=True):
    """Where to connect, with which token, and how often to ping; a token serves one connection."""

    token: str
    endpoint: str
    ping_interval_ms: int
    ping_timeout_ms: int


def decode_envelope(body: Body) -> object:
    """Return the data of an answer; InvalidInput when the envelope says that it failed."""
    content = record(read_json(body), "answer")
    trouble = classify_body("kucoin", None, None, content)
    if trouble is not None or str(content.get("code")) != KUCOIN_OK:
        what = f"code {trouble.code}: {trouble.message}" if trouble else "no code"
        raise InvalidInput(f"answer is a failure, {what}")
    return content.get("data")


def decode_symbols(body: Body) -> InstrumentList:
    """Return all instruments of ``/api/v2/symbols`` (or v1); rows that cannot be represented are listed apart."""
    instruments: list[Instrument] = []
    skipped: list[tuple[str, str]] = []
    data = decode_envelope(body)
    for row in [data] if isinstance(data, dict) else rows(data, "symbols"):
        try:
            instruments.append(read_instrument(row))
        except InvalidInput as error:
            name = row.get("symbol") if isinstance(row, dict) else None
            skipped.append((str(name), str(error)))
    return InstrumentList(instruments, skipped)


def decode_candles(body: Body, instrument: Instrument, timeframe: Timeframe, server_ms: int) -> list[Candle]:
    """Return bars, oldest first, one per opening time; the running one has ``closed`` False. Holes are left."""
    context = FrameContext(symbol=instrument.symbol, interval=timeframe.value, server_time_ms=server_ms)
    scale = WireScale(instrument)
    bars = {bar.open_time_ms: bar for bar in read_candles(decode_envelope(body), context)}
    return [candle_event(bars[time], scale) for time in sorted(bars)]


def decode_level2(body: Body, instrument: Instrument) -> BookSnapshot:
    """Return the book of ``level2``, ``level2_20`` or ``level2_100``; `update_id` is the venue's sequence."""
    events = _events(body, "/api/v1/market/orderbook/level2_100", instrument, BookSnapshot)
    if len(events) != 1:
        raise InvalidInput(f"order book of {instrument.symbol} is missing in the answer")
    return events[0]


def decode_histories(body: Body, instrument: Instrument) -> list[Trade]:
    """Return the latest trades, oldest first; the id is the venue's sequence."""
    trades = _events(body, "/api/v1/market/histories", instrument, Trade)
    return sorted(trades, key=lambda trade: trade.venue_ms)


def decode_all_tickers(body: Body, instruments: Mapping[str, Instrument]) -> list[Ticker]:
    """Return the rolling figures of known instruments from ``allTickers`` or ``stats``."""
    content = {"code": KUCOIN_OK, "data": decode_envelope(body)}
    found = market_events(read_page(content, FrameContext()), WireScales(instruments))
    return select(found, Ticker, "tickers")


def decode_bullet(body: Body) -> BulletToken:
    """Return token, endpoint and ping times of ``bullet-public``; the endpoint must be a WebSocket address."""
    data = decode_envelope(body)
    server = first_server(data)
    endpoint = text(server.get("endpoint"), "endpoint")
    if not endpoint.startswith(("wss://", "ws://")):
        raise InvalidInput(f"endpoint is {endpoint!r}, allowed: a wss:// or ws:// address")
    return BulletToken(
        token=text(record(data, "bullet").get("token"), "token"),
        endpoint=endpoint,
        ping_interval_ms=_interval(server, "pingInterval"),
        ping_timeout_ms=_interval(server, "pingTimeout"),
    )


def _interval(server: dict[str, object], name: str) -> int:
    found = integer(server.get(name), name)
    if found <= 0:
        raise InvalidInput(f"{name} is {found}, allowed: above 0")
    return found


def decode_timestamp(body: Body) -> int:
    """Return the server's UTC milliseconds."""
    return time_ms(decode_envelope(body), "timestamp")


def _events(body: Body, path: str, instrument: Instrument, kind: type[Event]) -> list[Event]:
    context = FrameContext(path=path, symbol=instrument.symbol)
    message = read_page({"code": KUCOIN_OK, "data": decode_envelope(body)}, context)
    return select(market_events(message, WireScales({instrument.symbol: instrument})), kind, path)

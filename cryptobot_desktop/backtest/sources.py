"""Recorded data as market events: candle files, trade files, recordings of raw frames."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, ClockTick, FeedState, FeedStatus, Received, Trade
from cryptobot_desktop.domain.timeframe import MINUTE_MS, bar_end_ms
from cryptobot_desktop.engine.assembly import EXCHANGE
from cryptobot_desktop.engine.session import MarketShape
from cryptobot_desktop.marketdata.candle_files import NamedPair, read_candles, read_trades
from cryptobot_desktop.marketdata.tape import open_tape, tape_events

FILE_SYMBOL = "BTC/USDT"
"""What a candle or trade file is taken to be about when nobody says."""
_TRADE_COLUMNS = {"price", "qty"}


class RecordedData(Struct, frozen=True, kw_only=True):
    """Events in order of time, and what they are about."""

    label: str
    instruments: tuple[Instrument, ...]
    events: Iterable[Received]
    start_ms: int
    shape: MarketShape
    findings: tuple[str, ...] = ()


def open_data(path: Path, *, symbol: str, venue: Venue) -> RecordedData:
    """Open a candle file, a trade file or a recording, told apart by their content.

    InvalidInput names the file (and line) when it is none of them.
    """
    if not path.is_file():
        raise InvalidInput(f"data file {path} does not exist; give a candles CSV, a trades CSV or a recording")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".json")):
        tape = open_tape(path)
        return RecordedData(
            label=f"recording {path.name}",
            instruments=tape.instruments,
            events=tape_events(tape),
            start_ms=tape.first_ms,
            shape=EXCHANGE,
            findings=tape.notes,
        )
    about = NamedPair(symbol, venue)
    if set(_header(path)) >= _TRADE_COLUMNS:
        trades = read_trades(path, about)
        return _from_trades(trades.instrument, trades.trades, f"trades {path.name}", trades.findings)
    file = read_candles(path, about)
    return from_candles(file.instrument, file.candles, label=f"candles {path.name}", findings=file.findings)


def from_candles(
    instrument: Instrument, candles: list[Candle], *, label: str = "candles", findings: tuple[str, ...] = ()
) -> RecordedData:
    """Return closed bars (oldest first) as a market without books: each bar is known at its end."""
    if not candles:
        raise InvalidInput(f"{label} holds no bars; nothing can be tested on it")
    return RecordedData(
        label=label,
        instruments=(instrument,),
        events=_candle_events(instrument, candles),
        start_ms=candles[0].open_ms,
        shape=MarketShape(has_books=False, base=candles[0].timeframe),
        findings=findings,
    )


def _candle_events(instrument: Instrument, candles: list[Candle]) -> Iterator[Received]:
    yield Received(candles[0].open_ms, FeedStatus(instrument.id, FeedState.LIVE))
    length = candles[0].timeframe.length_ms
    for candle in candles:
        yield Received(candle.open_ms + length if length else bar_end_ms(candle.open_ms, candle.timeframe), candle)


def _from_trades(instrument: Instrument, trades: list[Trade], label: str, findings: tuple[str, ...]) -> RecordedData:
    if not trades:
        raise InvalidInput(f"{label} holds no trades; nothing can be tested on it")
    return RecordedData(
        label=label,
        instruments=(instrument,),
        events=_trade_events(instrument, trades),
        start_ms=trades[0].venue_ms,
        shape=MarketShape(has_books=False),
        findings=findings,
    )


def _trade_events(instrument: Instrument, trades: list[Trade]) -> Iterator[Received]:
    yield Received(trades[0].venue_ms, FeedStatus(instrument.id, FeedState.LIVE))
    minute = trades[0].venue_ms // MINUTE_MS
    for trade in trades:
        if trade.venue_ms // MINUTE_MS > minute:
            minute = trade.venue_ms // MINUTE_MS
            yield Received(trade.venue_ms, ClockTick(trade.venue_ms))
        yield Received(trade.venue_ms, trade)


def _header(path: Path) -> list[str]:
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as lines:
            return [cell.strip() for cell in next(csv.reader(lines), [])]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"data file {path} cannot be read as text: {error}") from None

"""Recordings of raw frames (JSON Lines, plain or gzip) as market events, through the same decoders as the feeds.

Each line is ``{"t_ns": local receive time, "src": "ws" | "rest" | "ws_out", "url": for rest, "raw": the exact text}``,
in the order of arrival. A tape holds no reference data, so precision is taken from the digits that its frames use.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BookDelta, BookSnapshot, FeedState, FeedStatus, Received
from cryptobot_desktop.marketdata.book_sync import BookSync
from cryptobot_desktop.marketdata.tape_survey import TapeSurvey
from cryptobot_desktop.marketdata.text_files import FileLines
from cryptobot_desktop.marketdata.wire import binance_pages, kucoin_pages
from cryptobot_desktop.marketdata.wire.binance import BinanceFrameReader
from cryptobot_desktop.marketdata.wire.context import FrameContext, context_of
from cryptobot_desktop.marketdata.wire.events import WireScales, market_events
from cryptobot_desktop.marketdata.wire.kucoin import KucoinFrameReader
from cryptobot_desktop.marketdata.wire.messages import Rejected, WireMessage
from cryptobot_desktop.marketdata.wire.texts import JSON_ERRORS, explain, read_json, shown

_MAX_NOTES: Final = 20
_LOOK_AT: Final = 300
_KUCOIN_MARK: Final = re.compile(r'"topic"|"subject"|"type" *: *"welcome"|^{"code"')
_BINANCE_MARK: Final = re.compile(r'"stream" *:|"e" *: *"|"lastUpdateId"')


class TapeLine(Struct, frozen=True):
    """One line of a recording."""

    t_ns: int
    src: Literal["ws", "rest", "ws_out"]
    raw: str
    url: str = ""


_DECODER: Final = msgspec.json.Decoder(TapeLine)


class Tape(Struct, frozen=True):
    """What a recording holds, read once: its venue, instruments (precision from the frames), span and notes."""

    path: Path
    venue: Venue
    instruments: tuple[Instrument, ...]
    single_trades: frozenset[str]
    """Symbols whose single trades are recorded, so that combined ones (aggTrade) would count twice."""
    first_ms: int
    last_ms: int
    rows: int
    notes: tuple[str, ...]
    """What was found and mended, e.g. a torn last line."""


class _TapeReader:
    """Turns lines into wire messages: stream frames by the venue's reader, REST answers by their path."""

    def __init__(self, venue: Venue) -> None:
        self._stream = BinanceFrameReader() if venue is Venue.BINANCE else KucoinFrameReader()
        self._read_page = binance_pages.read_page if venue is Venue.BINANCE else kucoin_pages.read_page

    def read(self, line: TapeLine) -> WireMessage | None:
        """Return the message of a line; None for what the recorder itself sent."""
        if line.src == "ws":
            return self._stream.read(line.raw)
        return None if line.src == "ws_out" else self._rest(line)

    def _rest(self, line: TapeLine) -> WireMessage:
        try:
            return self._read_page(read_json(line.raw), rest_context(line.url))
        except InvalidInput as error:
            return Rejected(str(error))


def rest_context(url: str) -> FrameContext:
    """Return path and symbol of a recorded address, with or without scheme and host."""
    return context_of(url[max(url.find("/api/"), 0) :], {})


def open_tape(path: Path) -> Tape:
    """Read a recording through once; InvalidInput names the file and the line that cannot be used."""
    venue = _venue_of(path)
    reader, survey, notes = _TapeReader(venue), TapeSurvey(), list[str]()
    first_ns = last_ns = rows = 0
    for number, line in _lines(path, notes):
        first_ns, last_ns, rows = first_ns or line.t_ns, line.t_ns, rows + 1
        message = reader.read(line)
        if isinstance(message, Rejected):
            if len(notes) < _MAX_NOTES:
                notes.append(f"line {number} was left out: {message.reason}")
        elif message is not None:
            survey.see(message, combined=_is_combined_trade(line))
    if not survey.symbols:
        raise InvalidInput(f"recording {path} holds no market data of Binance or KuCoin in its {rows} lines")
    return Tape(
        path,
        venue,
        survey.instruments(venue),
        survey.single_trades,
        first_ns // 1_000_000,
        last_ns // 1_000_000,
        rows,
        tuple(notes),
    )


def tape_events(tape: Tape) -> Iterator[Received]:
    """Yield the recording's market events in the order of arrival; first says that each instrument is LIVE."""
    for instrument in tape.instruments:
        yield Received(tape.first_ms, FeedStatus(instrument.id, FeedState.LIVE, f"recording {tape.path.name}"))
    reader, scales = _TapeReader(tape.venue), WireScales({i.symbol: i for i in tape.instruments})
    for _, line in _lines(tape.path, []):
        message = reader.read(line)
        if message is None or (_is_combined_trade(line) and getattr(message, "symbol", None) in tape.single_trades):
            continue
        events = market_events(message, scales)
        if isinstance(events, list):
            received_ms = line.t_ns // 1_000_000
            for event in events:
                yield Received(received_ms, event)


def replay_books(tape: Tape) -> dict[str, BookSync]:
    """Return the books at the recording's end by symbol; those of symbols without book data stay empty."""
    books = {instrument.id: BookSync(tape.venue) for instrument in tape.instruments}
    for received in tape_events(tape):
        event = received.event
        if isinstance(event, BookDelta):
            books[event.instrument].on_delta(event)
        elif isinstance(event, BookSnapshot) and event.update_id:
            books[event.instrument].on_snapshot(event)
    return {instrument.symbol: books[instrument.id] for instrument in tape.instruments}


def _lines(path: Path, notes: list[str]) -> Iterator[tuple[int, TapeLine]]:
    """Yield numbered lines; a torn last line is cut off with a note, any other bad line is an error."""
    source = FileLines(path)
    for number, text in enumerate(source, start=1):
        if not text:
            continue
        try:
            line = _DECODER.decode(text)
        except JSON_ERRORS as error:
            if source.torn:
                break
            raise InvalidInput(
                f"recording {path}, line {number} is not a recorded frame: {explain(error)}; it was {shown(text)}"
            ) from None
        yield number, line
    if source.torn:
        notes.append("the file ends in the middle of a line, as after a crash; what was before it is used")


def _venue_of(path: Path) -> Venue:
    """Return whose frames a recording holds, by the first line that tells."""
    for _, line in _lines(path, []):
        if "kucoin" in line.url or _KUCOIN_MARK.search(line.raw[:_LOOK_AT]):
            return Venue.KUCOIN
        if "binance" in line.url or "/api/v3/depth" in line.url or _BINANCE_MARK.search(line.raw[:_LOOK_AT]):
            return Venue.BINANCE
    raise InvalidInput(f"recording {path} holds no frames of Binance or KuCoin")


def _is_combined_trade(line: TapeLine) -> bool:
    return '"aggTrade"' in line.raw[:_LOOK_AT]

"""Recorded tapes: JSON Lines of raw exchange frames in the order in which they were received.

A line is ``{"t_ns": local receive time, "src": "ws" | "rest" | "ws_out", "url": rest only, "raw": exact text}``;
the file may be gzip. `read_tape` sorts the lines into what a venue played from the tape needs.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec
import orjson
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue

NS_PER_MS = 1_000_000
_GZIP_MAGIC = b"\x1f\x8b"
_DATA_KEY = '"data":'


class TapeLine(Struct, frozen=True):
    """One line as it stands in the file."""

    t_ns: int
    src: Literal["ws", "rest", "ws_out"]
    raw: str
    url: str = ""


class TapeFrame(Struct, frozen=True, gc=False):
    """One push of the tape: `payload` is the exact event text without Binance's combined wrapper."""

    at_ms: int
    topic: str
    symbol: str
    payload: bytes


class TapeSnapshot(Struct, frozen=True):
    """One recorded REST answer; `index` is the number of frames that were received before it."""

    at_ms: int
    index: int
    path: str
    symbol: str
    body: bytes


class Tape(Struct, frozen=True):
    """A whole tape in memory."""

    name: str
    venue: Venue
    frames: tuple[TapeFrame, ...]
    snapshots: tuple[TapeSnapshot, ...]
    warnings: tuple[str, ...] = ()

    @property
    def start_ms(self) -> int:
        """Return the receive time of the first row."""
        times = [rows[0].at_ms for rows in (self.frames, self.snapshots) if rows]
        return min(times)


def read_tape(path: Path) -> Tape:
    """Return a tape from a file.

    A torn last line (or a torn end of the gzip stream) is cut with a warning; a malformed line, an unreadable
    file or one without frames raises InvalidInput that names the file and the line.
    """
    warnings: list[str] = []
    frames: list[TapeFrame] = []
    snapshots: list[TapeSnapshot] = []
    venues: set[Venue] = set()
    at_ms = 0
    for line in _lines(path, warnings):
        at_ms = max(at_ms, line.t_ns // NS_PER_MS)
        if line.src == "ws":
            frame = _frame(line.raw, at_ms, venues)
            if frame:
                frames.append(frame)
        elif line.src == "rest":
            snapshot = _snapshot(line, at_ms, len(frames), venues)
            if snapshot:
                snapshots.append(snapshot)
    if len(venues) != 1 or not frames:
        found = ", ".join(sorted(venue.value for venue in venues)) or "none"
        raise InvalidInput(f"tape {path}: frames of exactly one venue are needed, found: {found}")
    return Tape(path.name, venues.pop(), tuple(frames), tuple(snapshots), tuple(warnings))


def _lines(path: Path, warnings: list[str]) -> Iterator[TapeLine]:
    """Yield the lines; only the last one may be torn."""
    decoder = msgspec.json.Decoder(TapeLine)
    rows = _unpack(path, warnings).split(b"\n")
    complete, tail = rows[:-1], rows[-1]
    for number, row in enumerate(complete, start=1):
        if not row.strip():
            continue
        try:
            yield decoder.decode(row)
        except msgspec.DecodeError as problem:
            raise InvalidInput(f"tape {path}, line {number}: {problem}; nothing was played") from None
    if tail.strip():
        try:
            yield decoder.decode(tail)
        except msgspec.DecodeError:
            warnings.append(f"tape {path.name}: line {len(rows)} is torn and was cut")


def _unpack(path: Path, warnings: list[str]) -> bytes:
    """Return the file's text, unpacked when it is gzip."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise InvalidInput(f"tape {path} cannot be read: {problem.strerror}") from None
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        warnings.append(f"tape {path.name}: the gzip stream is torn; what could be unpacked was used")
        return _unpack_torn(path, data)


def _unpack_torn(path: Path, data: bytes) -> bytes:
    """Return what can be unpacked of a torn gzip stream."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data)
    except zlib.error as problem:
        raise InvalidInput(f"tape {path} is not readable as gzip: {problem}") from None


def _frame(raw: str, at_ms: int, venues: set[Venue]) -> TapeFrame | None:
    """Return a push; welcomes, acks and pongs of the recording session are left out."""
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(message, dict):
        return None
    if "topic" in message:
        venues.add(Venue.KUCOIN)
        return TapeFrame(at_ms, message["topic"], _kucoin_symbol(message["topic"]), raw.encode())
    stream = message.get("stream")
    if isinstance(stream, str):
        venues.add(Venue.BINANCE)
        start = raw.index(_DATA_KEY) + len(_DATA_KEY)
        payload = raw[start : raw.rindex("}")].strip()
        return TapeFrame(at_ms, stream, stream.partition("@")[0].upper(), payload.encode())
    return _raw_stream_frame(message, raw, at_ms, venues)


def _kucoin_symbol(topic: str) -> str:
    """Return the symbol in a topic such as ``/market/candles:BTC-USDT_1min``."""
    return topic.partition(":")[2].partition("_")[0]


def _raw_stream_frame(message: dict[str, Any], raw: str, at_ms: int, venues: set[Venue]) -> TapeFrame | None:
    """Return a Binance event recorded without the combined wrapper, its stream name made from its type."""
    symbol, kind = message.get("s"), message.get("e")
    if not isinstance(symbol, str):
        return None
    names = {"trade": "trade", "aggTrade": "aggTrade", "depthUpdate": "depth@100ms", "24hrMiniTicker": "miniTicker"}
    if kind is None and "u" in message and "B" in message:
        name = "bookTicker"
    elif kind == "kline":
        name = f"kline_{message['k']['i']}"
    elif isinstance(kind, str) and kind in names:
        name = names[kind]
    else:
        return None
    venues.add(Venue.BINANCE)
    return TapeFrame(at_ms, f"{symbol.lower()}@{name}", symbol, raw.encode())


def _snapshot(line: TapeLine, at_ms: int, index: int, venues: set[Venue]) -> TapeSnapshot | None:
    """Return a recorded book answer; other REST answers are not played."""
    # Recorders wrote the URL with or without scheme and host.
    parts = urlsplit(line.url[max(0, line.url.find("/api/")) :])
    path = parts.path
    if path == "/api/v3/depth":
        venues.add(Venue.BINANCE)
    elif "/market/orderbook/level2" in path:
        venues.add(Venue.KUCOIN)
    else:
        return None
    symbol = dict(parse_qsl(parts.query)).get("symbol", "")
    return TapeSnapshot(at_ms, index, path, symbol, line.raw.encode())

"""Entries of a capsule as compact rows: MessagePack arrays that begin with a number for the kind.

Market events are flattened to (kind, time received, fields in the order of their class); a class may get new
fields at its end, older capsules then read with their defaults.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Union

import msgspec
from msgspec import Struct
from msgspec.structs import astuple, fields

from cryptobot_desktop.domain.commands import Command
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import (
    BestQuote,
    BookDelta,
    BookSnapshot,
    Candle,
    ClockTick,
    FeedStatus,
    Received,
    Ticker,
    Trade,
)
from cryptobot_desktop.domain.recording import (
    Checkpoint,
    CommandTaken,
    Entry,
    FactSeen,
    HistoryLoaded,
    IntakeSet,
    SessionEnded,
    SessionOpened,
    SessionStart,
    TimeSet,
    Watched,
)

EVENTS: tuple[type[Struct], ...] = (
    Trade,
    BestQuote,
    BookSnapshot,
    BookDelta,
    Candle,
    Ticker,
    FeedStatus,
    ClockTick,
)
"""The kinds of market events; their place is their number in the file, so new ones come at the end."""
_EVENT_NUMBERS = {kind: number for number, kind in enumerate(EVENTS)}


class _TimeSet(Struct, array_like=True, tag=20):
    at_ms: int


class _Watched(Struct, array_like=True, tag=21):
    instrument: Instrument


class _Opened(Struct, array_like=True, tag=23):
    pass


class _Command(Struct, array_like=True, tag=24):
    command_id: int
    command: Command
    at_ms: int
    instrument: Instrument | None = None
    refusal: str = ""


class _Intake(Struct, array_like=True, tag=25):
    refusal: str


class _Fact(Struct, array_like=True, tag=30):
    fact: Fact


class _Checkpoint(Struct, array_like=True, tag=31):
    checkpoint: Checkpoint


class _Ended(Struct, array_like=True, tag=32):
    ended: SessionEnded


def _flat(number: int, kind: type[Struct]) -> type[Struct]:
    """Return the row of a market event as a type that decodes itself."""
    own = [(f.name, f.type) if f.required else (f.name, f.type, f.default) for f in fields(kind)]
    return msgspec.defstruct(
        f"{kind.__name__}Row", [("received_ms", int), *own], array_like=True, tag=number, gc=False, module=__name__
    )


_ROWS = tuple(_flat(number, kind) for number, kind in enumerate(EVENTS))
_CandleRow = _ROWS[EVENTS.index(Candle)]


class _History(Struct, array_like=True, tag=22):
    instrument: InstrumentId
    rows: tuple[_CandleRow, ...]  # type: ignore[valid-type]


_ROW_EVENTS = dict(zip(_ROWS, EVENTS, strict=True))
_Row: Any = Union[(*_ROWS, _TimeSet, _Watched, _History, _Opened, _Intake, _Command, _Fact, _Checkpoint, _Ended)]

_encode = msgspec.msgpack.Encoder().encode
_decode_rows = msgspec.msgpack.Decoder(list[_Row]).decode
_decode_start = msgspec.msgpack.Decoder(SessionStart).decode


def encode_start(start: SessionStart) -> bytes:
    """Return what the first block of a capsule holds."""
    return _encode(start)


def decode_start(data: bytes) -> SessionStart:
    """Return what `encode_start` was given; msgspec.DecodeError (a ValueError) when it is something else."""
    return _decode_start(data)


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """Return what a block holds."""
    return _encode([_row(entry) for entry in entries])


def decode_entries(data: bytes) -> list[Entry]:
    """Return what `encode_entries` was given; msgspec.DecodeError (a ValueError) when it is something else."""
    return [_entry(row) for row in _decode_rows(data)]


def _row(entry: Entry) -> Sequence[Any] | Struct:
    if isinstance(entry, Received):
        event = entry.event
        return (_EVENT_NUMBERS[type(event)], entry.received_ms, *astuple(event))
    return _TO_ROW[type(entry)](entry)


def _entry(row: Any) -> Entry:  # noqa: ANN401 - one of the row types above
    kind = _ROW_EVENTS.get(type(row))
    if kind is not None:
        received_ms, *values = astuple(row)
        return Received(received_ms, kind(*values))  # type: ignore[arg-type]
    return _FROM_ROW[type(row)](row)


def _candle_row(candle: Candle) -> Struct:
    return _CandleRow(0, *astuple(candle))


_TO_ROW: dict[type, Callable[[Any], Struct]] = {
    FactSeen: lambda entry: _Fact(entry.fact),
    CommandTaken: lambda entry: _Command(*astuple(entry)),
    Checkpoint: _Checkpoint,
    HistoryLoaded: lambda entry: _History(entry.instrument, tuple(map(_candle_row, entry.candles))),
    Watched: lambda entry: _Watched(entry.instrument),
    TimeSet: lambda entry: _TimeSet(entry.at_ms),
    SessionOpened: lambda _: _Opened(),
    IntakeSet: lambda entry: _Intake(entry.refusal),
    SessionEnded: _Ended,
}
_FROM_ROW: dict[type, Callable[[Any], Entry]] = {
    _Fact: lambda row: FactSeen(row.fact),
    _Command: lambda row: CommandTaken(*astuple(row)),
    _Checkpoint: lambda row: row.checkpoint,
    _History: lambda row: HistoryLoaded(row.instrument, tuple(Candle(*astuple(bar)[1:]) for bar in row.rows)),
    _Watched: lambda row: Watched(row.instrument),
    _TimeSet: lambda row: TimeSet(row.at_ms),
    _Opened: lambda _: SessionOpened(),
    _Intake: lambda row: IntakeSet(row.refusal),
    _Ended: lambda row: row.ended,
}

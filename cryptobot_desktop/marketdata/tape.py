"""Recordings of raw frames (JSON Lines, plain or gzip) as market events, through the same decoders as the feeds."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.marketdata.book_sync import BookSync


class Tape(Struct, frozen=True):
    """What a recording holds, read once: its venue, instruments (precision from the frames), span and notes."""

    path: Path
    venue: Venue
    instruments: tuple[Instrument, ...]
    first_ms: int
    last_ms: int
    rows: int
    notes: tuple[str, ...]
    """What was found and mended, e.g. a torn last line."""


def open_tape(path: Path) -> Tape:
    """Read a recording through once; InvalidInput names the file and the line that cannot be used."""
    raise NotImplementedError


def tape_events(tape: Tape) -> Iterator[Received]:
    """Yield the recording's market events in the order of arrival; first says that each instrument is LIVE."""
    raise NotImplementedError


def replay_books(tape: Tape) -> dict[str, BookSync]:
    """Return the books at the recording's end by symbol."""
    raise NotImplementedError

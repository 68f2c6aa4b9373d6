"""The only door of the engine: typed commands in, immutable snapshots and numbered notices out.

Two lanes lead out. *State* is one slot in which the newest snapshot wins. *Notices* are facts with
consecutive numbers in a bounded queue that is never merged; whoever reads too slowly sees `lost`.
Every method may be called from any thread and none of them waits for the engine.
"""

import threading
from collections import deque
from collections.abc import Callable

import numpy as np
from msgspec import Struct

from cryptobot_desktop.domain.commands import Command
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.snapshot import EngineSnapshot

NOTICE_LIMIT = 4_096


class Notice(Struct, frozen=True):
    """A fact with its place in the stream of notices."""

    seq: int
    fact: Fact


class NoticeBatch(Struct, frozen=True):
    """What came after a given number; `lost` says that older notices were dropped before they were read."""

    notices: tuple[Notice, ...]
    lost: bool


class CandleArrays(Struct, frozen=True):
    """Closed bars as read-only arrays of equal length plus the forming bar.

    `open_ms` is int64 (UTC ms), the others float64 in natural units. `revision` changes when older
    bars were inserted or corrected; otherwise bars are only appended. `forming` is
    (open_ms, open, high, low, close, volume) or None.
    """

    revision: int
    open_ms: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    forming: tuple[int, float, float, float, float, float] | None = None
    synthetic: bool = False


class EngineHandle:
    """Shared by the engine thread and its front ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commands: deque[tuple[int, Command]] = deque()
        self._next_command = 1
        self._wake: Callable[[], None] | None = None
        self._snapshot: EngineSnapshot | None = None
        self._notices: deque[Notice] = deque(maxlen=NOTICE_LIMIT)
        self._next_notice = 1
        self._catalogue: tuple[Instrument, ...] = ()
        self._candle_reader: Callable[[InstrumentId, Timeframe], CandleArrays | None] | None = None
        self._closed = False

    def submit(self, command: Command) -> int:
        """Hand over a command and return its id; the answer comes as a CommandAnswered notice with that id.

        A closed engine answers at once with ok = False.
        """
        with self._lock:
            command_id = self._next_command
            self._next_command += 1
            self._commands.append((command_id, command))
            wake = self._wake
        if wake is not None:
            wake()
        return command_id

    def snapshot(self) -> EngineSnapshot | None:
        """Return the newest snapshot, or None before the first one."""
        return self._snapshot

    def notices(self, after: int) -> NoticeBatch:
        """Return all notices with a number above `after`, oldest first."""
        with self._lock:
            kept = tuple(notice for notice in self._notices if notice.seq > after)
            newest = self._next_notice - 1
        lost = newest > after and (not kept or kept[0].seq > after + 1)
        return NoticeBatch(kept, lost)

    def candles(self, instrument: InstrumentId, timeframe: Timeframe) -> CandleArrays | None:
        """Return the bars of a watched instrument, or None while there are none."""
        reader = self._candle_reader
        return reader(instrument, timeframe) if reader is not None else None

    def catalogue(self) -> tuple[Instrument, ...]:
        """Return every instrument that the running market source knows."""
        return self._catalogue

    # The engine's side of the door.

    def attach(
        self, wake: Callable[[], None], candles: Callable[[InstrumentId, Timeframe], CandleArrays | None]
    ) -> None:
        """Connect the engine: `wake` is called (from any thread) after a command arrives."""
        with self._lock:
            self._wake = wake
            self._candle_reader = candles
            pending = bool(self._commands)
        if pending:
            wake()

    def detach(self) -> None:
        """Disconnect the engine; later commands stay unanswered until another one attaches."""
        with self._lock:
            self._wake = None

    def take_commands(self) -> list[tuple[int, Command]]:
        """Return and remove all waiting commands, oldest first."""
        with self._lock:
            taken = list(self._commands)
            self._commands.clear()
        return taken

    def publish_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Put the newest snapshot into its slot."""
        self._snapshot = snapshot

    def publish_notice(self, fact: Fact) -> None:
        """Append a fact to the stream of notices."""
        with self._lock:
            self._notices.append(Notice(self._next_notice, fact))
            self._next_notice += 1

    def publish_catalogue(self, instruments: tuple[Instrument, ...]) -> None:
        """Replace the list of known instruments."""
        self._catalogue = instruments

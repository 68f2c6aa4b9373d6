"""What it takes to play a session again: the state it began with, everything that entered it, and what it answered.

Inputs are in the exact order in which they entered the engine; the engine's facts stand behind the input that
caused them. Nothing else may reach the pipeline, else a replay could differ.
"""

from typing import Any

from msgspec import Struct

from cryptobot_desktop.domain.commands import Command
from cryptobot_desktop.domain.facts import EngineFaulted, Fact, FeedStateChanged, OrderPreviewed, RecordingEnded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.market import Candle, Received
from cryptobot_desktop.domain.timeframe import Timeframe


class SessionStart(Struct, frozen=True, kw_only=True):
    """What stands before the first input."""

    record: SessionRecord
    spec: dict[str, Any]
    """The engine's session specification in plain types."""
    stored: StoredState
    """What the session went on with; rows that cannot matter to it are left out."""
    names: tuple[str, ...] = ()
    """Names that new bots could not have."""
    has_books: bool = True
    base: Timeframe = Timeframe.M1
    code: str = ""
    """Fingerprint of the program's source, empty where it cannot be read."""
    environment: dict[str, str] = {}
    """What a replay may not depend on, for people who look for the cause of a difference."""


class TimeSet(Struct, frozen=True):
    """The engine's time was moved before the first event."""

    at_ms: int


class Watched(Struct, frozen=True):
    """An instrument joined the watch list before the session opened."""

    instrument: Instrument


class HistoryLoaded(Struct, frozen=True):
    """Finished bars from before were merged into the market."""

    instrument: InstrumentId
    candles: tuple[Candle, ...]


class IntakeSet(Struct, frozen=True):
    """New orders are refused from now on, and why; an empty text accepts them again."""

    refusal: str


class SessionOpened(Struct, frozen=True):
    """Stored state was taken up; portfolio and bots were made sure of."""


class CommandTaken(Struct, frozen=True):
    """A command was carried out. `instrument` is what the market source found for a symbol, else `refusal` says why."""

    command_id: int
    command: Command
    at_ms: int
    instrument: Instrument | None = None
    refusal: str = ""


SessionInput = Received | TimeSet | Watched | HistoryLoaded | IntakeSet | SessionOpened | CommandTaken


class FactSeen(Struct, frozen=True):
    """What the engine answered to the input before."""

    fact: Fact


class Checkpoint(Struct, frozen=True, kw_only=True):
    """Where the session stood after everything so far; hashes as in docs/formats.md."""

    at_ms: int
    market_events: int
    orders: int
    fills: int
    trades_hash: str
    ledger_hash: str
    ledger_seq: int
    ledger_head: str


class SessionEnded(Struct, frozen=True, kw_only=True):
    """The last word of a recording."""

    reason: str = ""
    """Empty when the whole session was recorded, else why recording ended before it."""
    report: dict[str, Any] | None = None
    """The figures that the session itself published at its end."""
    books_hash: str = ""
    """SHA-256 of the order books at the end as canonical JSON."""


Entry = SessionInput | FactSeen | Checkpoint | SessionEnded

_NOT_FROM_INPUTS = (FeedStateChanged, OrderPreviewed, EngineFaulted, RecordingEnded)


def is_result(fact: Fact) -> bool:
    """Return True for facts by which a replay is judged: all that inputs alone cause and that matter to money."""
    return not isinstance(fact, _NOT_FROM_INPUTS)

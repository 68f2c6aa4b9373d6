"""Plays recorded inputs into a session that is put together as the recorded one was."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from cryptobot_desktop.domain.commands import FocusInstrument, UnwatchInstrument, WatchInstrument
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.domain.recording import (
    CommandTaken,
    Entry,
    HistoryLoaded,
    IntakeSet,
    SessionInput,
    SessionOpened,
    SessionStart,
    TimeSet,
    Watched,
)
from cryptobot_desktop.engine.assembly import (
    Assembled,
    assemble,
    begin_watching,
    resume,
    set_intake,
    set_time,
    take_command,
    take_history,
    watch_instrument,
)
from cryptobot_desktop.engine.outbox import GROUP_ROWS, MemoryStore, Store
from cryptobot_desktop.engine.session import MarketShape, SessionSpec

NOTHING_STORED = StoredState(
    balances={},
    last_seq=0,
    last_hash="",
    portfolios=(),
    open_orders=(),
    closed_orders=(),
    fills=(),
    decisions=(),
    bots=(),
    instruments=(),
    kill_switch=None,
    last_session=None,
)
_MARKET_COMMANDS = (WatchInstrument, UnwatchInstrument, FocusInstrument)


def ignore(_fact: Fact) -> None:
    """Hear a fact and do nothing."""


class Playback:
    """A session that takes recorded inputs one by one, through the same functions as the recorded session did."""

    def __init__(
        self,
        start: SessionStart,
        *,
        spec: SessionSpec | None = None,
        store: Store | None = None,
        tell: Callable[[Fact], None] = ignore,
    ) -> None:
        """`spec` is played instead of the recorded one. Nothing is stored without a `store`."""
        self.start = start
        shape = MarketShape(start.has_books, start.base)
        self.session: Assembled = assemble(
            spec or spec_of(start),
            start.record,
            store=store or MemoryStore(),
            tell=tell,
            shape=shape,
            watch=self._watch,
        )
        self.session.pipeline.bots.reserve(start.names)
        self._found: Instrument | None = None
        self._refusal = ""
        self._rare: dict[type, Callable[[Any], None]] = {
            TimeSet: lambda entry: set_time(self.session, entry.at_ms),
            Watched: lambda entry: begin_watching(self.session, entry.instrument),
            HistoryLoaded: lambda entry: take_history(self.session, entry.instrument, entry.candles),
            IntakeSet: lambda entry: set_intake(self.session, entry.refusal),
            SessionOpened: lambda _: resume(self.session, self.start.stored),
            CommandTaken: self._command,
        }

    def take(self, entry: SessionInput) -> None:
        """Let one input enter the session."""
        session = self.session
        if isinstance(entry, Received):
            session.recorder.add(entry)
            session.pipeline.process(entry)
        else:
            self._rare[type(entry)](entry)
        if session.outbox.rows >= GROUP_ROWS:
            session.outbox.flush()

    def finish(self) -> Assembled:
        """Store and tell what waits; return the session as it is at the end."""
        self.session.outbox.flush()
        return self.session

    def _command(self, taken: CommandTaken) -> None:
        self._found, self._refusal = taken.instrument, taken.refusal
        take_command(self.session, taken)

    def _watch(self, symbol: str) -> None:
        if self._found is None:
            raise InvalidInput(self._refusal or f"{symbol} cannot be added: the recorded market did not have it")
        watch_instrument(self.session, self._found)


def inputs(entries: Iterable[Entry]) -> Iterator[SessionInput]:
    """Return the inputs among the entries."""
    return (entry for entry in entries if isinstance(entry, SessionInput))


def market_inputs(entries: Iterable[Entry]) -> Iterator[SessionInput]:
    """Return what the market alone brought: no orders of the user, no changes of bots or portfolios."""
    for entry in inputs(entries):
        if not isinstance(entry, CommandTaken) or isinstance(entry.command, _MARKET_COMMANDS):
            yield entry


def spec_of(start: SessionStart) -> SessionSpec:
    """Return the recorded session's specification; UserActionNeeded when this version does not know all of it."""
    known = {field.encode_name for field in msgspec.structs.fields(SessionSpec)}
    unknown = sorted(set(start.spec) - known)
    if unknown:
        raise UserActionNeeded(
            f"session {start.record.session_id} was recorded with settings that this version does not know: "
            f"{', '.join(unknown)}; use version {start.record.code_version} or newer"
        )
    try:
        return msgspec.convert(start.spec, SessionSpec)
    except msgspec.ValidationError as problem:
        raise UserActionNeeded(
            f"session {start.record.session_id} was recorded with a setting that this version cannot use: {problem}"
        ) from None

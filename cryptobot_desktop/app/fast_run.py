"""Runs a repeatable market as fast as possible, in the calling thread and without sockets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from cryptobot_desktop.app.markets import (
    SYNTHETIC_EPOCH_MS,
    emulated_venue,
    new_record,
    only_own,
    own_portfolio,
    resume_ms,
)
from cryptobot_desktop.app.profile import Profile
from cryptobot_desktop.backtest.run import play
from cryptobot_desktop.backtest.sources import RecordedData, open_data
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.engine.assembly import (
    Assembled,
    assemble,
    find_instrument,
    open_session,
    restore,
    watch_instrument,
)
from cryptobot_desktop.engine.player import InProcessPlayer
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state

HISTORY_MINUTES = 1_000
DEFAULT_DURATION_MS = 2 * 60 * MINUTE_MS


class FastRun:
    """One run; `tell` hears every fact after it is stored."""

    def __init__(
        self,
        spec: SessionSpec,
        profile: Profile,
        *,
        tell: Callable[[Fact], None],
        known: dict[InstrumentId, Instrument],
    ) -> None:
        """`known` is filled with the instruments of the market, for whoever puts facts into words."""
        self._known = known
        self._spec = spec
        self._profile = profile
        self._tell = tell
        self.session: Assembled | None = None

    def run(self, *, keep_portfolio: bool) -> dict[str, Any]:
        """Play to the end and return the report. `keep_portfolio` goes on with a stored portfolio."""
        database = self._profile.open_database()
        try:
            stored = load_state(database)
            spec = self._spec if keep_portfolio else own_portfolio(self._spec, stored)
            session = self._play(spec, database, stored)
            self.session = session
            now_ms = session.pipeline.now_ms
            session.outbox.put_session(msgspec.structs.replace(session.record, last_ms=now_ms, ended_ms=now_ms))
            session.outbox.flush()
            return run_report(session)
        finally:
            database.close()

    def _play(self, spec: SessionSpec, database: ProfileDatabase, stored: StoredState) -> Assembled:
        if spec.source is MarketSource.SYNTHETIC:
            return self._play_synthetic(spec, database, stored)
        if spec.source is MarketSource.RECORDING:
            return self._play_recording(spec, database, stored)
        raise InvalidInput("a live market cannot run at speed max; use --speed 1, or --market synthetic")

    def _play_synthetic(self, spec: SessionSpec, database: ProfileDatabase, stored: StoredState) -> Assembled:
        start_ms = resume_ms(stored, spec.portfolio, SYNTHETIC_EPOCH_MS)
        adapter = adapter_for(spec.venue)
        player = InProcessPlayer(emulated_venue(spec, start_ms), adapter)
        catalogue = {instrument.id: instrument for instrument in player.catalogue()}
        self._known.update(catalogue)
        session = assemble(spec, new_record(spec, start_ms), store=database, tell=self._tell)
        instruments = tuple(dict.fromkeys(find_instrument(catalogue, symbol) for symbol in spec.symbols))
        for instrument in instruments:
            watch_instrument(session, instrument)
            begin_ms = start_ms - start_ms % MINUTE_MS - HISTORY_MINUTES * MINUTE_MS
            session.market.load_history(player.history(instrument, session.pipeline.base, begin_ms, start_ms))
        restore(session, only_own(stored, spec.portfolio))
        open_session(session)
        until_ms = start_ms + (spec.duration_ms or DEFAULT_DURATION_MS)
        play(session, player.events(session.market, instruments, until_ms))
        return session

    def _play_recording(self, spec: SessionSpec, database: ProfileDatabase, stored: StoredState) -> Assembled:
        data = open_data(Path(spec.recording), symbol=spec.symbols[0], venue=spec.venue, timeframe=spec.timeframe)
        self._known.update({instrument.id: instrument for instrument in data.instruments})
        spec = _about(spec, data)
        record = new_record(spec, data.start_ms)
        session = assemble(spec, record, store=database, tell=self._tell, has_books=data.has_books)
        for instrument in data.instruments:
            watch_instrument(session, instrument)
        restore(session, only_own(stored, spec.portfolio))
        open_session(session)
        until = None if spec.duration_ms is None else data.start_ms + spec.duration_ms
        play(session, (r for r in data.events if until is None or r.received_ms <= until))
        return session


def _about(spec: SessionSpec, data: RecordedData) -> SessionSpec:
    """Let a recording say which venue it is of, and which symbol when it holds only one."""
    venue = data.instruments[0].venue if data.instruments else spec.venue
    symbols = spec.symbols if len(data.instruments) > 1 else tuple(i.symbol for i in data.instruments)
    known = {instrument.id: instrument for instrument in data.instruments}
    if spec.bots:
        for symbol in symbols:
            find_instrument(known, symbol)
    return msgspec.structs.replace(spec, venue=venue, symbols=symbols)

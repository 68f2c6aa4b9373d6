"""Runs a repeatable market as fast as possible, in the calling thread and without sockets."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from cryptobot_desktop.app.markets import (
    SYNTHETIC_EPOCH_MS,
    emulated_venue,
    new_record,
    only_own,
    resume_ms,
)
from cryptobot_desktop.app.recording import Recording
from cryptobot_desktop.backtest.playback import Playback, market_inputs
from cryptobot_desktop.backtest.replay import market_of
from cryptobot_desktop.backtest.run import play, settle_on, until
from cryptobot_desktop.backtest.sources import FILE_SYMBOL, open_data
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import Fact, RecordingEnded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.engine.assembly import (
    EXCHANGE,
    Assembled,
    assemble,
    begin_watching,
    chosen,
    keep_scales,
    record_with,
    resume,
    take_history,
)
from cryptobot_desktop.engine.outbox import Store
from cryptobot_desktop.engine.player import InProcessPlayer
from cryptobot_desktop.engine.session import MarketShape, MarketSource, SessionSpec
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.storage.capsule import Capsule, is_capsule

HISTORY_MINUTES = 1_000
DEFAULT_DURATION_MS = 2 * 60 * MINUTE_MS


class FastRun:
    """One run as fast as possible. `tell` hears facts once they are stored; `known` gets the market's instruments."""

    def __init__(
        self,
        spec: SessionSpec,
        store: Store,
        stored: StoredState,
        *,
        tell: Callable[[Fact], None],
        known: dict[InstrumentId, Instrument],
        is_run: bool = True,
    ) -> None:
        self._spec = spec
        self._store = store
        self._stored = stored
        self._tell = tell
        self._known = known
        self._is_run = is_run
        self._stopped = False
        self.recording = Recording(None)
        """Where the run is recorded; nowhere unless somebody says so."""

    def stop(self) -> None:
        """Let the run end in order after the event that it is at."""
        self._stopped = True

    def run(self) -> Assembled:
        """Play to the end and return the session as it is then."""
        if self._spec.source is MarketSource.LIVE:
            raise InvalidInput("a live market cannot run at speed max; use --speed 1, or --market synthetic")
        is_synthetic = self._spec.source is MarketSource.SYNTHETIC
        try:
            session = self._play_synthetic() if is_synthetic else self._play_recording()
            now_ms = session.pipeline.now_ms
            session.outbox.put_session(msgspec.structs.replace(session.record, last_ms=now_ms, ended_ms=now_ms))
            session.outbox.flush()
            self.recording.finish(session)
            if self.recording.ended_because:
                self._tell(RecordingEnded(self.recording.ended_because, now_ms))
        finally:
            self.recording.break_off("the run was broken off")
        return session

    def _assemble(self, spec: SessionSpec, start_ms: int, shape: MarketShape = EXCHANGE) -> Assembled:
        """Put the session together, and begin to record it."""
        record = new_record(spec, start_ms, is_run=self._is_run)
        names = [bot.bot for bot in self._stored.bots]
        own = only_own(self._stored, spec.portfolio)
        session = assemble(spec, record, store=self._store, tell=self._tell, shape=shape)
        recorder = self.recording.begin(spec, record, own, names=names, shape=shape)
        if recorder is not None:
            record_with(session, recorder)
        session.pipeline.bots.reserve(names)
        return session

    def _play_synthetic(self) -> Assembled:
        spec = self._spec
        start_ms = resume_ms(self._stored, spec.portfolio, SYNTHETIC_EPOCH_MS)
        player = InProcessPlayer(emulated_venue(spec, start_ms), adapter_for(spec.venue))
        catalogue = {instrument.id: instrument for instrument in player.catalogue()}
        self._known.update(keep_scales(catalogue, self._stored))
        session = self._assemble(spec, start_ms)
        instruments = chosen(self._known, spec.symbols)
        for instrument in instruments:
            begin_watching(session, instrument)
            begin_ms = start_ms - start_ms % MINUTE_MS - HISTORY_MINUTES * MINUTE_MS
            bars = player.history(instrument, session.pipeline.base, begin_ms, start_ms)
            take_history(session, instrument.id, bars)
        resume(session, only_own(self._stored, spec.portfolio))
        until_ms = start_ms + (spec.duration_ms or DEFAULT_DURATION_MS)
        play(session, self._until_stopped(player.events(session.market, instruments, until_ms)))
        return session

    def _play_recording(self) -> Assembled:
        spec = self._spec
        if is_capsule(Path(spec.recording)):
            return self._play_capsule(Capsule(Path(spec.recording)))
        symbol = spec.symbols[0] if spec.symbols else FILE_SYMBOL
        data = open_data(Path(spec.recording), symbol=symbol, venue=spec.venue)
        self._known.update({instrument.id: instrument for instrument in data.instruments})
        spec, wanted = settle_on(spec, data)
        session = self._assemble(spec, data.start_ms, data.shape)
        for instrument in wanted:
            begin_watching(session, instrument)
        resume(session, only_own(self._stored, spec.portfolio))
        play(session, self._until_stopped(until(data, spec.duration_ms)))
        return session

    def _until_stopped(self, events: Iterable[Received]) -> Iterator[Received]:
        for received in events:
            if self._stopped:
                return
            yield received

    def _play_capsule(self, capsule: Capsule) -> Assembled:
        """Play the market of a recorded session; its bots, orders and commands are not part of that."""
        start, spec = market_of(capsule, self._spec)
        record = new_record(spec, start.record.started_ms, is_run=self._is_run)
        record = msgspec.structs.replace(record, synthetic=start.record.synthetic)
        names, own = tuple(bot.bot for bot in self._stored.bots), only_own(self._stored, spec.portfolio)
        playback = Playback(
            msgspec.structs.replace(start, record=record, stored=own, names=names),
            spec=spec,
            store=self._store,
            tell=self._tell,
        )
        shape = MarketShape(start.has_books, start.base)
        recorder = self.recording.begin(spec, record, own, names=names, shape=shape)
        if recorder is not None:
            record_with(playback.session, recorder)
        end_ms = None if spec.duration_ms is None else record.started_ms + spec.duration_ms
        for entry in market_inputs(capsule.entries()):
            if self._stopped or (end_ms is not None and isinstance(entry, Received) and entry.received_ms > end_ms):
                break
            playback.take(entry)
            if not isinstance(entry, Received):
                self._known.update(playback.session.pipeline.known)
        return playback.finish()

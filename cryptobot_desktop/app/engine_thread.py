"""The engine's thread: one asyncio loop that owns all trading state of a session at normal speed."""

import asyncio
import os
import random
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

from cryptobot_desktop.app.epoch_archive import StoredEpochs
from cryptobot_desktop.app.markets import (
    SYNTHETIC_EPOCH_MS,
    emulator_market,
    new_record,
    only_own,
    own_portfolio,
    resume_ms,
    without_runs,
)
from cryptobot_desktop.app.profile import Profile, free_bytes
from cryptobot_desktop.app.recording import Recording
from cryptobot_desktop.config.round_trips import save_round_trips
from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.errors import CryptobotError, InvalidInput, InvariantBroken
from cryptobot_desktop.domain.facts import EngineFaulted
from cryptobot_desktop.domain.instrument import InstrumentId, Venue
from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.emulator.run import EmulatorOptions, EmulatorThread, EmulatorUrls
from cryptobot_desktop.engine.books import books_document
from cryptobot_desktop.engine.clocks import MarketClock, WallClock
from cryptobot_desktop.engine.disk_space import DiskSpace
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.live import FeedMaker, LiveSession
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.marketdata.endpoints import (
    BINANCE_REST_VARIABLE,
    BINANCE_WS_VARIABLE,
    KUCOIN_REST_VARIABLE,
    Endpoints,
    endpoints_for,
    is_loopback,
)
from cryptobot_desktop.marketdata.feed import Feed, FeedSurroundings
from cryptobot_desktop.marketdata.tape import open_tape
from cryptobot_desktop.storage.capsule import is_capsule
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state

JOIN_WITHIN_S = 15.0

log = structlog.get_logger("engine")


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How a session is meant: with which portfolio, and from which market time on."""

    keep_portfolio: bool
    """Go on with the stored portfolio of that name instead of opening one of its own."""
    from_wall_clock: bool
    """A synthetic market begins now (or where the portfolio left it) instead of at its fixed epoch."""
    all_portfolios: bool = False
    """Go on with the bots and orders of every portfolio, not only of the session's own one."""


class EngineThread:
    """Start it, talk to it through the handle, stop it. `report` and `trouble` are there once it has ended."""

    def __init__(
        self,
        spec: SessionSpec,
        profile: Profile,
        handle: EngineHandle,
        *,
        wishes: Wishes,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` names other base addresses; the process's own without it."""
        self._spec = spec
        self._environment = os.environ if environment is None else environment
        self._profile = profile
        self._handle = handle
        self._wishes = wishes
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._live: LiveSession | None = None
        self._stop_asked = False
        self._recording = Recording(profile.capsules())
        self.report: dict[str, Any] | None = None
        self.books: dict[str, Any] = {}
        self.trouble: CryptobotError | None = None
        self.has_bug = False

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Return True until the thread has ended."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask the session to end; returns at once."""
        self._stop_asked = True
        loop, live = self._loop, self._live
        if loop is not None and live is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(live.stop)

    def join(self, timeout_s: float | None = JOIN_WITHIN_S) -> bool:
        """Wait for the end; return False when it did not come in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _main(self) -> None:
        """Run the session; the one place where an unexpected error becomes a visible, stopped engine."""
        try:
            asyncio.run(self._run())
        except InvariantBroken as bug:
            self.has_bug = True
            log.exception("a promise inside the program does not hold; the engine stopped")
            self._fault(str(bug))
        except CryptobotError as trouble:
            self.trouble = trouble
            log.info("session ended", reason=str(trouble))
            self._fault(str(trouble))
        except Exception as bug:  # task supervisor
            self.has_bug = True
            log.exception("the engine met a bug and stopped")
            self._fault(f"the engine met a bug and stopped: {bug!r}")

    def _fault(self, message: str) -> None:
        """Tell front ends, by notice and by picture, that the session broke off."""
        at_ms = 0
        if self._live is not None:
            at_ms = self._live.session.pipeline.now_ms
            self._live.fault(message)
        self._handle.publish_notice(EngineFaulted(message, at_ms))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        database = self._profile.open_database()
        try:
            await self._with_database(database)
        finally:
            database.close()

    async def _with_database(self, database: ProfileDatabase) -> None:
        database.back_up_daily(WallClock().now_ms())
        stored = load_state(database)
        spec = self._spec if self._wishes.keep_portfolio else own_portfolio(self._spec, stored)
        if spec.source is MarketSource.RECORDING:
            tape = open_tape(_tape_path(spec.recording))
            length_ms = tape.last_ms - tape.first_ms
            spec = msgspec.structs.replace(spec, venue=tape.venue, duration_ms=spec.duration_ms or length_ms)
            start_ms = tape.first_ms
        else:
            start_ms = self._start_ms(spec, stored)
        emulator = _emulator(spec, start_ms)
        urls = emulator.start() if emulator is not None else None
        try:
            clock: Clock = WallClock() if emulator is None else MarketClock(partial(emulator.now_ms, spec.venue))
            endpoints = session_endpoints(spec.venue, urls, self._environment)
            record = truthful(new_record(spec, start_ms, is_run=not self._wishes.keep_portfolio), endpoints)
            if self._stop_asked:
                return
            known, names = self._known(stored, spec.portfolio), [bot.bot for bot in stored.bots]
            recorder = self._recording.begin(spec, record, known, names=names)
            live = LiveSession(spec, record, store=database, handle=self._handle, clock=clock, recorder=recorder)
            live.disk = DiskSpace(lambda: free_bytes(self._profile.folder))
            live.session.desk.archive = StoredEpochs(database)
            live.session.pipeline.bots.reserve(names)
            self._live = live
            await live.run(_feed_maker(endpoints, spec.venue, clock), known, patient=self._wishes.from_wall_clock)
            if spec.source is MarketSource.LIVE:
                save_round_trips(self._profile.folder, spec.venue, live.round_trips_ms)
            if live.is_prepared:
                self.report, self.books = run_report(live.session), books_document(live.session.market)
                self._recording.finish(live.session)
        finally:
            self._end_recording()
            if emulator is not None:
                emulator.stop()

    def _end_recording(self) -> None:
        """Leave a capsule in order also when the session broke off; none of a session that never began."""
        if self._live is not None and self._live.is_prepared:
            self._recording.break_off("the session broke off; the log says why")
        else:
            self._recording.discard()

    def _known(self, stored: StoredState, portfolio: str) -> StoredState:
        """Return what this session goes on with: its own portfolio, or all that the desktop trades."""
        if self._wishes.all_portfolios:
            return without_runs(stored)
        return only_own(stored, portfolio, keep_switch=self._wishes.keep_portfolio)

    def _start_ms(self, spec: SessionSpec, stored: StoredState) -> int:
        if spec.source is MarketSource.LIVE:
            return WallClock().now_ms()
        earliest = WallClock().now_ms() if self._wishes.from_wall_clock else SYNTHETIC_EPOCH_MS
        return resume_ms(stored, spec.portfolio, earliest)


def _tape_path(recording: str) -> Path:
    """Return the tape to play over sockets; a capsule holds no frames that could be sent."""
    path = Path(recording)
    if is_capsule(path):
        raise InvalidInput(
            f"capsule {path.name} is a market at --speed max only, because it holds events and no frames; "
            f"`cryptobot replay {path.name} --speed 10` plays the recorded session itself at a pace"
        )
    return path


def _emulator(spec: SessionSpec, start_ms: int) -> EmulatorThread | None:
    if spec.source is MarketSource.LIVE:
        return None
    return EmulatorThread(
        EmulatorOptions(
            start_ms=start_ms,
            market=emulator_market(spec),
            speed=float(spec.speed),
            binance_port=0 if spec.venue is Venue.BINANCE else None,
            kucoin_port=0 if spec.venue is Venue.KUCOIN else None,
        )
    )


def truthful(record: SessionRecord, endpoints: Endpoints) -> SessionRecord:
    """Return the session's record; a "live" market that is served by this computer is not a real one and says so."""
    host = urlsplit(endpoints.rest).hostname or ""
    if record.synthetic or record.market.startswith("recording") or not is_loopback(host):
        return record
    return msgspec.structs.replace(record, market=f"emulated {record.venue} at {host}", synthetic=True)


def _feed_maker(endpoints: Endpoints, venue: Venue, clock: Clock) -> FeedMaker:
    def make(sink: Callable[[Received], None], needs_snapshot: Callable[[InstrumentId], bool]) -> Feed:
        chance = random.SystemRandom()  # jitter of reconnects, never a price
        surroundings = FeedSurroundings(clock, chance, asyncio.sleep)
        return Feed(adapter_for(venue), endpoints, sink=sink, needs_snapshot=needs_snapshot, surroundings=surroundings)

    return make


def session_endpoints(venue: Venue, urls: EmulatorUrls | None, environment: Mapping[str, str]) -> Endpoints:
    """Return the addresses of a session: the built-in exchange's when it serves, else official or overridden ones."""
    if urls is None:
        return endpoints_for(venue, environment)
    own: dict[str, str] = {}
    if urls.binance is not None:
        own |= {BINANCE_REST_VARIABLE: urls.binance.rest, BINANCE_WS_VARIABLE: urls.binance.ws}
    if urls.kucoin is not None:
        own[KUCOIN_REST_VARIABLE] = urls.kucoin.rest
    return endpoints_for(venue, own)

"""A session on a running feed: the engine's asyncio side. Feeds call in, commands are carried out, snapshots go out."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

import msgspec

from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.commands import Command, WatchInstrument
from cryptobot_desktop.domain.errors import InvalidInput, TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.facts import CommandAnswered, Fact, FeedStateChanged, RecordingEnded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.market import ClockTick, FeedState, Received
from cryptobot_desktop.domain.recording import CommandTaken
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.engine.assembly import (
    Assembled,
    assemble,
    begin_watching,
    chosen,
    keep_scales,
    record_with,
    resume,
    set_intake,
    set_time,
    take_command,
    take_history,
    watch_instrument,
)
from cryptobot_desktop.engine.background import BackgroundWork, waker
from cryptobot_desktop.engine.chart_data import ChartData
from cryptobot_desktop.engine.disk_space import DiskSpace
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.outbox import Store
from cryptobot_desktop.engine.picture import EngineMood, Picture
from cryptobot_desktop.engine.recorder import Recorder
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.engine.snapshot import MarketCard
from cryptobot_desktop.marketdata.feed import Feed
from cryptobot_desktop.marketdata.symbol_names import instrument_by_name

BEAT_S = 0.05
TICK_MS = 250
REST_BEATS = 100
"""Every so many beats the recording is written, so that a killed session loses at most five seconds of it."""
SAVE_SESSION_MS = 5_000
DRAIN_S = 1.5
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
FIRST_HISTORY_MINUTES = 1_000
FULL_HISTORY_MINUTES = 7 * 24 * 60
"""How much of the past the chart gets after the start."""


FeedMaker = Callable[[Callable[[Received], None], Callable[[InstrumentId], bool]], Feed]
"""Makes the feed of a session from a sink and the question whether a book needs a snapshot; the app decides about
addresses, clock and chance."""


class LiveSession:
    """Runs one session until it is stopped or its time is over. Everything happens on one loop."""

    def __init__(  # the parts that only the app can choose
        self,
        spec: SessionSpec,
        record: SessionRecord,
        *,
        store: Store,
        handle: EngineHandle,
        clock: Clock,
        recorder: Recorder | None = None,
    ) -> None:
        self.mood = EngineMood()
        self.disk = DiskSpace()
        """The app says how to ask for the free space."""
        self._handle = handle
        self._clock = clock
        self._session = assemble(spec, record, store=store, tell=self._tell, watch=self._watch)
        if recorder is not None:
            record_with(self._session, recorder)
        market = MarketCard(source=spec.source.value, label=record.market, synthetic=record.synthetic)
        self._picture = Picture(self._session, market, self.mood)
        self._catalogue: dict[InstrumentId, Instrument] = {}
        self._feed: Feed | None = None
        self._stop = asyncio.Event()
        self._background = BackgroundWork()
        self._chart = ChartData(self._session.market, synthetic=record.synthetic)
        self._last_tick_ms = 0
        self._heard_ms = 0
        """Newest venue time in any event."""
        self._last_saved_ms = 0
        self._beats = 0
        self._begin_ms = record.started_ms
        self.round_trips_ms: tuple[int, ...] = ()
        """How long the venue's newest answers took; known at the end."""

    @property
    def session(self) -> Assembled:
        """Return the stages, e.g. for the final report."""
        return self._session

    def stop(self) -> None:
        """Ask the session to end; call it on the loop."""
        self._stop.set()

    async def run(self, make_feed: FeedMaker, stored: StoredState, *, patient: bool = False) -> None:
        """Prepare, then serve until stopped. Raises what the preparation cannot mend."""
        self._feed = make_feed(self._on_received, self._session.market.needs_snapshot)
        self._handle.attach(waker(asyncio.get_running_loop(), self._take_commands), self._chart.candles)
        feeding: asyncio.Task[None] | None = None
        try:
            if await self._unless_stopped(self._prepare(stored, patient=patient)):
                feeding = asyncio.create_task(self._feed.run(), name="feed")
                await self._serve(feeding)
        finally:
            await self._shut_down(feeding)

    @property
    def is_prepared(self) -> bool:
        """Return True when the session got as far as to have its portfolio and its bots."""
        return self.mood.state != "starting"

    def fault(self, message: str) -> None:
        """Show in a last picture that the session broke off, and why."""
        self.mood.state, self.mood.message = "faulted", message
        self._publish()

    async def _unless_stopped(self, work: Coroutine[object, object, None]) -> bool:
        """Do the work; return False when the session was stopped before it was done."""
        tasks = [asyncio.create_task(work, name="prepare"), asyncio.create_task(self._stop.wait(), name="stop")]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
            return tasks[0].done()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _prepare(self, stored: StoredState, *, patient: bool) -> None:
        session, feed = self._session, self._feed
        assert feed is not None
        self._publish()
        found = await first_answer(feed, patient=patient, trouble=self._say)
        self._catalogue = keep_scales({instrument.id: instrument for instrument in found.values()}, stored)
        self._handle.publish_catalogue(tuple(self._catalogue.values()))
        wanted = list(chosen(self._catalogue, session.spec.symbols))
        needed = {bot.instrument for bot in stored.bots} | {o.request.instrument for o in stored.open_orders}
        wanted += [found for key, found in self._catalogue.items() if key in needed and found not in wanted]
        set_time(session, self._clock.now_ms())
        for instrument in wanted:
            begin_watching(session, instrument)
        await asyncio.gather(*(self._load_history(i, FIRST_HISTORY_MINUTES) for i in wanted))
        look_at_disk(self.disk, self.mood, self._session)
        self._picture.restore(stored)
        resume(session, stored)
        feed.watch(wanted)
        self._flush()
        self.mood.state = "running"
        for instrument in wanted:
            self._background.add(self._load_history(instrument, FULL_HISTORY_MINUTES))

    async def _serve(self, feeding: asyncio.Task[None]) -> None:
        until = self._session.spec.duration_ms
        while not self._stop.is_set():
            await asyncio.sleep(BEAT_S)
            if feeding.done():
                feeding.result()
                break
            self._background.raise_bug()
            self._beat()
            if until is not None and self._clock.now_ms() - self._begin_ms >= until:
                if self._session.spec.source is MarketSource.RECORDING:
                    await asyncio.sleep(DRAIN_S)  # its last frames are on their way
                break

    async def _shut_down(self, feeding: asyncio.Task[None] | None) -> None:
        """Stop in order: commands, feed, background work, store, last snapshot."""
        self._handle.detach()
        if self._feed is not None:
            await self._feed.stop()
            self.round_trips_ms = tuple(self._feed.round_trips_ms)
        tasks = [*self._background.tasks, *([feeding] if feeding is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.is_prepared:
            now_ms = self._session.pipeline.now_ms
            record = msgspec.structs.replace(self._session.record, last_ms=now_ms, ended_ms=now_ms)
            self._session.outbox.put_session(record)
            self._flush()
        if self.mood.state == "running":
            self.mood.state = "finished"
        self._publish()

    def _beat(self) -> None:
        self._take_commands()
        now_ms = self._clock.now_ms()
        # An emulated venue in quick motion is seconds of market time ahead of what has arrived: its bars must wait.
        tick_ms = now_ms if self._session.spec.source is MarketSource.LIVE else min(now_ms, self._heard_ms)
        if tick_ms - self._last_tick_ms >= TICK_MS:
            self._last_tick_ms = tick_ms
            self._on_received(Received(tick_ms, ClockTick(tick_ms)))
        if now_ms - self._last_saved_ms >= SAVE_SESSION_MS:
            self._last_saved_ms = now_ms
            look_at_disk(self.disk, self.mood, self._session)
            self._session.outbox.put_session(msgspec.structs.replace(self._session.record, last_ms=now_ms))
            self._flush()
        elif self.mood.state == "halted":
            self._flush()
        self._beats += 1
        if self._beats % REST_BEATS == 0:
            self._session.recorder.rest()
        reason = self._session.recorder.ended_because
        if reason != self.mood.recording_ended:
            self.mood.recording_ended = reason
            self._tell(RecordingEnded(reason, self._session.pipeline.now_ms))
        if self._feed is not None:
            self.mood.weight_used, self.mood.weight_limit = self._feed.weight
            self._note_trouble(self._feed.note)
        self._publish()

    def _note_trouble(self, trouble: str) -> None:
        """Tell once what keeps books from being loaded; their state alone does not change by it."""
        if trouble and trouble != self.mood.trouble:
            market, now_ms = self._session.market, self._session.pipeline.now_ms
            for key in market.watched:
                if market.state(key) is not FeedState.LIVE:
                    self._tell(FeedStateChanged(key, market.state(key), trouble, now_ms))
        self.mood.trouble = trouble

    def _on_received(self, received: Received) -> None:
        if self.mood.state == "halted":
            return  # nothing is decided that cannot be stored; the books sync anew afterwards
        self._picture.see_event(received.event, received.received_ms)
        self._heard_ms = max(self._heard_ms, getattr(received.event, "venue_ms", None) or 0)
        self._session.recorder.add(received)
        self._session.pipeline.process(received)
        if not self._session.outbox.is_empty:
            self._flush()
        # Market time of a quick emulated market runs faster than the clock on the wall; the lag is said in real time.
        self.mood.lag_ms = max(0, self._clock.now_ms() - received.received_ms) / max(1, self._session.spec.speed)

    def _flush(self) -> None:
        """Store and tell; when the disk refuses, halt until it takes the rows again."""
        try:
            self._session.outbox.flush()
        except (TemporaryFailure, UserActionNeeded) as trouble:
            self.mood.state, self.mood.message = "halted", str(trouble)
            return
        if self.mood.state == "halted":
            self.mood.state, self.mood.message = "running", ""

    def _tell(self, fact: Fact) -> None:
        self._picture.see_fact(fact)
        self._handle.publish_notice(fact)

    def _publish(self) -> None:
        self._handle.publish_snapshot(self._picture.draw())

    def _say(self, message: str) -> None:
        """Show what stands in the way of the start."""
        self.mood.message = message
        self._publish()

    def _take_commands(self) -> None:
        for command_id, command in self._handle.take_commands():
            if self.mood.state == "halted":  # what cannot be stored is not done, and said at once
                refusal = CommandAnswered(command_id, False, self.mood.message, self._session.pipeline.now_ms)
                self._handle.publish_notice(refusal)
                continue
            instrument, why_not = _named(self._catalogue, command)
            now_ms = self._session.pipeline.now_ms
            take_command(self._session, CommandTaken(command_id, command, now_ms, instrument, why_not))
            self._flush()

    def _watch(self, symbol: str) -> None:
        instrument = instrument_by_name(self._catalogue.values(), symbol)
        watch_instrument(self._session, instrument)
        if self._feed is not None:
            self._feed.watch(self._session.pipeline.market_instruments().values())
        self._background.add(self._load_history(instrument, FULL_HISTORY_MINUTES))

    async def _load_history(self, instrument: Instrument, minutes: int) -> None:
        """Fetch one-minute bars; a venue that does not answer leaves the chart short and bots warming up."""
        assert self._feed is not None
        now_ms = self._clock.now_ms()
        start = now_ms - now_ms % MINUTE_MS - minutes * MINUTE_MS
        try:
            candles = await self._feed.history(instrument, Timeframe.M1, start, now_ms)
        except (TemporaryFailure, UserActionNeeded) as trouble:
            self.mood.message = str(trouble)
            return
        take_history(self._session, instrument.id, [candle for candle in candles if candle.closed is not False])


def look_at_disk(disk: DiskSpace, mood: EngineMood, session: Assembled) -> None:
    """Take no new orders while the disk is nearly full, and say so where the engine's other messages are."""
    before = disk.warning
    disk.look()
    set_intake(session, disk.refusal)
    if mood.state == "running" and (disk.warning or mood.message == before):
        mood.message = disk.warning


async def first_answer(feed: Feed, *, patient: bool, trouble: Callable[[str], None]) -> Mapping[str, Instrument]:
    """Load a venue's instruments; a patient session asks again and again until the venue can be reached.

    `trouble` hears what stands in the way, and an empty text once it is gone.
    """
    wait_s = FIRST_WAIT_S
    while True:
        try:
            catalogue = await feed.start()
        except TemporaryFailure as failure:
            if not patient:
                raise
            trouble(str(failure))
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        else:
            trouble("")
            return catalogue


def _named(catalogue: Mapping[InstrumentId, Instrument], command: Command) -> tuple[Instrument | None, str]:
    """Return the instrument that a command names by its symbol, or why the venue has none of that name."""
    if isinstance(command, WatchInstrument):
        try:
            return instrument_by_name(catalogue.values(), command.symbol), ""
        except InvalidInput as refusal:
            return None, str(refusal)
    return None, ""

"""The live feed of one venue: REST and WebSocket on the engine's asyncio loop, events to a plain callback."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from random import Random
from typing import Final

from msgspec import Struct

from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import (
    BookDelta,
    Candle,
    FeedState,
    FeedStatus,
    MarketEvent,
    Received,
)
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.marketdata.candle_series import roll_up
from cryptobot_desktop.marketdata.endpoints import Endpoints
from cryptobot_desktop.marketdata.rest_client import MAX_LIST_BYTES, RestClient, WeightBudget
from cryptobot_desktop.marketdata.snapshot_desk import SnapshotDesk
from cryptobot_desktop.marketdata.stream_link import StreamLink, StreamRefused
from cryptobot_desktop.marketdata.venue_adapter import VenueAdapter, venue_name

FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 60.0
GOOD_AFTER_S: Final = 30.0
"""A connection that lived so long was a good one: the next trouble starts with a short delay again."""
LIFE_S: Final = 23 * 3_600.0
"""Venues end connections after 24 h; ours are replaced between 23 h and 23 h 50 min."""
QUIET_AFTER_MS: Final = 180_000
_FALL_BACK_ON: Final = (403, 451)
_LOOK_S: Final = 0.5
_NS: Final = 1_000_000_000


class FeedSurroundings(Struct, frozen=True):
    """What a feed gets from outside, so that tests decide over time and chance."""

    clock: Clock
    random: Random
    sleep: Callable[[float], Awaitable[None]]


class Backoff:
    """Growing delays with jitter: half to the whole of 0.5 s, 1 s, 2 s, ... 60 s."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tries = 0

    def next_s(self) -> float:
        """Return the next delay."""
        delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(self._tries, 10))
        self._tries += 1
        return delay * (0.5 + 0.5 * self._random.random())

    def reset(self) -> None:
        """Begin with the shortest delay again."""
        self._tries = 0


class Announcer:
    """Passes on the state of each instrument's stream, once per change."""

    def __init__(self, take: Callable[[MarketEvent], None]) -> None:
        self._take = take
        self._told: dict[InstrumentId, tuple[FeedState, str]] = {}

    def is_live(self, key: InstrumentId) -> bool:
        """Return True when LIVE was told last."""
        return key in self._told and self._told[key][0] is FeedState.LIVE

    def tell(self, key: InstrumentId, state: FeedState, reason: str) -> None:
        """Pass on one instrument's state."""
        if self._told.get(key) != (state, reason):
            self._told[key] = (state, reason)
            self._take(FeedStatus(key, state, reason))

    def tell_all(self, keys: Iterable[InstrumentId], state: FeedState, reason: str) -> None:
        """Pass on the same state of many instruments."""
        for key in tuple(keys):
            self.tell(key, state, reason)

    def forget_all_but(self, keys: Container[InstrumentId]) -> None:
        """Forget instruments that are no longer watched."""
        self._told = {key: told for key, told in self._told.items() if key in keys}


class Feed:
    """Keeps one venue's streams running until it is stopped; every trouble becomes a FeedStatus with a reason."""

    def __init__(
        self,
        adapter: VenueAdapter,
        endpoints: Endpoints,
        *,
        sink: Callable[[Received], None],
        needs_snapshot: Callable[[InstrumentId], bool],
        surroundings: FeedSurroundings,
    ) -> None:
        clock, sleep = surroundings.clock, surroundings.sleep
        self._adapter = adapter
        self._clock, self._sleep, self._random = clock, sleep, surroundings.random
        self._sink = sink
        self._needs_snapshot = needs_snapshot
        self._rest = RestClient(
            adapter.venue, endpoints, WeightBudget(*adapter.weight_limit, clock), clock=clock, sleep=sleep
        )
        self.round_trips_ms = self._rest.round_trips_ms
        """How long the venue's newest answers took."""
        self._books = SnapshotDesk(adapter, self._rest.send, self._take, needs_snapshot, surroundings=surroundings)
        self._watched: dict[InstrumentId, Instrument] = {}
        self._subscribed: tuple[InstrumentId, ...] = ()
        self._announcer = Announcer(self._take)
        self._heard_ms: dict[InstrumentId, int] = {}
        self._links: dict[StreamLink, asyncio.Task[None]] = {}
        self._backoff = Backoff(surroundings.random)
        self._work: asyncio.Task[None] | None = None
        self._connections = 0

    @property
    def weight(self) -> tuple[int, int]:
        """Return the request weight used in the running window, and how much of it the feed allows itself."""
        return self._rest.budget.used, self._rest.budget.limit

    @property
    def note(self) -> str:
        """Return what the user should know: why order books are not loaded, or that a fall-back host is in use."""
        return self._books.last_trouble or self._rest.note

    async def start(self) -> Mapping[str, Instrument]:
        """Load the venue's instruments by symbol; raises TemporaryFailure or UserActionNeeded."""
        response = await self._rest.send(self._adapter.instruments_request(), MAX_LIST_BYTES)
        listed = self._adapter.read_instruments(response)
        return {instrument.symbol: instrument for instrument in listed.instruments}

    async def history(self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int) -> list[Candle]:
        """Return the venue's bars that open in [start_ms, end_ms), oldest first, `closed` False for the running one."""
        bars: dict[int, Candle] = {}
        for request in self._adapter.history_requests(instrument, timeframe, start_ms, end_ms):
            response = await self._rest.send(request)
            page = self._adapter.read_history(response, instrument, timeframe, self._clock.now_ms())
            bars.update((bar.open_ms, bar) for bar in page)
        ordered = [bars[time] for time in sorted(bars)]
        if self._adapter.history_timeframe(timeframe) is not timeframe:
            ordered = roll_up([bar for bar in ordered if bar.closed], timeframe, instrument.venue)
        return [bar for bar in ordered if start_ms <= bar.open_ms < end_ms]

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Choose whose streams to read; takes effect within a second, also while `run` runs."""
        self._watched = {instrument.id: instrument for instrument in instruments}
        self._adapter.watch(self._watched.values())
        now = self._clock.now_ms()
        self._heard_ms = {key: self._heard_ms.get(key, now) for key in self._watched}
        self._announcer.forget_all_but(self._watched)

    async def run(self) -> None:
        """Connect, read, reconnect, until `stop`; never ends by itself."""
        self._work = asyncio.create_task(self._supervise(), name=f"feed {self._adapter.venue.value}")
        try:
            await self._work
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                self._work.cancel()
                await asyncio.gather(self._work, return_exceptions=True)
                raise

    async def stop(self) -> None:
        """End `run` and close every connection; safe to call twice."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        await self._books.close()
        await self._rest.close()

    async def _supervise(self) -> None:
        try:
            while True:
                if not self._watched:
                    await self._sleep(_LOOK_S)
                    continue
                try:
                    await self._serve()
                except (TemporaryFailure, UserActionNeeded) as trouble:
                    await self._recover(str(trouble))
        finally:
            await self._close_links()

    async def _serve(self) -> None:
        """Hold a connection, replacing it in good time; ends with the reason why none is left."""
        self._announcer.tell_all(
            self._watched, FeedState.CONNECTING, f"connecting to {venue_name(self._adapter.venue)}"
        )
        await self._connect()
        lives_s = LIFE_S + self._random.random() * 3_000
        while True:
            await asyncio.wait(self._links.values(), timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            await self._drop_ended()
            newest = next(reversed(self._links))
            self._look_for_silence(newest)
            age_s = (self._clock.monotonic_ns() - newest.opened_ns) / _NS
            if age_s > GOOD_AFTER_S:
                self._backoff.reset()
            if newest.wants_replacement or age_s > lives_s or self._subscribed != tuple(self._watched):
                await self._replace(newest)

    async def _connect(self) -> None:
        """Open a connection for all watched instruments and begin to read it."""
        adapter = self._adapter
        asked = dict(self._watched)
        plan = adapter.stream_plan(asked.values())
        request = adapter.connection_request()
        answer = None if request is None else await self._rest.send(request)
        self._connections += 1
        connect_id = f"cb{self._random.getrandbits(48):x}-{self._connections}"
        connection = adapter.connection(self._rest.websocket_base, plan, connect_id, answer)
        link = StreamLink(adapter, connection, clock=self._clock, sleep=self._sleep)
        try:
            await link.open(plan)
        except StreamRefused as refusal:
            # The REST host may answer where the stream's host does not serve this country.
            if refusal.status in _FALL_BACK_ON and self._rest.fall_back(f"HTTP {refusal.status}"):
                raise TemporaryFailure(self._rest.note) from None
            raise
        try:
            self._subscribed = tuple(asked)
            for key, instrument in asked.items():
                if not self._announcer.is_live(key):
                    self._announcer.tell(key, FeedState.SYNCING, "connected; filling what was missed")
                    await self._fill_gap(instrument)
        except BaseException:
            await link.close()
            raise
        self._links[link] = asyncio.create_task(link.read(self._take_all), name="stream")
        for key, instrument in asked.items():
            if key in self._watched:
                self._announcer.tell(key, FeedState.LIVE, self._rest.note)
                self._books.ask(instrument)

    async def _replace(self, old: StreamLink) -> None:
        """Open the successor while the old connection still reads, then close the old one."""
        if not self._watched:
            raise TemporaryFailure("nothing is watched")
        try:
            await self._connect()
        except (TemporaryFailure, UserActionNeeded):
            await self._sleep(self._backoff.next_s())
            return
        await self._close_link(old)

    async def _recover(self, reason: str) -> None:
        """Say what happened and wait a while before the next try."""
        await self._close_links()
        await self._books.close()  # a snapshot that came now would continue no stream
        delay = max(self._backoff.next_s(), min(self._rest.blocked_s, LONGEST_DELAY_S))
        if self._watched:
            self._announcer.tell_all(self._watched, FeedState.OFFLINE, reason)
            await self._sleep(delay)

    async def _fill_gap(self, instrument: Instrument) -> None:
        """Fetch the bars since the last sign of life, the one before included; without them the gap stays visible."""
        now = self._clock.now_ms()
        since = self._heard_ms.get(instrument.id, now)
        start = since - since % MINUTE_MS - MINUTE_MS
        try:
            bars = await self.history(instrument, Timeframe.M1, start, now)
        except (TemporaryFailure, UserActionNeeded) as trouble:
            self._announcer.tell(instrument.id, FeedState.SYNCING, f"missed bars could not be fetched: {trouble}")
            return
        for bar in bars:
            if bar.closed is not False:
                self._take(bar)

    def _take_all(self, events: list[MarketEvent]) -> None:
        """Hand the events of one frame to the engine; a book that fell out of step asks for a snapshot."""
        now = self._clock.now_ms()
        for event in events:
            self._sink(Received(now, event))
            key = getattr(event, "instrument", None)
            if key is None:
                continue
            self._heard_ms[key] = now
            if type(event) is BookDelta and self._needs_snapshot(key):
                self._books.ask(self._watched[key])

    def _take(self, event: MarketEvent) -> None:
        self._sink(Received(self._clock.now_ms(), event))

    def _look_for_silence(self, link: StreamLink) -> None:
        """Tell what is silent: the whole connection, or single instruments while others talk."""
        if link.is_silent:
            self._announcer.tell_all(
                self._watched, FeedState.STALE, "nothing has been heard for a while; checking the connection"
            )
            return
        now = self._clock.now_ms()
        age_ms = (self._clock.monotonic_ns() - link.opened_ns) // 1_000_000
        for key in self._subscribed:
            if key not in self._watched:
                continue
            if min(age_ms, now - self._heard_ms.get(key, now)) > QUIET_AFTER_MS:
                self._announcer.tell(key, FeedState.STALE, "no data for three minutes; is it still traded?")
            elif not self._announcer.is_live(key):
                self._announcer.tell(key, FeedState.LIVE, self._rest.note)

    async def _drop_ended(self) -> None:
        """Forget connections that ended; when none is left, raise the reason of the last."""
        for link, task in list(self._links.items()):
            if task.done():
                del self._links[link]
                await link.close()
                if not self._links:
                    task.result()
                    raise TemporaryFailure("the stream ended; connecting again")
                task.exception()

    async def _close_links(self) -> None:
        for link in list(self._links):
            await self._close_link(link)

    async def _close_link(self, link: StreamLink) -> None:
        task = self._links.pop(link, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await link.close()

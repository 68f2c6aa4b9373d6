"""Fetches order-book snapshots when books need them: one at a time per instrument, spread out, with growing pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, Protocol

from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import MarketEvent
from cryptobot_desktop.marketdata.venue_adapter import HttpRequest, HttpResponse, VenueAdapter

AT_ONCE: Final = 2
"""Snapshots under way at the same time: after a reconnect all books need one, and they are heavy requests."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 30.0


class Surroundings(Protocol):
    """Time and chance, from outside."""

    @property
    def clock(self) -> Clock:
        """Return the clock."""
        ...

    @property
    def random(self) -> Random:
        """Return the source of jitter."""
        ...

    @property
    def sleep(self) -> Callable[[float], Awaitable[None]]:
        """Return how to wait."""
        ...


class SnapshotDesk:
    """Keeps asking for an instrument's snapshot until its book is in step."""

    def __init__(
        self,
        adapter: VenueAdapter,
        send: Callable[[HttpRequest], Awaitable[HttpResponse]],
        take: Callable[[MarketEvent], None],
        needs_snapshot: Callable[[InstrumentId], bool],
        *,
        surroundings: Surroundings,
    ) -> None:
        self._adapter = adapter
        self._send = send
        self._take = take
        self._needs_snapshot = needs_snapshot
        self._sleep = surroundings.sleep
        self._random = surroundings.random
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[InstrumentId, asyncio.Task[None]] = {}
        self.last_trouble = ""
        """Why the newest attempt failed; empty after a good one."""

    def ask(self, instrument: Instrument) -> None:
        """Begin to fetch, unless that is under way or not needed."""
        key = instrument.id
        if key in self._tasks or not self._needs_snapshot(key):
            return
        task = asyncio.create_task(self._fetch(instrument), name=f"snapshot {key}")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def close(self) -> None:
        """Stop everything that is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, instrument: Instrument) -> None:
        pause_s = FIRST_PAUSE_S
        while self._needs_snapshot(instrument.id):
            # The pause comes first: changes must be buffered before the snapshot that they continue.
            await self._sleep(pause_s * (0.5 + 0.5 * self._random.random()))
            try:
                async with self._turn:
                    response = await self._send(self._adapter.snapshot_request(instrument))
                snapshot = self._adapter.read_snapshot(response, instrument)
            except (TemporaryFailure, UserActionNeeded) as trouble:
                self.last_trouble = str(trouble)
            else:
                self.last_trouble = ""
                self._take(snapshot)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

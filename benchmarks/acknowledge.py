"""From an order to its durable acknowledgement, while market events flow: a live session over a real database.

The engine runs as it does in the program: its own thread with its own loop, commands through the handle, every
answer told only after `synchronous=FULL` has brought the rows to the disk. The feed makes book changes and trades at a
fixed rate; everything behind it is the program's own.
"""

import asyncio
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.market import INSTRUMENT
from benchmarks.measure import Cell, CrossCheckFailed, Report, Table, main
from benchmarks.peers import ROOT
from cryptobot_desktop import __version__
from cryptobot_desktop.domain.commands import PlaceOrder
from cryptobot_desktop.domain.facts import CommandAnswered
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import SessionRecord
from cryptobot_desktop.domain.market import (
    BookDelta,
    BookSnapshot,
    Candle,
    FeedState,
    FeedStatus,
    MarketEvent,
    Received,
    Side,
    Trade,
)
from cryptobot_desktop.domain.orders import OrderType
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.clocks import WallClock
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.engine.live import LiveSession
from cryptobot_desktop.engine.session import MarketSource, SessionSpec
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state

MIDDLE, BTC = 3_000_000, 10**8
PULSE_S = 0.002
RATES = {"quiet market": 0, "2,000 events/s": 2_000}
HALF, TAIL, WORST = "median", "99 of 100", "worst"


class SteadyFeed:
    """Sends `rate` market events a second: book changes around a middle that wanders, and every fourth a trade."""

    def __init__(self, sink: Callable[[Received], None], rate: int) -> None:
        self._sink = sink
        self._rate = rate
        self._numbers = itertools.count(2)
        self._stopped = False
        self.sent = 0
        self.note = ""
        self.weight = (0, 1)
        self.round_trips_ms: tuple[int, ...] = ()

    async def start(self) -> Mapping[InstrumentId, Instrument]:
        """Return the catalogue."""
        return {INSTRUMENT.id: INSTRUMENT}

    async def history(self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int) -> list[Candle]:
        """Return no bars."""
        return []

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Take note; there is one instrument only."""

    async def run(self) -> None:
        """Send until stopped, at the rate of the wall clock."""
        levels = [(MIDDLE + side * step * 100, BTC) for side in (-1, 1) for step in range(1, 200)]
        bids, asks = tuple(sorted(levels[:199], reverse=True)), tuple(levels[199:])
        self._send(FeedStatus(INSTRUMENT.id, FeedState.LIVE))
        self._send(BookSnapshot(INSTRUMENT.id, 1, bids, asks))
        began = time.perf_counter()
        while not self._stopped:
            await asyncio.sleep(PULSE_S)
            due = int((time.perf_counter() - began) * self._rate)
            while self.sent < due:
                self.sent += 1
                self._send(self._event())

    async def stop(self) -> None:
        """End."""
        self._stopped = True

    def _send(self, event: MarketEvent) -> None:
        self._sink(Received(time.time_ns() // 1_000_000, event))

    def _event(self) -> MarketEvent:
        number = next(self._numbers)
        step = 1 + number * 7919 % 150
        if number % 4 == 0:
            side = Side.BUY if number % 8 else Side.SELL
            price = MIDDLE + (100 if side is Side.BUY else -100)
            return Trade(INSTRUMENT.id, f"t{number}", price, BTC // 1_000, side, time.time_ns() // 1_000_000)
        qty = BTC + number % 97 * 1_000
        return BookDelta(
            INSTRUMENT.id, number - 1, number, ((MIDDLE - step * 100, qty),), ((MIDDLE + step * 100, qty),)
        )


def run(report: Report) -> None:
    """Measure both rates, one after the other, in sessions of their own."""
    orders = report.settings.size(quick=20, usual=400)
    table = Table("Order to durable acknowledgement", "ms, less is better", HALF)
    (ROOT / "build").mkdir(exist_ok=True)
    for column, rate in RATES.items():
        with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-acknowledge-") as folder:
            times, per_second = measure(Path(folder), rate, orders)
        table.add(column, {name: Cell(ms, ms, ms) for name, ms in _figures(times).items()})
        report.checks.append(f"{column}: {orders} orders were accepted and are stored; {per_second:,.0f} events/s")
        if rate:
            report.target(f"p99 in ms at {column}", _figures(times)[TAIL], 5.0, at_least=False)
            report.target(f"share of {rate} events/s that were worked off", per_second / rate, 0.98)
    report.tables.append(table)
    report.notes.append("Resting limit orders of 0.001 BTC, one after the other, each 5 ms after the answer before.")


def measure(folder: Path, rate: int, orders: int) -> tuple[list[float], float]:
    """Return the ms from each order to its answer, and how many market events a second were worked off."""
    handle, ready = EngineHandle(), threading.Event()
    engine = _Engine(folder / "profile.sqlite", handle, rate, ready)
    thread = threading.Thread(target=engine.run, name="engine")
    thread.start()
    ready.wait(30)
    time.sleep(0.3)
    began, events = time.perf_counter(), engine.events
    times = [_one(handle, number) for number in range(orders)]
    per_second = (engine.events - events) / (time.perf_counter() - began)
    engine.stop()
    thread.join()
    stored = load_state(ProfileDatabase(folder / "profile.sqlite", read_only=True))
    if len(stored.open_orders) != orders:
        raise CrossCheckFailed(f"{orders} orders were acknowledged, {len(stored.open_orders)} are stored")
    return times, per_second


class _Engine:
    """The engine's thread."""

    def __init__(self, path: Path, handle: EngineHandle, rate: int, ready: threading.Event) -> None:
        self._path = path
        self._handle = handle
        self._rate = rate
        self._ready = ready
        self._live: LiveSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def events(self) -> int:
        """Return how many market events the pipeline has taken."""
        return self._live.session.pipeline.totals.market_events if self._live is not None else 0

    def run(self) -> None:
        """Serve until stopped."""
        asyncio.run(self._serve())

    def stop(self) -> None:
        """Ask for the end."""
        assert self._loop is not None
        assert self._live is not None
        self._loop.call_soon_threadsafe(self._live.stop)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        database = ProfileDatabase(self._path)
        now_ms = time.time_ns() // 1_000_000
        spec = SessionSpec(source=MarketSource.LIVE, cash="90000000 USDT")
        record = SessionRecord(
            session_id="bench",
            mode="paper",
            market="generated",
            venue="binance",
            portfolio="main",
            synthetic=True,
            seed=1,
            code_version=__version__,
            started_ms=now_ms,
            last_ms=now_ms,
        )
        live = self._live = LiveSession(spec, record, store=database, handle=self._handle, clock=WallClock())
        self._loop.call_later(0.2, self._ready.set)
        await live.run(lambda sink, _needs: SteadyFeed(sink, self._rate), load_state(database))  # type: ignore[arg-type, return-value]
        database.close()


def _one(handle: EngineHandle, number: int) -> float:
    """Send one resting order and wait for its answer."""
    time.sleep(0.005)
    seen = handle.notices(0).notices
    after = seen[-1].seq if seen else 0
    order = PlaceOrder(
        client_id=f"b{number}",
        portfolio="main",
        instrument=INSTRUMENT.id,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=BTC // 1_000,
        price=MIDDLE - 30_000 - number,
    )
    sent = time.perf_counter()
    wanted = handle.submit(order)
    while True:
        for notice in handle.notices(after).notices:
            after = notice.seq
            if isinstance(notice.fact, CommandAnswered) and notice.fact.command_id == wanted:
                if not notice.fact.ok:
                    raise CrossCheckFailed(notice.fact.message)
                return (time.perf_counter() - sent) * 1_000
        time.sleep(0.0001)


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {HALF: ordered[len(ordered) // 2], TAIL: ordered[len(ordered) * 99 // 100], WORST: ordered[-1]}


if __name__ == "__main__":
    sys.exit(main("acknowledge", run))

"""The feed against the loopback exchange on real sockets, with faults."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest

from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import (
    BestQuote,
    BookDelta,
    BookSnapshot,
    Candle,
    FeedState,
    FeedStatus,
    MarketEvent,
    Received,
    Ticker,
    Trade,
)
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.emulator.run import EmulatorOptions, EmulatorThread
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.marketdata.endpoints import Endpoints, endpoints_for
from cryptobot_desktop.marketdata.feed import Feed, FeedSurroundings
from cryptobot_desktop.marketdata.market_state import MarketState

START_MS = 1_790_000_000_123
WITHIN_S = 20.0


class MarketTime:
    """The emulator's market time, as the program's clock."""

    def __init__(self) -> None:
        self._begin_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        return START_MS + (time.monotonic_ns() - self._begin_ns) // 1_000_000

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class Station:
    """A feed, the market state behind it, and what came by."""

    def __init__(self, venue: Venue, endpoints: Endpoints) -> None:
        self.market = MarketState()
        self.events: list[MarketEvent] = []
        self.follows: list[MarketEvent] = []
        self.clock = MarketTime()
        self.feed = Feed(
            adapter_for(venue),
            endpoints,
            sink=self.take,
            needs_snapshot=self.market.needs_snapshot,
            surroundings=FeedSurroundings(self.clock, Random(1), asyncio.sleep),
        )
        self.running: asyncio.Task[None] | None = None
        self.instruments: dict[str, Instrument] = {}

    def take(self, received: Received) -> None:
        self.events.append(received.event)
        self.follows += self.market.apply(received.event, received.received_ms) or ()

    async def go(self, *names: str) -> list[Instrument]:
        self.instruments = {i.name: i for i in (await self.feed.start()).values()}
        chosen = [self.instruments[name] for name in names]
        self.watch(*names)
        self.running = asyncio.create_task(self.feed.run())
        return chosen

    def watch(self, *names: str) -> None:
        chosen = [self.instruments[name] for name in names]
        for instrument in chosen:
            self.market.watch(instrument)
        self.feed.watch(chosen)

    async def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            assert self.running is not None
            if self.running.done():
                self.running.result()
            assert time.monotonic() < deadline, f"not within {WITHIN_S} s; states: {self.states()}"
            await asyncio.sleep(0.02)

    def states(self) -> list[FeedStatus]:
        return [event for event in self.events if isinstance(event, FeedStatus)]

    def is_live(self, *instruments: Instrument) -> bool:
        return all(self.market.state(i.id) is FeedState.LIVE for i in instruments)

    async def stop(self) -> None:
        await self.feed.stop()
        if self.running is not None:
            await self.running


Connect = Callable[..., Station]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    threads: list[EmulatorThread] = []
    stations: list[Station] = []

    def make(venue: Venue, *faults: str) -> Station:
        options = EmulatorOptions(start_ms=START_MS, faults=faults, symbols=("BTC/USDT", "ETH/USDT"))
        thread = EmulatorThread(options)
        threads.append(thread)
        urls = thread.start()
        assert urls.binance is not None
        assert urls.kucoin is not None
        environment = {
            "CRYPTOBOT_BINANCE_REST": urls.binance.rest,
            "CRYPTOBOT_BINANCE_WS": urls.binance.ws,
            "CRYPTOBOT_KUCOIN_REST": urls.kucoin.rest,
        }
        stations.append(Station(venue, endpoints_for(venue, environment)))
        return stations[-1]

    yield make
    for station in stations:
        await station.stop()
    for thread in threads:
        await asyncio.to_thread(thread.stop)
    assert len(asyncio.all_tasks()) == 1, "the feed left tasks running"


@pytest.mark.parametrize("venue", Venue)
async def test_a_feed_brings_all_kinds_of_events_and_a_live_book(connect: Connect, venue: Venue) -> None:
    station = connect(venue)
    (btc,) = await station.go("BTC/USDT")
    kinds = {Trade, BestQuote, BookDelta, BookSnapshot, Candle, Ticker, FeedStatus}
    await station.until(lambda: station.is_live(btc) and {type(event) for event in station.events} >= kinds)
    sync = station.market.sync(btc.id)
    assert sync is not None
    assert sync.counters.gaps == 0
    states = [status.state for status in station.states()]
    assert states[:3] == [FeedState.CONNECTING, FeedState.SYNCING, FeedState.LIVE]
    assert 0 < station.feed.weight[0] < station.feed.weight[1]


@pytest.mark.parametrize("venue", Venue)
async def test_history_comes_in_pages_without_holes_or_repetitions(connect: Connect, venue: Venue) -> None:
    station = connect(venue)
    (btc,) = await station.go("BTC/USDT")
    end = START_MS // MINUTE_MS * MINUTE_MS + MINUTE_MS
    bars = await station.feed.history(btc, Timeframe.M1, end - 3_300 * MINUTE_MS, end)
    times = [bar.open_ms for bar in bars]
    assert times == sorted(set(times))
    assert times[0] >= end - 3_300 * MINUTE_MS
    assert len(times) > 3_000
    if venue is Venue.BINANCE:
        assert times == list(range(end - 3_300 * MINUTE_MS, end, MINUTE_MS))
    assert [bar.closed for bar in bars[-2:]] == [True, False]
    three_days = await station.feed.history(btc, Timeframe.D3, end - 7 * 86_400_000, end)
    assert all(bar.timeframe is Timeframe.D3 for bar in three_days)


@pytest.mark.parametrize("venue", Venue)
async def test_a_cut_connection_is_made_again_and_the_book_synced_anew(connect: Connect, venue: Venue) -> None:
    station = connect(venue, "drop_connection@2")
    (btc,) = await station.go("BTC/USDT")
    await station.until(lambda: any(s.state is FeedState.OFFLINE for s in station.states()))
    assert not station.is_live(btc)
    reason = station.market.reason(btc.id)
    assert "connecting again" in reason
    await station.until(lambda: station.is_live(btc))
    sync = station.market.sync(btc.id)
    assert sync is not None
    assert sync.counters.snapshots >= 2


async def test_an_expired_token_is_renewed(connect: Connect) -> None:
    station = connect(Venue.KUCOIN, "token_expired@0:count=1")
    (btc,) = await station.go("BTC/USDT")
    await station.until(lambda: station.is_live(btc))
    assert any("token is expired" in status.reason for status in station.states())


@pytest.mark.parametrize("venue", Venue)
async def test_a_gap_in_the_book_heals_by_a_new_snapshot(connect: Connect, venue: Venue) -> None:
    station = connect(venue, "gap@2")
    (btc,) = await station.go("BTC/USDT")
    sync = station.market.sync(btc.id)
    assert sync is not None
    await station.until(lambda: sync.counters.gaps == 1)
    await station.until(lambda: station.is_live(btc))
    told = [f for f in station.follows if isinstance(f, FeedStatus) and "missing" in f.reason]
    assert len(told) == 1


async def test_an_announced_shutdown_is_survived_without_a_break(connect: Connect) -> None:
    station = connect(Venue.BINANCE, "server_shutdown@1.5:grace=4")
    (btc,) = await station.go("BTC/USDT")
    await station.until(lambda: station.is_live(btc))
    begin = station.clock.now_ms()
    await station.until(lambda: station.clock.now_ms() - begin > 6_000)
    assert {status.state for status in station.states()} == {FeedState.CONNECTING, FeedState.SYNCING, FeedState.LIVE}
    trades = [event.trade_id for event in station.events if isinstance(event, Trade)]
    news = station.events.index(station.states()[-1])
    assert len(trades) > 10
    assert news < len(station.events)
    assert station.is_live(btc)


@pytest.mark.parametrize("venue", Venue)
async def test_watching_more_takes_effect_without_losing_what_is_live(connect: Connect, venue: Venue) -> None:
    station = connect(venue)
    (btc,) = await station.go("BTC/USDT")
    await station.until(lambda: station.is_live(btc))
    station.watch("BTC/USDT", "ETH/USDT")
    eth = station.instruments["ETH/USDT"]
    await station.until(lambda: station.is_live(btc, eth))
    assert [s.state for s in station.states() if s.instrument == btc.id].count(FeedState.LIVE) == 1


async def test_a_rate_limit_is_waited_out(connect: Connect) -> None:
    station = connect(Venue.BINANCE, "rate_limited@1:for=3")
    (btc,) = await station.go("BTC/USDT")
    await asyncio.sleep(1.2)
    with pytest.raises(TemporaryFailure, match="too many requests"):
        await station.feed.history(btc, Timeframe.M1, START_MS - 10 * MINUTE_MS, START_MS)
    with pytest.raises(TemporaryFailure, match="wants no requests"):
        await station.feed.history(btc, Timeframe.M1, START_MS - 10 * MINUTE_MS, START_MS)
    await asyncio.sleep(3.5)
    assert await station.feed.history(btc, Timeframe.M1, START_MS - 10 * MINUTE_MS, START_MS)


async def test_a_blocked_country_is_told_and_a_web_page_is_explained(connect: Connect) -> None:
    with pytest.raises(UserActionNeeded, match="451"):
        await connect(Venue.BINANCE, "geo_restricted@0").feed.start()
    with pytest.raises(UserActionNeeded, match="region"):
        await connect(Venue.KUCOIN, "geo_restricted@0").feed.start()
    with pytest.raises(TemporaryFailure, match="web page"):
        await connect(Venue.BINANCE, "html_body@0").feed.start()


async def test_a_blocked_country_falls_back_to_the_public_data_host(connect: Connect) -> None:
    blocked, open_ = connect(Venue.BINANCE, "geo_restricted@0"), connect(Venue.BINANCE)
    first, second = blocked.feed._rest._endpoints, open_.feed._rest._endpoints
    station = Station(Venue.BINANCE, Endpoints(first.rest, first.websocket, second.rest, second.websocket))
    try:
        (btc,) = await station.go("BTC/USDT")
        await station.until(lambda: station.is_live(btc))
        assert "public data host" in station.feed.note
        assert any("HTTP 451" in status.reason for status in station.states())
    finally:
        await station.stop()


async def test_nobody_listening_is_told_and_tried_again() -> None:
    station = Station(Venue.BINANCE, Endpoints("http://127.0.0.1:9", "ws://127.0.0.1:9"))
    with pytest.raises(TemporaryFailure, match="cannot be reached"):
        await station.feed.start()
    await station.stop()
    await station.stop()

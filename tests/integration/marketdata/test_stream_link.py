"""One connection: signs of life, silence, the venue's pings, hostile frames. The link's clock runs 20 times as fast."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from cryptobot_desktop.domain.errors import TemporaryFailure
from cryptobot_desktop.domain.market import MarketEvent, Trade
from cryptobot_desktop.marketdata.binance_adapter import BinanceAdapter
from cryptobot_desktop.marketdata.kucoin_adapter import KucoinAdapter
from cryptobot_desktop.marketdata.stream_link import StreamLink, StreamRefused
from cryptobot_desktop.marketdata.venue_adapter import Connection, StreamPlan, VenueAdapter
from tests.unit.marketdata.market_samples import BTC, KBTC, T0

FASTER = 20
PLAN = StreamPlan(target="", messages=('{"id":"1"}', '{"id":"2"}'), spacing_ms=100, topics=())
SILENT_PLAN = StreamPlan(target="", messages=(), spacing_ms=0, topics=())
Talk = Callable[[ServerConnection], Awaitable[None]]
TRADE = (
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":%d,"p":"10.00","q":"0.5",'
    '"T":1790000000000,"m":true,"M":true}}'
)


class FastClock:
    def now_ms(self) -> int:
        return T0

    def monotonic_ns(self) -> int:
        return time.monotonic_ns() * FASTER


async def nap(seconds: float) -> None:
    await asyncio.sleep(seconds / FASTER)


@pytest.fixture
async def host() -> AsyncIterator[Callable[[Talk], Awaitable[str]]]:
    servers: list[Server] = []

    async def start(talk: Talk) -> str:
        server = await serve(talk, "127.0.0.1", 0, close_timeout=0.2)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


Host = Callable[[Talk], Awaitable[str]]


async def linked(url: str, adapter: VenueAdapter, **connection: object) -> StreamLink:
    adapter.watch([BTC, KBTC])
    link = StreamLink(adapter, Connection(url, **connection), clock=FastClock(), sleep=nap)  # type: ignore[arg-type]
    await link.open(PLAN if connection else SILENT_PLAN)
    return link


async def read_to_end(link: StreamLink) -> tuple[list[MarketEvent], str]:
    events: list[MarketEvent] = []
    try:
        async with asyncio.timeout(20):
            with pytest.raises(TemporaryFailure) as caught:
                await link.read(events.extend)
    finally:
        await link.close()
    return events, str(caught.value)


async def test_frames_become_events_and_the_end_says_why(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        for number in range(200):
            await socket.send(TRADE % number)
        await socket.close(1008, "Too many requests")

    events, reason = await read_to_end(await linked(await host(talk), BinanceAdapter()))
    assert [event.trade_id for event in events if isinstance(event, Trade)] == [str(n) for n in range(200)]
    assert "1008" in reason


async def test_frames_that_must_not_be_believed_are_counted_and_skipped(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        for frame in ("{broken", b"\xff\xfe", "[]", "null", '{"stream":"btcusdt@trade","data":{}}', TRADE % 1):
            await socket.send(frame)

    link = await linked(await host(talk), BinanceAdapter())
    events, _ = await read_to_end(link)
    assert len(events) == 1
    assert link.rejected >= 3


async def test_a_frame_that_is_too_large_ends_the_connection(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send("x" * (5 * 1024 * 1024))
        await socket.wait_closed()

    _, reason = await read_to_end(await linked(await host(talk), BinanceAdapter()))
    assert "connecting again" in reason


async def test_a_quiet_market_on_a_living_connection_is_left_alone(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.wait_closed()

    link = await linked(await host(talk), BinanceAdapter())
    reading = asyncio.create_task(link.read(lambda _: None))
    await nap(70)
    assert not reading.done()
    assert not link.is_silent
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await link.close()


async def test_a_half_open_connection_is_noticed_and_given_up(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        socket.transport.pause_reading()  # nothing is read any more, so no pong is sent
        await socket.wait_closed()

    link = await linked(await host(talk), BinanceAdapter())
    reading = asyncio.create_task(read_to_end(link))
    await nap(20)
    assert link.is_silent
    _, reason = await reading
    assert "silent for 30 s" in reason


async def test_kucoin_waits_for_the_welcome_then_subscribes_and_pings_in_json(host: Host) -> None:
    heard: list[str] = []

    async def talk(socket: ServerConnection) -> None:
        await asyncio.sleep(0.05)
        heard.append("welcome sent")
        await socket.send('{"id":"x","type":"welcome"}')
        async for message in socket:
            heard.append(str(message))
            if json.loads(message).get("type") == "ping":
                await socket.send('{"id":"p1","type":"pong"}')

    connection = {"awaits_welcome": True, "ping_every_ms": 4_000, "pong_within_ms": 2_000}
    link = await linked(await host(talk), KucoinAdapter(), **connection)
    reading = asyncio.create_task(link.read(lambda _: None))
    await nap(14)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await link.close()
    assert heard[:3] == ["welcome sent", *PLAN.messages]
    pings = [json.loads(message) for message in heard[3:]]
    assert len(pings) in (2, 3, 4)
    assert {ping["type"] for ping in pings} == {"ping"}


async def test_an_error_on_the_stream_ends_it_with_its_text(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send('{"id":"1","type":"error","code":509,"data":"exceed max permits per second"}')
        await socket.wait_closed()

    _, reason = await read_to_end(await linked(await host(talk), KucoinAdapter()))
    assert "exceed max permits" in reason


async def test_an_announced_end_asks_for_a_replacement(host: Host) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1790000000000}}')

    link = await linked(await host(talk), BinanceAdapter())
    await read_to_end(link)
    assert link.wants_replacement


async def test_no_welcome_no_server_and_a_plain_web_server_are_explained(host: Host) -> None:
    async def silent(socket: ServerConnection) -> None:
        await socket.send('{"id":"1","type":"error","code":401,"data":"token is expired"}')
        await socket.wait_closed()

    with pytest.raises(TemporaryFailure, match="token is expired"):
        await linked(await host(silent), KucoinAdapter(), awaits_welcome=True)
    with pytest.raises(TemporaryFailure, match="cannot be opened"):
        await linked("ws://127.0.0.1:9/", BinanceAdapter())

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 451 Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    with pytest.raises(StreamRefused, match="HTTP 451") as caught:
        await linked(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", BinanceAdapter())
    assert caught.value.status == 451
    server.close()
    await server.wait_closed()

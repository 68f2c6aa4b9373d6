"""Binance's socket rules over a real loopback connection."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cryptobot_desktop.emulator.binance_server import BinanceServer, BinanceSocketRules
from cryptobot_desktop.emulator.binance_venue import BinanceVenue
from cryptobot_desktop.emulator.faults import FaultPlan, parse_fault
from cryptobot_desktop.emulator.server import Pacing
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket

Json = Any

START = 1_790_000_000_123
WITHIN_S = 10


class Exchange:
    """Starts servers with rules of their own and ends them with the test."""

    def __init__(self) -> None:
        self.servers: list[BinanceServer] = []

    async def open(
        self, rules: BinanceSocketRules | None = None, *faults: str, pacing: Pacing | None = None
    ) -> BinanceServer:
        plan = FaultPlan(tuple(parse_fault(text) for text in faults))
        server = BinanceServer(BinanceVenue(SyntheticMarket(7, START)), pacing or Pacing(), plan, rules)
        await server.start("127.0.0.1", 0)
        self.servers.append(server)
        return server


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """Return an exchange whose servers are stopped after the test."""
    made = Exchange()
    yield made
    for server in made.servers:
        await server.stop()


def talk_to(server: BinanceServer, path: str, **options: Json) -> connect:
    return connect(server.ws_url + path, ping_interval=None, compression=None, **options)


async def receive(client: ClientConnection) -> Json:
    return orjson.loads(await asyncio.wait_for(client.recv(), WITHIN_S))


async def drain(client: ClientConnection) -> None:
    """Receive until the connection ends."""
    while True:
        await asyncio.wait_for(client.recv(), WITHIN_S)


async def ask(client: ClientConnection, text: str) -> Json:
    """Send a control message and return the next message that is not a push."""
    await client.send(text)
    while True:
        message = await receive(client)
        if "e" not in message and "stream" not in message and "u" not in message:
            return message


async def test_a_raw_stream_pushes_events_and_a_combined_one_wraps_them(exchange: Exchange) -> None:
    server = await exchange.open()
    async with talk_to(server, "/ws/btcusdt@trade") as raw, talk_to(server, "/stream?streams=btcusdt@trade") as wrapped:
        event, push = await receive(raw), await receive(wrapped)
    assert event["e"] == "trade"
    assert push["stream"] == "btcusdt@trade"
    assert set(push["data"]) == set(event)


async def test_control_messages_get_the_exact_replies(exchange: Exchange) -> None:
    server = await exchange.open(BinanceSocketRules(messages_per_s=100))
    async with talk_to(server, "/ws") as client:
        assert await ask(client, '{"method":"SUBSCRIBE","params":["btcusdt@kline_1h","no@such"],"id":1}') == {
            "result": None,
            "id": 1,
        }
        listed = await ask(client, '{"method":"LIST_SUBSCRIPTIONS","id":"three"}')
        assert listed == {"result": ["btcusdt@kline_1h", "no@such"], "id": "three"}
        assert await ask(client, '{"method":"GET_PROPERTY","params":["combined"],"id":2}') == {"result": False, "id": 2}
        assert await ask(client, '{"method":"SET_PROPERTY","params":["combined",true],"id":null}') == {
            "result": None,
            "id": None,
        }
        assert await ask(client, '{"method":"GET_PROPERTY","params":["combined"],"id":2}') == {"result": True, "id": 2}
        assert await ask(client, '{"method":"UNSUBSCRIBE","params":["no@such"],"id":312}') == {
            "result": None,
            "id": 312,
        }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{nonsense", 3),
        ("[1]", 2),
        ('{"method":"FLY","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[7],"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":["a@trade"],"id":1.5}', 2),
        ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1),
        ('{"method":"GET_PROPERTY","params":["colour"],"id":1}', 0),
    ],
)
async def test_wrong_control_messages_get_their_code_and_the_connection_lives(
    exchange: Exchange, text: str, code: int
) -> None:
    server = await exchange.open()
    async with talk_to(server, "/ws") as client:
        assert (await ask(client, text))["error"]["code"] == code
        assert await ask(client, '{"method":"LIST_SUBSCRIPTIONS","id":9}') == {"result": [], "id": 9}


async def test_more_than_five_messages_in_a_rolling_second_close_with_1008(exchange: Exchange) -> None:
    server = await exchange.open()
    async with talk_to(server, "/ws") as client:
        for _ in range(6):
            await client.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        with pytest.raises(ConnectionClosed) as closed:
            await drain(client)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_the_1025th_stream_gets_error_4_and_then_1008(exchange: Exchange) -> None:
    server = await exchange.open()
    names = orjson.dumps([f"s{number}@trade" for number in range(1_025)]).decode()
    async with talk_to(server, "/ws") as client:
        assert (await ask(client, f'{{"method":"SUBSCRIBE","params":{names},"id":1}}'))["error"]["code"] == 4
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), WITHIN_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_pings_are_answered_and_keep_the_connection(exchange: Exchange) -> None:
    server = await exchange.open(BinanceSocketRules(ping_every_s=0.25, pong_within_s=0.6))
    async with talk_to(server, "/ws") as client:
        await asyncio.sleep(1.2)
        assert await ask(client, '{"method":"LIST_SUBSCRIPTIONS","id":9}') == {"result": [], "id": 9}


async def test_a_client_that_does_not_answer_pings_is_closed(exchange: Exchange) -> None:
    server = await exchange.open(BinanceSocketRules(ping_every_s=0.1, pong_within_s=0.3))
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    received = await asyncio.wait_for(reader.readuntil(b"Pong timeout"), WITHIN_S)
    assert b"101 Switching Protocols" in received
    assert b"\x03\xf0Pong timeout" in received
    writer.close()
    await writer.wait_closed()


async def test_the_life_of_a_connection_ends(exchange: Exchange) -> None:
    server = await exchange.open(BinanceSocketRules(life_s=0.2))
    async with talk_to(server, "/ws") as client:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), WITHIN_S)


async def test_microseconds_have_sixteen_digits(exchange: Exchange) -> None:
    server = await exchange.open(pacing=Pacing(speed=20))
    async with talk_to(server, "/stream?streams=btcusdt@trade/btcusdt@kline_1m&timeUnit=MICROSECOND") as client:
        seen: dict[str, Any] = {}
        while len(seen) < 2:
            push = await receive(client)
            seen[push["data"]["e"]] = push["data"]
    assert seen["trade"]["T"] > 10**15
    assert seen["trade"]["t"] < 10**15
    assert seen["kline"]["k"]["t"] > 10**15


async def test_a_client_that_reads_nothing_is_cut_and_others_go_on(exchange: Exchange) -> None:
    server = await exchange.open(pacing=Pacing(speed=20, max_unsent_bytes=100_000))
    reader, writer = await asyncio.open_connection(server.host, server.port, limit=1_024)
    writer.write(
        b"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN_S)
    (stuck,) = server.sessions
    async with talk_to(server, "/ws/btcusdt@miniTicker") as client:
        assert (await receive(client))["e"] == "24hrMiniTicker"
        while stuck in server.sessions:
            stuck.peer.send_text(b"x" * 1_000_000)
            await asyncio.sleep(0.01)
        assert (await receive(client))["e"] == "24hrMiniTicker"
    writer.transport.abort()


async def test_server_shutdown_is_announced_and_then_happens(exchange: Exchange) -> None:
    server = await exchange.open(None, "server_shutdown@0.2:grace=0.3")
    async with talk_to(server, "/stream") as client:
        assert (await receive(client))["stream"] == "!serverShutdown"
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), WITHIN_S)


async def test_a_dropped_connection_has_no_close_frame(exchange: Exchange) -> None:
    server = await exchange.open(None, "drop_connection@0.2")
    async with talk_to(server, "/ws/btcusdt@trade") as client:
        with pytest.raises(ConnectionClosed) as closed:
            await drain(client)
    assert closed.value.rcvd is None


async def test_a_gap_breaks_the_chain_of_update_ids_once(exchange: Exchange) -> None:
    server = await exchange.open(None, "gap@0.5", pacing=Pacing(speed=10))
    async with talk_to(server, "/ws/btcusdt@depth@100ms") as client:
        events = [await receive(client) for _ in range(120)]
    holes = [b["U"] - a["u"] - 1 for a, b in itertools.pairwise(events) if b["U"] != a["u"] + 1]
    assert len(holes) == 1


async def test_silence_keeps_the_socket_open_without_data(exchange: Exchange) -> None:
    server = await exchange.open(None, "silence@0:for=0.6", pacing=Pacing(speed=10))
    async with talk_to(server, "/ws/btcusdt@trade") as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.3)
        assert (await receive(client))["e"] == "trade"

"""KuCoin's socket rules over a real loopback connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cryptobot_desktop.emulator.faults import FaultPlan, parse_fault
from cryptobot_desktop.emulator.kucoin_reference import KUCOIN_PAIRS
from cryptobot_desktop.emulator.kucoin_server import KucoinServer, KucoinSocketRules
from cryptobot_desktop.emulator.kucoin_venue import KucoinVenue
from cryptobot_desktop.emulator.server import Pacing
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket

Json = Any

START = 1_790_000_000_123
WITHIN_S = 10


class Exchange:
    """Starts servers with rules of their own and ends them with the test."""

    def __init__(self) -> None:
        self.servers: list[KucoinServer] = []

    async def open(self, rules: KucoinSocketRules | None = None, *faults: str) -> KucoinServer:
        plan = FaultPlan(tuple(parse_fault(text) for text in faults))
        server = KucoinServer(KucoinVenue(SyntheticMarket(7, START, KUCOIN_PAIRS)), Pacing(speed=5), plan, rules)
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


async def bullet(server: KucoinServer) -> str:
    """Return the WebSocket URL with a fresh token, as a client makes it."""
    async with httpx2.AsyncClient() as client:
        data = (await client.post(server.rest_url + "/api/v1/bullet-public")).json()["data"]
    return f"{data['instanceServers'][0]['endpoint']}?token={data['token']}&connectId=me"


def talk_to(url: str) -> connect:
    return connect(url, ping_interval=None, compression=None)


async def receive(client: ClientConnection) -> Json:
    return orjson.loads(await asyncio.wait_for(client.recv(), WITHIN_S))


async def answer(client: ClientConnection, message: dict[str, Any]) -> Json:
    """Send a message and return the next one that is not a push."""
    await client.send(orjson.dumps(message).decode())
    while (reply := await receive(client))["type"] == "message":
        pass
    return reply


def subscribe(topic: str, identity: Json = 1, response: bool = True) -> dict[str, Any]:
    return {"id": identity, "type": "subscribe", "topic": topic, "privateChannel": False, "response": response}


async def test_the_token_is_checked_and_a_good_one_is_welcomed(exchange: Exchange) -> None:
    server = await exchange.open()
    async with talk_to(await bullet(server)) as client:
        assert await receive(client) == {"id": "me", "type": "welcome"}
    async with talk_to(server.ws_url + "/endpoint?token=stale&connectId=me") as client:
        assert await receive(client) == {"id": "me", "type": "error", "code": 401, "data": "token is invalid"}
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), WITHIN_S)


async def test_the_ack_comes_only_when_asked_for_and_the_id_comes_back_as_text(exchange: Exchange) -> None:
    server = await exchange.open()
    async with talk_to(await bullet(server)) as client:
        await receive(client)
        await client.send(orjson.dumps(subscribe("/market/ticker:BTC-USDT", 5, response=False)).decode())
        assert (await receive(client))["type"] == "message"
        reply = await answer(client, subscribe("/market/match:BTC-USDT,ETH-USDT,NO-NE", 1545910660739))
        assert reply == {"id": "1545910660739", "type": "ack"}
        topics = set()
        while len(topics) < 3:
            topics.add((await receive(client))["topic"])
        assert topics == {"/market/ticker:BTC-USDT", "/market/match:BTC-USDT", "/market/match:ETH-USDT"}


async def test_json_pings_are_answered_and_silence_ends_the_connection(exchange: Exchange) -> None:
    server = await exchange.open(KucoinSocketRules(idle_s=0.5))
    async with talk_to(await bullet(server)) as client:
        await receive(client)
        for number in range(4):
            await asyncio.sleep(0.2)
            reply = await answer(client, {"id": number, "type": "ping"})
            assert (reply["id"], reply["type"]) == (str(number), "pong")
        assert await receive(client) == {"type": "error", "code": 400, "data": "ping timeout"}
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), WITHIN_S)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "Bye")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (subscribe("/market/nothing:BTC-USDT"), 404),
        (subscribe(""), 404),
        (subscribe("/account/balance"), 404),
        ({"id": 1, "type": "fly"}, 415),
        ([], 400),
    ],
)
async def test_wrong_messages_get_their_code_and_the_connection_lives(
    exchange: Exchange, message: Json, code: int
) -> None:
    server = await exchange.open()
    async with talk_to(await bullet(server)) as client:
        await receive(client)
        assert (await answer(client, message))["code"] == code
        assert (await answer(client, {"id": 2, "type": "ping"}))["type"] == "pong"


async def test_too_many_topics_get_509_and_goodbye(exchange: Exchange) -> None:
    server = await exchange.open()
    many = ",".join(f"S{number}-USDT" for number in range(101))
    async with talk_to(await bullet(server)) as client:
        await receive(client)
        assert (await answer(client, subscribe(f"/market/match:{many}")))["code"] == 509
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), WITHIN_S)
    async with talk_to(await bullet(server)) as client:
        await receive(client)
        for part in range(4):
            names = ",".join(f"S{part}N{number}-USDT" for number in range(100))
            assert (await answer(client, subscribe(f"/market/match:{names}")))["type"] == "ack"
        assert (await answer(client, subscribe("/market/match:BTC-USDT")))["code"] == 509


async def test_an_expired_token_is_refused_once_by_the_fault(exchange: Exchange) -> None:
    server = await exchange.open(None, "token_expired")
    async with talk_to(await bullet(server)) as client:
        assert (await receive(client))["data"] == "token is expired"
    async with talk_to(await bullet(server)) as client:
        assert (await receive(client))["type"] == "welcome"


@pytest.mark.parametrize(
    ("fault", "status", "needle"),
    [("rate_limited", 429, b"429000"), ("geo_restricted", 403, b"400500"), ("html_body:status=502", 502, b"<html>")],
)
async def test_rest_faults_answer_every_request(exchange: Exchange, fault: str, status: int, needle: bytes) -> None:
    server = await exchange.open(None, fault)
    async with httpx2.AsyncClient() as client:
        response = await client.get(server.rest_url + "/api/v1/timestamp")
    assert response.status_code == status
    assert needle in response.content

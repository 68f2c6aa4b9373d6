"""REST over a real loopback socket: budget, bans, redirects, sizes; plain words for each."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from cryptobot_desktop.domain.clock import SimulatedClock
from cryptobot_desktop.domain.errors import TemporaryFailure
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.marketdata.endpoints import Endpoints
from cryptobot_desktop.marketdata.rest_client import RestClient, WeightBudget
from cryptobot_desktop.marketdata.venue_adapter import HttpRequest

PING = HttpRequest("GET", "/api/v3/ping", {"symbol": "这是测试币456"}, weight=10)


class Desk:
    """A raw HTTP server that answers what it is told, and a client of it on a simulated clock."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(1_790_000_000_000)
        self.answers: list[bytes] = []
        self.requests: list[str] = []
        self.slept: list[float] = []
        self.client = RestClient(
            Venue.BINANCE, Endpoints("http://127.0.0.1:1"), self.budget(100), clock=self.clock, sleep=self.sleep
        )
        self._server: asyncio.Server | None = None

    def budget(self, limit: int) -> WeightBudget:
        return WeightBudget(limit, 60_000, self.clock)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance_to(self.clock.now_ms() + int(seconds * 1_000) + 1)

    async def open(self, limit: int = 100) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        endpoints = Endpoints(f"http://127.0.0.1:{port}")
        self.client = RestClient(Venue.BINANCE, endpoints, self.budget(limit), clock=self.clock, sleep=self.sleep)

    async def close(self) -> None:
        await self.client.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.decode().splitlines()[0])
        writer.write(self.answers.pop(0) if self.answers else http("{}"))
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def http(body: str, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    await made.open()
    yield made
    await made.close()


async def test_an_answer_comes_back_as_it_is_and_names_are_encoded(desk: Desk) -> None:
    desk.answers = [http('{"a":1}')]
    response = await desk.client.send(PING)
    assert (response.status, response.body) == (200, b'{"a":1}')
    assert "%E8%BF%99" in desk.requests[0]


async def test_requests_wait_when_the_budget_of_the_minute_is_spent(desk: Desk) -> None:
    for _ in range(10):
        await desk.client.send(PING)
    assert desk.slept == []
    assert desk.client.budget.used == 100
    await desk.client.send(PING)
    assert desk.slept == [60.0]
    assert desk.client.budget.used == 10


async def test_the_venues_own_count_is_believed_when_it_is_higher(desk: Desk) -> None:
    desk.answers = [http("{}", "200 OK", "X-MBX-USED-WEIGHT-1M: 95")]
    await desk.client.send(PING)
    assert desk.client.budget.used == 95
    await desk.client.send(PING)
    assert len(desk.slept) == 1


async def test_a_ban_stops_all_requests_until_its_end(desk: Desk) -> None:
    until = desk.clock.now_ms() + 300_000
    body = f'{{"code":-1003,"msg":"Way too much request weight used; IP banned until {until}."}}'
    desk.answers = [http(body, "418 I'm a teapot", "Retry-After: 120")]
    assert (await desk.client.send(PING)).status == 418
    with pytest.raises(TemporaryFailure, match=r"300 s \(ip banned"):
        await desk.client.send(PING)
    assert len(desk.requests) == 1
    desk.clock.advance_to(until + 1)
    assert (await desk.client.send(PING)).status == 200


async def test_redirects_are_not_followed(desk: Desk) -> None:
    desk.answers = [http("", "302 Found", "Location: http://127.0.0.1:1/login")]
    with pytest.raises(TemporaryFailure, match="log-in page"):
        await desk.client.send(PING)
    assert len(desk.requests) == 1


async def test_an_answer_that_is_too_large_is_thrown_away(desk: Desk) -> None:
    desk.answers = [http("x" * 5_000)]
    with pytest.raises(TemporaryFailure, match="more than 1000 bytes"):
        await desk.client.send(PING, max_bytes=1_000)


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"])
async def test_broken_answers_are_temporary(desk: Desk, answer: bytes) -> None:
    desk.answers = [answer]
    with pytest.raises(TemporaryFailure, match="cannot be reached"):
        await desk.client.send(PING)


async def test_settings_of_the_environment_do_not_divert_requests(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await desk.client.send(PING)).status == 200


def test_a_budget_frees_weight_as_time_passes() -> None:
    clock = SimulatedClock(1_000)
    budget = WeightBudget(100, 60_000, clock)
    wait: Callable[[int], float] = budget.wait_s
    budget.spend(60)
    clock.advance_to(21_000)
    budget.spend(40)
    assert wait(1) == 40.0
    assert wait(61) == 60.0
    clock.advance_to(61_000)
    assert (wait(60), budget.used) == (0.0, 40)


def test_a_request_heavier_than_the_whole_budget_is_sent_when_nothing_else_is() -> None:
    budget = WeightBudget(10, 60_000, SimulatedClock(1_000))
    assert budget.wait_s(20) == 0.0

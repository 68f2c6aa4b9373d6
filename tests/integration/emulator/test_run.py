"""Starting, announcing and stopping the emulator, and playing tapes over sockets."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import httpx2
import orjson
import pytest
from websockets.asyncio.client import connect

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.emulator.run import EmulatorOptions, EmulatorUrls, make_venues, run_emulator
from cryptobot_desktop.emulator.venue_port import request_from_target

START = 1_790_000_000_123
Serve = Callable[..., EmulatorUrls]


def test_the_urls_are_those_that_answer(serve: Serve) -> None:
    urls = serve()
    document = orjson.loads(urls.as_json())
    assert document["synthetic"] is True
    assert document["emulator"] == "synthetic market, seed 7"
    assert document["environment"]["CRYPTOBOT_BINANCE_REST"] == document["binance"]["rest"]
    with httpx2.Client() as client:
        assert client.get(document["binance"]["rest"] + "/api/v3/time").json()["serverTime"] >= START
        assert client.get(document["kucoin"]["rest"] + "/api/v1/timestamp").json()["data"] >= START
        assert client.post(document["kucoin"]["rest"] + "/api/v1/bullet-public").json()["code"] == "200000"


def test_several_requests_share_one_connection_and_rubbish_is_refused(serve: Serve) -> None:
    urls = serve(kucoin_port=None)
    assert urls.binance is not None
    assert urls.kucoin is None
    port = int(urls.binance.rest.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for _ in range(2):
            client.sendall(b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(4_096).startswith(b"HTTP/1.1 200 OK")
        client.sendall(b"rubbish\r\n\r\n")
        assert client.recv(4_096).startswith(b"HTTP/1.1 400")


def test_a_taken_port_is_named(serve: Serve) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"port {port} on 127.0.0.1 cannot be used"):
            serve(kucoin_port=port)


@pytest.mark.parametrize(
    ("options", "needle"),
    [
        ({"market": "real"}, "market 'real' is unknown"),
        ({"market": "synthetic:x"}, "seed 'x'"),
        ({"market": "recording:/no/such/file"}, "cannot be read"),
        ({"faults": ("meteor",)}, "fault 'meteor' is unknown; allowed: drop_connection"),
        ({"host": "0.0.0.0"}, "not this machine"),
        ({"symbols": ("DOGE/USDT",)}, "symbol 'DOGE/USDT' is not in the synthetic market; allowed: BTC/USDT"),
        ({"binance_port": 70_000}, "port 70000"),
        ({"speed": 0.0}, "speed 0.0"),
        ({"binance_port": None, "kucoin_port": None}, "no venue is left"),
    ],
)
def test_bad_options_are_refused_in_the_callers_thread(serve: Serve, options: dict[str, object], needle: str) -> None:
    with pytest.raises(InvalidInput, match=needle):
        serve(**options)


async def test_run_emulator_announces_and_ends_when_cancelled() -> None:
    announced: asyncio.Queue[EmulatorUrls] = asyncio.Queue()
    task = asyncio.create_task(run_emulator(EmulatorOptions(start_ms=START), announced.put_nowait))
    urls = await asyncio.wait_for(announced.get(), 10)
    assert urls.kucoin is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get(urls.kucoin.rest + "/api/v1/timestamp")


def test_a_ban_answers_418_with_its_end_in_market_time(serve: Serve) -> None:
    urls = serve(faults=("ip_banned:for=60",))
    assert urls.binance is not None
    with httpx2.Client() as client:
        response = client.get(urls.binance.rest + "/api/v3/time")
    assert response.status_code == 418
    assert 0 < int(response.headers["Retry-After"]) <= 61
    assert START < int(response.json()["msg"].partition("until ")[2].partition(".")[0]) <= START + 120_000


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTCUSDT", "btc-usdt"])
def test_symbols_are_accepted_in_every_spelling(symbol: str) -> None:
    binance, kucoin = make_venues("synthetic", START, (symbol,))
    assert binance.symbols == ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    assert kucoin.label == "synthetic market, seed 7"


def test_geo_restriction_answers_451_with_binances_text(serve: Serve) -> None:
    urls = serve(faults=("geo_restricted",))
    assert urls.binance is not None
    with httpx2.Client() as client:
        response = client.get(urls.binance.rest + "/api/v3/time")
    assert response.status_code == 451
    assert "restricted location" in response.json()["msg"]


def test_frames_over_a_socket_are_the_bytes_of_the_port(serve: Serve) -> None:
    urls = serve(kucoin_port=None, speed=10)
    assert urls.binance is not None

    async def listen(url: str) -> list[bytes]:
        async with connect(url + "/ws/btcusdt@trade", ping_interval=None) as client:
            return [(await asyncio.wait_for(client.recv(), 10)).encode() for _ in range(30)]

    received = asyncio.run(listen(urls.binance.ws))
    venue = make_venues("synthetic:7", START)[0]
    venue.subscribe("btcusdt@trade")
    expected = [frame.payload for frame in venue.advance(START + 120_000)]
    first = expected.index(received[0])
    assert received == expected[first : first + len(received)]


def test_a_tape_waits_for_its_client_and_then_plays_at_its_own_pace(serve: Serve, shared_data: Path) -> None:
    tape = shared_data / "orderbook" / "binance_us_20211012_30s_crvusdt_zrxusdt.jsonl.gz"
    urls = serve(market=f"recording:{tape}", speed=100)
    assert urls.kucoin is None
    assert urls.binance is not None
    assert not urls.synthetic

    async def listen(url: str) -> list[dict[str, int]]:
        async with connect(url + "/ws/crvusdt@depth@100ms", ping_interval=None) as client:
            return [orjson.loads(await asyncio.wait_for(client.recv(), 10)) for _ in range(29)]

    events = asyncio.run(listen(urls.binance.ws))
    assert events[0]["U"] == 1_938_833
    assert events[-1]["u"] == 1_938_877
    venue = make_venues(f"recording:{tape}", 0)[0]
    assert venue.rest(request_from_target("GET", "/api/v3/depth?symbol=CRVUSDT")).status == 200

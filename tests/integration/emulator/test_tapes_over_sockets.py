"""A client that follows the venue's documented book algorithm over real sockets ends at the expected books."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from websockets.asyncio.client import connect

from cryptobot_desktop.emulator.run import EmulatorUrls

Json = Any
Serve = Callable[..., EmulatorUrls]
SPEED = 40
WITHIN_S = 20
TAPES = (
    "binance_20211012_30s_nknusdt_lrcbtc_runeeur.jsonl.gz",
    "binance_us_20211012_30s_crvusdt_zrxusdt.jsonl.gz",
    "kucoin_20210425_30s_6symbols.jsonl.gz",
)
pytestmark = pytest.mark.slow


class ClientBook:
    """The documented algorithm: buffer, snapshot after the first event, drop what it holds, apply the rest."""

    def __init__(self) -> None:
        self.waiting: list[Json] = []
        self.sides: dict[str, dict[Decimal, Decimal]] = {}
        self.last = -1

    def start(self, update_id: int, snapshot: Json) -> None:
        self.sides = {side: {Decimal(p): Decimal(q) for p, q in snapshot[side]} for side in ("bids", "asks")}
        self.last = update_id
        for event in self.waiting:
            self.apply(event)

    def receive(self, event: Json) -> None:
        if self.last < 0:
            self.waiting.append(event)
        else:
            self.apply(event)

    def apply(self, event: Json) -> None:
        first, last = event.get("U", event.get("sequenceStart")), event.get("u", event.get("sequenceEnd"))
        if last <= self.last:
            return
        assert first <= self.last + 1
        rows = event["changes"] if "changes" in event else {"bids": event["b"], "asks": event["a"]}
        for side, levels in rows.items():
            for price, size, *number in levels:
                if Decimal(price) and (not number or int(number[0]) > self.last):
                    self.sides[side][Decimal(price)] = Decimal(size)
        self.last = last

    def top(self, side: str) -> list[list[Decimal]]:
        levels = [[price, size] for price, size in self.sides[side].items() if size]
        return sorted(levels, reverse=side == "bids")[:20]


async def follow_binance(urls: EmulatorUrls, ends: dict[str, int]) -> dict[str, ClientBook]:
    assert urls.binance is not None
    books = {symbol: ClientBook() for symbol in ends}
    streams = "/".join(f"{symbol.lower()}@depth@100ms" for symbol in ends)
    async with (
        httpx2.AsyncClient(base_url=urls.binance.rest) as http,
        connect(f"{urls.binance.ws}/stream?streams={streams}") as client,
    ):
        while any(book.last < ends[symbol] for symbol, book in books.items()):
            event = orjson.loads(await asyncio.wait_for(client.recv(), WITHIN_S))["data"]
            book = books[event["s"]]
            book.receive(event)
            if book.last < 0:
                query = {"symbol": event["s"], "limit": "1000"}
                snapshot = (await http.get("/api/v3/depth", params=query)).json()
                book.start(snapshot["lastUpdateId"], snapshot)
    return books


async def follow_kucoin(urls: EmulatorUrls, ends: dict[str, int]) -> dict[str, ClientBook]:
    assert urls.kucoin is not None
    books = {symbol: ClientBook() for symbol in ends}
    async with httpx2.AsyncClient(base_url=urls.kucoin.rest) as http:
        bullet = (await http.post("/api/v1/bullet-public")).json()["data"]
        url = f"{bullet['instanceServers'][0]['endpoint']}?token={bullet['token']}&connectId=me"
        async with connect(url) as client:
            assert orjson.loads(await client.recv())["type"] == "welcome"
            topic = f"/market/level2:{','.join(ends)}"
            await client.send(orjson.dumps({"id": 1, "type": "subscribe", "topic": topic}).decode())
            while any(book.last < ends[symbol] for symbol, book in books.items()):
                event = orjson.loads(await asyncio.wait_for(client.recv(), WITHIN_S))["data"]
                book = books[event["symbol"]]
                book.receive(event)
                if book.last < 0:
                    answer = await http.get("/api/v3/market/orderbook/level2", params={"symbol": event["symbol"]})
                    book.start(int(answer.json()["data"]["sequence"]), answer.json()["data"])
    return books


@pytest.mark.parametrize("name", TAPES)
def test_a_client_on_sockets_ends_at_the_expected_books(serve: Serve, shared_data: Path, name: str) -> None:
    folder = shared_data / "orderbook"
    expected = orjson.loads((folder / "expected_books.json").read_bytes())[name]["expect"]
    ends = {
        symbol: next(int(v) for k, v in expect.items() if k.startswith("final")) for symbol, expect in expected.items()
    }
    urls = serve(market=f"recording:{folder / name}", speed=SPEED)
    follow = follow_binance if urls.binance else follow_kucoin
    books = asyncio.run(follow(urls, ends))
    for symbol, expect in expected.items():
        assert books[symbol].last == ends[symbol]
        for side in ("bids", "asks"):
            assert books[symbol].top(side) == [[Decimal(p), Decimal(q)] for p, q in expect[f"top20_{side}"]]

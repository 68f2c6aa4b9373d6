"""ccxt's own clients (sync, async, pro) take the emulator for the exchange; only base URLs are changed."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cryptobot_desktop.emulator.run import EmulatorUrls

Untyped = Any
"""What belongs to a library without types."""

ccxt = pytest.importorskip("ccxt", reason="ccxt is not installed: its acceptance tests of the emulator need it")
ccxt_async = pytest.importorskip("ccxt.async_support")
ccxt_pro = pytest.importorskip("ccxt.pro")

Serve = Callable[..., EmulatorUrls]
VENUES = ("binance", "kucoin")
WITHIN_S = 20
pytestmark = pytest.mark.slow


def point(client: Untyped, urls: EmulatorUrls) -> Untyped:
    """Let a ccxt client speak to the emulator: every REST host is replaced, paths and options stay."""
    served = urls.binance if client.id == "binance" else urls.kucoin
    assert served is not None
    api = client.urls["api"]
    for name, url in api.items():
        if isinstance(url, str):
            path = url.split("/", 3)[3] if url.count("/") > 2 else ""
            api[name] = f"{served.rest}/{path}".rstrip("/")
    if client.id == "binance" and isinstance(api.get("ws"), dict):
        api["ws"]["spot"] = served.ws + "/ws"
    return client


def check_book(book: Untyped) -> None:
    assert len(book["bids"]) >= 10
    assert len(book["asks"]) >= 10
    assert book["bids"][0][0] < book["asks"][0][0]
    assert [level[0] for level in book["bids"]] == sorted((level[0] for level in book["bids"]), reverse=True)
    assert [level[0] for level in book["asks"]] == sorted(level[0] for level in book["asks"])


def check_bars(bars: Untyped) -> None:
    times = [bar[0] for bar in bars]
    assert times == sorted(set(times))
    assert all(bar[3] <= min(bar[1], bar[4]) <= max(bar[1], bar[4]) <= bar[2] for bar in bars)


@pytest.mark.parametrize("venue", VENUES)
def test_the_sync_client_loads_and_fetches(serve: Serve, venue: str) -> None:
    client = point(getattr(ccxt, venue)(), serve())
    markets = client.load_markets()
    assert {"BTC/USDT", "ETH/USDT", "SOL/USDT"} <= set(markets)
    assert markets["BTC/USDT"]["precision"]["price"] == (0.01 if venue == "binance" else 0.1)
    check_bars(client.fetch_ohlcv("BTC/USDT", "1m", limit=200))
    since = client.fetch_time() - 86_400_000
    hours = client.fetch_ohlcv("ETH/USDT", "1h", since=since)
    assert len(hours) == 24
    check_book(client.fetch_order_book("BTC/USDT", 20))
    trades = client.fetch_trades("SOL/USDT")
    assert {trade["side"] for trade in trades} == {"buy", "sell"}
    ticker = client.fetch_ticker("BTC/USDT")
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert set(client.fetch_tickers()) == {"BTC/USDT", "ETH/USDT", "SOL/USDT"}
    client.session.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_the_async_client_loads_and_fetches(serve: Serve, venue: str) -> None:
    urls = await asyncio.to_thread(serve)
    async with point(getattr(ccxt_async, venue)(), urls) as client:
        await client.load_markets()
        check_bars(await client.fetch_ohlcv("SOL/USDT", "5m"))
        check_book(await client.fetch_order_book("SOL/USDT"))
        assert await client.fetch_trades("BTC/USDT", limit=10)
        assert (await client.fetch_ticker("ETH/USDT"))["last"] > 0


@pytest.mark.parametrize("venue", VENUES)
async def test_the_pro_client_watches_everything_and_its_book_equals_rest(serve: Serve, venue: str) -> None:
    urls = await asyncio.to_thread(serve)
    async with point(getattr(ccxt_pro, venue)(), urls) as client:
        await client.load_markets()
        trades = await asyncio.wait_for(client.watch_trades("BTC/USDT"), WITHIN_S)
        assert trades[-1]["side"] in ("buy", "sell")
        assert (await asyncio.wait_for(client.watch_ticker("BTC/USDT"), WITHIN_S))["last"] > 0
        check_bars(await asyncio.wait_for(client.watch_ohlcv("BTC/USDT", "1m"), WITHIN_S))
        for _ in range(30):
            book = await asyncio.wait_for(client.watch_order_book("BTC/USDT"), WITHIN_S)
        check_book(book)
        assert await equal_books(client), "the watched book never equalled the fetched one at the same sequence"


async def equal_books(client: Untyped) -> bool:
    """Return True when fetched books equal the watched ones wherever both have the same sequence."""
    watched: dict[int, list[Any]] = {}

    async def watch() -> None:
        while True:
            book = await client.watch_order_book("BTC/USDT")
            watched[book["nonce"]] = top_of(book)

    task = asyncio.create_task(watch())
    fetched = [await client.fetch_order_book("BTC/USDT", 20) for _ in range(30)]
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    common = [book for book in fetched if book["nonce"] in watched]
    assert all(top_of(book) == watched[book["nonce"]] for book in common)
    return bool(common)


def top_of(book: Untyped) -> list[Any]:
    """Return prices and sizes of the best ten levels of each side (ccxt adds a sequence on KuCoin)."""
    return [[level[:2] for level in book[side][:10]] for side in ("bids", "asks")]

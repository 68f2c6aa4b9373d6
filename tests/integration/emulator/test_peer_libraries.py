"""Client libraries of others take the emulator for the exchange: python-binance, Binance's own SDK, KuCoin's own SDK.

They are no dependency of the program. Each test runs where its library is installed and says so where it is not.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from cryptobot_desktop.emulator.run import EmulatorUrls, VenueUrls

Untyped = Any
"""What belongs to a library without types."""

Serve = Callable[..., EmulatorUrls]
WITHIN_S = 20
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def library(name: str, package: str) -> Untyped:
    """Import a peer's client or skip with the package's name."""
    return pytest.importorskip(name, reason=f"{package} is not installed: it is a peer, not a dependency")


def binance(urls: EmulatorUrls) -> VenueUrls:
    assert urls.binance is not None
    return urls.binance


async def test_python_binance_fetches_streams_and_keeps_a_book(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = library("binance", "python-binance")
    depth = library("binance.ws.depthcache", "python-binance")
    served = binance(await asyncio.to_thread(serve))
    monkeypatch.setattr(peer.AsyncClient, "API_URL", served.rest + "/api")
    monkeypatch.setattr(peer.BinanceSocketManager, "STREAM_URL", served.ws + "/")
    client = await peer.AsyncClient.create()
    try:
        assert (await client.get_symbol_info("BTCUSDT"))["filters"][0]["tickSize"] == "0.01000000"
        assert len(await client.get_klines(symbol="BTCUSDT", interval="1m", limit=10)) == 10
        assert len(await client.get_recent_trades(symbol="ETHUSDT")) > 0
        sockets = peer.BinanceSocketManager(client)
        async with sockets.trade_socket("BTCUSDT") as stream:
            assert (await asyncio.wait_for(stream.recv(), WITHIN_S))["e"] == "trade"
        async with sockets.multiplex_socket(["btcusdt@bookTicker", "ethusdt@kline_1m"]) as stream:
            assert (await asyncio.wait_for(stream.recv(), WITHIN_S))["stream"].startswith(("btcusdt", "ethusdt"))
        async with depth.DepthCacheManager(client, "BTCUSDT", ws_interval=100) as stream:
            for _ in range(10):
                cache = await asyncio.wait_for(stream.recv(), WITHIN_S)
        assert cache.get_bids()[0][0] < cache.get_asks()[0][0]
    finally:
        await client.close_connection()


async def test_binances_own_sdk_fetches_and_streams(serve: Serve) -> None:
    peer = library("binance_sdk_spot.spot", "binance-sdk-spot")
    served = binance(await asyncio.to_thread(serve))
    rest = peer.Spot(
        config_rest_api=peer.ConfigurationRestAPI(api_key="", api_secret="", base_path=served.rest)
    ).rest_api
    info = await asyncio.to_thread(rest.exchange_info, symbol="BTCUSDT")
    assert info.data().symbols[0].symbol == "BTCUSDT"
    assert len((await asyncio.to_thread(rest.klines, "BTCUSDT", "1m", limit=2)).data()) == 2
    streams = peer.Spot(config_ws_streams=peer.ConfigurationWebSocketStreams(stream_url=served.ws)).websocket_streams
    connection = await streams.create_connection()
    try:
        received: asyncio.Queue[Any] = asyncio.Queue()
        trade = await connection.trade(symbol="btcusdt")
        trade.on("message", received.put_nowait)
        assert (await asyncio.wait_for(received.get(), WITHIN_S)).s == "BTCUSDT"
    finally:
        await connection.close_connection(close_session=True)


def test_kucoins_own_sdk_fetches_and_listens(serve: Serve) -> None:
    library("kucoin_universal_sdk.api.client", "kucoin-universal-sdk")
    urls = serve()
    assert urls.kucoin is not None
    client = universal_client(urls.kucoin.rest)
    fetch_with_universal_client(client)
    received: Counter[str] = Counter()

    def note(topic: str, _subject: str, _data: Untyped) -> None:
        received[topic.partition(":")[0]] += 1

    socket = client.ws_service().new_spot_public_ws()
    socket.start()
    socket.trade(["BTC-USDT"], note)
    socket.orderbook_increment(["BTC-USDT"], note)
    socket.ticker(["BTC-USDT"], note)
    socket.klines("BTC-USDT", "1min", note)
    wanted = {"/market/match", "/market/level2", "/market/ticker", "/market/candles"}
    deadline = time.monotonic() + WITHIN_S
    while set(received) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    socket.stop()
    assert set(received) == wanted


def universal_client(rest: str) -> Untyped:
    """Return KuCoin's SDK client without keys, pointed at the emulator."""
    from kucoin_universal_sdk.api.client import DefaultClient
    from kucoin_universal_sdk.model.client_option import ClientOptionBuilder
    from kucoin_universal_sdk.model.transport_option import TransportOptionBuilder
    from kucoin_universal_sdk.model.websocket_option import WebSocketClientOptionBuilder

    options = ClientOptionBuilder().set_key("").set_secret("").set_passphrase("")
    options = options.set_spot_endpoint(rest).set_futures_endpoint(rest).set_broker_endpoint(rest)
    options = options.set_transport_option(TransportOptionBuilder().build())
    return DefaultClient(options.set_websocket_client_option(WebSocketClientOptionBuilder().build()).build())


def fetch_with_universal_client(client: Untyped) -> None:
    """Read symbols, candles, a book and trades."""
    from kucoin_universal_sdk.generate.spot import market

    api = client.rest_service().get_spot_service().get_market_api()
    assert len(api.get_all_symbols(market.GetAllSymbolsReqBuilder().build()).data) == 3
    candles = market.GetKlinesReqBuilder().set_symbol("BTC-USDT").set_type("1min").set_start_at(0).set_end_at(0).build()
    assert len(api.get_klines(candles).data) == 100
    book = market.GetPartOrderBookReqBuilder().set_symbol("BTC-USDT").set_size("20").build()
    assert len(api.get_part_order_book(book).bids) == 20
    assert len(api.get_trade_history(market.GetTradeHistoryReqBuilder().set_symbol("BTC-USDT").build()).data) == 100


def test_python_kucoin_fetches(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = library("kucoin.client", "python-kucoin")
    urls = serve()
    assert urls.kucoin is not None
    monkeypatch.setattr(peer.Client, "REST_API_URL", urls.kucoin.rest)
    client = peer.Client("", "", "")
    assert len(client.get_symbols()) == 3
    assert len(client.get_kline_data("BTC-USDT", "1min")) == 100
    assert len(client.get_order_book("BTC-USDT")["bids"]) > 0
    assert float(client.get_24hr_stats("BTC-USDT")["last"]) > 0
    client.session.close()

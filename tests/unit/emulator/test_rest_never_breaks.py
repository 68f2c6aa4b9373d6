"""Whatever is asked, a venue answers in its own words: nothing escapes as an exception."""

from functools import cache
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.emulator.binance_venue import BinanceVenue
from cryptobot_desktop.emulator.kucoin_reference import KUCOIN_PAIRS
from cryptobot_desktop.emulator.kucoin_venue import KucoinVenue
from cryptobot_desktop.emulator.recording_venue import RecordingVenue
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.tape import read_tape
from cryptobot_desktop.emulator.venue_port import EmulatedVenue, RestRequest

START = 1_790_000_000_123
BINANCE_PATHS = tuple(
    f"/api/v3/{name}"
    for name in (
        "exchangeInfo", "depth", "klines", "trades", "historicalTrades", "aggTrades", "avgPrice",
        "ticker", "ticker/24hr", "ticker/price", "ticker/bookTicker", "ticker/tradingDay", "nothing",
    )
)  # fmt: skip
KUCOIN_PATHS = (
    "/api/v1/market/candles",
    "/api/v1/market/histories",
    "/api/v1/market/stats",
    "/api/v1/market/orderbook/level1",
    "/api/v1/market/orderbook/level2_20",
    "/api/v1/market/orderbook/level2_100",
    "/api/v1/market/allTickers",
    "/api/v1/symbols",
    "/api/v1/currencies",
    "/api/v2/symbols/BTC-USDT",
    "/api/v3/currencies/",
    "/api/v3/market/orderbook/level2",
)
NUMBERS = st.one_of(
    st.integers(-5, 2_000).map(str),
    st.integers(START - 10**9, START + 10**9).map(str),
    st.integers(0, 10**21).map(str),
    st.sampled_from(["", "1e5", "٣", "1.5", " 1", "+1", "NaN", "²"]),
)
VALUES = st.one_of(NUMBERS, st.text(max_size=12))
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "symbol": st.sampled_from(["BTCUSDT", "BTC-USDT", "ABC", "", "btcusdt", "这是测试币456"]),
        "symbols": st.sampled_from(['["BTCUSDT"]', "[]", "[1]", "{", '["BTCUSDT","ABC"]']),
        "interval": st.sampled_from(["1m", "1w", "1M", "3d", "7m", ""]),
        "type": st.sampled_from(["1min", "1week", "1month", "MINI", "FULL", "7min", ""]),
        "limit": NUMBERS,
        "startTime": NUMBERS,
        "endTime": NUMBERS,
        "startAt": NUMBERS,
        "endAt": NUMBERS,
        "fromId": NUMBERS,
        "windowSize": st.sampled_from(["1m", "7d", "0h", "x", ""]),
        "market": VALUES,
    },
)
# Binance refuses parameters that an end point does not know, so most requests must have the right ones only.
KNOWN = {
    "depth": {"symbol", "limit"},
    "klines": {"symbol", "interval", "startTime", "endTime", "limit"},
    "trades": {"symbol", "limit"},
    "historicalTrades": {"symbol", "limit", "fromId"},
    "aggTrades": {"symbol", "fromId", "startTime", "endTime", "limit"},
    "avgPrice": {"symbol"},
}


@cache
def synthetic(kind: str) -> EmulatedVenue:
    if kind == "binance":
        return BinanceVenue(SyntheticMarket(7, START), 10**12)
    return KucoinVenue(SyntheticMarket(7, START, KUCOIN_PAIRS), 10**12)


def answer(venue: EmulatedVenue, path: str, query: dict[str, str]) -> None:
    known = KNOWN.get(path.rpartition("/")[2])
    if known:
        query = {name: value for name, value in query.items() if name in known}
    response = venue.rest(RestRequest("GET", path, query))
    assert response.status in (200, 400, 401, 404, 405, 503)
    if response.headers.get("Content-Type") != "text/html":
        orjson.loads(response.body)


@given(st.sampled_from(BINANCE_PATHS), QUERIES)
@settings(max_examples=300)
def test_binance_answers_any_query(path: str, query: dict[str, str]) -> None:
    answer(synthetic("binance"), path, query)


@given(st.sampled_from(KUCOIN_PATHS), QUERIES)
@settings(max_examples=300)
def test_kucoin_answers_any_query(path: str, query: dict[str, str]) -> None:
    answer(synthetic("kucoin"), path, query)


BOUNDS = st.dictionaries(st.sampled_from(["start", "end"]), st.integers(0, 10**20 - 1).map(str))


@given(st.sampled_from(["1m", "3d", "1w", "1M"]), BOUNDS)
def test_bars_of_any_time_can_be_asked_for(interval: str, bounds: dict[str, str]) -> None:
    query = {"symbol": "BTCUSDT", "interval": interval} | {f"{name}Time": value for name, value in bounds.items()}
    answer(synthetic("binance"), "/api/v3/klines", query)
    kind = {"1m": "1min", "3d": "1day", "1w": "1week", "1M": "1month"}[interval]
    query = {"symbol": "BTC-USDT", "type": kind} | {f"{name}At": value for name, value in bounds.items()}
    answer(synthetic("kucoin"), "/api/v1/market/candles", query)


@pytest.mark.parametrize(
    ("name", "paths", "symbol"),
    [
        ("binance_us_20211012_30s_crvusdt_zrxusdt.jsonl.gz", BINANCE_PATHS, "CRVUSDT"),
        ("kucoin_20210425_30s_6symbols.jsonl.gz", KUCOIN_PATHS, "SNX-BTC"),
    ],
)
def test_tapes_answer_any_query(shared_data: Path, name: str, paths: tuple[str, ...], symbol: str) -> None:
    venue = RecordingVenue(read_tape(shared_data / "orderbook" / name))
    venue.advance(venue.now_ms() + 20_000)

    @given(st.sampled_from(paths), QUERIES)
    @settings(max_examples=200)
    def ask(path: str, query: dict[str, str]) -> None:
        answer(venue, path, query | ({"symbol": symbol} if query.get("symbol", "").startswith("BTC") else {}))

    ask()

"""KuCoin without sockets: envelope, shapes, candles with holes, sequences and topics."""

import random
from decimal import Decimal
from typing import Any

import orjson
import pytest

from cryptobot_desktop.emulator.kucoin_reference import KUCOIN_PAIRS
from cryptobot_desktop.emulator.kucoin_venue import KucoinVenue
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import StreamFrame, request_from_target

Json = Any

START = 1_790_000_000_123
MINUTE = 60_000
ALL_TOPICS = (
    "/market/ticker:BTC-USDT",
    "/market/ticker:all",
    "/market/snapshot:BTC-USDT",
    "/market/snapshot:USDS",
    "/spotMarket/level1:BTC-USDT",
    "/spotMarket/level2Depth5:BTC-USDT",
    "/spotMarket/level2Depth50:BTC-USDT",
    "/market/level2:BTC-USDT",
    "/market/match:BTC-USDT",
    "/market/candles:BTC-USDT_1min",
    "/market/candles:BTC-USDT_1week",
)
QUIET = PairSpec(
    base="QUIET", quote="USDT", price_decimals=2, qty_decimals=4, start_price=15_000, typical_qty=40_000,
    volatility=0.0005, pace=0.02,
)  # fmt: skip


def make_venue(pairs: tuple[PairSpec, ...] = KUCOIN_PAIRS, limit: int = 2_000) -> KucoinVenue:
    return KucoinVenue(SyntheticMarket(7, START, pairs), limit)


def get(venue: KucoinVenue, target: str, method: str = "GET") -> Json:
    response = venue.rest(request_from_target(method, target, {"host": "127.0.0.1:4711"}))
    document = orjson.loads(response.body)
    assert document["code"] == "200000", document
    return document["data"]


def pushes(frames: list[StreamFrame], topic: str) -> list[Any]:
    return [orjson.loads(frame.payload) for frame in frames if frame.topic == topic]


def play(venue: KucoinVenue, *topics: str, length_ms: int = 2 * MINUTE) -> list[StreamFrame]:
    for topic in topics:
        assert venue.subscribe(topic), topic
    return venue.advance(venue.now_ms() + length_ms)


def test_every_answer_says_that_the_market_is_synthetic_and_shows_the_pool() -> None:
    venue = make_venue()
    response = venue.rest(request_from_target("GET", "/api/v1/timestamp"))
    assert response.headers["X-Emulator"] == "synthetic market"
    assert response.headers["gw-ratelimit-limit"] == "2000"
    assert response.headers["gw-ratelimit-remaining"] == "1997"
    assert 0 < int(response.headers["gw-ratelimit-reset"]) <= 30_000
    assert get(venue, "/api/v1/bullet-public", "POST")["emulator"] == "synthetic market, seed 7"


def test_bullet_names_this_host_and_gives_a_token_that_expires() -> None:
    venue = make_venue()
    one, two = (get(venue, "/api/v1/bullet-public", "POST") for _ in range(2))
    assert one["token"] != two["token"]
    assert one["instanceServers"][0] == {
        "endpoint": "ws://127.0.0.1:4711/endpoint",
        "encrypt": False,
        "protocol": "websocket",
        "pingInterval": 18000,
        "pingTimeout": 10000,
    }
    assert venue.tokens.refusal(one["token"], venue.now_ms()) == ""
    assert venue.tokens.refusal("made up", venue.now_ms()) == "token is invalid"
    assert venue.tokens.refusal(one["token"], venue.now_ms() + 86_400_001) == "token is expired"


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/api/v3/market/orderbook/level2?symbol=BTC-USDT", 401, "400001"),
        ("GET", "/api/v1/accounts", 401, "400001"),
        ("POST", "/api/v1/bullet-private", 401, "400001"),
        ("GET", "/api/v1/nothing", 404, "404000"),
        ("GET", "/api/v1/market/histories?symbol=NO-NE", 200, "900001"),
        ("GET", "/api/v1/market/histories", 400, "400100"),
        ("GET", "/api/v1/market/candles?symbol=BTC-USDT&type=7min", 400, "400100"),
        ("GET", "/api/v1/market/candles?symbol=BTC-USDT&type=1min&startAt=x", 400, "400100"),
        ("GET", "/api/v2/symbols/NO-NE", 200, "900001"),
        ("GET", "/api/v1/bullet-public", 405, "405000"),
    ],
)
def test_wrong_requests_get_their_code(method: str, target: str, status: int, code: str) -> None:
    response = make_venue().rest(request_from_target(method, target))
    assert (response.status, orjson.loads(response.body)["code"]) == (status, code)


def test_the_pool_limit_answers_429000_with_the_reset_time() -> None:
    venue = make_venue(limit=5)
    get(venue, "/api/v1/timestamp")
    over = venue.rest(request_from_target("GET", "/api/v1/timestamp"))
    assert (over.status, orjson.loads(over.body)["code"]) == (429, "429000")
    venue.advance(venue.now_ms() + int(over.headers["gw-ratelimit-reset"]))
    get(venue, "/api/v1/timestamp")


def test_frames_do_not_depend_on_how_time_is_cut() -> None:
    whole = play(make_venue(), *ALL_TOPICS)
    venue, cut = make_venue(), list[StreamFrame]()
    for topic in ALL_TOPICS:
        venue.subscribe(topic)
    steps = random.Random(5)
    while venue.now_ms() < START + 2 * MINUTE:
        cut += venue.advance(min(START + 2 * MINUTE, venue.now_ms() + steps.choice((1, 7, 20, 99, 100, 1_999))))
    assert cut == whole
    assert {frame.topic for frame in whole} == set(ALL_TOPICS)


def test_symbols_carry_kucoins_own_precision() -> None:
    rows = {row["symbol"]: row for row in get(make_venue(), "/api/v2/symbols")}
    assert rows["BTC-USDT"]["priceIncrement"] == "0.1"
    assert rows["BTC-USDT"]["callauctionPriceFloor"] is None
    assert get(make_venue(), "/api/v2/symbols/ETH-USDT") == rows["ETH-USDT"]
    assert "feeCategory" not in get(make_venue(), "/api/v1/symbols")[0]
    assert {row["currency"] for row in get(make_venue(), "/api/v3/currencies")} == {"BTC", "ETH", "SOL", "USDT"}


def test_candles_come_newest_first_as_strings_without_empty_bars() -> None:
    venue = make_venue((QUIET,))
    rows = get(venue, f"/api/v1/market/candles?symbol=QUIET-USDT&type=1min&startAt={START // 1000 - 86_400}")
    times = [int(row[0]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert len(rows) <= 1_500
    assert all(isinstance(cell, str) for row in rows for cell in row)
    assert all(Decimal(row[5]) > 0 for row in rows)
    assert all(Decimal(row[4]) <= min(Decimal(row[1]), Decimal(row[2])) for row in rows)
    assert all(Decimal(row[3]) >= max(Decimal(row[1]), Decimal(row[2])) for row in rows)
    assert len(get(make_venue(), "/api/v1/market/candles?symbol=BTC-USDT&type=1min&startAt=1")) == 1_500


def test_weeks_begin_on_thursday() -> None:
    week = 7 * 86_400
    for row in get(make_venue(), "/api/v1/market/candles?symbol=BTC-USDT&type=1week"):
        assert int(row[0]) % week == 0


def test_candle_bounds_are_start_inclusive_and_end_exclusive() -> None:
    first = START // MINUTE * 60 - 600
    target = f"/api/v1/market/candles?symbol=BTC-USDT&type=1min&startAt={first}&endAt={first + 180}"
    assert [int(row[0]) for row in get(make_venue(), target)] == [first + 120, first + 60, first]


def test_level2_leads_from_a_snapshot_to_the_next_one() -> None:
    venue = make_venue()
    play(venue, "/market/level2:BTC-USDT", length_ms=2_000)
    snapshot = get(venue, "/api/v1/market/orderbook/level2_100?symbol=BTC-USDT")
    book = {side: {Decimal(p): Decimal(q) for p, q in snapshot[side]} for side in ("bids", "asks")}
    last, noise = int(snapshot["sequence"]), 0
    for push in pushes(venue.advance(venue.now_ms() + 30_000), "/market/level2:BTC-USDT"):
        data = push["data"]
        assert data["sequenceStart"] == last + 1
        for side, rows in data["changes"].items():
            for price, size, number in rows:
                assert data["sequenceStart"] <= int(number) <= data["sequenceEnd"]
                if price == "0":
                    noise += 1
                else:
                    book[side][Decimal(price)] = Decimal(size)
        last = data["sequenceEnd"]
    end = get(venue, "/api/v1/market/orderbook/level2_20?symbol=BTC-USDT")
    assert noise > 0
    assert last == int(end["sequence"])
    for side in ("bids", "asks"):
        best = sorted((p for p, q in book[side].items() if q), reverse=side == "bids")[:20]
        assert best == [Decimal(price) for price, _ in end[side]]


def test_match_gives_the_takers_side_and_nanoseconds_as_text() -> None:
    venue = make_venue()
    data = pushes(play(venue, "/market/match:ETH-USDT"), "/market/match:ETH-USDT")[-1]["data"]
    newest = get(venue, "/api/v1/market/histories?symbol=ETH-USDT")[-1]
    assert isinstance(data["time"], str)
    assert len(data["time"]) == 19
    assert newest["time"] == int(data["time"])
    assert {key: data[key] for key in ("sequence", "price", "size", "side")} == {
        key: newest[key] for key in ("sequence", "price", "size", "side")
    }


def test_candle_pushes_reach_the_figures_of_rest() -> None:
    venue = make_venue()
    topic = "/market/candles:SOL-USDT_1min"
    received: dict[str, list[str]] = {}
    for push in pushes(play(venue, topic, length_ms=5 * MINUTE), topic):
        assert push["subject"] == "trade.candles.update"
        assert push["data"]["time"] > 10**18
        received[push["data"]["candles"][0]] = push["data"]["candles"]
    rows = get(venue, "/api/v1/market/candles?symbol=SOL-USDT&type=1min")
    closed = {row[0]: row for row in rows if row[0] in received and row[0] != rows[0][0]}
    assert len(closed) >= 4
    assert {key: received[key] for key in closed} == closed


def test_snapshot_figures_are_json_numbers_in_two_layers() -> None:
    topic = "/market/snapshot:BTC-USDT"
    data = pushes(play(make_venue(), topic, length_ms=5_000), topic)[0]["data"]["data"]
    assert isinstance(data["lastTradedPrice"], float | int)
    assert data["symbol"] == "BTC-USDT"
    assert data["low"] <= data["close"] <= data["high"]


def test_all_tickers_and_stats_agree() -> None:
    venue = make_venue()
    stats = get(venue, "/api/v1/market/stats?symbol=BTC-USDT")
    row = next(row for row in get(venue, "/api/v1/market/allTickers")["ticker"] if row["symbol"] == "BTC-USDT")
    assert {key: row[key] for key in ("last", "vol", "changeRate", "buy")} == {
        key: stats[key] for key in ("last", "vol", "changeRate", "buy")
    }
    assert get(venue, "/api/v1/market/orderbook/level1?symbol=NO-NE") is None
    assert get(venue, "/api/v1/market/orderbook/level1?symbol=BTC-USDT")["price"] == stats["last"]

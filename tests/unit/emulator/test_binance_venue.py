"""Binance without sockets: shapes, errors, weights, and streams that agree with REST and with each other."""

import itertools
import random
from decimal import Decimal
from typing import Any

import orjson
import pytest

from cryptobot_desktop.emulator.binance_venue import BinanceVenue
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import StreamFrame, request_from_target

Json = Any

START = 1_790_000_000_123
MINUTE = 60_000
ALL_STREAMS = (
    "btcusdt@trade",
    "btcusdt@aggTrade",
    "btcusdt@bookTicker",
    "btcusdt@depth",
    "btcusdt@depth@100ms",
    "btcusdt@depth5",
    "btcusdt@depth20@100ms",
    "btcusdt@kline_1m",
    "btcusdt@kline_1h",
    "btcusdt@ticker",
    "btcusdt@miniTicker",
    "btcusdt@avgPrice",
    "!miniTicker@arr",
)


def make_venue(seed: int = 7, weight_limit: int = 6_000) -> BinanceVenue:
    return BinanceVenue(SyntheticMarket(seed, START), weight_limit)


def get(venue: BinanceVenue, target: str) -> Json:
    response = venue.rest(request_from_target("GET", target))
    assert response.status == 200, response.body
    return orjson.loads(response.body)


def refused(venue: BinanceVenue, target: str) -> tuple[int, int]:
    response = venue.rest(request_from_target("GET", target))
    return response.status, orjson.loads(response.body)["code"]


def events(frames: list[StreamFrame], topic: str) -> list[Any]:
    return [orjson.loads(frame.payload) for frame in frames if frame.topic == topic]


def play(venue: BinanceVenue, *topics: str, length_ms: int = 2 * MINUTE) -> list[StreamFrame]:
    for topic in topics:
        assert venue.subscribe(topic), topic
    return venue.advance(venue.now_ms() + length_ms)


def test_every_answer_says_that_the_market_is_synthetic() -> None:
    venue = make_venue()
    for path in ("/api/v3/time", "/api/v3/depth?symbol=NONE", "/nothing", "/api/v3/account"):
        assert venue.rest(request_from_target("GET", path)).headers["X-Emulator"] == "synthetic market"
    assert get(venue, "/api/v3/exchangeInfo")["emulator"] == "synthetic market, seed 7"


def test_exchange_info_has_the_whole_filter_set_of_the_listed_symbols() -> None:
    info = get(make_venue(), "/api/v3/exchangeInfo")
    assert [row["symbol"] for row in info["symbols"]] == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    filters = {row["filterType"]: row for row in info["symbols"][0]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"] == {
        "filterType": "LOT_SIZE",
        "minQty": "0.00001000",
        "maxQty": "9000.00000000",
        "stepSize": "0.00001000",
    }
    assert {"MARKET_LOT_SIZE", "NOTIONAL", "PERCENT_PRICE_BY_SIDE", "MAX_NUM_ORDERS"} <= filters.keys()
    assert [row["symbol"] for row in get(make_venue(), "/api/v3/exchangeInfo?symbol=ETHUSDT")["symbols"]] == ["ETHUSDT"]


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/api/v3/depth", 400, -1102),
        ("/api/v3/depth?symbol=", 400, -1105),
        ("/api/v3/depth?symbol=btcusdt", 400, -1100),
        ("/api/v3/depth?symbol=XYZ", 400, -1121),
        ("/api/v3/depth?symbol=BTCUSDT&limit=many", 400, -1100),
        ("/api/v3/depth?symbol=BTCUSDT&limit=0", 400, -1130),
        ("/api/v3/depth?symbol=BTCUSDT&colour=red", 400, -1101),
        ("/api/v3/klines?symbol=BTCUSDT&interval=7m", 400, -1120),
        ("/api/v3/klines?symbol=BTCUSDT", 400, -1102),
        ("/api/v3/ticker/price?symbol=BTCUSDT&symbols=[%22BTCUSDT%22]", 400, -1128),
        ("/api/v3/ticker/price?symbols=BTCUSDT", 400, -1100),
        ("/api/v3/exchangeInfo?symbols=[%22BTCUSDT%22,%22NONE%22]", 400, -1121),
        ("/api/v3/ticker?symbol=BTCUSDT&windowSize=99d", 400, -1100),
        ("/api/v3/account", 401, -2014),
        ("/api/v3/order", 401, -2014),
    ],
)
def test_wrong_requests_get_the_documented_code(target: str, status: int, code: int) -> None:
    assert refused(make_venue(), target) == (status, code)


def test_weights_add_up_and_the_limit_answers_429_until_the_next_clock_minute() -> None:
    venue = make_venue(weight_limit=300)
    first = venue.rest(request_from_target("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000"))
    assert first.headers["X-MBX-USED-WEIGHT-1M"] == "250"
    assert venue.rest(request_from_target("GET", "/api/v3/depth?symbol=BTCUSDT&limit=1000")).status == 200
    over = venue.rest(request_from_target("GET", "/api/v3/ping"))
    assert over.status == 429
    assert orjson.loads(over.body)["code"] == -1003
    venue.advance(venue.now_ms() + int(over.headers["Retry-After"]) * 1000)
    assert venue.rest(request_from_target("GET", "/api/v3/ping")).headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_frames_do_not_depend_on_how_time_is_cut() -> None:
    whole = play(make_venue(), *ALL_STREAMS)
    venue, cut = make_venue(), list[StreamFrame]()
    for topic in ALL_STREAMS:
        venue.subscribe(topic)
    steps = random.Random(11)
    while venue.now_ms() < START + 2 * MINUTE:
        cut += venue.advance(min(START + 2 * MINUTE, venue.now_ms() + steps.choice((1, 7, 20, 99, 100, 1_999))))
    assert cut == whole
    assert [frame.at_ms for frame in whole] == sorted(frame.at_ms for frame in whole)


def test_depth_updates_lead_from_any_snapshot_to_the_next_one() -> None:
    venue = make_venue()
    play(venue, "btcusdt@depth@100ms", length_ms=3_050)
    snapshot = get(venue, "/api/v3/depth?symbol=BTCUSDT&limit=5000")
    book = {side: {Decimal(p): Decimal(q) for p, q in snapshot[side]} for side in ("bids", "asks")}
    last, synced = snapshot["lastUpdateId"], False
    venue.advance(venue.now_ms() + 1)
    target = (venue.now_ms() // 100 + 300) * 100
    for event in events(venue.advance(target), "btcusdt@depth@100ms"):
        if event["u"] <= last:
            continue
        assert (event["U"] <= last + 1 <= event["u"]) if not synced else event["U"] == last + 1
        synced = True
        for side, key in (("bids", "b"), ("asks", "a")):
            for price, qty in event[key]:
                book[side][Decimal(price)] = Decimal(qty)
        last = event["u"]
    end = get(venue, "/api/v3/depth?symbol=BTCUSDT&limit=5000")
    assert last == end["lastUpdateId"]
    for side in ("bids", "asks"):
        assert {p: q for p, q in book[side].items() if q} == {Decimal(p): Decimal(q) for p, q in end[side]}


def test_final_klines_equal_rest_klines_and_the_sum_of_trades() -> None:
    venue = make_venue()
    frames = play(venue, "ethusdt@kline_1m", "ethusdt@trade", length_ms=4 * MINUTE)
    finals = [event["k"] for event in events(frames, "ethusdt@kline_1m") if event["k"]["x"]]
    rows = {row[0]: row for row in get(venue, "/api/v3/klines?symbol=ETHUSDT&interval=1m&limit=10")}
    trades = events(frames, "ethusdt@trade")
    assert len(finals) == 4
    for bar in finals:
        row = rows[bar["t"]]
        assert [bar[key] for key in ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")] == row
    for bar in finals[1:]:
        inside = [trade for trade in trades if bar["t"] <= trade["T"] <= bar["T"]]
        assert len(inside) == bar["n"]
        assert sum(Decimal(trade["q"]) for trade in inside) == Decimal(bar["v"])
        assert sum(Decimal(trade["q"]) for trade in inside if not trade["m"]) == Decimal(bar["V"])
        assert sum(Decimal(trade["q"]) * Decimal(trade["p"]) for trade in inside) == Decimal(bar["q"])


def test_klines_are_pushed_at_most_every_two_seconds_and_end_with_one_final() -> None:
    pushes = events(play(make_venue(), "btcusdt@kline_1m", length_ms=5 * MINUTE), "btcusdt@kline_1m")
    times = [push["E"] for push in pushes if not push["k"]["x"]]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 2_000
    finals = [push["k"]["t"] for push in pushes if push["k"]["x"]]
    assert finals == sorted(set(finals))
    assert all(b - a == MINUTE for a, b in itertools.pairwise(finals))


def test_klines_page_like_the_exchange() -> None:
    venue = make_venue()
    newest = get(venue, "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5")
    assert newest[-1][0] == START // MINUTE * MINUTE
    assert all(len(row) == 12 for row in newest)
    since = newest[0][0] - 10 * MINUTE
    page = get(venue, f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={since}&limit=3")
    assert [row[0] for row in page] == [since, since + MINUTE, since + 2 * MINUTE]
    until = get(venue, f"/api/v3/klines?symbol=BTCUSDT&interval=1m&endTime={since}&limit=2")
    assert [row[0] for row in until] == [since - MINUTE, since]
    assert len(get(venue, "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=9999")) == 1_000
    assert get(venue, "/api/v3/klines?symbol=BTCUSDT&interval=1w&limit=1")[0][0] % (7 * 86_400_000) == 4 * 86_400_000


def test_book_ticker_is_the_top_of_the_book_and_has_no_type_and_no_time() -> None:
    venue = make_venue()
    last = events(play(venue, "solusdt@bookTicker", length_ms=30_000), "solusdt@bookTicker")[-1]
    assert set(last) == {"u", "s", "b", "B", "a", "A"}
    book = get(venue, "/api/v3/depth?symbol=SOLUSDT&limit=5")
    assert [last["b"], last["B"], last["a"], last["A"]] == book["bids"][0] + book["asks"][0]


def test_trades_are_consecutive_and_aggregates_cover_them() -> None:
    venue = make_venue()
    frames = play(venue, "btcusdt@trade", "btcusdt@aggTrade")
    trades, aggregates = events(frames, "btcusdt@trade"), events(frames, "btcusdt@aggTrade")
    ids = [trade["t"] for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert [one for group in aggregates for one in range(group["f"], group["l"] + 1)] == ids
    assert sum(Decimal(group["q"]) for group in aggregates) == sum(Decimal(trade["q"]) for trade in trades)
    newest = get(venue, "/api/v3/trades?symbol=BTCUSDT&limit=1")[0]
    assert (newest["id"], newest["price"], newest["qty"]) == (ids[-1], trades[-1]["p"], trades[-1]["q"])
    assert get(venue, "/api/v3/aggTrades?symbol=BTCUSDT&limit=1")[0]["l"] == ids[-1]
    older = get(venue, f"/api/v3/historicalTrades?symbol=BTCUSDT&fromId={ids[-9]}&limit=2")
    assert [row["id"] for row in older] == ids[-9:-7]


def test_unknown_streams_stay_silent_and_subscriptions_are_counted() -> None:
    venue = make_venue()
    for name in ("btcusdt@nothing", "xyzusdt@trade", "BTCUSDT@trade", "btcusdt@kline_7m", "", "btcusdt@depth7"):
        assert not venue.subscribe(name)
    assert venue.subscribe("btcusdt@trade")
    assert venue.subscribe("btcusdt@trade")
    venue.unsubscribe("btcusdt@trade")
    assert venue.advance(venue.now_ms() + 10_000)
    venue.unsubscribe("btcusdt@trade")
    venue.unsubscribe("btcusdt@trade")
    assert venue.advance(venue.now_ms() + 10_000) == []


def test_day_ticker_of_rest_and_stream_agree() -> None:
    venue = make_venue()
    second = (venue.now_ms() // 1000 + 60) * 1000
    venue.subscribe("btcusdt@ticker")
    pushed = events(venue.advance(second), "btcusdt@ticker")[-1]
    rest = get(venue, "/api/v3/ticker/24hr?symbol=BTCUSDT")
    pairs = {"p": "priceChange", "c": "lastPrice", "h": "highPrice", "v": "volume", "q": "quoteVolume", "n": "count"}
    assert {key: pushed[key] for key in pairs} == {key: rest[name] for key, name in pairs.items()}
    mini = get(venue, "/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI")
    assert set(mini) < set(rest)
    assert isinstance(get(venue, "/api/v3/ticker/24hr"), list)
    assert get(venue, "/api/v3/ticker?symbol=BTCUSDT&windowSize=1h")["lastPrice"] == rest["lastPrice"]
    assert get(venue, "/api/v3/ticker/price?symbol=BTCUSDT")["price"] == rest["lastPrice"]
    assert get(venue, "/api/v3/ticker/bookTicker?symbol=BTCUSDT")["bidPrice"] == rest["bidPrice"]
    assert get(venue, "/api/v3/avgPrice?symbol=BTCUSDT")["mins"] == 5

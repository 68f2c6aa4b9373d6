import json
from pathlib import Path

import pytest

from cryptobot_desktop.domain.market import BestQuote, BookDelta, BookSnapshot, Candle, Side, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire.kucoin import KucoinFrameReader, KucoinStreamDecoder
from cryptobot_desktop.marketdata.wire.kucoin_uta import KucoinUtaFrameReader, KucoinUtaStreamDecoder
from cryptobot_desktop.marketdata.wire.messages import (
    Ack,
    CandleMessage,
    Control,
    DepthDeltaMessage,
    Ignore,
    Rejected,
    TickerMessage,
    VenueError,
)
from tests.unit.marketdata.wire_samples import kucoin, push, tape_rows

ID = "kucoin:BTC-USDT"


@pytest.fixture
def decoder() -> KucoinStreamDecoder:
    return KucoinStreamDecoder({"BTC-USDT": kucoin(price_decimals=1)})


@pytest.fixture
def unified() -> KucoinUtaStreamDecoder:
    return KucoinUtaStreamDecoder({"ETH-USDT": kucoin("ETH-USDT", price_decimals=2)})


def twice(decoder: KucoinStreamDecoder, frame: str) -> object:
    first = decoder.decode(frame)
    assert decoder.decode(frame) == first
    assert decoder.decode(frame.encode()) == first
    return first


def changes(bids: list[object], asks: list[object], first: object = 5, last: object = 7) -> str:
    data = {"symbol": "BTC-USDT", "sequenceStart": first, "sequenceEnd": last, "changes": {"bids": bids, "asks": asks}}
    return push("/market/level2:BTC-USDT", data)


def test_a_match_carries_the_takers_side_and_nanoseconds(decoder: KucoinStreamDecoder) -> None:
    data = {
        "symbol": "BTC-USDT",
        "side": "buy",
        "price": "67523.00000000000000000000",
        "size": "0.003",
        "time": "1729843222921000123",
        "tradeId": "11067996711960577",
        "sequence": "11067996711960577",
    }
    expected = [Trade(ID, "11067996711960577", 675230, 300000, Side.BUY, 1729843222921)]
    assert twice(decoder, push("/market/match:BTC-USDT", data)) == expected
    assert isinstance(twice(decoder, push("/market/match:BTC-USDT", data | {"side": "long"})), Rejected)


def test_candles_are_open_close_high_low_in_seconds_without_a_close_flag(decoder: KucoinStreamDecoder) -> None:
    row = ["1624881240", "100.1", "100.4", "100.9", "99.8", "3.06097133", "104430.955068564"]
    frame = push("/market/candles:BTC-USDT_1week", {"symbol": "BTC-USDT", "candles": row, "time": 1624881284466023700})
    assert twice(decoder, frame) == [
        Candle(ID, Timeframe.W1, 1624881240000, 1001, 1009, 998, 1004, 306097133, 10443095506856, None, closed=None)
    ]


def test_price_zero_only_advances_the_sequence(decoder: KucoinStreamDecoder) -> None:
    frame = changes([["0", "0", "5"], ["0.5", "1", "6"]], [["2", "0", 7], ["0.00", "0", "7"]])
    assert twice(decoder, frame) == [BookDelta(ID, 5, 7, ((5, 100000000),), ((20, 0),), None, (6,), (7,))]


@pytest.mark.parametrize("first", [9, -1, None, "x", 1.5, "５"])
def test_sequences_that_cannot_be_are_refused(decoder: KucoinStreamDecoder, first: object) -> None:
    assert isinstance(twice(decoder, changes([["1", "1", "5"]], [], first=first)), Rejected)


def test_ticker_topics_are_best_quotes_and_all_takes_the_symbol_from_the_subject(decoder: KucoinStreamDecoder) -> None:
    data = {"sequence": "14691455768", "price": "67220", "bestAsk": "67218.7", "bestAskSize": "1.9", "time": 5}
    data |= {"bestBid": "67218.6", "bestBidSize": "0.01"}
    expected = [BestQuote(ID, 672186, 1000000, 672187, 190000000, 14691455768, 5)]
    assert twice(decoder, push("/market/ticker:BTC-USDT", data)) == expected
    assert twice(decoder, push("/market/ticker:all", data, "BTC-USDT")) == expected
    gone = {"bestBid": None, "bestBidSize": None, "time": None, "Time": 6}
    assert twice(decoder, push("/market/ticker:BTC-USDT", data | gone)) == [
        BestQuote(ID, 0, 0, 672187, 190000000, 14691455768, 6)
    ]


def test_level1_has_one_flat_pair_per_side(decoder: KucoinStreamDecoder) -> None:
    data = {"asks": ["68145.8", "0.5"], "bids": [], "timestamp": 1729816058766}
    assert twice(decoder, push("/spotMarket/level1:BTC-USDT", data)) == [
        BestQuote(ID, 0, 0, 681458, 50000000, None, 1729816058766)
    ]
    assert isinstance(decoder.decode(push("/spotMarket/level1:BTC-USDT", data | {"bids": ["1"]})), Rejected)


def test_depth_topics_are_sorted_best_first(decoder: KucoinStreamDecoder) -> None:
    data = {"asks": [["9", "1"], ["8", "2"]], "bids": [["6", "1"], ["7", "2"]], "timestamp": 3}
    bids, asks = ((70, 200000000), (60, 100000000)), ((80, 200000000), (90, 100000000))
    assert twice(decoder, push("/spotMarket/level2Depth50:BTC-USDT", data)) == [BookSnapshot(ID, 0, bids, asks, 3)]


def test_snapshot_numbers_keep_every_digit() -> None:
    raw = (
        '{"type":"message","topic":"/market/snapshot:BTC","subject":"trade.snapshot","data":{"sequence":1,"data":'
        '{"symbol":"CRO-BTC","lastTradedPrice":0.00000213300000000000,"changePrice":-1.0e-5,"vol":55533.4734,'
        '"high":2,"low":null,"buy":1e-7,"sell":"3","changeRate":-0.0097,"datetime":1714767640010}}}'
    )
    found = KucoinFrameReader().read(raw)
    assert isinstance(found, TickerMessage)
    assert (found.last, found.change, found.volume) == ("0.00000213300000000000", "-0.000010", "55533.4734")
    assert (found.high, found.low, found.bid, found.ask) == ("2", None, "0.0000001", "3")
    assert isinstance(KucoinFrameReader().read(raw.replace("-0.0097", "1e999")), Rejected)


def test_snapshots_may_come_as_an_array(decoder: KucoinStreamDecoder) -> None:
    row = {"symbol": "BTC-USDT", "lastTradedPrice": 1.5, "open": 1, "high": 2, "low": 0.5, "vol": 3, "datetime": 4}
    frame = push("/market/snapshot:USDS", {"sequence": 1, "data": [row, row | {"symbol": "X-Y"}]})
    assert decoder.decode(frame) == [Ticker(ID, 15, 10, 20, 5, 300000000, 4)]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"id":"a","type":"welcome"}', Control("welcome", id="a")),
        ('{"id":"1","type":"pong","timestamp":1700000000123456}', Control("pong", id="1", time_ms=1700000000123)),
        ('{"id":1,"type":"ack"}', Ack("1")),
        ('{"type":"notice","x":1}', Ignore("message type notice")),
        ('{"id":"1","type":"ping"}', Ignore("a request of ours")),
        (
            '{"id":"1","type":"subscribe","topic":"/market/match:BTC-USDT","response":true}',
            Ignore("a request of ours"),
        ),
        (
            '{"id":"1","type":"error","code":401,"data":"token is expired"}',
            VenueError("401", "token is expired", "token_expired", id="1"),
        ),
        (
            '{"type":"error","code":"404","data":"topic does not exist"}',
            VenueError("404", "topic does not exist", "bad_topic", id=None),
        ),
        ('{"type":"error","code":509,"data":"exceed"}', VenueError("509", "exceed", "rate_limited", id=None)),
        (
            '{"type":"error","code":400,"data":"ping timeout"}',
            VenueError("400", "ping timeout", "exchange_error", id=None),
        ),
    ],
)
def test_notices_of_the_classic_connection(decoder: KucoinStreamDecoder, frame: str, expected: object) -> None:
    assert decoder.decode(frame) == expected


def test_unknown_symbols_and_topics_are_ignored(decoder: KucoinStreamDecoder) -> None:
    frame = changes([["1", "1", "5"]], []).replace("BTC-USDT", "X-Y")
    assert isinstance(twice(decoder, frame), Ignore)
    assert decoder.decode(push("/new/thing:BTC-USDT", {})) == Ignore("topic /new/thing:BTC-USDT")


def test_the_recorded_changes_keep_their_sequences(shared_data: Path) -> None:
    reader, dropped = KucoinFrameReader(), 0
    for row in tape_rows(shared_data / "orderbook" / "kucoin_20210425_30s_6symbols.jsonl.gz"):
        raw = json.loads(row["raw"])
        if row["src"] != "ws" or raw.get("subject") != "trade.l2update":
            continue
        found = reader.read(row["raw"])
        assert isinstance(found, DepthDeltaMessage)
        all_bids, all_asks = raw["data"]["changes"]["bids"], raw["data"]["changes"]["asks"]
        assert found.bids == [(price, size) for price, size, _ in all_bids if float(price)]
        assert found.asks == [(price, size) for price, size, _ in all_asks if float(price)]
        assert (found.first, found.last) == (raw["data"]["sequenceStart"], raw["data"]["sequenceEnd"])
        dropped += len(all_bids) + len(all_asks) - len(found.bids) - len(found.asks)
    assert dropped > 100


def unified_push(channel: str, data: object, **more: object) -> str:
    return json.dumps({"T": channel, "P": "1774621652314890314", "d": data, **more})


def test_the_unified_ticker_has_the_ask_in_a(unified: KucoinUtaStreamDecoder) -> None:
    data = {"a": "2155.55", "A": "0.5", "b": "2155.54", "B": "23", "E": 9, "M": "1774100940780000000", "s": "ETH-USDT"}
    expected = [BestQuote("kucoin:ETH-USDT", 215554, 2300000000, 215555, 50000000, 9, 1774100940780)]
    assert unified.decode(unified_push("ticker.SPOT", data).encode()) == expected


@pytest.mark.parametrize(("sent", "closed"), [(True, True), (False, False), ("true", True), ("false", False)])
def test_the_unified_bar_says_closed_as_boolean_or_text(sent: object, closed: bool) -> None:
    data = {"s": "ETH-USDT", "i": "1min", "O": 1774621620, "C": 1774621680, "o": "1", "h": "3", "l": "1", "c": "2"}
    found = KucoinUtaFrameReader().read(unified_push("kline.SPOT", data | {"v": "5", "a": "9", "S": sent}))
    assert isinstance(found, CandleMessage)
    assert found.closed is closed
    assert (found.open_time_ms, found.close_time_ms, found.interval) == (1774621620000, 1774621679999, "1m")


def test_the_unified_book_is_a_snapshot_or_a_delta(unified: KucoinUtaStreamDecoder) -> None:
    data = {"s": "ETH-USDT", "a": [["3", "1"]], "b": [["2", "1"]], "O": 4, "C": 6, "M": "1774624848673000000"}
    (snapshot,) = unified.decode(unified_push("obu.SPOT", data, t="snapshot"))
    (delta,) = unified.decode(unified_push("obu.SPOT", data, t="delta"))
    assert isinstance(snapshot, BookSnapshot)
    assert snapshot.update_id == 6
    assert isinstance(delta, BookDelta)
    assert (delta.first_id, delta.last_id, delta.venue_ms) == (4, 6, 1774624848673)
    assert isinstance(unified.decode(unified_push("obu.SPOT", data, t="other")), Rejected)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"id":"1","result":true}', Ack("1")),
        ('{"id":"1","result":"true"}', Ack("1")),
        ('{"id":"1","result":false,"reason":"no"}', VenueError(None, "no", "exchange_error", id="1")),
        ('{"id":"1","result":"false","message":"no"}', VenueError(None, "no", "exchange_error", id="1")),
        (
            '{"sessionId":"s","message":"welcome","pingInterval":18000}',
            Control("welcome", id="s", ping_interval_ms=18000),
        ),
        ('{"type":"pong","id":"1","ts":1790000000123456789}', Control("pong", id="1", time_ms=1790000000123)),
        ('{"id":"1","action":"subscribe","channel":"trade"}', Ignore("a request of ours")),
    ],
)
def test_notices_of_the_unified_connection(unified: KucoinUtaStreamDecoder, frame: str, expected: object) -> None:
    assert unified.decode(frame) == expected

import json
from decimal import Decimal
from pathlib import Path

import pytest

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BestQuote, BookDelta, BookSnapshot, Candle, Side, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire.binance import BinanceFrameReader, BinanceStreamDecoder
from cryptobot_desktop.marketdata.wire.messages import (
    Ack,
    Control,
    DepthSnapshotMessage,
    Ignore,
    Rejected,
    TickerMessage,
    VenueError,
)
from tests.unit.marketdata.wire_samples import BAR, BOOK_TICKER, DEPTH, KLINE, TRADE, binance, combined, tape_rows


@pytest.fixture
def decoder() -> BinanceStreamDecoder:
    return BinanceStreamDecoder({"BTCUSDT": binance()})


def twice(decoder: BinanceStreamDecoder, frame: str) -> object:
    """The first frame of a stream takes the slow way, the second the fast one; both must agree, text or bytes."""
    first = decoder.decode(frame)
    assert decoder.decode(frame) == first
    assert decoder.decode(frame.encode()) == first
    return first


def test_a_buyer_who_was_the_maker_makes_the_seller_the_aggressor(decoder: BinanceStreamDecoder) -> None:
    expected = Trade("binance:BTCUSDT", "3735683259", 6183763, 2000, Side.SELL, 1723161255342)
    assert twice(decoder, combined("btcusdt@trade", TRADE)) == [expected]
    assert twice(decoder, json.dumps(TRADE, separators=(",", ":"))) == [expected]


def test_key_order_and_unknown_keys_do_not_matter(decoder: BinanceStreamDecoder) -> None:
    shuffled = {"data": dict(reversed([*TRADE.items(), ("new", {"x": [1]})])), "stream": "btcusdt@trade"}
    assert decoder.decode(json.dumps(shuffled)) == decoder.decode(combined("btcusdt@trade", TRADE))


def test_microsecond_times_become_milliseconds(decoder: BinanceStreamDecoder) -> None:
    found = twice(decoder, combined("btcusdt@trade", TRADE | {"T": 1723161255342999}))
    assert isinstance(found, list)
    assert found[0].venue_ms == 1723161255342


def test_a_book_ticker_needs_neither_event_name_nor_stream(decoder: BinanceStreamDecoder) -> None:
    expected = [BestQuote("binance:BTCUSDT", 6183763, 378826, 6183764, 160520, 50093239219, None)]
    assert twice(decoder, combined("btcusdt@bookTicker", BOOK_TICKER)) == expected
    assert twice(decoder, combined("!bookTicker", BOOK_TICKER)) == expected
    assert twice(decoder, json.dumps(BOOK_TICKER)) == expected


def test_an_empty_side_of_a_book_ticker_is_zero_and_a_crossed_one_is_refused(decoder: BinanceStreamDecoder) -> None:
    empty = twice(decoder, combined("btcusdt@bookTicker", BOOK_TICKER | {"a": "0.00000000", "A": "0.00000000"}))
    assert isinstance(empty, list)
    assert (empty[0].ask, empty[0].ask_qty) == (0, 0)
    crossed = twice(decoder, combined("btcusdt@bookTicker", BOOK_TICKER | {"a": "1"}))
    assert isinstance(crossed, Rejected)
    assert "above best ask" in crossed.reason


def test_a_depth_diff_keeps_removed_levels(decoder: BinanceStreamDecoder) -> None:
    found = twice(decoder, combined("btcusdt@depth@100ms", DEPTH))
    levels = ((6183017, 0), (6181852, 21367))
    assert found == [BookDelta("binance:BTCUSDT", 157, 160, levels, ((6183764, 160520),), 1723161255508)]


def test_partial_depth_takes_its_symbol_from_the_stream_or_the_hint(decoder: BinanceStreamDecoder) -> None:
    book = {"lastUpdateId": 7, "bids": [["1.00", "2"], ["3.00", "4"], ["2", "0"]], "asks": [["9", "1"], ["8", "1"]]}
    expected = [BookSnapshot("binance:BTCUSDT", 7, ((300, 400000), (100, 200000)), ((800, 100000), (900, 100000)))]
    assert twice(decoder, combined("btcusdt@depth20@100ms", book)) == expected
    assert decoder.decode(json.dumps(book), "btcusdt@depth5") == expected
    assert isinstance(decoder.decode(json.dumps(book)), Ignore)


def test_a_kline_is_a_candle_that_says_whether_it_is_closed(decoder: BinanceStreamDecoder) -> None:
    found = twice(decoder, combined("btcusdt@kline_1m", KLINE))
    assert found == [
        Candle(
            "binance:BTCUSDT",
            Timeframe.M1,
            1633998480000,
            10000,
            10200,
            9900,
            10150,
            1050000,
            105012345678,
            30,
            closed=False,
        )
    ]
    final = twice(decoder, combined("btcusdt@kline_1m", KLINE | {"k": BAR | {"x": True}}))
    assert isinstance(final, list)
    assert final[0].closed is True


def test_a_bar_whose_high_is_below_its_close_is_refused(decoder: BinanceStreamDecoder) -> None:
    found = twice(decoder, combined("btcusdt@kline_1m", KLINE | {"k": BAR | {"h": "101.00"}}))
    assert isinstance(found, Rejected)
    assert "inconsistent" in found.reason


def test_array_tickers_give_the_known_symbols_only(decoder: BinanceStreamDecoder) -> None:
    mini = {"e": "24hrMiniTicker", "E": 5, "s": "BTCUSDT", "c": "2", "o": "1", "h": "3", "l": "1", "v": "7.123456"}
    frame = json.dumps([mini, mini | {"s": "这是测试币456"}])
    assert decoder.decode(frame) == [Ticker("binance:BTCUSDT", 200, 100, 300, 100, 712345, 5)]
    assert decoder.decode(combined("!miniTicker@arr", [mini])) == decoder.decode(json.dumps([mini]))


def test_percent_changes_become_fractions() -> None:
    ticker = {"e": "24hrTicker", "s": "A", "c": "2", "o": "1", "h": "3", "l": "1", "v": "7", "P": "1.600", "p": "-1"}
    found = BinanceFrameReader().read(json.dumps(ticker))
    assert isinstance(found, TickerMessage)
    assert (found.change_rate, found.change) == ("0.01600", "-1")


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"result":null,"id":1}', Ack("1")),
        ('{"result":["btcusdt@trade"],"id":"x"}', Ack("x")),
        ('{"result":true,"id":null}', Ack(None)),
        ('{"e":"serverShutdown","E":1770123456789}', Control("reconnect", time_ms=1770123456789)),
        ('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":5}}', Control("reconnect", time_ms=5)),
        ('{"method":"SUBSCRIBE","params":["a@trade"],"id":1}', Ignore("a request of ours")),
        ('{"e":"somethingNew","x":1}', Ignore("event somethingNew")),
        (
            '{"error":{"code":2,"msg":"Invalid request: x"},"id":1}',
            VenueError("2", "Invalid request: x", "exchange_error", id="1"),
        ),
        ('{"code":2,"msg":"Invalid request: x"}', VenueError("2", "Invalid request: x", "exchange_error", id=None)),
        ('{"error":{"code":4,"msg":"Too many"}}', VenueError("4", "Too many", "rate_limited", id=None)),
    ],
)
def test_notices_of_the_connection(decoder: BinanceStreamDecoder, frame: str, expected: object) -> None:
    assert decoder.decode(frame) == expected


@pytest.mark.parametrize(
    "price", ["NaN", "Infinity", "1e999", "１２", "-1", "0", "+1", "1_0", " 1", "", ".5", "5.", "1,5"]
)
def test_prices_that_are_no_plain_positive_number_are_refused(decoder: BinanceStreamDecoder, price: str) -> None:
    assert isinstance(twice(decoder, combined("btcusdt@trade", TRADE | {"p": price})), Rejected)


@pytest.mark.parametrize(
    "change",
    [
        {"p": 1.5},
        {"p": None},
        {"m": "false"},
        {"T": True},
        {"T": -1},
        {"T": 0},
        {"q": "0"},
        {"t": None},
        {"e": "kline"},
    ],
)
def test_changed_types_and_values_are_refused(decoder: BinanceStreamDecoder, change: dict[str, object]) -> None:
    assert isinstance(twice(decoder, combined("btcusdt@trade", TRADE | change)), Rejected)


@pytest.mark.parametrize(
    "frame", ["", "{", "null", "5", '"x"', "<html>", "\ud800", b"\xff\xfe", "[" * 100_000, '{"a":' * 5000, "{}x"]
)
def test_garbage_is_refused_without_an_exception(decoder: BinanceStreamDecoder, frame: str | bytes) -> None:
    assert isinstance(decoder.decode(frame), Rejected)


def test_a_frame_beyond_the_limit_is_refused_unread(decoder: BinanceStreamDecoder) -> None:
    found = decoder.decode('{"e":"trade","x":"' + "y" * 9_000_000 + '"}')
    assert isinstance(found, Rejected)
    assert "larger than" in found.reason


def test_an_unknown_symbol_is_ignored_with_its_name(decoder: BinanceStreamDecoder) -> None:
    found = twice(decoder, combined("ethusdt@trade", TRADE | {"s": "ETHUSDT"}))
    assert found == Ignore("symbol 'ETHUSDT' is not one of the known instruments")


def test_a_number_finer_than_the_instrument_is_refused(decoder: BinanceStreamDecoder) -> None:
    found = twice(decoder, combined("btcusdt@trade", TRADE | {"p": "1.001"}))
    assert isinstance(found, Rejected)
    assert "more than 2 decimals" in found.reason


def test_the_hint_decides_what_an_unnamed_frame_must_be() -> None:
    reader = BinanceFrameReader()
    assert isinstance(reader.read('{"x":1}', "btcusdt@trade"), Rejected)
    assert isinstance(reader.read('{"x":1}'), Ignore)
    found = reader.read('{"lastUpdateId":1,"bids":[],"asks":[]}', "btcusdt@depth5")
    assert found == DepthSnapshotMessage("BTCUSDT", 1, [], [])


def test_the_recorded_tape_decodes_to_exactly_its_own_numbers(shared_data: Path) -> None:
    path = shared_data / "orderbook" / "binance_20211012_30s_nknusdt_lrcbtc_runeeur.jsonl.gz"
    symbols = ("NKNUSDT", "LRCBTC", "RUNEEUR")
    decoder = BinanceStreamDecoder({s: binance(s, price_decimals=8, qty_decimals=8) for s in symbols})
    seen = 0
    for row in tape_rows(path):
        raw = json.loads(row["raw"]) if row["src"] == "ws" else {}
        if raw.get("data", {}).get("e") != "depthUpdate":
            continue
        (event,) = decoder.decode(row["raw"])
        assert isinstance(event, BookDelta)
        wanted = [[Decimal(number) * 10**8 for number in level] for level in raw["data"]["b"] + raw["data"]["a"]]
        assert [list(level) for level in event.bids + event.asks] == wanted
        assert (event.first_id, event.last_id) == (raw["data"]["U"], raw["data"]["u"])
        seen += 1
    assert seen == 167


def test_dust_below_the_precision_of_an_instrument_does_not_break_the_book() -> None:
    frame = (
        '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,'
        '"b":[["10.00","25.42618900"],["9.00","0.00000001"],["8.00","0.00000000"]],"a":[]}}'
    )
    pair = Instrument(venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=5)
    (delta,) = BinanceStreamDecoder({"BTCUSDT": pair}).decode(frame)
    assert isinstance(delta, BookDelta)
    assert delta.bids == ((1000, 2542618), (900, 1), (800, 0))

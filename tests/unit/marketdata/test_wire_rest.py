import gzip
import json
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import FeeRule
from cryptobot_desktop.domain.market import Side, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire import binance_rest, kucoin_rest
from cryptobot_desktop.marketdata.wire.http import classify_http
from tests.unit.marketdata.wire_samples import binance, kucoin

KLINE = [1499040000000, "0.0163", "0.8", "0.0157", "0.0158", "148976.1", 1499644799999, "2434.19", 308, "1", "1", "0"]


def envelope(data: object) -> str:
    return json.dumps({"code": "200000", "data": data})


def test_every_symbol_of_a_real_exchange_info_becomes_an_instrument(shared_data: Path) -> None:
    body = gzip.decompress((shared_data / "exchange_info" / "binance_exchangeInfo_20211012_full.json.gz").read_bytes())
    found = binance_rest.decode_exchange_info(body)
    assert (len(found.instruments), found.skipped) == (1695, [])
    rows = {row["symbol"]: row for row in json.loads(body)["symbols"]}
    for instrument in found.instruments:
        row = rows[instrument.symbol]
        tick = next(f["tickSize"] for f in row["filters"] if f["filterType"] == "PRICE_FILTER")
        assert float(instrument.price_text(instrument.filters.tick_size)) == float(tick)
        assert (instrument.base, instrument.status) == (row["baseAsset"], row["status"])
    btc = next(i for i in found.instruments if i.symbol == "BTCUSDT")
    assert (btc.price_decimals, btc.qty_decimals, btc.step_decimals) == (2, 8, 5)
    # A pair with huge orders keeps room for volumes.
    shib = next(i for i in found.instruments if i.symbol == "SHIBUSDT")
    assert shib.filters.max_qty * 10**3 < 2**63
    assert (btc.filters.min_notional, btc.filters.max_notional) == (10 * 10**8, 0)
    assert btc.filters.market_max_qty == 10005381873
    assert btc.filters.market_step_size == 0


def test_new_filters_and_both_percent_bands_are_understood(shared_data: Path) -> None:
    folder = shared_data / "exchange_info"
    us = binance_rest.decode_exchange_info((folder / "binance_us_BTCUSD_20260904.json").read_bytes()).instruments[0]
    assert (us.filters.bid_multiplier_up_ppm, us.filters.ask_multiplier_down_ppm) == (5_000_000, 200_000)
    new = binance_rest.decode_exchange_info((folder / "binance_rows_BTC_ETH_ADA_2024.json").read_bytes())
    assert new.instruments[0].filters.min_notional == 5 * 10**8
    assert new.instruments[0].filters.max_notional_for_market is False
    assert new.instruments[0].filters.unknown == ()


def symbol_row(**change: object) -> dict[str, object]:
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "0", "maxPrice": "0", "tickSize": "0.00000000"},
        {"filterType": "LOT_SIZE", "minQty": "0.1", "maxQty": "9", "stepSize": "0.1"},
        {"filterType": "T_PLUS_SELL", "endTime": 1},
    ]
    row = {"symbol": "AB", "status": "CANCEL_ONLY", "baseAsset": "A", "quoteAsset": "B", "filters": filters}
    return row | {"baseAssetPrecision": 8, "quoteAssetPrecision": 6} | change


def test_a_tick_of_zero_means_off_and_unknown_filters_are_kept_by_name() -> None:
    (found,) = binance_rest.decode_exchange_info(json.dumps({"symbols": [symbol_row()]})).instruments
    assert (found.price_decimals, found.qty_decimals, found.filters.tick_size) == (6, 8, 0)
    assert found.filters.unknown == ("T_PLUS_SELL",)
    assert not found.is_trading


@pytest.mark.parametrize("change", [{"filters": 5}, {"symbol": None}, {"filters": [{"filterType": "LOT_SIZE"}]}])
def test_rows_that_cannot_be_represented_are_listed_with_a_reason(change: dict[str, object]) -> None:
    found = binance_rest.decode_exchange_info(json.dumps({"symbols": [symbol_row(**change), 5, symbol_row()]}))
    assert len(found.instruments) == 1
    assert [len(reason) > 10 for _, reason in found.skipped] == [True, True]


def test_binance_klines_mark_the_running_bar() -> None:
    later = [1499644800000, *KLINE[1:6], 1500249599999, *KLINE[7:]]
    body = json.dumps([later, KLINE])
    pair = binance(price_decimals=4, qty_decimals=1)
    bars = binance_rest.decode_klines(body, pair, Timeframe.W1, 1500249599999)
    assert [bar.open_ms for bar in bars] == [1499040000000, 1499644800000]
    assert [bar.closed for bar in bars] == [True, False]
    assert (bars[0].high, bars[0].volume, bars[0].quote_volume, bars[0].trades) == (8000, 1489761, 243419000000, 308)


def test_klines_in_microseconds_are_the_same_bars() -> None:
    pair = binance(price_decimals=4, qty_decimals=1)
    micro = [value * 1000 if index in (0, 6) else value for index, value in enumerate(KLINE)]
    wanted = binance_rest.decode_klines(json.dumps([KLINE]), pair, Timeframe.W1, 1600000000000)
    assert binance_rest.decode_klines(json.dumps([micro]), pair, Timeframe.W1, 1600000000000) == wanted


@pytest.mark.parametrize("change", [{2: "0.01"}, {1: 0.0163}, {5: "-1"}, {0: "x"}, {4: None}, {8: -1}])
def test_an_impossible_kline_refuses_the_page(change: dict[int, object]) -> None:
    row = [change.get(index, value) for index, value in enumerate(KLINE)]
    with pytest.raises(InvalidInput):
        binance_rest.decode_klines(json.dumps([KLINE, row]), binance(price_decimals=4), Timeframe.M1, 0)


def test_the_real_kline_page_decodes(shared_data: Path) -> None:
    body = (shared_data / "raw_rest" / "binance_klines_1m_ADABTC_20211127.json").read_bytes()
    pair = binance("ADABTC", price_decimals=8, qty_decimals=1)
    bars = binance_rest.decode_klines(body, pair, Timeframe.M1, 2**42)
    assert len(bars) == 10
    assert all(bar.closed for bar in bars)


def test_binance_depth_trades_tickers_and_time() -> None:
    pair = binance()
    book = binance_rest.decode_depth('{"lastUpdateId":9,"bids":[["4","1"]],"asks":[["5.00","2"]]}', pair)
    assert (book.update_id, book.bids, book.asks) == (9, ((400, 100000),), ((500, 200000),))
    trade = {"id": 28457, "price": "4.00", "qty": "12", "time": 1499865549590, "isBuyerMaker": True}
    wanted = Trade("binance:BTCUSDT", "28457", 400, 1200000, Side.SELL, 1499865549590)
    assert binance_rest.decode_trades(json.dumps([trade]), pair) == [wanted]
    aggregate = {"a": 28457, "p": "4.00", "q": "12", "f": 1, "l": 1, "T": 1499865549590, "m": True}
    assert binance_rest.decode_trades(json.dumps([aggregate]), pair) == [wanted]
    assert binance_rest.decode_trades("[]", pair) == []
    ticker = {"symbol": "BTCUSDT", "lastPrice": "4", "openPrice": "3", "highPrice": "5", "lowPrice": "2"}
    row = ticker | {"volume": "7", "closeTime": 8}
    found = binance_rest.decode_ticker_24hr(json.dumps([row, row | {"symbol": "X"}]), {"BTCUSDT": pair})
    assert found == [Ticker("binance:BTCUSDT", 400, 300, 500, 200, 700000, 8)]
    assert binance_rest.decode_server_time('{"serverTime":1499827319559}') == 1499827319559


@pytest.mark.parametrize("body", ["", "<html>", "null", "{}", '{"serverTime":"x"}', "[]", "[" * 9999, b"\xff"])
def test_bodies_that_are_something_else_are_refused(body: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        binance_rest.decode_server_time(body)
    with pytest.raises(InvalidInput):
        binance_rest.decode_depth(body, binance())
    with pytest.raises(InvalidInput):
        kucoin_rest.decode_bullet(body)
    with pytest.raises(InvalidInput):
        kucoin_rest.decode_level2(body, kucoin())


def test_all_real_kucoin_symbols_become_instruments(shared_data: Path) -> None:
    body = gzip.decompress((shared_data / "exchange_info" / "kucoin_symbols_20210425_423.json.gz").read_bytes())
    found = kucoin_rest.decode_symbols(body)
    assert (len(found.instruments), found.skipped) == (423, [])
    renamed = {i.symbol: i.base for i in found.instruments}
    assert renamed["BCHSV-USDT"] == "BSV"
    new = kucoin_rest.decode_symbols(
        (shared_data / "exchange_info" / "kucoin_symbols_BTC_ETH_ADA_2025.json").read_bytes()
    )
    btc = new.instruments[0]
    assert (btc.price_decimals, btc.qty_decimals, btc.fee_rule) == (1, 8, FeeRule.QUOTE)
    assert (btc.filters.min_qty, btc.filters.step_size, btc.filters.min_notional) == (1000, 1, 10_000_000)
    assert (btc.filters.bid_multiplier_up_ppm, btc.filters.ask_multiplier_down_ppm) == (1_100_000, 900_000)
    assert (btc.filters.min_quote, btc.filters.quote_step) == (10_000_000, 100)


def test_null_limits_of_kucoin_are_off() -> None:
    row = {"symbol": "A-B", "baseCurrency": "A", "quoteCurrency": "B", "enableTrading": False, "minFunds": None}
    row |= {"priceIncrement": "0.1", "baseIncrement": "0.01", "baseMinSize": None, "priceLimitRate": None}
    (found,) = kucoin_rest.decode_symbols(envelope(row)).instruments
    assert (found.filters.min_notional, found.filters.min_qty, found.filters.bid_multiplier_up_ppm) == (0, 0, 0)
    assert not found.is_trading
    assert kucoin_rest.decode_symbols(envelope([row | {"priceIncrement": None}])).skipped[0][0] == "A-B"


def test_kucoin_candles_come_oldest_first_with_their_columns_in_place(shared_data: Path) -> None:
    body = (shared_data / "raw_rest" / "kucoin_candles_1day_BTC-USDT_202112.json").read_bytes()
    raw = json.loads(body)["data"]
    server = int(raw[0][0]) * 1000 + 5
    bars = kucoin_rest.decode_candles(body, kucoin(price_decimals=1), Timeframe.D1, server)
    assert [bar.open_ms for bar in bars] == sorted(int(row[0]) * 1000 for row in raw)
    assert [bar.closed for bar in bars] == [True] * 89 + [False]
    oldest = raw[-1]
    assert [bars[0].open, bars[0].close, bars[0].high, bars[0].low] == [round(float(x) * 10) for x in oldest[1:5]]


def test_kucoin_candles_are_one_per_opening_time() -> None:
    row = ["1545904980", "0.058", "0.049", "0.058", "0.049", "0.018", "0.000945"]
    bars = kucoin_rest.decode_candles(envelope([row, row]), kucoin(), Timeframe.M1, 2**42)
    assert len(bars) == 1
    assert kucoin_rest.decode_candles(envelope([]), kucoin(), Timeframe.M1, 0) == []


def test_kucoin_book_trades_tickers_token_and_time() -> None:
    pair = kucoin(price_decimals=2)
    data = {"sequence": "32", "time": 5, "bids": [["1", "1"]], "asks": [["3", "1"], ["2", "1"]]}
    book = kucoin_rest.decode_level2(envelope(data), pair)
    assert (book.update_id, book.asks[0], book.venue_ms) == (32, (200, 100000000), 5)
    new = {"sequence": "9", "price": "0.07", "size": "0.004", "side": "sell", "time": 1545904567062140823}
    old = new | {"sequence": "8", "time": 1545904500000000000}
    trades = kucoin_rest.decode_histories(envelope([new, old]), pair)
    assert [(t.trade_id, t.venue_ms, t.aggressor) for t in trades] == [
        ("8", 1545904500000, Side.SELL),
        ("9", 1545904567062, Side.SELL),
    ]
    row = {"symbol": "BTC-USDT", "buy": None, "sell": None, "last": None, "high": None, "low": None, "vol": "3"}
    tickers = kucoin_rest.decode_all_tickers(envelope({"time": 7, "ticker": [row]}), {"BTC-USDT": pair})
    assert tickers == [Ticker("kucoin:BTC-USDT", 0, 0, 0, 0, 300000000, 7)]
    server = {"endpoint": "wss://x/", "pingInterval": 18000, "pingTimeout": 10000}
    token = kucoin_rest.decode_bullet(envelope({"token": "t", "instanceServers": [server]}))
    assert (token.token, token.endpoint, token.ping_interval_ms, token.ping_timeout_ms) == (
        "t",
        "wss://x/",
        18000,
        10000,
    )
    assert kucoin_rest.decode_timestamp('{"code":200000,"data":1729100692873}') == 1729100692873


@pytest.mark.parametrize(
    "servers", [[], [{}], [{"endpoint": "http://x", "pingInterval": 1, "pingTimeout": 1}], [{"endpoint": "wss://x"}]]
)
def test_a_bullet_answer_without_a_usable_server_is_refused(servers: object) -> None:
    with pytest.raises(InvalidInput):
        kucoin_rest.decode_bullet(envelope({"token": "t", "instanceServers": servers}))


@pytest.mark.parametrize("body", ['{"code":"200000","msg":"failure"}', '{"code":"400100","msg":"x"}', '{"data":1}'])
def test_a_kucoin_envelope_that_failed_is_refused_with_its_text(body: str) -> None:
    with pytest.raises(InvalidInput, match="failure"):
        kucoin_rest.decode_timestamp(body)


LIMITS = {"gw-ratelimit-limit": "2000", "gw-ratelimit-reset": "12500"}
BANNED = '{"code":-1003,"msg":"Way too much request weight used; IP banned until 1659146400000. Use streams."}'


@pytest.mark.parametrize(
    ("venue", "status", "headers", "body", "expected"),
    [
        ("binance", 451, {}, '{"code":0,"msg":"restricted"}', ("geo_restricted", None, None)),
        ("binance", None, None, '{"code":0,"msg":"from a restricted location"}', ("geo_restricted", None, None)),
        ("binance", 418, {"Retry-After": "120"}, BANNED, ("ip_banned", 120, 1659146400000)),
        ("binance", 429, {"retry-after": "7"}, '{"code":-1003,"msg":"x"}', ("rate_limited", 7, None)),
        ("binance", 429, None, "", ("rate_limited", None, None)),
        ("binance", 403, None, "<html>blocked</html>", ("waf_blocked", None, None)),
        ("binance", 410, None, "<html>410 Gone</html>", ("exchange_error", None, None)),
        ("binance", 502, None, "<html>bad gateway</html>", ("unknown_outcome", None, None)),
        ("binance", 400, None, '{"code":-1007,"msg":"x"}', ("unknown_outcome", None, None)),
        ("binance", 503, None, '{"code":-1008,"msg":"x"}', ("overloaded", None, None)),
        ("binance", 400, None, '{"code":-1121,"msg":"x"}', ("exchange_error", None, None)),
        ("kucoin", 429, LIMITS, '{"code":"429000","msg":"x"}', ("rate_limited", 12.5, None)),
        ("kucoin", 429, {}, '{"code":"429000","msg":"x"}', ("overloaded", None, None)),
        ("kucoin", 200, None, '{"code":400100,"msg":"x"}', ("exchange_error", None, None)),
        ("kucoin", 200, None, '{"code":"200000","msg":"no"}', ("exchange_error", None, None)),
        ("kucoin", 403, None, "error code: 1015", ("waf_blocked", None, None)),
        ("kucoin", None, None, '{"code":"400500","msg":"region not supported"}', ("geo_restricted", None, None)),
    ],
)
def test_http_answers_fall_into_nine_classes(
    venue: str, status: int | None, headers: dict[str, str] | None, body: str, expected: tuple[object, ...]
) -> None:
    found = classify_http(venue, status, headers, body)
    assert found is not None
    assert (found.error_class, found.retry_after_s, found.until_ms) == expected
    assert classify_http(venue, status, headers, body.encode()) == found


@pytest.mark.parametrize(
    ("venue", "body"),
    [
        ("binance", '{"serverTime":1}'),
        ("binance", "[]"),
        ("binance", '{"status":0,"msg":"normal"}'),
        ("kucoin", '{"code":200000,"data":1}'),
        ("kucoin", '{"code":"200000","msg":"success","data":1}'),
    ],
)
def test_answers_that_are_fine_have_no_class(venue: str, body: str) -> None:
    assert classify_http(venue, 200, {}, body) is None

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cryptobot_desktop.marketdata.decode import decode_line, decode_stream
from tests.unit.marketdata.wire_samples import BAR, KLINE, TRADE, combined, messages, push

FIELDS = {
    "trade": "symbol id price qty aggressor time_ms",
    "bbo": "symbol bid bid_qty ask ask_qty update_id time_ms",
    "candle": "symbol interval open_time_ms close_time_ms open high low close volume quote_volume trades closed",
    "candles": "rows open_bar",
    "ticker": "symbol last high low bid ask volume change change_rate time_ms",
    "depth_snapshot": "symbol update_id bids asks time_ms",
    "depth_delta": "symbol first last bids asks time_ms",
    "price": "symbol price",
    "ack": "id",
    "control": "action",
    "ignore": "",
    "error": "code message retry_after_s until_ms class",
    "key_permissions": "read trade withdraw ip_restricted",
    "order_update": "symbol order_id client_order_id status commission_asset avg_price",
    "rejected": "reason",
}
TYPE_OF_KIND = {
    "24hrMiniTicker": "ticker",
    "24hrTicker": "ticker",
    "24hrTicker.arr": "ticker",
    "rollingTicker": "ticker",
    "snapshot": "ticker",
    "aggTrade": "trade",
    "trade": "trade",
    "blockTrade": "trade",
    "trade.l3match": "trade",
    "uta.trade": "trade",
    "avgPrice": "price",
    "referencePrice": "price",
    "bookTicker": "bbo",
    "level1": "bbo",
    "ticker_all": "bbo",
    "trade.ticker": "bbo",
    "uta.ticker": "bbo",
    "depthUpdate": "depth_delta",
    "trade.l2update": "depth_delta",
    "partialDepth": "depth_snapshot",
    "level2Depth5": "depth_snapshot",
    "level2Depth50": "depth_snapshot",
    "uta.obu": "depth_snapshot",
    "kline": "candle",
    "trade.candles.add": "candle",
    "trade.candles.update": "candle",
    "uta.kline": "candle",
    "ack": "ack",
    "error": "error",
    "welcome": "control",
    "pong": "control",
    "ping": "ignore",
    "serverShutdown": "control",
    "account.balance": "ignore",
    "callauction.callauctionData": "ignore",
    "orderChange": "order_update",
    "stopOrder": "order_update",
    "uta.execution": "order_update",
    "uta.orderAll": "order_update",
    "user.executionReport": "order_update",
    "user.listStatus": "order_update",
    "user.eventStreamTerminated": "control",
    "user.balanceUpdate": "ignore",
    "user.externalLockUpdate": "ignore",
    "user.outboundAccountPosition": "ignore",
    "wsapi:Klines": "candles",
    "wsapi:UI Klines": "candles",
    "wsapi:Order book": "depth_snapshot",
    "wsapi:response": "depth_snapshot",
    "wsapi:Check server time": "control",
    "wsapi:Server Shutdown": "control",
    "wsapi:Test connectivity": "ack",
    "rest:GET level2 snapshot": "depth_snapshot",
}
TYPE_OF_PATH = {
    "klines": "candles",
    "candles": "candles",
    "kline": "candles",
    "depth": "depth_snapshot",
    "level2_20": "depth_snapshot",
    "level2_{size}": "depth_snapshot",
    "orderbook": "depth_snapshot",
    "trades": "trade",
    "aggTrades": "trade",
    "histories": "trade",
    "trade": "trade",
    "24hr": "ticker",
    "tradingDay": "ticker",
    "ticker": "ticker",
    "allTickers": "ticker",
    "stats": "ticker",
    "bookTicker": "bbo",
    "level1": "bbo",
    "price": "price",
    "avgPrice": "price",
    "referencePrice": "price",
    "time": "control",
    "timestamp": "control",
    "bullet-public": "control",
    "bullet-private": "control",
    "apiRestrictions": "key_permissions",
    "api-key": "key_permissions",
}
ORDER_PATHS = {
    "order",
    "openOrders",
    "orderList",
    "allOrderList",
    "openOrderList",
    "myTrades",
    "cancelReplace",
    "oco",
    "oto",
    "otoco",
    "keepPriority",
    "{orderId}",
    "active",
}


def expected_type(sample: dict[str, Any]) -> str:
    kind = sample["kind"]
    if kind in TYPE_OF_KIND:
        return TYPE_OF_KIND[kind]
    if kind.startswith(("req.", "filter.")):
        return "ignore"
    if kind.startswith("wsapi:"):
        return "ack"
    if sample.get("endpoint") == "GET /api/v3/rateLimit/order":
        return "ignore"
    last = sample.get("endpoint", kind).split("/")[-1]
    if sample.get("endpoint") == "POST /api/v1/hf/orders":
        return "order_update"
    return TYPE_OF_PATH.get(last, "order_update" if last in ORDER_PATHS else "ignore")


def decode(raw: str, venue: str = "binance", transport: str = "ws", **more: object) -> dict[str, Any]:
    return decode_line(json.dumps({"venue": venue, "transport": transport, "raw": raw, **more}))


def test_every_sample_message_has_its_type_and_all_fields_of_it(shared_data: Path) -> None:
    seen = 0
    for sample in messages(shared_data):
        found = decode_line(json.dumps(sample))
        assert set(FIELDS[str(found["type"])].split()) <= found.keys(), sample["id"]
        if sample["kind"] not in ("rest:envelope", "rest:object"):
            assert found["type"] == expected_type(sample), (sample["file"], sample["kind"], found)
        seen += 1
    assert seen >= 290


def test_every_sample_message_has_the_same_type_when_its_endpoint_is_not_known(shared_data: Path) -> None:
    for sample in messages(shared_data):
        bare = {name: value for name, value in sample.items() if name != "endpoint"}
        with_endpoint, without = decode_line(json.dumps(sample)), decode_line(json.dumps(bare))
        if "orders/" in sample.get("endpoint", "") or sample["raw"] == "{}":
            continue
        assert without["type"] == with_endpoint["type"], (sample["file"], sample["kind"], without)


def test_bare_objects_of_rest_are_recognised(shared_data: Path) -> None:
    found = [decode_line(json.dumps(s))["type"] for s in messages(shared_data) if s["kind"] == "rest:object"]
    assert found == ["order_update", "ticker", "order_update"]
    found = [decode_line(json.dumps(s))["type"] for s in messages(shared_data) if s["kind"] == "rest:envelope"]
    assert found == ["ignore", "ignore", "trade", "control", "control", "ticker"]


def test_numbers_of_all_samples_are_the_venues_own(shared_data: Path) -> None:
    """Every price and quantity that is printed stands in the frame, to the digit."""
    numbers = ("price", "qty", "bid", "bid_qty", "ask", "ask_qty", "open", "high", "low", "close", "volume")
    for sample in messages(shared_data):
        found = decode_line(json.dumps(sample))
        if found["type"] == "rejected" or found["type"] == "depth_delta":
            continue
        for name in (*numbers, "quote_volume", "last", "change"):
            assert found.get(name) is None or str(found[name]) in sample["raw"], (sample["kind"], name)


def test_one_line_out_for_one_line_in_and_in_order() -> None:
    ack = json.dumps({"venue": "binance", "transport": "ws", "raw": '{"result":null,"id":1}'})
    lines = ["", "garbage", ack, "[]", b"\xff", '{"venue":"mars","raw":"{}"}', '{"venue":"binance"}', ack + "\n"]
    found = [json.loads(text) for text in decode_stream(lines)]
    assert [row["type"] for row in found] == ["rejected"] * 2 + ["ack"] + ["rejected"] * 4 + ["ack"]
    assert "mars" in found[5]["reason"]


@pytest.mark.parametrize("raw", [None, 5, ["x"], {}, True])
def test_a_raw_that_is_no_text_is_rejected(raw: object) -> None:
    found = decode_line(json.dumps({"venue": "binance", "transport": "ws", "raw": raw}))
    assert found["type"] == "rejected"
    assert "raw" in str(found["reason"])


@pytest.mark.parametrize("more", [{"transport": "pigeon"}, {"venue": ["binance"]}, {"venue": None}])
def test_an_unknown_venue_or_transport_is_named(more: dict[str, object]) -> None:
    found = decode_line(json.dumps({"venue": "binance", "transport": "ws", "raw": "{}"} | more))
    assert found["type"] == "rejected"
    assert "allowed" in str(found["reason"])


def test_surroundings_of_a_wrong_kind_count_as_not_given() -> None:
    more = {"endpoint": 5, "http_status": "200", "headers": [1], "context": "x"}
    found = decode('{"serverTime":5}', transport="rest", **more)
    assert (found["type"], found["action"], found["time_ms"]) == ("control", "server_time", 5)
    assert decode('{"code":0,"msg":"x"}', transport="rest", http_status="451")["class"] == "geo_restricted"


def test_the_transport_is_guessed_when_it_is_missing() -> None:
    line = {"venue": "binance", "endpoint": "GET /api/v3/time", "raw": '{"serverTime":5}'}
    assert decode_line(json.dumps(line))["type"] == "control"
    assert decode_line(json.dumps({"venue": "kucoin", "raw": '{"id":"1","type":"ack"}'}))["type"] == "ack"


def test_exponents_are_written_out() -> None:
    assert decode(json.dumps(TRADE | {"p": "1.50E+2", "q": "1e-8"}))["price"] == "150"
    assert decode(json.dumps(TRADE | {"q": "1e-8"}))["qty"] == "0.00000001"


def test_a_running_bar_is_shown_apart_where_the_clock_is_known() -> None:
    row = [1499040000000, "2", "3", "1", "2", "5", 1499644799999, "9", 3, "1", "1", "0"]
    body = json.dumps([row])
    context = {"symbol": "ETHBTC", "interval": "1w", "server_time_ms": 1499644799999}
    found = decode(body, transport="rest", endpoint="GET /api/v3/klines", context=context)
    assert (found["rows"], found["open_bar"]) == ([], [1499040000000, "2", "3", "1", "2", "5"])
    assert decode(body, transport="rest")["open_bar"] is None
    url = "https://api.kucoin.com/api/v1/market/candles?symbol=BTC-USDT&type=1min"
    bars = '{"code":"200000","data":[["120","2","2","3","1","5","9"],["60","1","2","3","1","5","9"]]}'
    found = decode(bars, "kucoin", "rest", context={"url": url, "server_time_ms": 179_999})
    assert (found["symbol"], found["interval"], found["rows"]) == ("BTC-USDT", "1m", [[60000, "1", "3", "1", "2", "5"]])
    assert found["open_bar"] == [120000, "2", "3", "1", "2", "5"]


def test_a_list_shows_a_single_entry_in_its_own_fields_too() -> None:
    one, two = '{"symbol":"A","price":"1"}', '{"symbol":"B","price":"2"}'
    found = decode(f"[{one}]", transport="rest")
    assert (found["symbol"], found["price"], len(found["items"])) == ("A", "1", 1)
    found = decode(f"[{one},{two}]", transport="rest")
    assert (found["symbol"], found["price"], len(found["items"])) == (None, None, 2)


def test_one_bad_entry_refuses_the_list() -> None:
    assert decode('[{"symbol":"A","price":"1"},{"symbol":"B","price":"-2"}]', transport="rest")["type"] == "rejected"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [True, False, False, False]),
        ({"enableFutures": True}, [True, True, False, False]),
        ({"enableWithdrawals": True, "ipRestrict": True}, [True, False, True, True]),
        ({"enableInternalTransfer": True}, [True, False, True, False]),
        ({"permitsUniversalTransfer": True}, [True, False, True, False]),
    ],
)
def test_rights_of_a_binance_key(change: dict[str, bool], expected: list[bool]) -> None:
    off = ("ipRestrict", "enableSpotAndMarginTrading", "enableWithdrawals", "enableInternalTransfer", "enableFutures")
    body = dict.fromkeys((*off, "permitsUniversalTransfer"), False) | {"enableReading": True} | change
    found = decode(json.dumps(body), transport="rest")
    assert [found[name] for name in ("read", "trade", "withdraw", "ip_restricted")] == expected


def test_a_right_that_nobody_knows_is_shown() -> None:
    assert decode('{"enableReading":true,"enableTeleport":true}', transport="rest")["unknown"] == ["enableTeleport"]
    assert decode('{"enableReading":"maybe"}', transport="rest")["type"] == "rejected"


@pytest.mark.parametrize(
    ("permission", "whitelist", "expected"),
    [
        ("General", None, [True, False, False, False]),
        ("General,InnerTransfer", "", [True, False, False, False]),
        ("General, Transfer", "1.2.3.4", [True, False, True, True]),
        ("Spot", None, [False, True, False, False]),
    ],
)
def test_rights_of_a_kucoin_key(permission: str, whitelist: str | None, expected: list[bool]) -> None:
    data = {"apiKey": "k", "permission": permission, "ipWhitelist": whitelist}
    found = decode(json.dumps({"code": "200000", "data": data}), "kucoin", "rest")
    assert [found[name] for name in ("read", "trade", "withdraw", "ip_restricted")] == expected


def test_orders_show_asset_and_average_only_after_a_fill() -> None:
    report = {"e": "executionReport", "s": "ETHBTC", "i": 4, "c": "mine", "C": "", "X": "NEW", "N": None}
    found = decode(json.dumps({"subscriptionId": 0, "event": report | {"z": "0.0", "Z": "0.0"}}), transport="wsapi")
    assert (found["status"], found["commission_asset"], found["avg_price"]) == ("NEW", None, None)
    filled = report | {"X": "FILLED", "N": "BNB", "z": "3", "Z": "1.5"}
    found = decode(json.dumps({"event": filled}), transport="wsapi")
    assert (found["commission_asset"], Decimal(found["avg_price"])) == ("BNB", Decimal("0.5"))
    order = {"id": "x", "clientOid": "c", "symbol": "A-B", "feeCurrency": "B", "dealSize": "0", "dealFunds": "0"}
    found = decode(json.dumps({"code": "200000", "data": order}), "kucoin", "rest")
    assert (found["order_id"], found["commission_asset"], found["avg_price"]) == ("x", None, None)


@pytest.mark.parametrize("change", [{"h": "99.5"}, {"l": "101"}, {"o": "0"}, {"v": "-1"}, {"T": 5}, {"x": "false"}])
def test_an_inconsistent_bar_is_rejected(change: dict[str, object]) -> None:
    assert decode(combined("btcusdt@kline_1m", KLINE | {"k": BAR | change}))["type"] == "rejected"


def test_crossed_books_are_rejected_and_one_sided_ones_are_not() -> None:
    crossed = '{"lastUpdateId":1,"bids":[["3","1"]],"asks":[["2","1"]]}'
    assert decode(crossed, endpoint="btcusdt@depth5")["type"] == "rejected"
    one_sided = decode(crossed.replace('[["3","1"]]', "[]"), endpoint="btcusdt@depth5")
    assert (one_sided["symbol"], one_sided["bids"], one_sided["asks"]) == ("BTCUSDT", [], [["2", "1"]])


def test_the_last_of_doubled_keys_counts_as_in_every_json_reader() -> None:
    found = decode(json.dumps(TRADE)[:-1] + ',"p":"7"}')
    assert found["price"] == "7"


def test_private_kucoin_pushes_are_order_updates() -> None:
    data = {"symbol": "KCS-USDT", "orderId": "5ef", "clientOid": "1", "status": "match", "filledSize": "0.1"}
    found = decode(push("/spotMarket/tradeOrdersV2", data, "orderChange"), "kucoin")
    assert (found["type"], found["status"], found["client_order_id"]) == ("order_update", "match", "1")


def test_huge_and_deep_frames_are_rejected() -> None:
    for raw in ("x" * 9_000_000, "[" * 100_000, '{"a":' * 100_000):
        assert decode(raw)["type"] == "rejected"
    assert decode("[" * 100_000, transport="rest")["type"] == "rejected"
    assert decode('"' + "x" * 33_600_000 + '"', transport="rest")["type"] == "rejected"

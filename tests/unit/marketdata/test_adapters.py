"""What is asked of the venues and how their answers are read."""

import json

import pytest

from cryptobot_desktop.domain.errors import InvalidInput, TemporaryFailure
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.marketdata.binance_adapter import MAX_INSTRUMENTS, BinanceAdapter, bar_pages
from cryptobot_desktop.marketdata.kucoin_adapter import KucoinAdapter
from cryptobot_desktop.marketdata.venue_adapter import HttpResponse, StreamPlan, VenueBlocked, VenueRefused
from tests.unit.marketdata.market_samples import BTC, KBTC, MINUTE, T0

NO_PLAN = StreamPlan(target="", messages=(), spacing_ms=0, topics=())


def answer(body: object, status: int = 200, **headers: str) -> HttpResponse:
    raw = body if isinstance(body, str) else json.dumps(body)
    return HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw.encode())


def test_binance_history_is_paged_with_both_bounds_inside_each_page() -> None:
    pages = [request.query for request in BinanceAdapter().history_requests(BTC, Timeframe.M1, T0, T0 + 2_500 * MINUTE)]
    assert [(int(p["startTime"]) - T0) // MINUTE for p in pages] == [0, 1_000, 2_000]
    assert int(pages[-1]["endTime"]) == T0 + 2_500 * MINUTE - 1
    assert all(int(p["limit"]) == 1_000 and p["interval"] == "1m" and p["symbol"] == "BTCUSDT" for p in pages)


def test_kucoin_history_is_asked_in_seconds_with_both_bounds() -> None:
    pages = [request.query for request in KucoinAdapter().history_requests(KBTC, Timeframe.M1, T0, T0 + 2_000 * MINUTE)]
    assert len(pages) == 2
    assert pages[0]["startAt"] == str(T0 // 1_000)
    assert pages[0]["endAt"] == pages[1]["startAt"]
    assert pages[1]["endAt"] == str((T0 + 2_000 * MINUTE) // 1_000)
    assert pages[0]["type"] == "1min"


def test_kucoin_has_no_three_day_bars_so_days_are_asked() -> None:
    adapter = KucoinAdapter()
    assert adapter.history_timeframe(Timeframe.D3) is Timeframe.D1
    (request,) = adapter.history_requests(KBTC, Timeframe.D3, T0, T0 + 86_400_000 * 7)
    assert request.query["type"] == "1day"


def test_pages_of_months_follow_the_calendar() -> None:
    january = 1_767_225_600_000  # 2026-01-01
    pages = bar_pages(Timeframe.MO1, Venue.BINANCE, (january + 1, january + 400 * 86_400_000), 5)
    assert pages[0][0] == 1_769_904_000_000  # 2026-02-01
    assert pages[1][0] == pages[0][1]
    assert bar_pages(Timeframe.M1, Venue.BINANCE, (5, 5), 10) == []


def test_binance_streams_are_all_in_the_address() -> None:
    adapter = BinanceAdapter()
    plan = adapter.stream_plan([BTC])
    assert plan.messages == ()
    url = adapter.connection("wss://stream.binance.com:9443", plan, "x", None).url
    assert url.startswith("wss://stream.binance.com:9443/stream?streams=btcusdt@trade/btcusdt@bookTicker/")
    assert "btcusdt@depth@100ms" in plan.topics


def test_kucoin_subscribes_lists_and_one_candle_topic_each() -> None:
    plan = KucoinAdapter().stream_plan([KBTC])
    topics = [json.loads(message)["topic"] for message in plan.messages]
    assert topics == [
        "/market/ticker:BTC-USDT",
        "/market/match:BTC-USDT",
        "/market/level2:BTC-USDT",
        "/market/snapshot:BTC-USDT",
        "/market/candles:BTC-USDT_1min",
    ]
    assert all(json.loads(message)["response"] is True for message in plan.messages)
    assert 10_000 / plan.spacing_ms < 100


@pytest.mark.parametrize("venue", Venue)
def test_too_many_symbols_for_one_connection_are_refused_with_the_limit(venue: Venue) -> None:
    with pytest.raises(InvalidInput, match="allowed"):
        adapter_for(venue).stream_plan([BTC] * (MAX_INSTRUMENTS + 1))


def bullet(endpoint: str) -> dict[str, object]:
    server = {
        "endpoint": endpoint,
        "encrypt": True,
        "protocol": "websocket",
        "pingInterval": 18000,
        "pingTimeout": 9000,
    }
    return {"code": "200000", "data": {"token": "a/b+c==", "instanceServers": [server]}}


def test_kucoins_token_gives_address_and_ping_times() -> None:
    connection = KucoinAdapter().connection("", NO_PLAN, "id-1", answer(bullet("wss://ws-api-spot.kucoin.com/")))
    assert connection.url == "wss://ws-api-spot.kucoin.com/?token=a%2Fb%2Bc%3D%3D&connectId=id-1"
    assert connection.awaits_welcome
    assert (connection.ping_every_ms, connection.pong_within_ms) == (18_000, 9_000)


@pytest.mark.parametrize("endpoint", ["wss://evil.example/", "ws://ws-api-spot.kucoin.com/", "https://api.kucoin.com"])
def test_a_token_that_leads_elsewhere_is_refused(endpoint: str) -> None:
    with pytest.raises(TemporaryFailure, match="token"):
        KucoinAdapter().connection("", NO_PLAN, "id-1", answer(bullet(endpoint)))


def test_a_blocked_country_is_for_good_and_says_what_to_do() -> None:
    body = {"code": 0, "msg": "Service unavailable from a restricted location according to 'b. Eligibility'"}
    with pytest.raises(VenueBlocked, match="another market source"):
        BinanceAdapter().read_time(answer(body, 451))


def test_a_limit_is_temporary_and_keeps_how_long() -> None:
    with pytest.raises(VenueRefused) as caught:
        BinanceAdapter().read_time(answer({"code": -1003, "msg": "Too much"}, 429, Retry_After="7"))
    assert caught.value.error.retry_after_s == 7


@pytest.mark.parametrize("status", [200, 403, 502])
def test_a_web_page_instead_of_data_is_explained(status: int) -> None:
    with pytest.raises(TemporaryFailure, match="web page"):
        BinanceAdapter().read_instruments(answer("<!DOCTYPE html><html>Log in</html>", status))


def test_an_unknown_symbol_is_not_worth_a_second_try() -> None:
    with pytest.raises(VenueBlocked, match="Invalid symbol"):
        BinanceAdapter().read_snapshot(answer({"code": -1121, "msg": "Invalid symbol."}, 400), BTC)


def test_an_answer_of_another_shape_is_temporary() -> None:
    with pytest.raises(TemporaryFailure, match="cannot be used"):
        BinanceAdapter().read_snapshot(answer({"hello": 1}), BTC)
    with pytest.raises(TemporaryFailure, match="cannot be used"):
        KucoinAdapter().read_history(answer({"code": "200000", "data": [[1]]}), KBTC, Timeframe.M1, T0)


def test_the_running_bar_of_a_history_is_not_closed() -> None:
    rows = [[T0 + n * MINUTE, "1", "2", "1", "2", "3", T0 + n * MINUTE + 59_999, "5", 1, "1", "1", "0"] for n in (0, 1)]
    bars = BinanceAdapter().read_history(answer(rows), BTC, Timeframe.M1, T0 + MINUTE + 30_000)
    assert [bar.closed for bar in bars] == [True, False]


def test_a_push_without_its_envelope_decodes_like_a_frame() -> None:
    adapter = BinanceAdapter()
    adapter.watch([BTC])
    payload = b'{"e":"trade","E":1,"s":"BTCUSDT","t":5,"p":"10.00","q":"0.5","T":%d,"m":true,"M":true}' % T0
    (event,) = adapter.on_payload("btcusdt@trade", payload)  # type: ignore[misc]
    assert isinstance(event, Trade)
    assert (event.price, event.qty, event.trade_id) == (1_000, 50_000, "5")
    assert adapter.on_frame(b'{"stream":"btcusdt@trade","data":' + payload + b"}") == [event]

"""Messages that travel, the three fill models, self-trade prevention and discount fees."""

from typing import Any

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import OrderAccepted, OrderAmended, OrderCanceled, OrderFilled
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency, latency_of
from cryptobot_desktop.domain.market import BookDelta, ClockTick, Side, Trade
from cryptobot_desktop.domain.orders import (
    FeeRates,
    FillModel,
    OrderPhase,
    OrderStatus,
    OrderType,
    SelfTrade,
    TimeInForce,
)
from cryptobot_desktop.domain.purse import CrossRate
from cryptobot_desktop.execution.rejections import Rejection
from tests.builders import (
    USDT,
    EagerExchange,
    MemoryBook,
    MemoryMarket,
    btc_usdt,
    market_of,
    order_request,
    public_trade,
    usual_book,
)

BTC = btc_usdt()
RICH = 10**15


def setting(rates: FeeRates | None = None, **options: Any) -> tuple[EagerExchange, MemoryMarket, MemoryBook]:  # noqa: ANN401
    book = usual_book()
    fees = dict.fromkeys(Venue, rates or FeeRates(1_000, 1_000))
    return EagerExchange(fees, **options), market_of(BTC, book, last=10_000), book


def delta(book: MemoryBook) -> BookDelta:
    book.update_id += 1
    return BookDelta(BTC.id, book.update_id, book.update_id, (), ())


def print_at(price: int, number: int, qty: int = 1_000, side: Side = Side.SELL) -> Trade:
    return public_trade(BTC, price, qty, side, at_ms=10_000 + number, trade_id=f"t{number}")


def test_an_order_meets_the_book_that_is_there_when_it_arrives() -> None:
    exchange, market, book = setting(latency=Latency((50,)))
    (accepted,) = exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000), market, RICH, 1_000)
    assert (accepted.order.phase, accepted.order.arrives_ms) == (OrderPhase.IN_FLIGHT, 1_050)
    book.asks = {10_150: 100_000}
    assert exchange.on_event(delta(book), market, 1_049) == ()
    book.asks = {10_170: 100_000}
    arrived, filled = exchange.advance(1_060)
    assert isinstance(arrived, OrderAmended)
    assert arrived.what == "arrived"
    assert isinstance(filled, OrderFilled)
    assert (filled.fills[0].price, filled.fills[0].at_ms) == (10_170, 1_050)
    assert filled.fills[0].evidence.latency_ms == 50


def test_a_cancel_that_comes_later_than_the_fill_loses() -> None:
    exchange, market, _ = setting(latency=Latency((50,)))
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_950), market, RICH, 1_000)
    exchange.advance(1_050)
    (asked,) = exchange.cancel("a", 1_100)
    assert asked.order.cancel_arrives_ms == 1_150
    (filled,) = exchange.on_event(public_trade(BTC, 9_940, 60_000, Side.SELL, at_ms=1_120), market, 1_120)
    assert filled.order.status is OrderStatus.FILLED
    assert exchange.advance(1_150) == ()
    exchange.submit(order_request(BTC, "b", Side.BUY, qty=50_000, price=9_950), market, RICH, 2_000)
    exchange.advance(2_050)
    exchange.cancel("b", 2_060)
    ended, *more = exchange.on_event(public_trade(BTC, 9_940, 60_000, Side.SELL, at_ms=2_120), market, 2_120)
    assert isinstance(ended, OrderCanceled)
    assert ended.at_ms == 2_110
    assert more == []


def test_a_post_only_order_that_would_take_on_arrival_expires_with_the_venues_words() -> None:
    exchange, market, book = setting(latency=Latency((50,)))
    request = order_request(BTC, "a", Side.BUY, qty=50_000, price=10_000, type=OrderType.LIMIT_MAKER)
    (accepted,) = exchange.submit(request, market, RICH, 1_000)
    assert isinstance(accepted, OrderAccepted)
    book.asks = {10_000: 100_000}
    (ended,) = exchange.advance(1_050)
    assert ended.reason.startswith("-2010 Order would immediately match and take.")


def test_messages_never_overtake_each_other_and_the_seed_decides() -> None:
    def arrivals(seed: int) -> list[int]:
        exchange, market, _ = setting(latency=Latency((10, 200)), seed=seed)
        times = []
        for number in range(20):
            request = order_request(BTC, f"o{number}", Side.BUY, qty=1_000, price=9_000)
            (accepted,) = exchange.submit(request, market, RICH, 1_000 + number)
            times.append(accepted.order.arrives_ms)
        return times

    times = arrivals(7)
    assert times == sorted(times)
    assert all(1_010 + number <= at for number, at in enumerate(times))
    assert times == arrivals(7)
    assert times != arrivals(8)


def test_latency_draws_stay_between_their_samples() -> None:
    latency = latency_of([80, 20, 40])
    assert latency.label == "20 to 80 ms"
    draws = [latency.draw(3, number) for number in range(2_000)]
    assert min(draws) < 25
    assert max(draws) > 70
    assert 900 < sum(draw < 40 for draw in draws) < 1_100  # the middle sample is the median
    with pytest.raises(InvalidInput, match="-1 ms"):
        latency_of([-1])


def test_a_timed_order_ends_at_its_time_on_kucoin_and_is_unknown_on_binance() -> None:
    kucoin = btc_usdt(venue=Venue.KUCOIN)
    exchange, _, book = setting()
    market = market_of(kucoin, book, last=10_000)
    fields = {"qty": 1_000, "price": 9_000, "time_in_force": TimeInForce.GTD, "expire_ms": 5_000}
    exchange.submit(order_request(kucoin, "a", Side.BUY, **fields), market, RICH, 1_000)
    assert exchange.on_event(ClockTick(4_999), market, 4_999) == ()
    (ended,) = exchange.on_event(ClockTick(9_000), market, 9_000)
    assert (ended.at_ms, ended.order.status) == (5_000, OrderStatus.EXPIRED)
    (refused,) = exchange.submit(order_request(BTC, "b", Side.BUY, **fields), market_of(BTC, book), RICH, 1_000)
    assert refused.order.reject_code == "-1115"


@pytest.mark.parametrize(
    ("model", "filled"), [(FillModel.PESSIMISTIC, 0), (FillModel.EXPECTED, 10_000), (FillModel.OPTIMISTIC, 30_000)]
)
def test_the_models_differ_in_what_stands_before_us(model: FillModel, filled: int) -> None:
    exchange, market, book = setting(model=model)
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=30_000, price=9_900), market, RICH, 5)
    book.bids[9_900] = 40_000  # 60,000 of 100,000 were cancelled, all of them before us: nobody was behind
    book.update_id += 1
    exchange.on_event(BookDelta(BTC.id, book.update_id, book.update_id, ((9_900, 40_000),), ()), market, 6)
    facts = exchange.on_event(print_at(9_900, 1, qty=50_000), market, 10_001)
    order = exchange.order("a")
    assert order is not None
    assert order.filled_qty == filled
    if filled:
        others = {result.model: result.qty for result in facts[0].fills[0].evidence.others}
        assert others | {model: filled} == {
            FillModel.PESSIMISTIC: 0,
            FillModel.EXPECTED: 10_000,
            FillModel.OPTIMISTIC: 30_000,
        }


def test_the_expected_model_shares_cancellations_between_before_and_behind_us() -> None:
    exchange, market, book = setting(model=FillModel.EXPECTED)
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=30_000, price=9_900), market, RICH, 5)
    for displayed in (200_000, 100_000):  # as much again comes behind us, then half of all is cancelled
        book.bids[9_900] = displayed
        book.update_id += 1
        exchange.on_event(BookDelta(BTC.id, book.update_id, book.update_id, ((9_900, displayed),), ()), market, 6)
    (filled,) = exchange.on_event(print_at(9_900, 1, qty=60_000), market, 10_001)
    assert filled.order.filled_qty == 10_000  # 50,000 of the 100,000 before us were left
    queue = filled.fills[0].evidence.queue
    assert queue is not None
    assert (queue.at_arrival, queue.canceled, queue.traded) == (100_000, 50_000, 50_000)


def test_the_receipt_of_a_taker_says_what_fresh_liquidity_would_have_given() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=60_000), market, RICH, 5)
    _, filled = exchange.submit(order_request(BTC, "b", Side.BUY, qty=60_000), market, RICH, 6)
    assert filled.fills[0].evidence.others == ()
    results = {r.model: (r.qty, r.quote_amount) for r in filled.fills[-1].evidence.others}
    assert results[FillModel.EXPECTED] == (60_000, filled.order.filled_quote)
    assert results[FillModel.OPTIMISTIC] == (60_000, 606 * USDT // 10)


@pytest.mark.parametrize(
    ("policy", "maker", "taker", "bought"),
    [
        (SelfTrade.NONE, OrderStatus.NEW, OrderStatus.FILLED, 150_000),
        (SelfTrade.EXPIRE_MAKER, OrderStatus.EXPIRED, OrderStatus.FILLED, 150_000),
        (SelfTrade.EXPIRE_TAKER, OrderStatus.NEW, OrderStatus.EXPIRED, 100_000),
        (SelfTrade.EXPIRE_BOTH, OrderStatus.EXPIRED, OrderStatus.EXPIRED, 100_000),
        (SelfTrade.DECREMENT, OrderStatus.EXPIRED, OrderStatus.FILLED, 130_000),
    ],
)
def test_self_trade_prevention(policy: SelfTrade, maker: OrderStatus, taker: OrderStatus, bought: int) -> None:
    exchange, market, _ = setting()
    own = order_request(BTC, "own", Side.SELL, qty=20_000, price=10_150)
    exchange.submit(own, market, RICH, 5)
    exchange.submit(order_request(BTC, "b", Side.BUY, qty=150_000, stp=policy), market, RICH, 6)
    kept, came = exchange.order("own"), exchange.order("b")
    assert kept is not None
    assert came is not None
    assert (kept.status, came.status, came.filled_qty) == (maker, taker, bought)


def test_an_order_of_another_portfolio_is_nobodys_own() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "o", Side.SELL, qty=20_000, price=10_150, portfolio="other"), market, RICH, 5)
    exchange.submit(order_request(BTC, "b", Side.BUY, qty=150_000), market, RICH, 6)
    assert [order.client_id for order in exchange.open_orders()] == ["o"]


def test_fees_in_the_discount_asset_while_there_is_some() -> None:
    exchange, market, _ = setting(FeeRates(1_000, 1_000, "BNB", 250_000))
    exchange.purse.rates["BNB", "USDT"] = CrossRate(60_000, 100)  # 600 USDT
    exchange.purse.amounts["BNB"] = 10_000_000
    _, filled = exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000), market, RICH, 5)
    (fill,) = filled.fills
    # 50.5 USDT x 0.1 % x 0.75 = 0.037875 USDT = 0.000063125 BNB
    assert (fill.fee, fill.fee_asset, fill.fee_value) == (6_313, "BNB", 3_787_500)
    assert fill.evidence.fee_discount_ppm == 250_000
    exchange.purse.amounts["BNB"] = 6_312
    _, filled = exchange.submit(order_request(BTC, "b", Side.BUY, qty=50_000), market, RICH, 6)
    assert (filled.fills[0].fee, filled.fills[0].fee_asset) == (50_000, "BTC")


def test_amending_keeps_the_place_in_the_queue_and_gives_money_back() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_900), market, RICH, 5)
    exchange.on_event(print_at(9_900, 1, qty=90_000), market, 10_001)
    answer = exchange.amend("a", 20_000, 10_002)
    assert not isinstance(answer, Rejection)
    assert (answer[0].order.remaining_qty, answer[0].order.reserved) == (20_000, 9_900 * USDT // 100 // 5)
    (filled,) = exchange.on_event(print_at(9_900, 2, qty=90_000), market, 10_003)
    assert (filled.order.status, filled.order.filled_qty) == (OrderStatus.FILLED, 20_000)
    refusal = exchange.amend("a", 10_000, 10_004)
    assert isinstance(refusal, Rejection)
    assert refusal.code == "-2011"


def test_replacing_cancels_and_sends_or_does_nothing() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_900), market, RICH, 5)
    answer = exchange.replace("a", order_request(BTC, "b", Side.BUY, qty=60_000, price=9_800), 6)
    assert not isinstance(answer, Rejection)
    assert [type(fact) for fact in answer] == [OrderCanceled, OrderAccepted]
    assert isinstance(exchange.replace("a", order_request(BTC, "c", Side.BUY, qty=1_000, price=9_800), 7), Rejection)
    assert [order.client_id for order in exchange.open_orders()] == ["b"]

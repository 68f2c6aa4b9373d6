"""Stops, take-profits and trailing stops with an order book."""

from typing import Any

import pytest

from cryptobot_desktop.domain.facts import OrderAmended, OrderCanceled, OrderFilled, OrderRejected, OrderTriggered
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Side, Trade
from cryptobot_desktop.domain.orders import FeeRates, OrderPhase, OrderRequest, OrderStatus, OrderType
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
KUCOIN = btc_usdt(venue=Venue.KUCOIN)
RICH = 10**15


def setting(instrument: Instrument = BTC, **options: Any) -> tuple[EagerExchange, MemoryMarket, MemoryBook]:  # noqa: ANN401
    book = usual_book()
    rates = {venue: FeeRates(1_000, 1_000) for venue in Venue}
    return EagerExchange(rates, **options), market_of(instrument, book, last=10_000), book


def stop(side: Side, kind: OrderType, trigger: int, instrument: Instrument = BTC, **fields: object) -> OrderRequest:
    fields = {"qty": 50_000, "type": kind, "stop_price": trigger} | fields
    return order_request(instrument, "s", side, **fields)


def print_at(price: int, number: int, instrument: Instrument = BTC, qty: int = 1_000, side: Side = Side.SELL) -> Trade:
    return public_trade(instrument, price, qty, side, at_ms=10_000 + number, trade_id=f"t{number}")


def test_a_stop_sell_sleeps_until_a_trade_reaches_it_and_then_walks_the_book() -> None:
    exchange, market, _ = setting()
    (accepted,) = exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS, 9_900), market, RICH, 5)
    assert (accepted.order.phase, accepted.order.reserved) == (OrderPhase.ARMED, USDT // 2)
    assert exchange.on_event(print_at(9_910, 1), market, 10_001) == ()
    triggered, filled = exchange.on_event(print_at(9_900, 2), market, 10_002)
    assert isinstance(triggered, OrderTriggered)
    assert (triggered.price, triggered.order.triggered_ms) == (9_900, 10_002)
    assert isinstance(filled, OrderFilled)
    assert filled.fills[0].price == 9_900
    assert filled.order.status is OrderStatus.FILLED
    assert exchange.on_event(print_at(9_800, 3), market, 10_003) == ()  # it fires once


def test_the_volume_of_the_triggering_trade_is_not_there_again() -> None:
    exchange, market, _ = setting()
    exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS, 9_900), market, RICH, 5)
    _, filled = exchange.on_event(print_at(9_900, 1, qty=80_000), market, 10_001)
    assert [(fill.price, fill.qty) for fill in filled.fills] == [(9_900, 20_000), (9_800, 30_000)]


@pytest.mark.parametrize(
    ("side", "kind", "price", "asleep", "wakes"),
    [
        (Side.SELL, OrderType.STOP_LOSS, 9_900, 9_901, 9_899),
        (Side.BUY, OrderType.STOP_LOSS, 10_100, 10_099, 10_101),
        (Side.SELL, OrderType.TAKE_PROFIT, 10_100, 10_099, 10_100),
        (Side.BUY, OrderType.TAKE_PROFIT, 9_900, 9_901, 9_900),
    ],
)
def test_each_kind_wakes_on_its_own_side_of_the_market(
    side: Side, kind: OrderType, price: int, asleep: int, wakes: int
) -> None:
    exchange, market, _ = setting()
    exchange.submit(stop(side, kind, price), market, RICH, 5)
    assert exchange.on_event(print_at(asleep, 1), market, 10_001) == ()
    facts = exchange.on_event(print_at(wakes, 2), market, 10_002)
    assert [type(fact) for fact in facts] == [OrderTriggered, OrderFilled]


def test_binance_refuses_a_stop_that_would_trigger_at_once_and_kucoin_takes_it() -> None:
    exchange, market, _ = setting()
    (refused,) = exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS, 10_000), market, RICH, 5)
    assert isinstance(refused, OrderRejected)
    assert refused.order.reject_code == "-2010"
    assert "Stop price would trigger immediately." in refused.order.reject_reason
    exchange, market, _ = setting(KUCOIN)
    (accepted,) = exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS, 10_000, KUCOIN), market, 0, 5)
    assert accepted.order.reserved == 0  # KuCoin holds nothing for it
    triggered, ended = exchange.on_event(print_at(10_000, 1, KUCOIN), market, 10_001)
    assert isinstance(triggered, OrderTriggered)
    assert isinstance(ended, OrderCanceled)
    assert ended.reason.startswith("200004 Balance insufficient!")


def test_a_triggered_limit_order_rests_at_its_price() -> None:
    exchange, market, _ = setting()
    exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS_LIMIT, 9_900, price=9_950), market, RICH, 5)
    (triggered,) = exchange.on_event(print_at(9_900, 1), market, 10_001)
    assert triggered.order.phase is OrderPhase.WORKING
    (filled,) = exchange.on_event(print_at(9_960, 2, qty=60_000, side=Side.BUY), market, 10_002)
    assert filled.fills[0].price == 9_950


def test_a_lone_wild_print_wakes_nothing_and_a_second_one_does() -> None:
    exchange, market, _ = setting()
    exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS, 9_500), market, RICH, 5)
    exchange.on_event(print_at(10_000, 1), market, 10_001)
    assert exchange.on_event(print_at(5_000, 2), market, 10_002) == ()
    assert exchange.on_event(print_at(5_000, 2), market, 10_003) == ()  # the same message again confirms nothing
    facts = exchange.on_event(print_at(5_010, 3), market, 10_004)
    assert isinstance(facts[0], OrderTriggered)


def test_nothing_wakes_on_a_book_that_is_not_live() -> None:
    exchange, market, book = setting()
    exchange.submit(stop(Side.SELL, OrderType.STOP_LOSS, 9_900), market, RICH, 5)
    book.is_live = False
    assert exchange.on_event(print_at(9_800, 1), market, 10_001) == ()
    book.is_live = True
    assert exchange.on_event(print_at(9_800, 2), market, 10_002) != ()


def test_a_trailing_stop_follows_the_best_price_and_never_loosens() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "t", Side.SELL, qty=50_000, type=OrderType.TRAILING_STOP, trailing_bips=100)
    exchange.submit(request, market, RICH, 5)
    order = exchange.order("t")
    assert order is not None
    assert (order.best_price, order.trigger_price) == (10_000, 9_900)
    (moved,) = exchange.on_event(print_at(10_200, 1), market, 10_001)
    assert isinstance(moved, OrderAmended)
    assert (moved.what, moved.order.best_price, moved.order.trigger_price) == ("trailed", 10_200, 10_098)
    assert exchange.on_event(print_at(10_100, 2), market, 10_002) == ()
    facts = exchange.on_event(print_at(10_098, 3), market, 10_003)
    assert [type(fact) for fact in facts] == [OrderTriggered, OrderFilled]


def test_a_trailing_stop_with_an_activation_price_waits_for_it() -> None:
    exchange, market, _ = setting()
    request = order_request(
        BTC, "t", Side.SELL, qty=50_000, type=OrderType.TRAILING_STOP, trailing_bips=100, stop_price=10_300
    )
    exchange.submit(request, market, RICH, 5)
    assert exchange.on_event(print_at(9_800, 1), market, 10_001) == ()
    assert exchange.on_event(print_at(10_280, 2), market, 10_002) == ()
    (active,) = exchange.on_event(print_at(10_310, 3), market, 10_003)
    assert active.order.best_price == 10_310


def test_a_stop_buy_that_became_dearer_buys_what_can_be_paid() -> None:
    exchange, market, _ = setting()
    request = stop(Side.BUY, OrderType.STOP_LOSS, 10_050, qty=100_000)
    (accepted,) = exchange.submit(request, market, 10_050 * USDT // 100, 5)
    assert accepted.order.reserved == 10_050 * USDT // 100
    exchange.purse.free = 0
    _, filled, ended = exchange.on_event(print_at(10_060, 1), market, 10_001)
    assert filled.order.filled_qty == 99_504  # 100.5 / 101
    assert isinstance(ended, OrderCanceled)


def test_an_iceberg_shows_a_part_and_each_new_part_goes_to_the_back() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "i", Side.BUY, qty=50_000, price=9_900, display_qty=20_000)
    exchange.submit(request, market, RICH, 5)
    (first,) = exchange.on_event(print_at(9_900, 1, qty=150_000), market, 10_001)
    assert first.fills[0].qty == 20_000  # 100,000 stood before us; the next part is behind them again
    assert exchange.on_event(print_at(9_900, 2, qty=100_000), market, 10_002) == ()
    (second,) = exchange.on_event(print_at(9_900, 3, qty=100_000), market, 10_003)
    assert second.fills[0].qty == 20_000
    queue = second.fills[0].evidence.queue
    assert queue is not None
    assert (queue.at_arrival, queue.traded, queue.trades) == (100_000, 100_000, 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": OrderType.STOP_LOSS, "qty": 1}, "needs a stop price"),
        ({"type": OrderType.LIMIT, "qty": 1, "price": 9_000, "stop_price": 1}, "takes no stop price"),
        ({"type": OrderType.TRAILING_STOP, "qty": 1}, "needs its distance"),
        ({"type": OrderType.TRAILING_STOP, "qty": 1, "trailing_bips": 10_000}, "between 1 and 9999"),
        ({"type": OrderType.MARKET, "qty": 1, "display_qty": 1}, "only limit orders can show a part"),
        ({"type": OrderType.LIMIT, "qty": 1, "price": 9_000, "display_qty": 2}, "at most the whole"),
    ],
)
def test_fields_that_do_not_fit_together_are_named(fields: dict[str, Any], words: str) -> None:
    exchange, market, _ = setting()
    (refused,) = exchange.submit(order_request(BTC, "a", Side.BUY, **fields), market, RICH, 5)
    assert isinstance(refused, OrderRejected)
    assert words in refused.order.reject_reason
    assert "BTC/USDT on Binance" in refused.order.reject_reason

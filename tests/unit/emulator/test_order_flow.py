"""Traders: crowds keep their lists right, the market maker follows the value and never trades with itself."""

from random import Random

import pytest

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.crowd import IMPATIENT, PATIENT, Crowd
from cryptobot_desktop.emulator.market_maker import MarketMaker
from cryptobot_desktop.emulator.market_types import DEFAULT_PAIRS, PairSpec, TradeHappened
from cryptobot_desktop.emulator.matching import LimitOrderBook

BTC = DEFAULT_PAIRS[0]
COARSE = PairSpec(
    base="XRP", quote="USDT", price_decimals=4, qty_decimals=1, start_price=5_000, typical_qty=5_000,
    volatility=0.0008, tick_size=5, step_size=10,
)  # fmt: skip


def new_book() -> LimitOrderBook:
    return LimitOrderBook("A/B", first_trade_id=1, first_update_id=1, first_order_id=1)


@pytest.mark.parametrize("spec", [BTC, COARSE], ids=lambda spec: spec.base)
def test_a_market_maker_follows_the_value_and_never_meets_its_own_quotes(spec: PairSpec) -> None:
    rng, book = Random(5), new_book()
    maker = MarketMaker(spec, book, Random(6))
    value = float(spec.start_price)
    for step in range(500):
        value *= 1.0 + 0.0005 * rng.gauss(0.0, 1.0)
        maker.requote(value, spread=1.0, at_ms=step)
        assert book.bids.best_price() <= value <= book.asks.best_price()
        assert len(book.orders) == 18
    assert not [h for h in book.tape if isinstance(h, TradeHappened)]
    assert all(order.price % spec.tick_size == 0 for order in book.orders.values())
    assert all(order.qty % spec.step_size == 0 for order in book.orders.values())


def test_quotes_that_are_still_right_are_left_alone() -> None:
    book = new_book()
    maker = MarketMaker(BTC, book, Random(6))
    maker.requote(6_400_000.0, spread=1.0, at_ms=0)
    changes = book.update_id
    maker.requote(6_400_000.0, spread=1.0, at_ms=1)
    assert book.update_id == changes


@pytest.mark.parametrize("character", [PATIENT, IMPATIENT], ids=["patient", "impatient"])
def test_a_crowd_knows_exactly_its_resting_orders(character: object) -> None:
    assert character in (PATIENT, IMPATIENT)
    rng, book = Random(5), new_book()
    book.submit_limit(Side.BUY, 6_399_900, qty=10, at_ms=0)
    book.submit_limit(Side.SELL, 6_400_100, qty=10, at_ms=0)
    chosen = PATIENT if character is PATIENT else IMPATIENT
    crowd = Crowd(BTC, book, chosen, random=rng.random, draw_qty=lambda: 1 + int(9 * rng.random()))
    book.on_filled = crowd.forget
    crowd.gather(0)
    assert crowd.crowding == 1.0
    for step in range(2_000):
        if rng.random() < 0.5:
            crowd.arrive(step)
        else:
            crowd.leave(step)
        if step % 10 == 0:
            book.submit_market(
                Side.BUY if step % 20 else Side.SELL, 30, worst_price=1 if not step % 20 else 10**9, at_ms=step
            )
        strangers = sum(order_id in book.orders for order_id in (1, 2))
        assert round(crowd.crowding * chosen.population) == len(book.orders) - strangers
    assert all(order.price > 0 for order in book.orders.values())


def test_an_empty_crowd_has_nobody_to_leave() -> None:
    book = new_book()
    crowd = Crowd(BTC, book, IMPATIENT, random=Random(1).random, draw_qty=lambda: 1)
    crowd.leave(0)
    crowd.arrive(0)
    assert crowd.crowding == 0.0, "without a price on both sides nobody knows where to place an order"
    assert not book.tape

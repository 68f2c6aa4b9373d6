"""Stops, take-profits, trailing stops and lists on candle files: the worse of the two ways within a bar."""

from typing import Any

import msgspec
import pytest

from cryptobot_desktop.domain.facts import ExecutionFact, OrderFilled
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates, FillModel, ListKind, OrderRequest, OrderStatus, OrderType
from cryptobot_desktop.execution.lists import ROLES
from tests.builders import EagerExchange, MemoryMarket, btc_usdt, candle_of, market_of, order_request

BTC = btc_usdt()
RICH = 10**15
BAR = 60_000


def setting(**options: Any) -> tuple[EagerExchange, MemoryMarket]:  # noqa: ANN401
    return EagerExchange({Venue.BINANCE: FeeRates(1_000, 2_000)}, **options), market_of(BTC, last=10_000)


def fills(facts: tuple[ExecutionFact, ...]) -> list[tuple[str, int, int]]:
    return [(f.client_id, f.price, f.qty) for fact in facts if isinstance(fact, OrderFilled) for f in fact.fills]


def sell(name: str, **fields: object) -> OrderRequest:
    return order_request(BTC, name, Side.SELL, **({"qty": 100_000} | fields))


@pytest.mark.parametrize(
    ("ohlc", "price"),
    [
        ((9_950, 9_990, 9_900, 9_980), None),
        ((9_950, 9_990, 9_700, 9_980), 9_800),
        ((9_700, 9_990, 9_600, 9_980), 9_700),
    ],
)
def test_a_stop_fills_at_its_price_or_at_the_gap(ohlc: tuple[int, int, int, int], price: int | None) -> None:
    exchange, market = setting()
    exchange.submit(sell("s", type=OrderType.STOP_LOSS, stop_price=9_800), market, RICH, 0)
    facts = exchange.on_event(candle_of(BTC, 0, ohlc), market, BAR)
    assert fills(facts) == ([] if price is None else [("s", price, 100_000)])


def test_of_a_pair_within_one_bar_the_stop_comes_first() -> None:
    exchange, market = setting()
    pair = (
        sell("tp", type=OrderType.LIMIT_MAKER, price=10_100),
        sell("sl", type=OrderType.STOP_LOSS, stop_price=9_900),
    )
    requests = [
        msgspec.structs.replace(leg, list_id="L", list_kind=ListKind.OCO, list_role=role)
        for leg, role in zip(pair, ROLES[ListKind.OCO], strict=True)
    ]
    exchange.submit_list(requests, market, RICH, 0)
    facts = exchange.on_event(candle_of(BTC, 0, (10_000, 10_200, 9_800, 10_000)), market, BAR)
    assert fills(facts) == [("sl", 9_900, 100_000)]
    order = exchange.order("tp")
    assert order is not None
    assert order.status is OrderStatus.EXPIRED


@pytest.mark.parametrize(
    ("ohlc", "price"),
    [
        ((10_000, 10_400, 9_890, 10_300), 9_900),  # the old trigger was within the bar: that is the worse way
        ((10_000, 10_400, 9_950, 10_300), 10_296),  # first up to 104, then back by 1 %
        ((10_000, 10_050, 9_960, 10_040), None),
    ],
)
def test_a_trailing_stop_takes_the_worse_way_through_a_bar(ohlc: tuple[int, int, int, int], price: int | None) -> None:
    exchange, market = setting()
    exchange.submit(sell("t", type=OrderType.TRAILING_STOP, trailing_bips=100), market, RICH, 0)
    facts = exchange.on_event(candle_of(BTC, 0, ohlc), market, BAR)
    assert fills(facts) == ([] if price is None else [("t", price, 100_000)])
    if price is None:
        order = exchange.order("t")
        assert order is not None
        assert order.best_price == 10_050


def test_a_triggered_limit_order_beyond_its_limit_rests_from_the_next_bar_on() -> None:
    exchange, market = setting()
    request = sell("s", type=OrderType.STOP_LOSS_LIMIT, stop_price=9_900, price=9_950)
    exchange.submit(request, market, RICH, 0)
    assert fills(exchange.on_event(candle_of(BTC, 0, (10_000, 10_000, 9_800, 9_990)), market, BAR)) == []
    facts = exchange.on_event(candle_of(BTC, BAR, (9_900, 9_960, 9_890, 9_900)), market, 2 * BAR)
    assert fills(facts) == [("s", 9_950, 100_000)]


def test_exits_placed_by_an_entry_at_the_open_live_through_the_whole_bar() -> None:
    exchange, market = setting()
    entry = order_request(BTC, "e", Side.BUY, qty=100_000, price=10_050)
    legs = (
        sell("tp", type=OrderType.LIMIT_MAKER, price=10_200),
        sell("sl", type=OrderType.STOP_LOSS, stop_price=9_500),
    )
    requests = [
        msgspec.structs.replace(order, list_id="L", list_kind=ListKind.OTOCO, list_role=role)
        for order, role in zip((entry, *legs), ROLES[ListKind.OTOCO], strict=True)
    ]
    exchange.submit_list(requests, market, RICH, 0)
    facts = exchange.on_event(candle_of(BTC, 0, (10_000, 10_300, 9_900, 10_250)), market, BAR)
    assert fills(facts) == [("e", 10_000, 100_000), ("tp", 10_200, 100_000)]


def test_the_optimistic_model_fills_on_a_touch() -> None:
    for model, expected in ((FillModel.PESSIMISTIC, []), (FillModel.OPTIMISTIC, [("a", 10_100, 100_000)])):
        exchange, market = setting(model=model)
        exchange.submit(sell("a", price=10_100), market, RICH, 0)
        facts = exchange.on_event(candle_of(BTC, 0, (10_000, 10_100, 9_990, 10_000)), market, BAR)
        assert fills(facts) == expected


def test_a_bars_volume_limits_woken_orders_too_and_the_rest_waits() -> None:
    exchange, market = setting()
    exchange.submit(sell("s", type=OrderType.STOP_LOSS, stop_price=9_800), market, RICH, 0)
    bar = candle_of(BTC, 0, (9_950, 9_990, 9_700, 9_980), volume=40_000)
    assert fills(exchange.on_event(bar, market, BAR)) == [("s", 9_800, 40_000)]
    facts = exchange.on_event(candle_of(BTC, BAR, (9_650, 9_660, 9_600, 9_650)), market, 2 * BAR)
    assert fills(facts) == [("s", 9_650, 60_000)]

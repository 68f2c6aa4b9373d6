"""OCO, OTO and OTOCO: all or none, and at most one leg of a pair."""

import msgspec
import pytest

from cryptobot_desktop.domain.facts import OrderAccepted, OrderAmended, OrderCanceled, OrderFilled, OrderRejected
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, Side, Trade
from cryptobot_desktop.domain.orders import FeeRates, ListKind, OrderPhase, OrderRequest, OrderStatus, OrderType
from cryptobot_desktop.execution.lists import ROLES
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


def setting() -> tuple[EagerExchange, MemoryMarket, MemoryBook]:
    book = usual_book()
    rates = {venue: FeeRates(1_000, 1_000) for venue in Venue}
    return EagerExchange(rates), market_of(BTC, book, last=10_000), book


def listed(kind: ListKind, *orders: OrderRequest) -> tuple[OrderRequest, ...]:
    return tuple(
        msgspec.structs.replace(order, list_id="L", list_kind=kind, list_role=role)
        for order, role in zip(orders, ROLES[kind], strict=True)
    )


def profit(price: int = 10_300, **fields: object) -> OrderRequest:
    fields = {"qty": 50_000, "price": price, "type": OrderType.LIMIT_MAKER} | fields
    return order_request(BTC, "profit", Side.SELL, **fields)


def loss(stop: int = 9_700, **fields: object) -> OrderRequest:
    fields = {"qty": 50_000, "type": OrderType.STOP_LOSS, "stop_price": stop} | fields
    return order_request(BTC, "loss", Side.SELL, **fields)


def entry(price: int = 9_900) -> OrderRequest:
    return order_request(BTC, "entry", Side.BUY, qty=50_000, price=price)


def print_at(price: int, number: int, qty: int = 1_000, side: Side = Side.SELL) -> Trade:
    return public_trade(BTC, price, qty, side, at_ms=10_000 + number, trade_id=f"t{number}")


def phases(exchange: EagerExchange) -> dict[str, tuple[OrderStatus, OrderPhase]]:
    return {order.client_id: (order.status, order.phase) for order in exchange.open_orders()}


def test_a_pair_holds_the_quantity_once() -> None:
    exchange, market, _ = setting()
    facts = exchange.submit_list(listed(ListKind.OCO, profit(), loss()), market, USDT // 2, 5)
    assert [type(fact) for fact in facts] == [OrderAccepted, OrderAccepted, OrderAmended, OrderAmended]
    assert sum(order.reserved for order in exchange.open_orders()) == USDT // 2
    assert phases(exchange) == {
        "profit": (OrderStatus.NEW, OrderPhase.WORKING),
        "loss": (OrderStatus.NEW, OrderPhase.ARMED),
    }


def test_a_partial_fill_of_one_leg_ends_the_other() -> None:
    exchange, market, _ = setting()
    exchange.submit_list(listed(ListKind.OCO, profit(), loss()), market, RICH, 5)
    filled, ended = exchange.on_event(print_at(10_310, 1, qty=10_000, side=Side.BUY), market, 10_001)
    assert isinstance(filled, OrderFilled)
    assert (filled.order.client_id, filled.order.filled_qty) == ("profit", 10_000)
    assert isinstance(ended, OrderCanceled)
    assert (ended.order.client_id, ended.order.status) == ("loss", OrderStatus.EXPIRED)
    assert list(phases(exchange)) == ["profit"]


def test_a_trigger_ends_the_other_leg_before_the_money_is_needed() -> None:
    exchange, market, _ = setting()
    exchange.submit_list(listed(ListKind.OCO, profit(), loss()), market, USDT // 2, 5)
    exchange.purse.free = USDT // 2  # what the ended leg held is free again once its end is settled
    facts = exchange.on_event(print_at(9_700, 1), market, 10_001)
    assert [fact.order.client_id for fact in facts] == ["profit", "loss", "loss"]
    assert facts[-1].order.status is OrderStatus.FILLED
    assert exchange.open_orders() == ()


def test_cancelling_one_leg_ends_the_list() -> None:
    exchange, market, _ = setting()
    exchange.submit_list(listed(ListKind.OCO, profit(), loss()), market, RICH, 5)
    facts = exchange.cancel("loss", 6)
    assert [(fact.order.client_id, fact.order.status) for fact in facts] == [
        ("loss", OrderStatus.CANCELED),
        ("profit", OrderStatus.CANCELED),
    ]


@pytest.mark.parametrize(("high", "low"), [(9_950, 9_700), (10_300, 10_000)])
def test_the_prices_of_a_pair_lie_around_the_market(high: int, low: int) -> None:
    exchange, market, _ = setting()
    facts = exchange.submit_list(listed(ListKind.OCO, profit(high), loss(low)), market, RICH, 5)
    assert [type(fact) for fact in facts] == [OrderRejected, OrderRejected]
    assert facts[0].order.reject_code == "-2010"
    assert exchange.open_orders() == ()


def test_a_bracket_places_its_exits_when_the_entry_is_filled_wholly() -> None:
    exchange, market, _ = setting()
    orders = listed(ListKind.OTOCO, entry(), profit(), loss())
    facts = exchange.submit_list(orders, market, 10_000 * USDT, 5)
    assert [type(fact) for fact in facts] == [OrderAccepted] * 3 + [OrderAmended]
    assert phases(exchange)["profit"] == (OrderStatus.PENDING_NEW, OrderPhase.PENDING)
    assert sum(o.reserved for o in exchange.open_orders() if o.client_id != "entry") == 0
    (half,) = exchange.on_event(print_at(9_890, 1, qty=20_000), market, 10_001)
    assert half.order.status is OrderStatus.PARTIALLY_FILLED
    assert phases(exchange)["loss"][1] is OrderPhase.PENDING
    facts = exchange.on_event(print_at(9_890, 2, qty=40_000), market, 10_002)
    assert [(type(f).__name__, f.order.client_id) for f in facts] == [
        ("OrderFilled", "entry"),
        ("OrderAmended", "profit"),
        ("OrderAmended", "loss"),
    ]
    assert phases(exchange) == {
        "profit": (OrderStatus.NEW, OrderPhase.WORKING),
        "loss": (OrderStatus.NEW, OrderPhase.ARMED),
    }
    assert sum(order.reserved for order in exchange.open_orders()) == USDT // 2


def test_an_exit_that_would_trigger_at_once_is_refused_when_it_is_placed_and_the_other_one_stays() -> None:
    exchange, market, _ = setting()
    exchange.submit_list(listed(ListKind.OTOCO, entry(), profit(), loss(9_880)), market, RICH, 5)
    *_, ended = exchange.on_event(print_at(9_870, 1, qty=200_000), market, 10_001)
    assert isinstance(ended, OrderCanceled)
    assert ended.reason.startswith("-2010 Stop price would trigger immediately.")
    assert phases(exchange) == {"profit": (OrderStatus.NEW, OrderPhase.WORKING)}


def test_a_leg_is_placed_after_its_trade_and_hears_only_of_later_ones() -> None:
    exchange, market, _ = setting()
    trailing = loss(stop_price=None, type=OrderType.TRAILING_STOP, trailing_bips=10)
    exchange.submit_list(listed(ListKind.OTO, entry(), trailing), market, RICH, 5)
    exchange.on_event(print_at(9_890, 1, qty=200_000), market, 10_001)
    order = exchange.order("loss")
    assert order is not None
    assert (order.phase, order.best_price) == (OrderPhase.ARMED, 9_890)


def test_an_entry_that_ends_takes_its_exits_with_it() -> None:
    exchange, market, _ = setting()
    exchange.submit_list(listed(ListKind.OTOCO, entry(), profit(), loss()), market, RICH, 5)
    exchange.on_event(print_at(9_890, 1, qty=20_000), market, 10_001)
    facts = exchange.cancel("entry", 7)
    assert [fact.order.client_id for fact in facts] == ["entry", "profit", "loss"]
    assert exchange.open_orders() == ()


def test_one_triggers_one() -> None:
    exchange, market, _ = setting()
    exchange.submit_list(listed(ListKind.OTO, entry(10_200), loss()), market, RICH, 5)
    assert phases(exchange) == {"loss": (OrderStatus.NEW, OrderPhase.ARMED)}  # the entry took at once


def test_the_same_list_again_is_the_same_list_and_another_payload_is_refused() -> None:
    exchange, market, _ = setting()
    orders = listed(ListKind.OCO, profit(), loss())
    exchange.submit_list(orders, market, RICH, 5)
    assert exchange.submit_list(orders, market, RICH, 6) == ()
    other = listed(ListKind.OCO, profit(10_400), loss())
    facts = exchange.submit_list(other, market, RICH, 7)
    assert [type(fact) for fact in facts] == [OrderRejected, OrderRejected]
    assert len(exchange.open_orders()) == 2


def test_a_list_that_cannot_be_paid_is_refused_whole() -> None:
    exchange, market, _ = setting()
    facts = exchange.submit_list(listed(ListKind.OTOCO, entry(), profit(), loss()), market, 10 * USDT, 5)
    assert [type(fact) for fact in facts] == [OrderRejected] * 3
    assert "49.5 USDT are needed, 10 are free" in facts[0].order.reject_reason


def test_kucoin_knows_no_orders_that_place_others() -> None:
    kucoin = btc_usdt(venue=Venue.KUCOIN)
    exchange, market, book = setting()
    market = market_of(kucoin, book, last=10_000)
    orders = [msgspec.structs.replace(order, instrument=kucoin.id) for order in listed(ListKind.OTO, entry(), loss())]
    facts = exchange.submit_list(orders, market, RICH, 5)
    assert "OTO, OTOCO) are unknown there" in facts[0].order.reject_reason


def test_lists_survive_a_restart() -> None:
    exchange, market, book = setting()
    exchange.submit_list(listed(ListKind.OTOCO, entry(), profit(), loss()), market, RICH, 5)
    exchange.on_event(print_at(9_890, 1, qty=20_000), market, 10_001)
    again = EagerExchange({venue: FeeRates(1_000, 1_000) for venue in Venue})
    again.restore(exchange.open_orders(), 20_000)
    assert again.open_orders() == exchange.open_orders()
    book.update_id += 1
    again.on_event(BookDelta(BTC.id, book.update_id, book.update_id, (), ()), market, 20_001)
    trade = public_trade(BTC, 9_890, 40_000, Side.SELL, at_ms=20_002, trade_id="t9")
    facts = again.on_event(trade, market, 20_002)
    assert [fact.order.client_id for fact in facts] == ["entry", "profit", "loss"]

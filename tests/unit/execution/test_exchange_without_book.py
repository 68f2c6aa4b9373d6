"""Orders on candle and trade files, where no order book is known."""

import msgspec
import pytest

from cryptobot_desktop.domain.facts import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, CandleSource, Side
from cryptobot_desktop.domain.orders import FeeRates, Liquidity, OrderStatus, OrderType, TimeInForce
from cryptobot_desktop.execution.exchange import NOTHING
from tests.builders import (
    USDT,
    EagerExchange,
    MemoryBook,
    MemoryMarket,
    btc_usdt,
    candle_of,
    market_of,
    order_request,
    public_trade,
)

BTC = btc_usdt()
RICH = 10**15
BAR = 60_000


def setting(last: int | None = 10_000) -> tuple[EagerExchange, MemoryMarket]:
    return EagerExchange({Venue.BINANCE: FeeRates(1_000, 2_000)}), market_of(BTC, last=last)


def test_a_market_order_fills_at_the_open_of_the_next_bar() -> None:
    exchange, market = setting()
    (accepted,) = exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000), market, RICH, BAR)
    assert accepted.order.reserved == 105 * USDT
    running = candle_of(BTC, 0, (10_000, 10_100, 9_900, 10_050))
    assert exchange.on_event(running, market, BAR) == NOTHING
    (filled,) = exchange.on_event(candle_of(BTC, BAR, (10_010, 10_100, 9_900, 10_050)), market, 2 * BAR)
    assert isinstance(filled, OrderFilled)
    (fill,) = filled.fills
    assert (fill.price, fill.qty, fill.liquidity, fill.at_ms) == (10_010, 100_000, Liquidity.TAKER, BAR)
    assert fill.evidence.kind == "candle"
    assert filled.order.reserved == 0


def test_open_and_built_bars_are_no_evidence() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000), market, RICH, BAR)
    bar = candle_of(BTC, BAR, (10_010, 10_100, 9_900, 10_050))
    for useless in (
        msgspec.structs.replace(bar, closed=False),
        msgspec.structs.replace(bar, source=CandleSource.BUILT),
    ):
        assert exchange.on_event(useless, market, 2 * BAR) == NOTHING


def test_a_bars_volume_limits_fills_and_the_rest_goes_on() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.SELL, qty=100_000), market, RICH, 0)
    (first,) = exchange.on_event(candle_of(BTC, 0, (10_000,) * 4, volume=30_000), market, BAR)
    (second,) = exchange.on_event(candle_of(BTC, BAR, (9_000,) * 4, volume=90_000), market, 2 * BAR)
    assert [fact.order.filled_qty for fact in (first, second)] == [30_000, 100_000]
    assert second.order.status is OrderStatus.FILLED


def test_a_market_buy_that_can_no_longer_pay_is_cut_and_ended_with_the_reason() -> None:
    exchange, market = setting()
    (accepted,) = exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000), market, 101 * USDT, 0)
    assert accepted.order.reserved == 101 * USDT
    filled, ended = exchange.on_event(candle_of(BTC, 0, (20_000,) * 4), market, BAR)
    assert isinstance(filled, OrderFilled)
    assert filled.order.filled_qty == 50_500
    assert isinstance(ended, OrderCanceled)
    assert ended.order.status is OrderStatus.EXPIRED
    assert "the price moved away" in ended.reason


def test_a_market_order_by_quote_amount_buys_whole_steps_at_the_open() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, quote_amount=100 * USDT), market, RICH, 0)
    (filled,) = exchange.on_event(candle_of(BTC, 0, (30_000,) * 4), market, BAR)
    assert (filled.order.filled_qty, filled.order.status) == (33_333, OrderStatus.FILLED)


def test_without_any_price_a_market_order_is_refused() -> None:
    exchange, market = setting(last=None)
    (refused,) = exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000), market, RICH, 0)
    assert isinstance(refused, OrderRejected)
    assert "there is no price yet for BTC/USDT on Binance" in refused.order.reject_reason


@pytest.mark.parametrize(
    ("ohlc", "price"),
    [
        ((9_950, 9_960, 9_900, 9_950), None),
        ((9_950, 9_960, 9_899, 9_950), 9_900),
        ((9_900, 9_960, 9_900, 9_950), None),
        ((9_850, 9_960, 9_840, 9_950), 9_850),
    ],
)
def test_a_resting_buy_fills_only_when_the_bar_passes_its_price(
    ohlc: tuple[int, int, int, int], price: int | None
) -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000, price=9_900), market, RICH, 0)
    facts = exchange.on_event(candle_of(BTC, 0, ohlc), market, BAR)
    got = [(fill.price, fill.liquidity) for fact in facts if isinstance(fact, OrderFilled) for fill in fact.fills]
    assert got == ([] if price is None else [(price, Liquidity.MAKER)])


def test_a_limit_order_beyond_the_last_price_takes_at_the_open() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.SELL, qty=100_000, price=9_900), market, RICH, 0)
    (filled,) = exchange.on_event(candle_of(BTC, 0, (9_950,) * 4), market, BAR)
    assert isinstance(filled, OrderFilled)
    assert [(fill.price, fill.liquidity) for fill in filled.fills] == [(9_950, Liquidity.TAKER)]
    post = order_request(BTC, "p", Side.SELL, qty=100_000, price=9_900, type=OrderType.LIMIT_MAKER)
    assert isinstance(exchange.submit(post, market, RICH, 0)[0], OrderRejected)


@pytest.mark.parametrize(("tif", "filled_qty"), [(TimeInForce.IOC, 40_000), (TimeInForce.FOK, 0)])
def test_orders_that_do_not_stay_have_one_chance(tif: TimeInForce, filled_qty: int) -> None:
    exchange, market = setting()
    request = order_request(BTC, "a", Side.BUY, qty=100_000, price=10_000, time_in_force=tif)
    assert [type(fact) for fact in exchange.submit(request, market, RICH, 0)] == [OrderAccepted]
    facts = exchange.on_event(candle_of(BTC, 0, (10_000,) * 4, volume=40_000), market, BAR)
    assert isinstance(facts[-1], OrderCanceled)
    assert (facts[-1].order.status, facts[-1].order.filled_qty) == (OrderStatus.EXPIRED, filled_qty)


def test_one_bar_never_gives_its_volume_twice() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "m", Side.BUY, qty=60_000), market, RICH, 0)
    exchange.submit(order_request(BTC, "b", Side.BUY, qty=60_000, price=9_900), market, RICH, 0)
    exchange.submit(order_request(BTC, "s", Side.SELL, qty=60_000, price=10_100), market, RICH, 0)
    facts = exchange.on_event(candle_of(BTC, 0, (10_000, 10_200, 9_800, 10_000), volume=100_000), market, BAR)
    assert [(fact.order.client_id, fact.order.filled_qty) for fact in facts] == [("m", 60_000), ("b", 40_000)]


def test_a_trade_file_fills_market_orders_at_the_next_trades() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000), market, RICH, 500)
    assert exchange.on_event(public_trade(BTC, 10_000, 70_000, Side.BUY, at_ms=499), market, 500) == NOTHING
    (first,) = exchange.on_event(public_trade(BTC, 10_000, 70_000, Side.BUY, at_ms=500), market, 501)
    (second,) = exchange.on_event(public_trade(BTC, 10_010, 70_000, Side.SELL, at_ms=501), market, 502)
    assert isinstance(first, OrderFilled)
    assert isinstance(second, OrderFilled)
    assert [(f.price, f.qty) for f in (*first.fills, *second.fills)] == [(10_000, 70_000), (10_010, 30_000)]


def test_a_trade_file_fills_resting_orders_only_strictly_through_their_price() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.SELL, qty=100_000, price=10_100), market, RICH, 0)
    assert exchange.on_event(public_trade(BTC, 10_100, 70_000, Side.BUY), market, 501) == NOTHING
    (filled,) = exchange.on_event(public_trade(BTC, 10_150, 70_000, Side.BUY), market, 502)
    assert isinstance(filled, OrderFilled)
    assert [(f.price, f.qty, f.liquidity.value) for f in filled.fills] == [(10_100, 70_000, "maker")]


def test_a_trade_that_is_told_twice_fills_once() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=100_000), market, RICH, 500)
    trade = public_trade(BTC, 10_000, 70_000, Side.BUY, trade_id="7")
    assert exchange.on_event(trade, market, 501) != NOTHING
    assert exchange.on_event(trade, market, 502) == NOTHING


def test_a_restored_market_order_ends_when_the_source_now_has_a_book() -> None:
    exchange, market = setting()
    exchange.submit(order_request(BTC, "a", Side.SELL, qty=100_000), market, RICH, 0)
    again = EagerExchange({})
    again.restore(exchange.open_orders(), 10)
    market.books[BTC.id] = MemoryBook({9_900: 5}, {10_000: 5})
    (ended,) = again.on_event(BookDelta(BTC.id, 1, 1, (), ()), market, 11)
    assert ended.order.status is OrderStatus.EXPIRED

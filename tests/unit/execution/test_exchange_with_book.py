"""Orders on a market with a live order book."""

import pytest

from cryptobot_desktop.domain.facts import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, ClockTick, FeedState, Side
from cryptobot_desktop.domain.orders import FeeRates, Liquidity, OrderStatus, OrderType, TimeInForce
from cryptobot_desktop.execution.exchange import NOTHING
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
RATES = {Venue.BINANCE: FeeRates(1_000, 1_000), Venue.KUCOIN: FeeRates(1_000, 1_000)}
RICH = 10**15


def setting() -> tuple[EagerExchange, MemoryMarket, MemoryBook]:
    book = usual_book()
    return EagerExchange(RATES), market_of(BTC, book, last=10_000), book


def delta(book: MemoryBook) -> BookDelta:
    book.update_id += 1
    return BookDelta(BTC.id, book.update_id, book.update_id, (), ())


def test_a_market_buy_walks_the_book_level_by_level_and_says_on_what_it_rests() -> None:
    exchange, market, _ = setting()
    accepted, filled = exchange.submit(order_request(BTC, "a", Side.BUY, qty=150_000), market, RICH, 5)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(filled, OrderFilled)
    assert accepted.order.reserved == 101 * USDT + 51 * USDT
    assert [(fill.price, fill.qty) for fill in filled.fills] == [(10_100, 100_000), (10_200, 50_000)]
    assert [fill.fee for fill in filled.fills] == [USDT // 1_000, USDT // 2_000]
    assert {fill.fee_asset for fill in filled.fills} == {"BTC"}
    evidence = filled.fills[1].evidence
    assert (evidence.kind, evidence.update_id, evidence.level_price, evidence.level_qty) == ("book", 7, 10_200, 100_000)
    assert filled.order.status is OrderStatus.FILLED
    assert filled.order.reserved == 0


def test_the_rest_of_a_market_order_is_cancelled_and_never_invented() -> None:
    exchange, market, _ = setting()
    _, filled, ended = exchange.submit(order_request(BTC, "a", Side.SELL, qty=300_000), market, RICH, 5)
    assert isinstance(filled, OrderFilled)
    assert isinstance(ended, OrderCanceled)
    assert filled.order.filled_qty == 200_000
    assert filled.order.reserved == USDT
    assert (ended.order.status, ended.order.reserved) == (OrderStatus.EXPIRED, 0)
    assert ended.reason == "the order book had no more to offer"


def test_what_was_taken_stays_taken_until_the_level_changes() -> None:
    exchange, market, book = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=60_000), market, RICH, 5)
    _, second = exchange.submit(order_request(BTC, "b", Side.BUY, qty=60_000, portfolio="other"), market, RICH, 6)
    assert isinstance(second, OrderFilled)
    assert [(fill.price, fill.qty, fill.evidence.level_qty) for fill in second.fills] == [
        (10_100, 40_000, 40_000),
        (10_200, 20_000, 100_000),
    ]
    _, rest = exchange.submit(order_request(BTC, "r", Side.BUY, qty=10_000), market, RICH, 6)
    assert isinstance(rest, OrderFilled)
    assert [(fill.price, fill.evidence.level_qty) for fill in rest.fills] == [(10_200, 80_000)]
    book.asks[10_100] = 90_000
    _, third = exchange.submit(order_request(BTC, "c", Side.BUY, qty=90_000), market, RICH, 7)
    assert isinstance(third, OrderFilled)
    assert [(fill.price, fill.qty) for fill in third.fills] == [(10_100, 90_000)]


def test_the_same_order_twice_is_one_order_and_another_under_its_id_is_refused() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "a", Side.BUY, qty=1_000, price=9_000)
    exchange.submit(request, market, RICH, 5)
    assert exchange.submit(request, market, 0, 6) == NOTHING
    (refused,) = exchange.submit(order_request(BTC, "a", Side.BUY, qty=2_000, price=9_000), market, RICH, 7)
    assert isinstance(refused, OrderRejected)
    assert refused.order.reject_code == "-2010"
    kept = exchange.order("a")
    assert kept is not None
    assert (kept.request, kept.status, len(exchange.open_orders())) == (request, OrderStatus.NEW, 1)


def test_a_refused_order_answers_the_same_when_it_is_sent_again() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "a", Side.BUY, qty=1_000)
    exchange.submit(request, market, 0, 5)
    assert exchange.submit(request, market, RICH, 6) == NOTHING
    order = exchange.order("a")
    assert order is not None
    assert order.status is OrderStatus.REJECTED


def test_a_crossing_limit_takes_at_book_prices_and_rests_with_the_remainder() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "a", Side.BUY, qty=150_000, price=10_150)
    accepted, filled = exchange.submit(request, market, RICH, 5)
    assert accepted.order.reserved == 15_225_000_000
    assert isinstance(filled, OrderFilled)
    assert [(fill.price, fill.qty, fill.liquidity) for fill in filled.fills] == [(10_100, 100_000, Liquidity.TAKER)]
    assert filled.order.status is OrderStatus.PARTIALLY_FILLED
    assert filled.order.reserved == 5_075_000_000


def test_a_resting_buy_waits_for_the_whole_displayed_queue() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_900), market, RICH, 5)
    sell = Side.SELL
    assert exchange.on_event(public_trade(BTC, 9_900, 60_000, sell, trade_id="1"), market, 6) == NOTHING
    (filled,) = exchange.on_event(public_trade(BTC, 9_900, 60_000, sell, trade_id="2"), market, 7)
    assert isinstance(filled, OrderFilled)
    (fill,) = filled.fills
    assert (fill.price, fill.qty, fill.liquidity, fill.at_ms) == (9_900, 20_000, Liquidity.MAKER, 7)
    assert (fill.evidence.kind, fill.evidence.trade_id) == ("trade", "2")
    assert exchange.on_event(public_trade(BTC, 9_900, 60_000, sell, trade_id="2"), market, 8) == NOTHING


def test_trades_of_our_own_side_at_our_price_prove_nothing() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_950), market, RICH, 5)
    assert exchange.on_event(public_trade(BTC, 9_950, 90_000, Side.BUY), market, 6) == NOTHING


def test_a_trade_from_before_the_order_arrived_proves_nothing() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_950), market, RICH, 2_000)
    assert exchange.on_event(public_trade(BTC, 9_000, 90_000, Side.SELL, at_ms=1_999), market, 2_001) == NOTHING
    assert exchange.on_event(public_trade(BTC, 9_000, 90_000, Side.SELL, at_ms=2_000), market, 2_002) != NOTHING


def test_a_recording_on_a_clock_of_its_own_still_fills() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_950), market, RICH, 1_700_000_000_000)
    trade = public_trade(BTC, 9_000, 90_000, Side.SELL, at_ms=1_500_000_000_000)
    assert exchange.on_event(trade, market, 1_700_000_000_001) != NOTHING


def test_a_trade_through_our_price_fills_without_a_queue_and_its_volume_is_used_once() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "low", Side.BUY, qty=50_000, price=9_900), market, RICH, 5)
    exchange.submit(order_request(BTC, "high", Side.BUY, qty=50_000, price=9_950), market, RICH, 6)
    facts = exchange.on_event(public_trade(BTC, 9_850, 70_000, Side.SELL), market, 7)
    assert [(fact.order.client_id, fact.order.filled_qty) for fact in facts] == [("high", 50_000), ("low", 20_000)]


def test_when_the_other_side_comes_to_our_price_we_fill_at_our_own_price_once() -> None:
    exchange, market, book = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=150_000, price=9_950), market, RICH, 5)
    book.asks = {9_940: 60_000, 9_950: 10_000, 10_000: 100_000}
    (filled,) = exchange.on_event(delta(book), market, 6)
    assert isinstance(filled, OrderFilled)
    assert [(fill.price, fill.qty, fill.liquidity.value) for fill in filled.fills] == [
        (9_950, 60_000, "maker"),
        (9_950, 10_000, "maker"),
    ]
    assert exchange.on_event(delta(book), market, 7) == NOTHING


def test_a_post_only_order_that_would_take_is_refused_in_the_venues_words() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "a", Side.BUY, qty=10_000, price=10_100, type=OrderType.LIMIT_MAKER)
    (refused,) = exchange.submit(request, market, RICH, 5)
    assert refused.order.reject_code == "-2010"
    assert refused.order.reject_reason.startswith("Order would immediately match and take.")


def test_immediate_or_cancel_takes_what_is_there_and_fill_or_kill_all_or_nothing() -> None:
    exchange, market, _ = setting()
    ioc = order_request(BTC, "i", Side.BUY, qty=150_000, price=10_100, time_in_force=TimeInForce.IOC)
    facts = exchange.submit(ioc, market, RICH, 5)
    assert [type(fact) for fact in facts] == [OrderAccepted, OrderFilled, OrderCanceled]
    assert facts[-1].order.status is OrderStatus.EXPIRED
    fok = order_request(BTC, "f", Side.SELL, qty=150_000, price=9_900, time_in_force=TimeInForce.FOK)
    facts = exchange.submit(fok, market, RICH, 6)
    assert [type(fact) for fact in facts] == [OrderAccepted, OrderCanceled]
    assert isinstance(facts[-1], OrderCanceled)
    assert facts[-1].reason == "fill or kill: only 1 of 1.5 could be filled at once"
    whole = order_request(BTC, "w", Side.SELL, qty=150_000, price=9_800, time_in_force=TimeInForce.FOK)
    assert exchange.submit(whole, market, RICH, 7)[-1].order.status is OrderStatus.FILLED


def test_a_market_order_by_quote_amount_spends_no_more_than_that() -> None:
    exchange, market, _ = setting()
    request = order_request(BTC, "a", Side.BUY, quote_amount=150 * USDT)
    _, filled = exchange.submit(request, market, 150 * USDT, 5)
    assert isinstance(filled, OrderFilled)
    assert [(fill.price, fill.qty) for fill in filled.fills] == [(10_100, 100_000), (10_200, 48_039)]
    assert filled.order.status is OrderStatus.FILLED
    assert 150 * USDT - 102 * 10**3 < filled.order.filled_quote <= 150 * USDT


def test_a_kucoin_buy_holds_and_pays_the_fee_in_the_quote_asset() -> None:
    kucoin = btc_usdt(venue=Venue.KUCOIN)
    exchange, market = EagerExchange(RATES), market_of(kucoin, usual_book(), last=10_000)
    request = order_request(kucoin, "a", Side.BUY, qty=50_000, price=9_000)
    (accepted,) = exchange.submit(request, market, 45 * USDT + 4_500_000, 5)
    assert accepted.order.reserved == 45 * USDT + 4_500_000
    (refused,) = exchange.submit(
        order_request(kucoin, "b", Side.BUY, qty=50_000, price=9_000), market, 45 * USDT + 4_499_999, 5
    )
    assert (refused.order.reject_code, refused.order.reject_reason) == (
        "200004",
        "Balance insufficient! (45.045 USDT are needed, 45.04499999 are free)",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_live": False, "why_not_live": "gap in the sequence"}, "gap in the sequence"),
        ({"asks": {}}, "nobody offers to sell"),
        ({"bids": {10_100: 5}}, "the order book is crossed"),
    ],
)
def test_nothing_fills_on_a_book_that_is_not_usable(change: dict[str, object], reason: str) -> None:
    exchange, market, book = setting()
    for name, value in change.items():
        setattr(book, name, value)
    (refused,) = exchange.submit(order_request(BTC, "a", Side.BUY, qty=1_000), market, RICH, 5)
    assert refused.order.reject_code == "-1112"
    assert reason in refused.order.reject_reason


@pytest.mark.parametrize("state", [FeedState.STALE, FeedState.SUSPECT, FeedState.SYNCING, FeedState.OFFLINE])
def test_a_feed_that_is_not_live_fills_nothing(state: FeedState) -> None:
    exchange, market, book = setting()
    exchange.submit(order_request(BTC, "r", Side.BUY, qty=1_000, price=9_950), market, RICH, 5)
    market.states[BTC.id] = state
    book.asks = {9_000: 100_000}
    book.bids = {}
    assert exchange.on_event(delta(book), market, 6) == NOTHING
    assert exchange.on_event(public_trade(BTC, 9_000, 10_000, Side.SELL), market, 7) == NOTHING
    (refused,) = exchange.submit(order_request(BTC, "m", Side.BUY, qty=1_000), market, RICH, 8)
    assert refused.order.reject_code == "-1112"


def test_a_limit_order_sent_to_a_book_that_is_not_live_meets_it_when_it_is() -> None:
    exchange, market, book = setting()
    book.is_live = False
    for name, price, kind in (("cross", 10_100, OrderType.LIMIT), ("post", 10_200, OrderType.LIMIT_MAKER)):
        request = order_request(BTC, name, Side.BUY, qty=10_000, price=price, type=kind)
        assert [type(fact) for fact in exchange.submit(request, market, RICH, 5)] == [OrderAccepted]
    exchange.submit(order_request(BTC, "rest", Side.BUY, qty=10_000, price=9_900), market, RICH, 5)
    book.is_live = True
    filled, refused = exchange.on_event(delta(book), market, 6)
    assert isinstance(filled, OrderFilled)
    assert filled.fills[0].liquidity is Liquidity.TAKER
    assert (refused.order.client_id, refused.order.status) == ("post", OrderStatus.EXPIRED)
    assert exchange.on_event(public_trade(BTC, 9_900, 100_000, Side.SELL), market, 7) == NOTHING
    assert exchange.on_event(public_trade(BTC, 9_900, 1, Side.SELL), market, 8) != NOTHING


def test_cancelling_frees_what_was_held_and_keeps_what_was_filled() -> None:
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=150_000, price=10_100), market, RICH, 5)
    (ended,) = exchange.cancel("a", 9)
    assert isinstance(ended, OrderCanceled)
    assert (ended.order.status, ended.order.filled_qty, ended.order.reserved) == (OrderStatus.CANCELED, 100_000, 0)
    assert exchange.cancel("a", 10) == NOTHING
    assert exchange.cancel("nobody", 10) == NOTHING


def test_cancel_all_picks_by_portfolio_and_origin() -> None:
    exchange, market, _ = setting()
    for name, portfolio, origin in (("a", "main", "user"), ("b", "main", "bot"), ("c", "other", "bot")):
        fields = {"qty": 1_000, "price": 9_000, "portfolio": portfolio, "origin": origin}
        exchange.submit(order_request(BTC, name, Side.BUY, **fields), market, RICH, 5)
    facts = exchange.cancel_all(6, portfolio="main", origin="bot")
    assert [fact.order.client_id for fact in facts] == ["b"]
    assert [fact.order.client_id for fact in exchange.cancel_all(7)] == ["a", "c"]


def test_a_restored_order_queues_again_behind_all_that_is_displayed() -> None:
    exchange, market, book = setting()
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_950), market, RICH, 5)
    again = EagerExchange(RATES)
    again.restore(exchange.open_orders(), 1_000)
    sell = Side.SELL
    assert again.on_event(public_trade(BTC, 9_000, 50_000, sell, at_ms=999), market, 1_001) == NOTHING
    assert again.on_event(public_trade(BTC, 9_950, 50_000, sell, at_ms=1_001), market, 1_002) == NOTHING
    book.bids[9_950] = 30_000
    assert again.on_event(delta(book), market, 1_003) == NOTHING
    (filled,) = again.on_event(public_trade(BTC, 9_950, 40_000, sell, at_ms=1_004), market, 1_004)
    assert filled.order.filled_qty == 10_000
    assert again.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_950), market, RICH, 1_005) == NOTHING


def test_own_orders_at_one_price_are_served_by_time_even_when_the_level_shrank() -> None:
    exchange, market, book = setting()
    exchange.submit(order_request(BTC, "first", Side.BUY, qty=10_000, price=9_900), market, RICH, 5)
    book.bids[9_900] = 10
    exchange.submit(order_request(BTC, "second", Side.BUY, qty=10_000, price=9_900), market, RICH, 6)
    (filled,) = exchange.on_event(public_trade(BTC, 9_900, 105_000, Side.SELL), market, 7)
    assert (filled.order.client_id, filled.order.filled_qty) == ("first", 5_000)


def test_events_without_resting_orders_cost_nothing() -> None:
    exchange, market, book = setting()
    assert exchange.on_event(delta(book), market, 6) is NOTHING
    assert exchange.on_event(ClockTick(1), market, 6) is NOTHING
    exchange.submit(order_request(BTC, "a", Side.BUY, qty=50_000, price=9_000), market, RICH, 5)
    assert exchange.on_event(delta(book), market, 6) is NOTHING
    assert exchange.on_event(ClockTick(1), market, 6) is NOTHING
    other = btc_usdt(venue=Venue.KUCOIN)
    assert exchange.on_event(public_trade(other, 1, 1, Side.SELL), market, 6) is NOTHING


def test_a_trade_through_the_price_clears_the_queue_also_for_orders_it_has_nothing_left_for() -> None:
    """Found by the slow engine: a later order at a passed price kept waiting behind a queue that was gone."""
    exchange, market, _ = setting()
    exchange.submit(order_request(BTC, "first", Side.BUY, qty=150_000, price=9_900), market, RICH, 5)
    exchange.submit(order_request(BTC, "second", Side.BUY, qty=10_000, price=9_900), market, RICH, 6)
    facts = exchange.on_event(public_trade(BTC, 9_800, 150_000, Side.SELL, trade_id="1"), market, 7)
    assert [fact.order.client_id for fact in facts] == ["first"]
    facts = exchange.on_event(public_trade(BTC, 9_900, 10_000, Side.SELL, trade_id="2"), market, 8)
    assert [(fact.order.client_id, fact.order.filled_qty) for fact in facts] == [("second", 10_000)]

"""Each venue filter, its edge values, its own words, and that 0 switches it off."""

import pytest

from cryptobot_desktop.domain.instrument import Filters, Instrument, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import OrderType, TimeInForce
from tests.builders import USDT, EagerExchange, MemoryBook, MemoryMarket, btc_usdt, market_of, order_request

RICH = 10**16


def answer(filters: Filters, *, venue: Venue = Venue.BINANCE, side: Side = Side.BUY, **fields: object) -> str:
    """Return ``code reason`` of the refusal without its detail, or ``ok``."""
    instrument = btc_usdt(venue=venue, filters=filters)
    return sent(instrument, market(instrument), side=side, **fields)


def market(instrument: Instrument) -> MemoryMarket:
    return market_of(instrument, MemoryBook({9_900: 10**9}, {10_100: 10**9}), last=10_000)


def sent(
    instrument: Instrument, view: MemoryMarket, *, side: Side = Side.BUY, position: int = 0, **fields: object
) -> str:
    exchange = EagerExchange({})
    exchange.submit(order_request(instrument, "a", side, **fields), view, RICH, 1, position)
    order = exchange.order("a")
    assert order is not None
    return f"{order.reject_code} {order.reject_reason.split(' (')[0]}".strip() or "ok"


LOT = "-1013 Filter failure: LOT_SIZE"
PRICE = "-1013 Filter failure: PRICE_FILTER"
NOTIONAL = "-1013 Filter failure: NOTIONAL"
MARKET_LOT = "-1013 Filter failure: MARKET_LOT_SIZE"
PERCENT = "-1013 Filter failure: PERCENT_PRICE"


@pytest.mark.parametrize(
    ("filters", "fields", "expected"),
    [
        (Filters(), {"qty": 1, "price": 1}, "ok"),
        (Filters(min_price=9_000), {"qty": 1, "price": 8_999}, PRICE),
        (Filters(min_price=9_000), {"qty": 1, "price": 9_000}, "ok"),
        (Filters(max_price=9_000), {"qty": 1, "price": 9_001}, PRICE),
        (Filters(max_price=9_000), {"qty": 1, "price": 9_000}, "ok"),
        (Filters(min_price=1, tick_size=10), {"qty": 1, "price": 9_001}, PRICE),
        (Filters(min_price=1, tick_size=10), {"qty": 1, "price": 9_010}, "ok"),
        (Filters(min_qty=10), {"qty": 9, "price": 9_000}, LOT),
        (Filters(min_qty=10), {"qty": 10, "price": 9_000}, "ok"),
        (Filters(max_qty=10), {"qty": 11, "price": 9_000}, LOT),
        (Filters(max_qty=10), {"qty": 10, "price": 9_000}, "ok"),
        (Filters(step_size=10), {"qty": 15, "price": 9_000}, LOT),
        (Filters(step_size=10), {"qty": 20, "price": 9_000}, "ok"),
        (Filters(market_max_qty=10), {"qty": 11, "price": 9_000}, "ok"),
        (Filters(market_max_qty=10), {"qty": 11}, MARKET_LOT),
        (Filters(market_min_qty=10), {"qty": 9}, MARKET_LOT),
        (Filters(market_step_size=10), {"qty": 15}, MARKET_LOT),
        (Filters(max_qty=5, market_max_qty=10), {"qty": 6}, LOT),
        (Filters(min_qty=100_000), {"quote_amount": 99 * USDT}, LOT),
        (Filters(min_qty=100_000), {"quote_amount": 100 * USDT}, "ok"),
        (Filters(min_notional=10 * USDT), {"qty": 10_000, "price": 9_999}, NOTIONAL),
        (Filters(min_notional=10 * USDT), {"qty": 10_000, "price": 10_000}, "ok"),
        (Filters(min_notional=10 * USDT), {"qty": 9_999}, NOTIONAL),
        (Filters(min_notional=10 * USDT), {"qty": 10_000}, "ok"),
        (Filters(min_notional=10 * USDT, min_notional_for_market=False), {"qty": 1}, "ok"),
        (Filters(max_notional=10 * USDT), {"qty": 10_001, "price": 10_000}, NOTIONAL),
        (Filters(max_notional=10 * USDT), {"qty": 10_001}, "ok"),
        (Filters(max_notional=10 * USDT, max_notional_for_market=True), {"qty": 10_001}, NOTIONAL),
        (Filters(min_notional=10 * USDT), {"quote_amount": 10 * USDT - 1}, NOTIONAL),
    ],
)
def test_binance_filters_accept_and_refuse_at_the_exact_edge(
    filters: Filters, fields: dict[str, object], expected: str
) -> None:
    assert answer(filters, **fields) == expected


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [
        (Side.BUY, 12_000, "ok"),
        (Side.BUY, 12_001, PERCENT + "_BY_SIDE"),
        (Side.BUY, 5_000, "ok"),
        (Side.BUY, 4_999, PERCENT + "_BY_SIDE"),
        (Side.SELL, 50_000, "ok"),
        (Side.SELL, 50_001, PERCENT + "_BY_SIDE"),
        (Side.SELL, 8_000, "ok"),
        (Side.SELL, 7_999, PERCENT + "_BY_SIDE"),
    ],
)
def test_percent_price_by_side_has_a_band_for_each_side(side: Side, price: int, expected: str) -> None:
    filters = Filters(
        bid_multiplier_up_ppm=1_200_000,
        bid_multiplier_down_ppm=500_000,
        ask_multiplier_up_ppm=5_000_000,
        ask_multiplier_down_ppm=800_000,
    )
    assert answer(filters, side=side, qty=1, price=price) == expected


@pytest.mark.parametrize(
    ("filters", "fields", "expected"),
    [
        (Filters(tick_size=10), {"qty": 1, "price": 9_001}, "400100 Price increment invalid."),
        (Filters(step_size=10), {"qty": 15, "price": 9_000}, "400100 Order size increment invalid."),
        (Filters(min_qty=10), {"qty": 9, "price": 9_000}, "400100 Order size invalid."),
        (Filters(quote_step=100), {"quote_amount": USDT + 1}, "400100 Funds increment invalid."),
        (Filters(min_quote=USDT), {"quote_amount": USDT - 1}, "400100 Order funds below the minimum requirement."),
        (Filters(max_quote=USDT), {"quote_amount": USDT + 1}, "400100 Order funds above the maximum."),
        (
            Filters(bid_multiplier_up_ppm=1_100_000, ask_multiplier_up_ppm=1_100_000),
            {"qty": 1, "price": 11_001},
            "400370 Order price out of the allowed range.",
        ),
    ],
)
def test_kucoin_filters_answer_in_kucoins_words(filters: Filters, fields: dict[str, object], expected: str) -> None:
    assert answer(filters, venue=Venue.KUCOIN, **fields) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"qty": 1, "quote_amount": 1},
        {"qty": 0},
        {"qty": -5},
        {"quote_amount": 0},
        {"qty": 1, "price": 0},
        {"qty": 1, "type": OrderType.LIMIT},
        {"quote_amount": 1, "price": 5},
        {"qty": 1, "price": 5, "type": OrderType.MARKET},
        {"qty": 1, "price": 5, "type": OrderType.LIMIT_MAKER, "time_in_force": TimeInForce.IOC},
    ],
)
def test_impossible_combinations_are_refused(fields: dict[str, object]) -> None:
    assert answer(Filters(), **fields) == "-1128 Combination of optional parameters invalid."


def test_unknown_and_closed_instruments_are_refused() -> None:
    known, closed = btc_usdt(), btc_usdt(status="BREAK")
    view = MemoryMarket({})
    assert sent(known, view, qty=1) == "-1121 Invalid symbol."
    assert sent(closed, market(closed), qty=1) == "-2010 Market is closed."
    kucoin = btc_usdt(venue=Venue.KUCOIN)
    assert sent(kucoin, view, qty=1).startswith("900001 ")


def test_the_number_of_open_orders_counts_per_portfolio() -> None:
    instrument = btc_usdt(filters=Filters(max_num_orders=1))
    exchange, view = EagerExchange({}), market(instrument)
    for name, portfolio in (("a", "main"), ("b", "other"), ("c", "main")):
        request = order_request(instrument, name, Side.BUY, qty=1, price=9_000, portfolio=portfolio)
        exchange.submit(request, view, RICH, 1)
    assert [order.client_id for order in exchange.open_orders()] == ["a", "b"]
    refused = exchange.order("c")
    assert refused is not None
    assert refused.reject_reason == (
        "Filter failure: MAX_NUM_ORDERS (1 orders are open, allowed are 1 for BTC/USDT on Binance)"
    )


def test_the_largest_position_counts_holdings_and_open_buys() -> None:
    instrument = btc_usdt(filters=Filters(max_position=100_000))
    view = market(instrument)
    assert sent(instrument, view, qty=50_000, price=9_000, position=USDT // 2) == "ok"
    assert sent(instrument, view, qty=50_001, price=9_000, position=USDT // 2) == "-1013 Filter failure: MAX_POSITION"
    assert sent(instrument, view, side=Side.SELL, qty=50_001, price=10_200, position=USDT) == "ok"


def test_a_refusal_says_the_actual_and_the_allowed_value() -> None:
    instrument = btc_usdt(filters=Filters(step_size=10))
    exchange = EagerExchange({})
    (fact,) = exchange.submit(order_request(instrument, "a", Side.BUY, qty=15), market(instrument), RICH, 1)
    ours = "quantity 0.00015 BTC is not a multiple of the step 0.0001 BTC for BTC/USDT on Binance"
    assert fact.order.reject_reason == f"Filter failure: LOT_SIZE ({ours})"

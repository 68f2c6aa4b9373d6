"""The order ticket's preview: same plan as a real order, no side effects."""

from cryptobot_desktop.domain.facts import OrderAccepted, OrderFilled
from cryptobot_desktop.domain.instrument import Filters, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates
from tests.builders import USDT, EagerExchange, MemoryBook, btc_usdt, market_of, order_request

BTC = btc_usdt()
RICH = 10**15


def test_a_preview_says_what_the_order_then_does_and_changes_nothing() -> None:
    exchange = EagerExchange({Venue.BINANCE: FeeRates(1_000, 1_000)})
    market = market_of(BTC, MemoryBook({9_900: 100_000}, {10_100: 100_000, 10_200: 100_000}), last=10_000)
    request = order_request(BTC, "a", Side.BUY, qty=150_000)
    preview = exchange.preview(request, market, RICH)
    assert exchange.preview(request, market, RICH) == preview
    assert exchange.order("a") is None
    accepted, filled = exchange.submit(request, market, RICH, 1)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(filled, OrderFilled)
    assert preview.levels == tuple((fill.price, fill.qty) for fill in filled.fills)
    assert preview.quote_amount == filled.order.filled_quote == preview.reserved == accepted.order.reserved
    assert preview.fee == sum(fill.fee for fill in filled.fills)
    assert (preview.fee_asset, preview.qty, preview.resting_qty) == ("BTC", 150_000, 0)
    assert preview.average_price == 10_134  # 101.333.. rounded up
    assert preview.slippage_ppm == 13_334
    assert preview.accepted


def test_a_preview_of_a_resting_order_says_what_it_would_hold() -> None:
    market = market_of(BTC, MemoryBook({9_900: 100_000}, {10_100: 100_000}))
    preview = EagerExchange({}).preview(order_request(BTC, "a", Side.SELL, qty=50_000, price=10_500), market)
    assert (preview.qty, preview.resting_qty, preview.reserved) == (0, 50_000, USDT // 2)
    assert (preview.average_price, preview.slippage_ppm) == (None, None)


def test_a_preview_warns_of_a_thin_book() -> None:
    market = market_of(BTC, MemoryBook({9_900: 100_000}, {10_100: 100_000}))
    preview = EagerExchange({}).preview(order_request(BTC, "a", Side.SELL, qty=500_000), market)
    assert (preview.qty, preview.resting_qty) == (100_000, 0)
    assert preview.note == "the order book had no more to offer"


def test_a_preview_refuses_as_the_venue_would() -> None:
    instrument = btc_usdt(filters=Filters(min_qty=10))
    market = market_of(instrument, MemoryBook({9_900: 100_000}, {10_100: 100_000}))
    exchange = EagerExchange({})
    small = exchange.preview(order_request(instrument, "a", Side.BUY, qty=5), market)
    assert (small.accepted, small.reject_code) == (False, "-1013")
    poor = exchange.preview(order_request(instrument, "a", Side.BUY, qty=1_000), market, available=5)
    assert (poor.accepted, poor.reject_code) == (False, "-2010")
    unknown = exchange.preview(order_request(btc_usdt(venue=Venue.KUCOIN), "a", Side.BUY, qty=5), market)
    assert (unknown.accepted, unknown.reject_code) == (False, "900001")


def test_without_a_book_a_preview_is_an_estimate_and_says_so() -> None:
    preview = EagerExchange({}).preview(order_request(BTC, "a", Side.BUY, qty=50_000), market_of(BTC, last=10_000))
    assert (preview.qty, preview.average_price, preview.quote_amount) == (50_000, 10_000, 50 * USDT)
    assert "estimated" in preview.note

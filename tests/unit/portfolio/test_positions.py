"""Positions, profit, valuation, drawdown, equity curve and the trades hash."""

from hashlib import sha256

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity
from cryptobot_desktop.portfolio.performance import Drawdown, EquityCurve
from cryptobot_desktop.portfolio.positions import Mark, PortfolioBook, unrealised, value_holdings
from cryptobot_desktop.portfolio.trades_hash import TradesHash, fill_text
from tests.builders import USDT, btc_usdt

BTC = btc_usdt()
KUCOIN = btc_usdt(venue=Venue.KUCOIN)


def fill_of(instrument: Instrument, side: Side, price: int, qty: int, fee: int = 0) -> Fill:
    """Return a fill whose fee is in the venue's asset."""
    base_fee = side is Side.BUY and instrument is BTC
    return Fill(
        fill_id="f",
        client_id="o",
        portfolio="main",
        instrument=instrument.id,
        side=side,
        price=price,
        qty=qty,
        quote_amount=instrument.notional_down(price, qty),
        fee=fee,
        fee_asset=instrument.base if base_fee else instrument.quote,
        liquidity=Liquidity.TAKER,
        at_ms=1_700_000_000_123,
        evidence=FillEvidence(kind="book"),
    )


def test_fifo_and_average_cost_differ_where_they_should() -> None:
    book = PortfolioBook("main", "USDT")
    assert book.apply(fill_of(KUCOIN, Side.BUY, 10_000, 100_000), KUCOIN) == 0
    book.apply(fill_of(KUCOIN, Side.BUY, 20_000, 100_000), KUCOIN)
    assert book.apply(fill_of(KUCOIN, Side.SELL, 18_000, 150_000), KUCOIN) == (180 * 3 // 2 - 100 - 100) * USDT
    position = book.position("BTC", "USDT")
    assert (position.realised_fifo, position.realised_average) == (70 * USDT, 45 * USDT)
    assert (position.quantity, position.cost, position.average_cost) == (USDT // 2, 100 * USDT, 75 * USDT)
    assert position.average_price(KUCOIN) == 15_000
    assert [(lot.quantity, lot.cost) for lot in book.lots("BTC", "USDT")] == [(USDT // 2, 100 * USDT)]
    assert unrealised(position, Mark(KUCOIN, 18_000)) == -10 * USDT


def test_a_fee_in_base_shrinks_the_position_and_is_a_line_of_its_own() -> None:
    book = PortfolioBook("main", "USDT")
    book.apply(fill_of(BTC, Side.BUY, 10_000, 100_000, fee=USDT // 1_000), BTC)
    position = book.position("BTC", "USDT")
    assert (position.quantity, position.cost, position.fees) == (99_900_000, 9_990_000_000, 10_000_000)
    assert position.average_price(BTC) == 10_000


def test_selling_what_was_never_bought_claims_no_profit() -> None:
    book = PortfolioBook("main", "BTC")
    assert book.apply(fill_of(KUCOIN, Side.SELL, 10_000, 100_000), KUCOIN) == 0
    position = book.position("BTC", "USDT")
    assert (position.quantity, position.uncovered, position.realised_average) == (0, USDT, 0)
    assert position.average_price(KUCOIN) is None
    assert book.realised() == 0


def test_an_asset_without_a_price_is_named_and_not_guessed() -> None:
    held = {"USDT": 500, "BTC": USDT, "DOGE": 7}
    valuation = value_holdings(held, "USDT", {"BTC": Mark(BTC, 10_000)})
    assert (valuation.equity, valuation.unpriced) == (500 + 100 * USDT, ("DOGE",))


def test_a_pair_can_price_either_of_its_assets() -> None:
    assert value_holdings({"USDT": 100 * USDT}, "BTC", {"USDT": Mark(BTC, 10_000)}).equity == USDT


def test_unrealised_profit_flags_positions_without_a_mark() -> None:
    book = PortfolioBook("main", "USDT")
    book.apply(fill_of(KUCOIN, Side.BUY, 10_000, 100_000), KUCOIN)
    assert book.unrealised({}).unpriced == ("BTC",)
    assert book.unrealised({"BTC": Mark(KUCOIN, 11_000)}).equity == 10 * USDT


@given(st.lists(st.integers(-50, 1_000), min_size=1))
def test_drawdown_is_the_largest_fall_from_any_earlier_peak(equities: list[int]) -> None:
    drawdown = Drawdown()
    for equity in equities:
        drawdown.update(equity)
    falls = [(high, high - low) for i, high in enumerate(equities) for low in equities[i:]]
    assert drawdown.amount == max(fall for _, fall in falls)
    peaks = [(max(equities[: i + 1]), low) for i, low in enumerate(equities)]
    assert drawdown.ppm == max(-(-(peak - low) * 10**6 // peak) if peak > 0 else 0 for peak, low in peaks)


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 100)), min_size=1), st.integers(4, 40))
def test_an_equity_curve_stays_bounded_in_order_and_keeps_both_ends(
    steps: list[tuple[int, int]], capacity: int
) -> None:
    curve, now = EquityCurve(capacity, 100), 0
    seen = []
    for step, equity in steps:
        now += step
        curve.add(now, equity)
        seen.append((now, equity))
    points = curve.points()
    assert len(points) <= capacity + 1
    assert points[0] == seen[0]
    assert points[-1] == seen[-1]
    assert list(points) == sorted(points, key=lambda point: point[0])
    assert set(points) <= set(seen)


def test_the_trades_hash_is_the_documented_text() -> None:
    fill = fill_of(BTC, Side.BUY, 6_701_201, 1_500, fee=1_500)
    assert fill_text(fill, BTC) == "binance:BTCUSDT|buy|67012.01|0.015|0.000015|BTC|taker|1700000000123"
    trades = TradesHash()
    assert trades.hexdigest() == sha256(b"").hexdigest()
    trades.add(fill, BTC)
    trades.add(fill, BTC)
    assert trades.hexdigest() == sha256(f"{fill_text(fill, BTC)}\n".encode() * 2).hexdigest()


def test_the_trades_hash_depends_on_the_trade_and_not_on_its_ids() -> None:
    fill = fill_of(BTC, Side.BUY, 6_701_201, 1_500, fee=1_500)
    for change in ({"fill_id": "g"}, {"client_id": "p"}, {"portfolio": "other"}):
        assert fill_text(msgspec.structs.replace(fill, **change), BTC) == fill_text(fill, BTC)
    for change in (
        {"instrument": "binance:ETHUSDT"},
        {"side": Side.SELL},
        {"price": 1},
        {"qty": 1},
        {"fee": 1},
        {"fee_asset": "BNB"},
        {"liquidity": Liquidity.MAKER},
        {"at_ms": 1},
    ):
        assert fill_text(msgspec.structs.replace(fill, **change), BTC) != fill_text(fill, BTC)

"""Fees and reservations: exact rates, rounding against the user."""

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates
from cryptobot_desktop.execution.charges import affordable_qty, cost_of_buy, fee_of, limit_reserve
from tests.builders import btc_usdt

decimals = st.tuples(st.integers(0, 9), st.integers(0, 8))
amounts = st.integers(1, 10**12)


@given(decimals=decimals, price=amounts, qty=amounts, rate=st.integers(0, 20_000), venue=st.sampled_from(Venue))
def test_a_fee_is_the_exact_rate_rounded_up_and_never_more_than_what_was_received(
    decimals: tuple[int, int], price: int, qty: int, rate: int, venue: Venue
) -> None:
    instrument = btc_usdt(venue=venue, price_decimals=decimals[0], qty_decimals=decimals[1])
    units = Fraction(price * qty * 10**8, 10 ** sum(decimals))
    share = Fraction(rate, 10**6)
    base_units = qty * 10 ** (8 - decimals[1])
    expected_buy = ceil(units * share) if venue is Venue.KUCOIN else ceil(base_units * share)
    assert fee_of(instrument, Side.BUY, price, qty, rate) == expected_buy
    assert fee_of(instrument, Side.SELL, price, qty, rate) == min(ceil(units * share), units // 1)


@given(
    decimals=decimals,
    price=amounts,
    budget=st.integers(0, 10**15),
    rate=st.integers(0, 20_000),
    step=st.integers(1, 50),
)
def test_what_is_affordable_is_paid_for_and_one_step_more_is_not(
    decimals: tuple[int, int], price: int, budget: int, rate: int, step: int
) -> None:
    for venue in Venue:
        instrument = btc_usdt(venue=venue, price_decimals=decimals[0], qty_decimals=decimals[1])
        qty = affordable_qty(instrument, price, budget, step, rate)
        assert qty % step == 0
        assert qty == 0 or cost_of_buy(instrument, price, qty, rate) <= budget
        assert cost_of_buy(instrument, price, qty + step, rate) > budget


def test_what_is_affordable_of_a_very_cheap_asset_is_found_at_once() -> None:
    # One ledger unit is 3,333,333,333 steps here: counting down step by step would not end.
    instrument = btc_usdt(venue=Venue.KUCOIN, price_decimals=10, qty_decimals=8)
    qty = affordable_qty(instrument, 3, 5, 1, 1_000)
    assert cost_of_buy(instrument, 3, qty, 1_000) == 5
    assert cost_of_buy(instrument, 3, qty + 1, 1_000) > 5


def test_a_reservation_uses_the_dearer_of_both_rates() -> None:
    instrument = btc_usdt(venue=Venue.KUCOIN)
    rates = FeeRates(maker_ppm=2_000, taker_ppm=1_000)
    assert limit_reserve(instrument, Side.BUY, 10_000, 100_000, rates) == 10_020_000_000
    assert limit_reserve(instrument, Side.SELL, 10_000, 100_000, rates) == 100_000_000

"""Instruments keep their rules when their numbers are kept more finely."""

import pytest

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.instrument import Filters, Instrument, Venue

COARSE = Instrument(
    venue=Venue.BINANCE,
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    price_decimals=1,
    qty_decimals=5,
    filters=Filters(tick_size=1, min_price=5, step_size=10, max_qty=900, min_notional=7, bid_multiplier_up_ppm=9),
)


def test_finer_scales_keep_the_meaning_of_every_filter() -> None:
    fine = COARSE.at_scale(2, 8)
    assert (fine.price_text(fine.filters.tick_size), fine.price_text(fine.filters.min_price)) == ("0.1", "0.5")
    assert (fine.qty_text(fine.filters.step_size), fine.qty_text(fine.filters.max_qty)) == ("0.0001", "0.009")
    assert (fine.filters.min_notional, fine.filters.bid_multiplier_up_ppm) == (7, 9)
    assert fine.step_decimals == COARSE.step_decimals == 4


def test_coarser_scales_are_refused() -> None:
    with pytest.raises(InvariantBroken, match="fewer decimals"):
        COARSE.at_scale(0, 5)

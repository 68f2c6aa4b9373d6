"""Drawdown against the definition: the largest fall below the peak so far, as an amount and as a share."""

from fractions import Fraction
from itertools import accumulate
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.numbers import PPM
from cryptobot_desktop.portfolio.performance import Drawdown


@given(st.lists(st.integers(-1_000, 100_000), max_size=60))
def test_the_drawdown_is_the_largest_fall_below_the_peak_so_far(equities: list[int]) -> None:
    drawdown = Drawdown()
    for equity in equities:
        drawdown.update(equity)
    falls = [(peak - equity, peak) for equity, peak in zip(equities, accumulate(equities, max), strict=True)]
    assert drawdown.amount == max((fall for fall, _ in falls), default=0)
    assert drawdown.ppm == max((ceil(Fraction(fall * PPM, peak)) for fall, peak in falls if peak > 0), default=0)

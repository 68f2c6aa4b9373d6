from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.gui import format as words
from tests.gui.builders import BTC, NOW_MS

PLAIN = str.maketrans({words.THIN: "", words.MINUS: "-", "+": ""})


@given(value=st.integers(-(10**17), 10**17), decimals=st.integers(0, 8))
def test_grouping_changes_no_digit(value: int, decimals: int) -> None:
    text = words.grouped(words.format_scaled(value, decimals))
    assert Decimal(text.translate(PLAIN)) == Decimal(value).scaleb(-decimals)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1", "1"), ("999", "999"), ("1000", "1 000"), ("1234567.891", "1 234 567.891"), ("-64210.5", "−64 210.5")],
)
def test_digits_stand_in_groups_of_three(text: str, shown: str) -> None:
    assert words.grouped(text).replace(words.THIN, " ") == shown


def test_prices_and_quantities_keep_all_decimals_of_their_step() -> None:
    assert words.price_text(6_421_050, BTC) == f"64{words.THIN}210.50"
    assert words.qty_text(100, BTC) == "0.00100"
    assert words.price_text(None, BTC) == words.NONE


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(1_240_000_000, "+12.40"), (-1_240_000_000, "−12.40"), (0, "0.00"), (1, "+0.00000001"), (-400_000, "−0.004")],
)
def test_amounts_are_signed_and_never_hide_a_small_one(amount: int, shown: str) -> None:
    assert words.amount_text(amount, signed=True) == shown


@given(amount=st.integers(-(10**18), 10**18))
def test_a_rounded_amount_is_at_most_half_a_cent_off(amount: int) -> None:
    shown = Decimal(words.amount_text(amount).translate(PLAIN))
    assert abs(shown - Decimal(amount).scaleb(-8)) <= Decimal("0.005")


@pytest.mark.parametrize(("ppm", "shown"), [(12_400, "+1.24"), (-8_300, "−0.83"), (0, "0.00"), (49, "0.00")])
def test_percentages_carry_their_sign(ppm: int, shown: str) -> None:
    assert words.percent_text(ppm) == f"{shown}{words.THIN}%"


def test_times_are_shown_in_the_zone_that_is_named() -> None:
    assert words.clock_text(NOW_MS) == "14:02:11"
    assert words.full_time_text(NOW_MS + 250) == "2026-11-20 14:02:11.250 UTC"
    assert words.clock_text(NOW_MS, ZoneInfo("Asia/Tokyo")) == "23:02:11"


@pytest.mark.parametrize(
    ("age_ms", "shown"), [(420, "420 ms"), (11_000, "11 s"), (180_000, "3 min"), (7_200_000, "2 h"), (None, "–")]
)
def test_ages_are_told_in_words(age_ms: int | None, shown: str) -> None:
    assert words.age_text(age_ms).replace(words.THIN, " ") == shown

"""Exact numbers of the oracle: fractions in real units, rounded to eight decimals with a direction."""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor

TINY = Fraction(1, 10**8)
"""The smallest amount of any asset."""
NOTHING = Fraction(0)


def up(value: Fraction) -> Fraction:
    """Round up to eight decimals (what somebody pays)."""
    return Fraction(ceil(value * 10**8), 10**8)


def down(value: Fraction) -> Fraction:
    """Round down to eight decimals (what somebody gets)."""
    return Fraction(floor(value * 10**8), 10**8)


def floor_to(value: Fraction, step: Fraction) -> Fraction:
    """Round down to a multiple of `step`."""
    return floor(value / step) * step


def ceil_to(value: Fraction, step: Fraction) -> Fraction:
    """Round up to a multiple of `step`."""
    return ceil(value / step) * step


def total(values: Iterable[Fraction]) -> Fraction:
    """Add fractions up."""
    return sum(values, NOTHING)

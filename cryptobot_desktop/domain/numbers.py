"""Exact numbers: strict parsing of decimal text, scaled integers, rounding with a direction.

A *scaled integer* with ``decimals = d`` stands for ``value / 10**d``. Prices use the instrument's
``price_decimals``, quantities its ``qty_decimals``, ledger amounts always ``AMOUNT_DECIMALS``.
"""

import re
from decimal import Decimal
from functools import lru_cache

from cryptobot_desktop.domain.errors import InvalidInput

AMOUNT_DECIMALS = 8
AMOUNT_UNIT = 10**AMOUNT_DECIMALS
MAX_STORED = 2**63 - 1
"""Largest magnitude that SQLite keeps as an INTEGER; anything above is refused before it is written."""

PPM = 1_000_000
"""Shares and rates are integers in parts per million (0.1 % = 1,000 ppm)."""

_DECIMAL = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_MAX_EXPONENT = 40


def parse_decimal(text: str) -> Decimal:
    """Return the exact value of plain decimal text such as ``"67012.01000000"`` or ``"-1.0e-5"``.

    Blanks, underscores, signs other than a leading minus, full-width digits, NaN, infinities and
    exponents beyond +-40 raise InvalidInput.
    """
    if not _DECIMAL.fullmatch(text):
        raise InvalidInput(f"number {text[:60]!r} is not plain decimal text such as 0.00123")
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MAX_EXPONENT:
        raise InvalidInput(f"number {text[:60]!r} has an exponent beyond +-{_MAX_EXPONENT}")
    return value


@lru_cache(maxsize=1 << 16)
def to_scaled(text: str, decimals: int) -> int:
    """Return decimal text as a scaled integer, exactly; digits that do not fit raise InvalidInput.

    Memoised, because the same prices and sizes come again and again in a feed.
    """
    value = parse_decimal(text).scaleb(decimals)
    scaled = int(value)
    if scaled != value:
        raise InvalidInput(f"number {text!r} has more than {decimals} decimals")
    return scaled


@lru_cache(maxsize=1 << 14)
def to_scaled_floor(text: str, decimals: int) -> int:
    """Return decimal text as a scaled integer, cutting further digits (volumes only, never money)."""
    value = parse_decimal(text).scaleb(decimals)
    return int(value // 1)


def decimal_places(text: str) -> int:
    """Return how many decimals a number really uses: ``"61737.63000000"`` -> 2."""
    exponent = parse_decimal(text).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def format_scaled(value: int, decimals: int) -> str:
    """Return a scaled integer as plain decimal text with all its decimals: ``(12345, 2)`` -> ``"123.45"``."""
    if decimals == 0:
        return str(value)
    if value < 0:
        return f"-{format_scaled(-value, decimals)}"
    digits = f"{value:0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def format_trimmed(value: int, decimals: int) -> str:
    """Like `format_scaled` without trailing zeros: ``(1200, 2)`` -> ``"12"``."""
    text = format_scaled(value, decimals)
    return text.rstrip("0").rstrip(".") if decimals else text


def div_up(numerator: int, denominator: int) -> int:
    """Divide and round away from zero for positive numbers (what the user pays)."""
    return -(-numerator // denominator)


def rescale_down(value: int, from_decimals: int, to_decimals: int) -> int:
    """Change the scale of a non-negative value, rounding down (what the user receives)."""
    if to_decimals >= from_decimals:
        return int(value * 10 ** (to_decimals - from_decimals))
    return int(value // 10 ** (from_decimals - to_decimals))


def rescale_up(value: int, from_decimals: int, to_decimals: int) -> int:
    """Change the scale of a non-negative value, rounding up (what the user pays)."""
    if to_decimals >= from_decimals:
        return int(value * 10 ** (to_decimals - from_decimals))
    return div_up(value, int(10 ** (from_decimals - to_decimals)))

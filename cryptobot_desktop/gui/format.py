"""Numbers and times as people read them, exact from scaled integers; floats never come into it.

Groups are parted by a narrow no-break space, minus is the real minus sign, amounts carry their asset,
percentages their sign, times their zone. What is copied from a table is the raw text of the domain instead.
"""

from datetime import UTC, datetime, tzinfo

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_scaled, format_trimmed

THIN = "\u202f"
MINUS = "\u2212"
NONE = "\u2013"
"""Shown where nothing is known yet."""
_PPM_PER_PERCENT_DECIMALS = 4
_SECOND_MS, _MINUTE_MS, _HOUR_MS, _DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000


def grouped(text: str) -> str:
    """Return plain decimal text with its whole part in groups of three: ``-64210.5`` -> ``−64 210.5``."""
    sign = MINUS if text.startswith("-") else ""
    whole, dot, part = text.removeprefix("-").partition(".")
    head = len(whole) % 3
    groups = ([whole[:head]] if head else []) + [whole[i : i + 3] for i in range(head, len(whole), 3)]
    return f"{sign}{THIN.join(groups)}{dot}{part}"


def price_text(price: int | None, instrument: Instrument) -> str:
    """Return a price with all decimals of its tick, so that columns line up."""
    return NONE if price is None else grouped(format_scaled(price, instrument.price_decimals))


def qty_text(qty: int | None, instrument: Instrument) -> str:
    """Return a quantity with all decimals of its step; a remainder below the step keeps its own digits."""
    if qty is None:
        return NONE
    finer = 10 ** (instrument.qty_decimals - instrument.step_decimals)
    if qty % finer and abs(qty) < finer:
        return grouped(format_trimmed(qty, instrument.qty_decimals))
    return grouped(
        format_scaled(round_scaled(qty, instrument.qty_decimals, instrument.step_decimals), instrument.step_decimals)
    )


def compact_qty_text(qty: int | None, instrument: Instrument) -> str:
    """Return a large quantity short, such as ``1.24M``; only for volumes."""
    if qty is None:
        return NONE
    whole = qty // 10**instrument.qty_decimals
    for limit, unit in ((10**9, "B"), (10**6, "M"), (10**4, "k")):
        if whole >= limit:
            hundredths = whole * 100 // (limit if unit != "k" else 1_000)
            return f"{grouped(format_scaled(hundredths, 2))}{unit}"
    return grouped(format_scaled(round_scaled(qty, instrument.qty_decimals, 2), 2))


def round_scaled(value: int, from_decimals: int, to_decimals: int) -> int:
    """Return a scaled integer with fewer (or more) decimals, rounded half away from zero; for the screen only."""
    if to_decimals >= from_decimals:
        return int(value * 10 ** (to_decimals - from_decimals))
    unit = 10 ** (from_decimals - to_decimals)
    rounded = int((abs(value) + unit // 2) // unit)
    return -rounded if value < 0 else rounded


def amount_text(amount: int | None, asset: str = "", *, places: int = 2, signed: bool = False) -> str:
    """Return a ledger amount such as ``+12.40 USDT``.

    A small amount that `places` would show as zero keeps as many decimals as it needs instead.
    """
    if amount is None:
        return NONE
    shown = round_scaled(amount, AMOUNT_DECIMALS, places)
    small = shown == 0 and amount != 0
    text = grouped(format_trimmed(amount, AMOUNT_DECIMALS) if small else format_scaled(shown, places))
    plus = "+" if signed and amount > 0 else ""
    return f"{plus}{text}{THIN + asset if asset else ''}"


def percent_text(ppm: int | None, *, places: int = 2, signed: bool = True) -> str:
    """Return parts per million as percent, such as ``+1.24 %``."""
    if ppm is None:
        return NONE
    shown = round_scaled(ppm, _PPM_PER_PERCENT_DECIMALS, places)
    plus = "+" if signed and shown > 0 else ""
    return f"{plus}{grouped(format_scaled(shown, places))}{THIN}%"


def rate_text(ppm: int) -> str:
    """Return a fee rate or share as percent without sign and trailing zeros: ``1000`` -> ``0.1 %``."""
    return f"{format_trimmed(ppm, _PPM_PER_PERCENT_DECIMALS)}{THIN}%"


def arrow(value: int | None) -> str:
    """Return the second cue beside a colour: ``▲``, ``▼`` or nothing."""
    return "" if not value else ("\u25b2" if value > 0 else "\u25bc")


def moment(at_ms: int, zone: tzinfo | None = UTC) -> datetime:
    """Return UTC milliseconds as a datetime in a zone; None is the computer's own zone."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def clock_text(at_ms: int, zone: tzinfo | None = UTC) -> str:
    """Return the time of day, such as ``14:02:11``."""
    return moment(at_ms, zone).strftime("%H:%M:%S")


def time_text(at_ms: int, zone: tzinfo | None = UTC) -> str:
    """Return date and time for tables, such as ``11-20 14:02:11``."""
    return moment(at_ms, zone).strftime("%m-%d %H:%M:%S")


def full_time_text(at_ms: int, zone: tzinfo | None = UTC) -> str:
    """Return date, time to the millisecond and zone, such as ``2026-11-20 14:02:11.250 UTC``."""
    when = moment(at_ms, zone)
    return f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d} {when:%Z}"


def age_text(age_ms: int | None) -> str:
    """Return a span of time in words: ``420 ms``, ``11 s``, ``3 min``, ``2 h``, ``4 d``."""
    if age_ms is None:
        return NONE
    for limit, unit, name in (
        (_SECOND_MS, 1, "ms"),
        (_MINUTE_MS, _SECOND_MS, "s"),
        (_HOUR_MS, _MINUTE_MS, "min"),
        (_DAY_MS, _HOUR_MS, "h"),
    ):
        if age_ms < limit:
            return f"{age_ms // unit}{THIN}{name}"
    return f"{age_ms // _DAY_MS}{THIN}d"

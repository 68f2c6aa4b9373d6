"""Where axis labels stand and what they say; they never overlap, because each must leave the one before it free."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil, floor, log10

from msgspec import Struct

from cryptobot_desktop.gui.format import MINUS, grouped

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_TIME_STEPS = tuple(
    [n * _MINUTE for n in (1, 2, 5, 10, 15, 30)]
    + [n * _HOUR for n in (1, 2, 3, 6, 12)]
    + [n * _DAY for n in (1, 2, 7, 14)]
)
_MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120)
_MONTH_MS = 30.44 * _DAY
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_TICKS = 200


class TimeTick(Struct, frozen=True):
    """One label of the time axis; `is_major` where a new day, month or year begins."""

    at_ms: int
    text: str
    is_major: bool


def time_ticks(start_ms: int, end_ms: int, spacing_ms: float, zone: tzinfo | None) -> list[TimeTick]:
    """Return labels at round local times, at least `spacing_ms` apart, oldest first."""
    step = next((step for step in _TIME_STEPS if step >= spacing_ms), None)
    if step is None:
        months = next((n for n in _MONTH_STEPS if n * _MONTH_MS >= spacing_ms), _MONTH_STEPS[-1])
        moments = _month_starts(_local(start_ms, zone), end_ms, months)
    else:
        moments = _even_moments(_local(start_ms, zone), end_ms, timedelta(milliseconds=step), zone)
    return [_tick(moment) for moment in moments if start_ms <= _ms(moment) <= end_ms]


def _local(at_ms: int, zone: tzinfo | None) -> datetime:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _even_moments(start: datetime, end_ms: int, step: timedelta, zone: tzinfo | None) -> Iterator[datetime]:
    """Yield local times on a grid that begins at midnight (longer steps: on the first of January)."""
    base = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if step > timedelta(days=1):
        base = base.replace(month=1, day=1)
    naive = base + (start.replace(tzinfo=None) - base) // step * step
    for _ in range(_MOST_TICKS):
        moment = naive.replace(tzinfo=zone) if zone is not None else naive.astimezone()
        if _ms(moment) > end_ms:
            return
        yield moment
        naive += step


def _month_starts(start: datetime, end_ms: int, months: int) -> Iterator[datetime]:
    count = (start.year * 12 + start.month - 1) // months * months
    for _ in range(_MOST_TICKS):
        year, month = divmod(count, 12)
        moment = datetime(max(1, year), month + 1, 1, tzinfo=start.tzinfo)
        if _ms(moment) > end_ms:
            return
        yield moment
        count += months


def _tick(moment: datetime) -> TimeTick:
    if moment.hour or moment.minute:
        return TimeTick(_ms(moment), f"{moment:%H:%M}", False)
    if moment.day > 1:
        return TimeTick(_ms(moment), f"{moment.day}{chr(0x202F)}{_MONTHS[moment.month - 1]}", True)
    text = _MONTHS[moment.month - 1] if moment.month > 1 else str(moment.year)
    return TimeTick(_ms(moment), text, True)


def value_step(span: float, most: int, smallest: float) -> float:
    """Return the smallest step of 1, 2 or 5 times a power of ten that gives at most `most` labels."""
    rough = max(span / max(most, 1), smallest, 1e-12)
    power = 10.0 ** floor(log10(rough))
    return next(n * power for n in (1.0, 2.0, 5.0, 10.0) if n * power >= rough * (1 - 1e-9))


def value_ticks(low: float, high: float, most: int, smallest: float = 0.0) -> list[float]:
    """Return round values within a range, lowest first."""
    if not high > low:
        return []
    step = value_step(high - low, most, smallest)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [index * step for index in range(first, min(last, first + _MOST_TICKS) + 1)]


def log_ticks(low: float, high: float, most: int, smallest: float = 0.0) -> list[float]:
    """Return round values for a logarithmic scale: even ones in a narrow range, 1-2-5 per decade in a wide one."""
    if low <= 0 or high / low < 4:
        return value_ticks(low, high, most, smallest)
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    factors = (1.0, 2.0, 5.0) if len(decades) * 3 <= most else (1.0,)
    return [value for d in decades for n in factors if low <= (value := n * 10.0**d) <= high]


def spread(places: list[float], size: float, limit: float) -> list[float]:
    """Return sorted places moved apart until each has `size` to itself, none above `limit` while there is room."""
    moved: list[float] = []
    for place in places:
        moved.append(place if not moved else max(place, moved[-1] + size))
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - size
    return moved


def decimals_of(step: float) -> int:
    """Return how many decimals a round step needs: 0.05 -> 2."""
    return max(0, -floor(log10(step) + 1e-9)) if step > 0 else 0


def number_text(value: float, decimals: int) -> str:
    """Return a number with a fixed count of decimals, grouped, zero without a sign."""
    text = f"{value:.{decimals}f}"
    return grouped(text.removeprefix("-") if float(text) == 0 else text)


def short_text(value: float) -> str:
    """Return a volume or another large number short: ``1.24M``."""
    size = abs(value)
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            return f"{MINUS if value < 0 else ''}{size / (limit if unit != 'k' else 1e3):.4g}{unit}"
    text = f"{size:.4g}" if size >= 1e-4 or not size else f"{size:.1e}"
    return f"{MINUS if value < 0 else ''}{text}"

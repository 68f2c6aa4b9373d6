"""Turns typed texts into scaled integers on a step, or says in one line why it cannot."""

from decimal import ROUND_FLOOR, Decimal

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import format_trimmed, parse_decimal
from cryptobot_desktop.gui.ticket.kinds import Field


class Refused(Exception):
    """A field cannot be used as it stands."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(text)
        self.field = field


def plain_number(field: Field, text: str) -> Decimal:
    """Return typed text as a number above 0."""
    try:
        value = parse_decimal(text.strip())
    except InvalidInput:
        raise Refused(field, f"{text.strip()[:20]!r} is not a plain number such as 0.25") from None
    if value <= 0:
        raise Refused(field, "must be above 0")
    return value


def stepped(field: Field, text: str, decimals: int, step: int) -> int:
    """Return typed text as a positive scaled integer on the step, or refuse with the nearest good values."""
    exact = plain_number(field, text).scaleb(decimals)
    below = int((exact / step).to_integral_value(ROUND_FLOOR)) * step
    if Decimal(below) != exact:
        near = [format_trimmed(near, decimals) for near in (below, below + step) if near > 0]
        raise Refused(field, f"off the step, try {' or '.join(near)}")
    return below


class Bounds:
    """Bounds of a field with the scale and unit in which they are said; 0 as a bound means none."""

    def __init__(self, field: Field, decimals: int, unit: str, what: str = "") -> None:
        self._field, self._decimals, self._unit, self._what = field, decimals, unit, what

    def check(self, value: int, lowest: int, highest: int) -> None:
        """Refuse a value outside its bounds."""
        if lowest and value < lowest:
            raise self._refused(value, "below", lowest)
        if highest and value > highest:
            raise self._refused(value, "above", highest)

    def _refused(self, value: int, how: str, bound: int) -> Refused:
        said, limit = format_trimmed(value, self._decimals), format_trimmed(bound, self._decimals)
        return Refused(self._field, f"{self._what}{said} is {how} {limit} {self._unit}")

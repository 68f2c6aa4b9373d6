"""Parameters that a person may set: declared once, shared by the window, the command line and validation."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import PPM, parse_decimal

ParameterValue = int | Decimal
"""What a validated parameter is: an int for INTEGER, a Decimal for NUMBER and SHARE."""

RawValue = str | int | float | Decimal
"""What a parameter may be given as; text is read strictly, a float through its shortest text."""

SHARE_DECIMALS = 6


class ParameterKind(StrEnum):
    """How a parameter's value is read."""

    INTEGER = "integer"
    NUMBER = "number"
    SHARE = "share"
    """A share of equity: 0.1 is 10 %; at most six decimals, so that it is a whole number of ppm."""


class Parameter(Struct, frozen=True, kw_only=True):
    """One setting with its bounds; `minimum_excluded` makes the lower bound open, as in (0, 1]."""

    name: str
    kind: ParameterKind
    default: ParameterValue
    minimum: ParameterValue
    maximum: ParameterValue
    step: ParameterValue = 1
    minimum_excluded: bool = False
    help: str = ""

    def parse(self, raw: RawValue) -> ParameterValue:
        """Return the value in its own type; InvalidInput names the parameter, the value and the bounds."""
        number = _as_decimal(raw)
        if number is None or not self._is_allowed(number):
            raise InvalidInput(f"{self.name}={raw!s:.60} is not {self.range_text}")
        return int(number) if self.kind is ParameterKind.INTEGER else number

    @property
    def range_text(self) -> str:
        """Return the allowed values in words, e.g. ``a whole number from 2 to 500``."""
        what = {
            ParameterKind.INTEGER: "a whole number",
            ParameterKind.NUMBER: "a number",
            ParameterKind.SHARE: "a share with at most 6 decimals",
        }[self.kind]
        if self.minimum_excluded:
            return f"{what} above {self.minimum} and at most {self.maximum}"
        return f"{what} from {self.minimum} to {self.maximum}"

    def listing(self) -> dict[str, str | bool]:
        """Return the declaration as plain data; values are text so that no digit is lost."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "default": str(self.default),
            "minimum": str(self.minimum),
            "maximum": str(self.maximum),
            "step": str(self.step),
            "minimum_excluded": self.minimum_excluded,
            "help": self.help,
        }

    def _is_allowed(self, number: Decimal) -> bool:
        if not self.minimum <= number <= self.maximum:
            return False
        if self.minimum_excluded and number == self.minimum:
            return False
        if self.kind is ParameterKind.INTEGER:
            return number == int(number)
        return self.kind is not ParameterKind.SHARE or number * PPM == int(number * PPM)


def _as_decimal(raw: object) -> Decimal | None:
    """Return the exact value of a raw parameter, or None when it is no plain finite number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    try:
        return parse_decimal(str(raw))
    except InvalidInput:
        return None


def validate(
    parameters: Sequence[Parameter],
    raw: Mapping[str, RawValue],
    *,
    ordered: Iterable[tuple[str, str]] = (),
) -> tuple[dict[str, ParameterValue], list[str]]:
    """Return the values (defaults filled in, bad ones left out) and every problem found, in words.

    `ordered` names pairs of parameters of which the first must be below the second.
    """
    names = [parameter.name for parameter in parameters]
    problems = [
        f"parameter {name!r} is unknown; allowed: {', '.join(names) or 'none'}" for name in raw if name not in names
    ]
    values: dict[str, ParameterValue] = {}
    for parameter in parameters:
        try:
            values[parameter.name] = parameter.parse(raw.get(parameter.name, parameter.default))
        except InvalidInput as problem:
            problems.append(str(problem))
    problems += [
        f"{low}={values[low]} must be below {high}={values[high]}"
        for low, high in ordered
        if low in values and high in values and values[low] >= values[high]
    ]
    return values, problems


def refuse(what: str, problems: Iterable[str]) -> None:
    """Raise InvalidInput with all problems in one line; do nothing when there are none."""
    texts = list(problems)
    if texts:
        raise InvalidInput(f"{what}: {'; '.join(texts)}")


def share_to_ppm(share: Decimal) -> int:
    """Return a share such as 0.1 as parts per million (exact for at most six decimals)."""
    return int(share.scaleb(SHARE_DECIMALS))

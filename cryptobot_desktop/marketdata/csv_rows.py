"""CSV files with a header: rows as texts by column, numbers read exactly, file and line in every error."""

import csv
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Final, TypeVar

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import MAX_STORED, parse_decimal
from cryptobot_desktop.marketdata.text_files import FileLines
from cryptobot_desktop.marketdata.wire.texts import to_ms

_DOUBLE_DIGITS: Final = Context(prec=15, rounding=ROUND_HALF_EVEN)
"""Digits that every double keeps; the 16th and later ones of ``0.016984990000000002`` are noise of the format."""
_NOISE: Final = Decimal("1e-14")
_FIRST_MS: Final = 1_000_000_000_000
"""September 2001; smaller numbers are seconds."""
_LAST_MS: Final = 4_102_444_800_000
Row = tuple[str, ...]
Value = TypeVar("Value")


class CsvRows:
    """The rows of a file, cut to the wanted columns in the wanted order; can be read several times."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.line = 0
        """Number of the line that is being read, for error texts."""
        self.torn = False
        self._columns = tuple(columns)

    def __iter__(self) -> Iterator[Row]:
        source = FileLines(self.path)
        reader = csv.reader(self._texts(source), strict=True)
        self.line = 1
        try:
            wanted = self._header(next(reader, []))
            needed = max(wanted) + 1
            for cells in reader:
                self.line = reader.line_num
                if len(cells) < needed:
                    if not cells:
                        continue
                    if source.torn:
                        break
                    raise self.error(f"has {len(cells)} cells, allowed: at least {needed}")
                yield tuple([cells[index] for index in wanted])
        except csv.Error as error:
            self.line = max(reader.line_num, 1)
            raise self.error(f"is not readable CSV: {error}") from None
        self.torn = source.torn

    def error(self, text: str) -> InvalidInput:
        """Return an error that names file and line."""
        return InvalidInput(f"file {self.path}, line {self.line} {text}; nothing was imported")

    def read(self, parse: Callable[[str], Value], text: str, name: str) -> Value:
        """Return a cell's value; InvalidInput of `parse` gets file, line and column."""
        try:
            return parse(text)
        except InvalidInput as error:
            raise self.error(f"has a bad {name}: {error}") from None

    def _texts(self, source: FileLines) -> Iterator[str]:
        for number, line in enumerate(source, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8") + "\n"
            except UnicodeDecodeError:
                self.line = number
                raise self.error("is not UTF-8 text") from None

    def _header(self, cells: Sequence[str]) -> list[int]:
        names = [cell.strip().lower() for cell in cells]
        missing = [column for column in self._columns if column not in names]
        if missing:
            found = ",".join(names)[:120] or "nothing"
            raise self.error(
                f"has no column {', '.join(missing)}; the header must be {','.join(self._columns)} "
                f"(more columns are allowed), it was {found}"
            )
        return [names.index(column) for column in self._columns]


def read_time(text: str) -> int:
    """Return a time cell in ms UTC; us and ns are recognised, seconds are refused."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 20:
        raise InvalidInput(f"{text[:40]!r} is not a whole number of milliseconds since 1970")
    time = to_ms(int(text))
    if not _FIRST_MS <= time <= _LAST_MS:
        raise InvalidInput(f"{text} is not in milliseconds since 1970 (seconds must be multiplied by 1000)")
    return time


def without_noise(value: Decimal) -> Decimal:
    """Return a number without the digits that are only there because it went through a double."""
    return _DOUBLE_DIGITS.plus(value) if len(value.as_tuple().digits) > 15 else value


class ScaledColumn:
    """Turns the texts of a column into scaled integers, remembering them.

    Digits beyond `decimals` must be noise of a double (counted in `rounded`), unless `cuts` allows to round.
    """

    def __init__(self, decimals: int, *, minimum: int, cuts: bool) -> None:
        self.rounded = 0
        self._decimals = decimals
        self._minimum = minimum
        self._cuts = cuts
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """Return the scaled integer of a text; bad ones raise InvalidInput."""
        value = self._known.get(text)
        if value is None:
            value = self._known[text] = self._scaled(text)
        return value

    def _scaled(self, text: str) -> int:
        exact = parse_decimal(text).scaleb(self._decimals)
        value = int(exact.to_integral_value(ROUND_HALF_EVEN))
        if value != exact:
            if not self._cuts and abs(value - exact) > abs(exact) * _NOISE:
                raise InvalidInput(f"number {text!r} has more than {self._decimals} decimals")
            self.rounded += 1
        if not self._minimum <= value <= MAX_STORED:
            allowed = "above 0" if self._minimum else "0 or more"
            raise InvalidInput(f"number {text!r} is out of range, allowed: {allowed}, below 2^63 smallest units")
        return value


class DecimalsSeen:
    """Finds how many decimals a column uses, looking at each text once."""

    def __init__(self) -> None:
        self.decimals = 0
        self.largest = Decimal(0)
        self._seen: set[str] = set()

    def see(self, text: str) -> None:
        """Take one text; a bad one raises InvalidInput."""
        if text in self._seen:
            return
        self._seen.add(text)
        value = without_noise(parse_decimal(text))
        self.largest = max(self.largest, abs(value))
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int):
            self.decimals = max(self.decimals, -exponent)

    def fitting(self, limit: int) -> int:
        """Return the decimals, at most `limit` and so few that the largest value still fits 63 bits."""
        decimals = min(self.decimals, limit)
        while decimals > 0 and self.largest.scaleb(decimals) > MAX_STORED:
            decimals -= 1
        return decimals

"""An indicator over a whole list of candles: by the array path, or by feeding the incremental one."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.parameters import RawValue
from cryptobot_desktop.indicators.bar import Bar
from cryptobot_desktop.indicators.catalogue import IndicatorSpec, Numbers, checked_numbers, find
from cryptobot_desktop.indicators.exact import LARGEST

_COLUMNS = ("open", "high", "low", "close", "volume")

Arrays = dict[str, NDArray[np.float64]]


@runtime_checkable
class NamedColumns(Protocol):
    """Columns by name: a mapping of arrays, or a DataFrame."""

    def keys(self) -> Iterable[str]:
        """Return the names."""
        ...

    def __getitem__(self, name: str, /) -> ArrayLike: ...


Candles = Sequence[Bar] | NamedColumns | ArrayLike
"""Bars, or named columns, or (for indicators that read nothing else) the closes alone."""


def compute(name: str, candles: Candles, **params: RawValue) -> Arrays:
    """Return each output by name as an array as long as the input, NaN before the first value.

    This is the array path. Unknown names, bad parameters, missing columns and numbers that are not
    finite raise InvalidInput.
    """
    spec = find(name)
    numbers = checked_numbers(spec, params)
    columns = _columns(spec, candles)
    if spec.lines is None:
        return _fed(spec, numbers, columns)
    lines = spec.lines(*(columns[column] for column in spec.inputs), **numbers)
    return {output: np.array(line, dtype=np.float64) for output, line in zip(spec.outputs, lines, strict=True)}


def compute_incremental(name: str, candles: Candles, **params: RawValue) -> Arrays:
    """Return what `compute` returns, made by feeding the incremental indicator bar by bar."""
    spec = find(name)
    return _fed(spec, checked_numbers(spec, params), _columns(spec, candles))


def _columns(spec: IndicatorSpec, candles: Candles) -> dict[str, list[float]]:
    """Return the columns that the indicator reads as lists of finite floats of one length."""
    columns = {name: _finite(spec, name, _column(spec, candles, name)) for name in spec.inputs}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"indicator {spec.name}: columns differ in length: {lengths}")
    return columns


def _column(spec: IndicatorSpec, candles: Candles, name: str) -> ArrayLike:
    if isinstance(candles, NamedColumns):
        given = [str(column) for column in candles.keys()]  # noqa: SIM118 - a DataFrame is no mapping
        if name not in given:
            raise InvalidInput(f"indicator {spec.name} needs the column {name!r}; given: {', '.join(given)}")
        return candles[name]
    bars = _bars(candles)
    if bars is not None:
        return [getattr(bar, name) for bar in bars]
    if spec.inputs == ("close",):
        return cast("ArrayLike", candles)  # what is left of the union; `_finite` looks at it closely
    raise InvalidInput(f"indicator {spec.name} reads {', '.join(spec.inputs)}: give Bars or named columns")


def _bars(candles: object) -> list[Bar] | None:
    """Return the candles as bars when each is one; an empty list is no bars at all, which is fine too."""
    if not isinstance(candles, Sequence) or isinstance(candles, str):
        return None
    bars = [bar for bar in candles if isinstance(bar, Bar)]
    return bars if len(bars) == len(candles) else None


def _finite(spec: IndicatorSpec, name: str, values: ArrayLike) -> list[float]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"indicator {spec.name}: column {name!r} holds something that is not a number") from None
    if array.ndim != 1:
        raise InvalidInput(f"indicator {spec.name}: column {name!r} has {array.ndim} dimensions, not one")
    bad = np.flatnonzero(~(np.abs(array) <= LARGEST))
    if bad.size:
        raise InvalidInput(
            f"indicator {spec.name}: {name} of bar {bad[0]} is {array[bad[0]]}, not a finite number up to {LARGEST:g}"
        )
    column: list[float] = array.tolist()
    return column


def _fed(spec: IndicatorSpec, numbers: Numbers, columns: Mapping[str, list[float]]) -> Arrays:
    """Feed the incremental indicator; columns that it does not read are filled from one that it does."""
    filler = columns[spec.inputs[0]]
    indicator = spec.build(**numbers)
    blank = (nan,) * len(spec.outputs)
    rows: list[tuple[float, ...]] = []
    for fields in zip(*(columns.get(name, filler) for name in _COLUMNS), strict=True):
        value = indicator.update(Bar(*fields))
        rows.append(blank if value is None else value if isinstance(value, tuple) else (value,))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(spec.outputs))
    return {output: table[:, index].copy() for index, output in enumerate(spec.outputs)}

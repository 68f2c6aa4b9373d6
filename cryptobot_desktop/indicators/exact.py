"""Window sums without rounding: prices as whole numbers on a grid of 2**-120.

Every double of 7e-21 or more lies exactly on that grid, so a running sum of such whole numbers is the
true sum of the window, however many bars came and went before. Python divides whole numbers with a
single correct rounding, so a mean depends on the window alone: no drift, and the incremental and the
array path cannot differ.
"""

from collections.abc import Sequence

GRID = 2.0**120
GRID_UNITS = 2**120


def exact_mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean of the values, rounded once."""
    return sum(int(value * GRID) for value in values) / (len(values) * GRID_UNITS)

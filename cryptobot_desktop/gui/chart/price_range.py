"""Which prices a pane shows: all that is in view, except for lone bad ticks, with some air above and below."""

import numpy as np

from cryptobot_desktop.gui.chart.frame import Numbers

LONE_AT_MOST = 2
"""So many columns may be left out at either end."""
_FAR_OUT = 3.0
"""A lone tick is one whose distance to all others is this many times the range of the others."""
_FEWEST = 12


def robust_range(low: Numbers, high: Numbers) -> tuple[float, float]:
    """Return the range of values with up to two far outlying columns at either end left out.

    Both arrays have equal length of at least 1. With fewer than a dozen columns nothing is left out.
    """
    bottom, top = float(np.min(low)), float(np.max(high))
    if len(low) < _FEWEST:
        return bottom, top
    lows = np.sort(np.partition(low, LONE_AT_MOST)[: LONE_AT_MOST + 1])
    highs = -np.sort(np.partition(-high, LONE_AT_MOST)[: LONE_AT_MOST + 1])
    core = max(float(highs[-1] - lows[-1]), abs(top) * 1e-9)
    if highs[0] - highs[-1] > _FAR_OUT * core:
        top = float(highs[_beyond(highs[:-1] - highs[-1], core)])
    if lows[-1] - lows[0] > _FAR_OUT * core:
        bottom = float(lows[_beyond(lows[-1] - lows[:-1], core)])
    return bottom, top


def _beyond(distances: Numbers, core: float) -> int:
    """Return how many of the sorted distances are far out."""
    return int(np.count_nonzero(distances > _FAR_OUT * core))


_AIR = 0.08


def with_air(
    low: float, high: float, *, log: bool, above: float = _AIR, below: float = _AIR, smallest: float = 0.0
) -> tuple[float, float]:
    """Return a range widened by shares of itself at both ends, at least `smallest` high."""
    if log and low > 0:
        factor = max(high / low, 1.0 + 1e-6)
        return low / factor**below, high * factor**above
    middle, span = (low + high) / 2, max(high - low, smallest, abs(high) * 1e-9, 1e-12)
    return middle - span * (0.5 + below), middle + span * (0.5 + above)

"""What a pane shows at this moment: which slots, which values, how many pixels; and the way from one to the other."""

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Pixels = NDArray[np.int32]

_FAR = 20_000
"""Pixels beyond this are cut, so that no number leaves the range of Qt's integers."""
_TINY = 1e-12


class Frame(Struct, frozen=True):
    """A pane's ranges and size. `low` and `high` are values; with `log` pixels are even in their logarithm."""

    left: float
    right: float
    low: float
    high: float
    width: float
    height: float
    log: bool = False
    ratio: float = 1.0
    """Device pixels per logical pixel."""

    @property
    def slot_px(self) -> float:
        """Return the width of one slot in pixels."""
        return self.width / (self.right - self.left)

    def x(self, slot: float) -> float:
        """Return the pixel of a place on the x axis."""
        return (slot - self.left) * self.slot_px

    def slot(self, x: float) -> float:
        """Return the place on the x axis of a pixel."""
        return self.left + x / self.slot_px

    def y(self, value: float) -> float:
        """Return the pixel of a value, 0 at the top."""
        low, high = self.scaled(self.low), self.scaled(self.high)
        return (high - self.scaled(value)) / (high - low) * self.height

    def value(self, y: float) -> float:
        """Return the value at a pixel."""
        low, high = self.scaled(self.low), self.scaled(self.high)
        scaled = high - y / self.height * (high - low)
        return float(10.0**scaled) if self.log else scaled

    def xs(self, slots: NDArray[np.int64]) -> Numbers:
        """Return the pixels of many places."""
        return np.asarray((slots - self.left) * self.slot_px, dtype=np.float64)

    def ys(self, values: Numbers) -> Numbers:
        """Return the pixels of many values, cut far outside of the pane."""
        low, high = self.scaled(self.low), self.scaled(self.high)
        scaled = np.log10(np.maximum(values, _TINY)) if self.log else values
        pixels = np.asarray((high - scaled) * (self.height / (high - low)), dtype=np.float64)
        return np.clip(pixels, -_FAR, _FAR)

    def scaled(self, value: float) -> float:
        """Return the value, or its logarithm on a logarithmic scale."""
        return float(np.log10(max(value, _TINY))) if self.log else value

    def device(self) -> "Frame":
        """Return the same frame measured in device pixels."""
        if self.ratio == 1.0:
            return self
        return replace(self, width=self.width * self.ratio, height=self.height * self.ratio, ratio=1.0)


def whole(pixels: Numbers) -> Pixels:
    """Return pixels cut to whole ones."""
    return np.floor(pixels).astype(np.int32)

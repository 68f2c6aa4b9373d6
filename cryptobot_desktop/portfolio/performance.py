"""Equity over time: bounded curve and maximum drawdown, exact integers."""

from cryptobot_desktop.domain.numbers import PPM, div_up


class Drawdown:
    """Tracks the largest fall from a peak of equity."""

    def __init__(self) -> None:
        self._peak: int | None = None
        self._lowest = 0
        """Since that peak."""
        self._amount = 0
        self._ppm = 0

    def update(self, equity: int) -> None:
        """Take in the next equity."""
        if self._peak is None or equity >= self._peak:
            self._peak = self._lowest = equity
            return
        if equity >= self._lowest:
            return
        self._lowest = equity
        fall = self._peak - equity
        self._amount = max(self._amount, fall)
        if self._peak > 0:
            self._ppm = max(self._ppm, div_up(fall * PPM, self._peak))

    @property
    def amount(self) -> int:
        """Return the largest fall as a ledger amount."""
        return self._amount

    @property
    def ppm(self) -> int:
        """Return the largest fall as a share of its peak, in parts per million, rounded up."""
        return self._ppm


class EquityCurve:
    """At most `capacity` points; when full, every second point is dropped and the spacing doubles."""

    def __init__(self, capacity: int = 4096, spacing_ms: int = 1_000) -> None:
        self._capacity = max(4, capacity)
        self._spacing_ms = max(1, spacing_ms)
        self._points: list[tuple[int, int]] = []

    def add(self, at_ms: int, equity: int) -> None:
        """Take in a point; within the spacing after the last but one kept point the newest replaces the last."""
        points = self._points
        if len(points) >= 2 and at_ms - points[-2][0] < self._spacing_ms:
            points[-1] = (at_ms, equity)
            return
        points.append((at_ms, equity))
        if len(points) > self._capacity:
            # The first and the newest point always stay.
            self._points = [*points[:-1:2], points[-1]]
            self._spacing_ms *= 2

    def points(self) -> tuple[tuple[int, int], ...]:
        """Return (time, equity), oldest first."""
        return tuple(self._points)

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
        self._kept: list[tuple[int, int]] = []
        """All points but the newest."""
        self._newest: tuple[int, int] | None = None
        self._until_ms = 0
        """While time is before this, the newest point is replaced by the next one; 0 while nothing is kept."""

    def add(self, at_ms: int, equity: int) -> None:
        """Take in a point; within the spacing after the last but one kept point the newest replaces the last."""
        if at_ms >= self._until_ms and self._newest is not None:
            self._keep(self._newest)
        self._newest = (at_ms, equity)

    def _keep(self, point: tuple[int, int]) -> None:
        """Keep a point for good; when there are too many, every second one, and always the first."""
        self._kept.append(point)
        if len(self._kept) >= self._capacity:
            self._kept = self._kept[::2]
            self._spacing_ms *= 2
        self._until_ms = self._kept[-1][0] + self._spacing_ms

    def points(self) -> tuple[tuple[int, int], ...]:
        """Return (time, equity), oldest first."""
        return (*self._kept, self._newest) if self._newest is not None else ()

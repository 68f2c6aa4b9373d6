"""Equity over time: bounded curve and maximum drawdown, exact integers."""


class Drawdown:
    """Tracks the largest fall from a peak of equity."""

    def __init__(self) -> None:
        raise NotImplementedError

    def update(self, equity: int) -> None:
        """Take in the next equity."""
        raise NotImplementedError

    @property
    def amount(self) -> int:
        """Return the largest fall as a ledger amount."""
        raise NotImplementedError

    @property
    def ppm(self) -> int:
        """Return the largest fall as a share of its peak, in parts per million, rounded up."""
        raise NotImplementedError


class EquityCurve:
    """At most `capacity` points; when full, every second point is dropped and the spacing doubles."""

    def __init__(self, capacity: int = 4096, spacing_ms: int = 1_000) -> None:
        raise NotImplementedError

    def add(self, at_ms: int, equity: int) -> None:
        """Take in a point; within the spacing the newest replaces the last."""
        raise NotImplementedError

    def points(self) -> tuple[tuple[int, int], ...]:
        """Return (time, equity), oldest first."""
        raise NotImplementedError

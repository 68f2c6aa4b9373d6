"""Where time comes from: an injected Clock, never the ambient one."""

from typing import Protocol


class Clock(Protocol):
    """Gives market time and a monotonic time for everything that waits."""

    def now_ms(self) -> int:
        """Return UTC milliseconds since 1970."""
        ...

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step back."""
        ...


class SimulatedClock:
    """A clock that stands still until it is moved; used by replay, backtest and tests."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Return the simulated UTC milliseconds."""
        return self._now_ms

    def monotonic_ns(self) -> int:
        """Return the simulated time in nanoseconds."""
        return self._now_ms * 1_000_000

    def advance_to(self, now_ms: int) -> None:
        """Move forward; an earlier time is ignored, because a clock never steps back."""
        self._now_ms = max(self._now_ms, now_ms)

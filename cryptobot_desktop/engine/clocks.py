"""The clocks of running sessions: the wall clock of live markets and the market clock of emulated ones."""

import time


class WallClock:
    """UTC of this computer."""

    def now_ms(self) -> int:
        """Return UTC milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step back."""
        return time.monotonic_ns()


class MarketClock:
    """Market time of an emulated venue: from `start_ms` on, `speed` times as fast as real time."""

    def __init__(self, start_ms: int, speed: float) -> None:
        self._speed = speed
        self.set(start_ms)

    def set(self, now_ms: int) -> None:
        """Let the market time be `now_ms` at this moment."""
        self._start_ms = now_ms
        self._started_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Return the market's UTC milliseconds."""
        return self._start_ms + int((time.monotonic_ns() - self._started_ns) * self._speed) // 1_000_000

    def monotonic_ns(self) -> int:
        """Return real nanoseconds that never step back: waiting is done in real time."""
        return time.monotonic_ns()

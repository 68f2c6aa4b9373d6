"""The clocks of running sessions: the wall clock of live markets and the market clock of emulated ones."""

import time
from collections.abc import Callable


class WallClock:
    """UTC of this computer."""

    def now_ms(self) -> int:
        """Return UTC milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step back."""
        return time.monotonic_ns()


class MarketClock:
    """Market time of an emulated venue, as the venue itself has played it: never ahead of what it has sent."""

    def __init__(self, played_ms: Callable[[], int]) -> None:
        self._played_ms = played_ms

    def now_ms(self) -> int:
        """Return the market's UTC milliseconds."""
        return self._played_ms()

    def monotonic_ns(self) -> int:
        """Return real nanoseconds that never step back: waiting is done in real time."""
        return time.monotonic_ns()

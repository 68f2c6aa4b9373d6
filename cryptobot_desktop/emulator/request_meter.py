"""How much of a venue's request allowance is used up, counted in market time."""


class RequestMeter:
    """Weights used within the running window (a clock minute on Binance, 30 s on KuCoin)."""

    def __init__(self, limit: int, window_ms: int) -> None:
        self.limit = limit
        self._window_ms = window_ms
        self._window = -1
        self.used = 0

    def spend(self, weight: int, now_ms: int) -> bool:
        """Add a request's weight; False when that exceeds the limit of this window."""
        window = now_ms // self._window_ms
        if window != self._window:
            self._window, self.used = window, 0
        self.used += weight
        return self.used <= self.limit

    @property
    def remaining(self) -> int:
        """Return what is left in this window."""
        return max(0, self.limit - self.used)

    def reset_in_ms(self, now_ms: int) -> int:
        """Return the milliseconds until the next window."""
        return self._window_ms - now_ms % self._window_ms

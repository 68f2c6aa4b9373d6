"""Remembers which trades were seen, so that overlapping connections and repeated frames tell each trade once."""

from typing import Final

MEMORY: Final = 8_192
"""At least so many of the newest trade ids are remembered."""


class SeenTrades:
    """Trade ids of one instrument in two generations; the older one is forgotten when the newer one is full."""

    __slots__ = ("_newer", "_older")

    def __init__(self) -> None:
        self._newer: set[str] = set()
        self._older: set[str] = set()

    def is_new(self, trade_id: str) -> bool:
        """Return True the first time an id is asked about. An empty id is always new."""
        if trade_id in self._newer or trade_id in self._older:
            return False
        if trade_id:
            if len(self._newer) >= MEMORY:
                self._older, self._newer = self._newer, set()
            self._newer.add(trade_id)
        return True

"""Keeps one instrument's order book in step with the venue, by the venue's documented algorithm; no input or output.

Both venues work alike: changes are buffered until a snapshot comes whose number they continue. From then on each
change must continue the book. One that does not reveals a gap: the book is not live from that moment, and the
revealing change is the first of the new buffer. A change is compared with the BOOK's number, never with the previous
change's, because a snapshot may land in the middle of a change.
"""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, BookSnapshot, Level
from cryptobot_desktop.marketdata.order_book import OrderBook

BUFFER_LIMIT = 20_000
"""Changes that wait for a snapshot; beyond it the oldest are forgotten and only a newer snapshot can help."""


class SyncOutcome(StrEnum):
    """What one change or snapshot did to the book."""

    APPLIED = "applied"
    BUFFERED = "buffered"
    DROPPED = "dropped"
    GAP = "gap"
    CROSSED = "crossed"


class SyncCounters(Struct):
    """What happened since the book was made."""

    applied: int = 0
    dropped: int = 0
    gaps: int = 0
    crossed: int = 0
    snapshots: int = 0
    stale_snapshots: int = 0
    """Snapshots that were too old; the buffer was kept and another one is needed."""


class BookSync:
    """The book of one instrument and what it takes to trust it."""

    def __init__(self, venue: Venue, *, buffer_limit: int = BUFFER_LIMIT) -> None:
        self.book = OrderBook()
        self.counters = SyncCounters()
        self.needs_snapshot = True
        """True while only a (newer) snapshot can bring the book in sync."""
        self._venue = venue
        self._buffer: list[BookDelta] = []
        self._buffer_limit = buffer_limit
        self._synced = False
        self._crossed_before = False

    def on_delta(self, delta: BookDelta) -> SyncOutcome:
        """Take one change in the order of arrival."""
        raise NotImplementedError

    def on_snapshot(self, snapshot: BookSnapshot) -> SyncOutcome:
        """Take a snapshot; DROPPED says that it was too old and another one is needed."""
        raise NotImplementedError

    def reset(self, reason: str) -> None:
        """Forget everything (the connection is gone); the book is not live until it was synced anew."""
        raise NotImplementedError

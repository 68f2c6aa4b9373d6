"""Keeps one instrument's order book in step with the venue, by the venue's documented algorithm; no input or output.

Both venues work alike: changes are buffered until a snapshot comes whose number they continue. From then on each
change must continue the book. One that does not reveals a gap: the book is not live from that moment, and the
revealing change is the first of the new buffer. A change is compared with the BOOK's number, never with the previous
change's, because a snapshot may land in the middle of a change.
"""

from collections import deque
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
        self._numbered_changes = venue is Venue.KUCOIN
        self._buffer: deque[BookDelta] = deque(maxlen=buffer_limit)
        self._crossed_before = False

    def on_delta(self, delta: BookDelta) -> SyncOutcome:
        """Take one change in the order of arrival."""
        if self.needs_snapshot:
            self._buffer.append(delta)
            return SyncOutcome.BUFFERED
        return self._follow(delta)

    def on_snapshot(self, snapshot: BookSnapshot) -> SyncOutcome:
        """Take a snapshot: APPLIED when the book is in sync now.

        DROPPED says that it was too old: the book stays as it was (or the buffer is kept for a newer snapshot).
        GAP and CROSSED say that what was buffered does not continue it; another snapshot is needed.
        """
        if self._is_too_old(snapshot.update_id):
            self.counters.stale_snapshots += 1
            return SyncOutcome.DROPPED
        self.counters.snapshots += 1
        self.book.load(snapshot)
        self.book.mark_live()
        self.needs_snapshot = False
        self._crossed_before = False
        waiting, outcome = list(self._buffer), self._check_crossed()
        self._buffer.clear()
        for delta in waiting:
            outcome = self.on_delta(delta)
        if self.needs_snapshot:
            return SyncOutcome.GAP
        return SyncOutcome.CROSSED if outcome is SyncOutcome.CROSSED else SyncOutcome.APPLIED

    def reset(self, reason: str) -> None:
        """Forget everything (the connection is gone); the book is not live until it was synced anew."""
        self._buffer.clear()
        self._await_snapshot(reason)

    def _is_too_old(self, update_id: int) -> bool:
        """Return True when changes between the snapshot and what came since are missing."""
        if not self.needs_snapshot:
            return update_id < self.book.update_id
        return bool(self._buffer) and update_id + 1 < self._buffer[0].first_id

    def _follow(self, delta: BookDelta) -> SyncOutcome:
        """Apply a change to a book in sync, or find that it does not continue it."""
        book, last = self.book, self.book.update_id
        if delta.last_id <= last:
            self.counters.dropped += 1
            return SyncOutcome.DROPPED
        if delta.first_id > last + 1:
            self.counters.gaps += 1
            self._await_snapshot(f"updates {last + 1} to {delta.first_id - 1} of the order book are missing")
            self._buffer.append(delta)
            return SyncOutcome.GAP
        if self._numbered_changes and delta.first_id <= last:
            # KuCoin: a change inside may be older than the book although the message as a whole is new.
            bids = _newer(delta.bids, delta.bid_ids, last)
            asks = _newer(delta.asks, delta.ask_ids, last)
            book.change(bids, asks, delta.last_id)
        else:
            book.change(delta.bids, delta.asks, delta.last_id)
        self.counters.applied += 1
        return self._check_crossed()

    def _check_crossed(self) -> SyncOutcome:
        """Do not trust a crossed book; when the next change does not mend it, sync anew."""
        book = self.book
        if not book.is_crossed:
            if self._crossed_before:
                self._crossed_before = False
                book.mark_live()
            return SyncOutcome.APPLIED
        self.counters.crossed += 1
        if self._crossed_before:
            self._await_snapshot("the order book stayed crossed")
        else:
            self._crossed_before = True
            book.mark_not_live("the order book is crossed: its best bid is not below its best ask")
        return SyncOutcome.CROSSED

    def _await_snapshot(self, reason: str) -> None:
        self.needs_snapshot = True
        self._crossed_before = False
        self.book.mark_not_live(f"{reason}; waiting for a new snapshot")


def _newer(levels: tuple[Level, ...], ids: tuple[int, ...], last: int) -> list[Level]:
    """Return the changes numbered above `last`; all of them where the venue gave no numbers."""
    if len(ids) != len(levels):
        return list(levels)
    return [level for level, number in zip(levels, ids, strict=True) if number > last]

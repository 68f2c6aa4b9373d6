"""One symbol's book while a tape plays: the recorded snapshot plus every recorded change until now."""

from decimal import Decimal
from typing import Any

import orjson

from cryptobot_desktop.emulator.tape import TapeSnapshot

Sides = dict[str, dict[Decimal, tuple[str, str]]]


class TapeBook:
    """Answers a book request at any moment of the play.

    Before the tape's own snapshot the next one to come is given: a client that buffers, as it must, ignores
    the changes the snapshot already holds. Later the snapshot is carried forward with the recorded changes.
    """

    def __init__(self, snapshots: list[TapeSnapshot]) -> None:
        self._snapshots = snapshots
        self._next = 0
        self._sides: Sides = {"bids": {}, "asks": {}}
        self.update_id = 0
        self.first = snapshots[0] if snapshots else None

    @property
    def is_known(self) -> bool:
        """Return True when the tape has any snapshot of this symbol."""
        return self.first is not None

    def pass_frame(self, index: int) -> None:
        """Take up snapshots that were received before the frame of that number."""
        while self._next < len(self._snapshots) and self._snapshots[self._next].index <= index:
            self._take(self._snapshots[self._next])
            self._next += 1

    def _take(self, snapshot: TapeSnapshot) -> None:
        """Start from a recorded answer, unless the book is already ahead of it."""
        update_id, bids, asks = book_of(snapshot)
        if update_id < self.update_id:
            return
        self.update_id = update_id
        self._sides = {"bids": _levels(bids), "asks": _levels(asks)}

    def change(self, side: str, price: str, size: str) -> None:
        """Set one level; size 0 removes it."""
        key, levels = Decimal(price), self._sides[side]
        if Decimal(size) == 0:
            levels.pop(key, None)
        else:
            levels[key] = (price, size)

    @property
    def has_begun(self) -> bool:
        """Return True when the play has reached a snapshot."""
        return self._next > 0

    def now(self, limit: int) -> tuple[int, list[list[str]], list[list[str]]]:
        """Return update id, bids and asks, best first; of the next snapshot when none was reached yet."""
        if not self.has_begun and self.first is not None:
            update_id, bids, asks = book_of(self.first)
            return update_id, bids[:limit], asks[:limit]
        bids_now = sorted(self._sides["bids"].items(), reverse=True)
        asks_now = sorted(self._sides["asks"].items())
        return (
            self.update_id,
            [list(level) for _, level in bids_now[:limit]],
            [list(level) for _, level in asks_now[:limit]],
        )


def book_of(snapshot: TapeSnapshot) -> tuple[int, list[list[str]], list[list[str]]]:
    """Return update id, bids and asks of a recorded answer of either venue."""
    document: dict[str, Any] = orjson.loads(snapshot.body)
    data = document.get("data", document)
    update_id = data["lastUpdateId"] if "lastUpdateId" in data else int(data["sequence"])
    return update_id, data.get("bids") or [], data.get("asks") or []


def _levels(rows: list[list[str]]) -> dict[Decimal, tuple[str, str]]:
    """Return levels by price."""
    return {Decimal(row[0]): (row[0], row[1]) for row in rows}

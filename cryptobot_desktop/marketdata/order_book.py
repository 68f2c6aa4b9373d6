"""A local order book: quantity by price and side, with the prices in order.

Both sides keep their best price at the END of a sorted list (asks as negative numbers), because nearly all
changes happen at the touch, where inserting into and deleting from a list are cheapest.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from cryptobot_desktop.domain.market import BookSnapshot, Level, Side


class OrderBook:
    """Implements `domain.market_view.BookView`; prices and quantities are scaled integers of the instrument."""

    __slots__ = ("_ask_keys", "_asks", "_bid_keys", "_bids", "_why_not_live", "update_id")

    def __init__(self) -> None:
        self.update_id = 0
        """The venue's number of the newest applied change."""
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._bid_keys: list[int] = []
        self._ask_keys: list[int] = []
        self._why_not_live = "the order book waits for its first snapshot"

    @property
    def is_live(self) -> bool:
        """Return True only while the book is provably in sync and not crossed."""
        return not self._why_not_live

    @property
    def why_not_live(self) -> str:
        """Return the reason shown to the user while `is_live` is False, else an empty text."""
        return self._why_not_live

    @property
    def is_crossed(self) -> bool:
        """Return True when the best bid is not below the best ask."""
        bids, asks = self._bid_keys, self._ask_keys
        return bool(bids and asks) and bids[-1] >= -asks[-1]

    def mark_live(self) -> None:
        """Say that the book is in sync."""
        self._why_not_live = ""

    def mark_not_live(self, reason: str) -> None:
        """Say why nothing may be filled on this book (never empty)."""
        self._why_not_live = reason or "the order book is not in sync"

    def best_bid(self) -> Level | None:
        """Return the best bid level, or None when that side is empty."""
        if not self._bid_keys:
            return None
        price = self._bid_keys[-1]
        return price, self._bids[price]

    def best_ask(self) -> Level | None:
        """Return the best ask level, or None when that side is empty."""
        if not self._ask_keys:
            return None
        price = -self._ask_keys[-1]
        return price, self._asks[price]

    def levels(self, side: Side) -> Iterator[Level]:
        """Yield resting levels best first: ``Side.BUY`` gives bids, ``Side.SELL`` asks."""
        if side is Side.BUY:
            bids = self._bids
            return ((price, bids[price]) for price in reversed(self._bid_keys))
        asks = self._asks
        return ((-key, asks[-key]) for key in reversed(self._ask_keys))

    def top(self, side: Side, count: int) -> tuple[Level, ...]:
        """Return at most `count` levels of a side, best first."""
        if side is Side.BUY:
            return tuple([(price, self._bids[price]) for price in self._bid_keys[: -count - 1 : -1]])
        return tuple([(-key, self._asks[-key]) for key in self._ask_keys[: -count - 1 : -1]])

    def qty_at(self, side: Side, price: int) -> int:
        """Return the resting quantity at one price, 0 when none is known."""
        return (self._bids if side is Side.BUY else self._asks).get(price, 0)

    def level_count(self, side: Side) -> int:
        """Return how many levels a side has."""
        return len(self._bid_keys if side is Side.BUY else self._ask_keys)

    def load(self, snapshot: BookSnapshot) -> None:
        """Replace everything by a snapshot."""
        self._bids = {price: qty for price, qty in snapshot.bids if qty}
        self._asks = {price: qty for price, qty in snapshot.asks if qty}
        self._bid_keys = sorted(self._bids)
        self._ask_keys = sorted([-price for price in self._asks])
        self.update_id = snapshot.update_id

    def change(self, bids: Iterable[Level], asks: Iterable[Level], update_id: int) -> None:
        """Set levels to absolute quantities (0 removes a level) and the number of the newest change."""
        held, keys = self._bids, self._bid_keys
        for price, qty in bids:
            if qty:
                if price not in held:
                    insort(keys, price)
                held[price] = qty
            elif held.pop(price, 0):
                del keys[bisect_left(keys, price)]
        held, keys = self._asks, self._ask_keys
        for price, qty in asks:
            if qty:
                if price not in held:
                    insort(keys, -price)
                held[price] = qty
            elif held.pop(price, 0):
                del keys[bisect_left(keys, -price)]
        self.update_id = update_id

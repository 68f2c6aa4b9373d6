"""Which public trades may wake an order: a lone wild print is not a market (docs/fill-rules.md, "Triggers")."""

from cryptobot_desktop.domain.market import Trade
from cryptobot_desktop.domain.market_view import BookView

TOLERANCE = 20
"""A price within one part in this many of another one (5 %) confirms it."""


class ConfirmedPrints:
    """The newest confirmed trade price of one instrument."""

    __slots__ = ("_doubtful", "_doubtful_id", "price")

    def __init__(self) -> None:
        self.price: int | None = None
        self._doubtful = 0
        self._doubtful_id = ""

    def take(self, trade: Trade, book: BookView | None) -> int | None:
        """Return the trade's price when it counts, else None; `book` is a live one or None."""
        price = trade.price
        known = self.price is not None and _near(price, self.price)
        if known or self._repeats(trade) or self._fits(price, book):
            self.price, self._doubtful = price, 0
            return price
        self._doubtful, self._doubtful_id = price, trade.trade_id
        return None

    def _repeats(self, trade: Trade) -> bool:
        """Return True when another trade just before was at about this price."""
        is_other = trade.trade_id != self._doubtful_id or not trade.trade_id
        return self._doubtful > 0 and is_other and _near(trade.price, self._doubtful)

    def _fits(self, price: int, book: BookView | None) -> bool:
        """Return True near the middle of the book; where there is no middle, for the very first price."""
        bid, ask = (book.best_bid(), book.best_ask()) if book is not None else (None, None)
        if bid is None or ask is None:
            return self.price is None
        return _near(2 * price, bid[0] + ask[0])


def _near(price: int, other: int) -> bool:
    return abs(price - other) * TOLERANCE <= other

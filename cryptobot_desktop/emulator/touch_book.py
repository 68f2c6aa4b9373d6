"""One pair's book as a real-time stream sees it: enough to know the best levels after each change."""

from bisect import bisect_left, insort

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.emulator.market_types import BookChanged
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket


class TouchBook:
    """Prices and quantities of one book, kept only to know the best level after each change."""

    def __init__(self, market: SyntheticMarket, pair: str) -> None:
        book = market.book(pair)
        self._qty = {Side.BUY: dict(book.bids), Side.SELL: dict(book.asks)}
        self._prices = {side: sorted(levels) for side, levels in self._qty.items()}

    def apply(self, change: BookChanged) -> None:
        """Set one level."""
        levels, prices = self._qty[change.side], self._prices[change.side]
        if change.qty == 0:
            if levels.pop(change.price, None) is not None:
                del prices[bisect_left(prices, change.price)]
            return
        if change.price not in levels:
            insort(prices, change.price)
        levels[change.price] = change.qty

    def touch(self) -> tuple[int, int, int, int]:
        """Return best bid, its quantity, best ask, its quantity; 0 for an empty side."""
        bids, asks = self._prices[Side.BUY], self._prices[Side.SELL]
        bid, ask = bids[-1] if bids else 0, asks[0] if asks else 0
        return bid, self._qty[Side.BUY].get(bid, 0), ask, self._qty[Side.SELL].get(ask, 0)

"""What our own fills have already taken from displayed levels, so that nothing is taken twice (I-02)."""

from collections.abc import Iterator

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.domain.market_view import BookView

_MAX_LEVELS = 5_000


class LiquidityLedger:
    """Remembers per level how much we consumed, until the level's displayed quantity changes.

    `side` is always the side of the level (asks are Side.SELL). One ledger serves all portfolios:
    they trade on one market, and what one took is not there for another.
    """

    def __init__(self, *, remembers: bool = True) -> None:
        """The optimistic fill model does not remember."""
        self.remembers = remembers
        self._taken: dict[InstrumentId, dict[tuple[Side, int], tuple[int, int]]] = {}

    def free(self, instrument: InstrumentId, side: Side, price: int, displayed: int) -> int:
        """Return what of `displayed` we have not yet taken."""
        levels = self._taken.get(instrument)
        entry = levels.get((side, price)) if levels else None
        if entry is None or entry[0] != displayed:
            return displayed
        return max(0, displayed - entry[1])

    def take(self, instrument: InstrumentId, side: Side, level: Level, qty: int) -> None:
        """Note that `qty` of a level displayed as `level` is gone: taken by us, or by a trade that woke an order."""
        if not self.remembers:
            return
        price, displayed = level
        levels = self._taken.setdefault(instrument, {})
        already = displayed - self.free(instrument, side, price, displayed)
        levels.pop((side, price), None)
        levels[(side, price)] = (displayed, already + qty)
        if len(levels) > _MAX_LEVELS:
            del levels[next(iter(levels))]

    def offers(
        self, instrument: InstrumentId, book: BookView, side: Side, limit: int | None
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (price, displayed, free) of `side`, best first, up to and including the price `limit`."""
        for price, displayed in book.levels(side):
            if limit is not None and (price > limit if side is Side.SELL else price < limit):
                return
            free = self.free(instrument, side, price, displayed)
            if free > 0:
                yield price, displayed, free

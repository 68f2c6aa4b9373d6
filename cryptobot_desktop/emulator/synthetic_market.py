"""The synthetic market: seeded order books under simulated order flow, with the candles that their trades make.

Pure and without a clock: time moves only in `SyntheticMarket.advance`. The same seed, start time and pairs give the
same happenings, however the time is cut into calls and whichever other pairs run.
"""

from collections.abc import Iterable, Sequence

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.emulator.market_types import (
    DEFAULT_PAIRS,
    NO_TRADE_ID,
    Bar,
    BestLevels,
    BookChanged,
    BookState,
    MarketHappening,
    PairSpec,
    Rolling24h,
    TradeHappened,
)

__all__ = [
    "DEFAULT_PAIRS",
    "NO_TRADE_ID",
    "Bar",
    "BestLevels",
    "BookChanged",
    "BookState",
    "MarketHappening",
    "PairSpec",
    "Rolling24h",
    "SyntheticMarket",
    "TradeHappened",
]


class SyntheticMarket:
    """Order books, trades and candles of several pairs, all from one seed."""

    def __init__(
        self,
        seed: int,
        start_ms: int,
        pairs: Sequence[PairSpec] = DEFAULT_PAIRS,
        *,
        active: Iterable[str] | None = None,
        history_days: int = 8,
    ) -> None:
        """Open the market at start_ms; `active` names the pairs that are simulated at once (default: all)."""
        raise NotImplementedError

    @property
    def seed(self) -> int:
        """Return the seed of the whole world."""
        raise NotImplementedError

    @property
    def now_ms(self) -> int:
        """Return the market's time."""
        raise NotImplementedError

    @property
    def pairs(self) -> tuple[PairSpec, ...]:
        """Return all listed pairs."""
        raise NotImplementedError

    @property
    def active_pairs(self) -> tuple[str, ...]:
        """Return the names of the pairs under simulation, in listing order."""
        raise NotImplementedError

    @property
    def history_start_ms(self) -> int:
        """Return the opening time of the first bar (a UTC midnight)."""
        raise NotImplementedError

    def spec(self, pair: str) -> PairSpec:
        """Return the pair with that name; an unknown one raises InvalidInput."""
        raise NotImplementedError

    def activate(self, pair: str) -> None:
        """Start simulating a pair from now on (no effect when it runs already)."""
        raise NotImplementedError

    def advance(self, to_ms: int) -> list[MarketHappening]:
        """Move the time and return what happened up to and including to_ms, in order of time."""
        raise NotImplementedError

    def book(self, pair: str, depth: int | None = None) -> BookState:
        """Return the book, best levels first, at most `depth` levels a side. Activates the pair."""
        raise NotImplementedError

    def best(self, pair: str) -> BestLevels:
        """Return the best bid and ask. Activates the pair."""
        raise NotImplementedError

    def recent_trades(self, pair: str, limit: int = 500) -> list[TradeHappened]:
        """Return the newest trades, oldest first (at most 5,000 are kept). Activates the pair."""
        raise NotImplementedError

    def last_trade(self, pair: str) -> TradeHappened:
        """Return the newest trade; there is one from the first moment on. Activates the pair."""
        raise NotImplementedError

    def bars(self, pair: str, timeframe: Timeframe, venue: Venue, start_ms: int, end_ms: int) -> list[Bar]:
        """Return the bars that open in [start_ms, end_ms), oldest first, with the running one if it is in the range."""
        raise NotImplementedError

    def rolling_24h(self, pair: str) -> Rolling24h:
        """Return the figures of the last 24 hours up to now. Activates the pair."""
        raise NotImplementedError

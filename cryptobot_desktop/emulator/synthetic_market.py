"""The synthetic market: seeded order books under simulated order flow, with the candles that their trades make.

Pure and without a clock: time moves only in `SyntheticMarket.advance`. The same seed, start time and pairs give the
same happenings, however the time is cut into calls and whichever other pairs run.
"""

from collections.abc import Iterable, Sequence

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import DAY_MS, MINUTE_MS, Timeframe, bar_end_ms, bar_open_ms
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
from cryptobot_desktop.emulator.pair_market import PairMarket
from cryptobot_desktop.emulator.price_path import BrownianPath
from cryptobot_desktop.emulator.regimes import Regime, RegimeSchedule

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
    """Order books, trades and candles of several pairs, all from one seed.

    Every method that reads a pair activates it: from then on it is simulated and `advance` reports it.
    """

    def __init__(
        self,
        seed: int,
        start_ms: int,
        pairs: Sequence[PairSpec] = DEFAULT_PAIRS,
        *,
        active: Iterable[str] | None = None,
        history_days: int = 8,
    ) -> None:
        """Open the market at start_ms; `active` names the pairs that are simulated at once (default: all).

        `history_days` whole UTC days of candles lie before the day of start_ms.
        """
        if start_ms < (history_days + 1) * DAY_MS:
            raise InvalidInput(
                f"synthetic market: start time {start_ms} ms leaves no room for {history_days} days of history"
            )
        self._seed = seed
        self._now_ms = start_ms
        self._history_start_ms = start_ms // DAY_MS * DAY_MS - history_days * DAY_MS
        self._specs = {spec.name: spec for spec in pairs}
        self._schedule = RegimeSchedule(seed)
        self._common = BrownianPath(seed, "common", self._schedule)
        self._markets: dict[str, PairMarket] = {}
        for name in self._specs if active is None else active:
            self.activate(name)

    @property
    def seed(self) -> int:
        """Return the seed of the whole world."""
        return self._seed

    @property
    def now_ms(self) -> int:
        """Return the market's time."""
        return self._now_ms

    @property
    def pairs(self) -> tuple[PairSpec, ...]:
        """Return all listed pairs."""
        return tuple(self._specs.values())

    @property
    def active_pairs(self) -> tuple[str, ...]:
        """Return the names of the pairs under simulation, in listing order."""
        return tuple(name for name in self._specs if name in self._markets)

    @property
    def history_start_ms(self) -> int:
        """Return the opening time of the first one-minute bar (a UTC midnight)."""
        return self._history_start_ms

    @property
    def regime(self) -> Regime:
        """Return which regime rules now (for the screen and for tests)."""
        return self._schedule.climate(self._now_ms // 1000).regime

    def spec(self, pair: str) -> PairSpec:
        """Return the pair with that name; an unknown one raises InvalidInput."""
        spec = self._specs.get(pair)
        if spec is None:
            raise InvalidInput(f"pair {pair!r} is not listed; the synthetic market has {', '.join(self._specs)}")
        return spec

    def activate(self, pair: str) -> None:
        """Start simulating a pair from now on (no effect when it runs already)."""
        if pair not in self._markets:
            spec = self.spec(pair)
            self._markets[pair] = PairMarket(
                self._seed, spec, schedule=self._schedule, common=self._common, now_ms=self._now_ms
            )

    def advance(self, to_ms: int) -> list[MarketHappening]:
        """Move the time and return what happened up to and including to_ms, in order of time.

        Happenings of one millisecond keep their order within a pair; pairs follow each other in listing order.
        A time in the past changes nothing.
        """
        if to_ms <= self._now_ms:
            return []
        self._now_ms = to_ms
        happenings: list[MarketHappening] = []
        names = self.active_pairs
        for name in names:
            happenings.extend(self._markets[name].advance(to_ms))
        if len(names) > 1:
            happenings.sort(key=_time)
        return happenings

    def book(self, pair: str, depth: int | None = None) -> BookState:
        """Return the book, best levels first, at most `depth` levels a side (None: all)."""
        book = self._market(pair).book
        return BookState(pair, book.update_id, book.bids.top(depth), book.asks.top(depth), self._now_ms)

    def best(self, pair: str) -> BestLevels:
        """Return the best bid and ask."""
        book = self._market(pair).book
        bid, ask = book.bids.top(1), book.asks.top(1)
        return BestLevels(pair, book.update_id, *(bid or ((0, 0),))[0], *(ask or ((0, 0),))[0], self._now_ms)

    def recent_trades(self, pair: str, limit: int = 500) -> list[TradeHappened]:
        """Return the newest trades, oldest first; at least 1,000 are kept once they have happened."""
        return self._market(pair).recent_trades(limit)

    def last_trade(self, pair: str) -> TradeHappened:
        """Return the newest trade; there is one from the first moment on."""
        return self._market(pair).last_trade

    def bars(self, pair: str, timeframe: Timeframe, venue: Venue, start_ms: int, end_ms: int) -> list[Bar]:
        """Return the bars that open in [start_ms, end_ms), oldest first, with the running one if it is in the range.

        The first bar of a long timeframe holds only what happened since `history_start_ms`.
        """
        market = self._market(pair)
        bars = []
        opens = bar_open_ms(max(start_ms, self._history_start_ms), timeframe, venue)
        while opens < end_ms and opens <= self._now_ms:
            end = bar_end_ms(opens, timeframe)
            if opens >= start_ms:
                bars.append(market.bar(max(opens, self._history_start_ms), end, opens, self._now_ms))
            opens = end
        return bars

    def rolling_24h(self, pair: str) -> Rolling24h:
        """Return the figures of the last 24 hours up to now, in whole minutes."""
        market = self._market(pair)
        first = self._now_ms // MINUTE_MS - (DAY_MS // MINUTE_MS - 1)
        return market.rolling(first, self._now_ms)

    def _market(self, pair: str) -> PairMarket:
        self.activate(pair)
        return self._markets[pair]


def _time(happening: MarketHappening) -> int:
    return happening.at_ms

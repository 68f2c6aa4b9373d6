"""What the synthetic venues share: topics that were asked for, the grid of timed pushes, moving the market.

The market moves from one due push to the next, so a timed push always sees the market exactly as of its
own time, and the frames do not depend on how the caller cuts the time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cryptobot_desktop.emulator.market_types import BookChanged, MarketHappening, PairSpec, TradeHappened
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import StreamFrame

IDLE_STEP_MS = 1_000


class Feed:
    """One topic that somebody asked for; subclasses say what is pushed and when.

    `period_ms` is the grid of timed pushes (0 = none); `pair` is empty for whole-market topics.
    """

    period_ms = 0

    def __init__(self, topic: str, symbol: str, pair: str) -> None:
        self.topic, self.symbol, self.pair = topic, symbol, pair

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Return pushes for the trades of one millisecond."""
        return []

    def on_book(self, changes: list[BookChanged]) -> list[bytes]:
        """Return pushes for the book changes of one millisecond."""
        return []

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return pushes at a point of the feed's grid, the market standing exactly there."""
        return []


class Moment:
    """What happened to one pair within one millisecond."""

    __slots__ = ("changes", "trades")

    def __init__(self) -> None:
        self.trades: list[TradeHappened] = []
        self.changes: list[BookChanged] = []


def moments(happened: list[MarketHappening]) -> Iterator[tuple[int, dict[str, Moment]]]:
    """Cut happenings, which are in order of time, into milliseconds and pairs."""
    at_ms, by_pair = -1, dict[str, Moment]()
    for item in happened:
        if item.at_ms != at_ms:
            if by_pair:
                yield at_ms, by_pair
            at_ms, by_pair = item.at_ms, {}
        moment = by_pair.get(item.pair)
        if moment is None:
            moment = by_pair[item.pair] = Moment()
        if isinstance(item, TradeHappened):
            moment.trades.append(item)
        else:
            moment.changes.append(item)
    if by_pair:
        yield at_ms, by_pair


class FeedBoard:
    """The subscribed feeds of one venue over one market; counts who asked and moves the time."""

    def __init__(self, market: SyntheticMarket, make_feed: Callable[[str], Feed | None]) -> None:
        self._market = market
        self._make_feed = make_feed
        self._feeds: dict[str, Feed] = {}
        self._asked: Counter[str] = Counter()
        self._on_trades: dict[str, list[Feed]] = {}
        self._on_book: dict[str, list[Feed]] = {}
        self._periods: tuple[int, ...] = ()

    def subscribe(self, topic: str) -> bool:
        """Ask for a topic once more; False when the venue has no such topic."""
        if topic not in self._feeds:
            feed = self._make_feed(topic)
            if feed is None:
                return False
            self._feeds[topic] = feed
            self._index()
        self._asked[topic] += 1
        return True

    def unsubscribe(self, topic: str) -> None:
        """Undo one subscribe; the last one ends the feed."""
        if topic not in self._feeds:
            return
        self._asked[topic] -= 1
        if self._asked[topic] <= 0:
            del self._feeds[topic], self._asked[topic]
            self._index()

    def _index(self) -> None:
        """Rebuild the look-ups after a feed came or went."""
        feeds = [feed for feed in self._feeds.values() if feed.pair]
        self._on_trades = _by_pair(feed for feed in feeds if type(feed).on_trades is not Feed.on_trades)
        self._on_book = _by_pair(feed for feed in feeds if type(feed).on_book is not Feed.on_book)
        self._periods = tuple(sorted({feed.period_ms for feed in self._feeds.values() if feed.period_ms}))

    def next_due_ms(self) -> int:
        """Return the next point of a grid in use (of a one-second grid when nothing is timed)."""
        now = self._market.now_ms
        return min((now // period + 1) * period for period in (*self._periods, IDLE_STEP_MS))

    def advance(self, to_ms: int) -> list[StreamFrame]:
        """Move the market to to_ms and return the frames of all feeds in order of time."""
        frames: list[StreamFrame] = []
        while self._market.now_ms < to_ms:
            step_to = min(to_ms, self.next_due_ms())
            self._play(self._market.advance(step_to), frames)
            self._push_timed(step_to, frames)
        return frames

    def _play(self, happened: list[MarketHappening], frames: list[StreamFrame]) -> None:
        """Append what the happenings make real-time feeds push; trades go before book changes."""
        for at_ms, by_pair in moments(happened):
            for pair, moment in by_pair.items():
                if moment.trades:
                    for feed in self._on_trades.get(pair, ()):
                        frames.extend(_frames(feed, at_ms, feed.on_trades(moment.trades)))
                if moment.changes:
                    for feed in self._on_book.get(pair, ()):
                        frames.extend(_frames(feed, at_ms, feed.on_book(moment.changes)))

    def _push_timed(self, at_ms: int, frames: list[StreamFrame]) -> None:
        """Append the pushes of the feeds whose grid has a point here."""
        if not any(at_ms % period == 0 for period in self._periods):
            return
        for feed in self._feeds.values():
            if feed.period_ms and at_ms % feed.period_ms == 0:
                frames.extend(_frames(feed, at_ms, feed.on_time(at_ms)))


def _by_pair(feeds: Iterable[Feed]) -> dict[str, list[Feed]]:
    """Return the feeds of each pair, in the order in which they were asked for."""
    found: dict[str, list[Feed]] = {}
    for feed in feeds:
        found.setdefault(feed.pair, []).append(feed)
    return found


def _frames(feed: Feed, at_ms: int, payloads: list[bytes]) -> list[StreamFrame]:
    """Wrap payloads with the topic they belong to."""
    return [StreamFrame(at_ms, feed.topic, payload, feed.symbol) for payload in payloads]


def synthetic_label(market: SyntheticMarket) -> str:
    """Return the words by which every answer says that its prices are made up."""
    return f"synthetic market, seed {market.seed}"


class Listing:
    """The pairs of a market under one venue's symbols."""

    def __init__(self, market: SyntheticMarket, symbol_of: Callable[[PairSpec], str]) -> None:
        self._by_symbol = {symbol_of(spec): spec for spec in market.pairs}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Return all symbols in listing order."""
        return tuple(self._by_symbol)

    def get(self, symbol: str) -> PairSpec | None:
        """Return the pair behind a symbol, None for an unknown one."""
        return self._by_symbol.get(symbol)

    def items(self) -> list[tuple[str, PairSpec]]:
        """Return symbols with their pairs."""
        return list(self._by_symbol.items())

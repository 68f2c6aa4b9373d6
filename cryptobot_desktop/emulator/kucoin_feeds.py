"""KuCoin's public topics over the synthetic market: which exist and what each one pushes when."""

import orjson

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import Timeframe, bar_open_ms
from cryptobot_desktop.emulator import kucoin_figures as figures
from cryptobot_desktop.emulator.kucoin_reference import MARKETS
from cryptobot_desktop.emulator.market_types import BookChanged, PairSpec, TradeHappened
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.touch_book import TouchBook
from cryptobot_desktop.emulator.venue_streams import Feed, Listing

TICKER_PERIOD_MS = 100
CANDLE_PERIOD_MS = 1_000
SNAPSHOT_PERIOD_MS = 2_000
NOISE_EVERY = 3
"""One change in three comes with a price "0" entry that only moves the sequence, as captured in 2021."""

TOPICS = frozenset(
    {
        "/market/ticker",
        "/market/snapshot",
        "/spotMarket/level1",
        "/spotMarket/level2Depth5",
        "/spotMarket/level2Depth50",
        "/market/level2",
        "/market/match",
        "/market/candles",
    }
)
PRIVATE_TOPICS = frozenset({"/account/balance", "/spotMarket/tradeOrders", "/spotMarket/tradeOrdersV2"})


def push(topic: str, subject: str, data: object) -> bytes:
    """Return the push envelope."""
    return orjson.dumps({"type": "message", "topic": topic, "subject": subject, "data": data})


class PairFeed(Feed):
    """A topic of one symbol."""

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket) -> None:
        super().__init__(topic, spec.kucoin_symbol, spec.name)
        self.spec, self.market = spec, market
        market.activate(spec.name)


class MatchFeed(PairFeed):
    """``/market/match``: every trade; `side` is the taker's, the time is a string of nanoseconds."""

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Return one push per trade."""
        return [
            push(
                self.topic,
                "trade.l3match",
                {
                    "makerOrderId": f"{trade.maker_order_id:024x}",
                    "price": figures.price(self.spec, trade.price),
                    "sequence": str(trade.trade_id),
                    "side": trade.aggressor.value,
                    "size": figures.size(self.spec, trade.qty),
                    "symbol": self.symbol,
                    "takerOrderId": f"{trade.taker_order_id:024x}",
                    "time": str(figures.nanoseconds(trade)),
                    "tradeId": str(trade.trade_id),
                    "type": "match",
                },
            )
            for trade in trades
        ]


class Level2Feed(PairFeed):
    """``/market/level2``: the changes of one millisecond with the range of sequences they cover."""

    def on_book(self, changes: list[BookChanged]) -> list[bytes]:
        """Return one push for all changes."""
        sides: dict[Side, list[list[str]]] = {Side.BUY: [], Side.SELL: []}
        for change in changes:
            number = figures.sequence(change.update_id)
            if change.update_id % NOISE_EVERY == 0:
                sides[change.side].append(["0", "0", str(number - 1)])
            price, size = figures.price(self.spec, change.price), figures.size(self.spec, change.qty)
            sides[change.side].append([price, size, str(number)])
        data = {
            "changes": {"asks": sides[Side.SELL], "bids": sides[Side.BUY]},
            "sequenceEnd": figures.sequence(changes[-1].update_id),
            "sequenceStart": figures.sequence(changes[0].update_id) - 1,
            "symbol": self.symbol,
            "time": changes[-1].at_ms,
        }
        return [push(self.topic, "trade.l2update", data)]


class Level1Feed(PairFeed):
    """``/spotMarket/level1``: one flat pair each side when the touch changed."""

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket) -> None:
        super().__init__(topic, spec, market)
        self._book = TouchBook(market, spec.name)
        self._last = self._book.touch()

    def on_book(self, changes: list[BookChanged]) -> list[bytes]:
        """Return one push when the touch is not what it was a millisecond ago."""
        for change in changes:
            self._book.apply(change)
        touch = self._book.touch()
        if touch == self._last:
            return []
        self._last = touch
        bid, bid_qty, ask, ask_qty = touch
        data = {
            "asks": [figures.price(self.spec, ask), figures.size(self.spec, ask_qty)],
            "bids": [figures.price(self.spec, bid), figures.size(self.spec, bid_qty)],
            "timestamp": changes[-1].at_ms,
        }
        return [push(self.topic, "level1", data)]


class DepthFeed(PairFeed):
    """``/spotMarket/level2Depth5|50``: the best levels when the book changed; no symbol inside."""

    period_ms = TICKER_PERIOD_MS

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket, count: int) -> None:
        super().__init__(topic, spec, market)
        self._count, self._sent = count, -1

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the whole top of the book."""
        book = self.market.book(self.pair, self._count)
        if book.update_id == self._sent:
            return []
        self._sent = book.update_id
        asks, bids = figures.levels(self.spec, book.asks), figures.levels(self.spec, book.bids)
        return [push(self.topic, "level2", {"asks": asks, "bids": bids, "timestamp": at_ms})]


class TickerFeed(PairFeed):
    """``/market/ticker``: last trade and touch, at most every 100 ms and only when something is new."""

    period_ms = TICKER_PERIOD_MS

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket) -> None:
        super().__init__(topic, spec, market)
        self._sent: dict[str, object] = {}

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the ticker."""
        data = figures.ticker(self.market, self.spec)
        news = {key: value for key, value in data.items() if key not in ("sequence", "time")}
        if news == self._sent:
            return []
        self._sent = news
        return [push(self.topic, "trade.ticker", data)]


class AllTickersFeed(Feed):
    """``/market/ticker:all``: every symbol's ticker; the subject is the symbol."""

    period_ms = TICKER_PERIOD_MS

    def __init__(self, topic: str, listing: Listing, market: SyntheticMarket) -> None:
        super().__init__(topic, "", "")
        self._market = market
        self._specs = [spec for _, spec in listing.items()]
        self._sent: dict[str, tuple[str, str]] = {}
        for spec in self._specs:
            market.activate(spec.name)

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return one push per symbol whose ticker changed."""
        pushes = []
        for spec in self._specs:
            data = figures.ticker(self._market, spec)
            stamp = (str(self._market.last_trade(spec.name).trade_id), str(data["sequence"]))
            if self._sent.get(spec.name) != stamp:
                self._sent[spec.name] = stamp
                pushes.append(push(self.topic, spec.kucoin_symbol, data))
        return pushes


class SnapshotFeed(Feed):
    """``/market/snapshot:{symbol or market}``: 24-hour figures every two seconds, nested twice."""

    period_ms = SNAPSHOT_PERIOD_MS

    def __init__(self, topic: str, specs: list[PairSpec], market: SyntheticMarket) -> None:
        super().__init__(topic, specs[0].kucoin_symbol if len(specs) == 1 else "", "")
        self._specs, self._market = specs, market
        for spec in specs:
            market.activate(spec.name)

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return one push per symbol."""
        pushes = []
        for spec in self._specs:
            number = str(figures.sequence(self._market.best(spec.name).update_id))
            data = {"sequence": number, "data": figures.snapshot(self._market, spec, at_ms)}
            pushes.append(push(self.topic, "trade.snapshot", data))
        return pushes


class CandleFeed(PairFeed):
    """``/market/candles:{symbol}_{type}``: bars that changed, once a second, without a close flag.

    A bar without trades is never announced; the last change of a bar comes together with the first of the next.
    """

    period_ms = CANDLE_PERIOD_MS

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket, timeframe: Timeframe) -> None:
        super().__init__(topic, spec, market)
        self._timeframe = timeframe
        self._dirty_from: int | None = bar_open_ms(market.now_ms, timeframe, Venue.KUCOIN)

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Note which bar is the first one with something new."""
        if self._dirty_from is None:
            self._dirty_from = bar_open_ms(trades[0].at_ms, self._timeframe, Venue.KUCOIN)
        return []

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the changed bars, oldest first."""
        if self._dirty_from is None:
            return []
        bars = self.market.bars(self.pair, self._timeframe, Venue.KUCOIN, self._dirty_from, at_ms + 1)
        self._dirty_from = None
        return [
            push(
                self.topic,
                "trade.candles.update",
                {"symbol": self.symbol, "candles": figures.candle_row(self.spec, bar), "time": at_ms * 1_000_000},
            )
            for bar in bars
            if not bar.is_empty
        ]


class KucoinTopics:
    """Makes the feed for a topic of one symbol."""

    def __init__(self, market: SyntheticMarket, listing: Listing) -> None:
        self._market, self._listing = market, listing

    def make(self, topic: str) -> Feed | None:
        """Return the feed; None for an unknown topic or symbol, which stays silent."""
        name, _, key = topic.partition(":")
        match name:
            case "/market/ticker" if key == "all":
                return AllTickersFeed(topic, self._listing, self._market)
            case "/market/snapshot":
                return self._snapshot(topic, key)
            case "/market/candles":
                return self._candles(topic, key)
        spec = self._listing.get(key)
        return None if spec is None else self._plain(topic, name, spec)

    def _snapshot(self, topic: str, key: str) -> Feed | None:
        spec = self._listing.get(key)
        if spec is not None:
            return SnapshotFeed(topic, [spec], self._market)
        if key == MARKETS[0]:
            return SnapshotFeed(topic, [spec for _, spec in self._listing.items()], self._market)
        return None

    def _candles(self, topic: str, key: str) -> Feed | None:
        symbol, _, kind = key.partition("_")
        spec, timeframe = self._listing.get(symbol), figures.CANDLE_TYPES.get(kind)
        if spec is None or timeframe is None:
            return None
        return CandleFeed(topic, spec, self._market, timeframe)

    def _plain(self, topic: str, name: str, spec: PairSpec) -> Feed | None:
        levels = _DEPTHS.get(name)
        if levels:
            return DepthFeed(topic, spec, self._market, levels)
        kind = _PLAIN.get(name)
        return None if kind is None else kind(topic, spec, self._market)


_DEPTHS = {"/spotMarket/level2Depth5": 5, "/spotMarket/level2Depth50": 50}
_PLAIN: dict[str, type[TickerFeed | MatchFeed | Level2Feed | Level1Feed]] = {
    "/market/ticker": TickerFeed,
    "/market/match": MatchFeed,
    "/market/level2": Level2Feed,
    "/spotMarket/level1": Level1Feed,
}


def split_topics(topic: str) -> list[str]:
    """Return one topic per symbol: ``/market/match:A,B`` is ``/market/match:A`` and ``/market/match:B``."""
    name, colon, keys = topic.partition(":")
    if not colon:
        return [topic]
    return [f"{name}:{key}" for key in dict.fromkeys(filter(None, keys.split(",")))]

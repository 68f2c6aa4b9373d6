"""Binance's market streams over the synthetic market: which names exist and what each one pushes when."""

import re

import orjson

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.timeframe import Timeframe, bar_open_ms
from cryptobot_desktop.emulator import binance_figures as figures
from cryptobot_desktop.emulator.binance_reference import eight
from cryptobot_desktop.emulator.market_types import BookChanged, PairSpec, TradeHappened
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.touch_book import TouchBook
from cryptobot_desktop.emulator.venue_streams import Feed, Listing

KLINE_PERIOD_MS = 2_000
_INTERVALS = frozenset(timeframe.value for timeframe in Timeframe)
TICKER_PERIOD_MS = 1_000
DEPTH_PERIODS_MS = {"": 1_000, "@1000ms": 1_000, "@100ms": 100}
_DEPTH = re.compile(r"depth(?P<levels>5|10|20)?(?P<speed>@100ms|@1000ms)?", re.ASCII)


class PairFeed(Feed):
    """A stream of one symbol."""

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket) -> None:
        super().__init__(topic, spec.binance_symbol, spec.name)
        self.spec, self.market = spec, market
        market.activate(spec.name)

    def price(self, value: int) -> str:
        """Return a price as printed."""
        return eight(value, self.spec.price_decimals)

    def qty(self, value: int) -> str:
        """Return a quantity as printed."""
        return eight(value, self.spec.qty_decimals)


class TradeFeed(PairFeed):
    """``<symbol>@trade``: every trade at once."""

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Return one push per trade."""
        return [
            (
                f'{{"e":"trade","E":{trade.at_ms},"s":"{self.symbol}","t":{trade.trade_id},"p":"{self.price(trade.price)}",'
                f'"q":"{self.qty(trade.qty)}","T":{trade.at_ms},"m":{_json(trade.aggressor is Side.SELL)},"M":true}}'
            ).encode()
            for trade in trades
        ]


class AggregateTradeFeed(PairFeed):
    """``<symbol>@aggTrade``: fills of one taker order at one price together."""

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Return one push per taker order and price."""
        pushes = []
        for group in figures.aggregates(trades):
            head = {"e": "aggTrade", "E": group[-1].at_ms, "s": self.symbol}
            pushes.append(orjson.dumps(head | figures.aggregate_row(self.spec, group)))
        return pushes


class BookTickerFeed(PairFeed):
    """``<symbol>@bookTicker``: the best levels whenever they change; carries no type and no time."""

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
        return [
            (
                f'{{"u":{changes[-1].update_id},"s":"{self.symbol}","b":"{self.price(bid)}","B":"{self.qty(bid_qty)}",'
                f'"a":"{self.price(ask)}","A":"{self.qty(ask_qty)}"}}'
            ).encode()
        ]


class DepthFeed(PairFeed):
    """``<symbol>@depth[@100ms]``: all levels that changed since the last push, with a contiguous id range."""

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket, period_ms: int) -> None:
        super().__init__(topic, spec, market)
        self.period_ms = period_ms
        self._changed: dict[tuple[Side, int], int] = {}
        self._first, self._last = 0, 0

    def on_book(self, changes: list[BookChanged]) -> list[bytes]:
        """Collect; only the newest quantity of a level counts."""
        if not self._changed:
            self._first = changes[0].update_id
        for change in changes:
            self._changed[(change.side, change.price)] = change.qty
        self._last = changes[-1].update_id
        return []

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return what was collected."""
        if not self._changed:
            return []
        event = {
            "e": "depthUpdate",
            "E": at_ms,
            "s": self.symbol,
            "U": self._first,
            "u": self._last,
            "b": self._levels(Side.BUY),
            "a": self._levels(Side.SELL),
        }
        self._changed.clear()
        return [orjson.dumps(event)]

    def _levels(self, side: Side) -> list[list[str]]:
        """Return one side, best price first."""
        found = [(price, qty) for (of, price), qty in self._changed.items() if of is side]
        found.sort(reverse=side is Side.BUY)
        return [[self.price(price), self.qty(qty)] for price, qty in found]


class PartialDepthFeed(PairFeed):
    """``<symbol>@depth5|10|20[@100ms]``: the best levels, when the book changed."""

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket, *, levels: int, period_ms: int) -> None:
        super().__init__(topic, spec, market)
        self.period_ms, self._levels, self._sent = period_ms, levels, -1

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the whole top of the book."""
        book = self.market.book(self.pair, self._levels)
        if book.update_id == self._sent:
            return []
        self._sent = book.update_id
        bids, asks = figures.levels(self.spec, book.bids), figures.levels(self.spec, book.asks)
        return [orjson.dumps({"lastUpdateId": book.update_id, "bids": bids, "asks": asks})]


class KlineFeed(PairFeed):
    """``<symbol>@kline_<interval>``: the running bar when it changed, and each bar once more as final."""

    period_ms = KLINE_PERIOD_MS

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket, interval: Timeframe) -> None:
        super().__init__(topic, spec, market)
        self._interval = interval
        self._open_ms = bar_open_ms(market.now_ms, interval, Venue.BINANCE)
        self._trades = -1
        self._dirty = True

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Note that there is something to push."""
        self._dirty = True
        return []

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return finals of bars that ended, then the running bar if it changed."""
        current = bar_open_ms(at_ms, self._interval, Venue.BINANCE)
        if not self._dirty and current == self._open_ms:
            return []
        self._dirty = False
        pushes = []
        for bar in self.market.bars(self.pair, self._interval, Venue.BINANCE, self._open_ms, at_ms + 1):
            final = bar.open_ms < current
            changed = bar.trades not in (0, self._trades) if bar.open_ms == self._open_ms else bar.trades > 0
            if final or changed:
                event = figures.kline_event(self.spec, self._interval, bar, at_ms=at_ms, final=final)
                pushes.append(orjson.dumps(event))
            if not final:
                self._trades = bar.trades
        self._open_ms = current
        return pushes


class DayTickerFeed(PairFeed):
    """``<symbol>@ticker`` and ``<symbol>@miniTicker``, once a second when there were trades."""

    period_ms = TICKER_PERIOD_MS

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket, *, mini: bool) -> None:
        super().__init__(topic, spec, market)
        self._mini = mini
        self._dirty = True

    def on_trades(self, trades: list[TradeHappened]) -> list[bytes]:
        """Note that there is something to push."""
        self._dirty = True
        return []

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the figures as of now."""
        if not self._dirty:
            return []
        self._dirty = False
        ticker = figures.DayTicker(self.market, self.spec)
        return [orjson.dumps(ticker.stream_mini(at_ms) if self._mini else ticker.stream_full(at_ms))]


class AllMiniTickersFeed(Feed):
    """``!miniTicker@arr``: the symbols that traded since the last push, in one array."""

    period_ms = TICKER_PERIOD_MS

    def __init__(self, topic: str, listing: Listing, market: SyntheticMarket) -> None:
        super().__init__(topic, "", "")
        self._market = market
        self._specs = [spec for _, spec in listing.items()]
        self._seen: dict[str, int] = {}
        for spec in self._specs:
            market.activate(spec.name)

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the changed figures, nothing when there are none."""
        rows = []
        for spec in self._specs:
            last = self._market.last_trade(spec.name).trade_id
            if self._seen.get(spec.name) != last:
                self._seen[spec.name] = last
                rows.append(figures.DayTicker(self._market, spec).stream_mini(at_ms))
        return [orjson.dumps(rows)] if rows else []


class AveragePriceFeed(PairFeed):
    """``<symbol>@avgPrice``: the five-minute average, once a second when there were trades."""

    period_ms = TICKER_PERIOD_MS

    def __init__(self, topic: str, spec: PairSpec, market: SyntheticMarket) -> None:
        super().__init__(topic, spec, market)
        self._traded_ms = -1

    def on_time(self, at_ms: int) -> list[bytes]:
        """Return the average as of now."""
        last = self.market.last_trade(self.pair).at_ms
        if last == self._traded_ms:
            return []
        self._traded_ms = last
        average = figures.five_minute_average(self.market, self.spec)
        event = {"e": "avgPrice", "E": at_ms, "s": self.symbol, "i": "5m", "w": average, "T": last}
        return [orjson.dumps(event)]


def _json(flag: bool) -> str:
    """Return a JSON literal."""
    return "true" if flag else "false"


class BinanceStreams:
    """Makes the feed for a stream name; unknown names give None and stay silent, as on the exchange."""

    def __init__(self, market: SyntheticMarket, listing: Listing) -> None:
        self._market, self._listing = market, listing

    def make(self, topic: str) -> Feed | None:
        """Return the feed of one stream name."""
        if topic == "!miniTicker@arr":
            return AllMiniTickersFeed(topic, self._listing, self._market)
        symbol, _, kind = topic.partition("@")
        spec = self._listing.get(symbol.upper())
        if spec is None or symbol != symbol.lower():
            return None
        return self._plain(topic, spec, kind) or self._kline(topic, spec, kind) or self._depth(topic, spec, kind)

    def _plain(self, topic: str, spec: PairSpec, kind: str) -> Feed | None:
        match kind:
            case "trade":
                return TradeFeed(topic, spec, self._market)
            case "aggTrade":
                return AggregateTradeFeed(topic, spec, self._market)
            case "bookTicker":
                return BookTickerFeed(topic, spec, self._market)
            case "ticker" | "miniTicker":
                return DayTickerFeed(topic, spec, self._market, mini=kind == "miniTicker")
            case "avgPrice":
                return AveragePriceFeed(topic, spec, self._market)
        return None

    def _kline(self, topic: str, spec: PairSpec, kind: str) -> Feed | None:
        interval = kind.removeprefix("kline_")
        if interval == kind or interval not in _INTERVALS:
            return None
        return KlineFeed(topic, spec, self._market, Timeframe(interval))

    def _depth(self, topic: str, spec: PairSpec, kind: str) -> Feed | None:
        shape = _DEPTH.fullmatch(kind)
        if shape is None:
            return None
        period = DEPTH_PERIODS_MS[shape["speed"] or ""]
        if shape["levels"]:
            return PartialDepthFeed(topic, spec, self._market, levels=int(shape["levels"]), period_ms=period)
        return DepthFeed(topic, spec, self._market, period)


def combined(stream: str, payload: bytes) -> bytes:
    """Return an event in the form of combined connections, ``{"stream":...,"data":...}``."""
    return b'{"stream":' + orjson.dumps(stream) + b',"data":' + payload + b"}"

"""Everything that is known about one instrument, and how each kind of event changes it."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import (
    BestQuote,
    BookDelta,
    BookSnapshot,
    Candle,
    FeedState,
    FeedStatus,
    MarketEvent,
    Ticker,
    Trade,
)
from cryptobot_desktop.marketdata.book_sync import BookSync, SyncOutcome
from cryptobot_desktop.marketdata.candle_builder import CandleBuilder
from cryptobot_desktop.marketdata.seen_trades import SeenTrades

Follows = tuple[MarketEvent, ...]
NOTHING: Final[Follows] = ()
_DISCONNECTED: Final = (FeedState.CONNECTING, FeedState.OFFLINE)


class WatchedInstrument:
    """One instrument's book, quote, last trade, figures, bars and state. The methods return what follows.

    None says that an event brought nothing new.
    """

    def __init__(self, instrument: Instrument, candles: CandleBuilder, sync: BookSync | None) -> None:
        self.instrument = instrument
        self.candles = candles
        self.sync = sync
        self.quote: BestQuote | None = None
        self.trade: Trade | None = None
        self.ticker: Ticker | None = None
        self._seen = SeenTrades()
        self._feed_state = FeedState.CONNECTING
        self._feed_reason = "the connection is being made"
        self._told = FeedState.CONNECTING
        self._lag_ms: int | None = None

    @property
    def state(self) -> FeedState:
        """Return the feed's state, but SYNCING or SUSPECT while the book is not live although the feed is."""
        if self._feed_state is not FeedState.LIVE or self.sync is None or self.sync.book.is_live:
            return self._feed_state
        return FeedState.SYNCING if self.sync.needs_snapshot else FeedState.SUSPECT

    @property
    def reason(self) -> str:
        """Return why the state is what it is."""
        if self._feed_state is not FeedState.LIVE or self.sync is None:
            return self._feed_reason
        return self.sync.book.why_not_live or self._feed_reason

    @property
    def last_price(self) -> int | None:
        """Return the price of the newest trade, or the close of the newest bar."""
        if self.trade is not None:
            return self.trade.price
        last = self.candles.last
        return None if last is None else last.close

    def on_trade(self, trade: Trade, received_ms: int) -> Follows | None:
        """Take a trade once."""
        if not self._seen.is_new(trade.trade_id):
            return None
        self.trade = trade
        lag = received_ms - trade.venue_ms
        if self._lag_ms is None or lag < self._lag_ms:
            self._lag_ms = lag
        return self.candles.on_trade(trade)

    def on_quote(self, quote: BestQuote, _received_ms: int) -> Follows | None:
        """Take best bid and ask; older numbers are ignored (two connections overlap for a moment)."""
        old = self.quote
        if old is not None and quote.update_id is not None and (old.update_id or 0) > quote.update_id:
            return None
        self.quote = quote
        return NOTHING

    def on_delta(self, delta: BookDelta, _received_ms: int) -> Follows | None:
        """Take a change of the order book."""
        if self.sync is None:
            return None
        if self.sync.on_delta(delta) is SyncOutcome.APPLIED and self._told is FeedState.LIVE:
            return NOTHING
        return self._changed_state()

    def on_snapshot(self, snapshot: BookSnapshot, _received_ms: int) -> Follows | None:
        """Take a whole book; without a number (KuCoin's level2Depth topics) it fits between no changes."""
        if self.sync is None or not snapshot.update_id:
            return None
        self.sync.on_snapshot(snapshot)
        return self._changed_state()

    def on_candle(self, candle: Candle, _received_ms: int) -> Follows:
        """Take a bar of the venue or of a file."""
        return self.candles.on_candle(candle)

    def on_ticker(self, ticker: Ticker, _received_ms: int) -> Follows:
        """Take 24 h figures."""
        self.ticker = ticker
        return NOTHING

    def on_status(self, status: FeedStatus, received_ms: int) -> Follows:
        """Take the state of the stream."""
        self._feed_state, self._feed_reason = status.state, status.reason
        if status.state is FeedState.LIVE:
            self.candles.begin_watching(self.venue_time(received_ms))
        else:
            self.candles.interrupt()
        if status.state in _DISCONNECTED:
            if self.quote is not None:
                self.quote = replace(self.quote, update_id=None)
            if self.sync is not None:
                self.sync.reset(status.reason or "the connection was lost")
        return self._changed_state()

    def on_time(self, at_ms: int) -> Follows:
        """Close bars that are over."""
        return self.candles.on_time(self.venue_time(at_ms))

    def venue_time(self, local_ms: int) -> int:
        """Return what the venue's clock shows at least.

        The smallest delay ever seen is the difference of the clocks plus the shortest travel time.
        """
        return local_ms - (self._lag_ms or 0)

    def _changed_state(self) -> Follows:
        """Return the new state as an event when it differs from the one that was told last."""
        state = self.state
        if state is self._told:
            return NOTHING
        self._told = state
        return (FeedStatus(self.instrument.id, state, self.reason),)


TAKE: Final[dict[type, Callable[[WatchedInstrument, Any, int], Follows | None]]] = {
    Trade: WatchedInstrument.on_trade,
    BestQuote: WatchedInstrument.on_quote,
    BookDelta: WatchedInstrument.on_delta,
    BookSnapshot: WatchedInstrument.on_snapshot,
    Candle: WatchedInstrument.on_candle,
    Ticker: WatchedInstrument.on_ticker,
    FeedStatus: WatchedInstrument.on_status,
}
"""Which method takes which kind of event."""

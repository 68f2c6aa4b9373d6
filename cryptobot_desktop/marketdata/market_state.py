"""The market as the program knows it at this moment; driven by events only, so that a replay sees the same."""

from collections.abc import Iterable, Sequence

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import BestQuote, Candle, FeedState, MarketEvent, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.book_sync import BookSync
from cryptobot_desktop.marketdata.candle_series import CandleSeries
from cryptobot_desktop.marketdata.order_book import OrderBook


class MarketState:
    """Implements `domain.market_view.MarketView`; one engine owns it.

    `books` False is for sources without order books (candle and trade files). `base` is the timeframe of the
    finest bars (1m, or a candle file's own); `timeframes` are the bars rolled up from them.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument] = (),
        *,
        books: bool = True,
        base: Timeframe = Timeframe.M1,
        timeframes: Iterable[Timeframe] = tuple(Timeframe),
        grace_ms: int = 2_000,
    ) -> None:
        raise NotImplementedError

    def watch(self, instrument: Instrument) -> None:
        """Add an instrument (or replace its filters); its state is CONNECTING until the feed says more."""
        raise NotImplementedError

    def unwatch(self, instrument: InstrumentId) -> None:
        """Forget an instrument."""
        raise NotImplementedError

    def load_history(self, candles: Sequence[Candle]) -> None:
        """Merge finished bars from before the start (any timeframe): for warm-up, never told as newly closed."""
        raise NotImplementedError

    def apply(self, event: MarketEvent, received_ms: int) -> tuple[MarketEvent, ...] | None:
        """Take one event and return what follows from it, in a fixed order: closed bars (shortest first), new states.

        None means that the event brought nothing new (a repeated trade, an unwatched instrument): act on nothing.
        Closed bars come back exactly once and in order, whether built here or the venue's own; a Candle event
        itself is never to be acted upon.
        """
        raise NotImplementedError

    # MarketView

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """Return the instrument, or None when it is not watched."""
        raise NotImplementedError

    def book(self, instrument: InstrumentId) -> OrderBook | None:
        """Return the local book, or None when the market source has no book."""
        raise NotImplementedError

    def quote(self, instrument: InstrumentId) -> BestQuote | None:
        """Return the newest best bid and ask from any source."""
        raise NotImplementedError

    def last_price(self, instrument: InstrumentId) -> int | None:
        """Return the price of the newest trade (or the close of the newest bar)."""
        raise NotImplementedError

    def state(self, instrument: InstrumentId) -> FeedState:
        """Return the state of the instrument's stream; LIVE only when its book is live too."""
        raise NotImplementedError

    def last_candle(self, instrument: InstrumentId) -> Candle | None:
        """Return the newest closed candle of the base timeframe."""
        raise NotImplementedError

    # More than MarketView, for the engine, the feeds and the screen

    def reason(self, instrument: InstrumentId) -> str:
        """Return why the state is what it is, for people."""
        raise NotImplementedError

    def needs_snapshot(self, instrument: InstrumentId) -> bool:
        """Return True while the book can only be helped by a snapshot; the feed asks this after each change."""
        raise NotImplementedError

    def sync(self, instrument: InstrumentId) -> BookSync | None:
        """Return the book with its counters."""
        raise NotImplementedError

    def last_trade(self, instrument: InstrumentId) -> Trade | None:
        """Return the newest trade."""
        raise NotImplementedError

    def ticker(self, instrument: InstrumentId) -> Ticker | None:
        """Return the newest 24 h figures."""
        raise NotImplementedError

    def series(self, instrument: InstrumentId, timeframe: Timeframe) -> CandleSeries | None:
        """Return the closed bars of a watched instrument."""
        raise NotImplementedError

    def forming(self, instrument: InstrumentId, timeframe: Timeframe) -> Candle | None:
        """Return the running bar (`closed` False), or None."""
        raise NotImplementedError

"""The market as the program knows it at this moment; driven by events only, so that a replay sees the same."""

from collections.abc import Iterable, Sequence

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import BestQuote, Candle, ClockTick, FeedState, MarketEvent, Ticker, Trade
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.book_sync import BookSync
from cryptobot_desktop.marketdata.candle_builder import GRACE_MS, CandleBuilder
from cryptobot_desktop.marketdata.candle_series import CandleSeries
from cryptobot_desktop.marketdata.order_book import OrderBook
from cryptobot_desktop.marketdata.watched_instrument import NOTHING, TAKE, WatchedInstrument


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
        grace_ms: int = GRACE_MS,
    ) -> None:
        self._books = books
        self._base = base
        self._timeframes = tuple(timeframes)
        self._grace_ms = grace_ms
        self._watched: dict[InstrumentId, WatchedInstrument] = {}
        for instrument in instruments:
            self.watch(instrument)

    def watch(self, instrument: Instrument) -> None:
        """Add an instrument (or replace its filters); its state is CONNECTING until the feed says more.

        An instrument whose precision changed starts anew, because everything known is counted in it.
        """
        held = self._watched.get(instrument.id)
        if held is not None and _precision(held.instrument) == _precision(instrument):
            held.instrument = held.candles.instrument = instrument
            return
        candles = CandleBuilder(instrument, base=self._base, timeframes=self._timeframes, grace_ms=self._grace_ms)
        sync = BookSync(instrument.venue) if self._books else None
        self._watched[instrument.id] = WatchedInstrument(instrument, candles, sync)

    def unwatch(self, instrument: InstrumentId) -> None:
        """Forget an instrument."""
        self._watched.pop(instrument, None)

    @property
    def watched(self) -> tuple[InstrumentId, ...]:
        """Return the watched instruments in the order in which they were added."""
        return tuple(self._watched)

    def load_history(self, candles: Sequence[Candle]) -> None:
        """Merge finished bars from before the start (any timeframe): for warm-up, never told as newly closed."""
        by_instrument: dict[InstrumentId, list[Candle]] = {}
        for candle in candles:
            by_instrument.setdefault(candle.instrument, []).append(candle)
        for instrument, bars in by_instrument.items():
            held = self._watched.get(instrument)
            if held is not None:
                held.candles.load_history(bars)

    def apply(self, event: MarketEvent, received_ms: int) -> tuple[MarketEvent, ...] | None:
        """Take one event and return what follows from it, in a fixed order: closed bars (shortest first), new states.

        None means that the event brought nothing new (a repeated trade, an unwatched instrument): act on nothing.
        Closed bars come back exactly once and in order, whether built here or the venue's own; a Candle event
        itself is never to be acted upon.
        """
        if type(event) is ClockTick:
            return _pass_time(self._watched.values(), event.at_ms)
        held = self._watched.get(event.instrument)
        if held is None:
            return None
        return TAKE[type(event)](held, event, received_ms)

    # MarketView

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """Return the instrument, or None when it is not watched."""
        held = self._watched.get(instrument)
        return None if held is None else held.instrument

    def book(self, instrument: InstrumentId) -> OrderBook | None:
        """Return the local book, or None when the market source has no book."""
        held = self._watched.get(instrument)
        return None if held is None or held.sync is None else held.sync.book

    def quote(self, instrument: InstrumentId) -> BestQuote | None:
        """Return the newest best bid and ask from any source."""
        held = self._watched.get(instrument)
        return None if held is None else held.quote

    def last_price(self, instrument: InstrumentId) -> int | None:
        """Return the price of the newest trade (or the close of the newest bar)."""
        held = self._watched.get(instrument)
        return None if held is None else held.last_price

    def state(self, instrument: InstrumentId) -> FeedState:
        """Return the state of the instrument's stream; LIVE only when its book is live too."""
        held = self._watched.get(instrument)
        return FeedState.OFFLINE if held is None else held.state

    def last_candle(self, instrument: InstrumentId) -> Candle | None:
        """Return the newest closed candle of the base timeframe."""
        held = self._watched.get(instrument)
        return None if held is None else held.candles.last

    # More than MarketView, for the engine, the feeds and the screen

    def known(self, instrument: InstrumentId) -> WatchedInstrument | None:
        """Return everything about an instrument, with its counters (`sync`, `candles`); only to be read."""
        return self._watched.get(instrument)

    def reason(self, instrument: InstrumentId) -> str:
        """Return why the state is what it is, for people."""
        held = self._watched.get(instrument)
        return f"{instrument} is not watched" if held is None else held.reason

    def needs_snapshot(self, instrument: InstrumentId) -> bool:
        """Return True while the book can only be helped by a snapshot; the feed asks this after each change."""
        held = self._watched.get(instrument)
        return held is not None and held.sync is not None and held.sync.needs_snapshot

    def sync(self, instrument: InstrumentId) -> BookSync | None:
        """Return the book with its counters."""
        held = self._watched.get(instrument)
        return None if held is None else held.sync

    def last_trade(self, instrument: InstrumentId) -> Trade | None:
        """Return the newest trade."""
        held = self._watched.get(instrument)
        return None if held is None else held.trade

    def ticker(self, instrument: InstrumentId) -> Ticker | None:
        """Return the newest 24 h figures."""
        held = self._watched.get(instrument)
        return None if held is None else held.ticker

    def series(self, instrument: InstrumentId, timeframe: Timeframe) -> CandleSeries | None:
        """Return the closed bars of a watched instrument."""
        held = self._watched.get(instrument)
        return None if held is None else held.candles.series.get(timeframe)

    def forming(self, instrument: InstrumentId, timeframe: Timeframe) -> Candle | None:
        """Return the running bar (`closed` False), or None."""
        held = self._watched.get(instrument)
        return None if held is None else held.candles.forming(timeframe)


def _pass_time(watched: Iterable[WatchedInstrument], at_ms: int) -> tuple[MarketEvent, ...]:
    """Let time pass for every instrument; bars come instrument by instrument, in the order of watching."""
    closed: list[MarketEvent] = []
    for held in watched:
        closed.extend(held.on_time(at_ms))
    return tuple(closed) if closed else NOTHING


def _precision(instrument: Instrument) -> tuple[int, int]:
    return instrument.price_decimals, instrument.qty_decimals

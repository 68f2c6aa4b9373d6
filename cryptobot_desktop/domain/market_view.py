"""What deciding stages may ask about the market: books, last prices and states, read only."""

from collections.abc import Iterable
from typing import Protocol

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import BestQuote, Candle, FeedState, Level, Side


class BookView(Protocol):
    """A local order book. Levels come best first."""

    @property
    def update_id(self) -> int:
        """Return the venue's number of the newest applied change."""
        ...

    @property
    def is_live(self) -> bool:
        """Return True only while the book is provably in sync and neither stale nor crossed."""
        ...

    @property
    def why_not_live(self) -> str:
        """Return the reason shown to the user while `is_live` is False, else an empty text."""
        ...

    def best_bid(self) -> Level | None:
        """Return the best bid level, or None when that side is empty."""
        ...

    def best_ask(self) -> Level | None:
        """Return the best ask level, or None when that side is empty."""
        ...

    def levels(self, side: Side) -> Iterable[Level]:
        """Yield resting levels best first: ``Side.BUY`` gives bids, ``Side.SELL`` asks."""
        ...

    def qty_at(self, side: Side, price: int) -> int:
        """Return the resting quantity at one price, 0 when none is known."""
        ...


class MarketView(Protocol):
    """The market as the engine knows it at this moment."""

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """Return the instrument, or None when it is not watched."""
        ...

    def book(self, instrument: InstrumentId) -> BookView | None:
        """Return the local book, or None when the market source has no book (candle or trade files)."""
        ...

    def quote(self, instrument: InstrumentId) -> BestQuote | None:
        """Return the newest best bid and ask from any source."""
        ...

    def last_price(self, instrument: InstrumentId) -> int | None:
        """Return the price of the newest trade (or the close of the newest bar)."""
        ...

    def state(self, instrument: InstrumentId) -> FeedState:
        """Return the state of the instrument's stream."""
        ...

    def last_candle(self, instrument: InstrumentId) -> Candle | None:
        """Return the newest closed 1m (or file) candle."""
        ...

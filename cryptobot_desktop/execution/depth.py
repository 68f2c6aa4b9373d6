"""What of the market may be used: only a live, uncrossed book, and a reference price for the filters."""

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.market_view import BookView, MarketView


def usable_book(market: MarketView, instrument: InstrumentId) -> tuple[BookView | None, str]:
    """Return the book, or None with the reason why nothing may fill on it (I-18)."""
    state = market.state(instrument)
    if state is not FeedState.LIVE:
        return None, f"the feed of {instrument} is {state.value}"
    book = market.book(instrument)
    if book is None:
        return None, f"{instrument} has no order book"
    if not book.is_live:
        return None, book.why_not_live or "the order book is not in sync"
    bid, ask = book.best_bid(), book.best_ask()
    if bid is not None and ask is not None and bid[0] >= ask[0]:
        return None, "the order book is crossed"
    return book, ""


def reference_price(market: MarketView, instrument: InstrumentId) -> int | None:
    """Return the last trade price, before the first trade the middle of the best quote, else None."""
    last = market.last_price(instrument)
    if last:
        return last
    quote = market.quote(instrument)
    return (quote.bid + quote.ask) // 2 if quote is not None and quote.bid and quote.ask else None

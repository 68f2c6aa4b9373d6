"""The order books at the end of a run, for the option ``--books``."""

from typing import Any

from cryptobot_desktop.domain.instrument import Instrument, split_instrument_id
from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.marketdata.market_state import MarketState

BEST_LEVELS = 20


def books_document(market: MarketState) -> dict[str, Any]:
    """Return per venue and symbol: update_id, state and the best 20 levels of each side as decimal strings."""
    document: dict[str, Any] = {}
    for key in market.watched:
        book, instrument = market.book(key), market.instrument(key)
        if book is None or instrument is None:
            continue
        venue, symbol = split_instrument_id(key)
        document.setdefault(venue.value, {})[symbol] = {
            "update_id": book.update_id,
            "state": market.state(key).value,
            "bids": _texts(book.top(Side.BUY, BEST_LEVELS), instrument),
            "asks": _texts(book.top(Side.SELL, BEST_LEVELS), instrument),
        }
    return document


def _texts(levels: tuple[Level, ...], instrument: Instrument) -> list[list[str]]:
    return [[instrument.price_text(price), instrument.qty_text(qty)] for price, qty in levels]

"""Which adapter speaks which venue's protocol."""

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.marketdata.binance_adapter import BinanceAdapter
from cryptobot_desktop.marketdata.kucoin_adapter import KucoinAdapter
from cryptobot_desktop.marketdata.venue_adapter import VenueAdapter


def adapter_for(venue: Venue) -> VenueAdapter:
    """Return a new adapter of a venue."""
    return BinanceAdapter() if venue is Venue.BINANCE else KucoinAdapter()

"""Binance Spot without sockets, played from the synthetic market."""

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.emulator.binance_feeds import BinanceStreams
from cryptobot_desktop.emulator.binance_reference import WEIGHT_LIMIT
from cryptobot_desktop.emulator.binance_rest import BinanceRest
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse, StreamFrame
from cryptobot_desktop.emulator.venue_streams import FeedBoard, Listing, synthetic_label


class BinanceVenue:
    """An `EmulatedVenue` that speaks Binance; it owns the market's time, so one market serves one venue."""

    venue = Venue.BINANCE
    synthetic = True

    def __init__(self, market: SyntheticMarket, weight_limit: int = WEIGHT_LIMIT) -> None:
        listing = Listing(market, lambda spec: spec.binance_symbol)
        self._market = market
        self._rest = BinanceRest(market, listing, weight_limit)
        self._board = FeedBoard(market, BinanceStreams(market, listing).make)
        self.symbols = listing.symbols
        self.label = synthetic_label(market)

    def now_ms(self) -> int:
        """Return the market's time."""
        return self._market.now_ms

    def rest(self, request: RestRequest) -> RestResponse:
        """Answer one request as of now."""
        return self._rest.respond(request)

    def subscribe(self, topic: str) -> bool:
        """Ask for a stream; False for a name that will stay silent."""
        return self._board.subscribe(topic)

    def unsubscribe(self, topic: str) -> None:
        """Undo one subscribe."""
        self._board.unsubscribe(topic)

    def advance(self, to_ms: int) -> list[StreamFrame]:
        """Play until to_ms and return the frames of the streams asked for."""
        return self._board.advance(to_ms)

    def next_due_ms(self) -> int | None:
        """Return the next point at which something can be due; a synthetic market never ends."""
        return self._board.next_due_ms()

"""KuCoin Spot (classic API) without sockets, played from the synthetic market."""

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.emulator.kucoin_feeds import KucoinTopics
from cryptobot_desktop.emulator.kucoin_reference import PUBLIC_LIMIT
from cryptobot_desktop.emulator.kucoin_rest import KucoinRest
from cryptobot_desktop.emulator.kucoin_tokens import TokenDesk
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse, StreamFrame
from cryptobot_desktop.emulator.venue_streams import FeedBoard, Listing, synthetic_label


class KucoinVenue:
    """An `EmulatedVenue` that speaks KuCoin; it owns the market's time, so one market serves one venue."""

    venue = Venue.KUCOIN
    synthetic = True

    def __init__(self, market: SyntheticMarket, limit: int = PUBLIC_LIMIT) -> None:
        listing = Listing(market, lambda spec: spec.kucoin_symbol)
        self._market = market
        self._rest = KucoinRest(market, listing, limit)
        self._board = FeedBoard(market, KucoinTopics(market, listing).make)
        self.symbols = listing.symbols
        self.label = synthetic_label(market)

    @property
    def tokens(self) -> TokenDesk:
        """Return the tokens given out, which a socket server has to check."""
        return self._rest.desk.tokens

    def now_ms(self) -> int:
        """Return the market's time."""
        return self._market.now_ms

    def rest(self, request: RestRequest) -> RestResponse:
        """Answer one request as of now."""
        return self._rest.respond(request)

    def subscribe(self, topic: str) -> bool:
        """Ask for a topic of one symbol; False for one that will stay silent."""
        return self._board.subscribe(topic)

    def unsubscribe(self, topic: str) -> None:
        """Undo one subscribe."""
        self._board.unsubscribe(topic)

    def advance(self, to_ms: int) -> list[StreamFrame]:
        """Play until to_ms and return the frames of the topics asked for."""
        return self._board.advance(to_ms)

    def next_due_ms(self) -> int | None:
        """Return the next point at which something can be due; a synthetic market never ends."""
        return self._board.next_due_ms()

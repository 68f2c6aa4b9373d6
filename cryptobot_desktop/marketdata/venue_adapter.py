"""What to ask a venue and how to read its answers, without any input or output.

The same adapter serves the feed on real sockets and the in-process player, which only has
``rest(request) -> response`` and frames.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct, field

from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import BookSnapshot, Candle, MarketEvent
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire.binance_filters import InstrumentList
from cryptobot_desktop.marketdata.wire.messages import Notice, VenueError


class HttpRequest(Struct, frozen=True):
    """One REST request: `path` starts with a slash; `weight` is what it costs of the venue's budget."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    weight: int = 1


class HttpResponse(Struct, frozen=True):
    """One REST answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class StreamPlan(Struct, frozen=True, kw_only=True):
    """How to get the streams of a set of instruments.

    Connect to `target` (path and query below the WebSocket base; empty where the venue names the address),
    then send `messages` with at least `spacing_ms` between two. `topics` are the same streams one by one.
    """

    target: str
    messages: tuple[str, ...]
    spacing_ms: int
    topics: tuple[str, ...]


class VenueRefused(TemporaryFailure):
    """The venue refused, and waiting may help; `error` says how long."""

    def __init__(self, text: str, error: VenueError) -> None:
        super().__init__(text)
        self.error = error


class VenueBlocked(UserActionNeeded):
    """The venue refuses this place, this request or this program for good."""

    def __init__(self, text: str, error: VenueError) -> None:
        super().__init__(text)
        self.error = error


class VenueAdapter(Protocol):
    """One venue's public market data. `read_...` raise VenueRefused, VenueBlocked or TemporaryFailure."""

    @property
    def venue(self) -> Venue:
        """Return whose protocol is spoken."""
        ...

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """Return the watched instruments by the venue's symbol; frames of others are ignored."""
        ...

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Replace the instruments whose frames are decoded."""
        ...

    def instruments_request(self) -> HttpRequest:
        """Return the request for all instruments."""
        ...

    def read_instruments(self, response: HttpResponse) -> InstrumentList:
        """Return the instruments of the answer, and which symbols were left out."""
        ...

    def time_request(self) -> HttpRequest:
        """Return the request for the venue's clock."""
        ...

    def read_time(self, response: HttpResponse) -> int:
        """Return the venue's UTC milliseconds."""
        ...

    def history_timeframe(self, timeframe: Timeframe) -> Timeframe:
        """Return the timeframe to ask for: the same, or a shorter one to roll up (KuCoin has no 3d bars)."""
        ...

    def history_requests(
        self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> tuple[HttpRequest, ...]:
        """Return requests, oldest first, for the bars that open in [start_ms, end_ms), paged by the venue's limit."""
        ...

    def read_history(
        self, response: HttpResponse, instrument: Instrument, timeframe: Timeframe, now_ms: int
    ) -> list[Candle]:
        """Return the bars of an answer, oldest first; `closed` is False for bars that end after now_ms."""
        ...

    def snapshot_request(self, instrument: Instrument) -> HttpRequest:
        """Return the request for an order book."""
        ...

    def read_snapshot(self, response: HttpResponse, instrument: Instrument) -> BookSnapshot:
        """Return the book of the answer."""
        ...

    def stream_plan(self, instruments: Iterable[Instrument]) -> StreamPlan:
        """Return how to get trades, quotes, books, 1m candles and tickers of instruments."""
        ...

    def on_frame(self, raw: str | bytes) -> list[MarketEvent] | Notice:
        """Return the events of a frame as it comes from the socket, or a notice; never raises."""
        ...

    def on_payload(self, topic: str, payload: bytes) -> list[MarketEvent] | Notice:
        """Like `on_frame` for a push without its envelope, as the in-process player has it."""
        ...


def adapter_for(venue: Venue) -> VenueAdapter:
    """Return a new adapter of a venue."""
    raise NotImplementedError


def instrument_by_name(instruments: Iterable[Instrument], text: str) -> InstrumentId:
    """Return the instrument meant by ``BTC/USDT``, ``BTCUSDT`` or ``BTC-USDT``; InvalidInput names near misses."""
    raise NotImplementedError

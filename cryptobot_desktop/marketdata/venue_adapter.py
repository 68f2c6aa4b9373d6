"""What to ask a venue and how to read its answers, without any input or output.

The same adapter serves the feed on real sockets and the in-process player, which only has
``rest(request) -> response`` and frames.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct, field

from cryptobot_desktop.domain.errors import InvalidInput, TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BookSnapshot, Candle, MarketEvent
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.wire.binance_filters import InstrumentList
from cryptobot_desktop.marketdata.wire.http import classify_http
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


class Connection(Struct, frozen=True):
    """Where to connect for one connection, and how to keep it alive (0: the venue pings us)."""

    url: str
    awaits_welcome: bool = False
    ping_every_ms: int = 0
    pong_within_ms: int = 0


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
    def weight_limit(self) -> tuple[int, int]:
        """Return the request budget that the feed keeps to: (weight, window in ms), below the venue's own."""
        ...

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Replace the instruments whose frames are decoded; frames of others are ignored."""
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

    def connection_request(self) -> HttpRequest | None:
        """Return what must be asked before every connection (KuCoin's token), or None."""
        ...

    def connection(self, base: str, plan: StreamPlan, connect_id: str, answer: HttpResponse | None) -> Connection:
        """Return where to connect; `answer` is that of `connection_request`."""
        ...

    def ping_message(self, number: int) -> str:
        """Return the text that keeps a connection alive, where `Connection.ping_every_ms` asks for it."""
        ...

    def on_frame(self, raw: str | bytes) -> list[MarketEvent] | Notice:
        """Return the events of a frame as it comes from the socket, or a notice; never raises."""
        ...

    def on_payload(self, topic: str, payload: bytes) -> list[MarketEvent] | Notice:
        """Like `on_frame` for a push without its envelope, as the in-process player has it."""
        ...


_WEB_PAGE = "the answer is a web page, not the exchange's data: a firewall, proxy or log-in page stands between"
_FOR_GOOD = ("geo_restricted", "exchange_error", "bad_topic")


def check_response(venue: Venue, response: HttpResponse, what: str) -> None:
    """Raise VenueBlocked or VenueRefused when an answer is not the one that was asked for."""
    error = classify_http(venue.value, response.status, response.headers, response.body)
    if error is None:
        if _is_web_page(response):
            raise TemporaryFailure(f"{venue_name(venue)} did not answer for {what}: {_WEB_PAGE}")
        return
    text = f"{venue_name(venue)} refused {what}: {_explained(error, response)}"
    if error.error_class in _FOR_GOOD and not _is_web_page(response):
        raise VenueBlocked(text, error)
    raise VenueRefused(text, error)


def venue_name(venue: Venue) -> str:
    """Return a venue's name as it is written in texts."""
    return "KuCoin" if venue is Venue.KUCOIN else "Binance"


def _is_web_page(response: HttpResponse) -> bool:
    return response.body.lstrip()[:1] == b"<"


def unusable(venue: Venue, what: str, error: InvalidInput) -> TemporaryFailure:
    """Return the error for an answer that is no refusal and still cannot be used."""
    return TemporaryFailure(f"{venue_name(venue)} sent {what} that cannot be used: {error}; it is asked again")


def _explained(error: VenueError, response: HttpResponse) -> str:
    """Return what a refusal means and what happens next, in one sentence."""
    code = f" (code {error.code})" if error.code else ""
    said = f'HTTP {response.status}{code} "{error.message[:160]}"'
    hint = _HINTS.get(error.error_class, "")
    if _is_web_page(response):
        hint = _WEB_PAGE
    return f"{said}; {hint}" if hint else said


_HINTS = {
    "geo_restricted": "the exchange does not serve this country or network; choose another market source",
    "ip_banned": "this network address is banned for a while; nothing is asked until then",
    "rate_limited": "too many requests; the program waits and goes on by itself",
    "overloaded": "the exchange is overloaded; the program tries again by itself",
    "waf_blocked": "the exchange's firewall blocks this network for now; the program tries again in some minutes",
    "unknown_outcome": "the exchange has a problem; the program tries again by itself",
    "token_expired": "the connection token is used up; a new one is fetched",
}

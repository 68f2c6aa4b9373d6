"""The sans-IO face of an emulated exchange: REST in and out, stream frames when time moves on.

The socket servers are a thin layer over this port and the in-process path of the engine uses it
directly, so the frames are the same bytes in both. Nothing here reads a clock: time moves only by
`advance`, and what comes out does not depend on how a stretch of time is cut into calls.
"""

from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from msgspec import Struct, field

from cryptobot_desktop.domain.instrument import Venue


class RestRequest(Struct, frozen=True):
    """One HTTP request: `path` starts with a slash and has no query; header names are lower case."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Return path and query as they stand in a request line."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path


class RestResponse(Struct, frozen=True):
    """One HTTP answer; header names as the venue spells them."""

    status: int
    headers: dict[str, str]
    body: bytes


class StreamFrame(Struct, frozen=True, gc=False):
    """One push at market time `at_ms`.

    `payload` is the JSON event: for Binance without the combined wrapper, for KuCoin the whole push
    envelope. `topic` is the name under which it was subscribed (``btcusdt@trade``,
    ``/market/match:BTC-USDT``); `symbol` is the venue's symbol, empty for whole-market topics.
    """

    at_ms: int
    topic: str
    payload: bytes
    symbol: str


class EmulatedVenue(Protocol):
    """An exchange without sockets, played from a synthetic market or from a recording."""

    @property
    def venue(self) -> Venue:
        """Return whose protocol is spoken."""
        ...

    @property
    def synthetic(self) -> bool:
        """Return True when the prices are made up rather than recorded."""
        ...

    @property
    def label(self) -> str:
        """Return where the prices come from, for people: ``synthetic market, seed 7``."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """Return the venue's own symbols that can be asked for."""
        ...

    def now_ms(self) -> int:
        """Return the market time up to which `advance` has played, UTC milliseconds."""
        ...

    def rest(self, request: RestRequest) -> RestResponse:
        """Answer one request as of `now_ms`; a wrong request gives the venue's own error, never an exception."""
        ...

    def subscribe(self, topic: str) -> bool:
        """Ask for a topic; frames come from now on. Return False when the venue does not know the topic.

        Asking several times is counted; an unknown topic stays silent, as on the real exchanges.
        """
        ...

    def unsubscribe(self, topic: str) -> None:
        """Undo one `subscribe`; a topic that nobody asked for is ignored."""
        ...

    def advance(self, to_ms: int) -> list[StreamFrame]:
        """Play until `to_ms` (inclusive) and return the frames of the subscribed topics in time order.

        Many small steps give the same frames as one large step. A time in the past changes nothing.
        """
        ...

    def next_due_ms(self) -> int | None:
        """Return the earliest market time after `now_ms` at which a frame can come; None when the play is over."""
        ...


def request_from_target(
    method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> RestRequest:
    """Return the request for a request line's target such as ``/api/v3/depth?symbol=BTCUSDT``."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return RestRequest(method=method, path=parts.path, query=query, headers=headers or {}, body=body)

"""Addresses of the venues: only official hosts and this machine are accepted, over encrypted connections."""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue

BINANCE_REST_VARIABLE: Final = "CRYPTOBOT_BINANCE_REST"
BINANCE_WS_VARIABLE: Final = "CRYPTOBOT_BINANCE_WS"
KUCOIN_REST_VARIABLE: Final = "CRYPTOBOT_KUCOIN_REST"

OFFICIAL_HOSTS: Final[Mapping[Venue, frozenset[str]]] = {
    Venue.BINANCE: frozenset(
        {
            "api.binance.com",
            "api-gcp.binance.com",
            "api1.binance.com",
            "api2.binance.com",
            "api3.binance.com",
            "api4.binance.com",
            "stream.binance.com",
            "data-api.binance.vision",
            "data-stream.binance.vision",
            "testnet.binance.vision",
            "api1.testnet.binance.vision",
            "stream.testnet.binance.vision",
            "demo-api.binance.com",
            "demo-stream.binance.com",
            "api.binance.us",
            "stream.binance.us",
        }
    ),
    Venue.KUCOIN: frozenset(
        {
            "api.kucoin.com",
            "api.kucoin.eu",
            "ws-api.kucoin.com",
            "ws-api-spot.kucoin.com",
            "ws-api.kucoin.eu",
            "ws-api-spot.kucoin.eu",
            "push-private.kucoin.com",
            "x-push-spot.kucoin.com",
            "x-push-spot.kucoin.eu",
        }
    ),
}
_PLAIN: Final = ("http", "ws")
_KINDS: Final = {"REST": ("https", "http"), "WebSocket": ("wss", "ws")}


class Endpoints(Struct, frozen=True):
    """Base addresses of one venue without a trailing slash; `websocket` is empty where the venue names it."""

    rest: str
    websocket: str = ""
    fallback_rest: str = ""
    """Public data only; used when the first answers that this country is blocked."""
    fallback_websocket: str = ""


_BINANCE: Final = Endpoints(
    rest="https://api.binance.com",
    websocket="wss://stream.binance.com:9443",
    fallback_rest="https://data-api.binance.vision",
    fallback_websocket="wss://data-stream.binance.vision",
)
_KUCOIN: Final = Endpoints(rest="https://api.kucoin.com")


def endpoints_for(venue: Venue, environment: Mapping[str, str]) -> Endpoints:
    """Return a venue's addresses, overridden by the environment; InvalidInput names the allowed hosts.

    There is no fall-back from addresses that somebody chose.
    """
    if venue is Venue.KUCOIN:
        kucoin = environment.get(KUCOIN_REST_VARIABLE, "")
        return Endpoints(base_address(venue, kucoin, KUCOIN_REST_VARIABLE, "REST")) if kucoin else _KUCOIN
    rest, websocket = environment.get(BINANCE_REST_VARIABLE, ""), environment.get(BINANCE_WS_VARIABLE, "")
    if not rest and not websocket:
        return _BINANCE
    chosen = Endpoints(
        rest=base_address(venue, rest, BINANCE_REST_VARIABLE, "REST") if rest else _BINANCE.rest,
        websocket=base_address(venue, websocket, BINANCE_WS_VARIABLE, "WebSocket") if websocket else _BINANCE.websocket,
    )
    markets = market_of(chosen.rest), market_of(chosen.websocket)
    if markets[0] != markets[1]:
        raise InvalidInput(
            f"{BINANCE_REST_VARIABLE} ({chosen.rest}) is {markets[0]} and {BINANCE_WS_VARIABLE} ({chosen.websocket}) "
            f"is {markets[1]}; both must mean the same market"
        )
    return chosen


def market_of(address: str) -> str:
    """Return which market a checked Binance address belongs to; prices of two markets must never be mixed."""
    host = urlsplit(address).hostname or ""
    if is_loopback(host):
        return "this machine"
    words = {"testnet": "the test network", "demo": "the demo mode", ".us": "Binance.US"}
    return next((name for word, name in words.items() if word in host), "the main market")


def base_address(venue: Venue, address: str, name: str, kind: str) -> str:
    """Return a checked base address without trailing slash and ``/api``; `kind` is REST or WebSocket."""
    parts = check_address(venue, address, name)
    if parts.scheme not in _KINDS[kind]:
        raise InvalidInput(f"{name} is {address!r}, allowed: an address that begins with {_KINDS[kind][0]}://")
    if parts.query or parts.fragment:
        raise InvalidInput(f"{name} is {address!r}, allowed: a base address without query")
    path = parts.path.rstrip("/").removesuffix("/api").removesuffix("/ws").removesuffix("/stream")
    return f"{parts.scheme}://{parts.netloc}{path}"


def check_address(venue: Venue, address: str, name: str) -> SplitResult:
    """Return the parts of an address when it is an official host's or this machine's, else raise InvalidInput."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(f"{name} is {address[:200]!r}, which is no address: {error}") from None
    if parts.username is not None or parts.password is not None or port == 0:
        raise InvalidInput(f"{name} is {address[:200]!r}, allowed: an address without user name, with a real port")
    local = is_loopback(host)
    if not local and host not in OFFICIAL_HOSTS[venue]:
        allowed = ", ".join(sorted(OFFICIAL_HOSTS[venue]))
        raise InvalidInput(
            f"{name} is {address[:200]!r}, whose host {host!r} is not allowed; "
            f"allowed: {allowed}, and this machine (127.0.0.1, localhost, ::1)"
        )
    if parts.scheme not in ("https", "wss", *(_PLAIN if local else ())):
        raise InvalidInput(
            f"{name} is {address[:200]!r}, allowed: https:// or wss:// (http and ws on this machine only)"
        )
    return parts


def is_loopback(host: str) -> bool:
    """Return True for this machine: ``localhost`` and the loopback networks."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

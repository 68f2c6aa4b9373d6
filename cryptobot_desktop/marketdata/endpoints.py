"""Addresses of the venues: only official hosts and this machine are accepted, over encrypted connections."""

from collections.abc import Mapping

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue

BINANCE_REST_VARIABLE = "CRYPTOBOT_BINANCE_REST"
BINANCE_WS_VARIABLE = "CRYPTOBOT_BINANCE_WS"
KUCOIN_REST_VARIABLE = "CRYPTOBOT_KUCOIN_REST"


class Endpoints(Struct, frozen=True):
    """Base addresses of one venue without a trailing slash; `websocket` is empty where the venue names it."""

    rest: str
    websocket: str = ""
    fallback_rest: str = ""
    """Public data only; used when the first answers that this country is blocked."""
    fallback_websocket: str = ""


def endpoints_for(venue: Venue, environment: Mapping[str, str]) -> Endpoints:
    """Return a venue's addresses, overridden by the environment; InvalidInput names the allowed hosts."""
    raise NotImplementedError

"""The live feed of one venue: REST and WebSocket on the engine's asyncio loop, events to a plain callback."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from random import Random

from msgspec import Struct

from cryptobot_desktop.domain.clock import Clock
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Candle, Received
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.endpoints import Endpoints
from cryptobot_desktop.marketdata.venue_adapter import VenueAdapter


class FeedSurroundings(Struct, frozen=True):
    """What a feed gets from outside, so that tests decide over time and chance."""

    clock: Clock
    random: Random
    sleep: Callable[[float], Awaitable[None]]


class Feed:
    """Keeps one venue's streams running until it is stopped; every trouble becomes a FeedStatus with a reason."""

    def __init__(
        self,
        adapter: VenueAdapter,
        endpoints: Endpoints,
        *,
        sink: Callable[[Received], None],
        needs_snapshot: Callable[[InstrumentId], bool],
        surroundings: FeedSurroundings,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> Mapping[str, Instrument]:
        """Load the venue's instruments by symbol; raises TemporaryFailure or UserActionNeeded."""
        raise NotImplementedError

    async def history(self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int) -> list[Candle]:
        """Return the venue's bars that open in [start_ms, end_ms), oldest first, `closed` False for the running one."""
        raise NotImplementedError

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Choose whose streams to read; takes effect at once, also while `run` runs."""
        raise NotImplementedError

    async def run(self) -> None:
        """Connect, read, reconnect, until `stop`; never ends by itself."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End `run` and close every connection; safe to call twice."""
        raise NotImplementedError

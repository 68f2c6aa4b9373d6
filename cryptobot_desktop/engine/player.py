"""Plays an emulated venue inside the process, as fast as possible and in an order that never depends on timing.

The same REST answers and the same frames as over sockets go to the same decoders.
"""

from collections.abc import Iterator

from cryptobot_desktop.domain.errors import TemporaryFailure
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, ClockTick, FeedState, FeedStatus, Received
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.emulator.venue_port import EmulatedVenue, RestRequest
from cryptobot_desktop.marketdata.market_state import MarketState
from cryptobot_desktop.marketdata.venue_adapter import HttpRequest, HttpResponse, VenueAdapter

STEP_MS = 100
TICK_MS = 1_000


class InProcessPlayer:
    """Connects an emulated venue to the engine without sockets. `now_ms` is the venue's market time."""

    def __init__(self, venue: EmulatedVenue, adapter: VenueAdapter) -> None:
        self._venue = venue
        self._adapter = adapter

    @property
    def now_ms(self) -> int:
        """Return the market time that was played so far."""
        return self._venue.now_ms()

    def catalogue(self) -> tuple[Instrument, ...]:
        """Return every instrument of the venue."""
        return tuple(self._adapter.read_instruments(self._rest(self._adapter.instruments_request())).instruments)

    def history(self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int) -> list[Candle]:
        """Return closed bars that open in [start_ms, end_ms), oldest first."""
        adapter, now_ms = self._adapter, self.now_ms
        candles: list[Candle] = []
        for request in adapter.history_requests(instrument, timeframe, start_ms, end_ms):
            candles += adapter.read_history(self._rest(request), instrument, timeframe, now_ms)
        return [candle for candle in candles if candle.closed is not False]

    def events(self, market: MarketState, instruments: tuple[Instrument, ...], until_ms: int) -> Iterator[Received]:
        """Yield everything that the venue sends for these instruments until `until_ms` (inclusive)."""
        self._adapter.watch(instruments)
        for topic in self._adapter.stream_plan(instruments).topics:
            self._venue.subscribe(topic)
        for instrument in instruments:
            yield Received(self.now_ms, FeedStatus(instrument.id, FeedState.SYNCING, "loading the order book"))
        live: set[str] = set()
        next_tick = self.now_ms - self.now_ms % TICK_MS + TICK_MS
        while self.now_ms < until_ms and self._venue.next_due_ms() is not None:
            yield from self._step(min(self.now_ms + STEP_MS, until_ms))
            for instrument in instruments:
                yield from self._snapshot(market, instrument)
                if instrument.id not in live and not market.needs_snapshot(instrument.id):
                    live.add(instrument.id)
                    yield Received(self.now_ms, FeedStatus(instrument.id, FeedState.LIVE))
            if self.now_ms >= next_tick:
                yield Received(self.now_ms, ClockTick(self.now_ms))
                next_tick += TICK_MS

    def _step(self, to_ms: int) -> Iterator[Received]:
        decode = self._adapter.on_payload
        for frame in self._venue.advance(to_ms):
            events = decode(frame.topic, frame.payload)
            if isinstance(events, list):
                for event in events:
                    yield Received(frame.at_ms, event)

    def _snapshot(self, market: MarketState, instrument: Instrument) -> Iterator[Received]:
        if not market.needs_snapshot(instrument.id):
            return
        try:
            response = self._rest(self._adapter.snapshot_request(instrument))
            snapshot = self._adapter.read_snapshot(response, instrument)
        except TemporaryFailure:
            return  # a recording has no book to offer yet; the next step asks again
        yield Received(self.now_ms, snapshot)

    def _rest(self, request: HttpRequest) -> HttpResponse:
        answer = self._venue.rest(RestRequest(request.method, request.path, request.query))
        return HttpResponse(answer.status, answer.headers, answer.body)

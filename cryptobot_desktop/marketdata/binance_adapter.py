"""Binance Spot: what to ask and how to read the answers. Limits and weights are those of its documentation."""

from collections.abc import Iterable
from typing import Final

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BookSnapshot, Candle, MarketEvent
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms, bar_open_ms
from cryptobot_desktop.marketdata.venue_adapter import (
    Connection,
    HttpRequest,
    HttpResponse,
    StreamPlan,
    check_response,
    unusable,
)
from cryptobot_desktop.marketdata.wire import binance_rest
from cryptobot_desktop.marketdata.wire.binance import BinanceStreamDecoder
from cryptobot_desktop.marketdata.wire.binance_filters import InstrumentList
from cryptobot_desktop.marketdata.wire.messages import Notice

PAGE_BARS: Final = 1_000
BOOK_LEVELS: Final = 1_000
MAX_STREAMS: Final = 1_024
_CHANNELS: Final = ("trade", "bookTicker", "depth@100ms", "kline_1m", "miniTicker")
MAX_INSTRUMENTS: Final = MAX_STREAMS // len(_CHANNELS)


class BinanceAdapter:
    """A `VenueAdapter` for Binance, Binance.US and their public data hosts."""

    venue = Venue.BINANCE
    weight_limit = (4_800, 60_000)

    def __init__(self) -> None:
        self._decoder = BinanceStreamDecoder({})

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Replace the instruments whose frames are decoded."""
        self._decoder = BinanceStreamDecoder({instrument.symbol: instrument for instrument in instruments})

    def instruments_request(self) -> HttpRequest:
        """Return the request for all instruments."""
        return HttpRequest("GET", "/api/v3/exchangeInfo", weight=20)

    def read_instruments(self, response: HttpResponse) -> InstrumentList:
        """Return the instruments of the answer."""
        check_response(self.venue, response, "the list of symbols")
        try:
            return binance_rest.decode_exchange_info(response.body)
        except InvalidInput as error:
            raise unusable(self.venue, "a list of symbols", error) from None

    def time_request(self) -> HttpRequest:
        """Return the request for the venue's clock."""
        return HttpRequest("GET", "/api/v3/time", weight=1)

    def read_time(self, response: HttpResponse) -> int:
        """Return the venue's UTC milliseconds."""
        check_response(self.venue, response, "its time")
        try:
            return binance_rest.decode_server_time(response.body)
        except InvalidInput as error:
            raise unusable(self.venue, "a time", error) from None

    def history_timeframe(self, timeframe: Timeframe) -> Timeframe:
        """Return the timeframe itself: Binance has all."""
        return timeframe

    def history_requests(
        self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> tuple[HttpRequest, ...]:
        """Return pages of 1000 bars; both bounds are inclusive on the opening time."""
        requests: list[HttpRequest] = []
        for page_start, page_end in bar_pages(timeframe, self.venue, (start_ms, end_ms), PAGE_BARS):
            query = {
                "symbol": instrument.symbol,
                "interval": timeframe.value,
                "startTime": str(page_start),
                "endTime": str(page_end - 1),
                "limit": str(PAGE_BARS),
            }
            requests.append(HttpRequest("GET", "/api/v3/klines", query, weight=2))
        return tuple(requests)

    def read_history(
        self, response: HttpResponse, instrument: Instrument, timeframe: Timeframe, now_ms: int
    ) -> list[Candle]:
        """Return the bars of an answer."""
        check_response(self.venue, response, f"the history of {instrument.symbol}")
        try:
            return binance_rest.decode_klines(response.body, instrument, timeframe, now_ms)
        except InvalidInput as error:
            raise unusable(self.venue, f"a history of {instrument.symbol}", error) from None

    def snapshot_request(self, instrument: Instrument) -> HttpRequest:
        """Return the request for 1000 levels a side."""
        query = {"symbol": instrument.symbol, "limit": str(BOOK_LEVELS)}
        return HttpRequest("GET", "/api/v3/depth", query, weight=50)

    def read_snapshot(self, response: HttpResponse, instrument: Instrument) -> BookSnapshot:
        """Return the book of the answer."""
        check_response(self.venue, response, f"the order book of {instrument.symbol}")
        try:
            return binance_rest.decode_depth(response.body, instrument)
        except InvalidInput as error:
            raise unusable(self.venue, f"an order book of {instrument.symbol}", error) from None

    def stream_plan(self, instruments: Iterable[Instrument]) -> StreamPlan:
        """Return all streams in the URL: no message is sent, so no message limit can be broken."""
        topics = tuple(f"{instrument.symbol.lower()}@{channel}" for instrument in instruments for channel in _CHANNELS)
        if len(topics) > MAX_STREAMS:
            raise InvalidInput(
                f"{len(topics) // len(_CHANNELS)} symbols are too many for one Binance connection, "
                f"allowed: {MAX_INSTRUMENTS}; take some off the market watch"
            )
        return StreamPlan(target="/stream?streams=" + "/".join(topics), messages=(), spacing_ms=0, topics=topics)

    def connection_request(self) -> HttpRequest | None:
        """Return None: Binance needs no token."""
        return None

    def connection(self, base: str, plan: StreamPlan, connect_id: str, answer: HttpResponse | None) -> Connection:
        """Return the combined stream's address; the venue pings by itself."""
        del connect_id, answer
        return Connection(base.rstrip("/") + plan.target)

    def ping_message(self, number: int) -> str:
        """Return nothing: the venue's ping frames are answered by the WebSocket library."""
        del number
        return ""

    def on_frame(self, raw: str | bytes) -> list[MarketEvent] | Notice:
        """Return the events of a combined frame, or a notice."""
        return self._decoder.decode(raw)

    def on_payload(self, topic: str, payload: bytes) -> list[MarketEvent] | Notice:
        """Return the events of a push without its combined envelope."""
        return self._decoder.decode(b'{"stream":"%b","data":%b}' % (topic.encode(), payload))


def bar_pages(timeframe: Timeframe, venue: Venue, span: tuple[int, int], page_bars: int) -> list[tuple[int, int]]:
    """Cut [start_ms, end_ms) at bar openings into pages of at most page_bars bars, oldest first."""
    start_ms, end_ms = span
    if start_ms >= end_ms:
        return []
    opens = bar_open_ms(start_ms, timeframe, venue)
    start_ms = opens if opens == start_ms else bar_end_ms(opens, timeframe)
    pages: list[tuple[int, int]] = []
    while start_ms < end_ms:
        page_end = _bars_later(start_ms, timeframe, page_bars)
        pages.append((start_ms, min(page_end, end_ms)))
        start_ms = page_end
    return pages


def _bars_later(open_ms: int, timeframe: Timeframe, bars: int) -> int:
    length = timeframe.length_ms
    if length is not None:
        return open_ms + bars * length
    for _ in range(bars):
        open_ms = bar_end_ms(open_ms, timeframe)
    return open_ms

"""KuCoin classic: what to ask and how to read the answers. Limits and weights are those of its documentation."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from cryptobot_desktop.domain.errors import InvalidInput, TemporaryFailure
from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import BookSnapshot, Candle, MarketEvent
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.marketdata.binance_adapter import bar_pages
from cryptobot_desktop.marketdata.endpoints import check_address
from cryptobot_desktop.marketdata.venue_adapter import (
    Connection,
    HttpRequest,
    HttpResponse,
    StreamPlan,
    check_response,
    unusable,
)
from cryptobot_desktop.marketdata.wire import kucoin_rest
from cryptobot_desktop.marketdata.wire.binance_filters import InstrumentList
from cryptobot_desktop.marketdata.wire.intervals import KUCOIN_INTERVALS
from cryptobot_desktop.marketdata.wire.kucoin import KucoinStreamDecoder
from cryptobot_desktop.marketdata.wire.messages import Notice

PAGE_BARS: Final = 1_500
TOPICS_PER_MESSAGE: Final = 100
TOPICS_PER_CONNECTION: Final = 400
MESSAGE_SPACING_MS: Final = 150
"""100 messages within 10 s are allowed; this keeps to two thirds of it, pings included."""
_LISTED: Final = ("/market/ticker", "/market/match", "/market/level2", "/market/snapshot")
MAX_INSTRUMENTS: Final = TOPICS_PER_CONNECTION // (len(_LISTED) + 1)


class KucoinAdapter:
    """A `VenueAdapter` for KuCoin's classic API, which needs no key."""

    venue = Venue.KUCOIN
    weight_limit = (1_600, 30_000)

    def __init__(self) -> None:
        self._decoder = KucoinStreamDecoder({})

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Replace the instruments whose frames are decoded."""
        self._decoder = KucoinStreamDecoder({instrument.symbol: instrument for instrument in instruments})

    def instruments_request(self) -> HttpRequest:
        """Return the request for all instruments."""
        return HttpRequest("GET", "/api/v2/symbols", weight=4)

    def read_instruments(self, response: HttpResponse) -> InstrumentList:
        """Return the instruments of the answer."""
        check_response(self.venue, response, "the list of symbols")
        try:
            return kucoin_rest.decode_symbols(response.body)
        except InvalidInput as error:
            raise unusable(self.venue, "a list of symbols", error) from None

    def time_request(self) -> HttpRequest:
        """Return the request for the venue's clock."""
        return HttpRequest("GET", "/api/v1/timestamp", weight=3)

    def read_time(self, response: HttpResponse) -> int:
        """Return the venue's UTC milliseconds."""
        check_response(self.venue, response, "its time")
        try:
            return kucoin_rest.decode_timestamp(response.body)
        except InvalidInput as error:
            raise unusable(self.venue, "a time", error) from None

    def history_timeframe(self, timeframe: Timeframe) -> Timeframe:
        """Return the timeframe itself, but 1d for 3d, which KuCoin does not have."""
        return timeframe if timeframe in KUCOIN_INTERVALS else Timeframe.D1

    def history_requests(
        self, instrument: Instrument, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> tuple[HttpRequest, ...]:
        """Return pages of 1500 bars with both bounds, in seconds; a bound too many is harmless (see `read_history`)."""
        asked = self.history_timeframe(timeframe)
        requests: list[HttpRequest] = []
        # One bar less than fits, because it is not certain whether endAt is inclusive.
        for page_start, page_end in bar_pages(asked, self.venue, (start_ms, end_ms), PAGE_BARS - 1):
            query = {
                "symbol": instrument.symbol,
                "type": KUCOIN_INTERVALS[asked],
                "startAt": str(page_start // 1_000),
                "endAt": str(-(-page_end // 1_000)),
            }
            requests.append(HttpRequest("GET", "/api/v1/market/candles", query, weight=3))
        return tuple(requests)

    def read_history(
        self, response: HttpResponse, instrument: Instrument, timeframe: Timeframe, now_ms: int
    ) -> list[Candle]:
        """Return the bars of an answer, oldest first; a bar on the page's border may come on both pages."""
        check_response(self.venue, response, f"the history of {instrument.symbol}")
        asked = self.history_timeframe(timeframe)
        try:
            return kucoin_rest.decode_candles(response.body, instrument, asked, now_ms)
        except InvalidInput as error:
            raise unusable(self.venue, f"a history of {instrument.symbol}", error) from None

    def snapshot_request(self, instrument: Instrument) -> HttpRequest:
        """Return the request for 100 levels a side: more than that needs a key."""
        return HttpRequest("GET", "/api/v1/market/orderbook/level2_100", {"symbol": instrument.symbol}, weight=4)

    def read_snapshot(self, response: HttpResponse, instrument: Instrument) -> BookSnapshot:
        """Return the book of the answer."""
        check_response(self.venue, response, f"the order book of {instrument.symbol}")
        try:
            return kucoin_rest.decode_level2(response.body, instrument)
        except InvalidInput as error:
            raise unusable(self.venue, f"an order book of {instrument.symbol}", error) from None

    def stream_plan(self, instruments: Iterable[Instrument]) -> StreamPlan:
        """Return subscribe messages: comma lists where they are documented, one message per candle topic."""
        symbols = [instrument.symbol for instrument in instruments]
        if len(symbols) > MAX_INSTRUMENTS:
            raise InvalidInput(
                f"{len(symbols)} symbols are too many for one KuCoin connection, allowed: {MAX_INSTRUMENTS}; "
                "take some off the market watch"
            )
        joined = [f"{name}:{','.join(symbols)}" for name in _LISTED] if symbols else []
        candles = [f"/market/candles:{symbol}_1min" for symbol in symbols]
        messages = [_subscribe(number, topic) for number, topic in enumerate([*joined, *candles], start=1)]
        listed = [f"{name}:{symbol}" for name in _LISTED for symbol in symbols]
        return StreamPlan(
            target="", messages=tuple(messages), spacing_ms=MESSAGE_SPACING_MS, topics=(*listed, *candles)
        )

    def connection_request(self) -> HttpRequest | None:
        """Return the request for a token; each connection needs a new one."""
        return HttpRequest("POST", "/api/v1/bullet-public", weight=10)

    def connection(self, base: str, plan: StreamPlan, connect_id: str, answer: HttpResponse | None) -> Connection:
        """Return the address and ping times of the token's answer; only official hosts are accepted there, too."""
        del base, plan
        if answer is None:
            raise TemporaryFailure("KuCoin gave no connection token; it is asked again")
        check_response(self.venue, answer, "a connection token")
        try:
            bullet = kucoin_rest.decode_bullet(answer.body)
            check_address(self.venue, bullet.endpoint, "the endpoint of its token")
        except InvalidInput as error:
            raise unusable(self.venue, "a connection token", error) from None
        joiner = "&" if urlsplit(bullet.endpoint).query else "?"
        url = f"{bullet.endpoint}{joiner}token={quote(bullet.token, safe='')}&connectId={quote(connect_id, safe='')}"
        return Connection(url, True, bullet.ping_interval_ms, bullet.ping_timeout_ms)

    def ping_message(self, number: int) -> str:
        """Return KuCoin's JSON ping; protocol pings do not count there."""
        return f'{{"id":"p{number}","type":"ping"}}'

    def on_frame(self, raw: str | bytes) -> list[MarketEvent] | Notice:
        """Return the events of a push, or a notice."""
        return self._decoder.decode(raw)

    def on_payload(self, topic: str, payload: bytes) -> list[MarketEvent] | Notice:
        """Return the events of a push, which always carries its envelope."""
        del topic
        return self._decoder.decode(payload)


def _subscribe(number: int, topic: str) -> str:
    message = {"id": str(number), "type": "subscribe", "topic": topic, "privateChannel": False, "response": True}
    return msgspec.json.encode(message).decode()

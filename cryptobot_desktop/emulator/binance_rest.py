"""Binance's public REST over the synthetic market: paths, weights, answers and the documented errors."""

from typing import Any

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.timeframe import DAY_MS, Timeframe, bar_open_ms, parse_timeframe
from cryptobot_desktop.emulator import binance_figures as figures
from cryptobot_desktop.emulator.binance_desk import BinanceDesk, EndPoint, depth_weight, fixed
from cryptobot_desktop.emulator.binance_parameters import BinanceRefusal, Parameters
from cryptobot_desktop.emulator.binance_reference import WEIGHT_LIMIT, exchange_info, symbol_filters, symbol_row
from cryptobot_desktop.emulator.binance_tickers import BinanceTickers, listed_pair, listed_pairs
from cryptobot_desktop.emulator.market_types import Bar, PairSpec
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_port import RestRequest, RestResponse
from cryptobot_desktop.emulator.venue_streams import Listing, synthetic_label

MAX_KLINES = 1_000
MAX_TRADES = 1_000
MAX_DEPTH = 5_000
KEPT_TRADES = 5_000
_LONGEST_MONTH_MS = 31 * DAY_MS


class BinanceRest:
    """The public end points over a synthetic market."""

    def __init__(self, market: SyntheticMarket, listing: Listing, weight_limit: int = WEIGHT_LIMIT) -> None:
        self._market, self._listing = market, listing
        self._label = synthetic_label(market)
        self._desk = BinanceDesk(self._label, synthetic=True, weight_limit=weight_limit)
        self._desk.serve(self._general_points())
        self._desk.serve(BinanceTickers(market, listing).points())

    def respond(self, request: RestRequest) -> RestResponse:
        """Answer one request as of the market's time."""
        return self._desk.respond(request, self._market.now_ms)

    def _general_points(self) -> dict[str, EndPoint]:
        """Return instruments, book, trades and candles."""
        kline = frozenset({"symbol", "interval", "startTime", "endTime", "timeZone", "limit"})
        aggregate = frozenset({"symbol", "fromId", "startTime", "endTime", "limit"})
        info = frozenset({"symbol", "symbols", "permissions", "symbolStatus", "showPermissionSets"})
        return {
            "/api/v3/ping": EndPoint(lambda _: {}, fixed(1)),
            "/api/v3/time": EndPoint(lambda _: {"serverTime": self._market.now_ms}, fixed(1)),
            "/api/v3/exchangeInfo": EndPoint(self._exchange_info, fixed(20), info),
            "/api/v3/depth": EndPoint(self._depth, depth_weight, frozenset({"symbol", "limit", "symbolStatus"})),
            "/api/v3/klines": EndPoint(self._klines, fixed(2), kline),
            "/api/v3/uiKlines": EndPoint(self._klines, fixed(2), kline),
            "/api/v3/trades": EndPoint(self._trades, fixed(25), frozenset({"symbol", "limit"})),
            "/api/v3/historicalTrades": EndPoint(self._historical, fixed(25), frozenset({"symbol", "limit", "fromId"})),
            "/api/v3/aggTrades": EndPoint(self._aggregates, fixed(4), aggregate),
            "/api/v3/avgPrice": EndPoint(self._average, fixed(2), frozenset({"symbol"})),
        }

    def _pair(self, symbol: str) -> PairSpec:
        return listed_pair(self._listing, symbol)

    def _exchange_info(self, parameters: Parameters) -> dict[str, Any]:
        pairs = listed_pairs(self._listing, parameters)
        status, permissions = parameters.text("symbolStatus"), parameters.text("permissions")
        if status not in (None, "TRADING") or (permissions is not None and "SPOT" not in permissions):
            pairs = []
        rows = [symbol_row(spec.binance_symbol, spec.base, spec.quote, symbol_filters(spec)) for spec in pairs]
        return exchange_info(rows, self._market.now_ms, self._label)

    def _depth(self, parameters: Parameters) -> dict[str, Any]:
        spec = self._pair(parameters.symbol())
        book = self._market.book(spec.name, parameters.limit(100, MAX_DEPTH))
        bids, asks = figures.levels(spec, book.bids), figures.levels(spec, book.asks)
        return {"lastUpdateId": book.update_id, "bids": bids, "asks": asks}

    def _klines(self, parameters: Parameters) -> list[list[Any]]:
        spec = self._pair(parameters.symbol())
        try:
            interval = parse_timeframe(parameters.mandatory("interval"))
        except InvalidInput:
            raise BinanceRefusal(-1120, "Invalid interval.") from None
        limit = parameters.limit(500, MAX_KLINES)
        start, end = parameters.number("startTime"), parameters.number("endTime")
        return [figures.kline_row(spec, bar) for bar in self._bars(spec, interval, start, end, limit)]

    def _bars(self, spec: PairSpec, interval: Timeframe, start: int | None, end: int | None, limit: int) -> list[Bar]:
        """Return bars as Binance pages them: from startTime upwards, else the newest ones until endTime."""
        stop = min(self._market.now_ms, end if end is not None else self._market.now_ms) + 1
        length = interval.length_ms or _LONGEST_MONTH_MS
        if start is not None:
            return self._market.bars(spec.name, interval, Venue.BINANCE, min(start, stop), stop)[:limit]
        first = bar_open_ms(stop, interval, Venue.BINANCE) - length * limit
        return self._market.bars(spec.name, interval, Venue.BINANCE, max(0, first), stop)[-limit:]

    def _trades(self, parameters: Parameters) -> list[dict[str, Any]]:
        spec = self._pair(parameters.symbol())
        trades = self._market.recent_trades(spec.name, parameters.limit(500, MAX_TRADES))
        return [figures.trade_row(spec, trade) for trade in trades]

    def _historical(self, parameters: Parameters) -> list[dict[str, Any]]:
        spec = self._pair(parameters.symbol())
        limit, first = parameters.limit(500, MAX_TRADES), parameters.number("fromId")
        trades = self._market.recent_trades(spec.name, KEPT_TRADES)
        trades = trades[-limit:] if first is None else [t for t in trades if t.trade_id >= first][:limit]
        return [figures.trade_row(spec, trade) for trade in trades]

    def _aggregates(self, parameters: Parameters) -> list[dict[str, Any]]:
        spec = self._pair(parameters.symbol())
        limit, first = parameters.limit(500, MAX_TRADES), parameters.number("fromId")
        start, end = parameters.number("startTime"), parameters.number("endTime")
        rows = [
            figures.aggregate_row(spec, group)
            for group in figures.aggregates(self._market.recent_trades(spec.name, KEPT_TRADES))
        ]
        if first is None and start is None and end is None:
            return rows[-limit:]
        low, high = start or 0, end if end is not None else self._market.now_ms
        return [row for row in rows if row["a"] >= (first or 0) and low <= row["T"] <= high][:limit]

    def _average(self, parameters: Parameters) -> dict[str, Any]:
        spec = self._pair(parameters.symbol())
        price = figures.five_minute_average(self._market, spec)
        return {"mins": 5, "price": price, "closeTime": self._market.last_trade(spec.name).at_ms}

"""Binance's price summaries of the synthetic market: 24-hour, rolling and trading-day tickers, last and best prices."""

import re
from collections.abc import Callable
from typing import Any

from cryptobot_desktop.domain.timeframe import DAY_MS, MINUTE_MS
from cryptobot_desktop.emulator import binance_figures as figures
from cryptobot_desktop.emulator.binance_desk import EndPoint, Json, by_symbols
from cryptobot_desktop.emulator.binance_parameters import BinanceRefusal, Parameters
from cryptobot_desktop.emulator.binance_reference import eight
from cryptobot_desktop.emulator.market_types import PairSpec
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket
from cryptobot_desktop.emulator.venue_streams import Listing

_WINDOW = re.compile(r"(?P<count>[0-9]{1,2})(?P<unit>[mhd])", re.ASCII)
_WINDOW_MINUTES = {"m": 1, "h": 60, "d": 1_440}
_WINDOW_MAX = {"m": 59, "h": 23, "d": 7}
_BEST_ONE, _SEVERAL = 2, 4


class BinanceTickers:
    """The summaries of the listed pairs."""

    def __init__(self, market: SyntheticMarket, listing: Listing) -> None:
        self._market, self._listing = market, listing

    def points(self) -> dict[str, EndPoint]:
        """Return the price summaries."""
        names = frozenset({"symbol", "symbols", "symbolStatus"})
        return {
            "/api/v3/ticker/24hr": EndPoint(self._day, by_symbols(2, 80), names | {"type"}),
            "/api/v3/ticker/price": EndPoint(self._price, by_symbols(_BEST_ONE, _SEVERAL), names),
            "/api/v3/ticker/bookTicker": EndPoint(self._best, by_symbols(_BEST_ONE, _SEVERAL), names),
            "/api/v3/ticker": EndPoint(self._window, by_symbols(4, 200), names | {"windowSize", "type"}),
            "/api/v3/ticker/tradingDay": EndPoint(self._trading_day, by_symbols(4, 200), names | {"timeZone", "type"}),
        }

    def _pairs(self, parameters: Parameters) -> list[PairSpec]:
        return listed_pairs(self._listing, parameters)

    def _each(self, parameters: Parameters, row: Callable[[PairSpec], dict[str, Any]]) -> Json:
        rows = [row(spec) for spec in self._pairs(parameters)]
        return rows if parameters.wants_list else rows[0]

    def _day(self, parameters: Parameters) -> Json:
        keys = _keys(parameters, figures.MINI_KEYS)

        def row(spec: PairSpec) -> dict[str, Any]:
            full = figures.DayTicker(self._market, spec).rest_full()
            return {key: full[key] for key in keys} if keys else full

        return self._each(parameters, row)

    def _price(self, parameters: Parameters) -> Json:
        def row(spec: PairSpec) -> dict[str, Any]:
            last = self._market.last_trade(spec.name)
            return {"symbol": spec.binance_symbol, "price": eight(last.price, spec.price_decimals)}

        return self._each(parameters, row)

    def _best(self, parameters: Parameters) -> Json:
        def row(spec: PairSpec) -> dict[str, Any]:
            best = self._market.best(spec.name)
            return {
                "symbol": spec.binance_symbol,
                "bidPrice": eight(best.bid, spec.price_decimals),
                "bidQty": eight(best.bid_qty, spec.qty_decimals),
                "askPrice": eight(best.ask, spec.price_decimals),
                "askQty": eight(best.ask_qty, spec.qty_decimals),
            }

        return self._each(parameters, row)

    def _window(self, parameters: Parameters) -> Json:
        minutes = _window_minutes(parameters.text("windowSize") or "1d")
        opened = self._market.now_ms // MINUTE_MS * MINUTE_MS - (minutes - 1) * MINUTE_MS
        return self._since(parameters, opened)

    def _trading_day(self, parameters: Parameters) -> Json:
        return self._since(parameters, self._market.now_ms // DAY_MS * DAY_MS)

    def _since(self, parameters: Parameters, opened: int) -> Json:
        if parameters.symbols() is None:
            text = "Either 'symbol' or 'symbols' must be provided."
            raise BinanceRefusal(-1128, text)
        keys = _keys(parameters, figures.MINI_KEYS) or figures.WINDOW_KEYS

        def row(spec: PairSpec) -> dict[str, Any]:
            full = figures.window_ticker(self._market, spec, opened)
            return {key: full[key] for key in keys}

        return self._each(parameters, row)


def listed_pairs(listing: Listing, parameters: Parameters) -> list[PairSpec]:
    """Return the pairs that a request names, all when it names none; an unknown symbol fails the whole request."""
    names = parameters.symbols()
    return [listed_pair(listing, name) for name in (listing.symbols if names is None else names)]


def listed_pair(listing: Listing, symbol: str) -> PairSpec:
    """Return the pair of a symbol."""
    spec = listing.get(symbol)
    if spec is None:
        raise BinanceRefusal(-1121, "Invalid symbol.")
    return spec


def _keys(parameters: Parameters, mini: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of the MINI form, or nothing for the FULL form."""
    kind = parameters.text("type")
    if kind not in (None, "FULL", "MINI"):
        raise BinanceRefusal(-1100, "Illegal characters found in parameter 'type'; legal range is 'FULL|MINI'.")
    return mini if kind == "MINI" else ()


def _window_minutes(text: str) -> int:
    """Return the minutes of a window size such as ``15m``, ``4h`` or ``7d``."""
    shape = _WINDOW.fullmatch(text)
    if shape is None or not 1 <= int(shape["count"]) <= _WINDOW_MAX[shape["unit"]]:
        raise BinanceRefusal(-1100, "Illegal characters found in parameter 'windowSize'.")
    return int(shape["count"]) * _WINDOW_MINUTES[shape["unit"]]

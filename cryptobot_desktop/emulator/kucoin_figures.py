"""KuCoin's figures of the synthetic market: rows and objects as REST and the topics print them."""

from functools import lru_cache
from typing import Any

import orjson

from cryptobot_desktop.domain.market import Level
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.emulator.market_types import Bar, PairSpec, TradeHappened
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket

CANDLE_TYPES: dict[str, Timeframe] = {
    "1min": Timeframe.M1,
    "3min": Timeframe.M3,
    "5min": Timeframe.M5,
    "15min": Timeframe.M15,
    "30min": Timeframe.M30,
    "1hour": Timeframe.H1,
    "2hour": Timeframe.H2,
    "4hour": Timeframe.H4,
    "6hour": Timeframe.H6,
    "8hour": Timeframe.H8,
    "12hour": Timeframe.H12,
    "1day": Timeframe.D1,
    "1week": Timeframe.W1,
    "1month": Timeframe.MO1,
}
_RATE_DECIMALS = 4


@lru_cache(maxsize=1 << 16)
def trimmed(value: int, decimals: int) -> str:
    """Return a scaled integer without trailing zeros; the same ones come again and again."""
    return format_trimmed(value, decimals)


def price(spec: PairSpec, value: int) -> str:
    """Return a price without trailing zeros, as KuCoin prints it."""
    return trimmed(value, spec.price_decimals)


def size(spec: PairSpec, value: int) -> str:
    """Return a size without trailing zeros."""
    return trimmed(value, spec.qty_decimals)


def amount(value: int) -> str:
    """Return a turnover without trailing zeros."""
    return format_trimmed(value, AMOUNT_DECIMALS)


def levels(spec: PairSpec, side: tuple[Level, ...]) -> list[list[str]]:
    """Return book levels as pairs of strings."""
    return [[price(spec, at), size(spec, qty)] for at, qty in side]


def sequence(update_id: int) -> int:
    """Return KuCoin's sequence of a book change.

    Every change takes two numbers, the first for what happened in the engine without a visible change, so
    that update ranges have the inner holes of the real stream.
    """
    return 2 * update_id


def candle_row(spec: PairSpec, bar: Bar) -> list[str]:
    """Return start (seconds), open, close, high, low, volume, turnover."""
    return [
        str(bar.open_ms // 1000),
        price(spec, bar.open),
        price(spec, bar.close),
        price(spec, bar.high),
        price(spec, bar.low),
        size(spec, bar.volume),
        amount(bar.quote_volume),
    ]


def nanoseconds(trade: TradeHappened) -> int:
    """Return a trade's time in nanoseconds; the part below a millisecond comes from its id."""
    return trade.at_ms * 1_000_000 + trade.trade_id % 1_000_000


def history_row(spec: PairSpec, trade: TradeHappened) -> dict[str, Any]:
    """Return a row of the trade history."""
    return {
        "sequence": str(trade.trade_id),
        "price": price(spec, trade.price),
        "size": size(spec, trade.qty),
        "side": trade.aggressor.value,
        "time": nanoseconds(trade),
    }


def ticker(market: SyntheticMarket, spec: PairSpec) -> dict[str, Any]:
    """Return last trade and touch, as level1 and the ticker topics print them."""
    best, last = market.best(spec.name), market.last_trade(spec.name)
    return {
        "sequence": str(sequence(best.update_id)),
        "price": price(spec, last.price),
        "size": size(spec, last.qty),
        "bestBid": price(spec, best.bid),
        "bestBidSize": size(spec, best.bid_qty),
        "bestAsk": price(spec, best.ask),
        "bestAskSize": size(spec, best.ask_qty),
        "time": max(best.at_ms, last.at_ms),
    }


def rate(change: int, base: int) -> str:
    """Return a change as a fraction with four decimals, rounded half away from zero."""
    if base == 0:
        return "0"
    scaled = (abs(change) * 10**_RATE_DECIMALS * 2 + base) // (2 * base)
    return format_trimmed(-scaled if change < 0 else scaled, _RATE_DECIMALS)


def day_stats(market: SyntheticMarket, spec: PairSpec) -> dict[str, Any]:
    """Return the 24-hour figures of market/stats."""
    day, best = market.rolling_24h(spec.name), market.best(spec.name)
    average = day.quote_volume * 10**spec.qty_decimals // day.volume if day.volume else 0
    return {
        "time": day.at_ms,
        "symbol": spec.kucoin_symbol,
        "buy": price(spec, best.bid),
        "sell": price(spec, best.ask),
        "changeRate": rate(day.last - day.open, day.open),
        "changePrice": price(spec, day.last - day.open),
        "high": price(spec, day.high),
        "low": price(spec, day.low),
        "vol": size(spec, day.volume),
        "volValue": amount(day.quote_volume),
        "last": price(spec, day.last),
        "averagePrice": amount(average),
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "takerCoefficient": "1",
        "makerCoefficient": "1",
    }


def all_tickers_row(market: SyntheticMarket, spec: PairSpec) -> dict[str, Any]:
    """Return one element of allTickers."""
    row, best = day_stats(market, spec), market.best(spec.name)
    del row["time"]
    sizes = {"bestBidSize": size(spec, best.bid_qty), "bestAskSize": size(spec, best.ask_qty)}
    return {"symbol": spec.kucoin_symbol, "symbolName": spec.kucoin_symbol, **sizes, **row}


def snapshot(market: SyntheticMarket, spec: PairSpec, at_ms: int) -> dict[str, Any]:
    """Return the inner object of a market snapshot, whose figures are JSON numbers."""
    stats, best = day_stats(market, spec), market.best(spec.name)
    figures = {
        "askSize": size(spec, best.ask_qty),
        "bidSize": size(spec, best.bid_qty),
        "averagePrice": stats["averagePrice"],
        "buy": stats["buy"],
        "sell": stats["sell"],
        "changePrice": stats["changePrice"],
        "changeRate": stats["changeRate"],
        "close": stats["last"],
        "high": stats["high"],
        "lastTradedPrice": stats["last"],
        "low": stats["low"],
        "open": price(spec, market.rolling_24h(spec.name).open),
        "vol": stats["vol"],
        "volValue": stats["volValue"],
    }
    return {
        "baseCurrency": spec.base,
        "quoteCurrency": spec.quote,
        "board": 0,
        "datetime": at_ms,
        "makerCoefficient": 1.0,
        "makerFeeRate": 0.001,
        "marginTrade": False,
        "mark": 0,
        "market": "USDS",
        "markets": ["USDS"],
        "siteTypes": ["global"],
        "sort": 100,
        "symbol": spec.kucoin_symbol,
        "symbolCode": spec.kucoin_symbol,
        "takerCoefficient": 1.0,
        "takerFeeRate": 0.001,
        "trading": True,
        **{name: orjson.Fragment(text) for name, text in figures.items()},
    }

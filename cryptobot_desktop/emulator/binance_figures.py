"""Binance's figures of the synthetic market: rows and objects as REST and the streams print them."""

from typing import Any

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_scaled
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.emulator.binance_reference import eight
from cryptobot_desktop.emulator.market_types import Bar, PairSpec, Rolling24h, TradeHappened
from cryptobot_desktop.emulator.synthetic_market import SyntheticMarket

DAY_MINUTES = 1_440
_PERCENT_DECIMALS = 3


def amount(value: int) -> str:
    """Return a quote volume, which has eight decimals everywhere."""
    return format_scaled(value, AMOUNT_DECIMALS)


def levels(spec: PairSpec, side: tuple[Level, ...]) -> list[list[str]]:
    """Return book levels as pairs of strings."""
    return [[eight(price, spec.price_decimals), eight(qty, spec.qty_decimals)] for price, qty in side]


def kline_row(spec: PairSpec, bar: Bar) -> list[Any]:
    """Return a REST kline: twelve elements of mixed types."""
    price, qty = spec.price_decimals, spec.qty_decimals
    return [
        bar.open_ms,
        eight(bar.open, price),
        eight(bar.high, price),
        eight(bar.low, price),
        eight(bar.close, price),
        eight(bar.volume, qty),
        bar.end_ms - 1,
        amount(bar.quote_volume),
        bar.trades,
        eight(bar.taker_buy_volume, qty),
        amount(bar.taker_buy_quote_volume),
        "0",
    ]


def kline_event(spec: PairSpec, interval: Timeframe, bar: Bar, *, at_ms: int, final: bool) -> dict[str, Any]:
    """Return a kline push."""
    price, qty = spec.price_decimals, spec.qty_decimals
    return {
        "e": "kline",
        "E": at_ms,
        "s": spec.binance_symbol,
        "k": {
            "t": bar.open_ms,
            "T": bar.end_ms - 1,
            "s": spec.binance_symbol,
            "i": interval.value,
            "f": bar.first_trade_id,
            "L": bar.last_trade_id,
            "o": eight(bar.open, price),
            "c": eight(bar.close, price),
            "h": eight(bar.high, price),
            "l": eight(bar.low, price),
            "v": eight(bar.volume, qty),
            "n": bar.trades,
            "x": final,
            "q": amount(bar.quote_volume),
            "V": eight(bar.taker_buy_volume, qty),
            "Q": amount(bar.taker_buy_quote_volume),
            "B": "0",
        },
    }


def trade_row(spec: PairSpec, trade: TradeHappened) -> dict[str, Any]:
    """Return a REST trade."""
    return {
        "id": trade.trade_id,
        "price": eight(trade.price, spec.price_decimals),
        "qty": eight(trade.qty, spec.qty_decimals),
        "quoteQty": amount(spec.quote_amount(trade.price, trade.qty)),
        "time": trade.at_ms,
        "isBuyerMaker": trade.aggressor is Side.SELL,
        "isBestMatch": True,
    }


def aggregates(trades: list[TradeHappened]) -> list[list[TradeHappened]]:
    """Group consecutive fills of one taker order at one price, which is what an aggregate trade is."""
    groups: list[list[TradeHappened]] = []
    for trade in trades:
        last = groups[-1][-1] if groups else None
        if last and last.taker_order_id == trade.taker_order_id and last.price == trade.price:
            groups[-1].append(trade)
        else:
            groups.append([trade])
    return groups


def aggregate_row(spec: PairSpec, group: list[TradeHappened]) -> dict[str, Any]:
    """Return a REST aggregate trade; its id is the first trade's id (rising, not consecutive)."""
    first, last = group[0], group[-1]
    return {
        "a": first.trade_id,
        "p": eight(first.price, spec.price_decimals),
        "q": eight(sum(trade.qty for trade in group), spec.qty_decimals),
        "f": first.trade_id,
        "l": last.trade_id,
        "T": last.at_ms,
        "m": first.aggressor is Side.SELL,
        "M": True,
    }


def percent(change: int, base: int) -> str:
    """Return a change in percent with three decimals, rounded half away from zero."""
    if base == 0:
        return "0.000"
    scaled = (abs(change) * 100 * 10**_PERCENT_DECIMALS * 2 + base) // (2 * base)
    return format_scaled(-scaled if change < 0 else scaled, _PERCENT_DECIMALS)


def average_price(spec: PairSpec, volume: int, quote_volume: int, otherwise: int) -> str:
    """Return quote volume over base volume with eight decimals; the last price when nothing was traded."""
    if volume == 0:
        return eight(otherwise, spec.price_decimals)
    return amount(quote_volume * 10**spec.qty_decimals // volume)


def five_minute_average(market: SyntheticMarket, spec: PairSpec) -> str:
    """Return the volume-weighted price of the last five one-minute bars."""
    now = market.now_ms
    end = now // MINUTE_MS * MINUTE_MS + MINUTE_MS
    bars = market.bars(spec.name, Timeframe.M1, Venue.BINANCE, end - 5 * MINUTE_MS, end)
    volume, quote = sum(bar.volume for bar in bars), sum(bar.quote_volume for bar in bars)
    return average_price(spec, volume, quote, market.last_trade(spec.name).price)


class DayTicker:
    """The 24-hour figures of one pair with the best levels, for ticker/24hr, @ticker and @miniTicker."""

    def __init__(self, market: SyntheticMarket, spec: PairSpec) -> None:
        self.spec = spec
        self.day: Rolling24h = market.rolling_24h(spec.name)
        self.best = market.best(spec.name)

    def price(self, value: int) -> str:
        """Return a price as printed."""
        return eight(value, self.spec.price_decimals)

    def qty(self, value: int) -> str:
        """Return a quantity as printed."""
        return eight(value, self.spec.qty_decimals)

    def rest_full(self) -> dict[str, Any]:
        """Return the FULL object of ticker/24hr."""
        day, best, spec = self.day, self.best, self.spec
        return {
            "symbol": spec.binance_symbol,
            "priceChange": self.price(day.last - day.open),
            "priceChangePercent": percent(day.last - day.open, day.open),
            "weightedAvgPrice": average_price(spec, day.volume, day.quote_volume, day.last),
            "prevClosePrice": self.price(day.before),
            "lastPrice": self.price(day.last),
            "lastQty": self.qty(day.last_qty),
            "bidPrice": self.price(best.bid),
            "bidQty": self.qty(best.bid_qty),
            "askPrice": self.price(best.ask),
            "askQty": self.qty(best.ask_qty),
            "openPrice": self.price(day.open),
            "highPrice": self.price(day.high),
            "lowPrice": self.price(day.low),
            "volume": self.qty(day.volume),
            "quoteVolume": amount(day.quote_volume),
            "openTime": day.open_ms,
            "closeTime": day.at_ms,
            "firstId": day.first_trade_id,
            "lastId": day.last_trade_id,
            "count": day.trades,
        }

    def stream_mini(self, at_ms: int) -> dict[str, Any]:
        """Return a 24hrMiniTicker push."""
        day = self.day
        return {
            "e": "24hrMiniTicker",
            "E": at_ms,
            "s": self.spec.binance_symbol,
            "c": self.price(day.last),
            "o": self.price(day.open),
            "h": self.price(day.high),
            "l": self.price(day.low),
            "v": self.qty(day.volume),
            "q": amount(day.quote_volume),
        }

    def stream_full(self, at_ms: int) -> dict[str, Any]:
        """Return a 24hrTicker push."""
        day, best, spec = self.day, self.best, self.spec
        return {
            "e": "24hrTicker",
            "E": at_ms,
            "s": spec.binance_symbol,
            "p": self.price(day.last - day.open),
            "P": percent(day.last - day.open, day.open),
            "w": average_price(spec, day.volume, day.quote_volume, day.last),
            "x": self.price(day.before),
            "c": self.price(day.last),
            "Q": self.qty(day.last_qty),
            "b": self.price(best.bid),
            "B": self.qty(best.bid_qty),
            "a": self.price(best.ask),
            "A": self.qty(best.ask_qty),
            "o": self.price(day.open),
            "h": self.price(day.high),
            "l": self.price(day.low),
            "v": self.qty(day.volume),
            "q": amount(day.quote_volume),
            "O": day.open_ms,
            "C": day.at_ms,
            "F": day.first_trade_id,
            "L": day.last_trade_id,
            "n": day.trades,
        }


MINI_KEYS = (
    "symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume",
    "openTime", "closeTime", "firstId", "lastId", "count",
)  # fmt: skip
WINDOW_KEYS = (
    "symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", "openPrice", "highPrice", "lowPrice",
    "lastPrice", "volume", "quoteVolume", "openTime", "closeTime", "firstId", "lastId", "count",
)  # fmt: skip


def window_ticker(market: SyntheticMarket, spec: PairSpec, open_ms: int) -> dict[str, Any]:
    """Return the figures from a minute's opening until now, as ticker and ticker/tradingDay print them."""
    bars = market.bars(spec.name, Timeframe.M1, Venue.BINANCE, open_ms, market.now_ms + 1)
    if not bars:
        last = market.last_trade(spec.name)
        bars = market.bars(spec.name, Timeframe.M1, Venue.BINANCE, last.at_ms - MINUTE_MS, market.now_ms + 1)
    traded = [bar for bar in bars if not bar.is_empty]
    volume, quote = sum(bar.volume for bar in bars), sum(bar.quote_volume for bar in bars)
    opened, last_price = bars[0].open, bars[-1].close
    return {
        "symbol": spec.binance_symbol,
        "priceChange": eight(last_price - opened, spec.price_decimals),
        "priceChangePercent": percent(last_price - opened, opened),
        "weightedAvgPrice": average_price(spec, volume, quote, last_price),
        "openPrice": eight(opened, spec.price_decimals),
        "highPrice": eight(max(bar.high for bar in bars), spec.price_decimals),
        "lowPrice": eight(min(bar.low for bar in bars), spec.price_decimals),
        "lastPrice": eight(last_price, spec.price_decimals),
        "volume": eight(volume, spec.qty_decimals),
        "quoteVolume": amount(quote),
        "openTime": open_ms,
        "closeTime": market.now_ms,
        "firstId": traded[0].first_trade_id if traded else -1,
        "lastId": traded[-1].last_trade_id if traded else -1,
        "count": sum(bar.trades for bar in bars),
    }

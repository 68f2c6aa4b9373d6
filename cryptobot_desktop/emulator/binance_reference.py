"""What Binance says about its symbols: exchangeInfo with the filter set of BTC, ETH and SOL against USDT.

BTC and ETH carry the filter values that Binance published in 2024 (facts, by way of ccxt's static
markets); the SOL row follows the same pattern with values that nobody has checked against the exchange.
"""

from functools import lru_cache
from typing import Any

from cryptobot_desktop.domain.numbers import format_scaled
from cryptobot_desktop.emulator.market_types import PairSpec

WEIGHT_LIMIT = 6_000
RATE_LIMITS: list[dict[str, Any]] = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT_LIMIT},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300_000},
]
ORDER_TYPES = [
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
]  # fmt: skip
_MAX_PRICE = {"BTC": "1000000.00000000", "ETH": "1000000.00000000", "SOL": "10000.00000000"}
_MAX_QTY = {"BTC": "9000.00000000", "ETH": "9000.00000000", "SOL": "90000.00000000"}
_MARKET_MAX_QTY = {"BTC": "128.52621715", "ETH": "3277.54882761", "SOL": "9000.00000000"}
_DEFAULT_MAX = "100000.00000000"
_PLACES = 8


@lru_cache(maxsize=1 << 16)
def eight(value: int, decimals: int) -> str:
    """Return a scaled integer with eight decimals, as Binance prints numbers; the same ones come again and again."""
    return format_scaled(value * 10 ** (_PLACES - decimals), _PLACES)


def symbol_filters(spec: PairSpec) -> list[dict[str, Any]]:
    """Return the filters of one symbol in the exchange's own form."""
    tick, step = eight(spec.tick_size, spec.price_decimals), eight(spec.step_size, spec.qty_decimals)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": _MAX_PRICE.get(spec.base, _DEFAULT_MAX),
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": _MAX_QTY.get(spec.base, _DEFAULT_MAX), "stepSize": step},
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": _MARKET_MAX_QTY.get(spec.base, _DEFAULT_MAX),
            "stepSize": "0.00000000",
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "5",
            "askMultiplierDown": "0.2",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": "5.00000000",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    ]


def symbol_row(symbol: str, base: str, quote: str, filters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one element of exchangeInfo's ``symbols``."""
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters,
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"],
    }


def exchange_info(rows: list[dict[str, Any]], now_ms: int, label: str) -> dict[str, Any]:
    """Return the whole answer; `emulator` is an extra key by which it says where the prices come from."""
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": RATE_LIMITS,
        "exchangeFilters": [],
        "symbols": rows,
        "emulator": label,
    }

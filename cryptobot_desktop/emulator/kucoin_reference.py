"""What KuCoin says about its symbols and currencies, and the pairs with KuCoin's own precision.

BTC and ETH carry increments that KuCoin published in 2025 (facts, by way of ccxt's static markets); the
SOL row follows the same pattern with values that nobody has checked against the exchange.
"""

from typing import Any

from cryptobot_desktop.domain.numbers import format_trimmed
from cryptobot_desktop.emulator.market_types import PairSpec

PUBLIC_LIMIT = 2_000
PUBLIC_WINDOW_MS = 30_000
MARKETS = ["USDS", "BTC", "ALTS"]
KUCOIN_PAIRS: tuple[PairSpec, ...] = (
    PairSpec(
        base="BTC", quote="USDT", price_decimals=1, qty_decimals=7, start_price=640_000, typical_qty=120_000,
        volatility=0.00060, market_share=0.85, half_spread=0.000012, pace=1.2,
    ),
    PairSpec(
        base="ETH", quote="USDT", price_decimals=2, qty_decimals=6, start_price=340_000, typical_qty=200_000,
        volatility=0.00075, market_share=0.80, half_spread=0.00002, pace=1.0,
    ),
    PairSpec(
        base="SOL", quote="USDT", price_decimals=2, qty_decimals=4, start_price=15_000, typical_qty=40_000,
        volatility=0.00095, market_share=0.72, half_spread=0.00006, pace=0.8,
    ),
)  # fmt: skip
"""The same three pairs as on the emulated Binance, with KuCoin's ticks and finer sizes."""

_MIN_SIZE = {"BTC": "0.00001", "ETH": "0.0001", "SOL": "0.01"}
_QUOTE_MIN = {"BTC": "0.1", "ETH": "0.01", "SOL": "0.1"}
_FULL_NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "USDT": "Tether"}


def symbol_row(spec: PairSpec, *, version: int) -> dict[str, Any]:
    """Return one symbol in the v1 or v2 form."""
    increment = format_trimmed(spec.step_size, spec.qty_decimals)
    row: dict[str, Any] = {
        "symbol": spec.kucoin_symbol,
        "name": spec.kucoin_symbol,
        "baseCurrency": spec.base,
        "quoteCurrency": spec.quote,
        "feeCurrency": spec.quote,
        "market": "USDS",
        "baseMinSize": _MIN_SIZE.get(spec.base, increment),
        "quoteMinSize": _QUOTE_MIN.get(spec.base, "0.1"),
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": increment,
        "quoteIncrement": "0.000001",
        "priceIncrement": format_trimmed(spec.tick_size, spec.price_decimals),
        "priceLimitRate": "0.1",
        "minFunds": "0.1",
        "isMarginEnabled": False,
        "enableTrading": True,
    }
    return row if version == 1 else row | _v2_fields()


def _v2_fields() -> dict[str, Any]:
    """Return what the second version of the symbol list adds."""
    return {
        "feeCategory": 1,
        "makerFeeCoefficient": "1.00",
        "takerFeeCoefficient": "1.00",
        "st": False,
        "callauctionIsEnabled": False,
        "callauctionPriceFloor": None,
        "callauctionPriceCeiling": None,
        "callauctionFirstStageStartTime": None,
        "callauctionSecondStageStartTime": None,
        "callauctionThirdStageStartTime": None,
        "tradingStartTime": None,
    }


def currency_row(currency: str) -> dict[str, Any]:
    """Return one currency in the v3 form, without chains: nothing can be deposited or withdrawn here."""
    return {
        "currency": currency,
        "name": currency,
        "fullName": _FULL_NAMES.get(currency, currency),
        "precision": 8,
        "confirms": None,
        "contractAddress": None,
        "isMarginEnabled": False,
        "isDebitEnabled": False,
        "chains": [],
    }

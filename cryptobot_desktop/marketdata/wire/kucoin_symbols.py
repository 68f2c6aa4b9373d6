"""KuCoin's symbol rows (v1 and v2) become instruments.

Quantities keep 8 decimals whatever the increment is: the venue's books and trades hold sizes finer than the
increment that new orders must respect **(seen on CAPP-BTC: increment 0.01, sizes with 8 decimals)**.
"""

from typing import Final

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import FeeRule, Filters, Instrument, Venue
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, decimal_places, to_scaled
from cryptobot_desktop.marketdata.wire.binance_filters import MAX_DECIMALS, ppm, scaled_max, scaled_min
from cryptobot_desktop.marketdata.wire.texts import flag, not_negative, optional, positive, record, text

QTY_DECIMALS: Final = AMOUNT_DECIMALS


def read_instrument(content: object) -> Instrument:
    """Return the instrument of one row; InvalidInput when its numbers cannot be represented. Null means no limit.

    The symbol is the venue's unchanging key; base and quote come from the row, they cannot be split out of it.
    """
    row = record(content, "symbol row")
    tick, step = _needed(row, "priceIncrement"), _needed(row, "baseIncrement")
    decimals = decimal_places(tick)
    if decimals > MAX_DECIMALS:
        raise InvalidInput(f"priceIncrement {tick} has more than {MAX_DECIMALS} decimals")
    return Instrument(
        venue=Venue.KUCOIN,
        symbol=text(row.get("symbol"), "symbol"),
        base=text(row.get("baseCurrency"), "baseCurrency"),
        quote=text(row.get("quoteCurrency"), "quoteCurrency"),
        price_decimals=decimals,
        qty_decimals=QTY_DECIMALS,
        filters=_filters(row, tick, step),
        status="TRADING" if flag(row.get("enableTrading", True), "enableTrading") else "BREAK",
        fee_rule=FeeRule.QUOTE,
    )


def _filters(row: dict[str, object], tick: str, step: str) -> Filters:
    band = ppm(_limit(row, "priceLimitRate"))
    up, down = (PPM + band, max(PPM - band, 0)) if band else (0, 0)
    return Filters(
        tick_size=to_scaled(tick, decimal_places(tick)),
        min_qty=scaled_min(_limit(row, "baseMinSize"), QTY_DECIMALS),
        max_qty=scaled_max(_limit(row, "baseMaxSize"), QTY_DECIMALS),
        step_size=to_scaled(step, QTY_DECIMALS),
        min_notional=scaled_min(_limit(row, "minFunds"), AMOUNT_DECIMALS),
        quote_step=scaled_min(_limit(row, "quoteIncrement"), AMOUNT_DECIMALS),
        min_quote=scaled_min(_limit(row, "quoteMinSize"), AMOUNT_DECIMALS),
        max_quote=scaled_max(_limit(row, "quoteMaxSize"), AMOUNT_DECIMALS),
        bid_multiplier_up_ppm=up,
        bid_multiplier_down_ppm=down,
        ask_multiplier_up_ppm=up,
        ask_multiplier_down_ppm=down,
    )


def _needed(row: dict[str, object], name: str) -> str:
    found = _limit(row, name)
    positive(found, name)
    return found


def _limit(row: dict[str, object], name: str) -> str:
    """Return a limit as decimal text; a missing or null one is 0, which means that the rule is off."""
    found = optional(row.get(name), name) or "0"
    not_negative(found, name)
    return found

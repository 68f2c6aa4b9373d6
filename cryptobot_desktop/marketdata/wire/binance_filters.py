"""Binance's exchangeInfo rows become instruments: precision from tick and step, filters as scaled integers."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Final

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import FeeRule, Filters, Instrument, Venue
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, MAX_STORED, PPM, decimal_places, parse_decimal, to_scaled
from cryptobot_desktop.marketdata.wire.texts import flag, integer, is_zero, number, record, rows, text

MAX_DECIMALS: Final = 18
"""Finest precision that fits: beyond it, not even the number 9 has room in 63 bits."""

_LARGEST_ORDER: Final = 10**15
"""Units of quantity in the largest order; leaves room for the volume of a month below 2^63."""

Row = Mapping[str, object]


class InstrumentList(Struct, frozen=True):
    """What a list of symbols holds: usable instruments, and symbols that were left out with the reason."""

    instruments: list[Instrument]
    skipped: list[tuple[str, str]]


class FilterScale(Struct, frozen=True):
    """The precision in which one symbol's filters are kept."""

    price: int
    qty: int


def scaled_max(value: str, decimals: int) -> int:
    """Return an upper limit as a scaled integer, rounded down and cut to what can be stored."""
    return min(int(parse_decimal(value).scaleb(decimals).to_integral_value(ROUND_FLOOR)), MAX_STORED)


def scaled_min(value: str, decimals: int) -> int:
    """Return a lower limit as a scaled integer, rounded up; one that cannot be stored is refused."""
    scaled = int(parse_decimal(value).scaleb(decimals).to_integral_value(ROUND_CEILING))
    if scaled > MAX_STORED:
        raise InvalidInput(f"limit {value} is above {MAX_STORED} in units of {decimals} decimals")
    return scaled


def ppm(value: str) -> int:
    """Return a multiplier in parts per million."""
    return scaled_max(value, len(str(PPM)) - 1)


def read_instrument(content: object) -> Instrument:
    """Return the instrument of one exchangeInfo row; InvalidInput when its numbers cannot be represented."""
    row = record(content, "symbol row")
    filters = {text(item.get("filterType"), "filterType"): item for item in _filter_rows(row)}
    tick, step = _increment(filters, "PRICE_FILTER", "tickSize"), _increment(filters, "LOT_SIZE", "stepSize")
    scale = FilterScale(
        price=_decimals(tick, row, ("quoteAssetPrecision", "quotePrecision")),
        qty=_qty_decimals(_decimals(step, row, ("baseAssetPrecision",)), filters),
    )
    if scale.qty > AMOUNT_DECIMALS:
        raise InvalidInput(f"step {step} has more than the {AMOUNT_DECIMALS} decimals of the ledger")
    return Instrument(
        venue=Venue.BINANCE,
        symbol=text(row.get("symbol"), "symbol"),
        base=text(row.get("baseAsset"), "baseAsset"),
        quote=text(row.get("quoteAsset"), "quoteAsset"),
        price_decimals=scale.price,
        qty_decimals=scale.qty,
        filters=_filters(filters, scale),
        status=text(row.get("status"), "status"),
        fee_rule=FeeRule.RECEIVED,
    )


def _filter_rows(row: Row) -> list[dict[str, object]]:
    return [record(item, "filter") for item in rows(row.get("filters"), "filters")]


def _increment(filters: Mapping[str, Row], name: str, key: str) -> str:
    found = filters.get(name)
    return "0" if found is None else number(found.get(key), key)


def _decimals(increment: str, row: Row, precision_keys: tuple[str, ...]) -> int:
    """Return the decimals of an increment; of the asset where the increment is off (0)."""
    if is_zero(increment):
        given = next((row[key] for key in precision_keys if row.get(key) is not None), AMOUNT_DECIMALS)
        decimals = integer(given, precision_keys[0])
    else:
        decimals = decimal_places(increment)
    if not 0 <= decimals <= MAX_DECIMALS:
        raise InvalidInput(f"precision of {decimals} decimals is outside of 0 to {MAX_DECIMALS}")
    return decimals


def _qty_decimals(of_step: int, filters: Mapping[str, Row]) -> int:
    """Return the quantity scale: as fine as the ledger's where the largest order leaves room for volumes.

    Book levels hold remainders that are finer than the step.
    """
    largest = parse_decimal(_increment(filters, "LOT_SIZE", "maxQty"))
    fine = AMOUNT_DECIMALS
    while fine > of_step and largest.scaleb(fine) > _LARGEST_ORDER:
        fine -= 1
    return max(of_step, fine)


def _filters(found: Mapping[str, Row], scale: FilterScale) -> Filters:
    values: dict[str, int | bool] = {}
    unknown: list[str] = []
    for name, row in found.items():
        reader = _READERS.get(name)
        if reader is not None:
            values |= reader(row, scale)
        elif name not in _NOT_FOR_US:
            unknown.append(name)
    # Both percent filters can be on one symbol: the narrower band of the two holds.
    if "PERCENT_PRICE" in found and "PERCENT_PRICE_BY_SIDE" in found:
        plain, by_side = found["PERCENT_PRICE"], found["PERCENT_PRICE_BY_SIDE"]
        values |= _narrower(_percent(plain, scale), _percent_by_side(by_side, scale))
    return _as_filters(values, tuple(sorted(unknown)))


def _as_filters(values: Mapping[str, int | bool], unknown: tuple[str, ...]) -> Filters:
    flags = ("min_notional_for_market", "max_notional_for_market")
    numbers = {name: int(value) for name, value in values.items() if name not in flags}
    return Filters(
        **numbers,
        min_notional_for_market=bool(values.get(flags[0], True)),
        max_notional_for_market=bool(values.get(flags[1], False)),
        unknown=unknown,
    )


def _narrower(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    band = {}
    for name, value in first.items():
        other = second.get(name, value)
        band[name] = min(value, other) if name.endswith("up_ppm") else max(value, other)
    return band


def _price(row: Row, scale: FilterScale) -> dict[str, int]:
    return {
        "min_price": scaled_min(number(row.get("minPrice"), "minPrice"), scale.price),
        "max_price": scaled_max(number(row.get("maxPrice"), "maxPrice"), scale.price),
        "tick_size": to_scaled(number(row.get("tickSize"), "tickSize"), scale.price),
    }


def _lot(row: Row, scale: FilterScale) -> dict[str, int]:
    return {
        "min_qty": scaled_min(number(row.get("minQty"), "minQty"), scale.qty),
        "max_qty": scaled_max(number(row.get("maxQty"), "maxQty"), scale.qty),
        "step_size": to_scaled(number(row.get("stepSize"), "stepSize"), scale.qty),
    }


def _market_lot(row: Row, scale: FilterScale) -> dict[str, int]:
    return {
        "market_min_qty": scaled_min(number(row.get("minQty"), "minQty"), scale.qty),
        "market_max_qty": scaled_max(number(row.get("maxQty"), "maxQty"), scale.qty),
        "market_step_size": to_scaled(number(row.get("stepSize"), "stepSize"), scale.qty),
    }


def _min_notional(row: Row, _scale: FilterScale) -> dict[str, int]:
    return {
        "min_notional": scaled_min(number(row.get("minNotional"), "minNotional"), AMOUNT_DECIMALS),
        "min_notional_for_market": flag(row.get("applyToMarket", True), "applyToMarket"),
        **_minutes(row),
    }


def _notional(row: Row, _scale: FilterScale) -> dict[str, int]:
    return {
        "min_notional": scaled_min(number(row.get("minNotional"), "minNotional"), AMOUNT_DECIMALS),
        "min_notional_for_market": flag(row.get("applyMinToMarket", True), "applyMinToMarket"),
        "max_notional": scaled_max(number(row.get("maxNotional", "0"), "maxNotional"), AMOUNT_DECIMALS),
        "max_notional_for_market": flag(row.get("applyMaxToMarket", False), "applyMaxToMarket"),
        **_minutes(row),
    }


def _minutes(row: Row) -> dict[str, int]:
    return {"avg_price_mins": integer(row["avgPriceMins"], "avgPriceMins")} if "avgPriceMins" in row else {}


def _percent(row: Row, _scale: FilterScale) -> dict[str, int]:
    up = ppm(number(row.get("multiplierUp"), "multiplierUp"))
    down = ppm(number(row.get("multiplierDown"), "multiplierDown"))
    return {
        "bid_multiplier_up_ppm": up,
        "bid_multiplier_down_ppm": down,
        "ask_multiplier_up_ppm": up,
        "ask_multiplier_down_ppm": down,
        **_minutes(row),
    }


def _percent_by_side(row: Row, _scale: FilterScale) -> dict[str, int]:
    return {
        "bid_multiplier_up_ppm": ppm(number(row.get("bidMultiplierUp"), "bidMultiplierUp")),
        "bid_multiplier_down_ppm": ppm(number(row.get("bidMultiplierDown"), "bidMultiplierDown")),
        "ask_multiplier_up_ppm": ppm(number(row.get("askMultiplierUp"), "askMultiplierUp")),
        "ask_multiplier_down_ppm": ppm(number(row.get("askMultiplierDown"), "askMultiplierDown")),
        **_minutes(row),
    }


def _count(field: str, key: str) -> Callable[[Row, FilterScale], dict[str, int]]:
    return lambda row, _scale: {field: integer(row.get(key), key)}


def _position(row: Row, scale: FilterScale) -> dict[str, int]:
    return {"max_position": scaled_max(number(row.get("maxPosition"), "maxPosition"), scale.qty)}


def _trailing(row: Row, _scale: FilterScale) -> dict[str, int]:
    return {
        "min_trailing_above_bips": integer(row.get("minTrailingAboveDelta"), "minTrailingAboveDelta"),
        "max_trailing_above_bips": integer(row.get("maxTrailingAboveDelta"), "maxTrailingAboveDelta"),
        "min_trailing_below_bips": integer(row.get("minTrailingBelowDelta"), "minTrailingBelowDelta"),
        "max_trailing_below_bips": integer(row.get("maxTrailingBelowDelta"), "maxTrailingBelowDelta"),
    }


_READERS: Final[dict[str, Callable[[Row, FilterScale], dict[str, int]]]] = {
    "PRICE_FILTER": _price,
    "LOT_SIZE": _lot,
    "MARKET_LOT_SIZE": _market_lot,
    "MIN_NOTIONAL": _min_notional,
    "NOTIONAL": _notional,
    "PERCENT_PRICE": _percent,
    "PERCENT_PRICE_BY_SIDE": _percent_by_side,
    "MAX_NUM_ORDERS": _count("max_num_orders", "maxNumOrders"),
    "MAX_NUM_ALGO_ORDERS": _count("max_num_algo_orders", "maxNumAlgoOrders"),
    "MAX_NUM_ICEBERG_ORDERS": _count("max_num_iceberg_orders", "maxNumIcebergOrders"),
    "MAX_NUM_ORDER_LISTS": _count("max_num_order_lists", "maxNumOrderLists"),
    "ICEBERG_PARTS": _count("iceberg_parts", "limit"),
    "TRAILING_DELTA": _trailing,
    "MAX_POSITION": _position,
}
_NOT_FOR_US: Final = ("MAX_NUM_ORDER_AMENDS",)
"""Known filters that do not matter here: nobody counts how often an order was made smaller."""

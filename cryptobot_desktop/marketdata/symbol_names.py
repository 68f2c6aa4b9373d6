"""Symbols as people and venues write them: ``BTC/USDT``, ``BTCUSDT``, ``BTC-USDT``."""

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import FeeRule, Filters, Instrument, Venue
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS

_FEW: Final = 12
"""So many symbols are listed whole when one is not among them."""
_LARGEST_QTY: Final = 10**17
"""Units of quantity in one bar; leaves room for sums of many below 2^63."""

_STABLE: Final = (
    "FDUSD",
    "USDT",
    "USDC",
    "BUSD",
    "TUSD",
    "USDP",
    "USDS",
    "USD1",
    "EURI",
    "IDRT",
    "BIDR",
    "BKRW",
    "BVND",
)
_COINS: Final = ("DOGE", "BTC", "ETH", "BNB", "DAI", "VAI", "PAX", "UST", "XRP", "TRX", "DOT", "SOL", "KCS")
_MONEY: Final = (
    "USD",
    "EUR",
    "TRY",
    "BRL",
    "GBP",
    "AUD",
    "RUB",
    "UAH",
    "JPY",
    "MXN",
    "ZAR",
    "PLN",
    "RON",
    "ARS",
    "NGN",
)
QUOTE_ASSETS: Final = (*_STABLE, *_COINS, *_MONEY, "COP", "CZK")
"""Quote assets of Binance symbols, in which base and quote are not divided; only used without reference data."""

_SYMBOL: Final = re.compile(r"\w{1,32}(?:[-/]\w{1,32})?")
_DIVIDERS: Final = re.compile(r"[-/]")


def split_symbol(symbol: str) -> tuple[str, str]:
    """Return base and quote of a symbol; by its divider, else by a known quote asset at its end."""
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidInput(f"symbol {symbol[:60]!r} is not readable, allowed: for example BTC/USDT")
    upper = symbol.upper()
    if _DIVIDERS.search(upper):
        base, _, quote = upper.replace("/", "-").partition("-")
        return base, quote
    for quote in QUOTE_ASSETS:
        if upper.endswith(quote) and len(upper) > len(quote):
            return upper[: -len(quote)], quote
    raise InvalidInput(f"symbol {symbol!r} does not say what is its quote asset; write it as BASE/QUOTE")


def venue_symbol(base: str, quote: str, venue: Venue) -> str:
    """Return a venue's spelling of a pair."""
    return f"{base}-{quote}" if venue is Venue.KUCOIN else f"{base}{quote}"


def inferred_instrument(
    venue: Venue, symbol: str, price_decimals: int, qty_decimals: int, *, largest_qty: Decimal = Decimal(0)
) -> Instrument:
    """Return an instrument of which only data is known: tick and step as fine as the data, the venue's usual fee rule.

    Quantities are kept as finely as the ledger keeps amounts where `largest_qty` has room for it, as those of the
    exchanges are: all data about a symbol then have one scale.
    """
    base, quote = split_symbol(symbol)
    has_room = largest_qty.scaleb(AMOUNT_DECIMALS) < _LARGEST_QTY
    scale = AMOUNT_DECIMALS if has_room else qty_decimals
    return Instrument(
        venue=venue,
        symbol=venue_symbol(base, quote, venue),
        base=base,
        quote=quote,
        price_decimals=price_decimals,
        qty_decimals=scale,
        filters=Filters(tick_size=1, step_size=10 ** (scale - qty_decimals)),
        fee_rule=FeeRule.QUOTE if venue is Venue.KUCOIN else FeeRule.RECEIVED,
    )


def instrument_by_name(instruments: Iterable[Instrument], text: str) -> Instrument:
    """Return the instrument meant by ``BTC/USDT``, ``BTCUSDT`` or ``BTC-USDT``; InvalidInput names near misses."""
    wanted = plain_name(text)
    by_name: dict[str, Instrument] = {}
    for instrument in instruments:
        if text.upper() in (instrument.symbol, instrument.name):
            return instrument
        by_name.setdefault(plain_name(instrument.name), instrument)
        by_name.setdefault(plain_name(instrument.symbol), instrument)
    found = by_name.get(wanted)
    if found is not None:
        return found
    names = list(dict.fromkeys(instrument.name for instrument in by_name.values()))
    near = list(dict.fromkeys(by_name[name].name for name in get_close_matches(wanted, by_name, 5, 0.6)))
    if len(names) <= _FEW:
        hint = f"known: {', '.join(names) or 'none'}"
    else:
        hint = f"did you mean {', '.join(near)}?" if near else f"{len(names)} symbols are known, none is like it"
    raise InvalidInput(f"symbol {text[:60]!r} is unknown; {hint}")


def plain_name(text: str) -> str:
    """Return a symbol without divider, in upper case."""
    return _DIVIDERS.sub("", text.strip()).upper()

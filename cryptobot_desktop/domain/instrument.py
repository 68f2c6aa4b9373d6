"""What can be traded where: venues, instruments, their precision and the venue's filters."""

from enum import StrEnum
from functools import lru_cache
from typing import NewType

from msgspec import Struct, structs

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.numbers import (
    AMOUNT_DECIMALS,
    format_trimmed,
    rescale_down,
    rescale_up,
)

InstrumentId = NewType("InstrumentId", str)
"""``venue:symbol`` with the venue's own symbol, e.g. ``binance:BTCUSDT`` or ``kucoin:BTC-USDT``."""


class Venue(StrEnum):
    """The exchanges whose public market data the program understands."""

    BINANCE = "binance"
    KUCOIN = "kucoin"

    @property
    def label(self) -> str:
        """Return the venue's name as people write it."""
        return "KuCoin" if self is Venue.KUCOIN else "Binance"


@lru_cache(maxsize=16_384)
def instrument_id(venue: Venue, symbol: str) -> InstrumentId:
    """Return the key of a venue's symbol; remembered, because it is asked for with every event."""
    return InstrumentId(f"{venue.value}:{symbol}")


class FeeRule(StrEnum):
    """In which asset a venue takes its fee."""

    RECEIVED = "received"
    """Binance: base on a buy, quote on a sell."""
    QUOTE = "quote"
    """KuCoin: always the quote asset."""


class Filters(Struct, frozen=True, kw_only=True):
    """The venue's order filters as scaled integers; 0 means that the rule is off.

    Prices in the instrument's price scale, quantities in its quantity scale, notionals in ledger
    amounts, multipliers in parts per million.
    """

    min_price: int = 0
    max_price: int = 0
    tick_size: int = 0
    min_qty: int = 0
    max_qty: int = 0
    step_size: int = 0
    market_min_qty: int = 0
    market_max_qty: int = 0
    market_step_size: int = 0
    min_notional: int = 0
    max_notional: int = 0
    min_notional_for_market: bool = True
    max_notional_for_market: bool = False
    avg_price_mins: int = 5
    quote_step: int = 0
    """KuCoin quoteIncrement for market orders by funds, in ledger amounts."""
    min_quote: int = 0
    """KuCoin quoteMinSize, in ledger amounts."""
    max_quote: int = 0
    bid_multiplier_up_ppm: int = 0
    bid_multiplier_down_ppm: int = 0
    ask_multiplier_up_ppm: int = 0
    ask_multiplier_down_ppm: int = 0
    max_num_orders: int = 0
    max_num_algo_orders: int = 0
    max_num_iceberg_orders: int = 0
    max_num_order_lists: int = 0
    iceberg_parts: int = 0
    min_trailing_above_bips: int = 0
    max_trailing_above_bips: int = 0
    min_trailing_below_bips: int = 0
    max_trailing_below_bips: int = 0
    max_position: int = 0
    unknown: tuple[str, ...] = ()
    """Names of filters this version does not know; kept so that nobody thinks they were checked."""


_PRICE_FILTERS = ("min_price", "max_price", "tick_size")
_QTY_FILTERS = (
    "min_qty",
    "max_qty",
    "step_size",
    "market_min_qty",
    "market_max_qty",
    "market_step_size",
    "max_position",
)


class Instrument(Struct, frozen=True, kw_only=True):
    """One tradable pair on one venue."""

    venue: Venue
    symbol: str
    base: str
    quote: str
    price_decimals: int
    qty_decimals: int
    filters: Filters = Filters()
    status: str = "TRADING"
    fee_rule: FeeRule = FeeRule.RECEIVED
    synthetic: bool = False

    @property
    def id(self) -> InstrumentId:
        """Return the key used everywhere, e.g. ``binance:BTCUSDT``."""
        return instrument_id(self.venue, self.symbol)

    @property
    def name(self) -> str:
        """Return the name for people, e.g. ``BTC/USDT``."""
        return f"{self.base}/{self.quote}"

    @property
    def step_decimals(self) -> int:
        """Return how many decimals of a quantity people need to see: those of the venue's step."""
        step, decimals = self.filters.step_size, self.qty_decimals
        while step and step % 10 == 0 and decimals:
            step, decimals = step // 10, decimals - 1
        return decimals

    def at_scale(self, price_decimals: int, qty_decimals: int) -> "Instrument":
        """Return the same instrument with finer scales; coarser ones raise InvariantBroken."""
        finer_price, finer_qty = price_decimals - self.price_decimals, qty_decimals - self.qty_decimals
        if finer_price < 0 or finer_qty < 0:
            raise InvariantBroken(f"{self.id} cannot be kept with fewer decimals than it has")
        scaled = {name: getattr(self.filters, name) * 10**finer_price for name in _PRICE_FILTERS}
        scaled |= {name: getattr(self.filters, name) * 10**finer_qty for name in _QTY_FILTERS}
        return structs.replace(
            self,
            price_decimals=price_decimals,
            qty_decimals=qty_decimals,
            filters=structs.replace(self.filters, **scaled),
        )

    @property
    def is_trading(self) -> bool:
        """Return True when the venue accepts orders for it."""
        return self.status == "TRADING"

    def notional_down(self, price: int, qty: int) -> int:
        """Return price x quantity as a quote amount, rounded down (what a seller receives)."""
        return rescale_down(price * qty, self.price_decimals + self.qty_decimals, AMOUNT_DECIMALS)

    def notional_up(self, price: int, qty: int) -> int:
        """Return price x quantity as a quote amount, rounded up (what a buyer pays)."""
        return rescale_up(price * qty, self.price_decimals + self.qty_decimals, AMOUNT_DECIMALS)

    def base_amount(self, qty: int) -> int:
        """Return a quantity as a ledger amount of the base asset (exact for qty_decimals <= 8)."""
        return rescale_down(qty, self.qty_decimals, AMOUNT_DECIMALS)

    def qty_from_amount(self, amount: int) -> int:
        """Return how much quantity a ledger amount of the base asset is, rounded down."""
        return rescale_down(amount, AMOUNT_DECIMALS, self.qty_decimals)

    def price_text(self, price: int) -> str:
        """Return a price for people and files, without trailing zeros."""
        return format_trimmed(price, self.price_decimals)

    def qty_text(self, qty: int) -> str:
        """Return a quantity for people and files, without trailing zeros."""
        return format_trimmed(qty, self.qty_decimals)

    def price_float(self, price: int) -> float:
        """Return a price for indicators and the screen; never for money."""
        return float(price / 10**self.price_decimals)


def split_instrument_id(instrument: InstrumentId) -> tuple[Venue, str]:
    """Return venue and the venue's symbol."""
    venue, _, symbol = instrument.partition(":")
    return Venue(venue), symbol

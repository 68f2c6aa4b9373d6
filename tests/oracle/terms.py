"""The terms of trade: what a venue allows, and what it charges."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.units import NOTHING


@dataclass(frozen=True)
class Tariff:
    """Maker and taker rates as fractions; with a discount asset fees are paid in it while there is enough."""

    maker: Fraction
    taker: Fraction
    discount_asset: str = ""
    discount: Fraction = NOTHING

    def rate(self, role: str) -> Fraction:
        """Return the rate of a role."""
        return self.maker if role == "maker" else self.taker

    @property
    def dearer(self) -> Fraction:
        """Return the higher of both rates."""
        return max(self.maker, self.taker)


@dataclass(frozen=True)
class PlainVenue:
    """One market of one venue. `limits` holds the filters in real units; a missing or zero one is off."""

    kucoin: bool
    price_unit: Fraction
    qty_unit: Fraction
    tariff: Tariff
    base: str = "BTC"
    quote: str = "USDT"
    trading: bool = True
    limits: dict[str, Fraction] = field(default_factory=dict)
    market_min_notional: bool = True
    market_max_notional: bool = False

    @property
    def step(self) -> Fraction:
        """Return the step of quantities, at least one unit of their precision."""
        return self.limits.get("step") or self.limits.get("market_step") or self.qty_unit

    @property
    def fee_in_quote(self) -> bool:
        """True where the fee of a buy comes on top, in the quote asset."""
        return self.kucoin

    def rule(self, name: str) -> Fraction:
        """Return a filter's value, 0 when it is off."""
        return self.limits.get(name, NOTHING)

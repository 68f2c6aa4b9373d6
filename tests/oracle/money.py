"""A second way to count money: balances recomputed from orders and fills in exact fractions, without a ledger."""

from fractions import Fraction
from math import ceil

TINY = Fraction(1, 10**8)


def fee(price: Fraction, qty: Fraction, rate_ppm: int, in_base: bool) -> Fraction:
    """Return the fee of a fill: rate times exact notional (or quantity), rounded up to eight decimals."""
    exact = (qty if in_base else price * qty) * Fraction(rate_ppm, 1_000_000)
    return ceil(exact / TINY) * TINY


class PlainCash:
    """Free and locked money per asset of one account, kept by simple sums."""

    def __init__(self) -> None:
        self.total: dict[str, Fraction] = {}
        self.paid_fees: dict[str, Fraction] = {}
        self.locked: dict[str, dict[str, Fraction]] = {}

    def move(self, asset: str, amount: Fraction) -> None:
        """Add (or take) money."""
        self.total[asset] = self.total.get(asset, Fraction(0)) + amount

    def charge(self, asset: str, amount: Fraction) -> None:
        """Take a fee."""
        self.move(asset, -amount)
        self.paid_fees[asset] = self.paid_fees.get(asset, Fraction(0)) + amount

    def lock(self, asset: str, order: str, amount: Fraction) -> None:
        """Say what an order holds now."""
        self.locked.setdefault(asset, {})[order] = amount

    def held(self, asset: str) -> Fraction:
        """Return what all orders hold."""
        return sum(self.locked.get(asset, {}).values(), Fraction(0))

    def free(self, asset: str) -> Fraction:
        """Return what is free."""
        return self.total.get(asset, Fraction(0)) - self.held(asset)

"""A second way to count money: balances recomputed from orders and fills in exact fractions, without a ledger."""

from fractions import Fraction

from tests.oracle.units import NOTHING, TINY, up

__all__ = ["TINY", "PlainCash", "fee"]


def fee(price: Fraction, qty: Fraction, rate_ppm: int, in_base: bool) -> Fraction:
    """Return the fee of a fill: rate times exact notional (or quantity), rounded up to eight decimals."""
    return up((qty if in_base else price * qty) * Fraction(rate_ppm, 1_000_000))


class PlainCash:
    """Free and locked money per asset of one account, kept by simple sums."""

    def __init__(self) -> None:
        self.total: dict[str, Fraction] = {}
        self.paid_fees: dict[str, Fraction] = {}
        self.locked: dict[str, dict[str, Fraction]] = {}

    def move(self, asset: str, amount: Fraction) -> None:
        """Add (or take) money."""
        self.total[asset] = self.total.get(asset, NOTHING) + amount

    def charge(self, asset: str, amount: Fraction) -> None:
        """Take a fee."""
        self.move(asset, -amount)
        self.paid_fees[asset] = self.paid_fees.get(asset, NOTHING) + amount

    def lock(self, asset: str, order: str, amount: Fraction) -> None:
        """Say what an order holds now."""
        if amount:
            self.locked.setdefault(asset, {})[order] = amount
        else:
            self.locked.get(asset, {}).pop(order, None)

    def held(self, asset: str) -> Fraction:
        """Return what all orders hold."""
        return sum(self.locked.get(asset, {}).values(), NOTHING)

    def free(self, asset: str) -> Fraction:
        """Return what is free."""
        return self.total.get(asset, NOTHING) - self.held(asset)

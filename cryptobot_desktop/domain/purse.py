"""What the paper exchange may ask about money: what is free, what is held, what one asset is worth in another."""

from typing import Protocol

from msgspec import Struct


class CrossRate(Struct, frozen=True, gc=False):
    """What one asset is worth in another: ``amount * numerator / denominator``, all ledger amounts."""

    numerator: int
    denominator: int


class Purse(Protocol):
    """The portfolios' money at this moment, every fact settled so far included."""

    def available(self, portfolio: str, asset: str) -> int:
        """Return what is free, as a ledger amount."""
        ...

    def held_of(self, portfolio: str, asset: str) -> int:
        """Return what is free and reserved, as a ledger amount."""
        ...

    def rate(self, asset: str, into: str) -> CrossRate | None:
        """Return the newest price between two assets, or None when the market has none."""
        ...

"""What an amount of one asset is worth in another, through prices that are really there, and through which.

Nothing is guessed: an asset to which no chain of at most MAX_HOPS prices leads has no value and is named.
"""

from collections import deque
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument

MAX_HOPS = 3


class PriceSource(StrEnum):
    """Where a price comes from."""

    BID = "bid"
    MID = "mid"
    LAST = "last"
    LAST_FILL = "last_fill"
    """The newest own fill: all there is while no market is watched."""


class Quote(Struct, frozen=True):
    """A price of an instrument's base asset in its quote asset, scaled as the instrument's prices are."""

    instrument: Instrument
    price: int
    source: PriceSource
    at_ms: int = 0
    """When it was true, 0 for now."""


class Worth(Struct, frozen=True):
    """A value in another asset, rounded down; None when no chain of prices leads there. `path` is that chain."""

    amount: int | None
    path: tuple[Quote, ...] = ()

    @property
    def source(self) -> str:
        """Return where the prices of the path come from, each once, e.g. ``last`` or ``mid, last``."""
        return ", ".join(dict.fromkeys(quote.source.value for quote in self.path))

    @property
    def path_text(self) -> str:
        """Return the path for people, e.g. ``ETH/USDT at 3000 (last), BTC/USDT at 60000 (last)``."""
        return ", ".join(
            f"{quote.instrument.name} at {quote.instrument.price_text(quote.price)} ({quote.source.value})"
            for quote in self.path
        )


class Rates:
    """Finds the way with the fewest prices from one asset to another; of equally short ones the first given."""

    def __init__(self, quotes: Iterable[Quote]) -> None:
        self._from: dict[str, list[tuple[str, Quote]]] = {}
        for quote in quotes:
            if quote.price > 0:
                base, other = quote.instrument.base, quote.instrument.quote
                self._from.setdefault(base, []).append((other, quote))
                self._from.setdefault(other, []).append((base, quote))

    def path(self, asset: str, into: str) -> tuple[Quote, ...] | None:
        """Return the prices that lead from an asset to another, none for the same, None when there is no way."""
        if asset == into:
            return ()
        ways: deque[tuple[str, tuple[Quote, ...]]] = deque([(asset, ())])
        seen = {asset}
        while ways:
            here, path = ways.popleft()
            if len(path) == MAX_HOPS:
                continue
            for there, quote in self._from.get(here, ()):
                if there == into:
                    return (*path, quote)
                if there not in seen:
                    seen.add(there)
                    ways.append((there, (*path, quote)))
        return None

    def value(self, asset: str, amount: int, into: str) -> Worth:
        """Return what a ledger amount is worth; exact along the whole path, rounded down once at its end."""
        path = self.path(asset, into)
        if path is None:
            return Worth(None)
        numerator, denominator, here = amount, 1, asset
        for quote in path:
            scale = 10**quote.instrument.price_decimals
            if quote.instrument.base == here:
                numerator, denominator, here = numerator * quote.price, denominator * scale, quote.instrument.quote
            else:
                numerator, denominator, here = numerator * scale, denominator * quote.price, quote.instrument.base
        return Worth(numerator // denominator, path)


def mid(instrument: Instrument, bid: int, ask: int) -> Quote:
    """Return the middle of bid and ask, rounded down to the instrument's precision."""
    return Quote(instrument, (bid + ask) // 2, PriceSource.MID)

"""Positions of one portfolio: quantity, cost, lots, realised and unrealised profit. All amounts have 8 decimals."""

from collections.abc import Mapping

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.orders import Fill


class Position(Struct, frozen=True, kw_only=True):
    """One base asset against one quote asset; profit figures are before fees, fees are a line of their own."""

    base: str
    quote: str
    quantity: int
    """Ledger amount of the base asset."""
    cost: int
    """FIFO cost of `quantity` in the quote asset."""
    average_cost: int
    """Average cost of `quantity` in the quote asset."""
    realised_fifo: int
    realised_average: int
    fees: int
    """Fees paid so far, in the quote asset (base fees valued at the fill's price)."""

    def average_price(self, instrument: Instrument) -> int | None:
        """Return average cost per unit as a price of `instrument`, rounded up; None without a position."""
        raise NotImplementedError


class Mark(Struct, frozen=True):
    """A price to value an asset with."""

    instrument: Instrument
    price: int


class Valuation(Struct, frozen=True):
    """Equity in the portfolio's asset; assets without a price are named, not guessed."""

    equity: int
    unpriced: tuple[str, ...] = ()


class PortfolioBook:
    """Positions of one portfolio epoch, rebuilt from its fills in order."""

    def __init__(self, name: str, asset: str) -> None:
        raise NotImplementedError

    def apply(self, fill: Fill, instrument: Instrument) -> int:
        """Take in one fill; returns the FIFO profit it realised (0 for buys), before fees."""
        raise NotImplementedError

    def positions(self) -> tuple[Position, ...]:
        """Return all positions ever held, sorted by base and quote."""
        raise NotImplementedError

    def position(self, base: str, quote: str) -> Position:
        """Return one position (empty when never traded)."""
        raise NotImplementedError

    def unrealised(self, base: str, mark: Mark) -> int:
        """Return value at the mark minus FIFO cost, in the mark's quote asset."""
        raise NotImplementedError

    def realised(self) -> int:
        """Return FIFO profit before fees of all positions quoted in the portfolio's asset."""
        raise NotImplementedError

    def fees(self) -> int:
        """Return fees of all positions quoted in the portfolio's asset."""
        raise NotImplementedError


def value_holdings(held: Mapping[str, int], asset: str, marks: Mapping[str, Mark]) -> Valuation:
    """Value ledger amounts per asset in `asset`. `marks` maps an asset to a price against `asset` (either way round)."""
    raise NotImplementedError

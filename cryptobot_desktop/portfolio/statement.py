"""A statement of one portfolio epoch: what it holds, what it has earned by FIFO and by average cost, fees and dust."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger import AccountKind, PortfolioRecord, account
from cryptobot_desktop.portfolio.positions import PortfolioBook, Position
from cryptobot_desktop.portfolio.valuation import Rates, Worth


class AssetLine(Struct, frozen=True, kw_only=True):
    """One asset: what can be spent, what open orders hold, and what both are worth."""

    asset: str
    available: int
    reserved: int
    worth: Worth


class DustLine(Struct, frozen=True, kw_only=True):
    """What is left of an asset below the instrument's step, or all of it below the smallest order."""

    asset: str
    amount: int
    worth: Worth
    why: str


class PositionLine(Struct, frozen=True, kw_only=True):
    """One position in its own quote asset; None where no price leads there."""

    position: Position
    worth: Worth
    unrealised_fifo: int | None
    unrealised_average: int | None


class Statement(Struct, frozen=True, kw_only=True):
    """All figures are ledger amounts of `asset` unless they name another; totals leave out what is unpriced.

    In the portfolio's own asset: equity - starting cash = realised + unrealised - fees, exactly, by both methods,
    for a portfolio whose positions are all quoted in it.
    """

    record: PortfolioRecord
    asset: str
    starting_cash: int | None
    """At today's rate when `asset` is another than the portfolio's; None without a price."""
    equity: int
    realised_fifo: int
    realised_average: int
    unrealised_fifo: int
    unrealised_average: int
    fees: int
    dust: int
    assets: tuple[AssetLine, ...]
    positions: tuple[PositionLine, ...]
    dust_lines: tuple[DustLine, ...]
    fees_paid: tuple[tuple[str, int], ...]
    """What the ledger paid in fees, in each asset."""
    unpriced: tuple[str, ...]


def statement(
    record: PortfolioRecord,
    book: PortfolioBook,
    balances: Mapping[tuple[str, str], int],
    *,
    rates: Rates,
    instruments: Iterable[Instrument],
    into: str = "",
) -> Statement:
    """Return the statement of an epoch from its book and the ledger's balances, valued in `into` or its own asset."""
    asset = into or record.asset
    assets = tuple(_assets(record, balances, rates, asset))
    positions = tuple(_position_line(position, rates) for position in book.positions())
    dust = tuple(_dust_lines(assets, tuple(instruments), rates, asset))
    total = _Totals(rates, asset)
    figures = {
        "realised_fifo": total.of((p.position.quote, p.position.realised_fifo) for p in positions),
        "realised_average": total.of((p.position.quote, p.position.realised_average) for p in positions),
        "unrealised_fifo": total.of((p.position.quote, p.unrealised_fifo) for p in positions),
        "unrealised_average": total.of((p.position.quote, p.unrealised_average) for p in positions),
        "fees": total.of((p.position.quote, p.position.fees) for p in positions),
    }
    paid = account(record.name, record.epoch, AccountKind.FEES)
    unpriced = {line.asset for line in assets if line.worth.amount is None} | total.unpriced
    unpriced |= {line.position.base for line in positions if line.unrealised_fifo is None}
    return Statement(
        record=record,
        asset=asset,
        starting_cash=rates.value(record.asset, record.starting_cash, asset).amount,
        equity=sum(line.worth.amount or 0 for line in assets),
        dust=sum(line.worth.amount or 0 for line in dust),
        assets=assets,
        positions=positions,
        dust_lines=dust,
        fees_paid=tuple(sorted((kind, amount) for (name, kind), amount in balances.items() if name == paid and amount)),
        unpriced=tuple(sorted(unpriced)),
        **figures,
    )


class _Totals:
    """Adds up figures in several assets."""

    def __init__(self, rates: Rates, asset: str) -> None:
        self._rates = rates
        self._asset = asset
        self.unpriced: set[str] = set()

    def of(self, figures: Iterable[tuple[str, int | None]]) -> int:
        """Return the sum; figures without a value are left out and their assets noted."""
        total = 0
        for asset, amount in figures:
            worth = self._rates.value(asset, amount or 0, self._asset).amount
            if worth is None:
                self.unpriced |= {asset} if amount else set()
            else:
                total += worth
        return total


def _assets(
    record: PortfolioRecord, balances: Mapping[tuple[str, str], int], rates: Rates, into: str
) -> Iterable[AssetLine]:
    free, held = (account(record.name, record.epoch, kind) for kind in (AccountKind.AVAILABLE, AccountKind.RESERVED))
    names = sorted({asset for (name, asset), amount in balances.items() if name in (free, held) and amount})
    for asset in names:
        available, reserved = balances.get((free, asset), 0), balances.get((held, asset), 0)
        worth = rates.value(asset, available + reserved, into)
        yield AssetLine(asset=asset, available=available, reserved=reserved, worth=worth)


def _position_line(position: Position, rates: Rates) -> PositionLine:
    worth = rates.value(position.base, position.quantity, position.quote) if position.quantity else Worth(0)
    value = worth.amount
    return PositionLine(
        position=position,
        worth=worth,
        unrealised_fifo=None if value is None else value - position.cost,
        unrealised_average=None if value is None else value - position.average_cost,
    )


def _dust_lines(
    assets: tuple[AssetLine, ...], instruments: tuple[Instrument, ...], rates: Rates, into: str
) -> Iterable[DustLine]:
    for line in assets:
        found = [_dust(line, instrument, rates) for instrument in instruments if instrument.base == line.asset]
        if not found:
            continue
        amount, why = min(found)  # what can be sold anywhere is no dust
        if amount:
            yield DustLine(asset=line.asset, amount=amount, worth=rates.value(line.asset, amount, into), why=why)


def _dust(line: AssetLine, instrument: Instrument, rates: Rates) -> tuple[int, str]:
    """Return how much of an asset cannot be sold on an instrument, and why."""
    filters, amount = instrument.filters, line.available + line.reserved
    qty = instrument.qty_from_amount(amount)
    qty -= qty % (filters.step_size or 1)
    whole = instrument.base_amount(qty)
    if qty < max(1, filters.min_qty):
        return amount, f"below the smallest quantity of {instrument.name}"
    worth = rates.value(line.asset, whole, instrument.quote).amount
    if worth is not None and worth < filters.min_notional:
        return amount, f"below the smallest notional of {instrument.name}"
    return amount - whole, f"below the step of {instrument.name}"

"""Older epochs of a portfolio as figures: what was traded, earned and paid before the books were begun anew."""

from typing import Protocol

from cryptobot_desktop.domain.commands import ShowEpoch
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import EpochShown
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.portfolio.positions import PortfolioBook

SHOWN_FILLS = 500


class EpochArchive(Protocol):
    """Reads what is stored of portfolios; called on the engine's thread only."""

    def epochs(self, portfolio: str) -> tuple[PortfolioRecord, ...]:
        """Return every epoch of a portfolio, oldest first."""
        ...

    def fills(self, portfolio: str, epoch: int) -> tuple[Fill, ...]:
        """Return the fills of an epoch, oldest first."""
        ...

    def order_count(self, portfolio: str, epoch: int) -> int:
        """Return how many orders an epoch had."""
        ...

    def instruments(self) -> tuple[Instrument, ...]:
        """Return every instrument that stored rows refer to."""
        ...


def shown_epoch(command_id: int, command: ShowEpoch, archive: EpochArchive | None) -> EpochShown:
    """Return what an epoch came to; InvalidInput names the known ones."""
    if archive is None:
        raise InvalidInput("this session keeps nothing, so there are no older epochs to look at")
    epochs = archive.epochs(command.portfolio)
    if not epochs:
        raise InvalidInput(f"portfolio {command.portfolio!r} is not stored; choose one that exists")
    index = _index(epochs, command)
    record = epochs[index]
    known = {instrument.id: instrument for instrument in archive.instruments()}
    fills = tuple(fill for fill in archive.fills(record.name, record.epoch) if fill.instrument in known)
    book = PortfolioBook(record.name, record.asset)
    for fill in fills:
        book.apply(fill, known[fill.instrument])
    shown = fills[-SHOWN_FILLS:]
    return EpochShown(
        command_id=command_id,
        epochs=epochs,
        record=record,
        fills=shown,
        fills_in_all=len(fills),
        orders=archive.order_count(record.name, record.epoch),
        realized=book.realised(),
        fees_value=book.fees(),
        holdings=_holdings(record, fills, known),
        instruments=tuple(known[key] for key in dict.fromkeys(fill.instrument for fill in shown)),
        ended_ms=epochs[index + 1].created_ms if index + 1 < len(epochs) else 0,
    )


def _index(epochs: tuple[PortfolioRecord, ...], command: ShowEpoch) -> int:
    numbers = [record.epoch for record in epochs]
    if command.epoch == 0:
        return len(epochs) - 1
    if command.epoch not in numbers:
        known = ", ".join(map(str, numbers))
        raise InvalidInput(f"portfolio {command.portfolio!r} has no epoch {command.epoch}; its epochs: {known}")
    return numbers.index(command.epoch)


def _holdings(
    record: PortfolioRecord, fills: tuple[Fill, ...], known: dict[InstrumentId, Instrument]
) -> tuple[tuple[str, int], ...]:
    """Return what starting cash and fills come to per asset, without zeros."""
    held = {record.asset: record.starting_cash}
    for fill in fills:
        instrument = known[fill.instrument]
        sign = 1 if fill.side is Side.BUY else -1
        for asset, amount in (
            (instrument.base, sign * instrument.base_amount(fill.qty)),
            (instrument.quote, -sign * fill.quote_amount),
            (fill.fee_asset, -fill.fee),
        ):
            held[asset] = held.get(asset, 0) + amount
    return tuple((asset, amount) for asset, amount in held.items() if amount)

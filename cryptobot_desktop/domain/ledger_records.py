"""Stored rows as an audit of the ledger reads them: plain tuples, because there may be millions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.ledger_chain import Balances, LedgerRow

FillRow = tuple[int, str, str, str, int, str, str, int, int, int, int, str, str, int, str, int | None, str]
"""seq, fill id, client id, portfolio, epoch, instrument, side, price, qty, quote amount, fee, fee asset, liquidity,
time, evidence, fee value, row hash."""

OrderRow = tuple[int, str, str, int, str, str, int, int, str, str]
"""seq, client id, portfolio, epoch, instrument, status, created, updated, document, row hash."""

SnapshotRow = tuple[int, int, str, str, str]
"""ledger row, fill row, head hash, state hash, document."""


class LedgerRecords(Protocol):
    """One moment of a stored ledger. Rows come in the order in which they were written."""

    def transfers(self) -> Iterator[LedgerRow]:
        """Return all ledger rows."""
        ...

    def fills(self, after_seq: int = 0) -> Iterator[FillRow]:
        """Return all fills beyond one."""
        ...

    def fill_seq(self, fill_id: str) -> int | None:
        """Return the number of a fill, None when there is no such fill."""
        ...

    def orders(self) -> Iterator[OrderRow]:
        """Return all orders in their newest state."""
        ...

    def snapshots(self) -> Iterator[SnapshotRow]:
        """Return all snapshots."""
        ...

    def balances(self) -> Balances:
        """Return the stored balances, zeros too."""
        ...

    def portfolios(self) -> Mapping[tuple[str, int], PortfolioRecord]:
        """Return every epoch by (name, epoch), oldest first."""
        ...

    def instruments(self) -> Mapping[InstrumentId, Instrument]:
        """Return the stored instruments."""
        ...


class Audited(Struct, frozen=True, kw_only=True):
    """What an audit found. `head_hash` is the hash of the newest row, empty for an empty ledger."""

    rows: int
    head_hash: str
    accounts: int
    open_orders: int
    findings: tuple[str, ...]
    """What is wrong, each beginning with its kind and a colon."""
    snapshots: int = 0
    state_hash: str = ""
    """Hash of everything that the rows add up to."""

    @property
    def holds(self) -> bool:
        """Return True when nothing is wrong."""
        return not self.findings


Audit = Callable[[LedgerRecords], Audited]

"""Stored rows as an audit of the ledger reads them: plain tuples, because there may be millions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.ledger_chain import Balances, LedgerRow
from cryptobot_desktop.domain.ledger_state import LedgerState

FillRow = tuple[int, str, str, str, int, str, str, int, int, int, int, str, str, int, str, int | None, str]
"""seq, fill id, client id, portfolio, epoch, instrument, side, price, qty, quote amount, fee, fee asset, liquidity,
time, evidence, fee value, row hash."""

OrderRow = tuple[int, str, str, int, str, str, int, int, str, str]
"""seq, client id, portfolio, epoch, instrument, status, created, updated, document, row hash."""

SnapshotRow = tuple[int, int, str, str, str]
"""ledger row, fill row, head hash, state hash, document."""


class LedgerRecords(Protocol):
    """One moment of a stored ledger. Rows come in the order in which they were written."""

    def transfers(self, after_seq: int = 0, until_seq: int | None = None) -> Iterator[LedgerRow]:
        """Return all ledger rows beyond one, up to another."""
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

    def snapshots(self, after_seq: int = 0) -> Iterator[SnapshotRow]:
        """Return all snapshots of later rows than one."""
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


class AuditPart(Struct, kw_only=True):
    """What an audit of one stretch of a ledger found, and what it hands on to the stretch after it."""

    state: LedgerState
    """At its end."""
    moved: Balances
    """Balances at its end, zeros too."""
    held: dict[str, int]
    """What the ledger has set aside for each order in this stretch, less what it took back."""
    filled: dict[str, tuple[int, int]]
    """Quantity and quote amount of the fills of each order in this stretch."""
    openings: list[LedgerRow]
    """Rows that opened and closed epochs."""
    unknown_fills: set[str]
    snapshots: int
    chain: list[str]
    fills: list[str]
    snapshot_faults: list[str]


class Audit(Protocol):
    """Judges stored ledgers. Stretches between snapshots can be judged apart from each other, at the same time."""

    def part(self, records: LedgerRecords, start: SnapshotRow | None = None, until_seq: int | None = None) -> AuditPart:
        """Judge the rows after a snapshot (or all), up to a row that has one (or all)."""
        ...

    def conclude(self, records: LedgerRecords, parts: Sequence[AuditPart]) -> Audited:
        """Judge what the stretches of a whole ledger add up to."""
        ...

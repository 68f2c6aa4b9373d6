"""Fills against the transfers that they caused, and the positions that follow, in the order of both."""

from collections.abc import Iterator

from msgspec.structs import astuple

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.ledger import CauseKind
from cryptobot_desktop.domain.ledger_chain import LedgerRow, fields_digest
from cryptobot_desktop.domain.ledger_records import FillRow, LedgerRecords
from cryptobot_desktop.domain.ledger_state import BookState
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity
from cryptobot_desktop.portfolio.accounting import postings_for_fill, spent_of_reserve
from cryptobot_desktop.portfolio.positions import PortfolioBook

_SIDES = {side.value: side for side in Side}
_LIQUIDITIES = {liquidity.value: liquidity for liquidity in Liquidity}
_UNREAD = FillEvidence(kind="")


class FillAudit:
    """Takes the ledger's fill and fee rows in order. `held` is what each order holds; fills take from it."""

    def __init__(self, records: LedgerRecords, held: dict[str, int]) -> None:
        self.findings: list[str] = []
        self.unknown: set[str] = set()
        """Ids of fills that rows name and that are not stored."""
        self.sums: dict[str, tuple[int, int]] = {}
        """Filled quantity and quote amount per order."""
        self.seq = 0
        """The newest fill that was met."""
        self._records = records
        self._instruments = records.instruments()
        self._held = held
        self._rows: list[LedgerRow] = []
        self._fills: Iterator[FillRow] = iter(())
        self._running: dict[str, int] = {}
        self._books: dict[str, PortfolioBook] = {}

    def begin(self, books: tuple[BookState, ...], fill_seq: int) -> None:
        """Go on from a snapshot, or from nothing."""
        self.seq = fill_seq
        self._fills = self._records.fills(fill_seq)
        for state in books:
            self._book(state.portfolio, state.epoch).restore(state)

    def take(self, row: LedgerRow) -> None:
        """Take the next row that a fill caused."""
        rows = self._rows
        if rows and row[6] != rows[0][6]:
            self.end_of_fill()
            rows = self._rows
        rows.append(row)

    def end_of_fill(self) -> None:
        """Judge the rows of one fill; call it where the state must be complete."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        cause = rows[0][6]
        for stored in self._fills:
            if stored[1] == cause:
                self._meet(stored, rows)
                return
            if self._meet_elsewhere(stored, cause, rows):
                return
        self.unknown.add(cause)

    def open_epoch(self, row: LedgerRow) -> None:
        """Take a row that opens or closes an epoch: positions belong to the newest one."""
        if row[5] == CauseKind.DEPOSIT.value:
            name, _, epoch = row[6].rpartition("#")
            if epoch.isdecimal():
                self._book(name, int(epoch))

    def books(self) -> tuple[BookState, ...]:
        """Return the positions of the running epochs that have traded."""
        return tuple(b.state(self._running[name]) for name, b in sorted(self._books.items()) if b.fills)

    def finish(self) -> None:
        """Judge the last fill, and the fills that no row names."""
        self.end_of_fill()
        for stored in self._fills:
            self._meet(stored, [])

    def _meet_elsewhere(self, stored: FillRow, cause: str, rows: list[LedgerRow]) -> bool:
        """Settle a disagreement about the order; returns True when the rows of `cause` were dealt with."""
        if self._expected(stored) == []:
            self._meet(stored, [])  # it moved nothing
            return False
        seq = self._records.fill_seq(cause)
        if seq is not None and seq > stored[0]:
            self._meet(stored, [])
            return False
        self._fills = self._records.fills(stored[0] - 1)
        if seq is None:
            self.unknown.add(cause)
        else:
            self.findings.append(f"fill: ledger row {rows[0][0]} names fill {cause!r} a second time or too late")
        return True

    def _meet(self, stored: FillRow, rows: list[LedgerRow]) -> None:
        """Judge one fill with its rows."""
        seq, fill_id, client_id = stored[:3]
        if seq != self.seq + 1:
            self.findings.append(f"fill: fill {fill_id!r} has number {seq}, it should be {self.seq + 1}")
        self.seq = seq
        if fields_digest(stored[1:16]) != stored[16]:
            self.findings.append(f"fill: fill {fill_id!r} (number {seq}) is damaged: its hash is of another content")
        fill = _fill(stored)
        qty, quote = self.sums.get(client_id, (0, 0))
        instrument = self._instruments.get(InstrumentId(stored[5]))
        if fill is None or instrument is None:
            what = f"instrument {stored[5]}" if fill is not None else "side or liquidity"
            self.findings.append(f"fill: fill {fill_id!r} (number {seq}) has an unknown {what}")
            return
        self.sums[client_id] = (qty + fill.qty, quote + fill.quote_amount)
        try:
            expected = postings_for_fill(fill, instrument, stored[4])
            self._held[client_id] = self._held.get(client_id, 0) - spent_of_reserve(fill, instrument)
            self._book(fill.portfolio, stored[4]).apply(fill, instrument)
        except (InvariantBroken, ArithmeticError, TypeError) as error:
            self.findings.append(f"fill: fill {fill_id!r} (number {seq}) cannot be true: {error}")
            return
        if [astuple(posting) for posting in expected] != [row[1:7] for row in rows]:
            where = f"ledger row {rows[0][0]}" if rows else "no ledger row"
            self.findings.append(f"fill: fill {fill_id!r} (number {seq}) demands other transfers than {where} has")

    def _expected(self, stored: FillRow) -> list[object] | None:
        """Return the postings of a stored fill, None when they cannot be told."""
        fill, instrument = _fill(stored), self._instruments.get(InstrumentId(stored[5]))
        return None if fill is None or instrument is None else [*postings_for_fill(fill, instrument, stored[4])]

    def _book(self, name: str, epoch: int) -> PortfolioBook:
        if self._running.get(name) != epoch:
            self._running[name] = epoch
            self._books[name] = PortfolioBook(name, "")
        return self._books[name]


def _fill(row: FillRow) -> Fill | None:
    side, liquidity = _SIDES.get(row[6]), _LIQUIDITIES.get(row[12])
    if side is None or liquidity is None:
        return None
    return Fill(
        fill_id=row[1],
        client_id=row[2],
        portfolio=row[3],
        instrument=InstrumentId(row[5]),
        side=side,
        price=row[7],
        qty=row[8],
        quote_amount=row[9],
        fee=row[10],
        fee_asset=row[11],
        liquidity=liquidity,
        at_ms=row[13],
        evidence=_UNREAD,
        fee_value=row[15],
    )

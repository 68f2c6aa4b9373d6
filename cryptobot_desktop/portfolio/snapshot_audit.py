"""Snapshots against a replay of all rows before them (PB-5)."""

from collections.abc import Iterator

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.ledger_chain import Replay
from cryptobot_desktop.domain.ledger_records import SnapshotRow
from cryptobot_desktop.domain.ledger_state import LedgerState, document_hash, parse_state, state_document
from cryptobot_desktop.portfolio.fill_audit import FillAudit

NEVER = 1 << 64


class SnapshotAudit:
    """Compares one snapshot after the other while the ledger is replayed."""

    def __init__(self, rows: Iterator[SnapshotRow]) -> None:
        self.findings: list[str] = []
        self.count = 0
        self.next_seq = NEVER
        """Ledger row of the next snapshot, NEVER when there is none."""
        self._rows = rows
        self._next: SnapshotRow | None = None
        self._advance()

    def compare(self, replay: Replay, fills: FillAudit) -> None:
        """Judge the next snapshot; the replay stands at its row."""
        if self._next is None:
            return
        seq, fill_seq, head_hash, state_hash, document = self._next
        self._advance()
        self.count += 1
        rows = sorted((name, asset, amount) for (name, asset), amount in replay.balances.items() if amount)
        state = LedgerState(replay.seq, replay.head, tuple(rows), fills.books())
        fault = ""
        if document != state_document(state):
            fault = _difference(document, state)
        elif document_hash(document) != state_hash:
            fault = f"its hash is {state_hash[:12]}, its content gives {document_hash(document)[:12]}"
        elif head_hash != replay.head:
            fault = f"its head is {head_hash[:12]}, the row's hash is {replay.head[:12]}"
        elif fill_seq != fills.seq:
            fault = f"it names fill {fill_seq} as the newest, the ledger was at fill {fills.seq}"
        if fault:
            self.findings.append(f"snapshot: the one at ledger row {seq} is damaged: {fault}")

    def name_left_over(self, last_seq: int) -> None:
        """Name the snapshots that belong to no row."""
        while self._next is not None:
            what = f"the one at ledger row {self._next[0]} belongs to no row; the ledger ends at {last_seq}"
            self.findings.append(f"snapshot: {what}")
            self._advance()

    def _advance(self) -> None:
        self._next = next(self._rows, None)
        self.next_seq = NEVER if self._next is None else self._next[0]


def _difference(document: str, state: LedgerState) -> str:
    """Say what a snapshot tells otherwise than the replay."""
    try:
        told = parse_state(document)
    except InvalidInput as error:
        return str(error)
    if (told.seq, told.head_hash) != (state.seq, state.head_hash):
        return "it tells of another row"
    for one, other in zip(told.balances, state.balances, strict=False):
        if one != other:
            told_as, found_as = (f"{amount} units of {asset} in {name}" for name, asset, amount in (one, other))
            return f"it has {told_as}, a replay gives {found_as}"
    for book, found in zip(told.books, state.books, strict=False):
        if book != found:
            return f"its positions of portfolio {book.portfolio} are not those of a replay"
    return "it is not what a replay of the rows before it gives"

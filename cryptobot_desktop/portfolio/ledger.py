"""The double-entry ledger in memory: a hash chain of transfers and the balances that follow from it.

The chain's rules are in `domain/ledger_chain.py`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct, structs

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.ledger import AccountKind, Posting, Transfer, account
from cryptobot_desktop.domain.ledger_chain import START_HASH, Balances, chain_fault, fields_digest, move
from cryptobot_desktop.domain.ledger_state import BookState, LedgerState, state_hash

__all__ = ["START_HASH", "Ledger", "LedgerSnapshot", "row_hash", "verify"]


class LedgerSnapshot(Struct, frozen=True):
    """Balances at one place of the chain; enough to go on without replaying what came before."""

    seq: int
    head_hash: str
    balances: tuple[tuple[str, str, int], ...]
    """(account, asset, balance), sorted, without zeros."""


class Ledger:
    """Posts transfers, all or nothing. The engine stores what `post` returns before it tells anybody."""

    def __init__(self, snapshot: LedgerSnapshot | None = None) -> None:
        self._seq = snapshot.seq if snapshot else 0
        self._head = snapshot.head_hash if snapshot else START_HASH
        self._balances: Balances = {
            (name, asset): amount for name, asset, amount in (snapshot.balances if snapshot else ())
        }

    @property
    def seq(self) -> int:
        """Return the number of the newest transfer, 0 when there is none."""
        return self._seq

    @property
    def head_hash(self) -> str:
        """Return the hash of the newest row, START_HASH when there is none (the published `ledger_hash`)."""
        return self._head

    def post(self, postings: Iterable[Posting], at_ms: int) -> tuple[Transfer, ...]:
        """Append postings in order, or raise InvariantBroken and change nothing."""
        staged: Balances = {}
        rows: list[Transfer] = []
        seq, head = self._seq, self._head
        for posting in postings:
            seq += 1
            row = _chained(posting, seq, head, at_ms)
            fault = move((row.asset, row.debit, row.credit, row.amount), staged, self._balances)
            if fault:
                raise InvariantBroken(f"ledger row {seq} was not written: {fault}")
            rows.append(row)
            head = row.row_hash
        self._balances.update(staged)
        self._seq, self._head = seq, head
        return tuple(rows)

    def load(self, transfers: Iterable[Transfer]) -> None:
        """Append stored rows, checking chain, range and balances; raises InvariantBroken at the first fault.

        Rows before the fault stay applied: the ledger is then not to be used.
        """
        for row in transfers:
            fault = chain_fault(structs.astuple(row), self._seq, self._head) or move(
                (row.asset, row.debit, row.credit, row.amount), self._balances, {}
            )
            if fault:
                raise InvariantBroken(f"ledger row {row.seq} is damaged: {fault}")
            self._seq, self._head = row.seq, row.row_hash

    def balance(self, account: str, asset: str) -> int:
        """Return credits minus debits."""
        return self._balances.get((account, asset), 0)

    def balances(self) -> Mapping[tuple[str, str], int]:
        """Return all balances by (account, asset), a live read-only view."""
        return MappingProxyType(self._balances)

    def held(self, portfolio: str, epoch: int) -> dict[str, int]:
        """Return available plus reserved per asset, without zeros."""
        names = {account(portfolio, epoch, kind) for kind in (AccountKind.AVAILABLE, AccountKind.RESERVED)}
        held: dict[str, int] = {}
        for (name, asset), amount in self._balances.items():
            if name in names and amount:
                held[asset] = held.get(asset, 0) + amount
        return held

    def state(self, books: tuple[BookState, ...] = ()) -> LedgerState:
        """Return what all rows so far add up to, together with the positions of the same moment."""
        return LedgerState(self._seq, self._head, self.snapshot().balances, books)

    def state_hash(self) -> str:
        """Return the hash of `state` without positions."""
        return state_hash(self.state())

    def snapshot(self) -> LedgerSnapshot:
        """Return what is needed to go on from here."""
        rows = sorted((name, asset, amount) for (name, asset), amount in self._balances.items() if amount)
        return LedgerSnapshot(self._seq, self._head, tuple(rows))


def verify(transfers: Iterable[Transfer], start: LedgerSnapshot | None = None) -> str | None:
    """Return the first fault in words (chain, range, negative balance), or None when all is well."""
    ledger = Ledger(start)
    try:
        ledger.load(transfers)
    except InvariantBroken as fault:
        return str(fault)
    sums: dict[str, int] = {}
    for (_, asset), amount in ledger.balances().items():
        sums[asset] = sums.get(asset, 0) + amount
    unbalanced = sorted(asset for asset, total in sums.items() if total)
    return f"the accounts of {', '.join(unbalanced)} do not sum to zero" if unbalanced else None


def row_hash(row: Transfer) -> str:
    """Return what `row.row_hash` must be."""
    return fields_digest(structs.astuple(row)[:9])


def _chained(posting: Posting, seq: int, head: str, at_ms: int) -> Transfer:
    fields = (
        seq,
        posting.asset,
        posting.debit,
        posting.credit,
        posting.amount,
        posting.cause_kind,
        posting.cause_id,
        at_ms,
        head,
    )
    return Transfer(*fields, row_hash=fields_digest(fields))

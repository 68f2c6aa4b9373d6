"""The double-entry ledger in memory: a hash chain of transfers and the balances that follow from it.

`row_hash` is SHA-256 over the UTF-8 bytes of a JSON array without blanks:
``[seq,asset,debit,credit,amount,cause_kind,cause_id,at_ms,previous_hash]``; see docs/formats.md.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.ledger import AccountKind, Posting, Transfer, account
from cryptobot_desktop.domain.numbers import MAX_STORED

START_HASH = "0" * 64
_WORLD = f"/{AccountKind.WORLD.value}"

Balances = dict[tuple[str, str], int]


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
            fault = _move(row, staged, self._balances)
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
            fault = _chain_fault(row, self._seq, self._head) or _move(row, self._balances, {})
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

    def state_hash(self) -> str:
        """Return SHA-256 over the JSON array ``[seq,head_hash,[[account,asset,balance],...]]``, sorted, no zeros."""
        snapshot = self.snapshot()
        return sha256(msgspec.json.encode([snapshot.seq, snapshot.head_hash, snapshot.balances])).hexdigest()

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
    return _digest(
        (
            row.seq,
            row.asset,
            row.debit,
            row.credit,
            row.amount,
            row.cause_kind,
            row.cause_id,
            row.at_ms,
            row.previous_hash,
        )
    )


def _digest(fields: tuple[int | str, ...]) -> str:
    return sha256(msgspec.json.encode(fields)).hexdigest()


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
    return Transfer(*fields, row_hash=_digest(fields))


def _chain_fault(row: Transfer, seq: int, head: str) -> str:
    if row.seq != seq + 1:
        return f"it follows row {seq}, so its number should be {seq + 1}"
    if row.previous_hash != head:
        return f"its previous hash is {row.previous_hash[:12]}, row {seq} has {head[:12]}"
    expected = row_hash(row)
    return "" if row.row_hash == expected else f"its hash is {row.row_hash[:12]}, its content gives {expected[:12]}"


def _move(row: Transfer, balances: Balances, below: Mapping[tuple[str, str], int]) -> str:
    """Apply a row to `balances` (laid over `below`); returns the fault and changes nothing when it may not be."""
    if not 0 < row.amount <= MAX_STORED:
        return f"amount {row.amount} of {row.asset} is not between 1 and {MAX_STORED}"
    if row.debit == row.credit:
        return f"account {row.debit} would pay itself"
    source, target = (row.debit, row.asset), (row.credit, row.asset)
    paid = balances.get(source, below.get(source, 0)) - row.amount
    received = balances.get(target, below.get(target, 0)) + row.amount
    if paid < 0 and not row.debit.endswith(_WORLD):
        return f"account {row.debit} has {paid + row.amount} {row.asset} and cannot pay {row.amount}"
    if paid < -MAX_STORED or received > MAX_STORED:
        return f"a balance of {row.asset} would leave the range of +-{MAX_STORED}"
    balances[source], balances[target] = paid, received
    return ""

"""The hash chain of ledger rows and the balances that follow from it, over plain tuples; the one place of its rules.

`row_hash` is SHA-256 over the UTF-8 bytes of a JSON array without blanks:
``[seq,asset,debit,credit,amount,cause_kind,cause_id,at_ms,previous_hash]``; see docs/formats.md.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import msgspec

from cryptobot_desktop.domain.ledger import AccountKind
from cryptobot_desktop.domain.numbers import MAX_STORED

START_HASH = "0" * 64
WORLD = f"/{AccountKind.WORLD.value}"

LedgerRow = tuple[int, str, str, str, int, str, str, int, str, str]
"""seq, asset, debit, credit, amount, cause kind, cause id, time, previous hash, row hash."""

Balances = dict[tuple[str, str], int]
"""Ledger amounts by (account, asset)."""


def fields_digest(fields: Iterable[object]) -> str:
    """Return SHA-256 over values as a JSON array without blanks, as 64 hex digits."""
    return sha256(msgspec.json.encode(fields)).hexdigest()


class Replay:
    """What rows add up to. `read` may be called again to go on; it never raises, `faults` says what is wrong."""

    def __init__(self, seq: int = 0, head: str = START_HASH, balances: Balances | None = None) -> None:
        self.seq = seq
        self.head = head
        self.balances: Balances = {} if balances is None else balances
        self.faults: list[str] = []

    def read(self, rows: Iterable[LedgerRow]) -> Iterator[LedgerRow]:
        """Check each row against the one before, move its amount, and hand it on.

        After a faulty row the chain goes on from what that row claims, so that each is named once.
        """
        encode, digest, balances = msgspec.json.encode, sha256, self.balances
        move, number, head = self._move, self.seq, self.head
        for row in rows:
            number += 1
            own = row[9]
            if row[0] != number or row[8] != head or digest(encode(row[:9])).hexdigest() != own:
                self.faults.append(f"ledger row {row[0]} is damaged: {chain_fault(row, number - 1, head)}")
                number = row[0]
            asset, debit, credit, amount = row[1:5]
            source, target = (debit, asset), (credit, asset)
            try:
                paid, received = balances[source] - amount, balances[target] + amount
                if amount > 0 <= paid and debit != credit and received <= MAX_STORED:
                    balances[source], balances[target] = paid, received
                else:
                    move(row)
            except (KeyError, TypeError):
                move(row)
            self.head = head = own
            self.seq = number
            yield row

    def run(self, rows: Iterable[LedgerRow]) -> str:
        """Read rows up to the first faulty one; return what is wrong with it, or nothing."""
        for _ in self.read(rows):
            if self.faults:
                return self.faults[0]
        return ""

    def _move(self, row: LedgerRow) -> None:
        fault = move(row[1:5], self.balances, {})
        if fault:
            self.faults.append(f"ledger row {row[0]} is damaged: {fault}")


def chain_fault(row: LedgerRow, seq: int, head: str) -> str:
    """Return why a row does not follow row `seq` with hash `head`, or nothing."""
    if row[0] != seq + 1:
        return f"it follows row {seq}, so its number should be {seq + 1}"
    if row[8] != head:
        return f"its previous hash is {row[8][:12]}, row {seq} has {head[:12]}"
    expected = fields_digest(row[:9])
    return "" if row[9] == expected else f"its hash is {row[9][:12]}, its content gives {expected[:12]}"


def move(posting: tuple[str, str, str, int], balances: Balances, below: Balances) -> str:
    """Apply (asset, debit, credit, amount) to `balances`, laid over `below`; return why it may not be, or nothing.

    A refused posting changes nothing.
    """
    asset, debit, credit, amount = posting
    if type(amount) is not int or not 0 < amount <= MAX_STORED:
        return f"amount {amount} of {asset} is not between 1 and {MAX_STORED}"
    if debit == credit:
        return f"account {debit} would pay itself"
    source, target = (debit, asset), (credit, asset)
    paid = balances.get(source, below.get(source, 0)) - amount
    received = balances.get(target, below.get(target, 0)) + amount
    if paid < 0 and not debit.endswith(WORLD):
        return f"account {debit} has {paid + amount} {asset} and cannot pay {amount}"
    if paid < -MAX_STORED or received > MAX_STORED:
        return f"a balance of {asset} would leave the range of +-{MAX_STORED}"
    balances[source], balances[target] = paid, received
    return ""

"""Audit of a stored ledger in one pass over its rows: whatever was changed from outside is found and named.

The chain holds; each fill's transfers are exactly what its own figures demand; reservations are what orders say;
orders were filled as much as their fills; every row has its cause; balances are what the rows add up to, per asset
zero in sum; and each snapshot is the state that a replay from the first row comes to.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from cryptobot_desktop.domain.ledger import AccountKind, CauseKind
from cryptobot_desktop.domain.ledger_chain import WORLD, Balances, LedgerRow, Replay
from cryptobot_desktop.domain.ledger_records import Audited, LedgerRecords
from cryptobot_desktop.domain.ledger_state import LedgerState, state_hash
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.portfolio.fill_audit import FillAudit
from cryptobot_desktop.portfolio.order_audit import OrderAudit
from cryptobot_desktop.portfolio.snapshot_audit import SnapshotAudit

SHOWN = 20
"""Findings of one kind that are spelled out; the rest is counted."""

_FILL, _FEE = CauseKind.FILL.value, CauseKind.FEE.value
_OF_FILLS = frozenset({_FILL, _FEE})
_RESERVE, _RELEASE = CauseKind.RESERVE.value, CauseKind.RELEASE.value
_RESERVED = f"/{AccountKind.RESERVED.value}"


def audit(records: LedgerRecords) -> Audited:
    """Return what is wrong with a ledger; sound ones have no findings."""
    held: dict[str, int] = {}
    replay = Replay()
    fills = FillAudit(records, held)
    snapshots = SnapshotAudit(records)
    openings: list[LedgerRow] = []
    for row in replay.read(records.transfers()):
        kind = row[5]
        if kind in _OF_FILLS:
            fills.take(row)
        elif kind == _RESERVE:
            held[row[6]] = held.get(row[6], 0) + row[4]
        elif kind == _RELEASE:
            held[row[6]] = held.get(row[6], 0) - row[4]
        else:
            fills.end_of_fill()
            fills.open_epoch(row)
            openings.append(row)
        if row[0] >= snapshots.next_seq:
            fills.end_of_fill()
            snapshots.compare(replay, fills)
    fills.finish()
    orders = OrderAudit(records, held, fills.sums)
    orders.read()
    stored = records.balances()
    kinds = (
        (f"chain: {fault}" for fault in replay.faults),
        _differences("balance", _named(stored), _named(replay.balances), ("it is stored as", "its transfers give")),
        _rows_without_transfers(stored, replay.balances),
        _unbalanced(stored),
        _negative(stored),
        iter(orders.findings),
        _differences("reserved", _reserved(stored), orders.reserved, ("the ledger holds", "the open orders hold")),
        iter(fills.findings),
        iter([*snapshots.findings, *snapshots.left_over(replay.seq)]),
        _unknown_epochs(records, openings),
        _orphans(records, fills.unknown, orders.unknown),
    )
    return Audited(
        rows=replay.seq,
        head_hash=replay.head if replay.seq else "",
        accounts=len(_named(stored)),
        open_orders=orders.open_orders,
        findings=tuple(text for kind in kinds for text in shortened(kind)),
        snapshots=snapshots.count,
        state_hash=state_hash(state_of(replay, fills)),
    )


def state_of(replay: Replay, fills: FillAudit) -> LedgerState:
    """Return what the rows so far add up to."""
    rows = sorted((name, asset, amount) for (name, asset), amount in replay.balances.items() if amount)
    return LedgerState(replay.seq, replay.head, tuple(rows), fills.books())


def shortened(findings: Iterator[str]) -> list[str]:
    """Return the first findings and how many more there are."""
    shown: list[str] = []
    more = 0
    for finding in findings:
        if len(shown) < SHOWN:
            shown.append(finding)
        else:
            more += 1
    return [*shown, f"{shown[-1].partition(':')[0]}: {more} more like these"] if more else shown


def _named(balances: Balances) -> Balances:
    return {key: amount for key, amount in balances.items() if amount}


def _reserved(stored: Balances) -> Balances:
    return {key: amount for key, amount in stored.items() if amount and str(key[0]).endswith(_RESERVED)}


def _differences(
    what: str, one: Mapping[tuple[str, str], int], other: Mapping[tuple[str, str], int], words: tuple[str, str]
) -> Iterator[str]:
    for key in sorted(one.keys() | other.keys()):
        left, right = one.get(key, 0), other.get(key, 0)
        if left != right:
            yield f"{what}: account {key[0]}: {words[0]} {_text(left)} {key[1]}, {words[1]} {_text(right)}"


def _rows_without_transfers(stored: Balances, moved: Balances) -> Iterator[str]:
    """Name rows of the balance table that hold 0 and should not be there, or are missing."""
    for name, asset in sorted(stored.keys() - moved.keys()):
        if not stored[name, asset]:
            yield f"balance: account {name} is stored with 0 {asset}, no transfer has touched it"
    for name, asset in sorted(moved.keys() - stored.keys()):
        if not moved[name, asset]:
            yield f"balance: account {name} is not stored for {asset}, which transfers have moved"


def _unbalanced(stored: Balances) -> Iterator[str]:
    totals: Counter[str] = Counter()
    for (_, asset), amount in stored.items():
        totals[asset] += amount
    for asset, total in sorted(totals.items()):
        if total:
            yield f"conservation: the accounts of {asset} sum to {_text(total)} instead of 0"


def _negative(stored: Balances) -> Iterator[str]:
    for (name, asset), amount in sorted(stored.items()):
        if amount < 0 and not name.endswith(WORLD):
            yield f"balance: account {name} is {_text(amount)} {asset}, below 0"


def _unknown_epochs(records: LedgerRecords, openings: list[LedgerRow]) -> Iterator[str]:
    """Name rows whose epoch is not stored, and epochs that were opened with other cash than is stored."""
    epochs = {f"{name}#{epoch}": record for (name, epoch), record in records.portfolios().items()}
    for row in openings:
        record = epochs.get(row[6])
        if record is None:
            yield f"cause: ledger row {row[0]} names {row[5]} {row[6]!r}, which is not stored"
        elif row[5] == CauseKind.DEPOSIT.value and (record.asset, record.starting_cash) != (row[1], row[4]):
            stored = f"{_text(record.starting_cash)} {record.asset}"
            yield f"portfolio: {row[6]} is stored with {stored}, ledger row {row[0]} gave it {_text(row[4])} {row[1]}"


def _orphans(records: LedgerRecords, fills: set[str], orders: set[str]) -> Iterator[str]:
    """Name every row whose fill or order is not stored; reads the ledger once more, only when there is one."""
    if not fills and not orders:
        return
    for row in records.transfers():
        causes = orders if row[5] in (_RESERVE, _RELEASE) else fills if row[5] in _OF_FILLS else ()
        if row[6] in causes:
            yield f"cause: ledger row {row[0]} names {row[5]} {row[6]!r}, which is not stored"


def _text(amount: int) -> str:
    return format_trimmed(amount, AMOUNT_DECIMALS)

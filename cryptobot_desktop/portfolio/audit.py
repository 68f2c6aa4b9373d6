"""Audit of a stored ledger in one pass over its rows: whatever was changed from outside is found and named.

The chain holds; each fill's transfers are exactly what its own figures demand; reservations are what orders say;
orders were filled as much as their fills; every row has its cause; balances are what the rows add up to, per asset
zero in sum; and each snapshot is the state that a replay from the first row comes to.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cryptobot_desktop.domain.ledger import AccountKind, CauseKind
from cryptobot_desktop.domain.ledger_chain import START_HASH, WORLD, Balances, LedgerRow, Replay
from cryptobot_desktop.domain.ledger_records import Audited, AuditPart, LedgerRecords, SnapshotRow
from cryptobot_desktop.domain.ledger_state import LedgerState, parse_state, state_hash
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


class LedgerAudit:
    """The audit; `audit` is the one that there is."""

    def part(self, records: LedgerRecords, start: SnapshotRow | None = None, until_seq: int | None = None) -> AuditPart:
        """Judge the rows after a snapshot (or all), up to a row that has one (or all)."""
        held: dict[str, int] = {}
        state = LedgerState(0, START_HASH, (), ()) if start is None else parse_state(start[4])
        replay = Replay(state.seq, state.head_hash, {(name, asset): amount for name, asset, amount in state.balances})
        fills = FillAudit(records, held)
        fills.begin(state.books, 0 if start is None else start[1])
        snapshots = SnapshotAudit(records.snapshots(state.seq))
        openings: list[LedgerRow] = []
        for row in replay.read(records.transfers(state.seq, until_seq)):
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
        fills.end_of_fill()
        if until_seq is None:
            fills.finish()
            snapshots.name_left_over(replay.seq)
        return AuditPart(
            state=state_of(replay, fills),
            moved=replay.balances,
            held=held,
            filled=fills.sums,
            openings=openings,
            unknown_fills=fills.unknown,
            snapshots=snapshots.count,
            chain=replay.faults,
            fills=fills.findings,
            snapshot_faults=snapshots.findings,
        )

    def conclude(self, records: LedgerRecords, parts: Sequence[AuditPart]) -> Audited:
        """Judge what the stretches of a whole ledger add up to."""
        held, filled = _added_up(parts)
        moved: Balances = {}
        for part in parts:
            moved = dict.fromkeys(moved, 0) | part.moved
        orders = OrderAudit(records, held, filled)
        orders.read()
        stored, state = records.balances(), parts[-1].state
        unknown = set[str]().union(*(part.unknown_fills for part in parts))
        kinds = (
            (f"chain: {fault}" for part in parts for fault in part.chain),
            _differences("balance", _named(stored), _named(moved), ("it is stored as", "its transfers give")),
            _rows_without_transfers(stored, moved),
            _unbalanced(stored),
            _negative(stored),
            iter(orders.findings),
            _differences("reserved", _reserved(stored), orders.reserved, ("the ledger holds", "the open orders hold")),
            (fault for part in parts for fault in part.fills),
            (fault for part in parts for fault in part.snapshot_faults),
            _unknown_epochs(records, [row for part in parts for row in part.openings]),
            _orphans(records, unknown, orders.unknown),
        )
        return Audited(
            rows=state.seq,
            head_hash=state.head_hash if state.seq else "",
            accounts=len(_named(stored)),
            open_orders=orders.open_orders,
            findings=tuple(text for kind in kinds for text in shortened(kind)),
            snapshots=sum(part.snapshots for part in parts),
            state_hash=state_hash(state),
        )


audit = LedgerAudit()


def state_of(replay: Replay, fills: FillAudit) -> LedgerState:
    """Return what the rows so far add up to."""
    rows = sorted((name, asset, amount) for (name, asset), amount in replay.balances.items() if amount)
    return LedgerState(replay.seq, replay.head, tuple(rows), fills.books())


def _added_up(parts: Sequence[AuditPart]) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Return what is held for and filled of each order over all stretches."""
    held, filled = parts[0].held, parts[0].filled
    for part in parts[1:]:
        for client_id, amount in part.held.items():
            held[client_id] = held.get(client_id, 0) + amount
        for client_id, (qty, quote) in part.filled.items():
            before = filled.get(client_id, (0, 0))
            filled[client_id] = (before[0] + qty, before[1] + quote)
    return held, filled


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

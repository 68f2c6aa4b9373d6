"""Checks of a stored ledger: file, chain, balances against transfers, reservations against orders, causes.

The chain's rules belong to the portfolio stage; its verifier is handed in.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from cryptobot_desktop.domain.ledger import AccountKind, Transfer, account
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import balances, instruments, newest_epochs

Amounts = dict[tuple[str, str], int]
"""Ledger amounts by (account, asset), without zeros."""

Verify = Callable[[Iterable[Transfer]], str | None]
"""Returns the first fault of a chain of transfers in words, or None."""

SHOWN = 20
"""Findings of one kind that are spelled out; the rest is counted."""

# sum() of SQLite fails beyond 2^63, which the turnover of an account may reach while its balance does not:
# high and low halves are added up apart and put together here.
_TURNOVER = """
    SELECT debit, credit, asset, sum(amount >> 32), sum(amount & 4294967295)
    FROM transfer GROUP BY debit, credit, asset"""
_OPEN_RESERVES = """
    SELECT o.portfolio, o.epoch, o.instrument, json_extract(o.document, '$.request.side'),
           json_extract(o.document, '$.reserved'), o.client_id
    FROM order_state o WHERE o.status IN ('new', 'partially_filled')"""
_ORPHANS = """
    SELECT t.seq, t.cause_kind, t.cause_id FROM transfer t WHERE CASE
        WHEN t.cause_kind IN ('fill', 'fee') THEN NOT EXISTS (SELECT 1 FROM fill WHERE fill_id = t.cause_id)
        WHEN t.cause_kind IN ('reserve', 'release')
            THEN NOT EXISTS (SELECT 1 FROM order_state WHERE client_id = t.cause_id)
        ELSE NOT EXISTS (SELECT 1 FROM portfolio WHERE name || '#' || epoch = t.cause_id) END"""


class LedgerReport(Struct, frozen=True, kw_only=True):
    """What a check found. `head_hash` is the hash of the newest row, empty for an empty ledger."""

    rows: int
    head_hash: str
    accounts: int
    open_orders: int
    findings: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Return True when nothing is wrong."""
        return not self.findings


def check_ledger(database: ProfileDatabase, verify: Verify) -> LedgerReport:
    """Check everything that can be checked about a ledger; `verify` judges the chain of transfers.

    Raises UserActionNeeded only when the file cannot be read at all.
    """
    damage = database.integrity_problems()
    if damage:
        return LedgerReport(
            rows=0, head_hash="", accounts=0, open_orders=0, findings=tuple(f"file: {text}" for text in damage[:SHOWN])
        )
    with database.reading():
        database.connection.execute("BEGIN")  # one moment of the file, even while the engine writes on
        try:
            return _checked(database, verify)
        finally:
            database.connection.execute("ROLLBACK")


def _checked(database: ProfileDatabase, verify: Verify) -> LedgerReport:
    connection = database.connection
    head = connection.execute("SELECT seq, row_hash FROM transfer ORDER BY seq DESC LIMIT 1").fetchone()
    stored, moved = balances(database), moved_amounts(database)
    reserved, open_orders, unknown = reserved_by_orders(database)
    fault = verify(database.transfers())
    findings = [
        *([f"chain: {fault}"] if fault else []),
        *_shortened(_differences("balance", stored, moved, ("it is stored as", "its transfers give"))),
        *_shortened(_unbalanced(stored)),
        *_shortened(_negative(stored)),
        *_shortened(unknown),
        *_shortened(
            _differences("reserved", _reserved(stored), reserved, ("the ledger holds", "the open orders hold"))
        ),
        *_shortened(_orphans(database)),
    ]
    return LedgerReport(
        rows=head[0] if head else 0,
        head_hash=head[1] if head else "",
        accounts=len(stored),
        open_orders=open_orders,
        findings=tuple(findings),
    )


def moved_amounts(database: ProfileDatabase) -> Amounts:
    """Return the balances that follow from all transfers, exactly."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for debit, credit, asset, high, low in database.connection.execute(_TURNOVER):
        amount = (high << 32) + low
        sums[debit, asset] -= amount
        sums[credit, asset] += amount
    return {key: amount for key, amount in sums.items() if amount}


def reserved_by_orders(database: ProfileDatabase) -> tuple[Amounts, int, list[str]]:
    """Return what open orders hold by (reserved account, asset), their number, and findings about them."""
    known = {instrument.id: instrument for instrument in instruments(database)}
    running = {record.name: record.epoch for record in newest_epochs(database)}
    sums: Counter[tuple[str, str]] = Counter()
    findings: list[str] = []
    count = 0
    for portfolio, epoch, name, side, reserved, client_id in database.connection.execute(_OPEN_RESERVES):
        count += 1
        instrument = known.get(name)
        if instrument is None:
            findings.append(f"orders: open order {client_id} is for {name}, which is not stored")
            continue
        if running.get(portfolio) != epoch:
            findings.append(f"orders: order {client_id} is open in epoch {epoch} of {portfolio}, which is closed")
        asset = instrument.quote if side == Side.BUY.value else instrument.base
        sums[account(portfolio, epoch, AccountKind.RESERVED), asset] += reserved
    return {key: amount for key, amount in sums.items() if amount}, count, findings


def _reserved(stored: Mapping[tuple[str, str], int]) -> Amounts:
    return {key: amount for key, amount in stored.items() if key[0].endswith(f"/{AccountKind.RESERVED.value}")}


def _differences(
    what: str, one: Mapping[tuple[str, str], int], other: Mapping[tuple[str, str], int], words: tuple[str, str]
) -> Iterator[str]:
    for key in sorted(one.keys() | other.keys()):
        left, right = one.get(key, 0), other.get(key, 0)
        if left != right:
            yield f"{what}: account {key[0]}: {words[0]} {_text(left)} {key[1]}, {words[1]} {_text(right)}"


def _unbalanced(stored: Mapping[tuple[str, str], int]) -> Iterator[str]:
    totals: Counter[str] = Counter()
    for (_, asset), amount in stored.items():
        totals[asset] += amount
    for asset, total in sorted(totals.items()):
        if total:
            yield f"conservation: the accounts of {asset} sum to {_text(total)} instead of 0"


def _negative(stored: Mapping[tuple[str, str], int]) -> Iterator[str]:
    for (name, asset), amount in sorted(stored.items()):
        if amount < 0 and not name.endswith(f"/{AccountKind.WORLD.value}"):
            yield f"balance: account {name} is {_text(amount)} {asset}, below 0"


def _orphans(database: ProfileDatabase) -> Iterator[str]:
    for seq, kind, cause in database.connection.execute(_ORPHANS):
        yield f"cause: ledger row {seq} names {kind} {cause!r}, which is not stored"


def _shortened(findings: Iterable[str]) -> list[str]:
    shown: list[str] = []
    more = 0
    for finding in findings:
        if len(shown) < SHOWN:
            shown.append(finding)
        else:
            more += 1
    return [*shown, f"{shown[-1].partition(':')[0]}: {more} more like these"] if more else shown


def _text(amount: int) -> str:
    return format_trimmed(amount, AMOUNT_DECIMALS)

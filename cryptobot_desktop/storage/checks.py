"""Checks of a stored ledger. What the rows must be is the portfolio stage's matter: its audit is handed in."""

import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.ledger_chain import Balances, LedgerRow
from cryptobot_desktop.domain.ledger_records import Audit, Audited, AuditPart, FillRow, OrderRow, SnapshotRow
from cryptobot_desktop.domain.ledger_state import parse_state
from cryptobot_desktop.storage.anchor import Anchor, read_anchor
from cryptobot_desktop.storage.connections import is_undecodable
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import all_epochs, instruments
from cryptobot_desktop.storage.snapshots import lost_rows

SHOWN = 20
"""Damages of the file that are spelled out."""

SPLIT_ROWS = 200_000
"""From so many ledger rows on a second process is worth its start."""

FIRST_SHARE = 58
"""Percent of the rows that it takes: the first process reads all orders besides its own share."""

_FILLS = """
    SELECT seq, fill_id, client_id, portfolio, epoch, instrument, side, price, qty, quote_amount, fee, fee_asset,
           liquidity, at_ms, evidence, fee_value, row_hash
    FROM fill WHERE seq > ? ORDER BY seq"""
_ORDERS = """
    SELECT seq, client_id, portfolio, epoch, instrument, status, created_ms, updated_ms, document, row_hash
    FROM order_state ORDER BY seq"""
_SNAPSHOTS = "SELECT seq, fill_seq, head_hash, state_hash, document FROM ledger_snapshot WHERE seq > ? ORDER BY seq"
_MIDDLE = """
    SELECT seq, fill_seq, head_hash, state_hash, document FROM ledger_snapshot
    WHERE seq <= ? ORDER BY seq DESC LIMIT 1"""


class StoredRecords:
    """The rows of an open database as the audit reads them."""

    def __init__(self, database: ProfileDatabase) -> None:
        self._database = database
        self._execute = database.connection.execute

    def transfers(self, after_seq: int = 0, until_seq: int | None = None) -> Iterator[LedgerRow]:
        """Return all ledger rows beyond one, up to another."""
        return self._database.ledger_rows(after_seq, until_seq)

    def fills(self, after_seq: int = 0) -> Iterator[FillRow]:
        """Return all fills beyond one."""
        return iter(self._execute(_FILLS, (after_seq,)))

    def fill_seq(self, fill_id: str) -> int | None:
        """Return the number of a fill, None when there is no such fill."""
        row = self._execute("SELECT seq FROM fill WHERE fill_id = ?", (fill_id,)).fetchone()
        return None if row is None else int(row[0])

    def orders(self) -> Iterator[OrderRow]:
        """Return all orders in their newest state."""
        return iter(self._execute(_ORDERS))

    def snapshots(self, after_seq: int = 0) -> Iterator[SnapshotRow]:
        """Return all snapshots of later rows than one."""
        return iter(self._execute(_SNAPSHOTS, (after_seq,)))

    def middle_snapshot(self) -> SnapshotRow | None:
        """Return a snapshot about half way of a ledger that is worth being read by two processes, else None."""
        (last,) = self._execute("SELECT ifnull(max(seq), 0) FROM transfer").fetchone()
        if last < SPLIT_ROWS:
            return None
        found: SnapshotRow | None = self._execute(_MIDDLE, (last * FIRST_SHARE // 100,)).fetchone()
        return found

    def balances(self) -> Balances:
        """Return the stored balances, zeros too."""
        rows = self._execute("SELECT account, asset, amount FROM balance")
        return {(account, asset): amount for account, asset, amount in rows}

    def portfolios(self) -> Mapping[tuple[str, int], PortfolioRecord]:
        """Return every epoch by (name, epoch), oldest first."""
        return {(record.name, record.epoch): record for record in all_epochs(self._database)}

    def instruments(self) -> Mapping[InstrumentId, Instrument]:
        """Return the stored instruments."""
        return {instrument.id: instrument for instrument in instruments(self._database)}


def check_ledger(database: ProfileDatabase, audit: Audit) -> Audited:
    """Check everything that can be checked about a ledger; `audit` judges its rows.

    Raises UserActionNeeded only when the file cannot be read at all.
    """
    damage = database.integrity_problems()
    if damage:
        return _unreadable(damage)
    anchor = read_anchor(database.path)
    with database.reading():
        database.connection.execute("BEGIN")  # one moment of the file, even while the engine writes on
        try:
            return _audited(database, audit, anchor)
        finally:
            database.connection.execute("ROLLBACK")


def _audited(database: ProfileDatabase, audit: Audit, anchor: Anchor | None) -> Audited:
    missing = lost_rows(database, anchor)
    try:
        report = _whole(database, audit)
        found = (*report.findings, f"rows: {missing}") if missing else report.findings
        return msgspec.structs.replace(report, findings=found)
    except sqlite3.OperationalError as error:
        if not is_undecodable(error):
            raise
    # A text that is not UTF-8 any more: read what can be read of it, so that the audit names the row.
    database.connection.text_factory = lambda content: content.decode(errors="replace")
    try:
        records = StoredRecords(database)
        return audit.conclude(records, [audit.part(records)])
    finally:
        database.connection.text_factory = str


def _whole(database: ProfileDatabase, audit: Audit) -> Audited:
    """Judge a small ledger in one go, a large one in two halves at the same time.

    The second half begins at a snapshot, whose truth is the first half's to find out.
    """
    records = StoredRecords(database)
    middle = records.middle_snapshot()
    if middle is None or not _is_readable(middle):
        return audit.conclude(records, [audit.part(records)])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        first = pool.submit(_first_part, database.path, audit, middle[0])
        second = audit.part(records, middle)
        return audit.conclude(records, [first.result(), second])


def _first_part(path: Path, audit: Audit, until_seq: int) -> AuditPart:
    """Judge the rows up to one, in a process of its own."""
    database = ProfileDatabase(path, read_only=True)
    try:
        return audit.part(StoredRecords(database), None, until_seq)
    finally:
        database.close()


def _is_readable(snapshot: SnapshotRow) -> bool:
    try:
        parse_state(snapshot[4])
    except InvalidInput:
        return False
    return True


def _unreadable(damage: list[str]) -> Audited:
    findings = tuple(f"file: {text}" for text in damage[:SHOWN])
    return Audited(rows=0, head_hash="", accounts=0, open_orders=0, findings=findings)

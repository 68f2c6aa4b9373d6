"""The profile database: one writer, WAL, synchronous=FULL, one transaction per batch.

`commit` returns only when the batch is on the disk; facts are told to listeners after that.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from cryptobot_desktop.domain.errors import InvariantBroken, UserActionNeeded
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.domain.ledger import CauseKind, Transfer
from cryptobot_desktop.domain.ledger_chain import LedgerRow
from cryptobot_desktop.domain.numbers import MAX_STORED
from cryptobot_desktop.storage import backups, schema
from cryptobot_desktop.storage.anchor import AnchorWriter
from cryptobot_desktop.storage.batch_rows import Statement, statements
from cryptobot_desktop.storage.connections import (
    BUSY_TIMEOUT_S,
    explained,
    explaining,
    is_lasting,
    open_reader,
    open_writer,
)

FILE_NAME = "profile.sqlite"
MODE = "paper"

_SELECT_TRANSFERS = (
    "SELECT seq, asset, debit, credit, amount, cause_kind, cause_id, at_ms, previous_hash, row_hash "
    "FROM transfer WHERE seq > ? AND seq <= ? ORDER BY seq"
)
_STORED_EPOCH = """SELECT coalesce((SELECT epoch FROM order_state WHERE client_id = ?),
    (SELECT max(epoch) FROM portfolio WHERE name = ?))"""
_REFERRED_TO = """SELECT EXISTS (SELECT 1 FROM order_state WHERE instrument = ?)
    OR EXISTS (SELECT 1 FROM fill WHERE instrument = ?)"""


class ProfileDatabase:
    """The ledger, orders, bots and sessions of one profile. Use from one thread."""

    def __init__(
        self, path: Path, *, read_only: bool = False, mode: str = MODE, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        """Open the file; unless `read_only`, create or migrate it first.

        Raises UserActionNeeded when it is missing (read-only), damaged, not writable, of another mode or newer
        than the program, TemporaryFailure when another program holds it for longer than `busy_timeout_s`.
        """
        self.path = path
        self._broken: UserActionNeeded | None = None
        if read_only:
            schema.inspect_current(path, mode, busy_timeout_s)
            with explaining(path, "cannot be read"):
                self._connection = open_reader(path, busy_timeout_s)
        else:
            schema.ensure_current(path, mode, busy_timeout_s=busy_timeout_s)
            with explaining(path, "cannot be opened"):
                self._connection = open_writer(path, busy_timeout_s)
        self._file = _file_identity(path)
        self._anchor = AnchorWriter(path)

    @property
    def connection(self) -> sqlite3.Connection:
        """Return the open connection (for the repositories of this package)."""
        return self._connection

    def close(self) -> None:
        """Close the file; everything committed stays."""
        self._connection.close()
        self._anchor.close()

    def reading(self) -> AbstractContextManager[None]:
        """Turn SQLite's errors inside the block into errors of ours."""
        return explaining(self.path, "cannot be read")

    def commit(self, batch: CommitBatch) -> None:
        """Write the whole batch in one transaction, or nothing.

        TemporaryFailure when another program holds the file, UserActionNeeded when the disk is full or broken,
        InvariantBroken when the batch itself is impossible (a row twice, a number beyond 2^63).
        After an error of the disk, or when somebody moved or deleted the file, nothing is written any more: a failed
        fsync must not be tried again as if nothing had happened. Open the file anew to see what arrived.
        """
        self._refuse_when_broken()
        try:
            pending = [(sql, rows) for sql, rows in statements(batch, self._stored_epoch) if rows]
            self._write(pending, batch.instruments)
        except sqlite3.Error as error:
            failure = explained(error, self.path, "could not be written")
            if is_lasting(error) and isinstance(failure, UserActionNeeded):
                self._broken = failure
            raise failure from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise InvariantBroken(
                f"batch cannot be stored in {self.path}: {error}; nothing of it was written"
            ) from error
        if batch.transfers:
            self._anchor.write(batch.transfers[-1].seq, batch.transfers[-1].row_hash)

    def _refuse_when_broken(self) -> None:
        if self._broken is None and _file_identity(self.path) != self._file:
            self._broken = UserActionNeeded(
                f"{self.path.name} in {self.path.parent} was moved, deleted or replaced while it was in use; nothing "
                "new is accepted - put it back in its place and start again"
            )
        if self._broken is not None:
            raise self._broken

    def _write(self, pending: Iterable[Statement], instruments: Iterable[Instrument]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for instrument in instruments:
                self._refuse_new_precision(instrument)
            for sql, rows in pending:
                connection.executemany(sql, rows)
            connection.execute("COMMIT")
        except BaseException:
            # SQLite itself rolls back on a full disk; an explicit rollback would then raise a second error.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _stored_epoch(self, client_id: str, portfolio: str) -> int | None:
        row = self._connection.execute(_STORED_EPOCH, (client_id, portfolio)).fetchone()
        return None if row is None else row[0]

    def _refuse_new_precision(self, instrument: Instrument) -> None:
        """Stored prices and quantities are scaled: with other decimals they would mean other money."""
        row = self._connection.execute("SELECT document FROM instrument WHERE id = ?", (instrument.id,)).fetchone()
        if row is None:
            return
        known = msgspec.json.decode(row[0], type=Instrument)
        old, new = (known.price_decimals, known.qty_decimals), (instrument.price_decimals, instrument.qty_decimals)
        if old != new and self._connection.execute(_REFERRED_TO, (instrument.id, instrument.id)).fetchone()[0]:
            raise InvariantBroken(
                f"instrument {instrument.id} has (price, quantity) decimals {new}, but stored orders and fills use "
                f"{old}; its documents were not replaced"
            )

    def ledger_rows(self, after_seq: int = 0, until_seq: int | None = None) -> Iterator[LedgerRow]:
        """Yield ledger rows in order as plain tuples, quickly. Raises sqlite3.Error."""
        last = MAX_STORED if until_seq is None else until_seq
        return iter(self._connection.execute(_SELECT_TRANSFERS, (after_seq, last)))

    def transfers(self, after_seq: int = 0) -> Iterator[Transfer]:
        """Yield ledger rows in order."""
        with self.reading():
            for row in self.ledger_rows(after_seq):
                seq, asset, debit, credit, amount, cause, cause_id, at_ms, previous, own = row
                yield Transfer(seq, asset, debit, credit, amount, _cause(cause), cause_id, at_ms, previous, own)

    def back_up_daily(self, now_ms: int) -> Path | None:
        """Copy the file into ``backups/`` once a UTC day and keep the newest seven; return the new copy."""
        return backups.back_up_daily(self._connection, self.path, now_ms)

    def back_up_now(self, now_ms: int, target: Path | None = None) -> Path:
        """Copy the file to `target`, or into ``backups/`` under the present second; return the new copy."""
        return backups.back_up_now(self._connection, self.path, now_ms, target=target)

    def integrity_problems(self) -> list[str]:
        """Return what SQLite's own quick check finds wrong with the file; empty when nothing is."""
        try:
            return [text for (text,) in self._connection.execute("PRAGMA quick_check") if text != "ok"]
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            return [str(error)]


def _file_identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


_CAUSES = {kind.value: kind for kind in CauseKind}


def _cause(text: str) -> CauseKind:
    kind = _CAUSES.get(text)
    if kind is None:
        raise UserActionNeeded(f"the ledger holds a row with cause {text!r}, which this program does not know")
    return kind

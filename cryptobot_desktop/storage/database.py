"""The profile database: one writer, WAL, synchronous=FULL, one transaction per batch.

`commit` returns only when the batch is on the disk; facts are told to listeners after that.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cryptobot_desktop.domain.errors import TemporaryFailure, UserActionNeeded
from cryptobot_desktop.domain.journal import CommitBatch, SessionRecord
from cryptobot_desktop.domain.ledger import CauseKind, Transfer
from cryptobot_desktop.domain.orders import Fill, Order
from cryptobot_desktop.storage import schema

FILE_NAME = "profile.sqlite"
MODE = "paper"

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA trusted_schema = OFF",
)

_SELECT_TRANSFERS = (
    "SELECT seq, asset, debit, credit, amount, cause_kind, cause_id, at_ms, previous_hash, row_hash "
    "FROM transfer WHERE seq > ? ORDER BY seq"
)


class ProfileDatabase:
    """The ledger, orders, bots and sessions of one profile. Use from one thread."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open (and create or migrate) the file.

        Raises UserActionNeeded when it is not writable, of another mode, or newer than the program.
        """
        self.path = path
        try:
            if read_only:
                self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            schema.ensure_current(path)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
        except (sqlite3.OperationalError, OSError) as error:
            raise UserActionNeeded(
                f"profile database {path} cannot be opened: {error}; check that the folder exists and is writable, "
                "or choose another one with --data-dir"
            ) from error
        self._claim_mode()

    @property
    def connection(self) -> sqlite3.Connection:
        """Return the open connection (for the repositories of this package)."""
        return self._connection

    def close(self) -> None:
        """Close the file; everything committed stays."""
        self._connection.close()

    def _claim_mode(self) -> None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
        if row is None:
            self._connection.execute("INSERT INTO meta VALUES ('mode', ?)", (MODE,))
        elif row[0] != MODE:
            self._connection.close()
            raise UserActionNeeded(
                f"profile database {self.path} belongs to mode {row[0]!r}, this program runs in mode {MODE!r}; "
                "choose another data folder with --data-dir"
            )

    def commit(self, batch: CommitBatch) -> None:
        """Write the whole batch in one transaction, or nothing.

        TemporaryFailure when another program holds the file, UserActionNeeded when the disk is full or broken.
        """
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._write(batch)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            # SQLite itself rolls back on a full disk; an explicit rollback would then raise a second error.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise TemporaryFailure(f"profile database {self.path} is locked by another program: {error}") from error
            raise UserActionNeeded(
                f"profile database {self.path} could not be written: {error}; nothing new is accepted until there is "
                "space and the file is writable"
            ) from error

    def _write(self, batch: CommitBatch) -> None:
        run = self._connection.executemany
        run("INSERT INTO portfolio VALUES (?,?,?,?,?,?)", [_portfolio_row(p) for p in batch.portfolios])
        run("INSERT OR REPLACE INTO instrument VALUES (?,?)", [(i.id, _json(i)) for i in batch.instruments])
        run("INSERT INTO transfer VALUES (?,?,?,?,?,?,?,?,?,?)", [_transfer_row(t) for t in batch.transfers])
        run("INSERT OR REPLACE INTO order_state VALUES (?,?,?,?,?,?,?)", [_order_row(o) for o in batch.orders])
        run(_INSERT_FILL, [_fill_row(f) for f in batch.fills])
        run(
            "INSERT INTO decision (decision_id, bot, portfolio, outcome, at_ms, document) VALUES (?,?,?,?,?,?)",
            [(d.decision_id, d.bot, d.portfolio, d.outcome, d.at_ms, _json(d)) for d in batch.decisions],
        )
        run("DELETE FROM bot WHERE bot = ?", [(name,) for name in batch.removed_bots])
        run(
            "INSERT OR REPLACE INTO bot VALUES (?,?,?,?)",
            [(b.bot, b.portfolio, b.status, _json(b)) for b in batch.bots],
        )
        run(
            "INSERT INTO kill_switch (tripped, reason, at_ms) VALUES (?,?,?)",
            [(int(k.tripped), k.reason, k.at_ms) for k in batch.kill_switch],
        )
        run("INSERT OR REPLACE INTO session VALUES (?,?,?,?,?)", [_session_row(s) for s in batch.sessions])

    def transfers(self, after_seq: int = 0) -> Iterator[Transfer]:
        """Yield ledger rows in order."""
        for row in self._connection.execute(_SELECT_TRANSFERS, (after_seq,)):
            seq, asset, debit, credit, amount, cause, cause_id, at_ms, previous, own = row
            yield Transfer(seq, asset, debit, credit, amount, CauseKind(cause), cause_id, at_ms, previous, own)

    def backup(self, target: Path) -> None:
        """Copy the database consistently while it is in use."""
        copy = sqlite3.connect(target)
        try:
            self._connection.backup(copy)
        finally:
            copy.close()

    def integrity_problems(self) -> list[str]:
        """Return what SQLite's own quick check finds wrong with the file; empty when nothing is."""
        return [text for (text,) in self._connection.execute("PRAGMA quick_check") if text != "ok"]


_INSERT_FILL = (
    "INSERT INTO fill (fill_id, client_id, portfolio, epoch, instrument, side, price, qty, quote_amount, fee, "
    "fee_asset, liquidity, at_ms, evidence) SELECT ?1, ?2, ?3, (SELECT max(epoch) FROM portfolio WHERE name = ?3), "
    "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13"
)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _portfolio_row(record: msgspec.Struct) -> tuple[object, ...]:
    return tuple(int(v) if isinstance(v, bool) else v for v in msgspec.structs.astuple(record))


def _transfer_row(transfer: Transfer) -> tuple[object, ...]:
    return (
        transfer.seq,
        transfer.asset,
        transfer.debit,
        transfer.credit,
        transfer.amount,
        transfer.cause_kind.value,
        transfer.cause_id,
        transfer.at_ms,
        transfer.previous_hash,
        transfer.row_hash,
    )


def _order_row(order: Order) -> tuple[object, ...]:
    request = order.request
    return (
        request.client_id,
        request.portfolio,
        request.instrument,
        order.status.value,
        order.created_ms,
        order.updated_ms,
        _json(order),
    )


def _fill_row(fill: Fill) -> tuple[object, ...]:
    return (
        fill.fill_id,
        fill.client_id,
        fill.portfolio,
        fill.instrument,
        fill.side.value,
        fill.price,
        fill.qty,
        fill.quote_amount,
        fill.fee,
        fill.fee_asset,
        fill.liquidity.value,
        fill.at_ms,
        _json(fill.evidence),
    )


def _session_row(session: SessionRecord) -> tuple[object, ...]:
    return (session.session_id, session.started_ms, session.last_ms, session.ended_ms, _json(session))

"""Puts a backup in the place of the profile database, and says before what that would change.

A backup is never opened for writing and the database never by other means than SQLite: both are copied page by page
with SQLite's own backup, in one transaction, so that a restore that is killed leaves the file as it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from cryptobot_desktop.config.atomic_file import move_into_place, sync_folder
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.storage import schema
from cryptobot_desktop.storage.anchor import drop_anchor
from cryptobot_desktop.storage.backups import back_up_now, backups
from cryptobot_desktop.storage.connections import DamagedFile, copy_database, explaining, open_reader, open_writer

_LOGS = ("", "-wal", "-shm")

_HELD = """
    SELECT account, asset, amount FROM {0}.balance
    WHERE account LIKE '%/available' OR account LIKE '%/reserved'"""
_ROW = "SELECT row_hash FROM {0}.transfer WHERE seq = ?"
_HEAD = "SELECT ifnull(max(seq), 0) FROM {0}.transfer"
_TIMES = "SELECT min(at_ms), max(at_ms) FROM main.transfer WHERE seq > ?"


class BalanceChange(Struct, frozen=True):
    """What an account holds now, and what it would hold; ledger amounts."""

    account: str
    asset: str
    now: int
    then: int


class Comparison(Struct, frozen=True, kw_only=True):
    """What restoring a backup would change. Rows up to `common_seq` are the same in both."""

    rows_now: int
    rows_then: int
    common_seq: int
    rows_lost: int
    first_lost_ms: int | None
    last_lost_ms: int | None
    sessions_lost: int
    orders_lost: int
    fills_lost: int
    balances: tuple[BalanceChange, ...]

    @property
    def is_older_state(self) -> bool:
        """Return True when the backup is an earlier moment of this very ledger, False when the two have parted."""
        return self.common_seq == self.rows_then


def find_backup(database: Path, name: str) -> Path:
    """Return the backup of a path or of a label; InvalidInput names the known ones."""
    path = Path(name)
    if path.is_file():
        return path
    known = {backup.label: backup.path for backup in backups(database)}
    if name not in known:
        raise InvalidInput(f"backup {name!r} does not exist; known: {', '.join(known) or 'none yet'}, or give a file")
    return known[name]


@contextmanager
def working_copy(backup: Path, database: Path, mode: str) -> Iterator[Path]:
    """Yield a copy of a backup in this version's form, for the time of the block; the backup stays as it is.

    Raises UserActionNeeded when it is damaged, not ours, newer, or of another mode.
    """
    schema.inspect(backup, mode)
    with explaining(backup, "could not be copied"):
        database.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=database.parent, prefix=".restore-") as folder:
            copy = Path(folder) / database.name
            with closing(open_reader(backup)) as source:
                copy_database(source, copy)
            schema.ensure_current(copy, mode)
            yield copy


def compare(database: Path, copy: Path) -> Comparison:
    """Return what putting `copy` in the place of the database would change."""
    with explaining(database, "cannot be compared"), closing(open_reader(database)) as connection:
        connection.execute("ATTACH ? AS copy", (f"{copy.absolute().as_uri()}?mode=ro",))
        rows_now, rows_then = (connection.execute(_HEAD.format(name)).fetchone()[0] for name in ("main", "copy"))
        common = _common_seq(connection, min(rows_now, rows_then))
        first, last = connection.execute(_TIMES, (common,)).fetchone()
        return Comparison(
            rows_now=rows_now,
            rows_then=rows_then,
            common_seq=common,
            rows_lost=rows_now - common,
            first_lost_ms=first,
            last_lost_ms=last,
            sessions_lost=_missing(connection, "session", "session_id"),
            orders_lost=_missing(connection, "order_state", "client_id"),
            fills_lost=_missing(connection, "fill", "fill_id"),
            balances=tuple(_balance_changes(connection)),
        )


def restore(copy: Path, database: Path, mode: str, now_ms: int) -> Path | None:
    """Put the working copy in the place of the database; return where the present content was kept.

    None when there was no database. A damaged one is set aside as it is, under another name; one that is not ours,
    newer than this program, or of another mode raises UserActionNeeded.
    """
    try:
        schema.inspect(database, mode)
        with explaining(database, "could not be copied"), closing(open_writer(database)) as target:
            kept = back_up_now(target, database, now_ms)
            drop_anchor(database)
            with closing(open_reader(copy)) as source:
                source.backup(target)
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return kept
    except DamagedFile:
        kept = _set_aside(database, now_ms)
    except schema.NoDatabase:
        kept = None
    with explaining(database, "could not be put in its place"):
        with closing(open_writer(copy)) as finished:
            finished.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        drop_anchor(database)
        move_into_place(copy, database)
    return kept


def _set_aside(database: Path, now_ms: int) -> Path:
    """Rename a damaged database with its logs, byte for byte as it is."""
    second = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H-%M-%S")
    kept = database.with_name(f"{database.stem}-damaged-{second}{database.suffix}")
    with explaining(database, "could not be set aside"):
        for suffix in _LOGS:
            part = database.with_name(database.name + suffix)
            if part.exists():
                part.rename(kept.with_name(kept.name + suffix))
        sync_folder(database.parent)
    return kept


def _common_seq(connection: sqlite3.Connection, most: int) -> int:
    """Return the last row that both ledgers share; a chain that once parted never comes together again."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        one, other = (connection.execute(_ROW.format(name), (middle,)).fetchone() for name in ("main", "copy"))
        if one == other:
            low = middle
        else:
            high = middle - 1
    return low


def _missing(connection: sqlite3.Connection, table: str, key: str) -> int:
    query = f"SELECT count(*) FROM main.{table} WHERE {key} NOT IN (SELECT {key} FROM copy.{table})"  # noqa: S608
    return int(connection.execute(query).fetchone()[0])


def _balance_changes(connection: sqlite3.Connection) -> Iterator[BalanceChange]:
    now, then = (
        {(account, asset): amount for account, asset, amount in connection.execute(_HELD.format(name))}
        for name in ("main", "copy")
    )
    for account, asset in sorted(now.keys() | then.keys()):
        one, other = now.get((account, asset), 0), then.get((account, asset), 0)
        if one != other:
            yield BalanceChange(account, asset, one, other)

"""Opens SQLite files and says in plain words what went wrong with them.

No file of a database is ever opened by other means than SQLite: closing any other descriptor would
drop the locks that SQLite holds on it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptobot_desktop.domain.errors import CryptobotError, InvariantBroken, TemporaryFailure, UserActionNeeded

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for another program that holds the file."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: a plain fsync there does not reach the disk
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA trusted_schema = OFF",
)

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNWRITABLE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code (SQLITE_FULL, ...), 0 when the error came from the driver."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_lasting(error: sqlite3.Error) -> bool:
    """Return True when the file or the disk is broken, so that trying the write again could make it worse."""
    return primary_code(error) in _DAMAGED | {sqlite3.SQLITE_IOERR}


def is_undecodable(error: sqlite3.Error) -> bool:
    """Return True when a text in the file is not UTF-8, which no program of ours has written."""
    return "Could not decode" in str(error)


def explained(error: sqlite3.Error, path: Path, what: str) -> CryptobotError:
    """Return the error of ours for one of SQLite's; `what` failed, e.g. ``could not be written``."""
    code, subject = primary_code(error), f"{path.name} in {path.parent} {what}"
    if code in _LOCKED:
        return TemporaryFailure(f"{subject}: another program holds it ({error})")
    if code == sqlite3.SQLITE_FULL:
        return UserActionNeeded(f"{subject}: the disk is full; nothing new is accepted until there is space again")
    if code in _UNWRITABLE:
        return UserActionNeeded(
            f"{subject}: {error}; check that the folder exists and is writable, or choose another one with --data-dir"
        )
    if code in _DAMAGED or is_undecodable(error):
        return damaged(path, what, error)
    if code == sqlite3.SQLITE_IOERR:
        return UserActionNeeded(f"{subject}: the disk reports an error ({error}); check the disk, then start again")
    return InvariantBroken(f"{subject}: {error}")


class DamagedFile(UserActionNeeded):
    """The content of a database file is not what any program of ours writes."""


def damaged(path: Path, what: str, error: Exception) -> DamagedFile:
    """Return the error of ours for a file whose content is not what any program of ours writes."""
    return DamagedFile(
        f"{path.name} in {path.parent} {what}: it is damaged or not a database ({error}); it was left as it is - put a "
        f"copy from {path.parent / 'backups'} in its place, or choose another folder with --data-dir"
    )


@contextmanager
def explaining(path: Path, what: str) -> Iterator[None]:
    """Turn SQLite's and the system's errors inside the block into errors of ours."""
    try:
        yield
    except (OverflowError, UnicodeEncodeError) as error:
        raise InvariantBroken(f"{path.name} in {path.parent} {what}: a value cannot be stored ({error})") from error
    except sqlite3.Error as error:
        raise explained(error, path, what) from error
    except UnicodeDecodeError as error:  # SQLite's own message quotes a damaged name
        raise damaged(path, what, error) from error
    except OSError as error:
        raise UserActionNeeded(
            f"{path.name} in {path.parent} {what}: {error.strerror or error}; check that the folder exists and is "
            "writable, or choose another one with --data-dir"
        ) from error


def open_writer(path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S, before: tuple[str, ...] = ()) -> sqlite3.Connection:
    """Open an existing file for reading and writing, with full durability. Raises sqlite3.Error.

    `before` are pragmas that count only while the file is still empty.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in (*before, *_PRAGMAS):
            connection.execute(pragma)
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def open_reader(path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open an existing file for reading only, without changing a byte of it. Raises sqlite3.Error.

    On a read-only medium SQLite cannot keep its index of the write-ahead log; when there is no log,
    the file cannot change either and is read as it is.
    """
    uri = path.absolute().as_uri()
    try:
        return _probed(f"{uri}?mode=ro", busy_timeout_s)
    except sqlite3.OperationalError as error:
        if primary_code(error) not in _UNWRITABLE or not path.is_file() or wal_size(path):
            raise
    return _probed(f"{uri}?mode=ro&immutable=1", busy_timeout_s)


def _probed(uri: str, busy_timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    return connection


def wal_size(path: Path) -> int:
    """Return how many bytes of write-ahead log lie beside a database file, 0 when there are none."""
    log = path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log.exists() else 0


def copy_database(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database consistently while it is in use, into one self-contained file. Raises sqlite3.Error."""
    copy = sqlite3.connect(target, isolation_level=None)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()

"""Brings a database file to this program's schema, copying it first; refuses newer, foreign and damaged files.

A new file is made beside its place and renamed when it is complete, so that a file that exists is never
half made, and an empty one is a loss to be reported, not a start to be made.

Alembic (and with it SQLAlchemy) is imported only when there is something to migrate, because it
costs a quarter of a second that an ordinary start does not have.
"""

import sqlite3
from pathlib import Path

from msgspec import Struct

from cryptobot_desktop.config.atomic_file import move_into_place
from cryptobot_desktop.domain.errors import InvariantBroken, UserActionNeeded
from cryptobot_desktop.storage.backups import back_up_before, backup_folder
from cryptobot_desktop.storage.connections import (
    BUSY_TIMEOUT_S,
    DamagedFile,
    explaining,
    open_reader,
    open_writer,
    wal_size,
)

_LOGS = ("-wal", "-shm", "-journal")


class SchemaHistory(Struct, frozen=True):
    """A folder of Alembic migrations and the revisions in it, oldest first."""

    folder: Path
    revisions: tuple[str, ...]

    @property
    def head(self) -> str:
        """Return the newest revision."""
        return self.revisions[-1]


HISTORY = SchemaHistory(Path(__file__).parent / "migrations", ("0001", "0002"))
"""Every schema revision this program knows."""


def ensure_current(
    path: Path, mode: str, history: SchemaHistory = HISTORY, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> None:
    """Create or migrate the database at `path`.

    A damaged, foreign or newer file, or one of another mode, raises UserActionNeeded and stays byte-identical;
    one that another program holds raises TemporaryFailure.
    """
    if not path.exists():
        _create(path, mode, history)
        return
    revision = inspect(path, mode, history, busy_timeout_s)
    if revision == history.head:
        return
    with explaining(path, "could not be brought to this version's form"):
        connection = open_writer(path, busy_timeout_s)
        try:
            back_up_before(connection, path, history.head)
        finally:
            connection.close()
        _upgrade(path, history)
    _check_head(path, mode, history)


def inspect(path: Path, mode: str, history: SchemaHistory = HISTORY, busy_timeout_s: float = BUSY_TIMEOUT_S) -> str:
    """Return the schema revision of an existing file of ours, without changing it.

    Anything else raises UserActionNeeded: no file, empty, damaged, not ours, newer, of another mode. One that
    another program holds raises TemporaryFailure.
    """
    with explaining(path, "cannot be read"):
        refuse_missing(path)
        connection = open_reader(path, busy_timeout_s)
        try:
            return _inspected(connection, path, mode, history)
        finally:
            connection.close()


def inspect_current(path: Path, mode: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
    """Like `inspect`; a file of an older version raises UserActionNeeded too, because reading does not migrate."""
    revision = inspect(path, mode, busy_timeout_s=busy_timeout_s)
    if revision != HISTORY.head:
        raise UserActionNeeded(
            f"{path.name} in {path.parent} has schema {revision} of an older version, this program reads "
            f"{HISTORY.head}: start the program once, or run 'cryptobot portfolio list'; a copy is made before it "
            "gets its new form"
        )


class NoDatabase(UserActionNeeded):
    """There is no file."""


def refuse_missing(path: Path) -> None:
    """Raise NoDatabase when there is no file, DamagedFile when it is empty."""
    if not path.exists():
        raise NoDatabase(f"there is no {path.name} in {path.parent}; check the folder given with --data-dir")
    if path.stat().st_size == 0:
        raise DamagedFile(
            f"{path.name} in {path.parent} is empty (0 bytes), so what it held is lost; it was left as it is - put a "
            f"copy from {backup_folder(path)} in its place, or delete it to start anew"
        )


def _inspected(connection: sqlite3.Connection, path: Path, mode: str, history: SchemaHistory) -> str:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "meta"} <= tables:
        raise UserActionNeeded(
            f"{path.name} in {path.parent} was not made by this program; it was left as it is - choose another folder "
            "with --data-dir"
        )
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    revision = str(row[0]) if row else ""
    if revision not in history.revisions:
        raise UserActionNeeded(
            f"{path.name} in {path.parent} has schema {revision or 'none'}, this program knows up to {history.head}: "
            "it was written by a newer version and was left as it is; install that version, or choose another folder "
            "with --data-dir"
        )
    _refuse_other_mode(connection, path, mode)
    return revision


def _refuse_other_mode(connection: sqlite3.Connection, path: Path, mode: str) -> None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
    found = row[0] if row else None
    if found != mode:
        raise UserActionNeeded(
            f"{path.name} in {path.parent} belongs to mode {found!r}, this program runs in mode {mode!r}; it was left "
            "as it is - choose another folder with --data-dir"
        )


def _create(path: Path, mode: str, history: SchemaHistory) -> None:
    """Make the file under another name and rename it when it is complete."""
    part = path.with_name(f"{path.name}.new")
    with explaining(path, "could not be created"):
        if wal_size(path):
            raise UserActionNeeded(
                f"{path.name} is missing in {path.parent}, but its write-ahead log is still there: the database was "
                f"moved or deleted; put it, or a copy from {backup_folder(path)}, back in its place"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        _drop(part)
        part.touch(mode=0o600)
        open_writer(part).close()
        _upgrade(part, history)
        connection = open_writer(part)
        try:
            connection.execute("INSERT INTO meta VALUES ('mode', ?)", (mode,))
        finally:
            connection.close()
    _check_head(part, mode, history)
    with explaining(path, "could not be created"):
        _drop(part, _LOGS)
        move_into_place(part, path)


def _drop(part: Path, suffixes: tuple[str, ...] = ("", *_LOGS)) -> None:
    for suffix in suffixes:
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _check_head(path: Path, mode: str, history: SchemaHistory) -> None:
    revision = inspect(path, mode, history)
    if revision != history.head:
        raise InvariantBroken(f"migration of {path} stopped at schema {revision}, not {history.head}")


def _upgrade(path: Path, history: SchemaHistory) -> None:
    """Run all missing migrations in one transaction: a killed one leaves the file as it was."""
    from alembic import command  # noqa: PLC0415 - heavy, needed only for a migration
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import Connection, create_engine, event  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    # open_writer turns pysqlite's own transactions off: it would commit before DDL.
    engine = create_engine("sqlite://", creator=lambda: open_writer(path))

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    config = Config()
    config.set_main_option("script_location", str(history.folder).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, history.head)
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise
    finally:
        engine.dispose()

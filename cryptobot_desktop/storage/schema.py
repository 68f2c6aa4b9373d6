"""Brings a database file to this program's schema, copying it first; refuses newer or foreign files.

Alembic (and with it SQLAlchemy) is imported only when there is something to migrate, because it
costs a quarter of a second that an ordinary start does not have.
"""

import sqlite3
from pathlib import Path

from cryptobot_desktop.domain.errors import InvariantBroken, UserActionNeeded

REVISIONS = ("0001",)
"""Every schema revision this program knows, oldest first."""

HEAD = REVISIONS[-1]


def current_revision(connection: sqlite3.Connection) -> str | None:
    """Return the file's schema revision, None for an empty file; not a database raises UserActionNeeded."""
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise UserActionNeeded(
            f"profile database cannot be read ({error}); it was left as it is - restore a backup or choose another "
            "data folder"
        ) from error
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise UserActionNeeded("profile database was not made by this program; it was left as it is")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def ensure_current(path: Path) -> None:
    """Create or migrate the database at `path`; a newer one raises UserActionNeeded and stays unchanged."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        revision = current_revision(connection)
        if revision == HEAD:
            return
        if revision is not None and revision not in REVISIONS:
            raise UserActionNeeded(
                f"profile database {path} has schema {revision}, this program knows up to {HEAD}: it was written by a "
                "newer version; install that version or choose another data folder with --data-dir"
            )
        if revision is not None:
            _copy_first(connection, path.with_suffix(f".before-{HEAD}.sqlite"))
    finally:
        connection.close()
    _upgrade(path)


def _copy_first(connection: sqlite3.Connection, backup: Path) -> None:
    copy = sqlite3.connect(backup)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _upgrade(path: Path) -> None:
    from alembic import command  # noqa: PLC0415 - heavy, needed only for a migration
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine, event  # noqa: PLC0415

    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _own_transactions(connection: sqlite3.Connection, _record: object) -> None:
        # pysqlite commits before DDL; with its own transaction handling off, a killed migration rolls back whole.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
    finally:
        engine.dispose()
    check = sqlite3.connect(path)
    try:
        if current_revision(check) != HEAD:
            raise InvariantBroken(f"migration of {path} did not reach schema {HEAD}")
    finally:
        check.close()

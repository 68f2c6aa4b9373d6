"""Copies of the profile database: one a day, and one before each migration; the newest few are kept."""

import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from cryptobot_desktop.config.atomic_file import move_into_place
from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.storage.connections import DamagedFile, copy_database, explaining

KEEP_DAILY = 7
FOLDER = "backups"
_DAILY = "daily-"
_BEFORE = "before-"
_MANUAL = "manual-"


class Backup(Struct, frozen=True):
    """One copy; `label` is its day (``2026-11-20``), what followed (``before-0002``), or ``manual-`` and a time."""

    path: Path
    label: str
    size: int


def backup_folder(database: Path) -> Path:
    """Return where the copies of a database lie."""
    return database.parent / FOLDER


def back_up_daily(source: sqlite3.Connection, database: Path, now_ms: int, keep: int = KEEP_DAILY) -> Path | None:
    """Copy the database unless today's (UTC) copy exists, drop daily copies beyond `keep`; return the new copy.

    `source` is an open connection to `database`. Raises UserActionNeeded when the copy cannot be written.
    """
    day = datetime.fromtimestamp(now_ms / 1000, UTC).date().isoformat()
    target = _target(database, f"{_DAILY}{day}")
    if target.exists():
        return None
    _copy(source, target)
    prune(database, keep)
    return target


def back_up_before(source: sqlite3.Connection, database: Path, revision: str) -> Path:
    """Copy the database before it is migrated to `revision`; an earlier such copy is kept, not overwritten."""
    target = _target(database, f"{_BEFORE}{revision}")
    if not target.exists():
        _copy(source, target)
    return target


def back_up_now(source: sqlite3.Connection, database: Path, now_ms: int, *, target: Path | None = None) -> Path:
    """Copy the database to `target`, or beside the other copies under the present second; return the new copy.

    An existing file is not overwritten: the second copy of one second gets a number, a named `target` is
    UserActionNeeded.
    """
    second = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H-%M-%S")
    if target is None:
        names = (f"{_MANUAL}{second}{suffix}" for suffix in ("", *(f"-{number}" for number in range(2, 1_000))))
        free = (path for name in names if not (path := _target(database, name)).exists())
        target = next(free)
    if target.exists():
        raise UserActionNeeded(f"{target} exists already and is not overwritten; choose another name")
    _copy(source, target)
    return target


def prune(database: Path, keep: int = KEEP_DAILY) -> list[Path]:
    """Delete the oldest daily copies beyond `keep` (at least one stays) and return them."""
    daily = sorted(backup_folder(database).glob(f"{database.stem}-{_DAILY}*{database.suffix}"))
    surplus = daily[: -max(1, keep)]
    for path in surplus:
        with suppress(FileNotFoundError):
            path.unlink()
    return surplus


def backups(database: Path) -> list[Backup]:
    """Return the copies of a database, oldest first."""
    paths = backup_folder(database).glob(f"{database.stem}-*{database.suffix}")
    found = [(path.stat(), path) for path in paths]
    return [
        Backup(path, path.stem.removeprefix(f"{database.stem}-").removeprefix(_DAILY), stat.st_size)
        for stat, path in sorted(found, key=lambda pair: (pair[0].st_mtime_ns, pair[1]))
    ]


def _target(database: Path, name: str) -> Path:
    return backup_folder(database) / f"{database.stem}-{name}{database.suffix}"


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """Write under another name first: a copy that carries its right name is always whole."""
    part = target.with_suffix(".part")
    with explaining(target, "could not be written"):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        try:
            copy_database(source, part)
            _check(part)
            _sync(part)
            move_into_place(part, target)
        finally:
            part.unlink(missing_ok=True)


def _check(copy: Path) -> None:
    connection = sqlite3.connect(copy)
    try:
        faults = [text for (text,) in connection.execute("PRAGMA quick_check(1)") if text != "ok"]
    finally:
        connection.close()
    if faults:
        raise DamagedFile(f"the database has damaged pages, so no backup was made of it: {faults[0]}")


def _sync(path: Path) -> None:
    # A finished copy that nobody has open: here an ordinary descriptor takes no lock from anybody.
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Crashes while other files are made: a first start, a migration, a backup, the settings. Kills and power cuts."""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.storage.database import MODE, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from cryptobot_desktop.storage.schema import HISTORY, SchemaHistory, ensure_current, inspect
from tests.crash.children import Shim, fork, is_killed, kill_after, result_of
from tests.crash.disk import Disk, read_log
from tests.crash.engine_run import WORDS, profile_in
from tests.crash.oracle import BUG, CORRUPT, LOST, MISMATCH, Finding, Verdict, ledger_findings
from tests.crash.power import lay_down
from tests.crash.tally import Tally
from tests.crash.world import World
from tests.unit.storage.next_version import next_version_in

SAVES = 4
LARGE = 400
"""Each number is written so often that a settings file fills some sectors."""
A_DAY_MS = 1_767_225_600_000


class Job(Struct, frozen=True):
    """What is interrupted: the files it begins with, the work, and what must be true afterwards."""

    name: str
    files: dict[str, bytes]
    """By name below the profile folder."""
    work: Callable[[Path], None]
    judge: Callable[[Path, int], list[Finding]]
    """Gets the folder and the number of the newest thing that was acknowledged."""


def jobs(world: World) -> list[Job]:
    """Return all that is interrupted beside trading."""
    image = world.segments[-1].image
    later = next_version_in(world.folder / "migrations")
    rows = _rows(world, image)
    return [
        Job("first start", {}, _start, _judge_start),
        Job("migration", {"profile.sqlite": image}, partial(_migrate, later), partial(_judge_migration, later, rows)),
        Job("daily backup", {"profile.sqlite": image}, _back_up, partial(_judge_backup, rows)),
        Job("settings", {}, save_settings, judge_settings),
    ]


def _rows(world: World, image: bytes) -> str:
    path = world.folder / "rows.sqlite"
    path.write_bytes(image)
    return result_of(partial(rows_of, path), world.scratch)


def rows_of(path: Path) -> str:
    """Return SHA-256 over all rows of the tables of today's schema, read without any code of the program."""
    connection, hashed = sqlite3.connect(path), hashlib.sha256()
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (name,) in names:
        if name not in ("alembic_version", "note"):
            hashed.update(msgspec.msgpack.encode((name, connection.execute(f'SELECT * FROM "{name}"').fetchall())))
    connection.close()
    return hashed.hexdigest()


def acknowledge(folder: Path, number: int) -> None:
    """Write down that so much is done."""
    descriptor = os.open(folder / WORDS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{number}\n".encode())
    os.close(descriptor)


def _start(folder: Path) -> None:
    ProfileDatabase(profile_in(folder)).close()
    acknowledge(folder, 1)


def _judge_start(folder: Path, acknowledged: int) -> list[Finding]:
    path = profile_in(folder)
    findings = [] if path.exists() or not acknowledged else [Finding(LOST, "the file of a finished start is gone")]
    database = ProfileDatabase(path)
    if load_state(database).last_seq or ledger_findings(database):
        findings.append(Finding(CORRUPT, "a first start found something in the ledger"))
    database.close()
    left = sorted(file.name for file in folder.iterdir() if file.is_file() and file.name != WORDS)
    if left != [path.name]:
        findings.append(Finding(MISMATCH, f"the folder holds {left}"))
    return findings


def _migrate(later: SchemaHistory, folder: Path) -> None:
    ensure_current(profile_in(folder), MODE, later)
    acknowledge(folder, 1)


def _judge_migration(later: SchemaHistory, rows: str, folder: Path, acknowledged: int) -> list[Finding]:
    path, findings = profile_in(folder), list[Finding]()
    found = inspect(path, MODE, later)
    if found not in (HISTORY.head, later.head) or (acknowledged and found != later.head):
        findings.append(Finding(LOST, f"schema is {found}, acknowledged {acknowledged}"))
    copies = [(copy.name, rows_of(copy)) for copy in folder.glob("backups/*.sqlite")]
    if found == later.head and not copies:
        findings.append(Finding(LOST, "migrated, but the copy from before is not there"))
    findings += [Finding(CORRUPT, f"copy {name} differs") for name, seen in copies if seen != rows]
    ensure_current(path, MODE, later)
    if inspect(path, MODE, later) != later.head or rows_of(path) != rows:
        findings.append(Finding(MISMATCH, "the second try did not end with the same rows in the new form"))
    return findings


def _back_up(folder: Path) -> None:
    database = ProfileDatabase(profile_in(folder))
    database.back_up_daily(A_DAY_MS)
    acknowledge(folder, 1)
    database.close()


def _judge_backup(rows: str, folder: Path, acknowledged: int) -> list[Finding]:
    findings = list[Finding]()
    copies = list(folder.glob("backups/*.sqlite"))
    if acknowledged and not copies:
        findings.append(Finding(LOST, "the backup was made and is gone"))
    findings += [Finding(CORRUPT, f"backup {copy.name} differs") for copy in copies if rows_of(copy) != rows]
    database = ProfileDatabase(profile_in(folder))
    findings += [Finding(CORRUPT, text) for text in ledger_findings(database)]
    made = database.back_up_daily(A_DAY_MS)
    database.close()
    if (made is None) != bool(copies) or rows_of(profile_in(folder)) != rows:
        findings.append(Finding(MISMATCH, f"the next start made {made}, there were {copies}"))
    left = [file.name for file in folder.glob("backups/*") if not file.name.endswith(".sqlite")]
    return findings + [Finding(MISMATCH, f"left behind: {name}") for name in left]


def save_settings(folder: Path) -> None:
    """Save a growing number under two names that must always be equal."""
    for number in range(1, SAVES + 1):
        settings = ProfileSettings(folder / "settings.toml")
        settings.set("a", f"{number}," * LARGE)
        settings.set("b", f"{number}," * LARGE)
        settings.save()
        acknowledge(folder, number)


def save_in_place(folder: Path) -> None:
    """A broken way to save for the control: the old file is emptied, then written."""
    _save_badly(folder, lambda path, content: path.write_bytes(content))


def save_unsynced(folder: Path) -> None:
    """A broken way to save for the control: renamed into its place, and never synced."""

    def rename(path: Path, content: bytes) -> None:
        path.with_suffix(".part").write_bytes(content)
        path.with_suffix(".part").rename(path)

    _save_badly(folder, rename)


def _save_badly(folder: Path, write: Callable[[Path, bytes], object]) -> None:
    path, other = folder / "settings.toml", folder / "right.toml"
    for number in range(1, SAVES + 1):
        settings = ProfileSettings(other)
        settings.set("a", f"{number}," * LARGE)
        settings.set("b", f"{number}," * LARGE)
        settings.save()
        write(path, other.read_bytes())
        acknowledge(folder, number)


def judge_settings(folder: Path, acknowledged: int) -> list[Finding]:
    """Return what is wrong with the settings: they are old or new, whole, and not older than acknowledged."""
    settings = ProfileSettings(folder / "settings.toml")
    if settings.problems:
        return [Finding(CORRUPT, "; ".join(settings.problems))]
    kept = settings.get("a")
    if kept != settings.get("b"):
        return [Finding(MISMATCH, "two values that are saved together differ")]
    number = int(str(kept).partition(",")[0]) if kept else 0
    if kept and kept != f"{number}," * LARGE:
        return [Finding(CORRUPT, f"value is cut: {len(kept)} characters")]
    if not acknowledged <= number <= acknowledged + 1:
        return [Finding(LOST, f"settings hold number {number}, {acknowledged} was acknowledged")]
    settings.set("a", "saved again")
    settings.save()
    return []


BROKEN = (
    Job("settings written in place", {}, save_in_place, judge_settings),
    Job("settings never synced", {}, save_unsynced, judge_settings),
)
"""Controls: the power cuts must find fault with these."""


def kill_job(world: World, job: Job, count: int) -> Tally:
    """Kill a job at random changes of files, and at random times."""
    tally, begun = Tally(), time.perf_counter()
    begin(world, job)
    places, seconds = result_of(partial(_measured, world, job), world.scratch)
    while tally.crashes < count:
        begin(world, job)
        if world.chance.random() < 0.5:
            killed = is_killed(fork(partial(_work_until, world, job, world.chance.randint(1, places))))
        else:
            killed = kill_after(fork(partial(job.work, world.profile)), world.chance.uniform(0, seconds * 1.2))
        take_up(tally, world, job, killed)
    tally.seconds = time.perf_counter() - begun
    return tally


def begin(world: World, job: Job) -> None:
    """Lay down the files that a job begins with."""
    lay_down(world.profile, {str(world.profile / name): content for name, content in job.files.items()})


def _measured(world: World, job: Job) -> tuple[int, float]:
    shim, begun = Shim(), time.perf_counter()
    shim.count(world.profile)
    job.work(world.profile)
    return shim.changes, time.perf_counter() - begun


def _work_until(world: World, job: Job, number: int) -> None:
    Shim().kill_at(world.profile, number)
    job.work(world.profile)


def take_up(tally: Tally, world: World, job: Job, killed: bool) -> None:
    """Count a crash and judge what it left."""
    words = world.profile / WORDS
    said = words.read_text().split("\n")[:-1] if words.exists() else []
    verdict, begun = Verdict([]), time.perf_counter()
    try:
        verdict.findings += job.judge(world.profile, int(said[-1]) if said else 0)
    except CryptobotError as error:
        verdict.findings.append(Finding(CORRUPT, str(error)))
    except Exception as bug:  # noqa: BLE001 - whatever is met must be met in words
        verdict.findings.append(Finding(BUG, repr(bug)))
    verdict.recovery_s = time.perf_counter() - begun
    tally.crashes += killed
    tally.survived += not killed
    tally.acknowledged += len(said)
    tally.add(verdict, job.name)


def cut_job(world: World, job: Job, count: int) -> Tally:
    """Cut the power at random changes of files of a job."""
    tally, begun = Tally(), time.perf_counter()
    begin(world, job)
    log = world.folder / "log"

    def recorded() -> None:
        Shim().record(world.profile, log)
        job.work(world.profile)

    result_of(recorded, world.scratch)
    changes = list(read_log(log.read_bytes()))
    words = str(world.profile / WORDS)
    disk = Disk({str(world.profile / name): content for name, content in job.files.items()})
    said, taken = b"", 0
    for place in sorted(world.chance.randint(1, len(changes)) for _ in range(count)):
        for change in changes[taken:place]:
            if change.name == words:
                said += change.data
            else:
                disk.take(change)
        taken = place
        lay_down(world.profile, {words: said, **disk.after_cut(world.chance)})
        take_up(tally, world, job, True)
    tally.seconds = time.perf_counter() - begun
    return tally

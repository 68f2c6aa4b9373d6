"""What must be true of a ledger after a crash, told by comparing it with a run that was never disturbed."""

import hashlib
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.engine.assembly import Assembled
from cryptobot_desktop.engine.outbox import MemoryStore
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import ProfileDatabase
from cryptobot_desktop.storage.recovery import load_state
from tests.crash.engine_run import Beginning, Diary, NotedStore, Said, ignore, play, profile_in, put_together
from tests.crash.script import STEP_MS, Item, history, time_of

LOST, CORRUPT, MISMATCH, INVENTED, BUG = "lost", "corrupt", "mismatch", "invented", "bug"


GROUP_ROWS = 12


class Moment(Struct, frozen=True):
    """The undisturbed run right after one of its commits."""

    digest: str
    """Over every row of every table."""
    place: int
    """How many items of the script had happened."""
    open_orders: tuple[str, ...]
    transfers: int


class Segment(Struct, frozen=True):
    """One session of the undisturbed run: the file it began with, what it was fed, and all its moments."""

    number: int
    image: bytes
    """The database file at the start, all in one file."""
    start: int
    end: int
    bars: list[Candle]
    at_ms: int
    moments: list[Moment]
    """The first one is the state at the start; then one for each commit."""
    seconds: float
    """How long the session takes."""
    end_image: bytes

    @property
    def beginning(self) -> Beginning:
        """Return how a session on this segment begins."""
        return begin(self.number, self.at_ms, self.bars)


class Finding(Struct, frozen=True):
    """One broken promise: its kind and what was seen."""

    kind: str
    text: str


class Verdict(Struct):
    """What a check of a crashed folder found; `place` is which moment it equals, -1 for none."""

    findings: list[Finding]
    place: int = -1
    recovery_s: float = 0.0

    @property
    def kinds(self) -> set[str]:
        """Return what is broken."""
        return {finding.kind for finding in self.findings}


def begin(number: int, at_ms: int, bars: list[Candle]) -> Beginning:
    """Return how the session of a number begins; of three, the second has slow orders, the third commits in groups."""
    latency_ms, group_rows = [(0, 0), (STEP_MS * 3 // 2, 0), (0, GROUP_ROWS)][number % 3]
    return Beginning(f"s{number}", at_ms, bars, latency_ms, group_rows)


def digest(database: ProfileDatabase) -> str:
    """Return SHA-256 over every row of every table of the file."""
    connection, hashed = database.connection, hashlib.sha256()
    with database.reading():
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        for (name,) in names:
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            hashed.update(msgspec.msgpack.encode((name, rows)))
    return hashed.hexdigest()


def ledger_findings(database: ProfileDatabase) -> tuple[str, ...]:
    """Return what ``cryptobot ledger check`` would find wrong."""
    return check_ledger(database, audit).findings


def moment(database: ProfileDatabase, session: Assembled, place: int) -> Moment:
    """Return the present state of an open database and of the engine that has written it."""
    open_orders = tuple(sorted(order.client_id for order in session.exchange.open_orders()))
    count = database.connection.execute("SELECT count(*) FROM transfer").fetchone()[0]
    return Moment(digest(database), place, open_orders, count)


def run_segment(folder: Path, image: bytes, items: list[Item], number: int, bounds: tuple[int, int]) -> Segment:
    """Play one session to its end, undisturbed, and write down its state after each commit."""
    start, end = bounds
    at_ms, bars = time_of(items, start), history(items, start)
    put_image(folder, image)
    database = ProfileDatabase(profile_in(folder))
    beginning = begin(number, at_ms, bars)
    before = put_together(MemoryStore(), load_state(database), beginning, ignore)
    moments = [moment(database, before, start)]
    place = start

    def note(session: Assembled) -> None:
        if diary.commits == len(moments):
            moments.append(moment(database, session, place))

    diary = Diary(folder)

    def counted() -> Iterator[Item]:
        nonlocal place
        for item in items[start:end]:
            place += 1
            yield item

    play(database, NotedStore(database, diary), beginning, counted(), note)
    database.close()
    return Segment(
        number,
        image,
        start,
        end,
        bars,
        at_ms,
        moments,
        _seconds(folder, image, items, number, bounds),
        image_of(folder),
    )


def _seconds(folder: Path, image: bytes, items: list[Item], number: int, bounds: tuple[int, int]) -> float:
    """Return how long the session takes without anybody looking on."""
    other = folder / "timed"
    put_image(other, image)
    beginning = begin(number, time_of(items, bounds[0]), history(items, bounds[0]))
    started = time.perf_counter()
    database = ProfileDatabase(profile_in(other))
    diary = Diary(other)
    play(database, NotedStore(database, diary), beginning, items[slice(*bounds)], diary.acknowledge)
    database.close()
    return time.perf_counter() - started


def put_image(folder: Path, image: bytes) -> None:
    """Empty a folder and lay a database file into it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()
    profile_in(folder).write_bytes(image)


def image_of(folder: Path) -> bytes:
    """Return the bytes of a database that nobody has open."""
    path = profile_in(folder)
    assert not path.with_name(f"{path.name}-wal").exists()
    return path.read_bytes()


def judge(folder: Path, segment: Segment, said: Said) -> Verdict:
    """Recover a crashed folder twice, as a next start would, and compare it with the undisturbed run."""
    verdict = Verdict([])
    try:
        first = _recovered(folder, segment, said, verdict)
        again = _recovered(folder, segment, said, verdict) if first is not None else None
    except CryptobotError as error:
        verdict.findings.append(Finding(CORRUPT, str(error)))
        return verdict
    except Exception as bug:  # noqa: BLE001 - a damaged file must be refused in words, so any other error is a finding
        place = traceback.extract_tb(bug.__traceback__)[-1]
        verdict.findings.append(Finding(CORRUPT, "damaged"))
        verdict.findings.append(Finding(BUG, f"{bug!r} at {place.filename}:{place.lineno}"))
        return verdict
    if first != again:
        verdict.findings.append(Finding(MISMATCH, "a second recovery found something else than the first"))
    return verdict


def _recovered(folder: Path, segment: Segment, said: Said, verdict: Verdict) -> str | None:
    started = time.perf_counter()
    database = ProfileDatabase(profile_in(folder))
    try:
        stored = load_state(database)
        session = put_together(MemoryStore(), stored, segment.beginning, ignore)
        verdict.recovery_s = max(verdict.recovery_s, time.perf_counter() - started)
        seen = digest(database)
        findings = _check(database, session, segment, seen, said)
    finally:
        database.close()
    verdict.findings += [finding for finding in findings if finding not in verdict.findings]
    verdict.place = next((n for n, known in enumerate(segment.moments) if known.digest == seen), -1)
    return seen


def _check(database: ProfileDatabase, session: Assembled, segment: Segment, seen: str, said: Said) -> list[Finding]:
    ledger = session.pipeline.accounts.ledger
    findings = [Finding(CORRUPT, text) for text in ledger_findings(database)]
    row = database.connection.execute("SELECT row_hash FROM transfer WHERE seq = ?", (said.seq,)).fetchone()
    if said.seq and (row is None or row[0] != said.head):
        found = "is not there" if row is None else f"has hash {row[0][:12]}"
        findings.append(
            Finding(
                LOST,
                f"acknowledged row {said.seq} ({said.head[:12]}) {found}; the ledger ends at {ledger.seq}",
            )
        )
    places = [n for n, known in enumerate(segment.moments) if known.digest == seen]
    if not places:
        findings.append(
            Finding(
                MISMATCH,
                f"{ledger.seq} rows: no moment of the undisturbed run looks like this",
            )
        )
        return findings
    if places[-1] < said.acknowledged:
        findings.append(Finding(LOST, f"commit {said.acknowledged} was acknowledged, only {places[-1]} is there"))
    if places[0] > said.attempted:
        findings.append(Finding(INVENTED, f"commit {places[0]} is there, only {said.attempted} was begun"))
    known = segment.moments[places[0]]
    held = tuple(sorted(order.client_id for order in session.exchange.open_orders()))
    if held != known.open_orders:
        findings.append(Finding(MISMATCH, f"open orders are {held}, should be {known.open_orders}"))
    if ledger.seq != known.transfers:
        findings.append(Finding(MISMATCH, f"the engine goes on from row {ledger.seq}, the file has {known.transfers}"))
    return findings

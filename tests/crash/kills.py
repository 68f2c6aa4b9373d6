"""kill -9 of the real engine: at random times, and at every named point of its work."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial

import msgspec

from cryptobot_desktop.domain.journal import CommitBatch
from cryptobot_desktop.engine.assembly import Assembled
from cryptobot_desktop.engine.outbox import MemoryStore
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.recovery import load_fills, load_state
from tests.crash.children import (
    Shim,
    die,
    die_at_statement,
    fork,
    is_killed,
    kill_after,
    result_of,
)
from tests.crash.engine_run import (
    WORDS,
    Beginning,
    Diary,
    NotedStore,
    Said,
    Store,
    ignore,
    play,
    profile_in,
    put_together,
    read_words,
)
from tests.crash.oracle import MISMATCH, Finding, Segment, Verdict, digest, judge, put_image
from tests.crash.script import history, time_of
from tests.crash.tally import Tally
from tests.crash.world import World

OFTEN = 40
"""Pages of write-ahead log after which some runs checkpoint, so that crashes fall into checkpoints too."""
TOO_EARLY, IN_TWO = "tells too early", "stores in two"
"""Broken ways to store, which a campaign must find fault with."""
IN_SNAPSHOT = "in a snapshot of the ledger"
PATIENCE = 30
"""Sessions that end without having come by a point, for each kill there, until a campaign gives the point up."""
STARTS_KILLED = 20
"""How often in a row a start is killed at most (K03)."""


class TellsTooEarly:
    """A broken store for the control: the user is told before the rows are stored."""

    def __init__(self, store: Store, diary: Diary) -> None:
        self._store = store
        self._diary = diary
        self.session: Assembled | None = None

    def commit(self, batch: CommitBatch) -> None:
        """Acknowledge, then write."""
        self._diary.attempt()
        if self.session is not None:
            self._diary.acknowledge(self.session)
        self._store.commit(batch)


class StoresInTwo:
    """A broken store for the control: a batch is two transactions, money first and orders later."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def commit(self, batch: CommitBatch) -> None:
        """Write the ledger rows and what they need, then the rest."""
        empty = CommitBatch()
        late = ("orders", "fills", "decisions", "bots", "removed_bots")
        self._store.commit(msgspec.structs.replace(batch, **{name: getattr(empty, name) for name in late}))
        self._store.commit(CommitBatch(**{name: getattr(batch, name) for name in late}))


def trade(world: World, segment: Segment, control: str = "", checkpoint_pages: int = 0) -> None:
    """Play a segment to its end as a child that says what it has stored."""
    diary = Diary(world.profile)
    database = ProfileDatabase(profile_in(world.profile))
    if checkpoint_pages:
        database.connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
    store: Store = StoresInTwo(database) if control == IN_TWO else database
    items = world.items[segment.start : segment.end]
    if control == TOO_EARLY:
        early = TellsTooEarly(store, diary)

        def keep(session: Assembled) -> None:
            early.session = session

        play(database, early, segment.beginning, items, keep)
    else:
        play(database, NotedStore(store, diary), segment.beginning, items, diary.acknowledge)
    database.close()


def random_kills(world: World, count: int) -> Tally:
    """Kill a session at a random time, `count` times; now and then kill the next starts too."""
    tally, begun = Tally(), time.perf_counter()
    while tally.crashes < count:
        segment = world.chance.choice(world.segments)
        put_image(world.profile, segment.image)
        child = fork(partial(trade, world, segment, checkpoint_pages=world.chance.choice((0, OFTEN))))
        killed = kill_after(child, world.chance.uniform(0, 1.15 * segment.seconds + 0.005))
        if world.chance.random() < 0.1:
            tally.restarts_killed += kill_starts(world, segment)
        take_up(tally, world, segment, killed, "random")
    tally.seconds = time.perf_counter() - begun
    return tally


def kill_starts(world: World, segment: Segment) -> int:
    """Kill the next starts one after another while they recover; return how many."""
    for _ in range(number := world.chance.randint(1, STARTS_KILLED)):
        kill_after(fork(partial(start_only, world, segment)), world.chance.uniform(0, 0.015))
    return number


def start_only(world: World, segment: Segment) -> None:
    """Open and recover, as each start does, and leave."""
    database = ProfileDatabase(profile_in(world.profile))
    put_together(MemoryStore(), load_state(database), segment.beginning, ignore)
    database.close()


def take_up(tally: Tally, world: World, segment: Segment, killed: bool, label: str) -> Verdict:
    """Count a crash and judge what it left."""
    words = world.profile / WORDS
    said = read_words(words.read_bytes()) if words.exists() else Said()
    verdict = judge(world.profile, segment, said)
    tally.crashes += killed
    tally.survived += not killed
    tally.commits += said.attempted
    tally.acknowledged += said.acknowledged
    tally.add(verdict, f"{label}, segment {segment.number}")
    return verdict


def at_intent(world: World, segment: Segment, number: int) -> None:
    """Die when the Nth batch is built and nothing of it is written."""

    class Dying:
        def __init__(self) -> None:
            self.left = number

        def commit(self, batch: CommitBatch) -> None:
            self.left -= 1
            if self.left <= 0:
                die()
            database.commit(batch)

    database = ProfileDatabase(profile_in(world.profile))
    _play_noted(world, segment, database, Dying())


def at_untold(world: World, segment: Segment, number: int) -> None:
    """Die when the Nth batch is stored and nobody has been told."""
    left = number

    def after() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            die()

    database = ProfileDatabase(profile_in(world.profile))
    _play_noted(world, segment, database, database, after)


def _play_noted(
    world: World, segment: Segment, database: ProfileDatabase, store: Store, after: Callable[[], None] | None = None
) -> None:
    diary = Diary(world.profile)
    items = world.items[segment.start : segment.end]
    play(database, NotedStore(store, diary, after), segment.beginning, items, diary.acknowledge)
    database.close()


def at_statement(world: World, segment: Segment, number: int, contains: str = "", control: str = "") -> None:
    """Die before the Nth SQL statement that contains a text."""
    die_at_statement(number, contains)
    trade(world, segment, control)


def at_change(world: World, segment: Segment, number: int, name: str = "") -> None:
    """Die before the Nth change of a file."""
    Shim().kill_at(world.profile, number, name)
    trade(world, segment, checkpoint_pages=OFTEN)


def in_recovery(world: World, segment: Segment, number: int) -> None:
    """Die before the Nth change of a file while a start recovers."""
    Shim().kill_at(world.profile, number)
    start_only(world, segment)


Point = Callable[[World, Segment, int], None]
STATEMENTS_PER_COMMIT = 14
POINTS: dict[str, tuple[Point, int]] = {
    "after intent": (at_intent, 1),
    "between two rows of a batch": (at_statement, STATEMENTS_PER_COMMIT),
    "before commit": (partial(at_statement, contains="COMMIT"), 1),
    "in the derived tables": (partial(at_statement, contains="INTO balance"), 2),
    "stored, not told": (at_untold, 1),
}
"""What dies where, and about how many such places there are for each commit."""
FILE_POINTS = {"before a change of a file": "", "in a checkpoint": FILE_NAME}
"""Points that need the watcher of file operations, and what the names of the files end with."""


def named_points(world: World, each: int) -> Iterator[tuple[str, Callable[[], Tally]]]:
    """Yield each named point with the work of killing a session there, `each` times, at places drawn anew."""
    for name, (point, per_commit) in POINTS.items():
        yield name, partial(_kills_at, world, name, point, each, partial(_about, per_commit))
    snapshots = [_snapshots(world, segment) for segment in world.segments]
    if min(snapshots) > 0:
        point = partial(at_statement, contains="INTO ledger_snapshot")
        yield IN_SNAPSHOT, partial(_kills_at, world, IN_SNAPSHOT, point, each, lambda s: snapshots[s.number])
    if not Shim.is_loaded():
        return
    for name, suffix in FILE_POINTS.items():
        point = partial(at_change, name=suffix)
        yield name, partial(_kills_at, world, name, point, each, partial(count_changes, world, suffix))
    yield "in recovery", partial(recovery_kills, world, each)


def every_change(world: World) -> Tally:
    """Kill the first session before each single change of a file that it makes."""
    tally, begun = Tally(), time.perf_counter()
    segment = world.segments[0]
    for number in range(1, count_changes(world, "", segment) + 1):
        put_image(world.profile, segment.image)
        killed = is_killed(fork(partial(at_change, world, segment, number)))
        take_up(tally, world, segment, killed, f"change {number}")
    tally.seconds = time.perf_counter() - begun
    return tally


def broken_sessions(world: World, count: int, control: str) -> Tally:
    """Kill a session that stores in a broken way where a transaction begins: a control, fault must be found."""
    point = partial(at_statement, contains="BEGIN IMMEDIATE", control=control)
    return _kills_at(world, control, point, count, partial(_about, 2 if control == IN_TWO else 1))


def _kill_well_on(world: World, segment: Segment) -> bool:
    """Kill a session at some statement after the first third, so that there is something to recover."""
    put_image(world.profile, segment.image)
    end = _about(STATEMENTS_PER_COMMIT, segment)
    number = world.chance.randint(end // 3, end)
    return is_killed(fork(partial(at_statement, world, segment, number)))


def _snapshots(world: World, segment: Segment) -> int:
    """Return how many snapshots of the ledger a session writes, 0 where this version writes none."""

    def count() -> int:
        counts = []
        for image in (segment.image, segment.end_image):
            put_image(world.profile, image)
            with closing(sqlite3.connect(profile_in(world.profile))) as file:
                known = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger_snapshot'").fetchone()
                counts.append(file.execute("SELECT count(*) FROM ledger_snapshot").fetchone()[0] if known else 0)
        return counts[1] - counts[0]

    return result_of(count, world.scratch)


def _about(per_commit: int, segment: Segment) -> int:
    return per_commit * (len(segment.moments) - 1)


def _kills_at(world: World, name: str, point: Point, each: int, places: Callable[[Segment], int]) -> Tally:
    tally, begun = Tally(), time.perf_counter()
    lengths: dict[int, int] = {}
    while tally.crashes < each and tally.survived < PATIENCE * each:
        segment = world.chance.choice(world.segments)
        if segment.number not in lengths:
            lengths[segment.number] = places(segment)
        put_image(world.profile, segment.image)
        number = world.chance.randint(1, max(1, lengths[segment.number]))
        killed = is_killed(fork(partial(point, world, segment, number)))
        take_up(tally, world, segment, killed, f"{name} {number}")
    tally.seconds = time.perf_counter() - begun
    return tally


def count_changes(world: World, name: str, segment: Segment) -> int:
    """Return how many changes of files a whole session makes."""
    put_image(world.profile, segment.image)

    def counted() -> int:
        shim = Shim()
        shim.count(world.profile, name)
        trade(world, segment, checkpoint_pages=OFTEN)
        return shim.changes

    return result_of(counted, world.scratch)


def recovery_kills(world: World, each: int) -> Tally:
    """Kill a session, then kill each next start one change of a file later, until one comes through."""
    tally, begun = Tally(), time.perf_counter()
    while tally.crashes < each:
        segment = world.chance.choice(world.segments)
        killed = _kill_well_on(world, segment)
        number = 1
        while is_killed(fork(partial(in_recovery, world, segment, number))):
            tally.restarts_killed += 1
            number += 1
        take_up(tally, world, segment, killed, "in recovery")
    tally.seconds = time.perf_counter() - begun
    return tally


def continued_runs(world: World, count: int) -> Tally:
    """Kill, start again after a gap in time, trade on: the same as after a polite stop at the same commit."""
    tally, begun = Tally(), time.perf_counter()
    while tally.crashes < count:
        segment = world.chance.choice(world.segments[:-1])
        killed = _kill_well_on(world, segment)
        verdict = take_up(tally, world, segment, killed, "continued")
        if verdict.findings:
            continue
        after_kill = result_of(partial(go_on, world, segment, verdict.place), world.scratch)
        put_image(world.profile, segment.image)
        result_of(partial(stop_politely, world, segment, verdict.place), world.scratch)
        after_stop = result_of(partial(go_on, world, segment, verdict.place), world.scratch)
        findings = [Finding(MISMATCH, text) for text in after_kill[1]]
        if after_kill != after_stop:
            findings.append(Finding(MISMATCH, f"after commit {verdict.place} a kill and a polite stop lead elsewhere"))
        tally.add(Verdict(findings), "continued")
    tally.seconds = time.perf_counter() - begun
    return tally


def stop_politely(world: World, segment: Segment, commits: int) -> None:
    """Play a segment until so many commits are stored, and close the file."""

    class Stop(Exception):
        """Enough."""

    def told(_session: Assembled) -> None:
        if diary.commits >= commits:
            raise Stop

    database, diary = ProfileDatabase(profile_in(world.profile)), Diary(world.profile)
    items = world.items[segment.start : segment.end]
    with suppress(Stop):
        play(database, NotedStore(database, diary), segment.beginning, items, told)
    database.close()


def go_on(world: World, segment: Segment, commits: int) -> tuple[str, list[str]]:
    """Start on what is there, as if the program had been off for a while; return a digest and what is wrong."""
    stopped = segment.moments[commits].place
    resumed = stopped + (len(world.items) - stopped) // 4
    off_ms, on_ms = time_of(world.items, stopped), time_of(world.items, resumed)
    database = ProfileDatabase(profile_in(world.profile))
    before = {order.client_id for order in load_state(database).open_orders}
    seen: list[str] = []

    def told(session: Assembled) -> None:
        if not seen:
            seen.extend(order.client_id for order in session.exchange.open_orders())

    beginning = Beginning("again", on_ms, history(world.items, resumed))
    play(database, database, beginning, world.items[resumed : resumed + 200], told)
    wrong = [] if before <= set(seen) else [f"open before and not after: {sorted(before - set(seen))}"]
    for record in load_state(database).portfolios:
        for fill in load_fills(database, record.name, record.epoch):
            if off_ms < fill.at_ms < on_ms:
                wrong.append(f"fill {fill.fill_id} is dated {fill.at_ms}, when the program was off")
    found = digest(database), wrong
    database.close()
    return found

"""kill -9 of the real engine: at random times, and at every named point of its work."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from cryptobot_desktop.storage.database import FILE_NAME
from tests.crash.children import Shim, fork, is_killed, kill_after, result_of
from tests.crash.engine_run import WORDS, Said, profile_in, read_words
from tests.crash.oracle import MISMATCH, Finding, Segment, Verdict, judge, put_image
from tests.crash.sessions import (
    IN_TWO,
    OFTEN,
    at_change,
    at_intent,
    at_statement,
    at_untold,
    go_on,
    in_recovery,
    start_only,
    stop_politely,
    trade,
)
from tests.crash.tally import Tally
from tests.crash.world import World

IN_SNAPSHOT = "in a snapshot of the ledger"
PATIENCE = 30
"""Sessions that end without having come by a point, for each kill there, until a campaign gives the point up."""
STARTS_KILLED = 20
"""How often in a row a start is killed at most."""


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

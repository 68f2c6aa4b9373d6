"""Crashes the real program thousands of times: ``python -m tests.crash.campaign --kills 2000 --cuts 5000``.

Prints a line for each part and, with ``--json FILE``, writes all figures. Exit status 0 when nothing was lost and every
control was seen to fail, 1 otherwise, 3 on a system without fork.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cryptobot_desktop.engine import accounts
from tests.crash import files, kills, power
from tests.crash.children import Shim, ShimMissing, reload_with_shim, warm_up
from tests.crash.oracle import BUG
from tests.crash.sessions import IN_TWO, TOO_EARLY
from tests.crash.tally import Tally
from tests.crash.world import World, build_world

CANNOT = 3
Part = tuple[str, bool, Callable[[], Tally]]
"""Name, whether it is a control that must fail, and the work."""


def main(arguments: list[str]) -> int:
    """Run what was asked for."""
    options = _parse(arguments)
    if not hasattr(os, "fork"):
        print(f"crash campaign: {sys.platform} has neither fork nor SIGKILL", file=sys.stderr)
        return CANNOT
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="crash-", dir=memory if memory.is_dir() else None) as folder:
        missing = ""
        if not Shim.is_loaded():
            try:
                return reload_with_shim(["-m", "tests.crash.campaign", *arguments], Path(folder))
            except ShimMissing as reason:
                missing = str(reason)
                print(f"no power cuts and no kills at changes of files: {missing}", file=sys.stderr)
        return _run(options, Path(folder).resolve(), missing)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.campaign", description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="sessions killed at random times")
    parser.add_argument("--named", type=int, default=0, help="kills at each named point")
    parser.add_argument("--continued", type=int, default=0, help="killed sessions that are traded on")
    parser.add_argument("--every-change", action="store_true", help="kill a session before each change of a file")
    parser.add_argument("--cuts", type=int, default=0, help="power cuts of sessions")
    parser.add_argument("--file-kills", type=int, default=0, help="kills of each job beside trading")
    parser.add_argument("--file-cuts", type=int, default=0, help="power cuts of each job beside trading")
    parser.add_argument("--settings-kills", type=int, default=0, help="kills while settings are saved, more than those")
    parser.add_argument("--controls", type=int, default=0, help="kills of each broken way to store; must be seen")
    parser.add_argument("--cut-controls", type=int, default=0, help="power cuts of each broken way; must be seen")
    parser.add_argument("--segments", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150, help="market steps of one session")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, folder: Path, missing: str) -> int:
    warm_up()
    if hasattr(accounts, "SNAPSHOT_ROWS"):
        accounts.SNAPSHOT_ROWS = 60  # so that short sessions write some
    begun = time.perf_counter()
    world = build_world(folder, seed=options.seed, segments=options.segments, steps=options.steps)
    document: dict[str, object] = {
        "seed": options.seed,
        "missing": missing,
        "sessions": len(world.segments),
        "commits": [len(segment.moments) - 1 for segment in world.segments],
        "recording_differs": power.replays_exactly(world, world.segments[-1]) if Shim.is_loaded() else [],
    }
    good = not document["recording_differs"]
    results: dict[str, dict[str, object]] = {}
    for name, is_control, work in _parts(options, world):
        tally = work()
        results[name] = tally.document()
        good = (
            good and tally.crashes > 0 and (sum(tally.findings.values()) > 0) is is_control and not tally.findings[BUG]
        )
        print(_line(name, tally, is_control=is_control), flush=True)
    document |= {"parts": results, "seconds": round(time.perf_counter() - begun, 1)}
    if options.json:
        options.json.write_text(json.dumps(document, indent=1), encoding="utf-8")
    print("nothing was lost, and every control was seen" if good else "the campaign found fault", flush=True)
    return 0 if good else 1


def _line(name: str, tally: Tally, *, is_control: bool) -> str:
    figures = tally.document()
    words = [
        f"{name}{' (control)' if is_control else ''}: {tally.crashes} crashes",
        f"{tally.restarts_killed} restarts killed" if tally.restarts_killed else "",
        ", ".join(f"{figures[kind]} {kind}" for kind in ("lost", "corrupt", "mismatch", "invented", "bugs")),
        f"{figures['seconds']} s ({figures['crashes_per_second']}/s)",
        f"recovery p50 {figures['recovery_ms_p50']} ms, p99 {figures['recovery_ms_p99']} ms",
    ]
    shown = [f"  {text}" for text in tally.worst[:5] if not is_control or ": bug: " in text]
    return "\n".join(["; ".join(word for word in words if word), *shown])


def _parts(options: argparse.Namespace, world: World) -> Iterator[Part]:
    if options.kills:
        yield "kill -9 at random times", False, partial(kills.random_kills, world, options.kills)
    if options.named:
        for name, work in kills.named_points(world, options.named):
            yield f"kill -9 {name}", False, work
    if options.continued:
        yield "kill -9, then traded on", False, partial(kills.continued_runs, world, options.continued)
    if options.controls:
        for control in (TOO_EARLY, IN_TWO):
            yield f"kill -9, {control}", True, partial(kills.broken_sessions, world, options.controls, control)
    if Shim.is_loaded():
        yield from _shim_parts(options, world)


def _shim_parts(options: argparse.Namespace, world: World) -> Iterator[Part]:
    if options.every_change:
        yield "kill -9 before every change of a file", False, partial(kills.every_change, world)
    if options.cuts:
        yield "power cuts, synchronous=FULL", False, partial(power.power_cuts, world, options.cuts)
    yield from _file_parts(options, world)
    if options.cut_controls:
        yield from _cut_controls(options.cut_controls, world)


def _file_parts(options: argparse.Namespace, world: World) -> Iterator[Part]:
    for job in files.jobs(world) if options.file_kills or options.file_cuts or options.settings_kills else ():
        number = max(options.file_kills, options.settings_kills if job.name == "settings" else 0)
        if number:
            yield f"kill -9 in {job.name}", False, partial(files.kill_job, world, job, number)
        if options.file_cuts:
            yield f"power cuts in {job.name}", False, partial(files.cut_job, world, job, options.file_cuts)


def _cut_controls(count: int, world: World) -> Iterator[Part]:
    for pragma in ("NORMAL", "OFF"):
        yield f"power cuts, synchronous={pragma}", True, partial(power.power_cuts, world, count, synchronous=pragma)
    for job in files.BROKEN:
        yield f"power cuts, {job.name}", True, partial(files.cut_job, world, job, count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``cryptobot replay``: a recorded session once more, or once more with something changed."""

import time
from collections.abc import Iterator
from pathlib import Path

from cryptobot_desktop.app.capsules import named_capsule
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.run_command import tell, write_json
from cryptobot_desktop.app.words import band_lines, fork_lines, report_lines
from cryptobot_desktop.backtest.band import band_document, profit_band
from cryptobot_desktop.backtest.changes import parse_changes, parse_moment
from cryptobot_desktop.backtest.fork import fork, fork_document
from cryptobot_desktop.backtest.playback import spec_of
from cryptobot_desktop.backtest.replay import replay
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.domain.recording import CommandTaken, SessionInput, Watched
from cryptobot_desktop.storage.capsule import Capsule

LONGEST_PAUSE_S = 5.0
"""Longer silences of the recorded market are cut down to this."""


def execute(options: Options) -> int:
    """Replay, and print the report of the run, or both sides of a fork, or the profit band."""
    parsed, capsule = options.parsed, named_capsule(options)
    if parsed.band:
        return _band(options, capsule)
    if parsed.fork_at or parsed.change:
        return _fork(options, capsule)
    return _replay(options, capsule)


def _band(options: Options, capsule: Capsule) -> int:
    band = profit_band(capsule.path)
    if options.wants_json:
        options.print_document(band_document(band))
    else:
        print("\n".join(band_lines(band)))
    return 0


def _fork(options: Options, capsule: Capsule) -> int:
    parsed = options.parsed
    if not parsed.change:
        raise InvalidInput("--fork-at needs at least one --change KEY=VALUE")
    fork_ms = parse_moment(parsed.fork_at or "0s", capsule.start.record.started_ms)
    found = fork(capsule.path, fork_ms=fork_ms, changes=parse_changes(parsed.change))
    if options.wants_json:
        options.print_document(fork_document(found))
    else:
        print("\n".join(fork_lines(found)))
    return 0


def _replay(options: Options, capsule: Capsule) -> int:
    parsed, known = options.parsed, dict[InstrumentId, Instrument]()
    spec_of(capsule.start)

    def hear(fact: Fact) -> None:
        tell(fact, known)

    def pace(entries: Iterator[SessionInput]) -> Iterator[SessionInput]:
        return _learning(_paced(entries, parsed.speed), known)

    found = replay(capsule, tell=hear, pace=pace)
    if parsed.books:
        write_json(Path(parsed.books), found.books)
    if options.wants_json:
        options.print_document(found.report)
    else:
        print("\n".join([*found.notes, *report_lines(found.report, "not stored: this was a replay")]))
    return 0


def _learning(entries: Iterator[SessionInput], known: dict[InstrumentId, Instrument]) -> Iterator[SessionInput]:
    """Remember the instruments that come along, for the words about facts."""
    for entry in entries:
        instrument = entry.instrument if isinstance(entry, Watched | CommandTaken) else None
        if instrument is not None:
            known[instrument.id] = instrument
        yield entry


def _paced(entries: Iterator[SessionInput], speed: int) -> Iterator[SessionInput]:
    """Give entries on at a multiple of the pace at which they were received; 0 is as fast as possible."""
    if speed == 0:
        yield from entries
        return
    before_ms, due_s = None, time.monotonic()
    for entry in entries:
        if isinstance(entry, Received):
            gap_ms = 0 if before_ms is None else max(0, entry.received_ms - before_ms)
            before_ms = entry.received_ms
            due_s += min(gap_ms / 1_000 / speed, LONGEST_PAUSE_S)
            wait_s = due_s - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
        yield entry

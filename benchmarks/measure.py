"""Timing in turn (A B C A B C ...), medians, ratios to a reference row, and reports as text and JSON."""

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

QUICK_ROUNDS, ROUNDS = 2, 9

Given = Any
"""What a case prepares for itself, or a peer's object: peers ship no types and are absent when types are checked."""


@dataclass(frozen=True)
class Case:
    """One row of a measurement. `prepare` runs before every round, untimed, and gives what `work` takes."""

    name: str
    work: Callable[[Given], object]
    prepare: Callable[[], Given] = lambda: None
    units: int = 1
    """How many messages, bars or rows one call of `work` handles."""


@dataclass(frozen=True)
class Settings:
    """How much to measure: `quick` shows that everything works, `full` takes the published sizes."""

    quick: bool = False
    full: bool = False

    @property
    def rounds(self) -> int:
        """Return how many counted rounds each row gets."""
        return QUICK_ROUNDS if self.quick else ROUNDS

    def size(self, quick: int, usual: int, full: int | None = None) -> int:
        """Return the size to measure with."""
        if self.quick:
            return quick
        return usual if full is None or not self.full else full


@dataclass(frozen=True)
class Cell:
    """Median and range of one row in one column, in the table's unit."""

    median: float
    low: float
    high: float


@dataclass
class Table:
    """Rows that ran in turn; every ratio is to the reference row of the same column."""

    title: str
    unit: str
    reference: str
    columns: list[str] = field(default_factory=list)
    rows: dict[str, dict[str, Cell]] = field(default_factory=dict)

    def add(self, column: str, cells: Mapping[str, Cell]) -> None:
        """Add one column; rows keep the order in which they first came."""
        self.columns.append(column)
        for name, cell in cells.items():
            self.rows.setdefault(name, {})[column] = cell

    def ratio(self, row: str, column: str, to: str | None = None) -> float | None:
        """Return how many times the reference row (or another one) a row is, None where one was not measured."""
        base = self.rows.get(to or self.reference, {}).get(column)
        mine = self.rows.get(row, {}).get(column)
        return None if base is None or mine is None or not base.median else mine.median / base.median

    def text(self) -> str:
        """Return the table in Markdown; in brackets the ratio to the reference row."""
        lines = [f"**{self.title}** ({self.unit}; in brackets: times `{self.reference}`)", ""]
        lines += [f"| row | {' | '.join(self.columns)} |", "|---|" + "---:|" * len(self.columns)]
        for name in self.rows:
            lines.append(f"| {name} | {' | '.join(self._cell(name, column) for column in self.columns)} |")
        return "\n".join(lines)

    def _cell(self, row: str, column: str) -> str:
        cell, ratio = self.rows[row].get(column), self.ratio(row, column)
        if cell is None:
            return "-"
        return figure(cell.median) if ratio is None else f"{figure(cell.median)} ({figure(ratio)})"

    def as_json(self) -> dict[str, object]:
        """Return the table with its ratios."""
        rows = {
            name: {column: {**asdict(cell), "ratio": self.ratio(name, column)} for column, cell in cells.items()}
            for name, cells in self.rows.items()
        }
        return {"title": self.title, "unit": self.unit, "reference": self.reference, "rows": rows}


@dataclass(frozen=True)
class Target:
    """What was promised, and what came out."""

    what: str
    measured: float
    allowed: float
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Return True when the promise was kept."""
        return self.measured >= self.allowed if self.at_least else self.measured <= self.allowed

    def text(self) -> str:
        """Return one line."""
        sign = "at least" if self.at_least else "at most"
        verdict = "holds" if self.holds else "MISSED"
        return f"- {verdict}: {self.what}: {figure(self.measured)} ({sign} {figure(self.allowed)})"


@dataclass
class Report:
    """All that one benchmark found."""

    name: str
    settings: Settings
    tables: list[Table] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    """Cross-checks that hold: a fast wrong answer is worth nothing. One that does not hold raises CrossCheckFailed."""
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def target(self, what: str, measured: float | None, allowed: float, *, at_least: bool = True) -> None:
        """Hold a figure against a promise; a figure that could not be measured is a note."""
        if measured is None:
            self.notes.append(f"not measured: {what}")
        else:
            self.targets.append(Target(what, measured, allowed, at_least))

    def text(self) -> str:
        """Return the report in Markdown."""
        parts = [f"## {self.name}", *[table.text() for table in self.tables]]
        for title, lines in (("Cross-checks", self.checks), ("Notes", self.notes)):
            if lines:
                parts.append(f"{title}:\n" + "\n".join(f"- {line}" for line in lines))
        if self.targets:
            parts.append("Targets:\n" + "\n".join(target.text() for target in self.targets))
        return "\n\n".join(parts) + "\n"

    def as_json(self) -> dict[str, object]:
        """Return everything that the text says, and the machine it was said on."""
        return {
            "benchmark": self.name,
            "settings": asdict(self.settings),
            "machine": machine(),
            "tables": [table.as_json() for table in self.tables],
            "checks": self.checks,
            "targets": [{**asdict(target), "holds": target.holds} for target in self.targets],
            "notes": self.notes,
        }


class CrossCheckFailed(Exception):
    """Two rows that must agree do not; their times mean nothing."""


def in_turn(
    cases: Sequence[Case], rounds: int, *, clock: Callable[[], float] = time.process_time
) -> dict[str, list[float]]:
    """Return seconds per unit of every counted round; one round before them warms up.

    The usual clock counts processor time of this process, which other programs on the machine disturb
    least; where the disk or another process is what is measured, `time.perf_counter` is the clock.
    """
    seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    gc.collect()
    gc.freeze()  # else every collection walks through the peers' modules, which costs more than what is measured
    for number in range(rounds + 1):
        for case in cases:
            spent = _timed(case, clock)
            if number:
                seconds[case.name].append(spent / case.units)
    gc.unfreeze()
    return seconds


def _timed(case: Case, clock: Callable[[], float]) -> float:
    given = case.prepare()
    gc.collect()
    started = clock()
    case.work(given)
    return clock() - started


def times(seconds: Mapping[str, list[float]], scale: float) -> dict[str, Cell]:
    """Return times in a unit: scale 1e6 gives microseconds."""
    return {name: cell([value * scale for value in values]) for name, values in seconds.items()}


def rates(seconds: Mapping[str, list[float]]) -> dict[str, Cell]:
    """Return units per second."""
    return {name: cell([1 / value for value in values]) for name, values in seconds.items()}


def cell(values: Sequence[float]) -> Cell:
    """Return median, least and greatest."""
    return Cell(statistics.median(values), min(values), max(values))


def figure(value: float) -> str:
    """Return three significant digits, with separators from a thousand on."""
    if value >= 1_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def agree(what: str, found: float, expected: float, tolerance: float = 1e-9) -> None:
    """Raise CrossCheckFailed unless two figures agree to a relative tolerance."""
    if abs(found - expected) > tolerance * max(1.0, abs(expected)):
        raise CrossCheckFailed(f"{what}: {found!r} should be {expected!r}")


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    packages = ("numpy", "msgspec", "orjson", "ccxt", "talipp", "ta-lib", "ta", "backtesting", "finplot", "pyqtgraph")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": {name: version for name in packages if (version := installed(name))},
    }


def installed(name: str) -> str:
    """Return a package's version, an empty text where it is absent."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def main(name: str, run: Callable[[Report], None]) -> int:
    """Run one benchmark as a program: print its text, write its JSON; 1 when a cross-check fails."""
    parser = argparse.ArgumentParser(prog=f"benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, measures nothing")
    parser.add_argument("--full", action="store_true", help="the sizes of docs/benchmarks.md where they take long")
    parser.add_argument("--out", type=Path, help="write the report as JSON here")
    options = parser.parse_args()
    report = Report(name, Settings(quick=options.quick, full=options.full))
    try:
        run(report)
    except CrossCheckFailed as error:
        print(f"benchmark {name}: cross-check failed: {error}", file=sys.stderr)
        return 1
    print(report.text(), flush=True)
    if options.out is not None:
        options.out.write_text(json.dumps(report.as_json(), indent=1) + "\n", encoding="utf-8")
    return 0

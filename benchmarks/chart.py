"""Candle chart: first frame, append and pan beside an empty plot, pyqtgraph's documented item and finplot.

Each row runs in processes of its own (finplot needs another Qt binding), taken in turn. Figures are
milliseconds of processor time until the viewport has painted.
"""

import json
import os
import subprocess
import sys

from benchmarks.chart_rows import FEW, ROWS
from benchmarks.measure import Report, Table, cell, main

_EMPTY, _CHART, _FULL, _NAIVE, _FINPLOT = ROWS
_SLOW_BARS = {_NAIVE: 50_000, _FINPLOT: 300_000}
"""Above these sizes a row gets one process and few redraws: the naive item takes a second per redraw at 100,000."""
_KINDS = ("first frame", "append, all", "pan, all", f"append, {FEW} bars", f"pan, {FEW} bars")

Found = dict[str, list[float]]


def run(report: Report) -> None:
    """Measure all sizes and hold the product's chart against its targets."""
    settings = report.settings
    sizes = (1_000,) if settings.quick else (10_000, 100_000, 1_000_000)
    tables = {size: Table(f"{size:,} candles, 1200 x 800, offscreen raster", "ms", _EMPTY) for size in sizes}
    for size, table in tables.items():
        found = _measured(report, size)
        for kind in _KINDS:
            table.add(kind, {name: cell(row[kind]) for name, row in found.items()})
        report.tables.append(table)
        _hold(report, table, size)
    report.notes += [
        f"`{_FULL}` has volume, SMA, EMA, Bollinger bands and 100 fill markers; its first frame is without overlays",
        "milliseconds are processor time; everything happens in one thread that waits for nothing",
        "finplot runs on PyQt6, and its first frame includes making its window; it draws every n-th bar when many show",
        "the empty plot redraws nothing when a bar is appended: its pan column is the honest floor",
    ]


def _measured(report: Report, size: int) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for number in range(1 if report.settings.quick else 3):
        for name in ROWS:
            slow = size > _SLOW_BARS.get(name, size)
            if slow and number:
                continue
            few = 2 if report.settings.quick or size > 500_000 else 5
            once = _child(report, name, size, few if slow or report.settings.quick else 15)
            for kind, values in once.items():
                found.setdefault(name, {}).setdefault(kind, []).extend(values)
    return found


def _child(report: Report, name: str, size: int, redraws: int) -> Found:
    """Measure one row in a process of its own; a peer that is absent or fails is a note, the product must not."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYQTGRAPH_QT_LIB": "PyQt6" if name == _FINPLOT else "PySide6",
    }
    command = [sys.executable, "-m", "benchmarks.chart_rows", name, str(size), str(redraws)]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        found: Found = json.loads(done.stdout.splitlines()[-1])
        return found
    said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    if name in (_CHART, _FULL, _EMPTY):
        raise RuntimeError(f"{name} with {size} bars failed: {said}")
    report.notes.append(f"{name} with {size:,} bars was not measured: {said}")
    return {}


def _hold(report: Report, table: Table, size: int) -> None:
    """Hold the chart against what was promised."""
    floor = table.rows[_EMPTY]["pan, all"].median
    for kind in _KINDS[1:]:
        allowed = max(4.0, 2 * floor)
        report.target(f"{kind}, {size:,}: ms", table.rows[_CHART][kind].median, allowed, at_least=False)
        report.target(f"{kind}, {size:,}, full: ms", table.rows[_FULL][kind].median, 8.0, at_least=False)
    first = {100_000: 20.0, 1_000_000: 150.0}.get(size)
    if first is not None:
        median = table.rows[_CHART]["first frame"].median
        report.target(f"first frame, {size:,}: ms", median, first, at_least=False)
    if size >= 10_000:
        for kind in ("append, all", f"append, {FEW} bars"):
            report.target(f"{kind}, {size:,}: times faster than finplot", _times(table, _FINPLOT, kind), 7.0)
    if size == 100_000:
        report.target(
            "append, all, 100,000: times faster than the naive item", _times(table, _NAIVE, "append, all"), 250
        )


def _times(table: Table, peer: str, kind: str) -> float | None:
    """Return how many times longer a peer takes than the chart, None where it was not measured."""
    return table.ratio(peer, kind, _CHART)


if __name__ == "__main__":
    sys.exit(main("chart", run))

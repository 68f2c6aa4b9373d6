"""Start of the window: from the start of a fresh process until its first paint, offscreen.

The program takes part with ``cryptobot --exit-after-first-paint`` and a profile whose wizard is done. When it
prints the line ``painted`` after the first paint of its main window, that is what counts; while it only ends
then, the whole process counts, and the report says so.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.measure import Case, Report, Table, in_turn, main, times
from benchmarks.peers import ROOT

OURS, PLOT, BARE, PYTHON = "cryptobot", "bare QMainWindow with one plot", "bare QMainWindow", "python -c print"
PAINTED = "painted"
PATIENCE_S = 30


class NotPainted(Exception):
    """The program ended without having painted; the text is the end of what it said."""


def run(report: Report) -> None:
    """Measure fresh processes in turn."""
    with tempfile.TemporaryDirectory(prefix="cryptobot-bench-") as folder:
        commands = _commands(Path(folder))
        try:
            until_painted(commands[OURS])  # makes the profile's database, so that later starts are ordinary ones
            if not until_painted(commands[OURS]):
                report.notes.append("`cryptobot` counts until the end of its process, engine started and stopped again")
        except NotPainted as trouble:
            report.notes.append(f"the program's own row was left out: {trouble}")
            del commands[OURS]
        cases = [Case(name, until_painted, partial(list, command)) for name, command in commands.items()]
        seconds = in_turn(cases, report.settings.rounds, clock=time.perf_counter)
    table = Table("Fresh process until the first paint", "ms", PLOT)
    table.add("first paint", times(seconds, 1e3))
    report.tables.append(table)
    mine = table.rows.get(OURS, {}).get("first paint")
    report.target("ms to the window", None if mine is None else mine.median, 350.0, at_least=False)
    report.target("times a bare QMainWindow", table.ratio(OURS, "first paint", BARE), 3.0, at_least=False)
    report.notes.append(
        "Offscreen platform, byte code cached, files in memory; `python -c print` is the floor of any Python program."
    )


def _commands(folder: Path) -> dict[str, list[str]]:
    data = folder / "data"
    data.mkdir()
    (data / "settings.toml").write_text("wizard_done = true\n", encoding="utf-8")
    bare = [sys.executable, "-m", "benchmarks.bare_window"]
    ours = [sys.executable, "-m", "cryptobot_desktop", "--data-dir", str(data), "--exit-after-first-paint"]
    return {OURS: ours, PLOT: [*bare, "--plot"], BARE: bare, PYTHON: [sys.executable, "-c", f"print({PAINTED!r})"]}


def until_painted(command: Sequence[str]) -> bool:
    """Start a program and wait for its line ``painted``, or its end.

    Returns True when it said the line, False when it ended well without it; anything else raises NotPainted.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "PYQTGRAPH_QT_LIB": "PySide6"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=ROOT
    ) as process:
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        try:
            said = _read_until_painted(process)
        finally:
            watchdog.cancel()
    if said is None or process.returncode == 0:
        return said is None
    end = next((line for line in reversed(said) if line), "nothing was said")
    raise NotPainted(f"exit status {process.returncode}, {end}")


def _read_until_painted(process: "subprocess.Popen[str]") -> list[str] | None:
    """Return None at the line ``painted``, else all that was said."""
    said = []
    for line in process.stdout or ():
        if line.strip() == PAINTED:
            process.kill()  # how long it takes to leave is not the question
            return None
        said.append(line.strip())
    return said


if __name__ == "__main__":
    sys.exit(main("start", run))

"""Runs the benchmarks: ``python3 build.py bench [NAMES] [--quick] [--full]``.

Each runs in a process of its own with the peers' environment, prints its tables and writes
``benchmarks/results/NAME.json`` beside ``NAME.md``.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BENCHMARKS = {
    "decode": "frame to domain event, against json, orjson and ccxt.pro's handlers",
    "indicators": "five indicators per bar, against talipp, TA-Lib and ta",
    "backtest": "SMA cross over one-minute bars, against backtesting.py and a bare Python event loop",
    "ledger": "durable commits, against raw sqlite3 with the same pragmas",
    "acknowledge": "order to durable acknowledgement while 2,000 market events a second flow",
    "chart": "candle chart: first paint, append, pan, against finplot and the naive pyqtgraph item",
    "start": "start of the window, against a bare QMainWindow with one plot",
}


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 when one failed, 2 for an unknown name."""
    options = _parse(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from benchmarks.peers import PeersMissing, install

    try:
        python = install()
    except PeersMissing as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    RESULTS.mkdir(exist_ok=True)
    sizes = [flag for flag, wanted in (("--quick", options.quick), ("--full", options.full)) if wanted]
    failed = [name for name in options.names or BENCHMARKS if not _run(python, name, sizes)]
    print(f"benchmarks that failed: {', '.join(failed)}" if failed else "all benchmarks ran", file=sys.stderr)
    return 1 if failed else 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    about = "\n".join(f"  {name:<11} {text}" for name, text in BENCHMARKS.items())
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="build.py bench", description=about, formatter_class=form)
    parser.add_argument("names", nargs="*", help="which ones; all without")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that they work, measures nothing")
    parser.add_argument("--full", action="store_true", help="larger sizes where the usual ones are cut (500,000 bars)")
    return parser.parse_args(arguments)


def _run(python: Path, name: str, sizes: list[str]) -> bool:
    started = time.monotonic()
    command = [str(python), "-m", f"benchmarks.{name}", *sizes, "--out", str(RESULTS / f"{name}.json")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    if done.returncode == 0:
        (RESULTS / f"{name}.md").write_text(done.stdout, encoding="utf-8")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The environment that the peers live in: build/bench-venv, locked like the program's own, never mixed with it."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / "build" / "bench-venv"
_LOCKS = (ROOT / "requirements" / "build.lock", ROOT / "requirements" / "bench.lock")


class PeersMissing(Exception):
    """The peers could not be installed; the text says why."""


def interpreter() -> Path:
    """Return the environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install() -> Path:
    """Make sure that the peers of requirements/bench.lock are installed; return the interpreter to measure with."""
    python, stamp = interpreter(), VENV / ".stamp"
    wanted = _fingerprint()
    if python.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    started = time.monotonic()
    print(f"installing the peers into {VENV.relative_to(ROOT)} (first time only)", file=sys.stderr, flush=True)
    _require([sys.executable, "-m", "venv", "--clear", str(VENV)], "make the peers' environment")
    pip = [str(python), "-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    for lock in _LOCKS:  # build.lock first: `ta` exists as source only
        _require([*pip, "--no-build-isolation", "-r", str(lock)], f"install {lock.name}")
    stamp.write_text(wanted, encoding="utf-8")
    print(f"peers are ready after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return python


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode())
    for lock in _LOCKS:
        digest.update(lock.read_bytes())
    return digest.hexdigest()


def _require(command: list[str], what: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise PeersMissing(f"could not {what}; the end of what was said:\n" + "\n".join(said[-8:]))

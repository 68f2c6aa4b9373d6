"""Runs the real program in processes of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

REPOSITORY = Path(__file__).resolve().parents[3]
WITHIN_S = 60


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a program whose data folder is `folder`."""
    return {**os.environ, "CRYPTOBOT_DATA_DIR": str(folder), "PYTHONWARNINGS": "", **changes}


def cryptobot(folder: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; keyword arguments are environment variables."""
    return subprocess.run(
        [sys.executable, "-m", "cryptobot_desktop", *arguments],
        cwd=REPOSITORY,
        env=environment(folder, **changes),
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=WITHIN_S,
        check=False,
    )


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command and leave it running; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "cryptobot_desktop", *arguments],
        cwd=REPOSITORY,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the one JSON document that a command has printed."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found

"""Runs a small crash campaign in a process of its own, because it forks and pytest has threads."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash.campaign import CANNOT

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("lost", "corrupt", "mismatch", "invented", "bugs")


def run_campaign(folder: Path, *arguments: str, needs_watcher: bool = False) -> dict[str, dict[str, Any]]:
    """Return the figures of each part; skips where the machine cannot do it."""
    if sys.platform == "win32":
        pytest.skip("neither fork nor SIGKILL exist on Windows")
    found = folder / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.campaign", *arguments, "--json", str(found)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if done.returncode == CANNOT:
        pytest.skip(done.stderr.strip())
    assert found.exists(), done.stderr
    document = json.loads(found.read_text(encoding="utf-8"))
    if needs_watcher and document["missing"]:
        pytest.skip(document["missing"])
    assert document["recording_differs"] == []
    assert done.returncode == 0, done.stdout + done.stderr
    parts: dict[str, dict[str, Any]] = document["parts"]
    return parts


def assert_nothing_lost(part: dict[str, Any], crashes: int) -> None:
    """Check the figures of a part that is no control."""
    assert {kind: part[kind] for kind in KINDS} == dict.fromkeys(KINDS, 0), part["examples"]
    assert part["crashes"] >= crashes

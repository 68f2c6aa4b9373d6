"""kill -9 of the real engine: what was acknowledged is there, and the ledger is a moment of an undisturbed run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.campaigns import ROOT, assert_nothing_lost, run_campaign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # seconds on a quiet machine, minutes on a crowded one


def test_sessions_killed_at_random_times_and_at_every_named_point_lose_nothing(tmp_path: Path) -> None:
    parts = run_campaign(tmp_path, "--kills", "60", "--named", "3", "--continued", "4", "--segments", "2")
    assert_nothing_lost(parts["kill -9 at random times"], 60)
    assert_nothing_lost(parts["kill -9, then traded on"], 4)
    points = ("after intent", "between two rows of a batch", "before commit", "in the derived tables")
    for point in (*points, "stored, not told"):
        assert_nothing_lost(parts[f"kill -9 {point}"], 3)
    for part in parts.values():
        assert_nothing_lost(part, 3)
    assert parts["kill -9 at random times"]["commits_acknowledged"] > 60


def test_points_between_two_changes_of_files_are_reached(tmp_path: Path) -> None:
    parts = run_campaign(tmp_path, "--named", "2", "--segments", "1", "--steps", "80", needs_watcher=True)
    for point in ("before a change of a file", "in a checkpoint", "in recovery"):
        assert_nothing_lost(parts[f"kill -9 {point}"], 2)
    assert parts["kill -9 in recovery"]["restarts_killed"] > 4


def test_kills_find_fault_with_an_engine_that_tells_too_early_or_stores_half_a_batch(tmp_path: Path) -> None:
    parts = run_campaign(tmp_path, "--controls", "25", "--segments", "2")
    assert parts["kill -9, tells too early"]["lost"] > 0
    assert parts["kill -9, stores in two"]["corrupt"] > 0
    assert parts["kill -9, stores in two"]["mismatch"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="the reason differs elsewhere")
def test_without_a_compiler_the_rest_still_runs_and_says_what_is_missing(tmp_path: Path) -> None:
    found = tmp_path / "figures.json"
    options = ("--kills", "2", "--named", "1", "--cuts", "5", "--segments", "1", "--steps", "30")
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.campaign", *options, "--json", str(found)],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("no power cuts and no kills at changes of files: no C compiler")
    parts = json.loads(found.read_text(encoding="utf-8"))["parts"]
    assert "kill -9 at random times" in parts
    assert not any(name.startswith("power") for name in parts)

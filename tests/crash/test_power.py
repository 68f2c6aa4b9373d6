"""Power cuts of a recorded run: FULL loses nothing, and the same harness sees what NORMAL and OFF lose."""

from pathlib import Path

import pytest

from tests.crash.campaigns import assert_nothing_lost, run_campaign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # seconds on a quiet machine, minutes on a crowded one


def test_no_power_cut_loses_an_acknowledged_row(tmp_path: Path) -> None:
    parts = run_campaign(tmp_path, "--cuts", "150", "--segments", "2", needs_watcher=True)
    part = parts["power cuts, synchronous=FULL"]
    assert_nothing_lost(part, 150)
    assert part["commits_acknowledged"] > 1_000


def test_the_same_cuts_find_fault_with_weaker_settings_and_with_careless_files(tmp_path: Path) -> None:
    parts = run_campaign(tmp_path, "--cut-controls", "80", "--segments", "2", needs_watcher=True)
    normal = parts["power cuts, synchronous=NORMAL"]
    assert normal["lost"] > 30
    refused = [text for text in normal["examples"] if ": corrupt: " in text]
    assert all("were stored and are missing" in text for text in refused), refused  # the note beside it tells the loss
    off = parts["power cuts, synchronous=OFF"]
    assert off["lost"] > 0
    assert off["corrupt"] > 0
    assert off["bugs"] == 0, off["examples"]
    assert parts["power cuts, settings written in place"]["lost"] > 0
    assert parts["power cuts, settings never synced"]["lost"] > 0


def test_first_start_migration_backup_and_settings_are_whole_after_kills_and_power_cuts(tmp_path: Path) -> None:
    parts = run_campaign(
        tmp_path,
        *("--file-kills", "12", "--file-cuts", "80", "--settings-kills", "60"),
        *("--segments", "1", "--steps", "60"),
        needs_watcher=True,
    )
    for job in ("first start", "migration", "daily backup", "settings"):
        assert_nothing_lost(parts[f"kill -9 in {job}"], 12)
        assert_nothing_lost(parts[f"power cuts in {job}"], 80)
    assert parts["kill -9 in settings"]["crashes"] >= 60

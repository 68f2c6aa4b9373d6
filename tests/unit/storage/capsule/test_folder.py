"""The folder stays below its limit, the running recording is never removed, and a full disk ends it with a word."""

import os
import signal
from pathlib import Path

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.market import ClockTick, Received
from cryptobot_desktop.domain.recording import SessionEnded, SessionStart
from cryptobot_desktop.storage.capsule import Capsule, CapsuleDamaged, CapsuleFolder, CapsuleWriter, is_capsule
from cryptobot_desktop.storage.capsule.writer import BLOCK_ENTRIES
from tests.unit.storage.capsule.starts import start_of


def ticks(count: int, seed: int = 1) -> list[Received]:
    """Return events that cannot be packed small."""
    value, found = seed, []
    for _ in range(count):
        value = value * 6_364_136_223_846_793_005 % 2**61
        found.append(Received(value, ClockTick(value)))
    return found


def write(folder: CapsuleFolder, name: str, count: int = 3_000, *, close: bool = True, age_s: int = 0) -> Path:
    """Write a capsule; `age_s` makes its file older."""
    writer = folder.begin(start_of(name))
    for event in ticks(count, seed=len(name) + 3):
        writer.add(event)
    writer.rest()
    if close:
        writer.close(SessionEnded())
    else:
        writer._file.close()
    os.utime(writer.path, (1_700_000_000 - age_s, 1_700_000_000 - age_s))
    return writer.path


def test_the_oldest_closed_capsules_go_first_and_broken_off_ones_last(tmp_path: Path) -> None:
    folder = CapsuleFolder(tmp_path)
    killed = write(folder, "killed", close=False, age_s=400)
    old, middle, new = (write(folder, name, age_s=age) for name, age in (("old", 300), ("middle", 200), ("new", 100)))
    size = new.stat().st_size
    limited = CapsuleFolder(tmp_path, limit_bytes=int(size * 3.5))
    writer = limited.begin(start_of("running"))
    for event in ticks(BLOCK_ENTRIES + 1):
        writer.add(event)
    assert [path.exists() for path in (killed, old, middle, new)] == [True, False, True, True]
    for event in ticks(BLOCK_ENTRIES * 3):
        writer.add(event)
    assert [path.exists() for path in (killed, old, middle, new)] == [True, False, False, False]
    assert writer.is_recording
    writer.close(SessionEnded())
    assert list(Capsule(writer.path).entries())


def test_a_recording_that_reaches_the_limit_alone_ends_with_a_word_and_stays_readable(tmp_path: Path) -> None:
    folder = CapsuleFolder(tmp_path, limit_bytes=40_000)
    writer = folder.begin(start_of("running"))
    for event in ticks(20_000):
        writer.add(event)
    writer.close(SessionEnded())
    assert "limit" in writer.ended_because
    assert "trading goes on" in writer.ended_because
    capsule = Capsule(writer.path)
    assert 0 < len(list(capsule.entries())) < 20_000
    assert capsule.ended is not None
    assert "limit" in capsule.ended.reason
    assert capsule.is_closed


def test_a_short_disk_ends_the_recording_before_the_ledger_suffers(tmp_path: Path) -> None:
    folder = CapsuleFolder(tmp_path, keep_free_bytes=2**62)
    writer = folder.begin(start_of("running"))
    writer.add(Received(1, ClockTick(1)))
    writer.rest()
    assert "kept for the ledger" in writer.ended_because
    capsule = Capsule(writer.path)
    assert list(capsule.entries()) == []
    assert capsule.ended is not None


def test_a_write_that_fails_halfway_leaves_only_whole_blocks(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of a process exist on POSIX only")
    writer = CapsuleWriter(tmp_path / "a.capsule", start_of("a"))
    for event in ticks(BLOCK_ENTRIES):
        writer.add(event)
    writer.rest()
    before, (soft, hard) = writer.size, resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before + 1_000, hard))
    try:
        for event in ticks(2 * BLOCK_ENTRIES):
            writer.add(event)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    writer.close(SessionEnded())
    assert writer.path.stat().st_size == before
    assert "could not be written on" in writer.ended_because
    capsule = Capsule(writer.path)
    assert len(list(capsule.entries())) == BLOCK_ENTRIES
    assert capsule.ended is None


def test_a_folder_that_cannot_be_written_records_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "capsules").write_text("in the way")
    writer = CapsuleFolder(tmp_path).begin(start_of("a"))
    writer.add(Received(1, ClockTick(1)))
    writer.close(SessionEnded())
    assert "cannot be written" in writer.ended_because


def test_a_session_is_found_by_its_id_and_others_are_named(tmp_path: Path) -> None:
    folder = CapsuleFolder(tmp_path)
    path = write(folder, "one", 1)
    assert folder.find("one") == path
    for name in ("two", "../one", ""):
        with pytest.raises(InvalidInput, match="there are: one"):
            folder.find(name)


def test_what_is_no_capsule_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    other = tmp_path / "candles.csv"
    other.write_text("time,open\n")
    assert not is_capsule(other)
    with pytest.raises(InvalidInput, match=r"candles\.csv is not a capsule"):
        Capsule(other)
    with pytest.raises(InvalidInput, match="does not exist"):
        Capsule(tmp_path / "none.capsule")
    empty = tmp_path / "empty.capsule"
    empty.write_bytes(b"")
    with pytest.raises(CapsuleDamaged, match="block 0 at offset 0"):
        Capsule(empty)


def test_zeros_that_a_power_cut_left_at_the_end_are_no_damage(tmp_path: Path) -> None:
    path = write(CapsuleFolder(tmp_path), "a", 5, close=False)
    with path.open("ab") as file:
        file.write(b"\0" * 4_096)
    capsule = Capsule(path)
    assert len(list(capsule.entries())) == 5
    assert capsule.ended is None


def test_bytes_after_the_end_are_damage(tmp_path: Path) -> None:
    path = write(CapsuleFolder(tmp_path), "a", 5)
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(CapsuleDamaged, match="after the last block"):
        list(Capsule(path).entries())


def test_the_start_comes_back_as_it_was(tmp_path: Path) -> None:
    start: SessionStart = start_of("a")
    folder = CapsuleFolder(tmp_path)
    folder.begin(start).close(SessionEnded())
    assert Capsule(folder.find("a")).start == start

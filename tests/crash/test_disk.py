"""The modelled disk keeps what was synced, and nothing else for certain."""

import random

from tests.crash.disk import CREATE, RENAME, SECTOR, SYNC, TRUNCATE, UNLINK, WRITE, Change, Disk

FILE, OTHER = "/f/a", "/f/b"


def cuts(disk: Disk, number: int = 400) -> list[dict[str, bytes]]:
    """Return what many power cuts leave."""
    chance = random.Random(4)
    return [disk.after_cut(chance) for _ in range(number)]


def test_what_was_synced_survives_every_cut() -> None:
    disk = Disk({FILE: b"old"})
    disk.take(Change(WRITE, FILE, data=b"new!"))
    disk.take(Change(SYNC, FILE))
    assert {left[FILE] for left in cuts(disk)} == {b"new!"}


def test_what_was_not_synced_may_arrive_in_any_part_torn_at_sectors() -> None:
    disk = Disk({FILE: b""})
    disk.take(Change(WRITE, FILE, data=b"1" * 2 * SECTOR))
    disk.take(Change(WRITE, FILE, offset=2 * SECTOR, data=b"2" * SECTOR))
    seen = {left[FILE] for left in cuts(disk)}
    whole = b"1" * 2 * SECTOR + b"2" * SECTOR
    assert {b"", whole, whole[:SECTOR], whole[: 2 * SECTOR], bytes(2 * SECTOR) + b"2" * SECTOR} <= seen
    sectors = {content[place : place + SECTOR] for content in seen for place in range(0, len(content), SECTOR)}
    assert sectors == {bytes(SECTOR), b"1" * SECTOR, b"2" * SECTOR}


def test_a_truncation_may_get_lost_until_the_sync() -> None:
    disk = Disk({FILE: b"abc"})
    disk.take(Change(TRUNCATE, FILE, offset=1))
    assert {left[FILE] for left in cuts(disk)} == {b"abc", b"a"}
    disk.take(Change(SYNC, FILE))
    assert {left[FILE] for left in cuts(disk)} == {b"a"}


def test_names_change_on_the_plate_with_the_sync_of_their_folder_only() -> None:
    disk = Disk({FILE: b"old"})
    disk.take(Change(CREATE, OTHER))
    disk.take(Change(WRITE, OTHER, data=b"new"))
    disk.take(Change(SYNC, OTHER))
    disk.take(Change(RENAME, OTHER, FILE))
    assert {left[FILE] for left in cuts(disk)} == {b"old", b"new"}
    disk.take(Change(SYNC, "/f"))
    assert {tuple(left.items()) for left in cuts(disk)} == {((FILE, b"new"),)}
    disk.take(Change(UNLINK, FILE))
    assert {len(left) for left in cuts(disk)} == {0, 1}


def test_what_programs_see_is_every_change_in_order() -> None:
    disk = Disk({FILE: b"old"})
    disk.take(Change(WRITE, FILE, offset=5, data=b"x"))
    disk.take(Change(CREATE, OTHER))
    assert disk.now() == {FILE: b"old\0\0x", OTHER: b""}

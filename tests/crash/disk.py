"""A disk that honours fsync and nothing else: what a power cut may leave of a recorded run."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

CREATE, WRITE, TRUNCATE, UNLINK, RENAME, SYNC = range(1, 7)
SECTOR = 512
_HEAD = struct.Struct("=IIIIQ")


class Change(Struct, frozen=True):
    """One recorded change below the watched folder; `size` is that of a truncation."""

    what: int
    name: str
    other: str = ""
    offset: int = 0
    data: bytes = b""


def read_log(log: bytes) -> Iterator[Change]:
    """Yield the changes that the watcher wrote down, in order."""
    place = 0
    while place < len(log):
        what, name, other, size, offset = _HEAD.unpack_from(log, place)
        place += _HEAD.size
        parts = []
        for length in (name, other, size):
            parts.append(log[place : place + length])
            place += length
        yield Change(what, parts[0].decode(), parts[1].decode(), offset, parts[2])


class Inode:
    """One file: what is on the plate for certain, and what was written since its last sync."""

    def __init__(self, content: bytes = b"") -> None:
        self.durable = bytearray(content)
        self.pending: list[Change] = []

    def sync(self) -> None:
        """Bring everything to the plate."""
        for change in self.pending:
            apply(self.durable, change)
        self.pending.clear()

    def after_cut(self, chance: random.Random) -> bytes:
        """Return what a power cut leaves: the durable part and any of the rest, in any order, torn at sectors."""
        content = bytearray(self.durable)
        for change in _surviving(self.pending, chance):
            if change.what == WRITE and chance.random() < 0.3:
                _tear(content, change, chance)
            else:
                apply(content, change)
        return bytes(content)


class Folder:
    """The names of one folder: as they are now, and as they are on the plate."""

    def __init__(self) -> None:
        self.now: dict[str, Inode] = {}
        self.durable: dict[str, Inode] = {}
        self.pending: list[Change] = []
        self.made: dict[int, Inode] = {}

    def sync(self) -> None:
        """Bring all names to the plate."""
        self.durable = dict(self.now)
        self.pending.clear()
        self.made.clear()

    def after_cut(self, chance: random.Random) -> dict[str, Inode]:
        """Return the names after a power cut: changes of a folder survive in order, up to some one of them."""
        names = dict(self.durable)
        for number in range(chance.randint(0, len(self.pending))):
            change = self.pending[number]
            if change.what == CREATE:
                names[change.name] = self.made[number]
            elif change.what == UNLINK:
                names.pop(change.name, None)
            elif change.name in names:
                names[change.other] = names.pop(change.name)
        return names


class Disk:
    """Takes recorded changes in order; can be asked at any time what a power cut would leave."""

    def __init__(self, files: dict[str, bytes]) -> None:
        """Begin with files that are on the plate."""
        self._folders: dict[str, Folder] = {}
        for name, content in files.items():
            folder = self._folder(name)
            folder.now[name] = folder.durable[name] = Inode(content)

    def take(self, change: Change) -> None:
        """Let one change happen."""
        folder = self._folder(change.name)
        if change.what == SYNC:
            held = self._folders.get(change.name)
            if held is not None:
                held.sync()
            elif change.name in folder.now:
                folder.now[change.name].sync()
        elif change.what in (WRITE, TRUNCATE):
            if change.name in folder.now:  # writing to a file that has no name any more changes nothing that stays
                folder.now[change.name].pending.append(change)
        else:
            self._rename(folder, change)

    def _rename(self, folder: Folder, change: Change) -> None:
        if change.what == CREATE:
            folder.made[len(folder.pending)] = folder.now[change.name] = Inode()
        elif change.what == UNLINK:
            folder.now.pop(change.name, None)
        else:
            assert self._folder(change.other) is folder, "renames between folders are not modelled"
            folder.now[change.other] = folder.now.pop(change.name)
        folder.pending.append(change)

    def after_cut(self, chance: random.Random) -> dict[str, bytes]:
        """Return the files that a power cut right now may leave; SQLite's shared index is never one of them."""
        names: dict[str, Inode] = {}
        for folder in self._folders.values():
            names |= folder.after_cut(chance)
        return {name: inode.after_cut(chance) for name, inode in names.items()}

    def now(self) -> dict[str, bytes]:
        """Return all files as programs see them."""
        found = {}
        for folder in self._folders.values():
            for name, inode in folder.now.items():
                content = bytearray(inode.durable)
                for change in inode.pending:
                    apply(content, change)
                found[name] = bytes(content)
        return found

    def _folder(self, name: str) -> Folder:
        return self._folders.setdefault(str(Path(name).parent), Folder())


def apply(content: bytearray, change: Change) -> None:
    """Write or truncate; a hole reads as zeros."""
    if change.what == TRUNCATE:
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    end = change.offset + len(change.data)
    if len(content) < change.offset:
        content.extend(bytes(change.offset - len(content)))
    content[change.offset : end] = change.data


def _surviving(pending: list[Change], chance: random.Random) -> list[Change]:
    """Choose what of the unsynced changes arrived: none, all, a beginning, or any of them in any order."""
    style = chance.random()
    if style < 0.15:
        return []
    if style < 0.25:
        return list(pending)
    if style < 0.45:
        return pending[: chance.randint(0, len(pending))]
    share = chance.random()
    chosen = [change for change in pending if chance.random() < share]
    if style < 0.75:
        chance.shuffle(chosen)
    return chosen


def _tear(content: bytearray, change: Change, chance: random.Random) -> None:
    """Write only some of a change's sectors: its beginning, or any of them."""
    end = change.offset + len(change.data)
    sectors = range(change.offset // SECTOR, (end - 1) // SECTOR + 1)
    kept = list(sectors)[: chance.randint(0, len(sectors))]
    if chance.random() < 0.5:
        kept = [sector for sector in sectors if chance.random() < 0.5]
    for sector in kept:
        first, last = max(change.offset, sector * SECTOR), min(end, (sector + 1) * SECTOR)
        piece = change.data[first - change.offset : last - change.offset]
        apply(content, Change(WRITE, change.name, offset=first, data=piece))

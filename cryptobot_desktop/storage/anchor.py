"""The newest stored ledger row, written down beside the database: a lost write-ahead log leaves no other trace.

A database whose log was deleted after a crash opens without an error, only shorter. The note is written after each
commit and never synced, so it is never ahead of what the disk holds; a torn or missing one says nothing.
"""

import os
from pathlib import Path

from msgspec import Struct

_FORM = "{seq:020d} {head}\n"
_LENGTH = 20 + 1 + 64 + 1


class Anchor(Struct, frozen=True):
    """A row that was stored."""

    seq: int
    head_hash: str


def anchor_path(database: Path) -> Path:
    """Return where the note about a database lies."""
    return database.with_name(f"{database.name}-head")


def read_anchor(database: Path) -> Anchor | None:
    """Return the newest row that was ever stored here, None when that is not known."""
    try:
        text = anchor_path(database).read_bytes()[:_LENGTH].decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    seq, _, head = text.removesuffix("\n").partition(" ")
    is_whole = len(text) == _LENGTH and seq.isdecimal() and len(head) == 64
    return Anchor(int(seq), head) if is_whole else None


def drop_anchor(database: Path) -> None:
    """Forget the note, because another content takes the database's place on purpose."""
    anchor_path(database).unlink(missing_ok=True)


class AnchorWriter:
    """Keeps the note current. Failing to write it never stops a commit that has succeeded."""

    def __init__(self, database: Path) -> None:
        self._path = anchor_path(database)
        self._descriptor: int | None = None

    def write(self, seq: int, head_hash: str) -> None:
        """Note the newest row of a commit that has returned."""
        content = _FORM.format(seq=seq, head=head_hash).encode()
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, content)
        except OSError:
            return  # a full disk; the next commit tries again

    def close(self) -> None:
        """Let the file go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

"""Reads a capsule: its start, its entries in order, and how it ends."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.recording import Checkpoint, Entry, FactSeen, SessionEnded, SessionInput, SessionStart
from cryptobot_desktop.storage.capsule.blocks import HEAD, MAGIC, Block, BlockReader, CapsuleDamaged
from cryptobot_desktop.storage.capsule.entries import decode_entries, decode_start

SUFFIX = ".capsule"


class Capsule:
    """One capsule file. `entries` may be asked for again and again; each time the file is read and checked anew."""

    def __init__(self, path: Path) -> None:
        """Read the start. InvalidInput when it is no capsule, CapsuleDamaged when its first block is not whole."""
        if not path.is_file():
            raise InvalidInput(f"capsule {path} does not exist; `cryptobot capsule list` names those of a data folder")
        if not is_capsule(path):
            raise InvalidInput(f"{path} is not a capsule: it does not begin with {MAGIC!r}")
        self.path = path
        self.ended: SessionEnded | None = None
        """The recording's last word, once all entries were read; None when its writer was killed."""
        self.is_closed = False
        """True once all entries were read and nothing is missing."""
        self.digest = ""
        """Hash of the chain of blocks, once all entries were read: it stands for the whole file."""
        self.blocks = 0
        self.size = path.stat().st_size
        self.read_bytes = 0
        """How far the entries given so far reach into the file."""
        block = next(BlockReader(path).blocks(), None)
        if block is None or block.kind != HEAD:
            raise CapsuleDamaged(f"capsule {path.name} ends before its first block is whole; nothing can be played")
        self.start = self._decoded_start(block)

    def entries(self) -> Iterator[SessionInput | FactSeen | Checkpoint]:
        """Yield all entries but the last word. CapsuleDamaged names the first block that is not what was written."""
        reader = BlockReader(self.path)
        self.ended, self.is_closed = None, False
        for block in reader.blocks():
            self.digest, self.blocks, self.read_bytes = block.digest.hex(), block.number + 1, reader.end
            if block.kind == HEAD:
                continue
            for entry in self._decoded(block):
                if isinstance(entry, SessionEnded):
                    self.ended = entry
                else:
                    yield entry
        self.is_closed = reader.is_closed

    def _decoded_start(self, block: Block) -> SessionStart:
        try:
            return decode_start(block.data)
        except msgspec.DecodeError as error:
            raise self._unknown(block, error) from None

    def _decoded(self, block: Block) -> list[Entry]:
        try:
            return decode_entries(block.data)
        except msgspec.DecodeError as error:
            raise self._unknown(block, error) from None

    def _unknown(self, block: Block, error: Exception) -> InvalidInput:
        return InvalidInput(
            f"capsule {self.path.name}: block {block.number} at offset {block.offset} is whole, but this version does "
            f"not understand it ({error}); use the version that wrote it"
        )


def is_capsule(path: Path) -> bool:
    """Return True when a file is (or is named like) a capsule; a damaged one still counts."""
    if path.name.endswith(SUFFIX):
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False

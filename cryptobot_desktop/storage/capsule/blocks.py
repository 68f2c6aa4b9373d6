"""The frame of a capsule file: compressed blocks, each with a hash over itself and the block before it.

One changed byte anywhere is found, and named by block and offset. A file whose writer was killed ends after its
last whole block. docs/formats.md describes every byte.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded

MAGIC = b"CBCAPS1\n"
FOOTER = b"CBCLOSE\n"
HEAD, DATA, LAST = b"HEAD", b"DATA", b"LAST"
_FRAME = struct.Struct(">4sII")
_CHECK = struct.Struct(">I")
FRAME_BYTES = _FRAME.size + _CHECK.size
HASH_BYTES = 32
LARGEST_RAW = 256 * 1024 * 1024
COMPRESSION = 1
_WINDOW = 32 * 1024
"""How much of the block before a block may refer back to."""


class CapsuleDamaged(UserActionNeeded):
    """A capsule is not what was written; the text names block and offset."""


class Block(Struct, frozen=True):
    """One whole block; `offset` is where its frame begins in the file."""

    number: int
    kind: bytes
    offset: int
    data: bytes
    digest: bytes


class BlockChain:
    """Makes the bytes of one block after another."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256(MAGIC).digest()
        self._before = b""

    def pack(self, kind: bytes, data: bytes) -> bytes:
        """Return the next block as it is written: frame, compressed data, hash."""
        packer = zlib.compressobj(COMPRESSION, zdict=self._before)
        packed = packer.compress(data) + packer.flush()
        frame = _FRAME.pack(kind, len(packed), len(data))
        frame += _CHECK.pack(zlib.crc32(self.digest + frame))
        self.digest = hashlib.sha256(self.digest + frame + packed).digest()
        self._before = data[-_WINDOW:]
        return frame + packed + self.digest


class BlockReader:
    """Reads the blocks of a file and checks each before it gives it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = hashlib.sha256(MAGIC).digest()
        self.is_closed = False
        """True once the end was read and it is whole."""
        self.end = 0
        """Where the last whole block ends."""
        self._before = b""
        self._number = 0

    def blocks(self) -> Iterator[Block]:
        """Yield every whole block. CapsuleDamaged names the first wrong place; a cut off end is no damage."""
        try:
            with self.path.open("rb") as file:
                size = self.path.stat().st_size
                self._read_magic(file)
                while not self.is_closed:
                    block = self._next(file, size)
                    if block is None:
                        return
                    yield block
                    if block.kind == LAST:
                        self._read_footer(file)
        except OSError as error:
            raise InvalidInput(f"capsule {self.path} cannot be read: {error.strerror}; give another file") from None

    def _read_magic(self, file: BinaryIO) -> None:
        found = file.read(len(MAGIC))
        if found != MAGIC:
            raise self._damage(0, f"the file begins with {found!r} instead of {MAGIC!r}")
        self.end = len(MAGIC)

    def _next(self, file: BinaryIO, size: int) -> Block | None:
        """Return the next block, or None where the writer was cut off."""
        offset = file.tell()
        frame = file.read(FRAME_BYTES)
        if len(frame) < FRAME_BYTES or (not frame.strip(b"\0") and not file.read().strip(b"\0")):
            return None
        kind, packed_length, length = _FRAME.unpack_from(frame)
        (check,) = _CHECK.unpack_from(frame, _FRAME.size)
        if check != zlib.crc32(self.digest + frame[: _FRAME.size]) or kind not in (HEAD, DATA, LAST):
            raise self._damage(offset, "the frame of the block is not the one that was written")
        if offset + FRAME_BYTES + packed_length + HASH_BYTES > size:
            return None
        packed, written = file.read(packed_length), file.read(HASH_BYTES)
        digest = hashlib.sha256(self.digest + frame + packed).digest()
        if digest != written:
            raise self._damage(
                offset, f"its {packed_length} bytes have the hash {digest.hex()[:16]}..., written was "
                f"{written.hex()[:16]}..."
            )  # fmt: skip
        block = Block(self._number, kind, offset, self._unpack(packed, length, offset), digest)
        self.digest, self._before = digest, block.data[-_WINDOW:]
        self._number, self.end = self._number + 1, file.tell()
        return block

    def _unpack(self, packed: bytes, length: int, offset: int) -> bytes:
        if length > LARGEST_RAW:
            raise self._damage(offset, f"it claims to hold {length} bytes, at most {LARGEST_RAW} are allowed")
        unpacker = zlib.decompressobj(zdict=self._before)
        try:
            data = unpacker.decompress(packed, length + 1)
        except zlib.error as error:
            raise self._damage(offset, f"it cannot be unpacked ({error})") from None
        if len(data) != length:
            raise self._damage(offset, f"it holds {len(data)} bytes instead of {length}")
        return data

    def _read_footer(self, file: BinaryIO) -> None:
        rest = file.read(len(FOOTER) + 1)
        if rest != FOOTER:
            if FOOTER.startswith(rest):
                return  # cut off within its last bytes; everything is there
            raise self._damage(self.end, f"after the last block stands {rest[:16]!r} instead of {FOOTER!r}")
        self.is_closed = True

    def _damage(self, offset: int, what: str) -> CapsuleDamaged:
        return CapsuleDamaged(
            f"capsule {self.path.name} is damaged: block {self._number} at offset {offset}: {what}; what follows "
            "cannot be trusted"
        )


def is_closed_file(path: Path) -> bool:
    """Return True when a capsule's writer came to its end; looks at the last bytes only."""
    try:
        with path.open("rb") as file:
            file.seek(-len(FOOTER), 2)
            return file.read() == FOOTER
    except OSError:
        return False

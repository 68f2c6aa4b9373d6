"""Opening text files that may be compressed; every trouble becomes one clear sentence."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from cryptobot_desktop.domain.errors import InvalidInput

_GZIP_MAGIC: Final = b"\x1f\x8b"
MAX_LINE_BYTES: Final = 64 * 1024 * 1024


class FileLines:
    """The lines of a plain or gzip file as bytes without line ends; `torn` is set when the file ends in mid-line.

    A gzip file that was cut off gives what can still be read of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = False
        """True after the last line: it has no line end, so it may not be whole."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            with open_binary(self.path) as file:
                yield from self._lines(file)
        except OSError as error:
            raise InvalidInput(f"file {self.path} cannot be read: {reason(error)}") from None

    def _lines(self, file: BinaryIO) -> Iterator[bytes]:
        while True:
            try:
                line = file.readline(MAX_LINE_BYTES)
            except (EOFError, zlib.error):
                self.torn = True
                return
            if not line:
                return
            self.torn = not line.endswith(b"\n")
            yield line.rstrip(b"\r\n")


def open_binary(path: Path) -> BinaryIO:
    """Return a file opened for reading, decompressed when its first bytes say that it is gzip."""
    if not path.exists():
        raise InvalidInput(f"file {path} does not exist")
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder, allowed: a file")
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path, "rb")) if compressed else path.open("rb")


def reason(error: OSError) -> str:
    """Return the operating system's words for an error."""
    return (error.strerror or str(error) or type(error).__name__).lower()

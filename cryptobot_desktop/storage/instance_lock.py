"""One writer per data folder: a lock that the operating system releases when its process dies.

The file stays when the lock is released: deleting it would let two programs lock two files of one name.
"""

import os
import sys
from hashlib import sha256
from pathlib import Path
from types import TracebackType

import msgspec
from msgspec import Struct

from cryptobot_desktop.storage.connections import explaining

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE_NAME = "instance.lock"
_LOCKED_BYTE = 1 << 30
"""Windows locks bytes against reading too, so one far behind the content is locked there."""


class LockHolder(Struct, frozen=True):
    """Who holds a data folder: process id, and the local socket on which it can be asked to show its window."""

    pid: int
    socket: str


def socket_name(folder: Path) -> str:
    """Return the name of the local socket that belongs to a data folder, short enough for every system."""
    return f"cryptobot-{sha256(os.fsencode(folder.resolve())).hexdigest()[:20]}"


class InstanceLock:
    """The lock on one data folder. Also a context manager that releases it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.socket = socket_name(folder)
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock and return True, or return False when another program holds it.

        Raises UserActionNeeded when the folder does not let us write.
        """
        if self._descriptor is not None:
            return True
        with explaining(self.path, "cannot be opened"):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        with explaining(self.path, "could not be written"):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, msgspec.json.encode(LockHolder(os.getpid(), self.socket)))
        return True

    def holder(self) -> LockHolder | None:
        """Return who holds the folder (or held it last), None when that cannot be told."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=LockHolder)
        except (OSError, msgspec.DecodeError):
            return None

    def release(self) -> None:
        """Let go; the operating system does the same when the process ends in any way."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "InstanceLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

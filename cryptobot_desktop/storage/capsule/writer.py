"""Writes a capsule while its session runs. Evidence, not the ledger: blocks are written, not forced to the disk."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from cryptobot_desktop.domain.recording import (
    Checkpoint,
    Entry,
    FactSeen,
    HistoryLoaded,
    SessionEnded,
    SessionInput,
    SessionStart,
)
from cryptobot_desktop.storage.capsule.blocks import DATA, FOOTER, HEAD, LAST, MAGIC, BlockChain
from cryptobot_desktop.storage.capsule.entries import encode_entries, encode_start

BLOCK_ENTRIES = 2_048
"""Entries that are compressed together; an early block is written with each `rest`."""
KEEP_FREE_BYTES = 256 * 1024 * 1024
"""What a recording leaves on the disk: the ledger needs room more than the evidence does."""

_SO_FAR = "this session is recorded up to here, trading goes on"


class CapsuleWriter:
    """One session's file. Adding an entry costs a list's append; every `BLOCK_ENTRIES` a block is packed and written.

    Whatever goes wrong with the file ends the recording with a word in `ended_because`, and never the session.
    `make_room` is told how many bytes the file has before each block and answers why it may not grow, or nothing.
    """

    def __init__(
        self,
        path: Path,
        start: SessionStart,
        *,
        make_room: Callable[[int], str] = lambda _size: "",
        keep_free_bytes: int = KEEP_FREE_BYTES,
    ) -> None:
        self.path = path
        self.ended_because = ""
        """Why the recording ended before the session; empty while all is well."""
        self._make_room = make_room
        self._keep_free = keep_free_bytes
        self._entries: list[Entry] = []
        self._weight = 0
        self._state: Callable[[], Checkpoint] | None = None
        self._chain = BlockChain()
        self._size = 0
        self._is_open = False
        self._begin(start)

    @property
    def is_recording(self) -> bool:
        """Return True until the recording has ended, for whatever reason."""
        return self._is_open

    @property
    def where(self) -> str:
        """Return the path of the file."""
        return str(self.path)

    @property
    def size(self) -> int:
        """Return how many bytes the file has."""
        return self._size

    def follow(self, state: Callable[[], Checkpoint]) -> None:
        """Ask `state` where the session stands at the end of each block."""
        self._state = state

    def add(self, entry: SessionInput) -> None:
        """Take the next input, before the engine acts on it."""
        if len(self._entries) + self._weight >= BLOCK_ENTRIES:
            self._write_block()
        if isinstance(entry, HistoryLoaded):
            self._weight += len(entry.candles)
        self._entries.append(entry)

    def add_fact(self, seen: FactSeen) -> None:
        """Take what the engine answered to the input before."""
        self._entries.append(seen)

    def rest(self) -> None:
        """Write what there is; called between two inputs now and then, so that a killed session loses little."""
        if self._entries:
            self._write_block()

    def close(self, ended: SessionEnded) -> None:
        """Write the rest and the end. Nothing is recorded afterwards."""
        self.rest()
        if self._is_open:
            self._finish(ended)

    def discard(self) -> None:
        """Remove the file, as if nothing had been recorded."""
        self._entries, self._weight = [], 0
        if self._is_open:
            self._is_open = False
            self._file.close()
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _begin(self, start: SessionStart) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
            self._is_open = True
            self._file.write(MAGIC)
            self._size = len(MAGIC)
        except OSError as error:
            self._give_up(f"capsule {self.path} cannot be written ({error.strerror})")
            return
        self._put(self._chain.pack(HEAD, encode_start(start)))

    def _write_block(self) -> None:
        """Pack and write the entries so far. When there is no room, say the end and let the session go on."""
        entries, self._entries, self._weight = self._entries, [], 0
        if not self._is_open:
            return
        refusal = self._make_room(self._size) or self._short_disk()
        if refusal:
            self._finish(SessionEnded(reason=refusal))
            self.ended_because = f"{refusal}; {_SO_FAR}"
            return
        if self._state is not None:
            entries.append(self._state())
        self._put(self._chain.pack(DATA, encode_entries(entries)))

    def _finish(self, ended: SessionEnded) -> None:
        self._put(self._chain.pack(LAST, encode_entries([ended])) + FOOTER)
        if self._is_open:
            self._is_open = False
            self._file.close()

    def _put(self, data: bytes) -> None:
        """Append whole blocks; what could be written of a broken one is cut off again."""
        try:
            written = self._file.write(data)
            if written != len(data):
                raise OSError(0, "the disk is full")
            self._size += len(data)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(self._size)
            self._give_up(f"capsule {self.path.name} could not be written on ({error.strerror})")

    def _give_up(self, why: str) -> None:
        self.ended_because = f"{why}; {_SO_FAR}"
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(OSError):
                self._file.close()

    def _short_disk(self) -> str:
        try:
            free = shutil.disk_usage(self.path.parent).free
        except OSError:
            return ""
        if free >= self._keep_free:
            return ""
        return f"only {free >> 20} MiB are free on the disk, {self._keep_free >> 20} MiB are kept for the ledger"

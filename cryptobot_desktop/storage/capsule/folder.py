"""The folder of capsules of one profile: names, the limit of its size, and what has to go when it is reached."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import structlog

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.recording import SessionStart
from cryptobot_desktop.storage.capsule.blocks import is_closed_file
from cryptobot_desktop.storage.capsule.reader import SUFFIX
from cryptobot_desktop.storage.capsule.writer import KEEP_FREE_BYTES, CapsuleWriter

FOLDER_NAME = "capsules"
DEFAULT_LIMIT_BYTES = 2 * 1024 * 1024 * 1024

log = structlog.get_logger("capsules")


class CapsuleFolder:
    """Keeps all capsules of a profile below `limit_bytes` together by removing the oldest."""

    def __init__(
        self,
        data_folder: Path,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        keep_free_bytes: int = KEEP_FREE_BYTES,
    ) -> None:
        self.path = data_folder / FOLDER_NAME
        self._limit = limit_bytes
        self._keep_free = keep_free_bytes

    def begin(self, start: SessionStart) -> CapsuleWriter:
        """Begin to record a session."""
        path = self.path_of(start.record.session_id)
        return CapsuleWriter(
            path, start, make_room=lambda size: self.make_room(path, size), keep_free_bytes=self._keep_free
        )

    def path_of(self, session_id: str) -> Path:
        """Return where a session's capsule is or would be."""
        return self.path / f"{session_id}{SUFFIX}"

    def find(self, session_id: str) -> Path:
        """Return the capsule of a session; InvalidInput names those that there are."""
        path = self.path_of(session_id)
        if path.parent != self.path or not path.is_file():
            known = ", ".join(capsule.stem for capsule in self.capsules()) or "none yet"
            raise InvalidInput(f"session {session_id!r} has no capsule in {self.path}; there are: {known}")
        return path

    def capsules(self) -> list[Path]:
        """Return all capsules, oldest first."""
        with contextlib.suppress(OSError):
            return [path for _, path, _ in sorted(self._sizes())]
        return []

    def make_room(self, running: Path, running_bytes: int) -> str:
        """Remove old capsules while all together are above the limit; return why the running one may not grow."""
        others = [entry for entry in sorted(self._sizes()) if entry[1] != running]
        total = running_bytes + sum(size for _, _, size in others)
        # Sessions that ended in order go first: of a broken off one the recording is the best there is.
        for _, path, size in sorted(others, key=lambda entry: not is_closed_file(entry[1])):
            if total <= self._limit:
                break
            try:
                path.unlink()
            except OSError as error:
                log.warning("an old capsule could not be removed", capsule=path.name, reason=error.strerror)
                continue
            total -= size
            log.info("removed an old capsule", capsule=path.name, bytes=size, limit=self._limit)
        if running_bytes <= self._limit:
            return ""
        return f"the limit of {self._limit >> 20} MiB for all capsules is reached by this session alone"

    def _sizes(self) -> Iterator[tuple[float, Path, int]]:
        """Yield (time of the last change, path, bytes) of every capsule."""
        if not self.path.is_dir():
            return
        for path in self.path.glob(f"*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                yield stat.st_mtime_ns, path, stat.st_size

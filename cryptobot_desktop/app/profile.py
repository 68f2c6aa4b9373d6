"""The data folder of one profile, opened by one program at a time."""

import shutil
from pathlib import Path
from types import TracebackType

from cryptobot_desktop.config.atomic_file import write_whole
from cryptobot_desktop.config.settings_file import load_settings
from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.storage.capsule import CapsuleFolder
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.instance_lock import InstanceLock

SETTINGS_FILE = "settings.toml"
POINTER_FILE = "data-folder.txt"
"""In the system's usual place: the folder that the wizard was told to use instead."""


def chosen_elsewhere(usual: Path) -> str | None:
    """Return the folder that was chosen instead of the usual one, or None."""
    pointer = usual / POINTER_FILE
    text = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""
    return text or None


def choose_elsewhere(usual: Path, folder: Path) -> None:
    """Let later starts use another folder."""
    write_whole(usual / POINTER_FILE, f"{folder}\n".encode())


def free_bytes(folder: Path) -> int | None:
    """Return the free bytes of the disk that holds a folder, None when the system does not tell."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


class AlreadyRunning(UserActionNeeded):
    """Another program holds the data folder; `socket_name` is where it listens."""

    def __init__(self, text: str, socket_name: str) -> None:
        super().__init__(text)
        self.socket_name = socket_name


class Profile:
    """Holds the lock of a data folder; the database is opened by whoever writes it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, or raise AlreadyRunning."""
        self.folder = folder
        self._lock = InstanceLock(folder)
        if not self._lock.acquire():
            holder = self._lock.holder()
            pid = holder.pid if holder is not None else "unknown"
            raise AlreadyRunning(
                f"data folder {folder} is in use by another CryptoBot (process {pid}); close it, or choose another "
                "folder with --data-dir",
                holder.socket if holder is not None else "",
            )

    def __enter__(self) -> "Profile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def socket_name(self) -> str:
        """Return the name under which a desktop listens for second starts."""
        return self._lock.socket

    @property
    def database_path(self) -> Path:
        """Return where the ledger is."""
        return self.folder / FILE_NAME

    def open_database(self) -> ProfileDatabase:
        """Open (create, migrate) the database for writing."""
        return ProfileDatabase(self.database_path)

    def capsules(self) -> CapsuleFolder | None:
        """Return where sessions are recorded, None when the settings say that they are not."""
        limit_mib = load_settings(self.folder / SETTINGS_FILE).settings.capsule_limit_mib
        return CapsuleFolder(self.folder, limit_bytes=limit_mib << 20) if limit_mib else None

    def close(self) -> None:
        """Let the folder go."""
        self._lock.release()

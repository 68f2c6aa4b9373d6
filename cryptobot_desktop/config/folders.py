"""Where everything is kept: one data folder, named by option, environment or the system's own custom."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from cryptobot_desktop.domain.errors import UserActionNeeded

DATA_DIR_VARIABLE = "CRYPTOBOT_DATA_DIR"
APP_NAME = "CryptoBot"
_REMEDY = f"choose another folder with --data-dir or {DATA_DIR_VARIABLE}"


def data_folder(override: str | None, environment: Mapping[str, str]) -> Path:
    """Return the data folder, made (readable by its owner only) if it is absent, absolute and writable.

    `override` is the option's value; an empty one, like an empty variable, counts as not given. UserActionNeeded
    names the folder and what to do when it cannot be used.
    """
    folder = wanted_folder(override, environment)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        return folder.resolve()
    except (FileExistsError, NotADirectoryError):
        raise UserActionNeeded(
            f"data folder {folder} cannot be made: a file of that name, or on the way to it, is not a folder; "
            f"move it away or {_REMEDY}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserActionNeeded(
            f"data folder {folder} cannot be written: {reason}; make it writable or {_REMEDY}"
        ) from None


def wanted_folder(override: str | None, environment: Mapping[str, str]) -> Path:
    """Return which folder is meant, without looking at the disk: option, else variable, else the system's place."""
    named = override or environment.get(DATA_DIR_VARIABLE)
    if named:
        try:
            return Path(named).expanduser()
        except RuntimeError:
            return Path(named)  # "~name" of an unknown user: taken as it is written
    return platformdirs.user_data_path(APP_NAME, appauthor=False)


def log_folder(data: Path) -> Path:
    """Return where logs lie inside a data folder."""
    return data / "logs"

"""The settings of a running program: read and changed in memory by name, saved when asked.

`get` and `set` have the shape that windows expect of their store. Changing is cheap and never touches the
disk, so that dragging a splitter does not; `on_change` lets the app start a timer that calls `save`.
"""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from cryptobot_desktop.config.settings import MAX_WINDOW_VALUE, Settings
from cryptobot_desktop.config.settings_file import load_settings, save_settings
from cryptobot_desktop.domain.errors import InvalidInput

_BASE64 = "base64:"
_TEXT = "text:"


class ProfileSettings:
    """The settings of one profile. Use from one thread."""

    def __init__(self, path: Path, on_change: Callable[[], None] | None = None) -> None:
        """Load the file; what was wrong with it is in `problems`, never an exception."""
        loaded = load_settings(path)
        self.path = path
        self.problems = loaded.problems
        self.unknown = loaded.unknown
        self.on_change = on_change
        self._settings = loaded.settings
        self._changes: dict[tuple[str, ...], object] = {}

    @property
    def settings(self) -> Settings:
        """Return all settings as they are now."""
        return self._settings

    @property
    def is_saved(self) -> bool:
        """Return True when there is nothing to save."""
        return not self._changes

    def change(self, **values: object) -> None:
        """Change settings by field name, all or none; InvalidInput lists every value that is not allowed."""
        known = Settings.model_fields
        unknown = [name for name in values if name not in known]
        if unknown:
            raise InvalidInput(f"setting {', '.join(unknown)} does not exist; known: {', '.join(sorted(known))}")
        try:
            changed = Settings.model_validate({**self._settings.model_dump(), **values})
        except ValidationError as error:
            faults = [
                f"setting {'.'.join(map(str, item['loc']))} = {str(item['input'])[:60]!r}: {item['msg']}"
                for item in error.errors(include_url=False)
            ]
            raise InvalidInput("; ".join(faults)) from None
        self._take({(name,): value for name, value in changed.model_dump(include=set(values)).items()}, changed)

    def get(self, key: str) -> bytes | str | None:
        """Return what was kept under a name such as ``layout/state``, or a text setting such as ``theme``."""
        if key in Settings.model_fields:
            value = getattr(self._settings, key)
            return value if isinstance(value, str) else None
        kept = self._settings.window.get(key)
        return None if kept is None else _decoded(kept)

    def set(self, key: str, value: bytes | str) -> None:
        """Keep a value under a name; InvalidInput when a text setting does not allow it or it is too long."""
        if key in Settings.model_fields:
            self.change(**{key: value})
            return
        text = _encoded(value)
        if (key + text).encode(errors="ignore").decode() != key + text:  # halves of surrogate pairs
            raise InvalidInput(f"setting {key!r} holds characters that no file can hold")
        if len(text) > MAX_WINDOW_VALUE:
            raise InvalidInput(f"setting {key!r} has {len(text)} characters, at most {MAX_WINDOW_VALUE} can be kept")
        window = {**self._settings.window, key: text}
        self._take({("window", key): text}, self._settings.model_copy(update={"window": window}))

    def save(self) -> None:
        """Write what was changed, if anything; UserActionNeeded when it cannot be written (and is tried again)."""
        if self._changes:
            save_settings(self.path, self._changes, self._settings)
            self._changes = {}

    def _take(self, changes: dict[tuple[str, ...], object], changed: Settings) -> None:
        if changed == self._settings:
            return
        self._settings = changed
        self._changes.update(changes)
        if self.on_change is not None:
            self.on_change()


def _encoded(value: bytes | str) -> str:
    if isinstance(value, bytes):
        return _BASE64 + base64.b64encode(value).decode()
    return _TEXT + value if value.startswith((_BASE64, _TEXT)) else value


def _decoded(kept: str) -> bytes | str | None:
    if kept.startswith(_BASE64):
        try:
            return base64.b64decode(kept.removeprefix(_BASE64), validate=True)
        except (binascii.Error, ValueError):
            return None  # changed by hand: as if it had never been kept
    return kept.removeprefix(_TEXT)

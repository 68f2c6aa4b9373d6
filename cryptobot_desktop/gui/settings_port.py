"""Where windows keep their layout, theme and columns; the app gives the real place."""

from typing import Protocol

SettingValue = bytes | str


class SettingsPort(Protocol):
    """A small store of texts and bytes under names such as ``layout/state``."""

    def get(self, key: str) -> SettingValue | None:
        """Return what was kept under a name, or None."""
        ...

    def set(self, key: str, value: SettingValue) -> None:
        """Keep a value under a name."""
        ...


class MemorySettings:
    """Settings that last as long as the program; the default where no other place was given."""

    def __init__(self) -> None:
        self._values: dict[str, SettingValue] = {}

    def get(self, key: str) -> SettingValue | None:
        """Return what was kept under a name, or None."""
        return self._values.get(key)

    def set(self, key: str, value: SettingValue) -> None:
        """Keep a value under a name."""
        self._values[key] = value


def text_setting(settings: SettingsPort, key: str, default: str) -> str:
    """Return a setting as text; anything else counts as absent."""
    value = settings.get(key)
    return value if isinstance(value, str) else default


def bytes_setting(settings: SettingsPort, key: str) -> bytes:
    """Return a setting as bytes, empty when absent or of another kind."""
    value = settings.get(key)
    return value if isinstance(value, bytes) else b""

"""Reads and writes ``settings.toml``: comments and unknown keys stay, nothing the user wrote is lost.

A file that cannot be used, wholly or in part, is kept under the name ``settings.toml.broken-<n>``.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ValidationError
from tomlkit.exceptions import TOMLKitError

from cryptobot_desktop.config.atomic_file import write_whole
from cryptobot_desktop.config.settings import Settings, Urls
from cryptobot_desktop.domain.errors import UserActionNeeded

FILE_NAME = "settings.toml"
MAX_BYTES = 1_000_000

_HEADING = "Settings of CryptoBot. Comments and keys that the program does not know are kept."
_TABLES: dict[str, type[BaseModel]] = {"": Settings, "urls": Urls}
_NOT_TOML = (TOMLKitError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What tomlkit raises for text that it does not take, or cannot change (tables in several pieces)."""

_Keys = tuple[str, ...]
_Edit = Callable[[tomlkit.TOMLDocument], None]


class LoadedSettings:
    """Settings that can be used at once, and what was wrong with the file.

    `problems` name key, value and bound, all at once; `unknown` are keys this version does not know (kept);
    `kept_as` is where the unusable file went.
    """

    def __init__(
        self,
        settings: Settings,
        problems: tuple[str, ...] = (),
        unknown: tuple[str, ...] = (),
        kept_as: Path | None = None,
    ) -> None:
        self.settings = settings
        self.problems = problems
        self.unknown = unknown
        self.kept_as = kept_as


def load_settings(path: Path) -> LoadedSettings:
    """Return the settings in a file; never raises: what cannot be used becomes a default and a problem."""
    try:
        values = tomllib.loads(_text(path))
    except FileNotFoundError:
        return LoadedSettings(Settings())
    except PermissionError as error:
        return LoadedSettings(Settings(), (f"{path} cannot be read: {error.strerror}; defaults are used",))
    except (OSError, ValueError, RecursionError) as error:
        return _unusable(path, f"{path.name} cannot be read: {_first_line(error)}")
    unknown = tuple(_unknown_keys(values))
    settings, faulty, problems = _usable(values)
    if not problems:
        return LoadedSettings(settings, unknown=unknown)
    return _mended(path, LoadedSettings(settings, tuple(problems), unknown), faulty)


def save_settings(path: Path, changes: Mapping[tuple[str, ...], object], fallback: Settings) -> None:
    """Write `changes` (value by path of keys, such as ``("urls", "binance_rest")``) into the file as it is now.

    A file that became unusable meanwhile is kept and replaced by `fallback` with the changes. UserActionNeeded
    when the folder cannot be written.
    """

    def put_all(document: tomlkit.TOMLDocument) -> None:
        for keys, value in changes.items():
            _put(document, keys, value)

    try:
        text = _edited(path, put_all)
        if text is None and path.exists():
            _keep(path)
        write_whole(path, (_fresh(fallback, put_all) if text is None else text).encode())
    except OSError as error:
        raise UserActionNeeded(
            f"settings {path} cannot be written: {error.strerror or error}; make the folder writable - until then "
            "changes last as long as the program runs"
        ) from error


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"it has {size} bytes, at most {MAX_BYTES} are allowed")
    return path.read_text(encoding="utf-8-sig")


def _edited(path: Path, edit: _Edit) -> str | None:
    """Return the file's text after `edit`, None when it is absent or cannot be edited into a usable one."""
    try:
        document = tomlkit.parse(_text(path))
        edit(document)
        text = tomlkit.dumps(document)
        usable = not _usable(tomllib.loads(text))[2]
    except (FileNotFoundError, *_NOT_TOML):
        return None
    return text if usable else None


def _fresh(settings: Settings, edit: _Edit) -> str:
    """Return the text of a new file: what differs from the defaults, then `edit`."""
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADING))
    for name, value in settings.model_dump(exclude_defaults=True).items():
        _put(document, (name,), value)
    edit(document)
    return tomlkit.dumps(document)


def _put(document: tomlkit.TOMLDocument, keys: tuple[str, ...], value: object) -> None:
    table: Any = document
    for key in keys[:-1]:
        if not isinstance(table.get(key), Mapping):
            table[key] = tomlkit.table()
        table = table[key]
    table[keys[-1]] = value


def _unusable(path: Path, problem: str) -> LoadedSettings:
    try:
        kept = _keep(path)
    except OSError as error:
        return LoadedSettings(Settings(), (f"{problem}; it could not be set aside ({error.strerror})",))
    return LoadedSettings(Settings(), (f"{problem}; it was kept as {kept.name}, defaults are used",), kept_as=kept)


def _keep(path: Path) -> Path:
    """Rename a file to the first free ``.broken-<n>``."""
    number = 1
    while (kept := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    path.rename(kept)
    return kept


def _usable(values: dict[str, Any]) -> tuple[Settings, list[_Keys], list[str]]:
    """Return settings from what is valid in `values`, the keys that are not, and why, each with its bound."""
    faulty: list[_Keys] = []
    problems: list[str] = []
    while True:
        try:
            return Settings.model_validate(values), faulty, problems
        except ValidationError as error:
            faults = error.errors(include_url=False)
        problems += [f"{_dotted(fault['loc'])} = {_shown(fault['input'])}: {fault['msg']}" for fault in faults]
        # Without its faulty keys the rest may show others; a key is taken out once, so this ends.
        faulty += [
            keys for keys in dict.fromkeys(_keys(values, fault["loc"]) for fault in faults) if _take(values, keys)
        ]


def _dotted(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "[key]")


def _keys(values: Mapping[str, Any], location: tuple[int | str, ...]) -> _Keys:
    """Return the keys to take out for a fault: of a list the whole list, of a table the one key in it."""
    first, *rest = (str(part) for part in location)
    return (first, rest[0]) if rest and isinstance(values[first], dict) else (first,)


def _take(values: dict[str, Any], keys: _Keys) -> bool:
    holder = values if len(keys) == 1 else values[keys[0]]
    return holder.pop(keys[-1], holder) is not holder


def _mended(path: Path, loaded: LoadedSettings, faulty: list[_Keys]) -> LoadedSettings:
    """Keep the file as it was, write it anew without its faulty keys, and say so."""

    def remove_faulty(document: tomlkit.TOMLDocument) -> None:
        for keys in faulty:
            holder: Any = document if len(keys) == 1 else document[keys[0]]
            del holder[keys[-1]]

    try:
        text = _edited(path, remove_faulty)
        kept = _keep(path)
        write_whole(path, (_fresh(loaded.settings, lambda _: None) if text is None else text).encode())
    except OSError as error:
        note = f"defaults are used for these keys; the file could not be mended: {_first_line(error)}"
        return LoadedSettings(loaded.settings, (*loaded.problems, note), loaded.unknown)
    note = f"defaults are used for these keys; the file as it was is kept as {kept.name}"
    return LoadedSettings(loaded.settings, (*loaded.problems, note), loaded.unknown, kept)


def _unknown_keys(values: Mapping[str, Any]) -> Iterator[str]:
    for prefix, model in _TABLES.items():
        table = values.get(prefix, {}) if prefix else values
        for key in table if isinstance(table, Mapping) else ():
            if key not in model.model_fields:
                yield f"{prefix}.{key}" if prefix else key


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _first_line(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8 text"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]

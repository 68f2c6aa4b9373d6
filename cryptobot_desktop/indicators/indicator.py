"""What every indicator can do: take a bar, look ahead at a forming one, be saved and be restored."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.indicators.bar import Bar
from cryptobot_desktop.indicators.extremes import RunningExtreme, SavedExtreme

Value = float | tuple[float, ...]
"""One number, or one per output in the order of `OUTPUTS`."""

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
State = dict[str, JsonValue]


class Indicator(ABC):
    """A number (or a few) that follows the bars with constant work and bounded memory per bar.

    `value` is None until enough bars were seen (`ready`). `peek` gives the value as it would be if the
    given forming bar closed now, and changes nothing.
    """

    NAME: ClassVar[str]
    OUTPUTS: ClassVar[tuple[str, ...]]
    SavedState: ClassVar[type[Struct]]
    """Fields of the same name with a leading underscore are the indicator's whole state."""

    __slots__ = ("parameters", "value")

    value: Value | None

    def __init__(self, **parameters: int | float) -> None:
        self.parameters: dict[str, int | float] = parameters
        self.value = None

    @property
    @abstractmethod
    def warm_up(self) -> int:
        """Return how many bars are needed before the first value."""

    @abstractmethod
    def update(self, bar: Bar | float) -> Value | None:
        """Take one closed bar (a plain price does for indicators of the close) and return the new value."""

    @abstractmethod
    def peek(self, bar: Bar | float) -> Value | None:
        """Return the value that `update` would give for a bar that is still forming; changes nothing."""

    @property
    def ready(self) -> bool:
        """Return True when there is a value."""
        return self.value is not None

    def values(self) -> dict[str, float | None]:
        """Return the newest value of each output by name, None while not ready."""
        if self.value is None:
            return dict.fromkeys(self.OUTPUTS)
        parts: Iterable[float] = self.value if isinstance(self.value, tuple) else (self.value,)
        return dict(zip(self.OUTPUTS, parts, strict=True))

    def snapshot(self) -> State:
        """Return the whole state as JSON-able values."""
        fields = {name: _save(getattr(self, f"_{name}")) for name in self.SavedState.__struct_fields__}
        return {"indicator": self.NAME, "parameters": {**self.parameters}, "value": _save(self.value), "state": fields}

    def restore(self, state: Mapping[str, JsonValue]) -> None:
        """Take back what `snapshot` gave; a state of another indicator or other parameters raises InvalidInput."""
        mine = (self.NAME, self.parameters)
        theirs = (state.get("indicator"), state.get("parameters"))
        if mine != theirs:
            raise InvalidInput(f"state of indicator {mine} belongs to {theirs}; it must warm up anew")
        try:
            saved = msgspec.convert(state.get("state"), self.SavedState)
            value = msgspec.convert(state.get("value"), list[float] | float | None)
        except msgspec.ValidationError as problem:
            raise InvalidInput(f"state of indicator {self.NAME} cannot be read: {problem}") from None
        for name in self.SavedState.__struct_fields__:
            self._load(f"_{name}", getattr(saved, name))
        self.value = self._as_value(value) if isinstance(value, list) else value
        self._rebuild()

    def _load(self, attribute: str, saved: object) -> None:
        """Put one saved field back: into a part that can load itself, else as it is."""
        part = getattr(self, attribute)
        if isinstance(part, Indicator) and isinstance(saved, dict):
            part.restore(saved)
        elif isinstance(part, RunningExtreme) and isinstance(saved, SavedExtreme):
            part.load(saved)
        else:
            setattr(self, attribute, saved)

    def _as_value(self, parts: list[float]) -> Value:
        """Return saved parts as the indicator's own kind of value."""
        return tuple(parts)

    def _rebuild(self) -> None:  # noqa: B027 - most indicators derive nothing
        """Derive again what is not saved, such as running sums."""


def _save(part: object) -> JsonValue:
    """Return a part of the state as JSON-able values."""
    if isinstance(part, Indicator):
        return part.snapshot()
    plain: JsonValue = msgspec.to_builtins(part.save() if isinstance(part, RunningExtreme) else _as_list(part))
    return plain


def _as_list(part: object) -> object:
    return list(part) if isinstance(part, deque | tuple) else part

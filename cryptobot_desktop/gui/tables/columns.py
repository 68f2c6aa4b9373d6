"""What a column of a table shows, sorts by, says on hover and copies."""

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

Row = TypeVar("Row")
SortKey = int | float | str
"""Columns sort by numbers or texts, never by what is shown."""


class Tone(StrEnum):
    """What a cell's colour means."""

    PLAIN = "text"
    MUTED = "muted"
    UP = "up"
    DOWN = "down"
    WARN = "warn"
    DANGER = "danger"
    PAPER = "paper"
    ACCENT = "accent"


class Column(Struct, Generic[Row], frozen=True, kw_only=True):
    """One column. `wide` is a sample text that sets its first width; `flash` marks changing numbers."""

    title: str
    text: Callable[[Row], str]
    sort: Callable[[Row], SortKey]
    wide: str
    numeric: bool = False
    tone: Callable[[Row], Tone] | None = None
    tip: Callable[[Row], str] | None = None
    raw: Callable[[Row], str] | None = None
    """What is copied and exported; the shown text where absent."""
    help: str = ""
    flash: bool = False
    stretch: bool = False
    hidden: bool = False
    """Not shown at first; the header's menu brings it."""


def signed_tone(value: int | None) -> Tone:
    """Return up for gains, down for losses, plain for nothing."""
    if not value:
        return Tone.PLAIN
    return Tone.UP if value > 0 else Tone.DOWN


def side_tone(side: str) -> Tone:
    """Return the colour of a side."""
    return Tone.UP if side == "buy" else Tone.DOWN

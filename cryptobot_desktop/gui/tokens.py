"""The colours of both themes and the sizes of everything: the one place from which palette, style sheet and chart draw.

Values follow the project's design page; where that page's own rule (text contrast of at least 4.5 to 1 on
every surface) did not hold, the colour was moved just far enough, and a test keeps it there.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

SPACE = 4
"""Everything is spaced in steps of this many pixels."""
PANEL_PADDING = 12
ROW_HEIGHT = 26
COMPACT_ROW_HEIGHT = 22
RADIUS = 6
FOCUS_RING = 2
TEXT_PX, SMALL_PX, LARGE_PX = 13, 11, 22


class Theme(Struct, frozen=True, kw_only=True):
    """The colours of one theme as ``#rrggbb``; `on_*` is text upon a filled colour."""

    name: str
    dark: bool
    canvas: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    up: str
    down: str
    warn: str
    danger: str
    paper: str
    on_accent: str
    on_up: str
    on_down: str
    on_danger: str
    on_paper: str
    on_warn: str


_INK = "#0e1217"
_SNOW = "#ffffff"

DARK = Theme(
    name="dark",
    dark=True,
    canvas="#0e1217",
    panel="#141a21",
    raised="#1b232c",
    line="#27313d",
    text="#e7ecf3",
    muted="#8a97a8",
    accent="#5b93ff",
    up="#26b47f",
    down="#f0555f",
    warn="#e8a33d",
    danger="#ff5c5c",
    paper="#957bff",
    on_accent=_INK,
    on_up=_INK,
    on_down=_INK,
    on_danger=_INK,
    on_paper=_INK,
    on_warn=_INK,
)

LIGHT = Theme(
    name="light",
    dark=False,
    canvas="#f5f6f8",
    panel="#ffffff",
    raised="#eef1f5",
    line="#d9dfe7",
    text="#17202b",
    muted="#5b6878",
    accent="#2563eb",
    up="#0b7a50",
    down="#c92a37",
    warn="#9d5b00",
    danger="#c81e1e",
    paper="#6d4aff",
    on_accent=_SNOW,
    on_up=_SNOW,
    on_down=_SNOW,
    on_danger=_SNOW,
    on_paper=_SNOW,
    on_warn=_SNOW,
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


class UpDown(StrEnum):
    """Which colours mean up and down."""

    GREEN_RED = "green/red"
    BLUE_ORANGE = "blue/orange"
    RED_GREEN = "red/green"
    MONO = "mono"


_BLUE_ORANGE = {"dark": ("#4aa8e8", "#f39a4a"), "light": ("#1d6fa5", "#ad4f06")}


def with_colours(theme: Theme, preset: UpDown) -> Theme:
    """Return the theme with another pair of up and down colours."""
    up, down = theme.up, theme.down
    if preset is UpDown.BLUE_ORANGE:
        up, down = _BLUE_ORANGE[theme.name]
    elif preset is UpDown.RED_GREEN:
        up, down = down, up
    elif preset is UpDown.MONO:
        up, down = theme.text, theme.muted
    return replace(theme, up=up, down=down)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

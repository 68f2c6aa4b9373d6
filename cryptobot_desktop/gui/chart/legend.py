"""The words in the corner of each pane: what is shown, and the values of the bar under the crosshair."""

import numpy as np
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QColor, QPainter

from cryptobot_desktop.gui.chart.drawing import LINE_HEIGHT, draw_text
from cryptobot_desktop.gui.chart.line_layer import run_pens
from cryptobot_desktop.gui.chart.model import ChartModel, Shown
from cryptobot_desktop.gui.chart.overlays import OverlayRun
from cryptobot_desktop.gui.chart.ticks import number_text, short_text
from cryptobot_desktop.gui.format import MINUS, NONE, THIN

_LEFT = 8.0
_BETWEEN = 10.0

Part = tuple[str, str]
"""Text and colour."""


def price_parts(model: ChartModel, shown: Shown | None) -> list[Part]:
    """Return what the legend says of a bar: name, open, high, low, close, change."""
    theme, name = model.theme, model.instrument.name if model.instrument is not None else ""
    head = f"{name} {model.series.timeframe.value}".strip()
    if shown is None:
        return [(head, theme.text)]
    bar = shown.bar
    colour = theme.up if bar.close >= bar.open else theme.down
    prices = ((letter, getattr(bar, field)) for letter, field in zip("OHLC", _FIELDS, strict=True))
    words = [(head, theme.text)]
    for letter, price in prices:
        words += [(letter, theme.muted), (number_text(price, model.decimals), colour)]
    return [*words, (change_text(bar.close, shown.before), colour)]


_FIELDS = ("open", "high", "low", "close")


def change_text(close: float, before: float | None) -> str:
    """Return the change against the close before as signed percent."""
    if not before:
        return NONE
    share = (close / before - 1) * 100
    sign = "+" if share > 0 else MINUS if share < 0 else ""
    return f"{sign}{abs(share):.2f}{THIN}%"


def run_parts(model: ChartModel, run: OverlayRun, place: int, shown: Shown | None) -> list[Part]:
    """Return an overlay's name and its values at a bar."""
    parts = [(run.overlay.title, model.theme.muted)]
    if run.done < model.series.count:
        share = 100 * run.done // max(1, model.series.count)
        return [*parts, (f"computing {share}{THIN}%", model.theme.warn)]
    values = run.values_at(shown.index, model.series.forming) if shown is not None else None
    if values is None:
        return [*parts, (NONE, model.theme.muted)]
    decimals = model.decimals if run.spec.overlay else 2 if np.abs(values).max() >= 1 else model.decimals
    colours = [pen.color().name() for pen in run_pens(run, place, model.theme)]
    return parts + [(number_text(value, decimals), colour) for value, colour in zip(values, colours, strict=True)]


def volume_parts(model: ChartModel, shown: Shown | None) -> list[Part]:
    """Return the volume of a bar."""
    base = model.instrument.base if model.instrument is not None else ""
    text = short_text(shown.bar.volume) if shown is not None else NONE
    return [("Volume", model.theme.muted), (f"{text}{THIN}{base}", model.theme.text)]


def paint_legend(painter: QPainter, model: ChartModel, rows: list[list[Part]], width: float) -> QSizeF:
    """Paint rows of words from the left top corner on, on a ground that keeps them readable; return their size."""
    painter.setFont(model.font)
    ground = QColor(model.theme.canvas)
    ground.setAlpha(200)
    widest = 0.0
    for index, row in enumerate(rows):
        x, middle = _LEFT, 4 + LINE_HEIGHT * (index + 0.5)
        total = sum(model.metrics.horizontalAdvance(text) + _gap(text) for text, _ in row)
        widest = max(widest, _LEFT + total)
        painter.fillRect(0, int(4 + LINE_HEIGHT * index), int(min(width, _LEFT + total)), int(LINE_HEIGHT), ground)
        for text, colour in row:
            if x + model.metrics.horizontalAdvance(text) > width:
                break
            x = draw_text(painter, x, middle, text, colour) + _gap(text)
    return QSizeF(widest, 4 + LINE_HEIGHT * len(rows))


def _gap(text: str) -> float:
    """Return the space after a word: little after the letters O, H, L and C."""
    return 4.0 if len(text) == 1 and text in "OHLC" else _BETWEEN

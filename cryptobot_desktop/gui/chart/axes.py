"""Price axes on the right, the time axis at the bottom, and the tags on them; no label covers another."""

from msgspec import Struct
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from cryptobot_desktop.gui.chart.drawing import (
    LINE_HEIGHT,
    TAG_PADDING,
    draw_outlined_tag,
    draw_tag,
    draw_text,
    pen,
)
from cryptobot_desktop.gui.chart.frame import Frame
from cryptobot_desktop.gui.chart.mark_layer import direction_colour, line_colour
from cryptobot_desktop.gui.chart.model import ChartModel
from cryptobot_desktop.gui.chart.ticks import number_text, spread, time_ticks

TIME_AXIS_PX = 22.0
_BETWEEN_LABELS_PX = 26.0


class TimeLabel(Struct, frozen=True):
    """A label of the time axis at its pixel."""

    x: float
    text: str
    is_major: bool


class Tag(Struct, frozen=True):
    """A boxed value on the price axis; `is_filled` for the last price."""

    y: float
    text: str
    colour: str
    ink: str
    is_filled: bool


def time_labels(frame: Frame, model: ChartModel) -> list[TimeLabel]:
    """Return the labels of the time axis, none of which comes near another."""
    slots = model.series.slots
    if not slots.count or frame.width < 60:
        return []
    widest = model.metrics.horizontalAdvance("00:00") + _BETWEEN_LABELS_PX
    spacing_ms = widest / frame.slot_px * slots.length_ms
    ticks = time_ticks(slots.time_at(frame.left), slots.time_at(frame.right), spacing_ms, model.zone)
    labels: list[TimeLabel] = []
    for tick in ticks:
        x = frame.x(slots.slot_at(tick.at_ms) + 0.5)
        half = model.metrics.horizontalAdvance(tick.text) / 2
        if x - half < 2 or x + half > frame.width - 2:
            continue
        if not labels or _far_enough(labels[-1], x - half, model):
            labels.append(TimeLabel(x, tick.text, tick.is_major))
        elif tick.is_major and not labels[-1].is_major:
            labels[-1] = TimeLabel(x, tick.text, True)
    return labels


def _far_enough(before: TimeLabel, left: float, model: ChartModel) -> bool:
    return left - (before.x + model.metrics.horizontalAdvance(before.text) / 2) >= _BETWEEN_LABELS_PX / 2


def is_covered(label: TimeLabel, tag: QRectF, model: ChartModel) -> bool:
    """Return True when a tag on the time axis would cover a part of the label."""
    half = model.metrics.horizontalAdvance(label.text) / 2
    return tag.width() > 0 and label.x + half > tag.left() - 2 and label.x - half < tag.right() + 2


def paint_time_axis(painter: QPainter, width: float, labels: list[TimeLabel], model: ChartModel) -> None:
    """Paint the labels; days, months and years are brighter."""
    painter.setFont(model.font)
    painter.setPen(pen(model.theme.line))
    painter.drawLine(0, 0, int(width), 0)
    for label in labels:
        half = model.metrics.horizontalAdvance(label.text) / 2
        colour = model.theme.text if label.is_major else model.theme.muted
        draw_text(painter, round(label.x - half), TIME_AXIS_PX / 2 + 1, label.text, colour)


def zone_text(model: ChartModel) -> str:
    """Return the words for the corner under the price axis."""
    return "UTC" if model.zone is not None and str(model.zone) == "UTC" else "local"


def price_tags(frame: Frame, model: ChartModel) -> list[Tag]:
    """Return the tags of orders, positions and the last price, moved apart, top first."""
    theme = model.theme
    tags = [
        Tag(frame.y(line.price), number_text(line.price, model.decimals), line_colour(line, model), theme.canvas, False)
        for line in model.lines
        if 0 <= frame.y(line.price) <= frame.height
    ]
    newest = model.newest
    if newest is not None and 0 <= frame.y(newest.bar.close) <= frame.height:
        colour = direction_colour(model)
        text = number_text(newest.bar.close, model.decimals)
        tags.append(Tag(frame.y(newest.bar.close), text, colour, theme.on_up, True))
    tags.sort(key=lambda tag: tag.y)
    places = spread([tag.y for tag in tags], LINE_HEIGHT + 1, frame.height - LINE_HEIGHT / 2)
    return [Tag(y, tag.text, tag.colour, tag.ink, tag.is_filled) for y, tag in zip(places, tags, strict=True)]


def paint_price_axis(
    painter: QPainter, frame: Frame, model: ChartModel, ticks: list[tuple[float, str]], tags: list[Tag]
) -> None:
    """Paint tick labels that no tag covers, and the tags; `frame` is the pane's own."""
    painter.setFont(model.font)
    painter.setPen(pen(model.theme.line))
    painter.drawLine(0, 0, 0, int(frame.height))
    taken = [tag.y for tag in tags]
    for value, text in ticks:
        y = frame.y(value)
        if not LINE_HEIGHT / 2 <= y <= frame.height - LINE_HEIGHT / 2:
            continue
        if all(abs(y - other) >= LINE_HEIGHT for other in taken):
            taken.append(y)
            draw_text(painter, TAG_PADDING + 1, y, text, model.theme.muted)
    for tag in tags:
        paint_tag(painter, tag, model)


def paint_tag(painter: QPainter, tag: Tag, model: ChartModel) -> None:
    """Paint one tag over the whole width of its text."""
    width = model.metrics.horizontalAdvance(tag.text) + 2 * TAG_PADDING
    rect = QRectF(1, round(tag.y - LINE_HEIGHT / 2), round(width), LINE_HEIGHT)
    if tag.is_filled:
        draw_tag(painter, rect, tag.text, tag.colour, tag.ink)
    else:
        draw_outlined_tag(painter, rect, tag.text, model.theme.canvas, tag.colour)

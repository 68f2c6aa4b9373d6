"""The chart's scene: panes under each other with axes, the strip along the top, states and crosshair over all."""

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QColor, QPainter

from cryptobot_desktop.gui.chart import axes, crosshair, states
from cryptobot_desktop.gui.chart.contents import PriceContent, RunContent, VolumeContent
from cryptobot_desktop.gui.chart.drawing import draw_text, pen
from cryptobot_desktop.gui.chart.frame import Frame
from cryptobot_desktop.gui.chart.model import ChartModel
from cryptobot_desktop.gui.chart.overlays import OverlayRun
from cryptobot_desktop.gui.chart.pane_view import PaneView
from cryptobot_desktop.gui.chart.plotting import PlotView

_LEAST_PRICE_SHARE = 0.4
_FIRST_AXIS_PX = 56.0
_AXIS_AIR_PX = 14.0
_SMALLEST = QSizeF(140, 110)


class Stage:
    """Lays out the panes and brings frames, ticks and labels up to date before each paint."""

    def __init__(self, view: PlotView, model: ChartModel) -> None:
        self.view = view
        self._model = model
        self._size = QSizeF(0, 0)
        self._axis_width = _FIRST_AXIS_PX
        self._labels: list[axes.TimeLabel] = []
        self.price = PaneView(view, model, PriceContent())
        self._volume: PaneView | None = PaneView(view, model, VolumeContent())
        self._own: dict[OverlayRun, PaneView] = {}
        self._time_axis = view.add_item(self._paint_time_axis, z=3)
        self._cover = view.add_item(self._paint_cover, z=9)
        self.dress()

    @property
    def panes(self) -> list[PaneView]:
        """Return the panes from top to bottom."""
        volume = [self._volume] if self._volume is not None else []
        return [self.price, *volume, *self._own.values()]

    @property
    def plot_area(self) -> QRectF:
        """Return the rectangle of all panes without axes."""
        return QRectF(self.price.rect.topLeft(), self.panes[-1].rect.bottomRight())

    @property
    def is_too_small(self) -> bool:
        """Return True when there is no room for a chart."""
        return self._size.width() < _SMALLEST.width() or self._size.height() < _SMALLEST.height()

    def dress(self) -> None:
        """Take the model's theme and font."""
        self._model.refresh_font()
        self.view.set_background(self._model.theme.canvas)

    def show_volume(self, wanted: bool) -> None:
        """Show the volume pane, or not."""
        if wanted and self._volume is None:
            self._volume = PaneView(self.view, self._model, VolumeContent())
        elif not wanted and self._volume is not None:
            self._volume.remove()
            self._volume = None
        self._layout()

    def take_runs(self) -> None:
        """Give each indicator that does not belong over the price a pane of its own."""
        wanted = [run for run in self._model.runs if not run.spec.overlay]
        for run in [run for run in self._own if run not in wanted]:
            self._own.pop(run).remove()
        old = self._own
        self._own = {run: old.get(run) or PaneView(self.view, self._model, RunContent(run)) for run in wanted}
        self._layout()

    def resize(self, size: QSizeF) -> None:
        """Fill another size."""
        self._size = size
        self._layout()

    def forget_axis_width(self) -> None:
        """Let the price axis become narrow again, for another instrument."""
        self._axis_width = _FIRST_AXIS_PX
        self._layout()

    def _layout(self) -> None:
        width = max(1.0, self._size.width() - self._axis_width)
        top = states.STRIP_PX if self._model.source else 0.0
        room = max(1.0, self._size.height() - axes.TIME_AXIS_PX - top)
        panes = self.panes
        wanted = sum(pane.content.share for pane in panes)
        scale = min(1.0, (1.0 - _LEAST_PRICE_SHARE) / wanted) if wanted else 1.0
        heights = [float(int(pane.content.share * scale * room)) for pane in panes]
        heights[0] = room - sum(heights[1:])
        for pane, height in zip(panes, heights, strict=True):
            pane.place(QRectF(0, top, width, height), self._axis_width)
            top += height
        self._time_axis.place(QRectF(0, top, self._size.width(), axes.TIME_AXIS_PX))
        self._cover.place(QRectF(0, 0, self._size.width(), self._size.height()))
        self._model.window.resize(width)

    def relayout(self) -> None:
        """Make or take the room of the strip."""
        self._layout()

    def update(self, ratio: float) -> None:
        """Compute everything that is painted; called once before a paint."""
        for pane in self.panes:
            pane.update_frame(ratio)
        if self._needed_axis_width() > self._axis_width:
            self._axis_width = self._needed_axis_width()
            self._layout()
            for pane in self.panes:
                pane.update_frame(ratio)
        self._labels = axes.time_labels(self.price.frame, self._model)
        for pane in self.panes:
            pane.labels = self._labels

    def _needed_axis_width(self) -> float:
        newest = self._model.newest
        texts = [text for pane in self.panes for _, text in pane.ticks]
        if newest is not None:
            texts.append(self.price.content.text(newest.bar.close, self._model))
        widest = max((self._model.metrics.horizontalAdvance(text) for text in texts), default=0.0)
        return float(int(widest + _AXIS_AIR_PX) + 1)

    @property
    def frame(self) -> Frame:
        """Return the price pane's frame."""
        return self.price.frame

    def _paint_time_axis(self, painter: QPainter) -> None:
        width = self.price.rect.width()
        cross = crosshair.crosshair(self.panes, self._model)
        tag = cross.time_tag if cross is not None else QRectF()
        labels = [label for label in self._labels if not axes.is_covered(label, tag, self._model)]
        axes.paint_time_axis(painter, width, labels, self._model)
        painter.setPen(pen(self._model.theme.line))
        painter.drawLine(int(width), 0, int(self._size.width()), 0)
        draw_text(painter, width + 6, axes.TIME_AXIS_PX / 2 + 1, axes.zone_text(self._model), self._model.theme.muted)

    def _paint_cover(self, painter: QPainter) -> None:
        painter.setFont(self._model.font)
        if self.is_too_small:
            painter.fillRect(QRectF(0, 0, self._size.width(), self._size.height()), QColor(self._model.theme.canvas))
            draw_text(painter, 6, self._size.height() / 2, "too narrow for a chart", self._model.theme.muted)
            return
        if self._model.source:
            states.paint_strip(painter, self._size.width(), self._model)
        states.paint_state(painter, self.plot_area.adjusted(0, 0, self._axis_width, 0), self._model)
        cross = crosshair.crosshair(self.panes, self._model)
        if cross is not None:
            crosshair.paint_crosshair(painter, cross, self.plot_area, self._model)

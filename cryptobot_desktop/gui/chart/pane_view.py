"""One pane of the chart: its box, its content, and its axis."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from cryptobot_desktop.gui.chart import axes, legend, mark_layer
from cryptobot_desktop.gui.chart.contents import Content, PriceContent, RunContent, VolumeContent, grid
from cryptobot_desktop.gui.chart.drawing import LINE_HEIGHT, pen
from cryptobot_desktop.gui.chart.frame import Frame
from cryptobot_desktop.gui.chart.model import ChartModel, Shown
from cryptobot_desktop.gui.chart.plotting import PlotView, show_range


class PaneView:
    """Keeps the frame that was computed last; everything is painted from it."""

    def __init__(self, view: PlotView, model: ChartModel, content: Content) -> None:
        self.content = content
        self.rect = QRectF()
        self.frame = Frame(0.0, 1.0, 0.0, 1.0, 1.0, 1.0)
        self.ticks: list[tuple[float, str]] = []
        self.labels: list[axes.TimeLabel] = []
        self._model = model
        self._view = view
        self.box = view.add_box()
        self._picture = view.add_item(self._paint, z=1)
        self._axis = view.add_item(self._paint_axis, z=2)

    @property
    def is_price(self) -> bool:
        """Return True for the pane with the candles."""
        return isinstance(self.content, PriceContent)

    def place(self, rect: QRectF, axis_width: float) -> None:
        """Stand at a rectangle of the scene, the axis right of it."""
        self.rect = rect
        self.box.setGeometry(rect)
        self._picture.place(rect)
        self._axis.place(QRectF(rect.right(), rect.top(), axis_width, rect.height()))

    def update_frame(self, ratio: float) -> None:
        """Compute the ranges and the ticks for the window as it is now."""
        model, window = self._model, self._model.window
        rect = self.rect
        across = Frame(
            window.left, window.right, 0.0, 1.0, max(1.0, rect.width()), max(1.0, rect.height()), ratio=ratio
        )
        low, high = self.content.value_range(across, model)
        log = self.is_price and model.log and low > 0
        self.frame = Frame(across.left, across.right, low, high, across.width, across.height, log=log, ratio=ratio)
        self.ticks = self.content.ticks(self.frame, model) if model.series.total else []
        show_range(self.box, self.frame)

    def remove(self) -> None:
        """Leave the scene."""
        for item in (self.box, self._picture, self._axis):
            self._view.remove(item)

    def _paint(self, painter: QPainter) -> None:
        painter.setFont(self._model.font)
        grid(painter, self.frame, self._model, [value for value, _ in self.ticks], [label.x for label in self.labels])
        if self._model.series.total:
            self.content.paint(painter, self.frame, self._model)
            size = legend.paint_legend(painter, self._model, self._legend_rows(), self.frame.width)
            if self.is_price:
                mark_layer.paint_line_words(painter, self.frame, self._model, size)
        painter.setPen(pen(self._model.theme.line))
        painter.drawLine(0, int(self.frame.height) - 1, int(self.frame.width), int(self.frame.height) - 1)

    def _legend_rows(self) -> list[list[legend.Part]]:
        model = self._model
        shown = self._shown()
        if isinstance(self.content, VolumeContent):
            return [legend.volume_parts(model, shown)]
        if isinstance(self.content, RunContent):
            return [legend.run_parts(model, self.content.run, 0, shown)]
        over = [run for run in model.runs if run.spec.overlay]
        rows = [legend.run_parts(model, run, place, shown) for place, run in enumerate(over)]
        return [legend.price_parts(model, shown), *rows]

    def _shown(self) -> Shown | None:
        cursor = self._model.cursor
        return self._model.newest if cursor is None else self._model.bar_near(self.frame.slot(cursor.x()))

    def _paint_axis(self, painter: QPainter) -> None:
        tags = axes.price_tags(self.frame, self._model) if self.is_price else []
        cursor, ticks = self._model.cursor, self.ticks
        if cursor is not None and self.rect.contains(cursor):
            y = cursor.y() - self.rect.top()
            ticks = [tick for tick in ticks if abs(self.frame.y(tick[0]) - y) >= LINE_HEIGHT]
        axes.paint_price_axis(painter, self.frame, self._model, ticks, tags)
        painter.setPen(pen(self._model.theme.line))
        painter.drawLine(
            0, int(self.frame.height) - 1, int(self._axis.boundingRect().width()), int(self.frame.height) - 1
        )

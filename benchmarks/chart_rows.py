"""One chart in a process of its own: ``python -m benchmarks.chart_rows ROW BARS REDRAWS`` prints milliseconds as JSON.

Every figure is from the data being there until the viewport has painted (wall clock), in a window of
1200 x 800 on Qt's offscreen raster.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

WIDTH, HEIGHT, FEW = 1200, 800, 300
SPARE = 2_000
_MINUTE_MS = 60_000
_START_MS = 1_704_067_200_000 // _MINUTE_MS * _MINUTE_MS

Columns = dict[str, Any]


def market(count: int) -> Columns:
    """Return columns of one-minute bars of a random walk, the same ones at every call."""
    chance = np.random.default_rng(42)
    close = 30_000 * np.exp(np.cumsum(chance.normal(0, 0.0005, count)))
    opened = np.concatenate(([30_000.0], close[:-1]))
    wicks = np.abs(chance.normal(0, 0.0003, (2, count)))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + wicks[0]),
        "low": np.minimum(opened, close) * (1 - wicks[1]),
        "close": close,
        "volume": chance.gamma(2.0, 3.0, count),
    }
    return {"time": _START_MS + np.arange(count) * _MINUTE_MS} | {k: np.round(v, 2) for k, v in columns.items()}


class Row(Protocol):
    """A chart under measurement. Each call ends after the viewport has painted."""

    def first(self, bars: Columns, count: int) -> None:
        """Show `count` bars for the first time, all of them; the window is there already (except for finplot)."""
        ...

    def append(self, count: int) -> None:
        """Show one bar more; `count` bars altogether."""
        ...

    def show(self, left: float, right: float) -> None:
        """Show the bars from `left` to `right`, prices following."""
        ...


class ThisChart:
    """The product's chart; `is_full` adds volume, three overlays and 100 fill markers."""

    def __init__(self, *, is_full: bool) -> None:
        from PySide6.QtWidgets import QApplication

        from cryptobot_desktop.gui import theme
        from cryptobot_desktop.gui.chart.chart import CandleChart

        self._app = QApplication.instance() or QApplication([])
        theme.station().put_on("dark")
        self._is_full = is_full
        self.chart = CandleChart()
        self.chart.show_volume(is_full)
        self.chart.resize(WIDTH, HEIGHT)
        self.chart.show()
        self._app.processEvents()

    def _arrays(self, count: int) -> Any:
        from cryptobot_desktop.engine.handle import CandleArrays

        bars = self._bars
        forming = (
            int(bars["time"][count]),
            *(float(bars[n][count]) for n in ("open", "high", "low", "close", "volume")),
        )
        fields = (bars[name][:count] for name in ("time", "open", "high", "low", "close", "volume"))
        return CandleArrays(1, *fields, forming=forming)

    def first(self, bars: Columns, count: int) -> None:
        self._bars = bars
        self.chart.set_bars(self._arrays(count))
        self.chart.model.window.show_all()
        self.chart.flush()

    def dress_up(self) -> None:
        """Add overlays and markers, and wait until the overlays are computed."""
        from cryptobot_desktop.domain.market import Side
        from cryptobot_desktop.gui.chart.marks import Mark

        if not self._is_full:
            return
        self.chart.set_overlays(["sma:20", "ema:50", "bollinger:20,2"])
        self.chart.flush()
        while self.chart.model.pending() is not None:
            self.chart.compute_slice()
        count = self.chart.model.series.count
        places = np.linspace(max(0, count - 2 * FEW), count - 1, 100).astype(int)
        fills = [
            Mark(
                str(i), int(self._bars["time"][i]), float(self._bars["close"][i]), Side.BUY if i % 2 else Side.SELL, ""
            )
            for i in places
        ]
        self.chart.set_marks(fills, [], [])

    def append(self, count: int) -> None:
        self.chart.set_bars(self._arrays(count))
        self.chart.flush()

    def show(self, left: float, right: float) -> None:
        window = self.chart.model.window
        window.left, window.right, window.follows = left, right, False
        self.chart.flush()


class Plot:
    """A pyqtgraph plot with nothing in it, or with the documented example's item."""

    def __init__(self, *, is_naive: bool) -> None:
        import pyqtgraph as pg
        from PySide6.QtWidgets import QApplication

        self._app = QApplication.instance() or QApplication([])
        self._is_naive = is_naive
        self._item: Any = None
        self._plot = pg.PlotWidget()
        self._plot.resize(WIDTH, HEIGHT)
        self._plot.show()
        self._app.processEvents()

    def _paint(self) -> None:
        self._plot.viewport().repaint()

    def first(self, bars: Columns, count: int) -> None:
        self._bars = bars
        self._show_item(count)
        self.show(0, count)

    def _show_item(self, count: int) -> None:
        if not self._is_naive:
            return
        if self._item is not None:
            self._plot.removeItem(self._item)
        rows = [self._bars[name][:count].tolist() for name in ("open", "close", "low", "high")]
        self._item = naive_item(list(zip(range(count), *rows, strict=True)))
        self._plot.addItem(self._item, ignoreBounds=True)

    def append(self, count: int) -> None:
        self._show_item(count)
        self._plot.viewport().update()
        self._paint()

    def show(self, left: float, right: float) -> None:
        part = slice(max(0, int(left)), int(right) + 1)
        low, high = float(self._bars["low"][part].min()), float(self._bars["high"][part].max())
        self._plot.setRange(xRange=(left, right), yRange=(low, high), padding=0)
        self._paint()


def naive_item(data: list[tuple[float, ...]]) -> Any:
    """Return the candlestick item of pyqtgraph's documented example (customGraphicsItem), unchanged in its work."""
    import pyqtgraph as pg
    from pyqtgraph import QtCore, QtGui

    class CandlestickItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph ships no types
        def __init__(self, data: list[tuple[float, ...]]) -> None:
            pg.GraphicsObject.__init__(self)
            self.data = data
            self.picture = QtGui.QPicture()
            painter = QtGui.QPainter(self.picture)
            painter.setPen(pg.mkPen("w"))
            w = (self.data[1][0] - self.data[0][0]) / 3.0
            for t, opened, close, low, high in self.data:
                painter.drawLine(QtCore.QPointF(t, low), QtCore.QPointF(t, high))
                painter.setBrush(pg.mkBrush("r") if opened > close else pg.mkBrush("g"))
                painter.drawRect(QtCore.QRectF(t - w, opened, w * 2, close - opened))
            painter.end()

        def paint(self, painter: Any, *_: object) -> None:
            painter.drawPicture(0, 0, self.picture)

        def boundingRect(self) -> Any:
            return QtCore.QRectF(self.picture.boundingRect())

    return CandlestickItem(data)


class Finplot:
    """finplot on PyQt6; its first frame includes making its window, which it cannot show without data."""

    def __init__(self) -> None:
        import finplot as fplt
        import pandas as pd

        self._fplt, self._pd = fplt, pd

    def _frame(self, count: int) -> Any:
        columns = {name: self._bars[name][:count] for name in ("open", "close", "high", "low")}
        index = self._pd.to_datetime(self._bars["time"][:count], unit="ms").astype("datetime64[ns]")
        return self._pd.DataFrame(columns, index=index)

    def first(self, bars: Columns, count: int) -> None:
        self._bars = bars
        self._ax = self._fplt.create_plot("bars", maximize=False)
        self._item = self._fplt.candlestick_ochl(self._frame(count), ax=self._ax)
        self._window = self._fplt.windows[-1]
        self._window.resize(WIDTH, HEIGHT)
        self._fplt.show(qt_exec=False)
        self._window.viewport().repaint()

    def append(self, count: int) -> None:
        self._item.update_data(self._frame(count))
        self._window.viewport().update()
        self._window.viewport().repaint()

    def show(self, left: float, right: float) -> None:
        self._ax.vb.update_y_zoom(left, right)
        self._window.viewport().update()
        self._window.viewport().repaint()


ROWS: dict[str, Callable[[], Row]] = {
    "empty plot": lambda: Plot(is_naive=False),
    "this chart": lambda: ThisChart(is_full=False),
    "this chart, full": lambda: ThisChart(is_full=True),
    "naive item": lambda: Plot(is_naive=True),
    "finplot": Finplot,
}


def measure(name: str, count: int, redraws: int) -> dict[str, list[float]]:
    """Return the milliseconds of each kind of redraw."""
    bars = market(count + SPARE)
    warm = ROWS[name]()
    warm.first(bars, FEW)
    row = ROWS[name]()
    found = {"first frame": [_ms(lambda: row.first(bars, count))]}
    if isinstance(row, ThisChart):
        row.dress_up()
    shown = count
    for view, span in (("all", float(count)), (f"{FEW} bars", float(FEW))):
        row.show(shown - span, shown + 8.0)
        if isinstance(row, ThisChart):
            row.chart.model.window.follows = True
        found[f"append, {view}"] = []
        for _ in range(redraws):
            shown += 1
            found[f"append, {view}"].append(_ms(lambda number=shown: row.append(number)))
        step = span * 0.9 / WIDTH * 7
        found[f"pan, {view}"] = [
            _ms(lambda at=shown - span - step * number: row.show(at, at + 0.9 * span)) for number in range(redraws)
        ]
    return found


def _ms(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))

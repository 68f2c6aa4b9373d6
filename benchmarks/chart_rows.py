"""One chart in a process of its own: ``python -m benchmarks.chart_rows ROW BARS REDRAWS`` prints milliseconds as JSON.

Every figure is from the data being there until the viewport has painted (paint events are counted), in a
window of 1200 x 800 on Qt's offscreen raster. All of it happens in one thread without waiting, so
processor time is taken, which other programs on the machine disturb least.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np

WIDTH, HEIGHT, FEW = 1200, 800, 300
SPARE = 2_000
_MINUTE_MS = 60_000
_START_MS = 1_704_067_200_000
_FIELDS = ("open", "high", "low", "close", "volume")

Foreign = Any
"""What comes from packages without types, from two Qt bindings."""
Columns = dict[str, Foreign]


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

    @property
    def viewport(self) -> Foreign:
        """Return the widget whose paint events count."""
        ...

    def first(self, bars: Columns, count: int) -> None:
        """Show `count` bars for the first time, all of them; the window is there already (except for finplot)."""
        ...

    def append(self, count: int) -> None:
        """Show one bar more; `count` bars altogether."""
        ...

    def show(self, left: float, right: float) -> None:
        """Show the bars from `left` to `right`, prices following."""
        ...


class _ThisChart:
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

    @property
    def viewport(self) -> Foreign:
        from PySide6.QtWidgets import QGraphicsView

        view: Foreign = self.chart.findChild(QGraphicsView)
        return view.viewport()

    def _arrays(self, count: int) -> Foreign:
        from cryptobot_desktop.engine.handle import CandleArrays

        bars = self._bars
        opened, high, low, close, volume = (float(bars[name][count]) for name in _FIELDS)
        return CandleArrays(
            revision=1,
            open_ms=bars["time"][:count],
            open=bars["open"][:count],
            high=bars["high"][:count],
            low=bars["low"][:count],
            close=bars["close"][:count],
            volume=bars["volume"][:count],
            forming=(int(bars["time"][count]), opened, high, low, close, volume),
        )

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
        times, prices, count = self._bars["time"], self._bars["close"], self.chart.model.series.count
        places = np.linspace(max(0, count - FEW), count - 1, 100).astype(int).tolist()
        sides = (Side.BUY, Side.SELL)
        fills = [Mark(str(i), int(times[i]), float(prices[i]), sides[i % 2], "a fill") for i in places]
        self.chart.set_marks(fills, [], [])

    def append(self, count: int) -> None:
        self.chart.set_bars(self._arrays(count))
        self.chart.flush()

    def show(self, left: float, right: float) -> None:
        window = self.chart.model.window
        window.left, window.right, window.follows = left, right, False
        self.chart.flush()


class _Plot:
    """A pyqtgraph plot with nothing in it, or with the documented example's item."""

    def __init__(self, *, is_naive: bool) -> None:
        import pyqtgraph as pg
        from PySide6.QtWidgets import QApplication

        self._app = QApplication.instance() or QApplication([])
        self._is_naive = is_naive
        self._item: Foreign = None
        self._plot = pg.PlotWidget()
        self._plot.resize(WIDTH, HEIGHT)
        self._plot.show()
        self._app.processEvents()

    @property
    def viewport(self) -> Foreign:
        return self._plot.viewport()

    def _paint(self) -> None:
        self.viewport.update()
        self.viewport.repaint()

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
        self._paint()

    def show(self, left: float, right: float) -> None:
        part = slice(max(0, int(left)), int(right) + 1)
        low, high = float(self._bars["low"][part].min()), float(self._bars["high"][part].max())
        self._plot.setRange(xRange=(left, right), yRange=(low, high), padding=0)
        self._paint()


def naive_item(data: list[tuple[float, ...]]) -> Foreign:
    """Return the candlestick item of pyqtgraph's documented example (customGraphicsItem), unchanged in its work."""
    import pyqtgraph as pg
    from pyqtgraph import QtCore, QtGui

    class CandlestickItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph ships no types
        """As in the example."""

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

        def paint(self, painter: Foreign, *_: object) -> None:
            painter.drawPicture(0, 0, self.picture)

        def boundingRect(self) -> Foreign:
            return QtCore.QRectF(self.picture.boundingRect())

    return CandlestickItem(data)


class _Finplot:
    """finplot on PyQt6; its first frame includes making its window, which it cannot show without data."""

    def __init__(self) -> None:
        import finplot as fplt  # type: ignore[import-not-found,unused-ignore]  # only in the peers' environment
        import pandas as pd

        self._fplt, self._pd = fplt, pd

    @property
    def viewport(self) -> Foreign:
        return self._window.viewport()

    def _frame(self, count: int) -> Foreign:
        columns = {name: self._bars[name][:count] for name in ("open", "close", "high", "low")}
        # With pandas 3 and its microseconds finplot's zoom silently does nothing.
        index = self._pd.to_datetime(self._bars["time"][:count], unit="ms").astype("datetime64[ns]")
        return self._pd.DataFrame(columns, index=index)

    def first(self, bars: Columns, count: int) -> None:
        self._bars = bars
        self._ax = self._fplt.create_plot("bars", maximize=False)
        self._item = self._fplt.candlestick_ochl(self._frame(count), ax=self._ax)
        self._window = self._fplt.windows[-1]
        self._window.resize(WIDTH, HEIGHT)
        self._fplt.show(qt_exec=False)
        self._fplt.pg.QtWidgets.QApplication.processEvents()

    def append(self, count: int) -> None:
        self._item.update_data(self._frame(count))
        self._paint()

    def show(self, left: float, right: float) -> None:
        self._ax.vb.update_y_zoom(left, right)
        self._paint()

    def _paint(self) -> None:
        self.viewport.update()
        self.viewport.repaint()


ROWS: dict[str, Callable[[], Row]] = {
    "empty plot": lambda: _Plot(is_naive=False),
    "this chart": lambda: _ThisChart(is_full=False),
    "this chart, full": lambda: _ThisChart(is_full=True),
    "naive item": lambda: _Plot(is_naive=True),
    "finplot": _Finplot,
}


def measure(name: str, count: int, redraws: int) -> dict[str, list[float]]:
    """Return the milliseconds of each kind of redraw."""
    bars = market(count + SPARE)
    warm = ROWS[name]()
    warm.first(bars, FEW)
    row = ROWS[name]()
    found = {"first frame": [_ms(partial(row.first, bars, count))]}
    if isinstance(row, _ThisChart):
        row.dress_up()
    paints = _Paints(row.viewport)
    shown = count
    for view, span in (("all", float(count)), (f"{FEW} bars", float(FEW))):
        row.show(shown - span, shown + 8.0)
        if isinstance(row, _ThisChart):
            row.chart.model.window.follows = True
        before = paints.count
        found[f"append, {view}"] = [_ms(partial(row.append, shown + number + 1)) for number in range(redraws)]
        shown += redraws
        lefts = [shown - span - span * 0.005 * number for number in range(redraws)]
        found[f"pan, {view}"] = [_ms(partial(row.show, max(0.0, left), left + 0.9 * span)) for left in lefts]
        if paints.count - before < 2 * redraws:
            raise RuntimeError(f"{name} painted {paints.count - before} times instead of {2 * redraws}")
    return found


class _Paints:
    """Counts how often a widget has really painted."""

    def __init__(self, viewport: Foreign) -> None:
        from pyqtgraph.Qt import QtCore

        self.count = 0

        def look(_: object, __: object, event: Foreign) -> bool:
            self.count += event.type() == QtCore.QEvent.Type.Paint
            return False

        self._filter = type("PaintFilter", (QtCore.QObject,), {"eventFilter": look})()
        viewport.installEventFilter(self._filter)


def _ms(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1_000


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))

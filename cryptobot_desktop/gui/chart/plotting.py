"""The one module that touches pyqtgraph: the view, its boxes, and items that paint what a function says."""

import os
from collections.abc import Callable
from typing import Protocol, cast

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsView, QStyleOptionGraphicsItem, QWidget

# pyqtgraph takes PyQt6 where it finds it, unless told otherwise before its first import.
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

import pyqtgraph as pg

from cryptobot_desktop.gui.chart.frame import Frame

Paint = Callable[[QPainter], None]


class PlotBox(Protocol):
    """What the chart uses of a pyqtgraph ViewBox; items in data coordinates may be added to it."""

    def setGeometry(self, rect: QRectF, /) -> None:  # noqa: N802 - Qt's name
        """Place the box in the scene."""
        ...

    def setRange(self, rect: QRectF, /, *, padding: float) -> None:  # noqa: N802 - pyqtgraph's name
        """Show the ranges of a rectangle in data coordinates."""
        ...

    def addItem(self, item: QGraphicsItem, /, ignoreBounds: bool = ...) -> None:  # noqa: N802, N803 - as above
        """Put an item in data coordinates into the box."""
        ...


class PaintedItem(QGraphicsItem):
    """A rectangle of the scene that a function paints, in pixels from its own left top corner."""

    def __init__(self, paint: Paint, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self._paint = paint
        self._rect = QRectF()

    def place(self, rect: QRectF) -> None:
        """Stand at a rectangle of the parent."""
        self.prepareGeometryChange()
        self.setPos(rect.topLeft())
        self._rect = QRectF(0, 0, rect.width(), rect.height())

    def boundingRect(self) -> QRectF:
        """Return the own rectangle."""
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint as the function says, within the rectangle."""
        painter.setClipRect(self._rect)
        self._paint(painter)


class PlotView:
    """A pyqtgraph view whose scene is measured in pixels; mouse and keys go to the widget around it."""

    def __init__(self, parent: QWidget) -> None:
        self._view = pg.GraphicsView(parent)
        self.widget = cast("QGraphicsView", self._view)
        self.widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.widget.setMouseTracking(False)
        self.widget.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.widget.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.widget.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)

    def set_background(self, colour: str) -> None:
        """Fill what no item covers."""
        self._view.setBackground(QColor(colour))

    def add_box(self) -> PlotBox:
        """Return a new box in the scene that neither listens to the mouse nor ranges by itself."""
        box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        box.disableAutoRange()
        self.widget.scene().addItem(box)
        return cast("PlotBox", box)

    def add_item(self, paint: Paint, *, z: float) -> PaintedItem:
        """Return a new painted item in the scene; larger `z` is nearer."""
        item = PaintedItem(paint)
        item.setZValue(z)
        self.widget.scene().addItem(item)
        return item

    def remove(self, item: object) -> None:
        """Take a box or an item out of the scene."""
        self.widget.scene().removeItem(cast("QGraphicsItem", item))

    def repaint_soon(self) -> None:
        """Ask for one paint; several requests before it become one."""
        self.widget.viewport().update()

    def repaint_now(self) -> None:
        """Paint before returning; for measurements and pictures."""
        self.widget.viewport().repaint()


def show_range(box: PlotBox, frame: Frame) -> None:
    """Give a box the frame's ranges, so that items in data coordinates stand where the bars are."""
    low, high = frame.scaled(frame.low), frame.scaled(frame.high)
    box.setRange(QRectF(frame.left, low, frame.right - frame.left, high - low), padding=0.0)

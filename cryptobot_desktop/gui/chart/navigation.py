"""Mouse and keys of the chart: pan, zoom, crosshair, tooltips of marks, dragging the price axis."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from cryptobot_desktop.gui.chart.mark_layer import LANE_PX
from cryptobot_desktop.gui.chart.marks import Mark
from cryptobot_desktop.gui.chart.model import ChartModel
from cryptobot_desktop.gui.chart.stage import Stage

_NOTCH = 120.0
_ZOOM_PER_NOTCH = 1.18
_PAN_SHARE = 0.1
_CLICK_PX = 4.0


class Navigation(QObject):
    """Turns events into movements of the window."""

    changed = Signal()
    """Something must be drawn anew."""
    fill_clicked = Signal(str)
    decision_clicked = Signal(str)

    def __init__(self, chart: QWidget, model: ChartModel, stage: Stage) -> None:
        super().__init__(chart)
        self._chart, self._model, self._stage = chart, model, stage
        self._grabbed: QPointF | None = None
        self._start: QPointF | None = None
        self._on_axis = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Use an event of the chart's widget, or leave it to the widget."""
        handler = _HANDLERS.get(event.type())
        return handler is not None and handler(self, event)

    @Slot()
    def follow(self) -> None:
        """Go to the newest bar and stay with it."""
        self._model.window.follow()
        self.changed.emit()

    def _press(self, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return False
        self._chart.setFocus(Qt.FocusReason.MouseFocusReason)
        self._grabbed = self._start = event.position()
        self._on_axis = event.position().x() > self._stage.price.rect.right()
        return True

    def _release(self, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent) or self._start is None:
            return False
        moved = event.position() - self._start
        self._grabbed = self._start = None
        if abs(moved.x()) + abs(moved.y()) <= _CLICK_PX and not self._on_axis:
            self._click(event.position())
        self._look(event.position(), event.globalPosition().toPoint())
        return True

    def _click(self, at: QPointF) -> None:
        fill = self._fill_at(at)
        decision = self._decision_at(at)
        if fill is not None:
            self.fill_clicked.emit(fill.key)
        elif decision is not None:
            self.decision_clicked.emit(decision.key)

    def _double_click(self, event: QEvent) -> bool:
        """Let the price axis range by itself again."""
        self._model.manual_range = None
        self.changed.emit()
        return True

    def _move(self, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent):
            return False
        if self._grabbed is not None:
            moved = event.position() - self._grabbed
            self._grabbed = event.position()
            self._drag(moved)
        self._look(event.position(), event.globalPosition().toPoint())
        self.changed.emit()
        return True

    def _drag(self, moved: QPointF) -> None:
        """Move the window, or stretch the prices when the price axis was grabbed."""
        frame, model = self._stage.frame, self._model
        if self._on_axis:
            self._stretch(1.005 ** moved.y())
            return
        model.window.pan(-moved.x() / frame.slot_px)
        if model.manual_range is not None:
            low, high = (frame.value(edge - moved.y()) for edge in (frame.height, 0.0))
            model.manual_range = (low, high)

    def _stretch(self, factor: float) -> None:
        frame = self._stage.frame
        middle, half = frame.height / 2, frame.height / 2 * factor
        self._model.manual_range = (frame.value(middle + half), frame.value(middle - half))

    def _look(self, at: QPointF, on_screen: QPoint) -> None:
        """Follow the mouse with the crosshair, and tell about the mark under it."""
        inside = self._stage.plot_area.contains(at) and self._model.series.total > 0
        self._model.cursor = at if inside and self._grabbed is None else None
        mark = (self._fill_at(at) or self._decision_at(at)) if inside else None
        shape = Qt.CursorShape.PointingHandCursor if mark is not None else Qt.CursorShape.CrossCursor
        self._chart.setCursor(shape if inside else Qt.CursorShape.ArrowCursor)
        if mark is not None:
            QToolTip.showText(on_screen, mark.text, self._chart)
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def _fill_at(self, at: QPointF) -> Mark | None:
        pane = self._stage.price
        places = self._model.fills.places(pane.frame, self._model.series)
        return self._model.fills.nearest(at.x(), at.y() - pane.rect.top(), places)

    def _decision_at(self, at: QPointF) -> Mark | None:
        pane = self._stage.price
        x, y = self._model.decisions.places(pane.frame, self._model.series)
        y[:] = pane.frame.height - LANE_PX / 2
        return self._model.decisions.nearest(at.x(), at.y() - pane.rect.top(), (x, y))

    def _leave(self, event: QEvent) -> bool:
        self._model.cursor = None
        self.changed.emit()
        return False

    def _wheel(self, event: QEvent) -> bool:
        """Zoom up and down, pan sideways (or with Shift); with Ctrl the place under the mouse stays."""
        if not isinstance(event, QWheelEvent):
            return False
        turned, keys = event.angleDelta(), event.modifiers()
        sideways = float(turned.x() or (turned.y() if keys & Qt.KeyboardModifier.ShiftModifier else 0))
        window = self._model.window
        if sideways:
            window.pan(-sideways / _NOTCH * _PAN_SHARE * window.span)
        elif turned.y():
            if keys & Qt.KeyboardModifier.ControlModifier:
                window.follows = False
            anchor = self._stage.frame.slot(event.position().x())
            window.zoom(_ZOOM_PER_NOTCH ** (-turned.y() / _NOTCH), anchor)
        self.changed.emit()
        event.accept()
        return True

    def _key(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        action = self._action(event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        if action is None:
            return False
        action()
        self.changed.emit()
        event.accept()
        return True

    def _action(self, key: int, with_ctrl: bool) -> Callable[[], None] | None:
        window, keys = self._model.window, Qt.Key
        if with_ctrl and key in (keys.Key_Up, keys.Key_Down):
            key = keys.Key_Plus if key == keys.Key_Up else keys.Key_Minus
        step = window.span * _PAN_SHARE
        actions: dict[int, Callable[[], None]] = {
            keys.Key_Left: lambda: window.pan(-step),
            keys.Key_Right: lambda: window.pan(step),
            keys.Key_Plus: lambda: window.zoom(1 / _ZOOM_PER_NOTCH),
            keys.Key_Equal: lambda: window.zoom(1 / _ZOOM_PER_NOTCH),
            keys.Key_Minus: lambda: window.zoom(_ZOOM_PER_NOTCH),
            keys.Key_Home: window.show_oldest,
            keys.Key_End: window.follow,
        }
        return actions.get(key)


# Outside of the class, because Qt still tells a widget things while Python is already taking it apart.
_HANDLERS: dict[QEvent.Type, Callable[[Navigation, QEvent], bool]] = {
    QEvent.Type.MouseButtonPress: Navigation._press,
    QEvent.Type.MouseButtonRelease: Navigation._release,
    QEvent.Type.MouseButtonDblClick: Navigation._double_click,
    QEvent.Type.MouseMove: Navigation._move,
    QEvent.Type.Leave: Navigation._leave,
    QEvent.Type.Wheel: Navigation._wheel,
    QEvent.Type.KeyPress: Navigation._key,
}

"""The chart's right-click menu: scale, range, and the zone of its times."""

from datetime import UTC

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from cryptobot_desktop.gui.chart.model import ChartModel


class ChartMenu(QMenu):
    """Opens without stopping anything; `changed` asks for a frame."""

    changed = Signal()

    def __init__(self, chart: QWidget, model: ChartModel) -> None:
        super().__init__(chart)
        self._chart, self._model = chart, model
        self._log = self._add("Logarithmic scale", checkable=True)
        self._local = self._add("Times of this computer", checkable=True)
        self.addSeparator()
        self._fit = self._add("Fit prices")
        self._all = self._add("Whole history")
        self._newest = self._add("To newest")
        self.triggered.connect(self._do)

    def _add(self, text: str, *, checkable: bool = False) -> QAction:
        action = self.addAction(text)
        action.setCheckable(checkable)
        return action

    @Slot(QPoint)
    def open_at(self, place: QPoint) -> None:
        """Open at a place of the chart."""
        self._log.setChecked(self._model.log)
        self._local.setChecked(self._model.zone is None)
        self._fit.setEnabled(self._model.manual_range is not None)
        self._newest.setEnabled(not self._model.window.follows)
        self.popup(self._chart.mapToGlobal(place))

    @Slot(QAction)
    def _do(self, action: QAction) -> None:
        model = self._model
        if action is self._log:
            model.log, model.manual_range = action.isChecked(), None
        elif action is self._local:
            model.zone = None if action.isChecked() else UTC
        elif action is self._fit:
            model.manual_range = None
        elif action is self._all:
            model.window.show_all()
        else:
            model.window.follow()
        self.changed.emit()

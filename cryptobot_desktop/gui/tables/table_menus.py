"""The context menus of a table: the row's own actions, copy, export; which columns are shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QTableView


class TableWords(Protocol):
    """What the menus need of their table."""

    def actions_at(self, index: QModelIndex) -> Sequence[QAction]:
        """Return what can be done with the row behind an index."""
        ...

    def copy_rows(self) -> None:
        """Copy the chosen rows."""
        ...

    def export_text(self) -> str:
        """Return all rows as CSV."""
        ...


class TableMenus(QObject):
    """Opens menus where the right button is pressed; never blocks."""

    def __init__(self, view: QTableView, table: TableWords) -> None:
        super().__init__(view)
        self._view = view
        self._table = table
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._open_row_menu)
        header = view.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_header_menu)

    @Slot(QPoint)
    def _open_row_menu(self, at: QPoint) -> None:
        menu = self._menu()
        actions = list(self._table.actions_at(self._view.indexAt(at)))
        if actions:
            menu.addActions(actions)
            menu.addSeparator()
        menu.addAction("Copy rows", QKeySequence(QKeySequence.StandardKey.Copy), self._table.copy_rows)
        menu.addAction("Export table as CSV\u2026", self._ask_export)
        menu.popup(self._view.viewport().mapToGlobal(at))

    @Slot(QPoint)
    def _open_header_menu(self, at: QPoint) -> None:
        menu = self._menu()
        model = self._view.model()
        for number in range(model.columnCount()):
            action = menu.addAction(str(model.headerData(number, Qt.Orientation.Horizontal)))
            action.setCheckable(True)
            action.setChecked(not self._view.isColumnHidden(number))
            action.setData(number)
        menu.triggered.connect(self._show_or_hide)
        menu.popup(self._view.horizontalHeader().mapToGlobal(at))

    def _menu(self) -> QMenu:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    @Slot(QAction)
    def _show_or_hide(self, action: QAction) -> None:
        self._view.setColumnHidden(int(action.data()), not action.isChecked())

    @Slot()
    def _ask_export(self) -> None:
        dialog = QFileDialog(self._view, "Export table", f"{self._view.objectName()}.csv", "CSV (*.csv)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self._export_to)
        dialog.open()

    @Slot(str)
    def _export_to(self, path: str) -> None:
        try:
            Path(path).write_text(self._table.export_text(), encoding="utf-8")
        except OSError as problem:
            box = QMessageBox(
                QMessageBox.Icon.NoIcon,
                "Export table",
                f"{path} cannot be written: {problem.strerror}. Choose another place.",
                QMessageBox.StandardButton.Close,
                self._view,
            )
            box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            box.open()

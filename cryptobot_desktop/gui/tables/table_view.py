"""The view of every table: quiet rows, sorting, copying as TSV, hiding columns, export, remembered widths."""

import csv
import io
from collections.abc import Callable, Hashable, Sequence
from typing import Generic

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from cryptobot_desktop.gui.settings_port import SettingsPort, bytes_setting
from cryptobot_desktop.gui.tables.card_model import RAW_ROLE, ROW_ROLE, CardTableModel
from cryptobot_desktop.gui.tables.columns import Column, Row
from cryptobot_desktop.gui.tables.sorted_rows import SortedRows
from cryptobot_desktop.gui.tables.table_menus import TableMenus
from cryptobot_desktop.gui.tables.tone_delegate import ToneDelegate
from cryptobot_desktop.gui.theme import number_font, station
from cryptobot_desktop.gui.tokens import ROW_HEIGHT, SMALL_PX

_CELL_PADDING = 22
_SAVE_DELAY_MS = 400


class TableView(QTableView, Generic[Row]):
    """A table over a `CardTableModel`; rows are chosen whole. `activated_row` comes on double click and Enter."""

    activated_row = Signal(object)
    chosen_row = Signal(object)
    """The row that the cursor is on, or None."""

    def __init__(
        self, name: str, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.cards: CardTableModel[Row] = CardTableModel(columns, key, self)
        self.sorted_rows = SortedRows(self)
        self.sorted_rows.setSourceModel(self.cards)
        self.setModel(self.sorted_rows)
        self.row_actions: Callable[[Row], Sequence[QAction]] | None = None
        self._settings: SettingsPort | None = None
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_DELAY_MS)
        self._save_timer.timeout.connect(self._save_header)
        self._set_up_look()
        self._set_up_header()
        self.setItemDelegate(ToneDelegate(self))
        self._menus = TableMenus(self, self)
        self.doubleClicked.connect(self._activate)
        self.selectionModel().currentRowChanged.connect(self._tell_chosen)
        station().changed.connect(self._restyle)

    def _set_up_look(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(ROW_HEIGHT)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionsMovable(True)
        header.setFont(number_font(self.font(), SMALL_PX))
        self._size_columns()
        header.sectionResized.connect(self._save_soon)
        header.sectionMoved.connect(self._save_soon)
        header.sortIndicatorChanged.connect(self._save_soon)

    def _size_columns(self) -> None:
        cells, titles = QFontMetrics(self.font()), QFontMetrics(self.horizontalHeader().font())
        for number, column in enumerate(self.cards.columns):
            title = titles.horizontalAdvance(column.title) + 14
            self.setColumnWidth(number, max(cells.horizontalAdvance(column.wide), title) + _CELL_PADDING)
            self.setColumnHidden(number, column.hidden)
            if column.stretch:
                self.horizontalHeader().setStretchLastSection(number == len(self.cards.columns) - 1)

    def _restyle(self) -> None:
        self.horizontalHeader().setFont(number_font(self.font(), SMALL_PX))
        self.viewport().update()

    def keep_header(self, settings: SettingsPort) -> None:
        """Restore widths, order, hidden columns and sorting, and keep them from now on."""
        saved = bytes_setting(settings, self._key())
        if saved:
            self.horizontalHeader().restoreState(saved)
        self._settings = settings

    def _key(self) -> str:
        return f"table/{self.objectName()}/{len(self.cards.columns)}"

    def _save_soon(self) -> None:
        if self._settings is not None:
            self._save_timer.start()

    def _save_header(self) -> None:
        if self._settings is not None:
            self._settings.set(self._key(), bytes(self.horizontalHeader().saveState().data()))

    def row_at(self, index: QModelIndex) -> Row | None:
        """Return the row behind an index of this view."""
        row: Row | None = index.data(ROW_ROLE) if index.isValid() else None
        return row

    def actions_at(self, index: QModelIndex) -> Sequence[QAction]:
        """Return what can be done with the row behind an index."""
        row = self.row_at(index)
        return self.row_actions(row) if row is not None and self.row_actions is not None else ()

    def chosen(self) -> Row | None:
        """Return the row that the cursor is on."""
        return self.row_at(self.currentIndex())

    def choose(self, matches: Callable[[Row], bool]) -> None:
        """Put the cursor on the first row that matches."""
        for number in range(self.sorted_rows.rowCount()):
            row = self.row_at(self.sorted_rows.index(number, 0))
            if row is not None and matches(row):
                self.selectRow(number)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C, activate on Enter, let Escape clear the choice."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate(self.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self.clearSelection()
            event.ignore()
        else:
            super().keyPressEvent(event)

    def copy_rows(self) -> None:
        """Put the chosen rows on the clipboard as tab-separated raw values with a header line."""
        numbers = sorted({index.row() for index in self.selectionModel().selectedRows()})
        QGuiApplication.clipboard().setText(self._delimited("\t", numbers))

    def export_text(self) -> str:
        """Return all shown rows as CSV with raw values."""
        return self._delimited(",", range(self.sorted_rows.rowCount()))

    def _delimited(self, delimiter: str, numbers: Sequence[int]) -> str:
        header = self.horizontalHeader()
        shown = [
            header.logicalIndex(i) for i in range(header.count()) if not header.isSectionHidden(header.logicalIndex(i))
        ]
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        writer.writerow([self.cards.columns[i].title for i in shown])
        for number in numbers:
            writer.writerow([self.sorted_rows.index(number, i).data(RAW_ROLE) for i in shown])
        return text.getvalue()

    def _activate(self, index: QModelIndex) -> None:
        row = self.row_at(index)
        if row is not None:
            self.activated_row.emit(row)

    def _tell_chosen(self) -> None:
        self.chosen_row.emit(self.chosen())

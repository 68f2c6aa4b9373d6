"""A table model over immutable rows: a new batch changes what differs and says so once."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic

from PySide6.QtCore import (
    QAbstractTableModel,
    QElapsedTimer,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor

from cryptobot_desktop.gui.tables.columns import Column, Row, Tone
from cryptobot_desktop.gui.tables.row_changes import row_changes
from cryptobot_desktop.gui.theme import current

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = int(Qt.ItemDataRole.UserRole)
ROW_ROLE = SORT_ROLE + 1
RAW_ROLE = SORT_ROLE + 2
FLASH_MS = 250

_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class CardTableModel(QAbstractTableModel, Generic[Row]):
    """Rows of one kind, known by a key, shown by columns."""

    def __init__(
        self, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []
        self._keys: list[Hashable] = []
        self._dimmed = False
        self._flashes: dict[tuple[Hashable, int], tuple[int, Tone]] = {}
        self._age = QElapsedTimer()
        self._age.start()

    @property
    def rows(self) -> Sequence[Row]:
        """Return the rows in the order in which they were given."""
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; unchanged ones cost nothing, changed ones give one dataChanged for all."""
        keys = [self._key(row) for row in rows]
        if keys != self._keys:
            self._move_to(list(rows), keys)
        self._replace(rows)

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw all values muted (stale) or as usual."""
        if self._dimmed != dimmed:
            self._dimmed = dimmed
            self._tell(0, len(self._rows) - 1)

    def _move_to(self, rows: list[Row], keys: list[Hashable]) -> None:
        changes = row_changes(self._keys, keys)
        if changes is None:
            self.beginResetModel()
            self._rows, self._keys = rows, keys
            self.endResetModel()
            return
        for first, count in changes.removals:
            self.beginRemoveRows(QModelIndex(), first, first + count - 1)
            del self._rows[first : first + count], self._keys[first : first + count]
            self.endRemoveRows()
        for first, count in changes.insertions:
            self.beginInsertRows(QModelIndex(), first, first + count - 1)
            self._rows[first:first] = rows[first : first + count]
            self._keys[first:first] = keys[first : first + count]
            self.endInsertRows()

    def _replace(self, rows: Sequence[Row]) -> None:
        changed = [i for i, row in enumerate(rows) if row is not self._rows[i] and row != self._rows[i]]
        for i in changed:
            self._note_flashes(i, rows[i])
            self._rows[i] = rows[i]
        changed += self._faded()
        if changed:
            self._tell(min(changed), max(changed))

    def _tell(self, first: int, last: int) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def _note_flashes(self, index: int, new: Row) -> None:
        for number, column in enumerate(self.columns):
            if not column.flash:
                continue
            before, after = column.sort(self._rows[index]), column.sort(new)
            if before != after:
                rises = str(after) > str(before) if isinstance(after, str) else after > float(before)
                self._flashes[self._keys[index], number] = (
                    self._age.elapsed() + FLASH_MS,
                    Tone.UP if rises else Tone.DOWN,
                )

    def _faded(self) -> list[int]:
        """Forget flashes that are over and return their rows."""
        now = self._age.elapsed()
        over = [place for place, (until, _) in self._flashes.items() if until <= now]
        for place in over:
            del self._flashes[place]
        keys = {key for key, _ in over}
        return [i for i, key in enumerate(self._keys) if key in keys] if keys else []

    # What Qt asks.

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt wants to know about one cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(getattr(current(), self._tone(index.row(), index.column())))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBERS if column.numeric else _WORDS
        return self._rare(row, column, role)

    def _rare(self, row: Row, column: Column[Row], role: int) -> object:
        if role == SORT_ROLE:
            return column.sort(row)
        if role == ROW_ROLE:
            return row
        if role == RAW_ROLE:
            return (column.raw or column.text)(row)
        if role == Qt.ItemDataRole.ToolTipRole and column.tip is not None:
            return column.tip(row)
        return None

    def _tone(self, row: int, column: int) -> Tone:
        if self._dimmed:
            return Tone.MUTED
        flash = self._flashes.get((self._keys[row], column))
        if flash is not None:
            return flash[1]
        tone = self.columns[column].tone
        return tone(self._rows[row]) if tone is not None else Tone.PLAIN

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a column's title, alignment or help."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBERS if column.numeric else _WORDS
        return column.help or None if role == Qt.ItemDataRole.ToolTipRole else None

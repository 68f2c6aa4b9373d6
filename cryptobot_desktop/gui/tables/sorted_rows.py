"""Sorting and filtering between a model and its view: by value, not by what is shown."""

from PySide6.QtCore import QObject, QSortFilterProxyModel, Qt

from cryptobot_desktop.gui.tables.card_model import RAW_ROLE, SORT_ROLE, Index


class SortedRows(QSortFilterProxyModel):
    """Sorts by each column's own value; the filter text is looked for in every column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(SORT_ROLE)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterKeyColumn(-1)
        self.setFilterRole(RAW_ROLE)
        self.setDynamicSortFilter(True)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compare exactly: Python integers of any size, which Qt would cut to 64 bits or floats."""
        model = self.sourceModel()
        one, other = model.data(left, SORT_ROLE), model.data(right, SORT_ROLE)
        if isinstance(one, str) != isinstance(other, str):
            return isinstance(one, str)
        return bool(one < other)

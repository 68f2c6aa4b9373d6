"""Command palette (Ctrl+K): type a few letters of an action, a symbol or a timeframe, press Enter."""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListView, QVBoxLayout, QWidget

from cryptobot_desktop.gui.actions import ActionRegistry
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.tables.card_model import Index
from cryptobot_desktop.gui.tokens import SPACE

SHOWN = 12


class Entry(Struct, frozen=True):
    """One thing that can be done: what it is called, where it belongs, its keys, and the doing."""

    text: str
    place: str
    keys: str
    run: Callable[[], object]


def fuzzy_score(query: str, text: str) -> int | None:
    """Return how well the letters of a query appear in order in a text, lower is better; None when they do not.

    Gaps between the letters and a late start cost.
    """
    position, cost = -1, 0
    lowered = text.lower()
    for letter in query.lower().replace(" ", ""):
        found = lowered.find(letter, position + 1)
        if found < 0:
            return None
        cost += found - position - 1
        position = found
    return cost + len(text) // 8


def best_entries(entries: Sequence[Entry], query: str, recent: Sequence[str]) -> list[Entry]:
    """Return the best matches, recently used ones first among equals."""
    scored = [(score, entry) for entry in entries if (score := fuzzy_score(query, entry.text)) is not None]
    places = {text: place for place, text in enumerate(recent)}
    scored.sort(key=lambda pair: (pair[0] if query else 0, places.get(pair[1].text, len(places))))
    return [entry for _, entry in scored[:SHOWN]]


def palette_entries(registry: ActionRegistry, desk: Desk) -> list[Entry]:
    """Return everything that can be done now: enabled actions, then showing a watched symbol."""
    entries = [
        Entry(action.text(), menu, action.shortcut().toString(), action.trigger)
        for menu, action in registry.all()
        if action.isEnabled()
    ]
    for card in desk.snapshot.instruments if desk.snapshot is not None else ():
        show = partial(desk.choose_instrument, card.instrument.id)
        entries.append(Entry(f"Show {card.instrument.name}", card.instrument.venue.value, "", show))
    return entries


class _EntryList(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role != Qt.ItemDataRole.DisplayRole or not index.isValid():
            return None
        entry = self.entries[index.row()]
        keys = f"   {entry.keys}" if entry.keys else ""
        return f"{entry.text}   \u00b7 {entry.place}{keys}"


class CommandPalette(QDialog):
    """A line and a list; Up and Down choose, Enter does, Escape leaves."""

    def __init__(self, entries: Sequence[Entry], recent: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries, self._recent = list(entries), recent
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type an action, a symbol or a timeframe")
        self.line.setAccessibleName("Command")
        self._model = _EntryList(self)
        self.view = QListView()
        self.view.setModel(self._model)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.clicked.connect(self._run_at)
        box = QVBoxLayout(self)
        box.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        box.addWidget(self.line)
        box.addWidget(self.view)
        self.resize(520, 380)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self.run_chosen)
        self._filter("")

    @Slot(str)
    def _filter(self, query: str) -> None:
        self._model.show_entries(best_entries(self._entries, query, self._recent))
        self.view.setCurrentIndex(self._model.index(0, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the choice while the line keeps the keyboard."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if step:
            row = min(max(0, self.view.currentIndex().row() + step), self._model.rowCount() - 1)
            self.view.setCurrentIndex(self._model.index(row, 0))
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _run_at(self, index: QModelIndex) -> None:
        self.view.setCurrentIndex(index)
        self.run_chosen()

    @Slot()
    def run_chosen(self) -> None:
        """Close and do what is chosen."""
        row = self.view.currentIndex().row()
        if not 0 <= row < len(self._model.entries):
            return
        entry = self._model.entries[row]
        if entry.text in self._recent:
            self._recent.remove(entry.text)
        self._recent.insert(0, entry.text)
        self.accept()
        entry.run()

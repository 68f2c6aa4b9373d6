"""Every action of the window, once: menus, shortcuts, command palette and tests read the same list."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from cryptobot_desktop.domain.errors import InvariantBroken

MENUS = ("File", "View", "Chart", "Trade (paper)", "Bots", "Session", "Help")


class ActionRegistry(QObject):
    """Actions by name such as ``trade.stop``; a name or a shortcut cannot be given twice."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._menu_of: dict[str, str] = {}

    def add(
        self,
        name: str,
        text: str,
        slot: Callable[[], object],
        *,
        menu: str,
        shortcut: str = "",
        checkable: bool = False,
    ) -> QAction:
        """Make an action of the window."""
        keys = QKeySequence(shortcut)
        taken = next((a.text() for a in self._actions.values() if shortcut and a.shortcut() == keys), "")
        if name in self._actions or taken:
            raise InvariantBroken(f"action {name!r}: the name or shortcut {shortcut!r} is taken {taken}")
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setCheckable(checkable)
        if shortcut:
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(_without_argument(slot))
        self._adopt(name, menu, action)
        return action

    def adopt(self, name: str, action: QAction, *, menu: str) -> None:
        """Take in an action that a widget brings along, such as a dock's show or hide."""
        if name in self._actions:
            raise InvariantBroken(f"action {name!r}: the name is taken")
        self._adopt(name, menu, action)

    def _adopt(self, name: str, menu: str, action: QAction) -> None:
        self._window.addAction(action)
        self._actions[name] = action
        self._menu_of[name] = menu

    def action(self, name: str) -> QAction:
        """Return an action by name."""
        return self._actions[name]

    def trigger(self, name: str) -> None:
        """Do an action by name; an unknown one is ignored, because messages may offer what this window has not."""
        if name in self._actions:
            self._actions[name].trigger()

    def all(self) -> list[tuple[str, QAction]]:
        """Return (menu, action) of every action, in order."""
        return [(self._menu_of[name], action) for name, action in self._actions.items()]

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Put all actions into menus and return the menus by title."""
        menus = {title: bar.addMenu(title) for title in MENUS}
        last: dict[str, str] = {}
        for name, action in self._actions.items():
            title = self._menu_of[name]
            group = name.rpartition(".")[0] if name.count(".") > 1 else title
            if last.get(title, group) != group:
                menus[title].addSeparator()
            last[title] = group
            menus[title].addAction(action)
        return menus


def _without_argument(slot: Callable[[], object]) -> Callable[[], None]:
    """Drop the ``checked`` argument that Qt passes along."""

    def call() -> None:
        slot()

    return call

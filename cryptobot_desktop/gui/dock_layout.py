"""Where the docks are: the first arrangement, remembered ones, folding the right column on small screens."""

from itertools import pairwise

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget

from cryptobot_desktop.gui.dock_title import DockTitle
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.settings_port import SettingsPort, bytes_setting

LAYOUT_VERSION = 2
STATE_KEY, GEOMETRY_KEY = f"layout/state/v{LAYOUT_VERSION}", "layout/geometry"
FOLD_BELOW_WIDTH, FOLD_BELOW_HEIGHT = 1_360, 860
_SAVE_DELAY_MS = 500
_LEFT_WIDTH, _RIGHT_WIDTH, _BOTTOM_HEIGHT, _SMALL_BOTTOM_HEIGHT = 330, 300, 240, 160
_TICKET_HEIGHT, _BOOK_HEIGHT = 526, 249

_LEFT = ("market_watch",)
_RIGHT = ("ticket", "book")
_BOTTOM = ("positions", "open_orders", "fills", "bots", "decisions", "band", "log")


class DockLayout(QObject):
    """Arranges, saves and restores the docks of one window."""

    def __init__(self, window: QMainWindow, settings: SettingsPort) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.docks: dict[str, QDockWidget] = {}
        self._folded: bool | None = None
        self._busy = False
        self._save_soon = QTimer(self, singleShot=True, interval=_SAVE_DELAY_MS)
        self._save_soon.timeout.connect(self.save)
        window.setDockNestingEnabled(True)
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        # The right column goes down to the status line: the ticket needs the height more than tables the width.
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._tidy_soon = QTimer(self, singleShot=True, interval=0)
        self._tidy_soon.timeout.connect(self._tidy)

    def add(self, panel: Panel) -> QDockWidget:
        """Give a panel its dock."""
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"dock_{panel.name}")
        dock.setWidget(panel)
        dock.setTitleBarWidget(DockTitle(dock))
        self.docks[panel.name] = dock
        dock.visibilityChanged.connect(self._changed)
        dock.dockLocationChanged.connect(self._changed)
        dock.topLevelChanged.connect(self._changed)
        return dock

    def arrange(self) -> None:
        """Put every dock where it stands at first: the answer to a layout that went wrong."""
        self._busy = True
        for dock in self.docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        areas = Qt.DockWidgetArea
        for names, area in (
            (_LEFT, areas.LeftDockWidgetArea),
            (_RIGHT, areas.RightDockWidgetArea),
            (_BOTTOM, areas.BottomDockWidgetArea),
        ):
            for name in names:
                self._window.addDockWidget(area, self.docks[name])
                self.docks[name].show()
        self._stack(_BOTTOM)
        self._folded = None
        self._busy = False
        self.fold()
        self._changed()

    def _stack(self, names: tuple[str, ...]) -> None:
        for one, other in pairwise(names):
            self._window.tabifyDockWidget(self.docks[one], self.docks[other])
        self.docks[names[0]].raise_()

    def _size(self) -> None:
        bottom = _SMALL_BOTTOM_HEIGHT if self._window.height() < FOLD_BELOW_HEIGHT else _BOTTOM_HEIGHT
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._window.resizeDocks(
            [self.docks["market_watch"], self.docks["ticket"]], [_LEFT_WIDTH, _RIGHT_WIDTH], horizontal
        )
        self._window.resizeDocks([self.docks["positions"]], [bottom], vertical)
        if not self._folded:
            self._window.resizeDocks(
                [self.docks["ticket"], self.docks["book"]], [_TICKET_HEIGHT, _BOOK_HEIGHT], vertical
            )

    def fold(self) -> None:
        """Make tabs of the right column when the window is small, and a column again when it is large.

        Only where ticket and book still stand together at the right; whoever moved them is left alone.
        """
        small = self._window.width() < FOLD_BELOW_WIDTH or self._window.height() < FOLD_BELOW_HEIGHT
        if small == self._folded or not self._right_is_untouched():
            return
        self._folded = small
        ticket, book = self.docks["ticket"], self.docks["book"]
        if small:
            self._window.tabifyDockWidget(ticket, book)
            ticket.raise_()
        else:
            self._window.splitDockWidget(ticket, book, Qt.Orientation.Vertical)
        self._size()

    def _right_is_untouched(self) -> bool:
        right = Qt.DockWidgetArea.RightDockWidgetArea
        pair = [self.docks[name] for name in _RIGHT]
        return all(not dock.isFloating() and self._window.dockWidgetArea(dock) == right for dock in pair)

    def restore(self) -> bool:
        """Bring back the saved layout; return False (with the first one standing) when there is none that fits."""
        self._busy = True
        geometry = bytes_setting(self._settings, GEOMETRY_KEY)
        if geometry:
            self._window.restoreGeometry(QByteArray(geometry))
        state = bytes_setting(self._settings, STATE_KEY)
        restored = bool(state) and self._window.restoreState(QByteArray(state), LAYOUT_VERSION)
        self._busy = False
        self._rescue()
        if restored:
            ticket, book = (self.docks[name] for name in _RIGHT)
            self._folded = book in self._window.tabifiedDockWidgets(ticket)
        else:
            self.arrange()
        return restored

    def _rescue(self) -> None:
        """Bring windows back that stand on a monitor which is gone."""
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        windows = [self._window, *(dock for dock in self.docks.values() if dock.isFloating())]
        for window in windows:
            if not any(screen.intersects(window.frameGeometry()) for screen in screens):
                window.move(screens[0].topLeft())

    @Slot()
    def save(self) -> None:
        """Keep the layout now."""
        self._settings.set(STATE_KEY, bytes(self._window.saveState(LAYOUT_VERSION).data()))
        self._settings.set(GEOMETRY_KEY, bytes(self._window.saveGeometry().data()))

    @Slot()
    def _changed(self) -> None:
        self._tidy_soon.start()
        if not self._busy:
            self._save_soon.start()

    @Slot()
    def _tidy(self) -> None:
        """Give lone docks their titles and keep tabs to the left."""
        for dock in self.docks.values():
            title = dock.titleBarWidget()
            if isinstance(title, DockTitle):
                title.show_alone(dock.isFloating() or not self._window.tabifiedDockWidgets(dock))
        for tabs in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            tabs.setDocumentMode(True)
            tabs.setDrawBase(False)
            tabs.setExpanding(False)
            tabs.setUsesScrollButtons(True)

    def note_resize(self) -> None:
        """Follow the window's size."""
        if not self._busy and self.docks:
            self.fold()
            self._save_soon.start()

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front, opening its dock when it was closed."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        dock.widget().setFocus()

"""The title of a dock: its name and two small buttons; away while the dock is one of several tabs."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QToolButton

from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words

_HEIGHT = 24


class DockTitle(QFrame):
    """Drag it to move the dock, double-click it to let the dock float."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self._dock = dock
        self._alone = True
        self.name = Words(dock.windowTitle(), "muted", pixels=SMALL_PX, bold=True)
        self.name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_PADDING, 0, SPACE, 0)
        row.setSpacing(0)
        row.addWidget(self.name, 1)
        for sign, tip, slot in (
            ("\u2197", f"Let {dock.windowTitle()} float", self._switch_floating),
            ("\u2715", f"Close {dock.windowTitle()} (View brings it back)", dock.close),
        ):
            button = QToolButton()
            button.setText(sign)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setProperty("kind", "tiny")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(slot)
            row.addWidget(button)

    def show_alone(self, alone: bool) -> None:
        """Stand above the dock, or be away because a tab says the name."""
        if alone != self._alone:
            self._alone = alone
            self.setVisible(alone)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the height that the dock leaves for its title."""
        return QSize(0, _HEIGHT if self._alone else 0)

    def minimumSizeHint(self) -> QSize:
        """Return the same as `sizeHint`."""
        return self.sizeHint()

    @Slot()
    def _switch_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

"""Market, Limit, and behind one button every other kind of order, those that a venue lacks with the reason."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.gui.segments import Segments
from cryptobot_desktop.gui.theme import set_property
from cryptobot_desktop.gui.ticket.kinds import KINDS, Kind, short_title
from cryptobot_desktop.gui.ticket.venue_rules import kind_refusal
from cryptobot_desktop.gui.tokens import SPACE

_MORE = "More"


class KindChoice(QWidget):
    """One kind is chosen; `chosen` tells its value when a person chooses."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._value = Kind.MARKET
        self._plain = Segments([(kind.value, KINDS[kind].title) for kind in (Kind.MARKET, Kind.LIMIT)], "Order type")
        self._plain.chosen.connect(self._choose)
        self.more = QPushButton(_MORE)
        self.more.setProperty("kind", "segment")
        self.more.setObjectName("moreKinds")
        self.more.setAccessibleName("Other order types")
        self.more.setToolTip("Stops, take profit, iceberg, OCO and brackets")
        self.more.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._menu = QMenu(self.more)
        self._menu.setToolTipsVisible(True)
        self.more.setMenu(self._menu)
        self._actions: dict[Kind, QAction] = {}
        self._fill()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        row.addWidget(self._plain)
        row.addWidget(self.more, 1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _fill(self) -> None:
        group = ""
        for kind, facts in KINDS.items():
            if not facts.group:
                continue
            if group and facts.group != group:
                self._menu.addSeparator()
            group = facts.group
            action = self._menu.addAction(facts.title)
            action.setCheckable(True)
            action.setToolTip(facts.tip)
            action.triggered.connect(partial(self._choose, kind.value))
            self._actions[kind] = action

    @property
    def value(self) -> Kind:
        """Return the chosen kind."""
        return self._value

    def button(self, value: str) -> QPushButton:
        """Return the button of market or limit."""
        return self._plain.button(value)

    def action(self, kind: Kind) -> QAction:
        """Return the entry of one of the other kinds."""
        return self._actions[kind]

    def show_venue(self, venue: Venue) -> None:
        """Switch off what a venue lacks, and say so in the entry and its tooltip."""
        for kind, action in self._actions.items():
            refusal = kind_refusal(kind, venue)
            action.setEnabled(not refusal)
            action.setToolTip(refusal or KINDS[kind].tip)
            action.setText(f"{KINDS[kind].title}\tnot on {venue.label}" if refusal else KINDS[kind].title)

    def set_value(self, value: str) -> None:
        """Choose without telling."""
        self._value = Kind(value)
        plain = self._value not in self._actions
        if plain:
            self._plain.set_value(value)
        else:
            self._plain.clear()
        self.more.setText(_MORE if plain else short_title(self._value))
        set_property(self.more, "on", not plain)
        for kind, action in self._actions.items():
            action.setChecked(kind is self._value)

    def _choose(self, value: str) -> None:
        self.set_value(value)
        self.chosen.emit(value)

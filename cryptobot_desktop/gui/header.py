"""The bar at the top: symbol and price, timeframes, portfolio and equity, the PAPER badge and STOP ALL."""

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import NONE, amount_text, arrow, percent_text, price_text
from cryptobot_desktop.gui.panels.panel import STOPPED_STATES
from cryptobot_desktop.gui.segments import Segments
from cryptobot_desktop.gui.tables.columns import signed_tone
from cryptobot_desktop.gui.theme import set_property
from cryptobot_desktop.gui.tokens import LARGE_PX, PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import Words

QUICK = (Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)


class Header(QToolBar):
    """Always visible; `stop_pressed` and `release_wanted` come from the one red button."""

    stop_pressed = Signal()
    release_wanted = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__("Header", parent)
        self.setObjectName("header")
        self.setMovable(False)
        self.setFloatable(False)
        self._desk = desk
        self._tripped = False
        self.symbol = QPushButton()
        self.price = Words(NONE, pixels=LARGE_PX, bold=True)
        self.change = Words(NONE, "muted")
        self.timeframes = Segments([(t.value, t.value) for t in QUICK], "Timeframe")
        self.more = QToolButton()
        self.tools = QHBoxLayout()
        self.portfolio = QComboBox()
        self.equity = Words(NONE, bold=True)
        self.gain = Words("", "muted")
        self.badge = Words("PAPER", pixels=13, bold=True)
        self.stop = QPushButton("STOP ALL")
        self._set_up()
        self._lay_out()
        desk.bridge.snapshot_ready.connect(self.take)
        desk.instrument_changed.connect(self._show_symbol)
        desk.timeframe_changed.connect(self._show_timeframe)

    def _set_up(self) -> None:
        self.symbol.setText(NONE)
        self.symbol.setObjectName("symbol")
        self.symbol.setMenu(QMenu(self.symbol))
        self.symbol.menu().aboutToShow.connect(self._fill_symbols)
        self.symbol.setToolTip("Choose the symbol of chart, book and ticket")
        self.symbol.setAccessibleName("Symbol")
        self.symbol.setMinimumWidth(116)
        self.price.setMinimumWidth(120)
        self.change.setMinimumWidth(78)
        self.more.setText("More")
        self.more.setProperty("kind", "flat")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(QMenu(self.more))
        self.more.setAccessibleName("Other timeframes")
        self.more.setMinimumWidth(64)
        self._fill_timeframes()
        self.portfolio.setAccessibleName("Portfolio")
        self.portfolio.setToolTip("Portfolio that the ticket trades with")
        self.badge.setObjectName("paperBadge")
        self.badge.setToolTip("Paper trading: this program cannot spend real money")
        self.stop.setProperty("kind", "danger")
        self.stop.setToolTip("Cancel all orders and accept no new one, at once (Ctrl+Shift+X)")
        self.stop.clicked.connect(self._press)
        self.timeframes.chosen.connect(self._choose_timeframe)
        self.portfolio.textActivated.connect(self._desk.choose_portfolio)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(inside)
        row.setContentsMargins(PANEL_PADDING, SPACE, PANEL_PADDING, SPACE)
        row.setSpacing(2 * SPACE)
        left: tuple[QWidget, ...] = (self.symbol, self.price, self.change, self.timeframes, self.more)
        for part in left:
            row.addWidget(part)
        self.tools.setSpacing(SPACE)
        row.addLayout(self.tools)
        row.addStretch(1)
        right: tuple[QWidget, ...] = (self.portfolio, self.equity, self.gain, self.badge, self.stop)
        for part in right:
            row.addWidget(part)
        self.addWidget(inside)

    def _fill_timeframes(self) -> None:
        group = QActionGroup(self)
        for timeframe in Timeframe:
            action = self.more.menu().addAction(timeframe.value)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(partial(self._desk.choose_timeframe, timeframe))

    @Slot()
    def _fill_symbols(self) -> None:
        menu = self.symbol.menu()
        menu.clear()
        snapshot = self._desk.snapshot
        for card in snapshot.instruments if snapshot is not None else ():
            last = price_text(card.last, card.instrument)
            action = menu.addAction(f"{card.instrument.name}\t{last}")
            action.triggered.connect(partial(self._desk.choose_instrument, card.instrument.id))

    @Slot(str)
    def _choose_timeframe(self, value: str) -> None:
        self._desk.choose_timeframe(Timeframe(value))

    @Slot(object)
    def _show_timeframe(self, timeframe: Timeframe) -> None:
        quick = timeframe in QUICK
        if quick:
            self.timeframes.set_value(timeframe.value)
        else:
            self.timeframes.clear()
        self.more.setText("More" if quick else timeframe.value)

    @Slot(object)
    def _show_symbol(self, instrument: Instrument) -> None:
        self.symbol.setText(instrument.name)

    @Slot(object)
    def take(self, snapshot: EngineSnapshot) -> None:
        """Show price, equity and whether all is stopped."""
        self._show_price()
        self._show_money(snapshot)
        if snapshot.kill_tripped != self._tripped:
            self._tripped = snapshot.kill_tripped
            self.stop.setText("STOPPED" if self._tripped else "STOP ALL")
            set_property(self.stop, "kind", "danger-outline" if self._tripped else "danger")

    def _show_price(self) -> None:
        card = self._desk.card()
        if card is None:
            return
        running = self._desk.snapshot is not None and self._desk.snapshot.engine_state not in STOPPED_STATES
        live = card.state is FeedState.LIVE and running
        self.price.say(price_text(card.last, card.instrument), "text" if live else "muted")
        tone = signed_tone(card.change_ppm).value if live else "muted"
        self.change.say(f"{arrow(card.change_ppm)} {percent_text(card.change_ppm)}", tone)
        self.price.setToolTip("" if live else f"{card.state.value}: {card.reason}")

    def _show_money(self, snapshot: EngineSnapshot) -> None:
        names = [card.name for card in snapshot.portfolios]
        if names != [self.portfolio.itemText(i) for i in range(self.portfolio.count())]:
            self.portfolio.clear()
            self.portfolio.addItems(names)
        if self.portfolio.currentText() != self._desk.portfolio:
            self.portfolio.setCurrentText(self._desk.portfolio)
        card = self._desk.portfolio_card()
        if card is not None:
            about = "\u2248 " if card.is_estimated else ""
            self.equity.say(about + amount_text(card.equity, card.asset))
            self.equity.setToolTip("estimated from an old or missing price" if card.is_estimated else "equity")
            self.gain.say(percent_text(card.change_ppm), signed_tone(card.change_ppm).value)

    @Slot()
    def _press(self) -> None:
        if self._tripped:
            self.release_wanted.emit()
        else:
            self.stop_pressed.emit()

"""Bots: what each is, does and thought last; start, pause, settings, add, remove."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import PauseBot, RemoveBot, StartBot
from cryptobot_desktop.engine.snapshot import BotCard, EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import NONE, amount_text, rate_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.tables.columns import Column, Tone, signed_tone
from cryptobot_desktop.gui.tables.table_view import TableView
from cryptobot_desktop.gui.tokens import SPACE


def status_text(card: BotCard) -> str:
    """Return a bot's status with a shape that says the same."""
    if card.record.status != "running":
        return f"\u2759\u2759 {card.record.status}"
    return "\u25b6 running" if card.ready else "\u25cc warming up"


def _status_tone(card: BotCard) -> Tone:
    if card.record.status != "running":
        return Tone.WARN
    return Tone.UP if card.ready else Tone.ACCENT


def _numbers(card: BotCard) -> str:
    return "  ".join(f"{name} {NONE if value is None else f'{value:,.2f}'}" for name, value in card.indicators)


BOT_COLUMNS: tuple[Column[BotCard], ...] = (
    Column(title="Bot", text=lambda c: c.record.bot, sort=lambda c: c.record.bot, wide="rsi_reversion-1"),
    Column(title="Status", text=status_text, sort=status_text, wide="\u25cc warming up", tone=_status_tone),
    Column(
        title="Trades on",
        text=lambda c: f"{c.instrument_name} {c.record.timeframe}",
        sort=lambda c: c.instrument_name,
        wide="DOGE/USDT 15m",
    ),
    Column(
        title="Portfolio",
        text=lambda c: c.record.portfolio,
        sort=lambda c: c.record.portfolio,
        wide="main portfolio",
        tone=lambda c: Tone.MUTED,
    ),
    Column(title="Orders", text=lambda c: str(c.orders), sort=lambda c: c.orders, wide="1000", numeric=True),
    Column(title="Fills", text=lambda c: str(c.fills), sort=lambda c: c.fills, wide="1000", numeric=True),
    Column(
        title="Realized",
        text=lambda c: amount_text(c.realized, signed=True),
        sort=lambda c: c.realized,
        wide="+10 000.00",
        numeric=True,
        tone=lambda c: signed_tone(c.realized),
        help="in the portfolio's asset",
    ),
    Column(
        title="Trade limit",
        text=lambda c: rate_text(c.record.max_trade_ppm),
        sort=lambda c: c.record.max_trade_ppm,
        wide="100 %",
        numeric=True,
        tone=lambda c: Tone.MUTED,
        help="largest trade as a share of equity",
    ),
    Column(title="Numbers", text=_numbers, sort=_numbers, wide="SMA 10 64,210.55  SMA 30 64,180.20"),
    Column(
        title="Thought last",
        text=lambda c: c.last_decision or "nothing yet",
        sort=lambda c: c.last_decision,
        wide="a sentence",
        tip=lambda c: c.last_decision,
        tone=lambda c: Tone.PLAIN if c.last_decision else Tone.MUTED,
        stretch=True,
    ),
)


class Bots(Panel):
    """The list of bots with its buttons; dialogs are opened by whoever listens."""

    name = "bots"
    title = "Bots"

    add_wanted = Signal()
    settings_wanted = Signal(object)
    """BotRecord."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.table: TableView[BotCard] = TableView(self.name, BOT_COLUMNS, lambda card: card.record.bot)
        self.switch = QPushButton("Pause")
        self.settings = QPushButton("Settings\u2026")
        self.remove = QPushButton("Remove")
        self.add = QPushButton("Add bot\u2026")
        content = QWidget()
        row = QHBoxLayout()
        row.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        row.setSpacing(2 * SPACE)
        for button in (self.switch, self.settings, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.add)
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self.table, 1)
        super().__init__(desk, content, parent)
        self.remove.setToolTip("Remove the bot; its orders are cancelled, its history stays")
        self.table.row_actions = self._actions
        self.table.chosen_row.connect(self._show_buttons)
        self.table.activated_row.connect(self._ask_settings)
        self.switch.clicked.connect(self.switch_chosen)
        self.settings.clicked.connect(self._settings_of_chosen)
        self.remove.clicked.connect(self._remove_chosen)
        self.add.clicked.connect(self.add_wanted)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show all bots."""
        self.table.cards.set_rows(snapshot.bots)
        if snapshot.bots and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._show_buttons()
        self.show_rows(
            snapshot,
            len(snapshot.bots),
            Remark(
                title="No bot is at work",
                text="A bot watches one symbol and trades pretend money by its strategy, within its limits.",
                action="Add bot\u2026",
                on_action=self.add_wanted.emit,
            ),
        )

    @Slot()
    def _show_buttons(self) -> None:
        card = self.table.chosen()
        for button in (self.switch, self.settings, self.remove):
            button.setEnabled(card is not None)
        running = card is None or card.record.status == "running"
        self.switch.setText("Pause" if running else "Start")

    @Slot()
    def switch_chosen(self) -> None:
        """Pause the chosen bot when it runs, start it when it is paused."""
        card = self.table.chosen()
        if card is not None:
            self._switch(card)

    def _switch(self, card: BotCard) -> None:
        running = card.record.status == "running"
        self.desk.order(PauseBot(card.record.bot) if running else StartBot(card.record.bot))

    @Slot()
    def _settings_of_chosen(self) -> None:
        card = self.table.chosen()
        if card is not None:
            self._ask_settings(card)

    @Slot(object)
    def _ask_settings(self, card: BotCard) -> None:
        self.settings_wanted.emit(card.record)

    @Slot()
    def _remove_chosen(self) -> None:
        card = self.table.chosen()
        if card is not None:
            self.desk.order(RemoveBot(card.record.bot))

    def _actions(self, card: BotCard) -> Sequence[QAction]:
        running = card.record.status == "running"
        switch = QAction("Pause" if running else "Start", self)
        switch.triggered.connect(lambda: self._switch(card))
        settings = QAction("Settings\u2026", self)
        settings.triggered.connect(lambda: self._ask_settings(card))
        show = QAction("Show on the chart", self)
        show.triggered.connect(lambda: self._show_on_chart(card))
        return switch, settings, show

    def _show_on_chart(self, card: BotCard) -> None:
        known = (
            {row.instrument.id: row.instrument for row in self.desk.snapshot.instruments} if self.desk.snapshot else {}
        )
        match = next((key for key in known if str(key) == card.record.instrument), None)
        if match is not None:
            self.desk.choose_instrument(match)

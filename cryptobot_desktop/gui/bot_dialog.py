"""Dialogs that add a bot or change one; every field is checked as it is typed, nothing blocks."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cryptobot_desktop.domain.commands import AddBot, ChangeBot
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.ledger import BotRecord
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.catalogue import StrategyCard
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.limits_form import DEFAULT_EXPOSURE_PPM, DEFAULT_TRADE_PPM, LimitsForm
from cryptobot_desktop.gui.parameter_form import ParameterCheck, ParameterForm
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.words import Words, rule

_NAME_LIMIT = 40


class BotDialog(QDialog):
    """Asks for a new bot, or for new settings of `record`."""

    def __init__(
        self,
        desk: Desk,
        cards: Sequence[StrategyCard],
        check: ParameterCheck,
        *,
        record: BotRecord | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Settings of {record.bot}" if record is not None else "Add a bot")
        self._desk, self._cards, self._record = desk, {card.name: card for card in cards}, record
        self.bot = CheckedField("Name")
        self.strategy, self.instrument, self.portfolio, self.timeframe = (QComboBox() for _ in range(4))
        self.about = Words("", "muted", wrap=True)
        self.parameters = ParameterForm(check)
        self.limits = LimitsForm(
            record.max_trade_ppm if record is not None else DEFAULT_TRADE_PPM,
            record.max_exposure_ppm if record is not None else DEFAULT_EXPOSURE_PPM,
        )
        self.remark = Words("", "danger", wrap=True)
        self.done_button = QPushButton("Save" if record is not None else "Add and start")
        self._fill_choices()
        self._lay_out()
        self._connect()
        self._show_strategy()

    def _fill_choices(self) -> None:
        for card in self._cards.values():
            self.strategy.addItem(card.title, card.name)
        snapshot = self._desk.snapshot
        for row in snapshot.instruments if snapshot is not None else ():
            self.instrument.addItem(row.instrument.name, row.instrument.id)
        self.instrument.setCurrentIndex(max(0, self.instrument.findData(self._desk.instrument_id)))
        self.portfolio.addItems([card.name for card in snapshot.portfolios] if snapshot is not None else [])
        self.portfolio.setCurrentText(self._desk.portfolio)
        self.timeframe.addItems([timeframe.value for timeframe in Timeframe])
        self.timeframe.setCurrentText(self._desk.timeframe.value)
        if self._record is not None:
            self._show_record(self._record)

    def _show_record(self, record: BotRecord) -> None:
        self.bot.set_text(record.bot)
        self.strategy.setCurrentIndex(max(0, self.strategy.findData(record.strategy)))
        self.instrument.setCurrentIndex(max(0, self.instrument.findData(record.instrument)))
        self.portfolio.setCurrentText(record.portfolio)
        self.timeframe.setCurrentText(record.timeframe)
        for fixed in (self.bot, self.strategy, self.instrument, self.portfolio, self.timeframe):
            fixed.setEnabled(False)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(4 * SPACE)
        for label, choice in (
            ("Strategy", self.strategy),
            ("Symbol", self.instrument),
            ("Timeframe", self.timeframe),
            ("Portfolio", self.portfolio),
        ):
            choice.setAccessibleName(label)
            form.addRow(Words(label, "muted"), choice)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.done_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.done_button.setProperty("kind", "primary")
        buttons.rejected.connect(self.reject)
        buttons.accepted.connect(self.send)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        box.addWidget(self.bot)
        box.addLayout(form)
        for part in (self.about, rule(), self.parameters, rule(), self.limits, self.remark, buttons):
            box.addWidget(part)
        self.setMinimumWidth(520)

    def _connect(self) -> None:
        self.strategy.currentIndexChanged.connect(self._show_strategy)
        self.bot.changed.connect(self.check)
        self.parameters.changed.connect(self.check)
        self.limits.changed.connect(self.check)

    @Slot()
    def _show_strategy(self) -> None:
        card = self._cards.get(str(self.strategy.currentData()))
        if card is None:
            return
        self.about.say(card.description)
        if self._record is None:
            self.bot.set_text(self._free_name(card.name))
        values = self._record.params if self._record is not None else None
        self.parameters.show_parameters(card.name, card.parameters, values)
        self.check()

    def _taken(self) -> set[str]:
        """Return the names of bots that run or have traded; their trades would be counted as a new bot's."""
        snapshot = self._desk.snapshot
        if snapshot is None:
            return set()
        traders = {fill.client_id.partition(":")[0] for fill in snapshot.fills if ":" in fill.client_id}
        return {bot.record.bot for bot in snapshot.bots} | traders

    def _free_name(self, strategy: str) -> str:
        taken = self._taken()
        return next(name for i in range(1, len(taken) + 2) if (name := f"{strategy}-{i}") not in taken)

    @Slot()
    def check(self) -> None:
        """Check everything; the button works only when nothing is wrong."""
        problem = self._name_problem()
        self.bot.set_problem(problem)
        missing = (
            "" if self.instrument.count() and self.portfolio.count() else "watch a symbol and open a portfolio first"
        )
        loose = [text for text in self.parameters.problems if "=" not in text]
        self.remark.say("; ".join([*loose, missing] if missing else loose))
        good = not (problem or missing or self.parameters.problems) and self.limits.is_good
        self.done_button.setEnabled(good)

    def _name_problem(self) -> str:
        name = self.bot.text
        if self._record is not None:
            return ""
        if not name or len(name) > _NAME_LIMIT:
            return f"1 to {_NAME_LIMIT} characters"
        return f"there is a bot named {name} already" if name in self._taken() else ""

    @Slot()
    def send(self) -> None:
        """Hand in the command; the dialog closes when the engine has taken it."""
        trade, exposure = self.limits.trade_ppm, self.limits.exposure_ppm
        if not self.done_button.isEnabled() or trade is None or exposure is None:
            return
        self.done_button.setEnabled(False)
        texts = self.parameters.texts()
        if self._record is not None:
            self._desk.bridge.submit(ChangeBot(self._record.bot, texts, trade, exposure), self._take_answer)
            return
        command = AddBot(
            bot=self.bot.text,
            strategy=str(self.strategy.currentData()),
            portfolio=self.portfolio.currentText(),
            instrument=InstrumentId(str(self.instrument.currentData())),
            timeframe=Timeframe(self.timeframe.currentText()),
            params=texts,
            max_trade_ppm=trade,
            max_exposure_ppm=exposure,
        )
        self._desk.bridge.submit(command, self._take_answer)

    def _take_answer(self, answer: Answer) -> None:
        if getattr(answer, "ok", False):
            self.accept()
        else:
            self.remark.say(getattr(answer, "message", ""))
            self.done_button.setEnabled(True)

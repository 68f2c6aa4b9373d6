"""Asks for a new portfolio, or for fresh cash of an existing one; checked as it is typed, nothing blocks."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.commands import CreatePortfolio, ResetPortfolio
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed, to_scaled
from cryptobot_desktop.engine.snapshot import PortfolioCard
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.wizard.checks import check_cash, check_name
from cryptobot_desktop.gui.wizard.page import checked
from cryptobot_desktop.gui.words import Words

DEFAULT_CASH, DEFAULT_ASSET = "10000", "USDT"
_NEW = "A portfolio keeps its own books. Bots and the ticket name the one they trade with."
_RESET = (
    "Nothing is deleted: epoch {epoch} is closed and stays readable under Trade, Older epochs. Its open orders are "
    "cancelled, and what it holds stays behind with it. Epoch {following} begins with this cash; bots go on in it."
)


class PortfolioDialog(QDialog):
    """Opens a portfolio, or resets `portfolio` into a new epoch."""

    def __init__(self, desk: Desk, portfolio: PortfolioCard | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Reset {portfolio.name}" if portfolio is not None else "New portfolio")
        self._desk, self._portfolio = desk, portfolio
        self._asset = portfolio.asset if portfolio is not None else DEFAULT_ASSET
        cash = format_trimmed(portfolio.starting_cash, AMOUNT_DECIMALS) if portfolio is not None else DEFAULT_CASH
        self.name = CheckedField("Name", portfolio.name if portfolio is not None else "", help_text="letters, digits")
        self.name.setEnabled(portfolio is None)
        self.cash = CheckedField(f"Cash in {self._asset}", cash, help_text="pretend money", numeric=True)
        self.remark = Words("", "danger", wrap=True)
        self.done_button = QPushButton("Reset" if portfolio is not None else "Open portfolio")
        self.done_button.setProperty("kind", "primary")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.done_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.rejected.connect(self.reject)
        buttons.accepted.connect(self.send)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        words = Words(_about(portfolio), "muted", wrap=True)
        for part in (words, self.name, self.cash, self.remark, buttons):
            box.addWidget(part)
        self.setMinimumWidth(380)
        for field in (self.name, self.cash):
            field.changed.connect(self.check)
        self.check()

    @Slot()
    def check(self) -> None:
        """Check both fields; the button works only when both are good."""
        name, cash = checked(self.name, check_name), checked(self.cash, check_cash)
        snapshot = self._desk.snapshot
        taken = {card.name for card in snapshot.portfolios} if snapshot is not None else set()
        if self._portfolio is None and name in taken:
            self.name.set_problem(f"there is a portfolio named {name} already")
            name = None
        if not self.name.text:
            self.name.set_problem("")
        self.done_button.setEnabled(name is not None and cash is not None)

    @Slot()
    def send(self) -> None:
        """Hand in the command; the dialog closes when the engine has taken it."""
        if not self.done_button.isEnabled():
            return
        self.done_button.setEnabled(False)
        kind = CreatePortfolio if self._portfolio is None else ResetPortfolio
        amount = to_scaled(self.cash.text, AMOUNT_DECIMALS)
        self._desk.bridge.submit(kind(self.name.text, self._asset, amount), self._take_answer)

    def _take_answer(self, answer: Answer) -> None:
        if getattr(answer, "ok", False):
            self._desk.choose_portfolio(self.name.text)
            self.accept()
        else:
            self.remark.say(getattr(answer, "message", ""))
            self.done_button.setEnabled(True)


def _about(portfolio: PortfolioCard | None) -> str:
    if portfolio is None:
        return _NEW
    return _RESET.format(epoch=portfolio.epoch, following=portfolio.epoch + 1)

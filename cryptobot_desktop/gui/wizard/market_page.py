"""Page 2, Market: built-in, Binance or KuCoin; symbols; a connection test that never holds anyone up."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.tokens import SPACE
from cryptobot_desktop.gui.wizard.checks import check_symbols
from cryptobot_desktop.gui.wizard.choice import ConnectionReport, ConnectionTest, MarketChoice
from cryptobot_desktop.gui.wizard.choice_card import ChoiceCard
from cryptobot_desktop.gui.wizard.page import WizardPage, checked
from cryptobot_desktop.gui.words import Words

_CARDS = (
    (MarketChoice.SYNTHETIC, "Built-in market", "Works without a network. Simulated order books and trades."),
    (MarketChoice.BINANCE, "Binance live", "Real public prices of Binance Spot. No key needed."),
    (MarketChoice.KUCOIN, "KuCoin live", "Real public prices of KuCoin Spot. No key needed."),
)


class MarketPage(WizardPage):
    """Market source and symbols."""

    step = "Market"

    _reported = Signal(object, object)

    def __init__(self, symbols: tuple[str, ...], test: ConnectionTest | None) -> None:
        super().__init__("Where shall prices come from?", "You can change this later under File, Set up again.")
        self._test = test
        self._group = QButtonGroup(self)
        self.cards = {card: ChoiceCard(card.value, title, text) for card, title, text in _CARDS}
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        for card in self.cards.values():
            self._group.addButton(card)
            row.addWidget(card, 1)
        self.box.addLayout(row)
        self.status = Words("", "muted", wrap=True)
        self.again = QPushButton("Test again")
        line = QHBoxLayout()
        line.addWidget(self.status, 1)
        line.addWidget(self.again)
        self.box.addLayout(line)
        self.symbols = CheckedField(
            "Symbols", ", ".join(symbols), help_text="separated by commas, the first one trades"
        )
        self.box.addWidget(self.symbols)
        self.box.addStretch(1)
        self.cards[MarketChoice.SYNTHETIC].setChecked(True)
        self.symbols.changed.connect(self.check)
        self._group.buttonClicked.connect(self.test_connection)
        self.again.clicked.connect(self.test_connection)
        self._reported.connect(self._show_report)
        self.check()
        self.test_connection()

    @property
    def market(self) -> MarketChoice:
        """Return the chosen market."""
        button = self._group.checkedButton()
        return MarketChoice(button.value) if isinstance(button, ChoiceCard) else MarketChoice.SYNTHETIC

    @property
    def venue(self) -> Venue:
        """Return the venue whose rules count."""
        return Venue.KUCOIN if self.market is MarketChoice.KUCOIN else Venue.BINANCE

    @property
    def is_good(self) -> bool:
        """Return True when the symbols can be used; the connection does not matter."""
        return self.chosen_symbols is not None

    @Slot()
    def check(self) -> None:
        """Check the symbols."""
        self.chosen_symbols = checked(self.symbols, check_symbols)
        self.changed.emit()

    @Slot()
    def test_connection(self) -> None:
        """Start a connection test of a live market; Next works meanwhile."""
        market = self.market
        live = market is not MarketChoice.SYNTHETIC
        self.again.setVisible(live and self._test is not None)
        if not live:
            self.status.say("\u25cf ready: needs no network. Everything it shows is marked as synthetic.", "muted")
        elif self._test is None:
            self.status.say("The connection is tested when you start.", "muted")
        else:
            self.status.say("\u25cc testing the connection\u2026 you can go on meanwhile", "muted")
            self._test(market, lambda report: self._reported.emit(market, report))
        self.changed.emit()

    @Slot(object, object)
    def _show_report(self, market: MarketChoice, report: ConnectionReport) -> None:
        if market is self.market:
            self.status.say(f"{'●' if report.ok else '▲'} {report.text}", "up" if report.ok else "warn")

"""The first-run wizard: five pages, Back keeps everything, Cancel leaves nothing, Skip takes the defaults."""

from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cryptobot_desktop.engine.catalogue import StrategyCard
from cryptobot_desktop.gui.parameter_form import ParameterCheck
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.tokens import SPACE
from cryptobot_desktop.gui.wizard.bot_page import BotPage
from cryptobot_desktop.gui.wizard.choice import SetupChoice, WizardPorts
from cryptobot_desktop.gui.wizard.market_page import MarketPage
from cryptobot_desktop.gui.wizard.page import WizardPage
from cryptobot_desktop.gui.wizard.portfolio_page import PortfolioPage
from cryptobot_desktop.gui.wizard.ready_page import ReadyPage
from cryptobot_desktop.gui.wizard.welcome_page import WelcomePage
from cryptobot_desktop.gui.words import Words

_SIZE = QSize(860, 620)
_MARGIN = 24


class SetupWizard(QDialog):
    """Emits `chosen` with a SetupChoice once; nothing is made or written before that."""

    chosen = Signal(object)

    def __init__(
        self,
        cards: Sequence[StrategyCard],
        check: ParameterCheck,
        *,
        ports: WizardPorts | None = None,
        defaults: SetupChoice | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Set up CryptoBot Desktop")
        ports = ports if ports is not None else WizardPorts()
        self._theme_before = station().theme.name
        self.defaults = self._fitting(defaults, cards, ports)
        self.welcome = WelcomePage(self.defaults.data_dir, self._theme_before)
        self.market = MarketPage(self.defaults.symbols, ports.test_connection)
        self.portfolio = PortfolioPage(self.defaults)
        self.bot = BotPage(self.defaults, cards, check, ports.backtest_curve)
        self.ready = ReadyPage(self.choice)
        self.pages: tuple[WizardPage, ...] = (self.welcome, self.market, self.portfolio, self.bot, self.ready)
        self.stack = QStackedWidget()
        self.steps = [Words(f"{number}  {page.step}", "muted") for number, page in enumerate(self.pages, start=1)]
        self.skip, self.cancel = QPushButton("Skip with defaults"), QPushButton("Cancel")
        self.back, self.next = QPushButton("Back"), QPushButton("Next")
        self._lay_out()
        self._connect()
        self.resize(_SIZE)
        self.go_to(0)

    def _fitting(self, defaults: SetupChoice | None, cards: Sequence[StrategyCard], ports: WizardPorts) -> SetupChoice:
        """Return defaults that this program can do: a strategy that exists, the folder that it proposes."""
        wanted = defaults if defaults is not None else SetupChoice()
        names = [card.name for card in cards]
        strategy = wanted.strategy if wanted.strategy in names else (names[0] if names and wanted.strategy else "")
        return replace(
            wanted, strategy=strategy, data_dir=wanted.data_dir or ports.default_data_dir, theme=self._theme_before
        )

    def _lay_out(self) -> None:
        rail = QFrame()
        rail.setObjectName("panel")
        rail.setFixedWidth(170)
        steps = QVBoxLayout(rail)
        steps.setContentsMargins(_MARGIN, _MARGIN, SPACE, _MARGIN)
        steps.setSpacing(3 * SPACE)
        for step in self.steps:
            steps.addWidget(step)
        steps.addStretch(1)
        badge = Words("PAPER", bold=True)
        badge.setObjectName("paperBadge")
        steps.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)
        for page in self.pages:
            self.stack.addWidget(_scrolled(page))
        buttons = QHBoxLayout()
        for button in (self.skip, self.cancel):
            button.setProperty("kind", "flat")
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        self.next.setProperty("kind", "primary")
        self.next.setMinimumWidth(110)
        buttons.addWidget(self.next)
        right = QVBoxLayout()
        right.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, 4 * SPACE)
        right.addWidget(self.stack, 1)
        right.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(rail)
        row.addLayout(right, 1)

    def _connect(self) -> None:
        self.next.setDefault(True)
        self.next.clicked.connect(self.go_on)
        self.back.clicked.connect(self.go_back)
        self.cancel.clicked.connect(self.reject)
        self.skip.clicked.connect(self.take_defaults)
        for page in self.pages:
            page.changed.connect(self._show_buttons)

    @property
    def index(self) -> int:
        """Return the number of the page that is up, from 0."""
        return self.stack.currentIndex()

    def go_to(self, index: int) -> None:
        """Bring up a page."""
        self.stack.setCurrentIndex(index)
        for number, step in enumerate(self.steps):
            step.say(step.text(), "accent" if number == index else "text" if number < index else "muted")
        self.portfolio.show_venue(self.market.venue)
        self.pages[index].entered()
        self._show_buttons()

    @Slot()
    def go_on(self) -> None:
        """Go to the next page, or start from the last one; a page that is not good stays."""
        if not self.pages[self.index].is_good:
            return
        if self.index < len(self.pages) - 1:
            self.go_to(self.index + 1)
        else:
            self._finish(self.choice())

    @Slot()
    def go_back(self) -> None:
        """Go to the page before; what was typed stays."""
        if self.index > 0:
            self.go_to(self.index - 1)

    @Slot()
    def _show_buttons(self) -> None:
        last = self.index == len(self.pages) - 1
        self.back.setEnabled(self.index > 0)
        self.next.setText("Start now" if last else "Next")
        good = all(page.is_good for page in self.pages) if last else self.pages[self.index].is_good
        self.next.setEnabled(good)

    def choice(self) -> SetupChoice:
        """Return what stands in the pages now."""
        bot = self.bot.strategy
        return replace(
            self.defaults,
            market=self.market.market,
            symbols=self.market.chosen_symbols or self.defaults.symbols,
            portfolio=self.portfolio.good_name or self.defaults.portfolio,
            cash=self.portfolio.good_cash or self.defaults.cash,
            fees=self.portfolio.fees,
            fill_model=self.portfolio.simulation.fill_model,
            latency=self.portfolio.simulation.latency or self.defaults.latency,
            strategy=bot,
            params=self.bot.parameters.texts() if bot else {},
            max_trade_ppm=self.bot.limits.trade_ppm or self.defaults.max_trade_ppm,
            max_exposure_ppm=self.bot.limits.exposure_ppm or self.defaults.max_exposure_ppm,
            theme=self.welcome.theme.value,
            data_dir=self.welcome.data_dir or self.defaults.data_dir,
        )

    @Slot()
    def take_defaults(self) -> None:
        """Start with the defaults, whatever was typed; only the theme that is on is kept."""
        self._finish(replace(self.defaults, theme=station().theme.name))

    def _finish(self, choice: SetupChoice) -> None:
        self.chosen.emit(choice)
        self.accept()

    def reject(self) -> None:
        """Leave everything as it was before."""
        if station().theme.name != self._theme_before:
            station().put_on(self._theme_before)
        super().reject()


def _scrolled(page: WizardPage) -> QScrollArea:
    """Let a page scroll on a screen that is too small for it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area

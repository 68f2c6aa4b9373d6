"""Page 4, First bot: which strategy, its parameters, its limits; or none for now."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QGridLayout

from cryptobot_desktop.engine.catalogue import StrategyCard
from cryptobot_desktop.gui.limits_form import LimitsForm
from cryptobot_desktop.gui.parameter_form import ParameterCheck, ParameterForm
from cryptobot_desktop.gui.tokens import SMALL_PX, SPACE
from cryptobot_desktop.gui.wizard.choice import CurveSource, SetupChoice
from cryptobot_desktop.gui.wizard.choice_card import ChoiceCard
from cryptobot_desktop.gui.wizard.curve import SmallCurve
from cryptobot_desktop.gui.wizard.page import WizardPage
from cryptobot_desktop.gui.words import Words

NO_BOT = ""
_CURVE_DELAY_MS = 400
_COLUMNS = 2


class BotPage(WizardPage):
    """Strategy cards, parameters, limits."""

    step = "First bot"

    _curve_came = Signal(str, object)

    def __init__(
        self, defaults: SetupChoice, cards: Sequence[StrategyCard], check: ParameterCheck, curves: CurveSource | None
    ) -> None:
        super().__init__("Your first bot", "It watches the first symbol and trades by itself, within these limits.")
        self._strategies = {card.name: card for card in cards}
        self._proposed = {defaults.strategy: defaults.params}
        self._curves = curves
        self._waiting: list[str] = []
        self._group = QButtonGroup(self)
        self.cards: dict[str, ChoiceCard] = {}
        self.curves: dict[str, SmallCurve] = {}
        grid = QGridLayout()
        grid.setSpacing(2 * SPACE)
        for card in cards:
            picture = SmallCurve("backtest curve\nfollows" if curves is not None else "no backtest\nof it yet")
            self.curves[card.name] = picture
            self._add_card(grid, ChoiceCard(card.name, card.title, card.description, picture))
        none_text = "Trade by hand; bots can be added any time."
        self._add_card(grid, ChoiceCard(NO_BOT, "No bot for now", none_text))
        self.parameters = ParameterForm(check)
        self.limits = LimitsForm(defaults.max_trade_ppm, defaults.max_exposure_ppm)
        self.loose = Words("", "danger", pixels=SMALL_PX, wrap=True)
        self.box.addLayout(grid)
        for part in (self.parameters, self.limits, self.loose):
            self.box.addWidget(part)
        self.box.addStretch(1)
        self._curve_soon = QTimer(self, singleShot=True, interval=_CURVE_DELAY_MS)
        self._curve_soon.timeout.connect(self._ask_curve)
        self._group.buttonClicked.connect(self._show_strategy)
        self.parameters.changed.connect(self.check)
        self.limits.changed.connect(self.check)
        self._curve_came.connect(self._show_curve)
        self.choose(defaults.strategy)

    def _add_card(self, grid: QGridLayout, card: ChoiceCard) -> None:
        place = len(self.cards)
        self.cards[card.value] = card
        self._group.addButton(card)
        grid.addWidget(card, place // _COLUMNS, place % _COLUMNS)

    @property
    def strategy(self) -> str:
        """Return the chosen strategy's name, empty for none."""
        button = self._group.checkedButton()
        return button.value if isinstance(button, ChoiceCard) else NO_BOT

    def choose(self, strategy: str) -> None:
        """Choose a card; an unknown name chooses none."""
        self.cards.get(strategy, self.cards[NO_BOT]).setChecked(True)
        self._show_strategy()

    @property
    def is_good(self) -> bool:
        """Return True when no bot is wanted or everything about it can be used."""
        return self.strategy == NO_BOT or (not self.parameters.problems and self.limits.is_good)

    @Slot()
    def _show_strategy(self) -> None:
        card = self._strategies.get(self.strategy)
        for part in (self.parameters, self.limits):
            part.setVisible(card is not None)
        if card is not None:
            self.parameters.show_parameters(card.name, card.parameters, self._proposed.get(card.name))
        self.check()

    @Slot()
    def check(self) -> None:
        """Show problems that belong to no single field, and ask for a new curve."""
        loose = [text for text in self.parameters.problems if "=" not in text] if self.strategy else []
        self.loose.say("; ".join(loose))
        self._curve_soon.start()
        self.changed.emit()

    def entered(self) -> None:
        """Ask for the curve of every strategy, the chosen one first."""
        others = [name for name in self._strategies if name != self.strategy]
        self._waiting = [name for name in others if not self.curves[name].has_points]
        self._curve_soon.start()

    @Slot()
    def _ask_curve(self) -> None:
        if self._curves is None or not self.is_good or self.strategy == NO_BOT or not self.isVisible():
            return
        self._ask(self.strategy, self.parameters.texts())

    def _ask(self, strategy: str, params: dict[str, str]) -> None:
        if self._curves is not None:
            self._curves(strategy, params, lambda points: self._curve_came.emit(strategy, points))

    @Slot(str, object)
    def _show_curve(self, strategy: str, points: Sequence[float]) -> None:
        if strategy in self.curves:
            self.curves[strategy].show_points(points)
        if self._waiting:  # one after the other: each takes a moment of computing
            following = self._strategies[self._waiting.pop(0)]
            self._ask(following.name, {card.name: str(card.default) for card in following.parameters})

"""Page 5, Ready: what was chosen, in words; Start makes it so."""

from collections.abc import Callable

from PySide6.QtWidgets import QFormLayout, QFrame

from cryptobot_desktop.gui.format import THIN, grouped, rate_text
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.wizard.choice import MarketChoice, SetupChoice
from cryptobot_desktop.gui.wizard.page import WizardPage
from cryptobot_desktop.gui.words import Words

_MARKETS = {
    MarketChoice.SYNTHETIC: "built-in market (synthetic)",
    MarketChoice.BINANCE: "Binance live",
    MarketChoice.KUCOIN: "KuCoin live",
}


def summary_lines(choice: SetupChoice) -> list[tuple[str, str]]:
    """Return the choice as (label, words) lines."""
    params = ", ".join(f"{name} {value}" for name, value in choice.params.items())
    bot = f"{choice.strategy} on {choice.symbols[0]}" if choice.strategy else "none for now"
    lines = [
        ("Prices", _MARKETS[choice.market]),
        ("Symbols", ", ".join(choice.symbols)),
        ("Portfolio", f"{choice.portfolio} with {grouped(choice.cash)}{THIN}{choice.asset}"),
        ("Fees", _fee_words(choice)),
        ("Simulation", f"{choice.fill_model.value} fills, latency {choice.latency.label}"),
        ("Bot", bot),
    ]
    if choice.strategy:
        limits = f"{rate_text(choice.max_trade_ppm)} a trade, {rate_text(choice.max_exposure_ppm)} in all, of equity"
        lines += [("Parameters", params or "defaults"), ("Limits", limits)]
    return [*lines, ("Kept in", choice.data_dir or "the usual place of this system")]


def _fee_words(choice: SetupChoice) -> str:
    fees = choice.fees
    words = f"maker {rate_text(fees.maker_ppm)}, taker {rate_text(fees.taker_ppm)}"
    if fees.discount_asset:
        words += f", {rate_text(fees.discount_ppm)} less in {fees.discount_asset}"
    return words


class ReadyPage(WizardPage):
    """The summary."""

    step = "Ready"

    def __init__(self, choice: Callable[[], SetupChoice]) -> None:
        super().__init__("Ready to start", "The chart opens, prices begin to move and the bot goes to work.")
        self._choice = choice
        self._frame = QFrame()
        self._frame.setObjectName("card")
        self._form = QFormLayout(self._frame)
        self._form.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        self._form.setHorizontalSpacing(6 * SPACE)
        self._form.setVerticalSpacing(2 * SPACE)
        self.box.addWidget(self._frame)
        self.box.addWidget(Words("PAPER: this program cannot spend real money.", "paper", bold=True))
        self.box.addStretch(1)

    def entered(self) -> None:
        """Write the summary anew."""
        while self._form.rowCount():
            self._form.removeRow(0)
        for label, words in summary_lines(self._choice()):
            self._form.addRow(Words(label, "muted"), Words(words, wrap=True))

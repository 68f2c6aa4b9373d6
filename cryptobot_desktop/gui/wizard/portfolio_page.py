"""Page 3, Portfolio: its name, its cash, the fees it pays."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QGridLayout

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.orders import FeeRates
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.format import rate_text
from cryptobot_desktop.gui.limits_form import ppm_to_percent
from cryptobot_desktop.gui.simulation import fee_rates
from cryptobot_desktop.gui.simulation_form import SimulationForm
from cryptobot_desktop.gui.tokens import SMALL_PX, SPACE
from cryptobot_desktop.gui.wizard.checks import check_cash, check_fee, check_name
from cryptobot_desktop.gui.wizard.choice import SetupChoice
from cryptobot_desktop.gui.wizard.page import WizardPage, checked
from cryptobot_desktop.gui.words import Words, rule

TIERS = (
    ("Standard", FeeRates(1_000, 1_000)),
    ("VIP 1", FeeRates(900, 1_000)),
    ("No fees (not honest)", FeeRates(0, 0)),
)
_OWN = "My own"


class PortfolioPage(WizardPage):
    """Name, cash, fees."""

    step = "Portfolio"

    def __init__(self, defaults: SetupChoice) -> None:
        super().__init__("Your pretend money", "Each portfolio keeps its own books. You can open more of them later.")
        self._asset = defaults.asset
        self.name = CheckedField("Portfolio name", defaults.portfolio, help_text="letters, digits, blanks")
        self.cash = CheckedField(
            f"Starting cash in {defaults.asset}", defaults.cash, help_text="pretend money", numeric=True
        )
        self.tier = QComboBox()
        self.tier.setAccessibleName("Fee tier")
        for title, rates in TIERS:
            self.tier.addItem(f"{title}: {rate_text(rates.maker_ppm)} / {rate_text(rates.taker_ppm)}", rates)
        self.tier.addItem(_OWN)
        self.maker = CheckedField("Maker fee, %", ppm_to_percent(defaults.fees.maker_ppm), numeric=True)
        self.taker = CheckedField("Taker fee, %", ppm_to_percent(defaults.fees.taker_ppm), numeric=True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(4 * SPACE)
        grid.setVerticalSpacing(2 * SPACE)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.cash, 0, 1)
        grid.addWidget(Words("Fee tier (maker / taker)", "muted", pixels=SMALL_PX), 1, 0, 1, 2)
        grid.addWidget(self.tier, 2, 0, 1, 2)
        grid.addWidget(self.maker, 3, 0)
        grid.addWidget(self.taker, 3, 1)
        self.box.addLayout(grid)
        fees = defaults.fees
        self.simulation = SimulationForm(defaults.fill_model, defaults.latency, has_discount=bool(fees.discount_asset))
        self._venue = Venue.BINANCE
        self.box.addWidget(rule())
        self.box.addWidget(self.simulation)
        self.box.addStretch(1)
        for field in (self.name, self.cash, self.maker, self.taker):
            field.changed.connect(self.check)
        self.tier.activated.connect(self._take_tier)
        self.simulation.changed.connect(self.check)
        self.check()

    @property
    def is_good(self) -> bool:
        """Return True when every field can be used."""
        fields = (self.good_name, self.good_cash, self.maker_ppm, self.taker_ppm, self.simulation.latency)
        return None not in fields

    @property
    def fees(self) -> FeeRates:
        """Return the rates that are typed, with the discount where it is wanted."""
        has_discount = self.simulation.has_discount
        return fee_rates(self.maker_ppm or 0, self.taker_ppm or 0, self._venue, has_discount=has_discount)

    def show_venue(self, venue: Venue) -> None:
        """Name the coin of another venue's discount."""
        self._venue = venue
        self.simulation.show_venue(venue)

    @Slot()
    def check(self) -> None:
        """Check every field; rates that belong to no tier are the person's own."""
        self.good_name = checked(self.name, check_name)
        self.good_cash = checked(self.cash, check_cash)
        self.maker_ppm = checked(self.maker, check_fee)
        self.taker_ppm = checked(self.taker, check_fee)
        rates = [tier for _, tier in TIERS]
        typed = FeeRates(self.maker_ppm or 0, self.taker_ppm or 0)
        self.tier.setCurrentIndex(rates.index(typed) if typed in rates else len(rates))
        self.changed.emit()

    @Slot(int)
    def _take_tier(self, index: int) -> None:
        if index < len(TIERS):
            rates = TIERS[index][1]
            self.maker.set_text(ppm_to_percent(rates.maker_ppm))
            self.taker.set_text(ppm_to_percent(rates.taker_ppm))

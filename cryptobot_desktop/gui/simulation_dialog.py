"""Changes fill model, latency and fees of the sessions to come; the running one keeps its own until it is restarted."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.limits_form import ppm_to_percent
from cryptobot_desktop.gui.simulation import SimulationChoice, SimulationPort, simulation_words
from cryptobot_desktop.gui.simulation_form import SimulationForm
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SPACE
from cryptobot_desktop.gui.wizard.checks import check_fee
from cryptobot_desktop.gui.wizard.page import checked
from cryptobot_desktop.gui.words import Words, rule

_WIDTH = 520


class SimulationDialog(QDialog):
    """Every field is checked as it is typed; it does not hold up the program."""

    def __init__(self, desk: Desk, port: SimulationPort, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Simulation")
        self._desk, self._port = desk, port
        kept = port.current()
        self._venue = kept.venue
        self.form = SimulationForm(kept.fill_model, kept.latency, has_discount=kept.has_discount)
        self.form.offer_measuring(port)
        self.form.show_venue(kept.venue)
        self.maker = CheckedField("Maker fee, %", ppm_to_percent(kept.maker_ppm), numeric=True)
        self.taker = CheckedField("Taker fee, %", ppm_to_percent(kept.taker_ppm), numeric=True)
        self.running = Words("", "muted", wrap=True)
        self.save = QPushButton("Save for the next start")
        self.save.setProperty("kind", "primary")
        self.restart = QPushButton("Save and restart the session")
        self.cancel = QPushButton("Cancel")
        self._lay_out()
        self._show_running()
        self.form.changed.connect(self.check)
        self.maker.changed.connect(self.check)
        self.taker.changed.connect(self.check)
        self.save.clicked.connect(self.keep)
        self.restart.clicked.connect(self.keep_and_restart)
        self.cancel.clicked.connect(self.reject)
        self.check()

    def _lay_out(self) -> None:
        fees = QHBoxLayout()
        fees.setSpacing(3 * SPACE)
        fees.addWidget(self.maker, 1)
        fees.addWidget(self.taker, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * SPACE)
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        buttons.addWidget(self.restart)
        buttons.addWidget(self.save)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        box.addWidget(self.running)
        box.addWidget(rule())
        box.addLayout(fees)
        box.addWidget(self.form)
        box.addWidget(rule())
        box.addLayout(buttons)
        self.setMinimumWidth(_WIDTH)

    def _show_running(self) -> None:
        snapshot = self._desk.snapshot
        if snapshot is not None:
            card = snapshot.simulation
            now = simulation_words(card.fill_model, card.latency, card.fees)
            self.running.say(f"The running session: {now}. What you set here is used from the next start on.")

    @property
    def choice(self) -> SimulationChoice | None:
        """Return what stands in the fields, None while one is no good."""
        maker, taker = checked(self.maker, check_fee), checked(self.taker, check_fee)
        latency = self.form.latency
        if maker is None or taker is None or latency is None:
            return None
        return SimulationChoice(
            venue=self._venue,
            fill_model=self.form.fill_model,
            latency=latency,
            maker_ppm=maker,
            taker_ppm=taker,
            has_discount=self.form.has_discount,
        )

    @Slot()
    def check(self) -> None:
        """Let the buttons work only when every field is good."""
        good = self.choice is not None
        self.save.setEnabled(good)
        self.restart.setEnabled(good)

    @Slot()
    def keep(self) -> None:
        """Keep the choice for the next start."""
        choice = self.choice
        if choice is not None:
            self._port.keep(choice)
            self._desk.said.emit("simulation saved; it is used from the next start of the session on", "muted")
            self.accept()

    @Slot()
    def keep_and_restart(self) -> None:
        """Keep the choice and begin anew with it; portfolio, orders and bots go on."""
        choice = self.choice
        if choice is not None:
            self._port.keep(choice)
            self.accept()
            self._port.restart()

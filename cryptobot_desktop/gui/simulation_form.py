"""The fields of the simulation: fill model with an explanation each, latency, discount; used by dialog and wizard."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.config.fee_tiers import DISCOUNTS
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import LONGEST_MS, Latency, latency_of
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.format import rate_text
from cryptobot_desktop.gui.segments import Segments
from cryptobot_desktop.gui.simulation import MODEL_WORDS, Measured, SimulationPort
from cryptobot_desktop.gui.tokens import SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words

_NONE, _FIXED, _RANGE, _MEASURED = "none", "fixed", "range", "measured"
_WAYS = ((_NONE, "None"), (_FIXED, "Fixed"), (_RANGE, "Range"), (_MEASURED, "Measured"))


class SimulationForm(QWidget):
    """`latency` is None while the typed one is no good."""

    changed = Signal()
    _measured = Signal(object)

    def __init__(self, fill_model: FillModel, latency: Latency, *, has_discount: bool) -> None:
        super().__init__()
        self.model = Segments([(model.value, model.value.capitalize()) for model in MODEL_WORDS], "Fill model")
        self.model_words = Words("", "muted", pixels=SMALL_PX + 1, wrap=True)
        self.way = QComboBox()
        self.way.setAccessibleName("Latency")
        for value, label in _WAYS:
            self.way.addItem(label, value)
        self.first = CheckedField("ms", numeric=True)
        self.last = CheckedField("to, ms", numeric=True)
        self.measure_button = QPushButton("Measure now")
        self.measure_words = Words("", "muted", pixels=SMALL_PX, wrap=True)
        self.discount = QCheckBox()
        self.discount_words = Words("", "muted", pixels=SMALL_PX, wrap=True)
        self.latency: Latency | None = latency
        self._samples = latency.samples if len(latency.samples) > 2 else ()
        self._measure: SimulationPort | None = None
        self._lay_out()
        self.model.set_value(fill_model.value)
        self.discount.setChecked(has_discount)
        self._show_latency(latency)
        self.show_venue(Venue.BINANCE)
        self._connect()
        self.check()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(SPACE)
        box.addWidget(Words("How resting orders fill", "muted", pixels=SMALL_PX))
        box.addWidget(self.model)
        box.addWidget(self.model_words)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(2)
        grid.addWidget(Words("Latency of orders", "muted", pixels=SMALL_PX), 0, 0)
        grid.addWidget(self.way, 1, 0)
        grid.addWidget(self.first, 0, 1, 3, 1)
        grid.addWidget(self.last, 0, 2, 3, 1)
        measured = QHBoxLayout()
        measured.addWidget(self.measure_button)
        measured.addWidget(self.measure_words, 1)
        grid.addLayout(measured, 1, 3)
        grid.setColumnStretch(3, 1)
        box.addSpacing(SPACE)
        box.addLayout(grid)
        box.addWidget(self.discount)
        box.addWidget(self.discount_words)

    def _connect(self) -> None:
        self.model.chosen.connect(self.check)
        self.way.currentIndexChanged.connect(self.check)
        self.first.changed.connect(self.check)
        self.last.changed.connect(self.check)
        self.discount.toggled.connect(self.check)
        self.measure_button.clicked.connect(self._start_measuring)
        self._measured.connect(self._take_measured)

    @property
    def fill_model(self) -> FillModel:
        """Return the chosen model."""
        return FillModel(self.model.value)

    @property
    def has_discount(self) -> bool:
        """Return True when fees shall be paid in the venue's own coin."""
        return self.discount.isChecked()

    def offer_measuring(self, port: SimulationPort) -> None:
        """Let the button measure."""
        self._measure = port
        self.check()

    def show_venue(self, venue: Venue) -> None:
        """Name the coin and discount of a venue."""
        asset, ppm = DISCOUNTS[venue]
        self.discount.setText(f"Pay fees in {asset}, {rate_text(ppm)} less")
        self.discount_words.say(
            f"Only while the portfolio holds enough {asset}, and its price is known; else as usual."
        )

    def _show_latency(self, latency: Latency) -> None:
        samples = latency.samples
        way = {0: _NONE, 1: _FIXED, 2: _RANGE}.get(len(samples), _MEASURED)
        self.way.setCurrentIndex(self.way.findData(way))
        self.first.set_text(str(samples[0]) if len(samples) in (1, 2) else "50")
        self.last.set_text(str(samples[1]) if len(samples) == 2 else "120")

    @Slot()
    def check(self) -> None:
        """Show the fields of the chosen way and check them."""
        self.model_words.say(MODEL_WORDS[self.fill_model])
        way = self.way.currentData()
        self.first.setVisible(way in (_FIXED, _RANGE))
        self.first.label.say("ms" if way == _FIXED else "from, ms")
        self.last.setVisible(way == _RANGE)
        self.measure_button.setVisible(way == _MEASURED)
        self.measure_button.setEnabled(self._measure is not None)
        self.measure_words.setVisible(way == _MEASURED)
        if way == _MEASURED and not self.measure_words.text():
            self.measure_words.say(self._measured_words())
        self.latency = self._read(way)
        self.changed.emit()

    def _measured_words(self) -> str:
        if not self._samples:
            return "not measured yet" if self._measure is not None else "can be measured later, under Session"
        return f"{len(self._samples)} answers, {self._samples[0]} to {self._samples[-1]} ms"

    def _read(self, way: str) -> Latency | None:
        if way == _MEASURED:
            return Latency(self._samples) if self._samples else None
        fields = {_FIXED: (self.first,), _RANGE: (self.first, self.last)}.get(way, ())
        times = [_milliseconds(field) for field in fields]
        good = [time for time in times if time is not None]
        if len(good) < len(times):
            return None
        if way == _RANGE and good[0] >= good[1]:
            self.last.set_problem("must be more than from")
            return None
        return latency_of(good)

    @Slot()
    def _start_measuring(self) -> None:
        if self._measure is not None:
            self.measure_button.setEnabled(False)
            self.measure_words.say("asking the venue for its time\u2026", "muted")
            self._measure.measure(self._measured.emit)

    @Slot(object)
    def _take_measured(self, measured: Measured) -> None:
        self._samples = measured.samples or self._samples
        self.measure_words.say(measured.text, "muted" if measured.samples else "warn")
        self.check()


def _milliseconds(field: CheckedField) -> int | None:
    text = field.text
    good = text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_MS)) and int(text) <= LONGEST_MS
    field.set_problem("" if good else f"0 to {LONGEST_MS}")
    return int(text) if good else None


def check_latency(samples: list[int]) -> Latency:
    """Return stored samples as a latency; anything wrong counts as none."""
    try:
        return latency_of(samples)
    except InvalidInput:
        return Latency()

"""Profit band: what the running session would have earned under the other fill models, replayed on demand."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from cryptobot_desktop.domain.numbers import PPM
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.band_picture import BandPicture, model_colour
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.format import amount_text, percent_text
from cryptobot_desktop.gui.panel_frame import Remark
from cryptobot_desktop.gui.panels.panel import Panel
from cryptobot_desktop.gui.proofs import BackgroundJob, Failed, ModelCurve, ProfitBand, Progress, Report, SessionProofs
from cryptobot_desktop.gui.tables.columns import signed_tone
from cryptobot_desktop.gui.theme import current, station
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE
from cryptobot_desktop.gui.words import Words

_SUMMARY_PX = 17
_TITLES = ("", "Result", "%", "Orders", "Fills", "")
_ABOUT = (
    "Resting orders fill late or soon, depending on who stood before them. "
    "The truth lies between the kindest and the unkindest model."
)
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft


class Band(Panel):
    """A button, and then three curves with their figures."""

    name = "band"
    title = "Profit band"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self.picture = BandPicture()
        self.again = QPushButton("Compare fill models again")
        self.cancel = QPushButton("Cancel")
        self.progress = QProgressBar()
        self.doing = Words("", "muted")
        self.summary = Words("", pixels=_SUMMARY_PX, bold=True, wrap=True)
        self.note = Words("", "muted", pixels=SMALL_PX, wrap=True)
        self.figures = QGridLayout()
        self._curves = QWidget()
        self._working = QWidget()
        content = QWidget()
        super().__init__(desk, content, parent)
        self._lay_out(content)
        self.proofs: SessionProofs | None = None
        self.band: ProfitBand | None = None
        self._trouble = ""
        self.job = BackgroundJob(self)
        self.job.reported.connect(self._take_report)
        self.again.clicked.connect(self.compare)
        self.cancel.clicked.connect(self._give_up)
        station().changed.connect(self._restyle)

    def _lay_out(self, content: QWidget) -> None:
        self.progress.setRange(0, 1_000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        working = QVBoxLayout(self._working)
        working.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        row = QHBoxLayout()
        row.addWidget(self.doing, 1)
        row.addWidget(self.cancel)
        working.addStretch(1)
        working.addLayout(row)
        working.addWidget(self.progress)
        working.addStretch(2)
        side = QVBoxLayout()
        side.setSpacing(2 * SPACE)
        side.addWidget(self.summary)
        self.figures.setHorizontalSpacing(4 * SPACE)
        self.figures.setVerticalSpacing(3)
        side.addLayout(self.figures)
        side.addWidget(self.note)
        side.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.again)
        below.addStretch(1)
        side.addLayout(below)
        curves = QHBoxLayout(self._curves)
        curves.setContentsMargins(PANEL_PADDING, 2 * SPACE, PANEL_PADDING, 2 * SPACE)
        curves.setSpacing(4 * SPACE)
        curves.addWidget(self.picture, 1)
        curves.addLayout(side)
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._curves, 1)
        box.addWidget(self._working, 1)

    def refresh(self, snapshot: EngineSnapshot) -> None:
        """Show what there is: nothing yet, the work, the result, or what went wrong."""
        if self.band is not None and self.band.session_id != snapshot.session_id:
            self.band = None
        if self.job.is_running:
            self._show_part(self._working)
        elif self._trouble:
            title = "The comparison came to nothing"
            self.frame.show_error(Remark(title=title, text=self._trouble, action="Try again", on_action=self.compare))
        elif self.band is not None:
            self._show_part(self._curves)
        elif self.proofs is None:
            text = "This window has no recording of its session to play again."
            self.frame.show_empty(Remark(title="No comparison here", text=text))
        elif snapshot.engine_state == "starting":
            self.frame.show_loading()
        else:
            self.frame.show_empty(
                Remark(
                    title="How sure is this profit?",
                    text=f"{_ABOUT} The session so far is played again under each model; trading goes on meanwhile.",
                    action="Compare fill models",
                    on_action=self.compare,
                )
            )

    def _show_part(self, part: QWidget) -> None:
        self._working.setVisible(part is self._working)
        self._curves.setVisible(part is self._curves)
        self.frame.show_live()

    @Slot()
    def compare(self) -> None:
        """Start the comparison."""
        proofs, snapshot = self.proofs, self.desk.snapshot
        if proofs is None or snapshot is None:
            return
        self._trouble = ""
        self.progress.setValue(0)
        self.doing.say("Reading the recording\u2026")
        session_id = snapshot.session_id
        self.job.start(lambda report: proofs.compare_models(session_id, report))
        self.refresh(snapshot)

    @Slot()
    def _give_up(self) -> None:
        self.job.cancel()
        self._refresh_now()

    @Slot(object)
    def _take_report(self, report: Report) -> None:
        if isinstance(report, Progress):
            self.progress.setValue(report.done_ppm // 1_000)
            self.doing.say(report.text or "Playing the session again\u2026")
            return
        if isinstance(report, Failed):
            self._trouble = report.text
        elif isinstance(report, ProfitBand):
            self._show_band(report)
        self._refresh_now()

    def _refresh_now(self) -> None:
        if self.desk.snapshot is not None:
            self.refresh(self.desk.snapshot)

    def _show_band(self, band: ProfitBand) -> None:
        self.band = band
        self.picture.show_band(band)
        results = [curve.final_equity - band.starting_equity for curve in band.curves]
        low, high = min(results), max(results)
        words = f"{amount_text(low, signed=True)} to {amount_text(high, band.asset, signed=True)}"
        if low == high:
            words = f"{amount_text(low, band.asset, signed=True)} under every model"
        self.summary.say(words)
        self.note.say(band.note)
        self.note.setVisible(bool(band.note))
        self._fill_figures(band)

    def _fill_figures(self, band: ProfitBand) -> None:
        while self.figures.count():
            item = self.figures.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for column, title in enumerate(_TITLES):
            self._put(Words(title, "muted", pixels=SMALL_PX), 0, column)
        for row, curve in enumerate(band.curves, 1):
            for column, (text, tone) in enumerate(_cells(band, curve)):
                words = Words(text, tone)
                self._put(words, row, column)
        self._restyle()

    def _put(self, words: Words, row: int, column: int) -> None:
        self.figures.addWidget(words, row, column, _RIGHT if column else _LEFT)

    @Slot()
    def _restyle(self) -> None:
        """Paint each model's name in the colour of its curve."""
        for row, curve in enumerate(self.band.curves if self.band is not None else (), 1):
            item = self.figures.itemAtPosition(row, 0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setStyleSheet(f"color: {model_colour(current(), curve.model)}")
        self.picture.update()


def _cells(band: ProfitBand, curve: ModelCurve) -> tuple[tuple[str, str], ...]:
    """Return one row of figures as (text, tone)."""
    result = curve.final_equity - band.starting_equity
    change = result * PPM // band.starting_equity if band.starting_equity else 0
    tone = signed_tone(result).value
    return (
        (curve.model.value, "text"),
        (amount_text(result, signed=True), tone),
        (percent_text(change), tone),
        (str(curve.orders), "text"),
        (str(curve.fills), "text"),
        ("\u25c2 this session" if curve.model is band.recorded_model else "", "muted"),
    )

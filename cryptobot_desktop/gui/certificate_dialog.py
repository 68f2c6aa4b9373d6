"""Proves that a session can be replayed: the work, then the certificate or the first difference with both sides."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cryptobot_desktop.gui.proofs import BackgroundJob, Certificate, Difference, Failed, Job, Progress, Report
from cryptobot_desktop.gui.tokens import PANEL_PADDING, SMALL_PX, SPACE, TEXT_PX
from cryptobot_desktop.gui.words import Words

_WIDTH = 600
_LONG = 40
_TITLE_PX = 17


class CertificateDialog(QDialog):
    """Works at once when it is opened; closing it stops the work. It does not hold up the program."""

    def __init__(
        self,
        job: Job,
        session_id: str,
        parent: QWidget | None = None,
        *,
        open_page: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Proof of this session")
        self._work, self._open_page = job, open_page or show_page
        self.certificate: Certificate | None = None
        self.title = Words("Playing the session again\u2026", pixels=_TITLE_PX, bold=True, wrap=True)
        self.text = Words(f"Session {session_id}. Every answer is compared with the recording.", "muted", wrap=True)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1_000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.body = QVBoxLayout()
        self.again = QPushButton("Prove again")
        self.open_button = QPushButton("Open certificate")
        self.save_button = QPushButton("Save certificate\u2026")
        self.close_button = QPushButton("Cancel")
        self.saved = Words("", "muted", pixels=SMALL_PX, wrap=True)
        self._lay_out()
        self.job = BackgroundJob(self)
        self.job.reported.connect(self._take)
        self.again.clicked.connect(self.start)
        self.open_button.clicked.connect(self._open)
        self.save_button.clicked.connect(self._ask_where)
        self.close_button.clicked.connect(self.close)
        self.start()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(2 * SPACE)
        for part in (self.title, self.text, self.progress):
            box.addWidget(part)
        box.addLayout(self.body)
        box.addStretch(1)
        box.addWidget(self.saved)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        for button in (self.open_button, self.save_button, self.again):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        box.addLayout(row)
        self.setMinimumWidth(_WIDTH)

    @Slot()
    def start(self) -> None:
        """Begin, or begin anew."""
        self.certificate = None
        self._clear_body()
        self.title.say("Playing the session again\u2026", "text")
        self.progress.setValue(0)
        self._show_buttons()
        self.job.start(self._work)

    def _show_buttons(self) -> None:
        done = self.certificate is not None
        running = not done and not self.body.count()
        self.progress.setVisible(running)
        self.again.setVisible(not running)
        self.open_button.setVisible(done)
        self.save_button.setVisible(done)
        self.saved.setVisible(done)
        self.close_button.setText("Cancel" if running else "Close")

    @Slot(object)
    def _take(self, report: Report) -> None:
        if isinstance(report, Progress):
            self.progress.setValue(report.done_ppm // 1_000)
            return
        if isinstance(report, Failed):
            self.title.say("Nothing could be proved", "warn")
            self.body.addWidget(Words(report.text, wrap=True))
        elif isinstance(report, Certificate):
            self._show_certificate(report)
        self._show_buttons()
        self._fit()

    def _fit(self) -> None:
        """Take the height that wrapped lines need at the width that there is; `adjustSize` knows only the former."""
        self.adjustSize()
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _show_certificate(self, found: Certificate) -> None:
        self.certificate = found
        self.saved.say("")
        if found.holds:
            self.title.say("\u2713 0 differences", "up")
        else:
            self.title.say("\u2715 The replay is not the recording", "danger")
        self.text.say(f"Session {found.session_id}: {found.summary}")
        if found.difference is not None:
            self.body.addWidget(_both_sides(found.difference))
        self.body.addWidget(_table(found.compared))
        for note in found.notes:
            self.body.addWidget(Words(note, "muted", pixels=SMALL_PX, wrap=True))

    def _clear_body(self) -> None:
        while self.body.count():
            item = self.body.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    @Slot()
    def _open(self) -> None:
        if self.certificate is not None:
            self._open_page(self.certificate.page)

    @Slot()
    def _ask_where(self) -> None:
        dialog = QFileDialog(self, "Save certificate", "certificate.html", "Page and data (*.html *.json)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the page and the data side by side; a problem is said in the window."""
        found = self.certificate
        if found is None:
            return
        page, data = Path(path).with_suffix(".html"), Path(path).with_suffix(".json")
        try:
            page.write_text(found.page, encoding="utf-8")
            data.write_text(found.document, encoding="utf-8")
        except OSError as problem:
            self.saved.say(f"{page} cannot be written: {problem.strerror}. Choose another place.", "danger")
            return
        self.saved.say(f"Saved: {page.name} and {data.name} in {page.parent}", "muted")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the work."""
        self.job.cancel()
        super().closeEvent(event)

    def reject(self) -> None:
        """Stop the work on Escape too."""
        self.job.cancel()
        super().reject()


def show_page(page: str) -> None:
    """Open a page in the system's browser, from a file of its own."""
    with tempfile.NamedTemporaryFile(
        "w", suffix=".html", prefix="certificate-", delete=False, encoding="utf-8"
    ) as file:
        file.write(page)
    QDesktopServices.openUrl(QUrl.fromLocalFile(file.name))


def _both_sides(found: Difference) -> QWidget:
    """Return what was recorded beside what was replayed."""
    frame = QFrame()
    frame.setObjectName("card")
    grid = QGridLayout(frame)
    grid.setContentsMargins(PANEL_PADDING, 2 * SPACE, PANEL_PADDING, 2 * SPACE)
    grid.setHorizontalSpacing(4 * SPACE)
    grid.addWidget(Words(f"First difference: {found.what}", bold=True, wrap=True), 0, 0, 1, 2)
    for column, (title, text) in enumerate((("Recorded", found.recorded), ("Replayed", found.replayed))):
        value = Words(text, "text", wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(Words(title, "muted", pixels=SMALL_PX), 1, column)
        grid.addWidget(value, 2, column, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(column, 1)
    return frame


def _table(lines: tuple[tuple[str, str], ...]) -> QWidget:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(3)
    grid.setHorizontalSpacing(4 * SPACE)
    grid.setColumnStretch(1, 1)
    for row, (label, text) in enumerate(lines):
        value = Words(text, pixels=SMALL_PX if len(text) > _LONG else TEXT_PX, wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(Words(label, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, row, 1)
    return holder

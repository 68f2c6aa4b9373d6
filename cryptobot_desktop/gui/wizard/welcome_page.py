"""Page 1, Welcome: what this is, where data is kept, dark or light."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton

from cryptobot_desktop.gui.checked_field import CheckedField
from cryptobot_desktop.gui.segments import Segments
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.tokens import SPACE
from cryptobot_desktop.gui.wizard.checks import check_folder
from cryptobot_desktop.gui.wizard.page import WizardPage, checked
from cryptobot_desktop.gui.words import Words

_PROMISES = (
    "Prices are real, or come from the built-in market when you have no network.",
    "Money is pretend. There is no way to spend real money with this program.",
    "Everything stays on this computer. No account and no key is needed.",
)


class WelcomePage(WizardPage):
    """Data folder and theme."""

    step = "Welcome"

    def __init__(self, default_folder: str, theme: str) -> None:
        super().__init__("Practise trading with pretend money", "In five steps a bot trades on a live chart.")
        self._default = default_folder
        for promise in _PROMISES:
            self.box.addWidget(Words(f"\u2713  {promise}", wrap=True))
        self.folder = CheckedField("Data folder", default_folder, help_text="portfolios, trades and settings")
        self._browse = QPushButton("Browse\u2026")
        self._browse.clicked.connect(self._ask_folder)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(self.folder, 1)
        row.addWidget(self._browse, 0, Qt.AlignmentFlag.AlignVCenter)
        self.theme = Segments([("dark", "Dark"), ("light", "Light")], "Theme")
        self.theme.set_value(theme)
        look = QHBoxLayout()
        look.addWidget(Words("Theme", "muted"))
        look.addWidget(self.theme)
        look.addStretch(1)
        self.box.addSpacing(2 * SPACE)
        self.box.addLayout(row)
        self.box.addLayout(look)
        self.box.addStretch(1)
        self.theme.chosen.connect(self._put_on)
        self.folder.changed.connect(self.check)
        self.check()

    @property
    def is_good(self) -> bool:
        """Return True when the folder can be used, or is left to the program."""
        return self.data_dir is not None

    @Slot()
    def check(self) -> None:
        """Check the folder; an empty one is fine where the program proposed none."""
        if not self._default and not self.folder.text:
            self.folder.set_problem("")
            self.data_dir: str | None = ""
        else:
            self.data_dir = checked(self.folder, check_folder)
        self.changed.emit()

    @Slot(str)
    def _put_on(self, name: str) -> None:
        station().put_on(name)

    @Slot()
    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "Data folder", self.folder.text)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.set_text)
        dialog.open()

"""What the main window's actions do: stop, release, bots, theme, palette. Dialogs are opened, never waited for."""

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QMainWindow, QMessageBox

from cryptobot_desktop.domain.commands import PauseBot, ReleaseKillSwitch, TripKillSwitch
from cryptobot_desktop.domain.ledger import BotRecord
from cryptobot_desktop.engine.catalogue import check_bot_params, strategy_cards
from cryptobot_desktop.gui.actions import ActionRegistry
from cryptobot_desktop.gui.bot_dialog import BotDialog
from cryptobot_desktop.gui.bridge import Answer
from cryptobot_desktop.gui.command_palette import CommandPalette, palette_entries
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.dock_layout import DockLayout
from cryptobot_desktop.gui.epochs_dialog import EpochsDialog
from cryptobot_desktop.gui.portfolio_dialog import PortfolioDialog
from cryptobot_desktop.gui.release_dialog import ReleaseDialog
from cryptobot_desktop.gui.settings_port import SettingsPort
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.tokens import UpDown

THEME_KEY, COLOURS_KEY = "theme/name", "theme/colours"
FONT_KEY = "theme/font_percent"
STOP_PATIENCE_MS = 2_000
STOP_REASON = "STOP ALL was pressed in the window"
_ABOUT = (
    "CryptoBot Desktop trades pretend money on real prices.\n\n"
    "There is no way to spend real money with it. Fills walk the real order book, pay fees and keep to the "
    "exchange's filters; every one has a receipt.\n\nMIT licence."
)


class WindowCommands(QObject):
    """The verbs of one main window."""

    wizard_wanted = Signal()
    data_folder_wanted = Signal()

    def __init__(self, window: QMainWindow, desk: Desk, docks: DockLayout, settings: SettingsPort) -> None:
        super().__init__(window)
        self.window, self.desk, self.docks = window, desk, docks
        self._settings = settings
        self._recent: list[str] = []
        self.registry = ActionRegistry(window)
        self._stop_unanswered = False
        self._stop_check = QTimer(self, singleShot=True, interval=STOP_PATIENCE_MS)
        self._stop_check.timeout.connect(self._complain_about_stop)

    @Slot()
    def stop_all(self) -> None:
        """Stop everything at once, without asking."""
        self._stop_unanswered = True
        self.desk.order(TripKillSwitch(STOP_REASON), self._take_stop_answer)
        self.desk.said.emit("stopping all trading", "danger")
        self._stop_check.start()

    def _take_stop_answer(self, answer: Answer) -> None:
        self._stop_unanswered = False
        self.desk.said.emit(getattr(answer, "message", "") or "all trading is stopped", "danger")

    @Slot()
    def _complain_about_stop(self) -> None:
        if self._stop_unanswered:
            self.desk.said.emit("the engine has not answered STOP ALL; quit the program to stop it", "danger")

    @Slot()
    def ask_release(self) -> None:
        """Ask for the reason that a release needs."""
        snapshot = self.desk.snapshot
        if snapshot is not None and snapshot.kill_tripped:
            ReleaseDialog(self.release, self.window).open()
        else:
            self.desk.said.emit("nothing to release: trading is not stopped", "muted")

    def release(self, reason: str) -> None:
        """Accept orders again."""
        self.desk.order(ReleaseKillSwitch(reason))

    @Slot()
    def ask_bot(self) -> None:
        """Open the dialog that adds a bot."""
        BotDialog(self.desk, strategy_cards(), check_bot_params, parent=self.window).open()

    @Slot(object)
    def ask_settings(self, record: BotRecord) -> None:
        """Open the settings of one bot."""
        BotDialog(self.desk, strategy_cards(), check_bot_params, record=record, parent=self.window).open()

    @Slot()
    def ask_portfolio(self) -> None:
        """Open the dialog that opens a portfolio."""
        PortfolioDialog(self.desk, parent=self.window).open()

    @Slot()
    def ask_reset(self) -> None:
        """Open the dialog that gives the chosen portfolio fresh cash."""
        card = self.desk.portfolio_card()
        if card is not None:
            PortfolioDialog(self.desk, card, self.window).open()

    @Slot()
    def show_epochs(self) -> None:
        """Show older epochs of the chosen portfolio."""
        if self.desk.portfolio:
            EpochsDialog(self.desk, self.desk.portfolio, self.window).show()

    @Slot()
    def pause_bots(self) -> None:
        """Pause every bot that runs."""
        for card in self.desk.snapshot.bots if self.desk.snapshot is not None else ():
            if card.record.status == "running":
                self.desk.order(PauseBot(card.record.bot))

    @Slot()
    def switch_theme(self) -> None:
        """Go from dark to light or back, and remember it."""
        name = "light" if station().theme.dark else "dark"
        self._settings.set(THEME_KEY, name)
        station().put_on(name)

    def put_on_colours(self, colours: UpDown) -> None:
        """Use other colours for up and down, and remember them."""
        self._settings.set(COLOURS_KEY, colours.value)
        station().put_on(station().theme.name, colours)

    def change_text_size(self, step: int) -> None:
        """Make all texts larger or smaller by so many percent, from 80 to 200, and remember it; 0 = as at first."""
        percent = station().font_percent + step if step else 100
        station().put_on(station().theme.name, font_percent=percent)
        self._settings.set(FONT_KEY, str(station().font_percent))

    @Slot()
    def switch_full_screen(self) -> None:
        """Fill the screen, or stop doing so."""
        self.window.setWindowState(self.window.windowState() ^ Qt.WindowState.WindowFullScreen)

    @Slot()
    def focus_ticket(self) -> None:
        """Put the keyboard into the order ticket."""
        self.docks.show_panel("ticket")

    @Slot()
    def open_palette(self) -> None:
        """Open the command palette."""
        CommandPalette(palette_entries(self.registry, self.desk), self._recent, self.window).open()

    @Slot()
    def show_about(self) -> None:
        """Say what this program is."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, "About", _ABOUT, QMessageBox.StandardButton.Close, self.window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

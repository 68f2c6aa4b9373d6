"""Starts Qt and shows the right window: the wizard, the main window, or one clear error. The app package's way in."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from cryptobot_desktop.engine.catalogue import check_bot_params, strategy_cards
from cryptobot_desktop.engine.handle import EngineHandle
from cryptobot_desktop.gui.alarms import Alarm
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.resource_files import resource_folder
from cryptobot_desktop.gui.settings_port import MemorySettings, SettingsPort, text_setting
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.tokens import UpDown
from cryptobot_desktop.gui.window_commands import COLOURS_KEY, FONT_KEY, THEME_KEY
from cryptobot_desktop.gui.window_ports import WindowPorts
from cryptobot_desktop.gui.wizard.choice import SetupChoice, WizardPorts
from cryptobot_desktop.gui.wizard.wizard import SetupWizard

FRAME = QSize(8, 40)
"""What title bar and borders of a window manager take at most; they are not known before the window is shown."""


def create_application(arguments: Sequence[str]) -> QApplication:
    """Return the one QApplication, named, with exact scaling on every screen."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    policy = Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(policy)
    app = QApplication(list(arguments))
    app.setApplicationName("CryptoBot Desktop")
    app.setDesktopFileName("cryptobot-desktop")
    app.setQuitOnLastWindowClosed(False)
    app.setWindowIcon(QIcon(str(resource_folder() / "icons" / "cryptobot.svg")))
    return app


def put_on_saved_theme(settings: SettingsPort) -> None:
    """Dress the application as the settings say; dark with green and red where they say nothing good."""
    colours = text_setting(settings, COLOURS_KEY, UpDown.GREEN_RED.value)
    known = {choice.value for choice in UpDown}
    percent = text_setting(settings, FONT_KEY, "100")
    station().put_on(
        text_setting(settings, THEME_KEY, "dark"),
        UpDown(colours) if colours in known else None,
        int(percent) if percent.isascii() and percent.isdigit() else 100,
    )


def fit_to_screen(window: MainWindow) -> None:
    """Make a window that is larger than its screen fit: PAPER and STOP ALL must be on it."""
    room = window.screen().availableGeometry().size() - FRAME
    window.resize(window.size().boundedTo(room))


class DesktopShell(QObject):
    """One desktop: shows the wizard, the main window or an error, and remembers look and layout in `settings`.

    Nothing here blocks: the app package runs the event loop of `app` and hears back through the callbacks.
    """

    def __init__(self, settings: SettingsPort | None = None, arguments: Sequence[str] = ("cryptobot",)) -> None:
        self.app = create_application(arguments)
        super().__init__(self.app)
        self.settings = settings if settings is not None else MemorySettings()
        self.window: MainWindow | None = None
        self.wizard: SetupWizard | None = None
        self.error: QMessageBox | None = None
        put_on_saved_theme(self.settings)

    def show_wizard(
        self,
        on_done: Callable[[SetupChoice | None], object],
        *,
        ports: WizardPorts | None = None,
        defaults: SetupChoice | None = None,
    ) -> SetupWizard:
        """Open the wizard; `on_done` gets the choice, or None after Cancel."""
        wizard = SetupWizard(strategy_cards(), check_bot_params, ports=ports, defaults=defaults, parent=self.window)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.wizard = wizard

        def chosen(choice: SetupChoice) -> None:
            self.settings.set(THEME_KEY, choice.theme)
            station().put_on(choice.theme)
            on_done(choice)

        def left() -> None:
            on_done(None)

        wizard.chosen.connect(chosen)
        wizard.rejected.connect(left)
        wizard.open()
        return wizard

    def show_main(
        self,
        handle: EngineHandle,
        settings: SettingsPort | None = None,
        *,
        profile: str = "",
        ports: WindowPorts | None = None,
    ) -> MainWindow:
        """Show the main window on an engine; the chart is loaded after the first paint.

        `window.closed` tells the app that the person wants to end; the engine is not touched here.
        """
        if settings is not None:
            self.settings = settings
            put_on_saved_theme(settings)
        self.window = MainWindow(handle, self.settings, profile=profile, ports=ports)
        fit_to_screen(self.window)
        self.window.show()
        return self.window

    def show_error(
        self, kind: str, text: str, remedy: str, on_closed: Callable[[], object] | None = None
    ) -> QMessageBox:
        """Say what failed and what helps, in a box of its own; never a traceback. `on_closed` follows."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, kind, text, QMessageBox.StandardButton.Close, self.window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(remedy)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if on_closed is not None:
            box.finished.connect(_dropping_arguments(on_closed))
        self.error = box
        box.open()
        return box

    def show_message(self, key: str, text: str, remedy: str, *, tone: str = "warn") -> None:
        """Show a message across the main window until `take_message_off(key)`; nothing without a window."""
        if self.window is not None:
            self.window.show_message(Alarm(key=key, tone=tone, what=text, remedy=remedy))

    def take_message_off(self, key: str) -> None:
        """Remove a message from the main window."""
        if self.window is not None:
            self.window.take_message_off(key)

    def raise_window(self) -> None:
        """Bring the window to the front: a second start of the program asks for it."""
        window = self.window if self.window is not None else self.wizard
        if window is None:
            return
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def quit(self, status: int = 0) -> None:
        """End the event loop without asking anything."""
        self.app.exit(status)


def _dropping_arguments(call: Callable[[], object]) -> Callable[..., None]:
    def dropped(*_: object) -> None:
        call()

    return dropped

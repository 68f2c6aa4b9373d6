"""Starts Qt and shows the right window: the wizard, the main window, or one clear error. The app package's way in."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from cryptobot_desktop.gui.resource_files import resource_folder
from cryptobot_desktop.gui.settings_port import SettingsPort, text_setting
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.tokens import UpDown
from cryptobot_desktop.gui.window_commands import COLOURS_KEY, THEME_KEY


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
    station().put_on(text_setting(settings, THEME_KEY, "dark"), UpDown(colours) if colours in known else None)

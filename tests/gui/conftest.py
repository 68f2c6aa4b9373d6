"""Fixtures of the window tests: a scripted engine behind a real handle, and a main window on it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cryptobot_desktop.gui.bridge import EngineBridge
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.settings_port import MemorySettings
from cryptobot_desktop.gui.theme import station
from cryptobot_desktop.gui.tokens import DARK, UpDown
from tests.gui.builders import ScriptedEngine, snapshot


@pytest.fixture
def engine() -> ScriptedEngine:
    """Return a scripted engine that has published nothing yet."""
    return ScriptedEngine()


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """Put the dark theme on, and on again after the test, when its windows are really gone."""
    _dress()
    yield qapp
    # deleteLater waits for an event loop, which tests do not run; leftovers would be restyled again and again.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    _dress()


def _dress() -> None:
    now = station()
    app = QApplication.instance()
    fresh = isinstance(app, QApplication) and not app.styleSheet()
    if fresh or (now.theme, now.colours, now.font_percent) != (DARK, UpDown.GREEN_RED, 100):
        now.put_on("dark", UpDown.GREEN_RED, 100)


@pytest.fixture
def desk(dressed: QApplication, engine: ScriptedEngine) -> Iterator[Desk]:
    """Return a desk whose bridge is pulled by hand and already knows a busy engine."""
    bridge = EngineBridge(engine.handle)
    desk = Desk(bridge)
    engine.publish(snapshot())
    bridge.pull()
    yield desk
    bridge.stop()


@pytest.fixture
def settings() -> MemorySettings:
    """Return empty settings."""
    return MemorySettings()


@pytest.fixture
def window(dressed: QApplication, engine: ScriptedEngine, settings: MemorySettings, qtbot: QtBot) -> MainWindow:
    """Return a shown main window on a busy engine, its chart loaded, its timer stopped: tests pull by hand."""
    return open_window(engine, settings, qtbot)


def open_window(engine: ScriptedEngine, settings: MemorySettings, qtbot: QtBot) -> MainWindow:
    """Open a main window as the fixture does."""
    if engine.handle.snapshot() is None:
        engine.publish(snapshot())
    made = MainWindow(engine.handle, settings)
    made.confirm_quit = False
    qtbot.addWidget(made)
    made.show()
    made.bridge.stop()
    made.bridge.pull()
    return made

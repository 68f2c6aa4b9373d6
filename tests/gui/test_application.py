from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cryptobot_desktop.gui.application import DesktopShell, fit_to_screen
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.settings_port import MemorySettings
from cryptobot_desktop.gui.theme import current, station
from cryptobot_desktop.gui.wizard.choice import SetupChoice, WizardPorts
from tests.gui.builders import ScriptedEngine, snapshot


@pytest.fixture
def shell(dressed: object, settings: MemorySettings) -> Iterator[DesktopShell]:
    made = DesktopShell(settings)
    yield made
    made.deleteLater()


def test_the_wizard_s_theme_is_kept_and_put_on(shell: DesktopShell, settings: MemorySettings, tmp_path: Path) -> None:
    done: list[SetupChoice | None] = []
    wizard = shell.show_wizard(done.append, ports=WizardPorts(default_data_dir=str(tmp_path)))
    wizard.welcome.theme.button("light").click()
    wizard.skip.click()
    assert [choice.theme for choice in done if choice is not None] == ["light"]
    assert settings.get("theme/name") == "light"
    assert current().name == "light"


def test_cancel_is_told_as_none(shell: DesktopShell) -> None:
    done: list[SetupChoice | None] = []
    shell.show_wizard(done.append).cancel.click()
    assert done == [None]


def test_an_error_is_a_box_with_what_and_remedy_that_does_not_block(shell: DesktopShell) -> None:
    closed: list[int] = []
    box = shell.show_error(
        "Newer database",
        "profile.sqlite3 was written by version 9.",
        "Install the newest version.",
        lambda: closed.append(1),
    )
    assert box.isVisible()
    assert "version 9" in box.text()
    box.close()
    assert closed == [1]


def test_a_message_stands_across_the_window_until_it_is_taken_off(
    shell: DesktopShell, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    engine.publish(snapshot())
    window = shell.show_main(engine.handle)
    qtbot.addWidget(window)
    window.confirm_quit = False
    window.bridge.stop()
    shell.show_message("disk", "The disk is full", "Make space; nothing is lost.")
    window.bridge.pull()
    assert [banner.what.whole for banner in window.banners.banners] == ["The disk is full"]
    shell.take_message_off("disk")
    assert not window.banners.banners


def test_spoilt_settings_give_the_usual_look(dressed: object) -> None:
    settings = MemorySettings()
    for key, value in (("theme/name", "pink"), ("theme/colours", "x"), ("theme/font_percent", "huge")):
        settings.set(key, value)
    DesktopShell(settings).deleteLater()
    assert (current().name, station().font_percent) == ("dark", 100)


def test_text_grows_with_its_labels_and_is_remembered(
    window: MainWindow, settings: MemorySettings, engine: ScriptedEngine
) -> None:
    before = window.header.price.font().pixelSize()
    for _ in range(3):
        window.commands.registry.trigger("view.look.text.10")
    assert window.header.price.font().pixelSize() > before
    assert settings.get("theme/font_percent") == "130"
    window.commands.registry.trigger("view.look.text.0")
    assert window.header.price.font().pixelSize() == before


def test_a_silent_engine_is_told_after_stop_all(
    window: MainWindow, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window.commands._stop_check.setInterval(1)
    window.header.stop.click()
    qtbot.waitUntil(lambda: "has not answered" in window.statusBar().said.text())  # type: ignore[attr-defined]


def test_an_export_that_cannot_be_written_is_said_and_not_raised(window: MainWindow, tmp_path: Path) -> None:
    from PySide6.QtWidgets import QMessageBox

    table = window.panels["positions"].table  # type: ignore[attr-defined]
    table._menus._export_to(str(tmp_path))
    box = table.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "cannot be written" in box.text()
    table._menus._export_to(str(tmp_path / "positions.csv"))
    assert (tmp_path / "positions.csv").read_text().startswith("Symbol,Portfolio,Quantity")


def test_a_window_larger_than_its_screen_is_made_to_fit_and_a_smaller_one_is_left_alone(
    engine: ScriptedEngine, dressed: QApplication, qtbot: QtBot
) -> None:
    window = MainWindow(engine.handle)
    qtbot.addWidget(window)
    room = window.screen().availableGeometry().size()
    window.setMinimumSize(100, 100)
    window.resize(room.width() + 500, room.height() + 500)
    fit_to_screen(window)
    assert window.width() <= room.width()
    assert window.height() <= room.height()
    window.resize(300, 200)
    fit_to_screen(window)
    assert (window.width(), window.height()) == (300, 200)

"""Profit band, certificate, older epochs and simulation: every state, in the real window."""

from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cryptobot_desktop.domain.commands import ShowEpoch
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FeeRates, FillModel
from cryptobot_desktop.gui.certificate_dialog import CertificateDialog
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.epochs_dialog import EpochsDialog
from cryptobot_desktop.gui.main_window import MainWindow
from cryptobot_desktop.gui.panels.band import Band
from cryptobot_desktop.gui.proofs import BackgroundJob, Failed, Progress, Report
from cryptobot_desktop.gui.settings_port import MemorySettings
from cryptobot_desktop.gui.simulation import SimulationChoice
from cryptobot_desktop.gui.simulation_dialog import SimulationDialog
from cryptobot_desktop.gui.window_ports import WindowPorts
from tests.gui.builders import ScriptedEngine, snapshot
from tests.gui.trading_scenes import SIMULATED, ScriptedProofs, ScriptedSimulation, band, certificate, epoch_shown

Shown = TypeVar("Shown", bound=QWidget)


def kept(qtbot: QtBot, widget: Shown) -> Shown:
    """Show a widget and, unless it deletes itself, hold it until it is closed: it must not go while it paints."""
    if widget.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose):
        qtbot.addWidget(widget)
    else:
        qtbot.addWidget(widget, before_close_func=lambda _, held=widget: None)
    widget.show()
    return widget


def panel_with(desk: Desk, proofs: ScriptedProofs | None, qtbot: QtBot) -> Band:
    made = kept(qtbot, Band(desk))
    made.proofs = proofs
    return made


# --- profit band


def test_without_a_recording_the_band_says_so(desk: Desk, qtbot: QtBot) -> None:
    panel = panel_with(desk, None, qtbot)
    panel.refresh(snapshot())
    assert panel.frame.state == "empty"


def test_the_band_is_computed_on_demand_and_shows_every_model(desk: Desk, qtbot: QtBot) -> None:
    panel = panel_with(desk, ScriptedProofs(band()), qtbot)
    panel.refresh(snapshot())
    assert panel.frame.state == "empty"
    panel.compare()
    assert panel.frame.state == "live"
    assert not panel.job.is_running
    assert panel.summary.text().replace("\u202f", " ") == "\u22122.79 to +273.21 USDT"
    names = [panel.figures.itemAtPosition(row, 0).widget().text() for row in (1, 2, 3)]  # type: ignore[union-attr]
    assert names == ["pessimistic", "expected", "optimistic"]
    assert not panel.picture.grab().toImage().isNull()


def test_the_work_shows_how_far_it_is_and_can_be_stopped(desk: Desk, qtbot: QtBot) -> None:
    proofs = ScriptedProofs()
    panel = panel_with(desk, proofs, qtbot)
    panel.compare()
    assert panel.job.is_running
    assert panel.progress.value() == 430
    assert panel.cancel.isVisible()
    panel.cancel.click()
    assert proofs.cancelled == 1
    assert panel.frame.state == "empty"
    proofs.reports[0](band())  # too late
    assert panel.band is None


def test_a_comparison_that_fails_says_why_and_can_be_tried_again(desk: Desk, qtbot: QtBot) -> None:
    panel = panel_with(desk, ScriptedProofs(Failed("the recording ended early: disk full")), qtbot)
    panel.compare()
    assert panel.frame.state == "error"
    panel.proofs = ScriptedProofs(band())
    panel.compare()
    assert panel.band is not None


def test_the_band_of_another_session_is_forgotten(desk: Desk, qtbot: QtBot) -> None:
    panel = panel_with(desk, ScriptedProofs(band()), qtbot)
    panel.compare()
    panel.refresh(snapshot(session_id="S2"))
    assert panel.band is None
    assert panel.frame.state == "empty"


def test_reports_from_another_thread_arrive_in_the_windows_thread(dressed: object, qtbot: QtBot) -> None:
    import threading

    job, seen = BackgroundJob(), list[tuple[Report, int]]()
    job.reported.connect(lambda report: seen.append((report, threading.get_ident())))
    workers: list[threading.Thread] = []

    def start(report: object) -> object:
        worker = threading.Thread(target=lambda: [report(Progress(1)), report(Failed("no"))])  # type: ignore[operator]
        workers.append(worker)
        worker.start()
        return lambda: None

    job.start(start)  # type: ignore[arg-type]
    workers[0].join()
    QCoreApplication.processEvents()
    assert [report for report, _ in seen] == [Progress(1), Failed("no")]
    assert {thread for _, thread in seen} == {threading.get_ident()}
    assert not job.is_running


# --- certificate


def proof(qtbot: QtBot, proofs: ScriptedProofs, opened: list[str]) -> CertificateDialog:
    return kept(qtbot, CertificateDialog(lambda report: proofs.prove("S1", report), "S1", open_page=opened.append))


def test_a_proof_that_holds_can_be_opened_and_saved(dressed: object, qtbot: QtBot, tmp_path: Path) -> None:
    opened: list[str] = []
    dialog = proof(qtbot, ScriptedProofs(certificate=certificate()), opened)
    assert dialog.title.text().endswith("0 differences")
    dialog.open_button.click()
    assert opened == [certificate().page]
    dialog.save_to(str(tmp_path / "mine"))
    assert (tmp_path / "mine.html").read_text() == certificate().page
    assert (tmp_path / "mine.json").read_text() == "{}"
    dialog.save_to(str(tmp_path / "nowhere" / "x"))
    assert "cannot be written" in dialog.saved.text()


def test_the_first_difference_is_shown_with_both_sides(dressed: object, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    dialog = proof(qtbot, ScriptedProofs(certificate=certificate(holds=False)), [])
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert "64500.00" in texts
    assert "64500.01" in texts
    assert "not the recording" in dialog.title.text()


def test_closing_the_proof_stops_its_work(dressed: object, qtbot: QtBot) -> None:
    proofs = ScriptedProofs()
    dialog = proof(qtbot, proofs, [])
    assert dialog.progress.isVisible()
    assert not dialog.isModal()
    dialog.close_button.click()
    assert proofs.cancelled == 1


def test_a_session_that_cannot_be_proved_says_why(dressed: object, qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    dialog = proof(qtbot, ScriptedProofs(certificate=Failed("session S1 has no capsule")), [])
    assert "session S1 has no capsule" in [label.text() for label in dialog.findChildren(QLabel)]
    assert dialog.again.isVisible()


# --- epochs


def test_older_epochs_are_asked_for_one_by_one(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    engine.commands()
    dialog = kept(qtbot, EpochsDialog(desk, "main"))
    assert engine.commands() == [ShowEpoch("main", 0)]
    engine.handle.publish_notice(epoch_shown(engine.command_id(ShowEpoch), epoch=2))
    desk.bridge.pull()
    assert dialog.frame.state == "empty"
    assert dialog.values["Ended"].text() == "still running"
    dialog.choice.activated.emit(1)
    assert engine.commands() == [ShowEpoch("main", 1)]
    engine.handle.publish_notice(epoch_shown(engine.command_id(ShowEpoch), epoch=1))
    desk.bridge.pull()
    assert dialog.choice.currentData() == 1
    assert len(dialog.table.cards.rows) == 2
    assert dialog.values["Realized"].text().replace("\u202f", " ") == "+10.24 USDT"
    assert dialog.values["Realized less fees"].text().startswith("\u22122.91")


def test_a_refusal_of_an_epoch_is_shown(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    dialog = kept(qtbot, EpochsDialog(desk, "main"))
    engine.commands()
    engine.answer(engine.command_id(ShowEpoch), ok=False, message="this session keeps nothing")
    desk.bridge.pull()
    assert dialog.frame.state == "error"


# --- simulation


def test_the_simulation_is_kept_for_the_next_start(desk: Desk, engine: ScriptedEngine, qtbot: QtBot) -> None:
    engine.publish(snapshot(simulation=SIMULATED))
    desk.bridge.pull()
    port = ScriptedSimulation(SimulationChoice())
    dialog = kept(qtbot, SimulationDialog(desk, port))
    assert not dialog.isModal()
    assert "20 to 80 ms" in dialog.running.text()
    dialog.form.model.button("optimistic").click()
    dialog.form.way.setCurrentIndex(dialog.form.way.findData("range"))
    dialog.form.first.set_text("30")
    dialog.form.last.set_text("20")
    assert not dialog.save.isEnabled()
    assert "more than" in dialog.form.last.problem
    dialog.form.last.set_text("90")
    dialog.form.discount.setChecked(True)
    dialog.maker.set_text("0.09")
    dialog.save.click()
    assert port.choice == SimulationChoice(
        fill_model=FillModel.OPTIMISTIC, latency=Latency((30, 90)), maker_ppm=900, has_discount=True
    )
    assert port.choice.fees == FeeRates(900, 1_000, "BNB", 250_000)
    assert port.restarts == 0


def test_a_measured_latency_is_needed_before_it_can_be_kept(desk: Desk, qtbot: QtBot) -> None:
    port = ScriptedSimulation(SimulationChoice())
    dialog = kept(qtbot, SimulationDialog(desk, port))
    dialog.form.way.setCurrentIndex(dialog.form.way.findData("measured"))
    assert not dialog.save.isEnabled()
    dialog.form.measure_button.click()
    QCoreApplication.processEvents()
    assert dialog.save.isEnabled()
    dialog.restart.click()
    assert port.choice.latency == Latency((38, 41, 44, 60, 112))
    assert port.restarts == 1


@pytest.mark.parametrize("bad", ["", "-1", "1.5", "60001", "\u0665"])
def test_a_latency_that_is_none_is_refused(desk: Desk, qtbot: QtBot, bad: str) -> None:
    dialog = kept(qtbot, SimulationDialog(desk, ScriptedSimulation(SimulationChoice(latency=Latency((50,))))))
    assert dialog.form.first.text == "50"
    dialog.form.first.set_text(bad)
    assert not dialog.save.isEnabled()


# --- in the window


def test_the_session_menu_reaches_everything(dressed: object, engine: ScriptedEngine, qtbot: QtBot) -> None:
    engine.publish(snapshot(simulation=SIMULATED))
    proofs = ScriptedProofs(band(), certificate())
    ports = WindowPorts(proofs=proofs, simulation=ScriptedSimulation())
    window = MainWindow(engine.handle, MemorySettings(), ports=ports)
    window.confirm_quit = False
    kept(qtbot, window)
    window.bridge.stop()
    window.bridge.pull()
    for name, kind in (("session.prove", CertificateDialog), ("session.simulation", SimulationDialog)):
        window.commands.registry.trigger(name)
        assert window.findChild(kind) is not None
    window.commands.registry.trigger("session.band")
    panel = window.panels["band"]
    assert isinstance(panel, Band)
    assert panel.band is not None
    window.commands.registry.trigger("trade.portfolio.epochs")
    assert window.findChild(EpochsDialog) is not None
    said = window.statusBar().simulation.whole.replace("\u202f", " ")  # type: ignore[attr-defined]
    assert said == "fills pessimistic \u00b7 latency 20 to 80 ms \u00b7 fees 0.1 % / 0.1 %, BNB \u221225 %"


def test_without_ports_the_menu_says_what_is_missing(window: MainWindow) -> None:
    for name in ("session.prove", "session.simulation"):
        window.commands.registry.trigger(name)
        assert window.statusBar().said.text()  # type: ignore[attr-defined]
    window.commands.registry.trigger("session.band")
    assert window.panels["band"].frame.state == "empty"

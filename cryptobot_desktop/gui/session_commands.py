"""What can be done with the session as a whole: set up its simulation, compare fill models, prove it."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMainWindow

from cryptobot_desktop.gui.certificate_dialog import CertificateDialog
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.dock_layout import DockLayout
from cryptobot_desktop.gui.panels.band import Band
from cryptobot_desktop.gui.simulation_dialog import SimulationDialog
from cryptobot_desktop.gui.window_ports import WindowPorts


class SessionCommands(QObject):
    """The verbs of the Session menu."""

    def __init__(self, window: QMainWindow, desk: Desk, ports: WindowPorts, docks: DockLayout) -> None:
        super().__init__(window)
        self._window, self._desk, self._ports, self._docks = window, desk, ports, docks

    @Slot()
    def ask_simulation(self) -> None:
        """Open the dialog with fill model, latency and fees."""
        if self._ports.simulation is None:
            self._desk.said.emit("the simulation of this window cannot be changed", "warn")
            return
        SimulationDialog(self._desk, self._ports.simulation, self._window).show()

    @Slot()
    def compare_models(self) -> None:
        """Bring up the profit band and start the comparison."""
        self._docks.show_panel(Band.name)
        panel = self._docks.docks[Band.name].widget()
        if isinstance(panel, Band) and not panel.job.is_running:
            panel.compare()

    @Slot()
    def prove(self) -> None:
        """Replay the session so far and compare it with its recording."""
        proofs, snapshot = self._ports.proofs, self._desk.snapshot
        if proofs is None or snapshot is None:
            self._desk.said.emit("this session is not recorded, so it cannot be proved", "warn")
            return
        session_id = snapshot.session_id
        CertificateDialog(lambda report: proofs.prove(session_id, report), session_id, self._window).show()

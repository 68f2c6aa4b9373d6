"""What the app can do for the main window; whatever is absent is said to be so where it would be."""

from msgspec import Struct

from cryptobot_desktop.gui.proofs import SessionProofs
from cryptobot_desktop.gui.simulation import SimulationPort


class WindowPorts(Struct, frozen=True, kw_only=True):
    """Ports of the main window."""

    proofs: SessionProofs | None = None
    simulation: SimulationPort | None = None

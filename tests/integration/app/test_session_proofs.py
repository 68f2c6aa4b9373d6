"""The desktop's proofs on a session that the program itself has recorded."""

import threading
from pathlib import Path

import pytest

from cryptobot_desktop.app.session_proofs import CapsuleProofs
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.gui.proofs import Certificate, Failed, ProfitBand, Progress, Report
from cryptobot_desktop.storage.capsule import CapsuleFolder
from tests.integration.app.program import cryptobot

WITHIN_S = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with one recorded session."""
    made = tmp_path_factory.mktemp("data")
    asked = (
        "run",
        "--market",
        "synthetic:7",
        "--speed",
        "max",
        "--duration",
        "20m",
        "--bot",
        "sma_cross:fast=2,slow=5",
    )
    done = cryptobot(made, *asked)
    assert done.returncode == 0, done.stderr
    return made


class Listener:
    """Hears a job's reports and waits for the last one."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self._done = threading.Event()

    def hear(self, report: Report) -> None:
        self.reports.append(report)
        if not isinstance(report, Progress):
            self._done.set()

    def last(self) -> Report:
        assert self._done.wait(WITHIN_S)
        return self.reports[-1]


def proofs(folder: Path) -> CapsuleProofs:
    return CapsuleProofs(CapsuleFolder(folder), folder / "profile.sqlite")


def session_id(folder: Path) -> str:
    return CapsuleFolder(folder).capsules()[0].stem


def test_a_recorded_session_is_proved_against_recording_and_ledger(folder: Path) -> None:
    listener = Listener()
    proofs(folder).prove(session_id(folder), listener.hear)
    found = listener.last()
    assert isinstance(found, Certificate)
    assert found.holds
    assert found.difference is None
    assert dict(found.compared)["Ledger"].startswith("equal to")
    assert found.session_id in found.page
    assert found.session_id in found.document


def test_the_band_has_every_model_the_unkindest_first(folder: Path) -> None:
    listener = Listener()
    proofs(folder).compare_models(session_id(folder), listener.hear)
    found = listener.last()
    assert isinstance(found, ProfitBand)
    assert [curve.model for curve in found.curves] == [
        FillModel.PESSIMISTIC,
        FillModel.EXPECTED,
        FillModel.OPTIMISTIC,
    ]
    assert all(curve.points[-1][1] == curve.final_equity for curve in found.curves)


def test_a_session_without_a_recording_says_so(folder: Path) -> None:
    listener = Listener()
    proofs(folder).prove("nope", listener.hear)
    found = listener.last()
    assert isinstance(found, Failed)
    assert "nope" in found.text

"""Fill model, latency and fees: kept in the settings, used by the next session."""

from pathlib import Path

from cryptobot_desktop.app.desktop import spec_of
from cryptobot_desktop.app.simulation_settings import StoredSimulation, kept_simulation, measure_now
from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.config.round_trips import save_round_trips
from cryptobot_desktop.config.settings import Settings
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FeeRates, FillModel
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.gui.simulation import SimulationChoice


def test_what_is_kept_is_what_the_next_session_uses(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    settings = ProfileSettings(path)
    restarted: list[bool] = []
    port = StoredSimulation(settings, lambda: restarted.append(True))
    choice = SimulationChoice(
        venue=Venue.BINANCE,
        fill_model=FillModel.OPTIMISTIC,
        latency=Latency((20, 80)),
        maker_ppm=900,
        taker_ppm=1_100,
        has_discount=True,
    )
    port.keep(choice)
    settings.save()
    spec = spec_of(ProfileSettings(path).settings)
    assert (spec.fill_model, spec.latency) == (FillModel.OPTIMISTIC, Latency((20, 80)))
    assert spec.fees == FeeRates(900, 1_100, "BNB", 250_000)
    assert port.current() == choice
    assert restarted == []
    port.restart()
    assert restarted == [True]


def test_the_discount_follows_the_venue() -> None:
    settings = Settings(venue="kucoin", fee_discount=True)
    assert kept_simulation(settings).fees == FeeRates(1_000, 1_000, "KCS", 200_000)


def test_the_defaults_of_settings_and_sessions_agree() -> None:
    spec, plain = spec_of(Settings()), SessionSpec()
    assert (spec.fill_model, spec.latency) == (plain.fill_model, plain.latency)


def test_without_an_answer_the_round_trips_of_earlier_sessions_are_used(tmp_path: Path, monkeypatch: object) -> None:
    monkeypatch.setenv("CRYPTOBOT_BINANCE_REST", "http://127.0.0.1:9")  # type: ignore[attr-defined]
    nothing = measure_now(tmp_path, Venue.BINANCE)
    assert nothing.samples == ()
    assert "does not answer" in nothing.text
    save_round_trips(tmp_path, Venue.BINANCE, [50, 40, 60, 45, 70])
    known = measure_now(tmp_path, Venue.BINANCE)
    assert known.samples == (40, 45, 50, 60, 70)
    assert "5 round trips to Binance, 40 to 70 ms from before" in known.text

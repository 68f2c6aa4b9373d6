"""Keeps fill model, latency and fees in the profile's settings, and measures how long a venue takes to answer."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from cryptobot_desktop.config.profile_settings import ProfileSettings
from cryptobot_desktop.config.round_trips import measured_latency, save_round_trips
from cryptobot_desktop.config.settings import Settings
from cryptobot_desktop.domain.errors import CryptobotError, InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import LONGEST_MS, latency_of
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.gui.simulation import Measured, SimulationChoice
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.marketdata.endpoints import endpoints_for

TIMEOUT_S = 5.0
SAMPLES = 15
PAUSE_S = 0.1


def kept_simulation(settings: Settings) -> SimulationChoice:
    """Return what the settings say about the simulation."""
    return SimulationChoice(
        venue=Venue(settings.venue),
        fill_model=FillModel(settings.fill_model),
        latency=latency_of(settings.latency_ms),
        maker_ppm=settings.maker_ppm,
        taker_ppm=settings.taker_ppm,
        has_discount=settings.fee_discount,
    )


class StoredSimulation:
    """The window's SimulationPort over a profile's settings."""

    def __init__(self, settings: ProfileSettings, restart: Callable[[], None]) -> None:
        self._settings, self._restart = settings, restart

    def current(self) -> SimulationChoice:
        """Return what the next session will use."""
        return kept_simulation(self._settings.settings)

    def keep(self, choice: SimulationChoice) -> None:
        """Keep a choice for the sessions to come."""
        self._settings.change(
            fill_model=choice.fill_model.value,
            latency_ms=list(choice.latency.samples),
            maker_ppm=choice.maker_ppm,
            taker_ppm=choice.taker_ppm,
            fee_discount=choice.has_discount,
        )

    def restart(self) -> None:
        """End the running session and start it anew with what is kept."""
        self._restart()

    def measure(self, report: Callable[[Measured], None]) -> None:
        """Ask the venue for its time again and again in a thread of its own."""
        venue, folder = Venue(self._settings.settings.venue), self._settings.path.parent

        def work() -> None:
            measured = measure_now(folder, venue)
            with contextlib.suppress(RuntimeError):  # the dialog was closed while this ran
                report(measured)

        threading.Thread(target=work, name="latency", daemon=True).start()


def measure_now(folder: Path, venue: Venue) -> Measured:
    """Measure round trips to a venue now, add them to those of earlier sessions, and return all of them."""
    samples, trouble = round_trips(venue)
    try:
        if samples:
            save_round_trips(folder, venue, samples)
        latency = measured_latency(folder, venue)
    except InvalidInput:
        return Measured((), f"{trouble or 'too few answers'}; nothing is known yet")
    except OSError as problem:
        return Measured((), f"the times cannot be kept: {problem.strerror}")
    known = f"{len(latency.samples)} round trips to {venue.label}, {latency.label}"
    return Measured(latency.samples, f"{trouble}; {known} from before" if trouble else known)


def round_trips(venue: Venue) -> tuple[list[int], str]:
    """Return how many ms a venue took for its answers over one open connection, and why there are none."""
    samples: list[int] = []
    try:
        endpoints = endpoints_for(venue, os.environ)
        request = adapter_for(venue).time_request()
        with httpx2.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client:
            for number in range(SAMPLES + 1):
                begun = time.monotonic()
                answer = client.request(request.method, endpoints.rest + request.path, params=request.query)
                took_ms = int((time.monotonic() - begun) * 1_000) + 1
                if answer.status_code != httpx2.codes.OK:
                    return [], f"{venue.label} answered HTTP {answer.status_code}"
                if number:  # the first one pays for the connection
                    samples.append(min(LONGEST_MS, took_ms))
                time.sleep(PAUSE_S)
    except (httpx2.HTTPError, CryptobotError) as problem:
        return [], f"{venue.label} does not answer ({type(problem).__name__})"
    return samples, ""

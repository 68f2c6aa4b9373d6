"""How kind the simulation shall be: what can be set, in words, and the port to where it is kept."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from cryptobot_desktop.config.fee_tiers import DISCOUNTS
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FeeRates, FillModel
from cryptobot_desktop.gui.format import rate_text

MODEL_WORDS = {
    FillModel.PESSIMISTIC: "Only public trades clear the queue before a resting order. Never kinder than the exchange.",
    FillModel.EXPECTED: "Cancellations before a resting order count too, in proportion. Close to what happens.",
    FillModel.OPTIMISTIC: "Nobody stands before a resting order. The upper end of what could have been.",
}


class SimulationChoice(Struct, frozen=True, kw_only=True):
    """Fill model, latency and fees of the sessions to come."""

    venue: Venue = Venue.BINANCE
    fill_model: FillModel = FillModel.PESSIMISTIC
    latency: Latency = Latency()
    maker_ppm: int = 1_000
    taker_ppm: int = 1_000
    has_discount: bool = False

    @property
    def fees(self) -> FeeRates:
        """Return the rates with the venue's discount where it is wanted."""
        return fee_rates(self.maker_ppm, self.taker_ppm, self.venue, has_discount=self.has_discount)


def fee_rates(maker_ppm: int, taker_ppm: int, venue: Venue, *, has_discount: bool) -> FeeRates:
    """Return fee rates, with the discount for paying in the venue's own coin or without."""
    asset, ppm = DISCOUNTS[venue] if has_discount else ("", 0)
    return FeeRates(maker_ppm, taker_ppm, asset, ppm)


class Measured(Struct, frozen=True):
    """How a measurement of latency ended: samples in ms, or why there are none."""

    samples: tuple[int, ...]
    text: str


class SimulationPort(Protocol):
    """Where the choice is kept. `measure` works in a thread of its own; its report may come from any thread."""

    def current(self) -> SimulationChoice:
        """Return what the next session will use."""
        ...

    def keep(self, choice: SimulationChoice) -> None:
        """Keep a choice for the sessions to come."""
        ...

    def restart(self) -> None:
        """End the running session and start it anew with what is kept."""
        ...

    def measure(self, report: Callable[[Measured], None]) -> None:
        """Ask the venue for its time again and again and report how long the answers took."""
        ...


def simulation_words(fill_model: FillModel, latency: Latency, fees: FeeRates) -> str:
    """Return how a session is simulated in one short line."""
    rates = f"{rate_text(fees.maker_ppm)} / {rate_text(fees.taker_ppm)}"
    discount = f", {fees.discount_asset} \u2212{rate_text(fees.discount_ppm)}" if fees.discount_asset else ""
    return f"fills {fill_model.value} \u00b7 latency {latency.label} \u00b7 fees {rates}{discount}"

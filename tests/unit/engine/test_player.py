"""The in-process player: the cut of the time line into steps belongs to the machine, not to the market."""

import pytest

from cryptobot_desktop.app.markets import SYNTHETIC_EPOCH_MS, emulated_venue
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import BookDelta, Received, Trade
from cryptobot_desktop.engine import player
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.marketdata.adapters import adapter_for
from cryptobot_desktop.marketdata.market_state import MarketState
from cryptobot_desktop.marketdata.symbol_names import instrument_by_name


def played(venue: Venue, monkeypatch: pytest.MonkeyPatch, step_ms: int) -> list[Received]:
    """Return everything of half a minute, played in steps of this length."""
    monkeypatch.setattr(player, "STEP_MS", step_ms)
    spec = SessionSpec(venue=venue)
    source = player.InProcessPlayer(emulated_venue(spec, SYNTHETIC_EPOCH_MS), adapter_for(venue))
    instrument = instrument_by_name(source.catalogue(), "BTC/USDT")
    market = MarketState([instrument])
    events: list[Received] = []
    for event in source.events(market, (instrument,), SYNTHETIC_EPOCH_MS + 30_000):
        market.apply(event.event, event.received_ms)
        events.append(event)
    return events


@pytest.mark.parametrize("venue", list(Venue))
@pytest.mark.parametrize("step_ms", [20, 250, 1_000])
def test_trades_and_book_changes_do_not_depend_on_the_length_of_a_step(
    venue: Venue, step_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, other = (
        [event for event in played(venue, monkeypatch, step) if isinstance(event.event, Trade | BookDelta)]
        for step in (100, step_ms)
    )
    assert len(usual) > 50
    assert other == usual


def test_time_never_runs_backwards_and_the_book_becomes_live(monkeypatch: pytest.MonkeyPatch) -> None:
    events = played(Venue.BINANCE, monkeypatch, 100)
    times = [event.received_ms for event in events]
    assert times == sorted(times)
    assert times[-1] <= SYNTHETIC_EPOCH_MS + 30_000

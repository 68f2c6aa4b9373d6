"""Every setting of a session counts in a run, in its replay and in a backtest, and means the same in all three."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cryptobot_desktop.app.fast_run import FastRun
from cryptobot_desktop.app.recording import Recording
from cryptobot_desktop.backtest.playback import NOTHING_STORED, ignore
from cryptobot_desktop.backtest.replay import replay
from cryptobot_desktop.backtest.run import run_recorded
from cryptobot_desktop.backtest.sources import open_data
from cryptobot_desktop.backtest.verify import verify_capsule
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FeeRates, FillModel
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.engine.outbox import MemoryStore
from cryptobot_desktop.engine.report import run_report
from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec
from cryptobot_desktop.storage.capsule import Capsule, CapsuleFolder

TOUR = BotSpec(strategy="order_tour", params={"bars": "2"})
CROSS = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "3"})
SLOW = Latency((2_000, 90_000))
VARIATIONS: dict[str, dict[str, Any]] = {
    "venue": {"venue": Venue.KUCOIN},
    "symbols": {"symbols": ("ETH/USDT",)},
    "timeframe": {"timeframe": Timeframe.M5},
    "timeframe_is_open": {"timeframe": Timeframe.M5, "timeframe_is_open": False},
    "bots": {"bots": (CROSS,)},
    "default_bots": {"bots": (), "default_bots": (CROSS,)},
    "portfolio": {"portfolio": "other"},
    "cash": {"cash": "777 USDT"},
    "seed": {"latency": SLOW, "seed": 8},
    "duration_ms": {"duration_ms": 120 * MINUTE_MS},
    "fees": {"fees": FeeRates(250, 750)},
    "fill_model": {"fill_model": FillModel.OPTIMISTIC},
    "latency": {"latency": SLOW},
}
"""A change of each setting that must change the result."""
COMPARED_WITH = {"seed": {"latency": SLOW}, "timeframe_is_open": {"timeframe": Timeframe.M5, "timeframe_is_open": True}}
"""Where the change shows only beside another one."""
NOT_RESULTS = {
    "source": "says which of the three it is",
    "recording": "names the data; a backtest is given them",
    "speed": "is pace: tests of real sockets show that it changes nothing",
}
FIGURES = (
    "venue",
    "symbols",
    "bots",
    "portfolio",
    "market_events",
    "orders",
    "fills",
    "fees",
    "starting_equity",
    "final_equity",
    "realized_pnl",
    "max_drawdown",
    "ledger_hash",
    "trades_hash",
)


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of four hours of bars on a coarse grid, so that prices are touched without being passed."""
    chance, price, rows = random.Random(5), 20_000, ["time,open,high,low,close,volume"]
    for number in range(240):
        close = chance.choice((19_990, 20_000, 20_010))
        at_ms = 1_767_225_600_000 + number * MINUTE_MS
        rows.append(f"{at_ms},{price},{max(price, close)},{min(price, close)},{close},5.12345")
        price = close
    path = tmp_path_factory.mktemp("bars") / "bars.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def spec_of(candles: Path, changes: dict[str, Any]) -> SessionSpec:
    """Return the session with changes; a timeframe that is changed is a named one."""
    named = "timeframe" in changes and "timeframe_is_open" not in changes
    spec = SessionSpec(
        source=MarketSource.RECORDING,
        recording=str(candles),
        speed=0,
        bots=(TOUR,),
        symbols=("BTC/USDT",),
        timeframe_is_open=not named,
    )
    return msgspec.structs.replace(spec, **changes)


def run_once(spec: SessionSpec, folder: Path) -> tuple[dict[str, Any], Path]:
    """Run a session and record it."""
    runner = FastRun(spec, MemoryStore(), NOTHING_STORED, tell=ignore, known={})
    runner.recording = Recording(CapsuleFolder(folder))
    session = runner.run()
    return run_report(session), CapsuleFolder(folder).find(session.record.session_id)


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same in every mode."""
    return {name: report[name] for name in FIGURES}


@pytest.mark.parametrize("setting", sorted(VARIATIONS))
def test_a_setting_counts_and_means_the_same_in_run_replay_and_backtest(
    candles: Path, tmp_path: Path, setting: str
) -> None:
    spec = spec_of(candles, VARIATIONS[setting])
    report, capsule = run_once(spec, tmp_path)
    plain, _ = run_once(spec_of(candles, COMPARED_WITH.get(setting, {})), tmp_path)
    assert figures(report) != figures(plain)
    replayed = replay(Capsule(capsule)).report
    assert replayed == report
    data = open_data(candles, symbol=spec.symbols[0], venue=spec.venue)
    assert figures(run_recorded(spec, data).report) == figures(report)
    verdict = verify_capsule(capsule)
    assert verdict.holds, verdict.summary


def test_every_setting_of_a_session_is_looked_at() -> None:
    fields = {field.name for field in msgspec.structs.fields(SessionSpec)}
    assert fields == set(VARIATIONS) | set(NOT_RESULTS), "a new setting needs a variation here"

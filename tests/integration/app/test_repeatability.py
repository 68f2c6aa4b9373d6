"""Two runs of one market agree to the last digit, whatever surrounds them."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.app.program import cryptobot, document

FIELDS = {
    "session_id",
    "mode",
    "venue",
    "symbols",
    "bots",
    "started_at",
    "ended_at",
    "market_events",
    "orders",
    "fills",
    "fees",
    "starting_equity",
    "final_equity",
    "realized_pnl",
    "unrealized_pnl",
    "max_drawdown",
    "ledger_hash",
    "trades_hash",
    "data_quality",
}
"""What interface.md promises of ``run --json`` and ``backtest --json``."""
MONEY = ("fees", "starting_equity", "final_equity", "realized_pnl", "unrealized_pnl", "max_drawdown")
RUN = ("run", "--speed", "max", "--duration", "20m", "--json", "--bot", "sma_cross:fast=1,slow=3", "--market")
SAME = ("ledger_hash", "trades_hash", "orders", "fills", "final_equity", "market_events", "fees", "max_drawdown")


@pytest.mark.slow
def test_hash_seed_time_zone_locale_and_what_the_folder_holds_change_no_trade(data_dir: Path) -> None:
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"PYTHONHASHSEED": "0", "TZ": "America/St_Johns", "PYTHONUTF8": "1", "PYTHONOPTIMIZE": "1"},
    ]
    first, *others = [document(cryptobot(data_dir, *RUN, "synthetic:7", **changes)) for changes in surroundings]
    assert first["fills"] > 2
    for other in others:
        assert {name: other[name] for name in SAME} == {name: first[name] for name in SAME}
        assert other["session_id"] != first["session_id"]
    assert cryptobot(data_dir, "ledger", "check").returncode == 0


@pytest.mark.slow
def test_another_seed_is_another_market_and_the_venue_is_another_wire(data_dir: Path) -> None:
    seven, eight = (document(cryptobot(data_dir, *RUN, f"synthetic:{seed}")) for seed in (7, 8))
    assert seven["trades_hash"] != eight["trades_hash"]
    assert seven["ledger_hash"] != eight["ledger_hash"]
    seeded = document(cryptobot(data_dir, *RUN, "synthetic", "--seed", "8"))
    assert seeded["trades_hash"] == eight["trades_hash"]
    kucoin = [document(cryptobot(data_dir, *RUN, "synthetic:7", "--venue", "kucoin")) for _ in range(2)]
    assert kucoin[0]["trades_hash"] == kucoin[1]["trades_hash"] != seven["trades_hash"]
    assert kucoin[0]["ledger_hash"] == kucoin[1]["ledger_hash"]


@pytest.mark.slow
def test_the_report_has_every_promised_field_and_money_as_text_with_its_asset(data_dir: Path) -> None:
    ran = document(cryptobot(data_dir, *RUN, "synthetic:7"))
    tested = document(
        cryptobot(
            data_dir,
            *("backtest", "--market", "synthetic:7", "--duration", "20m", "--json", "--bot", "sma_cross:fast=1,slow=3"),
        )
    )
    for report in (ran, tested):
        assert set(report) >= FIELDS
        assert report["mode"] == "paper"
        assert report["synthetic"] is True
        for name in MONEY:
            amount, asset = report[name].split(" ")
            assert asset == "USDT"
            float(amount)
        assert isinstance(report["orders"], int)
        assert isinstance(report["fills"], int)
        assert all(len(report[name]) == 64 for name in ("ledger_hash", "trades_hash"))
    # One pipeline: a backtest on the built-in market is the run, only nothing is stored.
    assert {name: tested[name] for name in SAME} == {name: ran[name] for name in SAME}


@pytest.mark.slow
def test_a_kept_portfolio_goes_on_where_it_was(data_dir: Path) -> None:
    go = (*RUN, "synthetic:7", "--portfolio", "mine")
    one, two = (document(cryptobot(data_dir, *go)) for _ in range(2))
    assert two["started_at"] == one["ended_at"]
    before, after = (Decimal(text.split(" ")[0]) for text in (one["final_equity"], two["starting_equity"]))
    assert abs(after / before - 1) < Decimal("0.001")  # the built-in market goes on near its last price, not at it
    assert [bot["name"] for bot in two["bots"]] == ["sma_cross"]
    assert cryptobot(data_dir, "ledger", "check").returncode == 0
    shown = document(cryptobot(data_dir, "portfolio", "show", "mine", "--json"))
    assert len(shown["fills"]) == one["fills"] + two["fills"]

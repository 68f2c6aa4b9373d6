"""``cryptobot portfolio show --in ASSET``: figures as decimal strings, prices with their source and path."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from cryptobot_desktop.app.command_line import main

BOT = "sma_cross:fast=2,slow=5"
RUN = ("run", "--speed", "max", "--duration", "40m", "--bot", BOT, "--portfolio", "main", "--json")


def shown(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["--data-dir", str(folder), "portfolio", "show", "main", "--json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)["statement"]
    assert isinstance(found, dict)
    return found


def test_a_statement_adds_up_and_names_its_prices(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data-dir", str(data_dir), *RUN]) == 0
    own = shown(capsys, data_dir)
    change = Decimal(str(own["equity"])) - Decimal(str(own["starting_cash"]))
    fifo, average = (
        Decimal(str(own[f"realised_{way}"])) + Decimal(str(own[f"unrealised_{way}"])) - Decimal(str(own["fees"]))
        for way in ("fifo", "average")
    )
    assert change == fifo == average
    coin = shown(capsys, data_dir, "--in", "btc")
    assert coin["asset"] == "BTC"
    cash = next(line for line in coin["assets"] if line["asset"] == "USDT")  # type: ignore[attr-defined]
    assert cash["price_source"] == "last_fill"
    assert [step["symbol"] for step in cash["path"]] == ["BTC/USDT"]
    unknown = shown(capsys, data_dir, "--in", "DOGE")
    assert unknown["unpriced"] != []
    assert unknown["equity"] == "0"
    assert main(["--data-dir", str(data_dir), "portfolio", "show", "main", "--in", "BTC"]) == 0
    assert "BTC/USDT at" in capsys.readouterr().out
    assert main(["--data-dir", str(data_dir), "portfolio", "show", "main", "--in", "B/C"]) == 2
    assert "'B/C'" in capsys.readouterr().err

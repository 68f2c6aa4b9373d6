"""The command line as a process: version, help, one document on standard output, errors of the venue as one line."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from cryptobot_desktop import __version__
from tests.integration.app.program import REPOSITORY, cryptobot, document, environment, start


def test_version_and_help_need_nothing_and_print_to_standard_output(data_dir: Path) -> None:
    done = cryptobot(data_dir, "--version")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, f"cryptobot {__version__}", "")
    helped = cryptobot(data_dir, "--help")
    assert helped.returncode == 0
    names = ("run", "backtest", "emulator", "decode", "portfolio", "candles", "indicators", "ledger", "doctor")
    assert all(name in helped.stdout for name in names)
    assert cryptobot(data_dir, "run", "--help").returncode == 0
    assert list(data_dir.iterdir()) == []


def test_wrong_usage_is_one_line_and_status_2_without_a_traceback(data_dir: Path) -> None:
    done = cryptobot(data_dir, "run", "--speed", "fast")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cryptobot: argument --speed: speed 'fast'")
    assert len(done.stderr.splitlines()) == 1


def test_decode_reads_standard_input_and_writes_utf8_whatever_the_code_page(data_dir: Path) -> None:
    frame = {"venue": "kucoin", "transport": "ws", "raw": '{"id":"1","type":"error","code":404,"data":"主题 é"}'}
    done = subprocess.run(
        [sys.executable, "-m", "cryptobot_desktop", "decode"],
        cwd=REPOSITORY,
        env=environment(data_dir, PYTHONIOENCODING="cp1252", PYTHONUTF8="0"),
        input=orjson.dumps(frame) + b"\r\nrubbish\n",
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = (orjson.loads(line) for line in done.stdout.splitlines())
    assert (first["type"], first["message"]) == ("error", "主题 é")
    assert second["type"] == "rejected"


def test_a_taken_port_is_one_line_that_names_it(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = cryptobot(data_dir, "emulator", "--binance-port", str(port), "--duration", "5s")
    assert done.returncode in (1, 2)
    assert str(port) in done.stderr
    assert done.stderr.startswith("cryptobot: ")
    assert len(done.stderr.splitlines()) == 1


@contextmanager
def emulator(folder: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """Serve the loopback exchange by its command; give the environment that leads a program to it."""
    process = start(folder, "emulator", "--duration", "1m", *arguments)
    assert process.stdout is not None
    try:
        yield orjson.loads(process.stdout.readline())["environment"]
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "words"), [("geo_restricted", "451"), ("html_body", "web page")])
def test_a_venue_that_refuses_is_one_clear_line(data_dir: Path, fault: str, words: str) -> None:
    with emulator(data_dir, "--fault", fault) as addresses:
        done = cryptobot(data_dir, "run", "--market", "live", "--duration", "5s", "--json", **addresses)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.slow
def test_without_a_network_there_is_one_clear_line(data_dir: Path) -> None:
    nowhere = {"CRYPTOBOT_BINANCE_REST": "http://127.0.0.1:9", "CRYPTOBOT_BINANCE_WS": "ws://127.0.0.1:9"}
    done = cryptobot(data_dir, "run", "--market", "live", "--duration", "5s", "--json", **nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    evil = cryptobot(data_dir, "run", "--market", "live", CRYPTOBOT_BINANCE_REST="http://evil.example")
    assert evil.returncode == 2
    assert "evil.example" in evil.stderr
    assert len(evil.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["binance", "kucoin"])
def test_a_live_run_trades_over_the_emulator_as_over_an_exchange(data_dir: Path, venue: str) -> None:
    with emulator(data_dir, "--speed", "60") as addresses:
        done = cryptobot(
            data_dir,
            *("run", "--market", "live", "--venue", venue, "--duration", "4s", "--json"),
            *("--bot", "sma_cross:fast=1,slow=2", "--books", str(data_dir / "books.json")),
            **addresses,
        )
    report = document(done)
    assert report["synthetic"] is True  # served by this computer, and it says so
    assert venue in report["market"]
    assert report["market_events"] > 100
    assert report["data_quality"]["grade"] == "complete"
    (book,) = orjson.loads((data_dir / "books.json").read_bytes())[venue].values()
    assert book["state"] == "live"
    assert book["bids"]
    assert book["asks"]
    assert cryptobot(data_dir, "ledger", "check").returncode == 0


@pytest.mark.slow
def test_portfolios_and_the_ledger_can_be_read_after_a_run(data_dir: Path, tmp_path: Path) -> None:
    ran = document(
        cryptobot(
            data_dir,
            *("run", "--speed", "max", "--duration", "15m", "--json", "--portfolio", "mine", "--cash", "500 USDT"),
            *("--bot", "sma_cross:fast=1,slow=2"),
        )
    )
    assert ran["starting_equity"] == "500 USDT"
    listed = document(cryptobot(data_dir, "portfolio", "list", "--json"))["portfolios"]
    assert [(row["name"], row["epoch"], row["starting_cash"]) for row in listed] == [("mine", 1, "500 USDT")]
    assert cryptobot(data_dir, "portfolio", "reset", "mine", "--cash", "700 USDT").returncode == 0
    again = document(cryptobot(data_dir, "portfolio", "list", "--json"))["portfolios"]
    assert [(row["name"], row["epoch"]) for row in again] == [("mine", 1), ("mine", 2)]
    old = document(cryptobot(data_dir, "portfolio", "show", "mine", "--epoch", "1", "--json"))
    assert len(old["fills"]) == ran["fills"]
    checked = document(cryptobot(data_dir, "ledger", "check", "--json"))
    assert checked["holds"] is True
    for form in ("csv", "json"):
        target = tmp_path / f"ledger.{form}"
        done = cryptobot(data_dir, "ledger", "export", "--format", form, str(target), "--json")
        assert document(done)["rows"] == checked["rows"]
        assert target.stat().st_size > 0

"""Incidents in which simulated trading reached a real exchange (N1 to N4), as tests."""

import ast
import json
import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import cryptobot_desktop
from cryptobot_desktop.app.command_line import main
from cryptobot_desktop.domain import commands
from cryptobot_desktop.storage.database import MODE
from tests.integration.incidents.honeypot import Honeypot

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(cryptobot_desktop.__file__).parent
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
BASES = ("CRYPTOBOT_BINANCE_REST", "CRYPTOBOT_BINANCE_WS", "CRYPTOBOT_KUCOIN_REST")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
FAST = ("--speed", "max", "--duration", "20m", "--bot", "sma_cross:fast=1,slow=2")


@pytest.mark.parametrize(
    "entry",
    [
        ("desk",),
        ("bot",),
        ("cli", "run", *FAST),
        ("cli", "run", "--venue", "kucoin", *FAST),
        ("cli", "run", "--fill-model", "expected", "--latency-ms", "50", *FAST),
    ],
    ids=lambda entry: " ".join(entry[:4]),
)
def test_n01_no_order_of_any_type_from_any_entry_reaches_another_host(
    entry: tuple[str, ...], data_dir: Path, tmp_path: Path
) -> None:
    report = tmp_path / "connections.json"
    with Honeypot() as honeypot:
        changes = dict.fromkeys((*BASES, *PROXIES), honeypot.url) | {
            "CRYPTOBOT_BINANCE_WS": honeypot.url.replace("http", "ws"),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "",
        }
        what, *rest = entry
        done = subprocess.run(
            [sys.executable, "-m", "tests.integration.incidents.audited", str(report), what, str(data_dir), *rest],
            cwd=ROOT,
            env={**os.environ, **changes},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        assert honeypot.asked == []
    seen = json.loads(report.read_text(encoding="utf-8"))
    assert [place for place in seen if place[1] not in LOOPBACK] == []


def test_n01_the_audit_would_see_a_connection(tmp_path: Path) -> None:
    code = (
        "import sys, json; from tests.integration.incidents import audited as a; sys.addaudithook(a.note)\n"
        "import socket; s = socket.socket(); s.settimeout(0.01)\n"
        "try: s.connect(('192.0.2.1', 443))\nexcept OSError: pass\nprint(json.dumps(a.SEEN))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [["socket.connect", "192.0.2.1"]]


def test_n01_a_live_market_is_only_ever_asked_for_public_data(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Honeypot() as honeypot:
        for name in BASES:
            monkeypatch.setenv(name, honeypot.url.replace("http", "ws") if name.endswith("WS") else honeypot.url)
        arguments = ["--data-dir", str(data_dir), "run", "--market", "live", "--duration", "1s", "--bot", "sma_cross"]
        assert main(arguments) != 0
        capsys.readouterr()
        assert honeypot.asked, "the honeypot was not asked at all: this test would see nothing"
        assert [line for line in honeypot.asked if not line.startswith("GET /api/v3/")] == []
        assert [line for line in honeypot.asked if "signature" in line or "order?" in line] == []


def test_n02_no_command_and_no_setting_changes_the_mode() -> None:
    names = {kind.__name__ for kind in typing.get_args(commands.Command)}
    fields = {name for kind in typing.get_args(commands.Command) for name in kind.__struct_fields__}
    suspicious = ("mode", "live", "real", "testnet", "simulation", "dry")
    assert [name for name in names | fields if any(word in name.lower() for word in suspicious)] == []
    assert MODE == "paper"
    writers = [
        file
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "MODE" for t in node.targets)
    ]
    assert [file.name for file in writers] == ["database.py"]


def test_n03_nothing_that_could_send_an_order_exists() -> None:
    assert not (PACKAGE / "venue_gateway").exists()
    texts = {file: file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    trading = [
        f"{file.name}: {word}"
        for file, text in texts.items()
        if "emulator" not in file.parts
        for word in (
            "import ccxt",
            "hmac",
            "/api/v3/order",
            "/api/v1/orders",
            "api_secret",
            "X-MBX-APIKEY",
            "KC-API-SIGN",
        )
        if word in text
    ]
    assert [hit for hit in trading if not hit.startswith(("redaction.py", "doctor_command.py"))] == []
    requests = [
        (file.name, *(arg.value if isinstance(arg, ast.Constant) else "?" for arg in node.args[:2]))
        for file, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "HttpRequest"
        and node.args
    ]
    assert requests
    assert [r for r in requests if r[1] != "GET"] == [("kucoin_adapter.py", "POST", "/api/v1/bullet-public")]


VALUES = [
    None,
    "",
    "0",
    "1",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "no",
    "off",
    "testnet",
    "TESTNET",
    "real",
    "live",
]
VALUES += ["paper", " false ", "faIse", "ｆａｌｓｅ", "0x0", "null", "production", "I-understand", "\t", "-1"]


@pytest.mark.parametrize("value", VALUES)
def test_n04_no_value_of_the_environment_opens_anything(
    value: str | None, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TRADING_SIMULATION_ONLY", raising=False)
    if value is not None:
        monkeypatch.setenv("TRADING_SIMULATION_ONLY", value)
    assert main(["--data-dir", str(data_dir), "--json", "doctor"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert told["mode"] == "paper"
    assert told["vetoes"]
    held = {item["code"]: item["holds"] for item in told["items"]}
    assert held["no_gateway"]

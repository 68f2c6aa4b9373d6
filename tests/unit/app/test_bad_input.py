"""Bad input on the command line: the exit status, one clear line that names the value, no traceback."""

import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from cryptobot_desktop.app.command_line import main
from cryptobot_desktop.app.profile import Profile

RUN = ("run", "--speed", "max", "--duration", "1m")
USAGE: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("frobnicate",), ("frobnicate", "run", "backtest", "emulator")),
    (("--frobnicate",), ("--frobnicate",)),
    ((*RUN, "--symbol", "FOO/BAR"), ("FOO/BAR", "BTC/USDT", "ETH/USDT")),
    ((*RUN, "--symbol", ""), ("symbol",)),
    ((*RUN, "--timeframe", "7m"), ("7m", "1m, 3m, 5m")),
    ((*RUN, "--duration", "5x"), ("5x", "30s")),
    ((*RUN, "--duration", ""), ("duration",)),
    ((*RUN, "--duration", "0s"), ("0s",)),
    ((*RUN, "--duration=-5s"), ("-5s",)),
    ((*RUN, "--duration", "１s"), ("１s",)),
    ((*RUN, "--duration", "9" * 5_000 + "s"), ("duration",)),
    ((*RUN, "--speed", "fast"), ("fast", "1 to 100", "max")),
    ((*RUN, "--speed", "0"), ("0", "1 to 100")),
    ((*RUN, "--speed", "9" * 5_000), ("speed",)),
    ((*RUN, "--fees", "maker=x"), ("x",)),
    ((*RUN, "--fees", "maker=0.5"), ("maker=0.5", "0.1")),
    ((*RUN, "--fees", "maker=-0.1"), ("maker", "-0.1")),
    ((*RUN, "--fees", "gold=0.1"), ("gold=0.1", "maker=RATE")),
    ((*RUN, "--fees", "maker=0.1,maker=0.1"), ("maker=0.1",)),
    ((*RUN, "--fees", ""), ("fees",)),
    ((*RUN, "--fees", "tier=99"), ("'99'", "0 to 9")),
    ((*RUN, "--fees", "pay=KCS"), ("'KCS'", "BNB")),
    ((*RUN, "--cash", "abc"), ("abc", "10000 USDT")),
    ((*RUN, "--cash", "12 "), ("12", "10000 USDT")),
    ((*RUN, "--cash", "0 USDT"), ("above 0",)),
    ((*RUN, "--cash", "-5 USDT"), ("above 0",)),
    ((*RUN, "--cash", "1_000 USDT"), ("1_000",)),
    ((*RUN, "--cash", "NaN USDT"), ("NaN",)),
    ((*RUN, "--cash", "1e30 USDT"), ("at most 92233720 USDT",)),
    ((*RUN, "--portfolio", "a\nb"), ("portfolio name", "control character")),
    ((*RUN, "--portfolio", "x" * 61), ("portfolio name", "longer than 60")),
    ((*RUN, "--cash", "0.123456789 USDT"), ("0.123456789", "8 decimals")),
    ((*RUN, "--seed", "x"), ("'x'", "whole number")),
    ((*RUN, "--seed", "-1"), ("-1",)),
    ((*RUN, "--seed", "9" * 19), ("18 digits",)),
    ((*RUN, "--bot", "nope"), ("'nope'", "sma_cross, rsi_reversion")),
    ((*RUN, "--bot", "sma_cross:fast=x"), ("fast=x", "whole number")),
    ((*RUN, "--bot", "sma_cross:speed=1"), ("'speed'", "fast, slow, size")),
    ((*RUN, "--bot", "sma_cross:fast=9,slow=3"), ("fast=9 must be below slow=3",)),
    ((*RUN, "--bot", "sma_cross:size=1.5"), ("size=1.5",)),
    ((*RUN, "--bot", "sma_cross:fast"), ("'fast'", "key=value")),
    ((*RUN, "--bot", ""), ("''", "sma_cross")),
    ((*RUN, "--market", "moon"), ("'moon'", "live, synthetic")),
    ((*RUN, "--market", "synthetic:"), ("synthetic:",)),
    ((*RUN, "--market", "synthetic:x"), ("'x'",)),
    ((*RUN, "--market", "recording:"), ("recording:",)),
    ((*RUN, "--market", "recording:/no/such/file"), ("/no/such/file", "does not exist")),
    ((*RUN, "--market", "live"), ("live", "--speed 1")),
    ((*RUN, "--venue", "mtgox"), ("'mtgox'", "binance, kucoin")),
    ((*RUN, "--portfolio", "a#b"), ("'a#b'",)),
    ((*RUN, "--latency-ms", "80-20"), ("'80-20'", "above")),
    ((*RUN, "--fill-model", "kind"), ("'kind'", "optimistic, expected, pessimistic")),
    ((*RUN, "--latency-ms", "x"), ("'x'", "none")),
    ((*RUN, "--latency-ms", "99999"), ("99999", "60000")),
    ((*RUN, "--log-level", "loud"), ("loud", "debug")),
    (("backtest",), ("--data", "--market")),
    (("backtest", "--data", "x.csv", "--market", "synthetic"), ("--data", "--market")),
    (("backtest", "--data", "/no/such.csv"), ("/no/such.csv", "does not exist")),
    (("backtest", "--market", "live"), ("live",)),
    (("emulator", "--market", "live"), ("live", "synthetic")),
    (("emulator", "--speed", "max"), ("max", "1 to 100")),
    (("emulator", "--binance-port", "70000"), ("70000", "65535")),
    (("emulator", "--host", "8.8.8.8"), ("8.8.8.8", "127.0.0.1")),
    (("emulator", "--fault", "nope"), ("'nope'", "drop_connection")),
    (("portfolio",), ("ACTION",)),
    (("portfolio", "show", "nobody"), ("'nobody'",)),
    (("portfolio", "create", "a/b"), ("'a/b'",)),
    (("portfolio", "create", "x", "--cash", "0 USDT"), ("'x'", "above 0")),
    (("portfolio", "reset", "nobody"), ("'nobody'",)),
    (("ledger", "check"), ("no ledger",)),
    (("ledger", "export", "--format", "xml", "f"), ("xml", "csv")),
    (("decode", "/no/such.jsonl"), ("/no/such.jsonl",)),
    (("candles", "import", "/no/such.csv", "--symbol", "BTC/USDT", "--timeframe", "1m"), ("/no/such.csv",)),
    (("candles", "import", "x.csv", "--symbol", "BTC/USDT", "--timeframe", "7m"), ("7m", "1m, 3m")),
    (("candles", "export", "x.csv", "--symbol", "BTC/USDT", "--timeframe", "1m"), ("BTC/USDT",)),
    (("indicators", "compute", "nope", "--data", "x.csv", "--out", "y.csv"), ("x.csv", "does not exist")),
]


@pytest.fixture(autouse=True)
def _own_folder(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYPTOBOT_DATA_DIR", str(data_dir))
    monkeypatch.chdir(data_dir)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command that must fail; return its status and its one line."""
    status = main(arguments)
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line]
    assert out == ""
    assert len(lines) == 1, err
    assert lines[0].startswith("cryptobot: ")
    return status, lines[0]


@pytest.mark.parametrize(("arguments", "words"), USAGE, ids=lambda value: " ".join(value)[:70])
def test_bad_input_is_one_line_that_names_it_with_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    status, line = refused(capsys, *arguments)
    assert status == 2
    assert all(word in line for word in words), line


HEADER = "time,open,high,low,close,volume\n"
GOOD = "1767225600000,100,101,99,100.5,3\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("a,b,c\n1,2,3\n", ()),
        (HEADER, ()),
        (HEADER + GOOD + "1767225660000,100,101,99\n", ("line 3",)),
        (HEADER + GOOD + "1767225660000,100,101,99,x,3\n", ("line 3", "x")),
        (HEADER + GOOD + "1767225660000,100,101,99,NaN,3\n", ("line 3",)),
        (HEADER + GOOD + "1767225660000,100,101,102,100,3\n", ("line 3",)),
        (HEADER + GOOD + "yesterday,100,101,99,100,3\n", ("line 3", "yesterday")),
        (HEADER + GOOD + "1767225660000,100,101,99,-100,3\n", ("line 3",)),
        (HEADER + GOOD + "1767225660000,1１0,111,99,100,3\n", ("line 3",)),
        ("time,price,qty\nx\n", ()),
    ],
)
def test_a_malformed_data_file_is_refused_with_its_name_and_line(
    capsys: pytest.CaptureFixture[str], data_dir: Path, text: str, words: tuple[str, ...]
) -> None:
    path = data_dir / "bars.csv"
    path.write_text(text, encoding="utf-8")
    status, line = refused(capsys, "backtest", "--data", str(path))
    assert status == 2
    assert str(path) in line
    assert all(word in line for word in words), line


@pytest.mark.parametrize("name", ["bars.csv", "bars.csv.gz", "tape.jsonl", "tape.jsonl.gz"])
@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x01" * 50, b"\0" * 100, gzip.compress(b"hello " * 100, mtime=0)[:20], b"{}\n", b"not json\n"],
)
def test_a_file_of_rubbish_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], data_dir: Path, name: str, content: bytes
) -> None:
    path = data_dir / name
    path.write_bytes(content)
    status, line = refused(capsys, "backtest", "--data", str(path))
    assert status == 2
    assert name in line


@pytest.mark.parametrize("content", [b"not json\n", b"", b'{"venue":"binance"}\n'])
def test_a_recording_of_rubbish_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], data_dir: Path, content: bytes
) -> None:
    path = data_dir / "tape.jsonl"
    path.write_bytes(content)
    for arguments in (("run", "--speed", "max"), ("backtest",)):
        status, line = refused(capsys, *arguments, "--market", f"recording:{path}")
        assert status == 2
        assert "tape.jsonl" in line


def test_a_data_folder_that_is_a_file_fails_with_status_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x", encoding="utf-8")
    status, line = refused(capsys, *RUN, "--data-dir", str(tmp_path / "plain"))
    assert status == 1
    assert str(tmp_path / "plain") in line
    assert "--data-dir" in line
    assert (tmp_path / "plain").read_text(encoding="utf-8") == "x"


def test_a_data_folder_that_cannot_be_written_fails_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    status, line = refused(capsys, *RUN, "--data-dir", "/proc/cryptobot")
    assert status == 1
    assert "/proc/cryptobot" in line


@pytest.mark.parametrize("arguments", [RUN, ("portfolio", "list"), ("portfolio", "create", "x"), ("candles", "list")])
def test_a_second_program_on_the_same_folder_is_told_who_holds_it(
    capsys: pytest.CaptureFixture[str], data_dir: Path, arguments: tuple[str, ...]
) -> None:
    with Profile(data_dir):
        status, line = refused(capsys, *arguments)
    assert status == 1
    assert str(data_dir) in line
    assert "in use" in line
    assert main(("portfolio", "list")) == 0


@pytest.mark.parametrize("arguments", [RUN, ("portfolio", "list"), ("ledger", "check")])
def test_a_corrupt_database_is_left_as_it_is(
    capsys: pytest.CaptureFixture[str], data_dir: Path, arguments: tuple[str, ...]
) -> None:
    path = data_dir / "profile.sqlite"
    path.write_bytes(b"this is no database " * 100)
    status, line = refused(capsys, *arguments)
    assert status == 1
    assert "profile.sqlite" in line
    assert path.read_bytes() == b"this is no database " * 100


def test_a_database_of_a_newer_program_is_refused_and_not_touched(
    capsys: pytest.CaptureFixture[str], data_dir: Path
) -> None:
    assert main(("portfolio", "create", "mine")) == 0
    capsys.readouterr()
    path = data_dir / "profile.sqlite"
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "alembic_version" in tables:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.execute(f"PRAGMA user_version = {version + 100}")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    for arguments in (RUN, ("portfolio", "list"), ("ledger", "check")):
        status, line = refused(capsys, *arguments)
        assert status == 1
        assert "newer" in line
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", ["/proc/nowhere/books.json", "."])
def test_books_that_cannot_be_written_are_one_line_not_a_traceback(
    capsys: pytest.CaptureFixture[str], place: str
) -> None:
    assert main(("backtest", "--market", "synthetic:3", "--duration", "10s", "--books", place)) == 1
    _out, err = capsys.readouterr()
    assert err.startswith("cryptobot: ")
    assert place in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("option", "place"), [("--out", "/proc/nowhere"), ("--out", "taken")])
def test_results_that_cannot_be_written_are_one_line(
    capsys: pytest.CaptureFixture[str], data_dir: Path, option: str, place: str
) -> None:
    (data_dir / "taken").write_text("x", encoding="utf-8")
    assert main(("backtest", "--market", "synthetic:3", "--duration", "10s", option, place)) == 1
    err = capsys.readouterr().err
    assert err.startswith("cryptobot: ")
    assert place in err


def test_decoding_rubbish_gives_one_refusal_per_line_and_status_0(
    capsysbinary: pytest.CaptureFixture[bytes], data_dir: Path
) -> None:
    path = data_dir / "frames.jsonl"
    path.write_bytes(b'rubbish\n{"venue":"binance"}\n\xff\xfe\n[]\n\n{"venue":"binance","transport":"ws","raw":"{"}\n')
    assert main(("decode", str(path))) == 0
    lines = capsysbinary.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all(b'"type":"rejected"' in line and b'"reason":' in line for line in lines)


def test_decode_passes_over_the_byte_order_mark_of_an_editor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "frames.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"venue": "kucoin", "transport": "ws", "raw": "{\\"type\\": \\"pong\\"}"}\n')
    assert main(("decode", str(path))) == 0
    assert json.loads(capsys.readouterr().out)["action"] == "pong"

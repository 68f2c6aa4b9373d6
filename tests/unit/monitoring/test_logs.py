"""Logs: readable on the console, JSON lines in the data folder, rotated, without secrets."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.monitoring import logs
from cryptobot_desktop.monitoring.logs import FILE_NAME, Logs, open_logs

SECRET = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def opened(level: str, folder: Path | None = None, console: io.StringIO | None = None) -> Iterator[Logs]:
    root = logging.getLogger()
    before = root.level
    made = open_logs(level, folder, console or io.StringIO())
    try:
        yield made
    finally:
        made.close()
        root.setLevel(before)
        structlog.reset_defaults()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FILE_NAME).read_text(encoding="utf-8").splitlines()]


def test_both_ways_of_logging_end_as_json_lines_and_as_text(data_dir: Path) -> None:
    console = io.StringIO()
    with opened("info", data_dir / "logs", console):
        structlog.get_logger("engine").info("order stored", portfolio="mäin", seq=2**62)
        logging.getLogger("library").warning("took %d ms", 12, extra={"venue": "binance"})
        structlog.get_logger("engine").debug("not shown")
    first, second = lines(data_dir / "logs")
    assert {key: first[key] for key in ("event", "level", "logger", "portfolio", "seq")} == {
        "event": "order stored",
        "level": "info",
        "logger": "engine",
        "portfolio": "mäin",
        "seq": 2**62,
    }
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["level"], second["venue"]) == ("took 12 ms", "warning", "binance")
    text = console.getvalue()
    assert "order stored" in text
    assert "portfolio=mäin" in text
    assert "took 12 ms" in text
    assert "\x1b[" not in text
    assert "_logger" not in text


def test_no_secret_reaches_file_or_console_not_even_through_a_traceback(data_dir: Path) -> None:
    console = io.StringIO()
    with opened("debug", data_dir, console):
        log = structlog.get_logger("a")
        log.info("connect", api_key=SECRET, url=f"https://h?signature={SECRET}", nested=[{"passphrase": "hunter2"}])
        logging.getLogger("b").info("sent %s", SECRET)
        try:
            raise ValueError(f"refused: {SECRET}")
        except ValueError:
            log.exception("broke")
            logging.getLogger("b").exception("broke too")
    for text in (console.getvalue(), (data_dir / FILE_NAME).read_text()):
        assert SECRET not in text
        assert "hunter2" not in text
        assert text.count("ValueError") >= 2
    assert len(lines(data_dir)) == 4


def test_a_line_break_in_a_message_is_still_one_line(data_dir: Path) -> None:
    with opened("info", data_dir):
        structlog.get_logger("a").info('two\nlines "quoted"', value="x\r\ny")
    assert len(lines(data_dir)) == 1


def test_the_file_rotates(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 2_000)
    with opened("info", data_dir):
        for number in range(200):
            structlog.get_logger("a").info("number", n=number)
    files = sorted(file.name for file in data_dir.iterdir())
    assert files == [FILE_NAME, *[f"{FILE_NAME}.{n}" for n in range(1, 6)]]
    assert all(file.stat().st_size <= 2_000 for file in data_dir.iterdir())
    assert lines(data_dir)[-1]["n"] == 199


def test_talkative_libraries_are_heard_from_warnings_on(data_dir: Path) -> None:
    with opened("debug", data_dir):
        logging.getLogger("websockets.client").debug("< TEXT ...")
        logging.getLogger("websockets.client").warning("closed")
    assert [line["event"] for line in lines(data_dir)] == ["closed"]


def test_without_a_folder_only_the_console_is_told(data_dir: Path) -> None:
    console = io.StringIO()
    with opened("WARNING", None, console) as made:
        structlog.get_logger("a").info("no")
        structlog.get_logger("a").error("yes")
        assert made.file is None
    assert "yes" in console.getvalue()
    assert "no " not in console.getvalue()


def test_an_unknown_level_names_the_allowed_ones() -> None:
    with pytest.raises(InvalidInput, match="log level 'loud' is unknown; allowed: debug, info, warning, error"):
        open_logs("loud")


def test_a_folder_that_cannot_be_written_is_one_clear_error(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    before = list(logging.getLogger().handlers)
    with pytest.raises(UserActionNeeded, match=r"log file .*cannot be written: .*--data-dir"):
        open_logs("info", data_dir / "file", io.StringIO())
    assert logging.getLogger().handlers == before


def test_importing_the_module_configures_nothing_and_loads_nothing_heavy() -> None:
    script = (
        "import logging, sys, cryptobot_desktop.monitoring.logs\n"
        "assert not logging.getLogger().handlers\n"
        "print(*sorted({'sqlalchemy', 'pydantic', 'PySide6', 'numpy', 'pandas', 'sqlite3'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == ""

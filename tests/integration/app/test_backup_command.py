"""``cryptobot backup`` as people use it: create, list, show, restore."""

import json
from pathlib import Path

import pytest

from cryptobot_desktop.app.command_line import main
from cryptobot_desktop.storage.database import FILE_NAME

RUN = (
    "run",
    "--speed",
    "max",
    "--duration",
    "20m",
    "--bot",
    "sma_cross:fast=2,slow=5",
    "--portfolio",
    "main",
    "--json",
)


def said(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, dict[str, object], str]:
    status = main(["--data-dir", str(folder), *arguments])
    captured = capsys.readouterr()
    return status, json.loads(captured.out) if captured.out.startswith("{") else {}, captured.out + captured.err


def test_a_backup_is_made_shown_and_restored(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, data_dir, *RUN)[0] == 0
    rows = said(capsys, data_dir, "ledger", "check", "--json")[1]
    status, made, _ = said(capsys, data_dir, "backup", "create", str(data_dir / "mine.sqlite"), "--json")
    assert status == 0
    assert Path(str(made["file"])).stat().st_size == made["size"]
    assert said(capsys, data_dir, "backup", "create", str(data_dir / "mine.sqlite"))[0] == 1
    assert said(capsys, data_dir, "backup", "create")[0] == 0
    listed = said(capsys, data_dir, "backup", "list", "--json")[1]["backups"]
    assert [row["label"][:7] for row in listed] == ["manual-"]  # type: ignore[attr-defined]
    assert said(capsys, data_dir, *RUN)[0] == 0
    status, shown, _ = said(capsys, data_dir, "backup", "show", str(data_dir / "mine.sqlite"), "--json")
    assert status == 0
    changes = shown["changes"]
    assert isinstance(changes, dict)
    assert changes["is_older_state"] is True
    assert changes["lost"]["first_seq"] == int(str(rows["rows"])) + 1
    assert changes["lost"]["sessions"] == 1
    status, refused, _ = said(capsys, data_dir, "backup", "restore", str(data_dir / "mine.sqlite"), "--json")
    assert (status, refused["restored"], refused["what_now"]) == (
        1,
        False,
        "nothing was changed; give --yes to restore it",
    )
    status, restored, said_why = said(
        capsys, data_dir, "backup", "restore", str(data_dir / "mine.sqlite"), "--yes", "--json"
    )
    assert (status, restored.get("restored")) == (0, True), said_why
    assert Path(str(restored["kept"])).is_file()
    assert said(capsys, data_dir, "ledger", "check", "--json")[1] == rows
    assert said(capsys, data_dir, *RUN)[0] == 0


def test_lines_for_people_name_rows_times_and_balances(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, data_dir, "portfolio", "create", "main", "--cash", "100 USDT")
    said(capsys, data_dir, "backup", "create", str(data_dir / "b.sqlite"))
    said(capsys, data_dir, "portfolio", "reset", "main", "--cash", "70 USDT")
    _, _, text = said(capsys, data_dir, "backup", "show", str(data_dir / "b.sqlite"))
    assert "would be lost: 2 ledger rows (2 to 3, " in text
    assert "main#1/available: 0 USDT now, 100 then" in text
    assert "main#2/available: 70 USDT now, 0 then" in text


def test_bad_names_and_damaged_copies_are_one_line(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, text = said(capsys, data_dir, "backup", "create")
    assert (status, "there is no ledger" in text) == (2, True)
    said(capsys, data_dir, "portfolio", "create", "main")
    status, _, text = said(capsys, data_dir, "backup", "show", "nothing")
    assert (status, "backup 'nothing' does not exist" in text) == (2, True)
    (data_dir / "x.sqlite").write_bytes(b"no database at all" * 300)
    before = (data_dir / FILE_NAME).read_bytes()
    status, _, text = said(capsys, data_dir, "backup", "restore", str(data_dir / "x.sqlite"), "--yes")
    assert (status, "damaged or not a database" in text, text.count("\n")) == (1, True, 1)
    assert (data_dir / FILE_NAME).read_bytes() == before

"""Exported rows: complete, exact, checkable by anybody, harmless in a spreadsheet."""

import csv
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.ledger_export import FIELDS, ExportFormat, export_ledger, parse_export_format, safe_cell
from tests.unit.storage.trading_story import TradingStory

EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
def database(data_dir: Path) -> Iterator[ProfileDatabase]:
    opened, story = ProfileDatabase(data_dir / FILE_NAME), TradingStory()
    story.open_portfolio()
    story.place(EVIL, 123)
    opened.commit(story.batch())
    yield opened
    opened.close()


def test_csv_holds_every_row_and_no_formula(database: ProfileDatabase, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert export_ledger(database, file, ExportFormat.CSV) == 2
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    assert tuple(rows[0]) == FIELDS
    assert [row["seq"] for row in rows] == ["1", "2"]
    assert rows[1]["amount"] == "0.00000123"
    assert rows[1]["cause_id"] == f"'{EVIL}"
    assert rows[1]["time"] == "1970-01-01T00:00:01.000+00:00"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_hash_of_every_json_row_can_be_computed_from_its_fields(database: ProfileDatabase, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    assert export_ledger(database, file, ExportFormat.JSON) == 2
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["amount_decimals"] == 8
    for row in document["transfers"]:
        fields = [row["seq"], row["asset"], row["debit"], row["credit"], int(row["amount_units"])]
        fields += [row["cause_kind"], row["cause_id"], row["at_ms"], row["previous_hash"]]
        text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
        assert sha256(text.encode()).hexdigest() == row["row_hash"]


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_an_empty_ledger_is_a_valid_file(data_dir: Path, tmp_path: Path, file_format: ExportFormat) -> None:
    database = ProfileDatabase(data_dir / FILE_NAME)
    assert export_ledger(database, tmp_path / "out", file_format) == 0
    database.close()
    text = (tmp_path / "out").read_text()
    assert text.count("\n") == 1 if file_format is ExportFormat.CSV else json.loads(text)["transfers"] == []


def test_a_file_that_cannot_be_written_is_one_clear_error(database: ProfileDatabase, tmp_path: Path) -> None:
    with pytest.raises(UserActionNeeded, match=r"out\.csv in .*absent could not be written"):
        export_ledger(database, tmp_path / "absent" / "out.csv", ExportFormat.CSV)


def test_an_export_that_fails_leaves_the_old_file(database: ProfileDatabase, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("old")
    database.connection.execute("DROP TABLE transfer")
    with pytest.raises(Exception, match="no such table"):
        export_ledger(database, file, ExportFormat.CSV)
    assert file.read_text() == "old"
    assert list(tmp_path.glob(".out*")) == []


def test_an_unknown_format_names_the_allowed_ones() -> None:
    with pytest.raises(InvalidInput, match="allowed: csv, json"):
        parse_export_format("xml")


@given(st.text())
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    safe = safe_cell(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe.endswith(text)

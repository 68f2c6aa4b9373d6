"""Writes all ledger rows to a CSV or JSON file, whole or not at all.

Amounts are given twice: as decimal text for people and spreadsheets, and as the stored integer
(8 decimals), from which the row hash can be computed by anybody; see docs/formats.md.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import msgspec

from cryptobot_desktop.config.atomic_file import whole_file
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.ledger import Transfer
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_scaled
from cryptobot_desktop.storage.connections import explaining
from cryptobot_desktop.storage.database import ProfileDatabase

FIELDS = (
    "seq",
    "time",
    "at_ms",
    "asset",
    "debit",
    "credit",
    "amount",
    "amount_units",
    "cause_kind",
    "cause_id",
    "previous_hash",
    "row_hash",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_BLOCK_ROWS = 10_000


class ExportFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON = "json"


def parse_export_format(text: str) -> ExportFormat:
    """Return the format named ``csv`` or ``json``; anything else raises InvalidInput."""
    try:
        return ExportFormat(text)
    except ValueError:
        raise InvalidInput(f"export format {text[:40]!r} is unknown; allowed: csv, json") from None


def export_ledger(database: ProfileDatabase, path: Path, file_format: ExportFormat) -> int:
    """Write every transfer to `path` and return their number. UserActionNeeded when it cannot be written."""
    write = _write_csv if file_format is ExportFormat.CSV else _write_json
    with explaining(path, "could not be written"), whole_file(path) as file:
        return write(file, database.transfers())


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: a leading ``= + - @`` or control gets an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write_csv(file: BinaryIO, transfers: Iterator[Transfer]) -> int:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(FIELDS)
    count = 0
    for count, transfer in enumerate(transfers, start=1):
        table.writerow([safe_cell(v) if isinstance(v, str) else v for v in _record(transfer).values()])
        if count % _BLOCK_ROWS == 0:
            _move(text, file)
    _move(text, file)
    return count


def _move(text: io.StringIO, file: BinaryIO) -> None:
    file.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()


def _write_json(file: BinaryIO, transfers: Iterator[Transfer]) -> int:
    file.write(b'{"format":"cryptobot-ledger-1","amount_decimals":%d,"transfers":[' % AMOUNT_DECIMALS)
    count = 0
    for count, transfer in enumerate(transfers, start=1):
        file.write((b"\n" if count == 1 else b",\n") + msgspec.json.encode(_record(transfer)))
    file.write(b"\n]}\n")
    return count


def _record(transfer: Transfer) -> dict[str, object]:
    """Return a row as `FIELDS`; amounts are text, because JSON readers turn large numbers into floats."""
    return {
        "seq": transfer.seq,
        "time": datetime.fromtimestamp(transfer.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "at_ms": transfer.at_ms,
        "asset": transfer.asset,
        "debit": transfer.debit,
        "credit": transfer.credit,
        "amount": format_scaled(transfer.amount, AMOUNT_DECIMALS),
        "amount_units": str(transfer.amount),
        "cause_kind": transfer.cause_kind.value,
        "cause_id": transfer.cause_id,
        "previous_hash": transfer.previous_hash,
        "row_hash": transfer.row_hash,
    }

"""``cryptobot ledger``: verify everything that can be verified, export all rows."""

from pathlib import Path

import msgspec

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase
from cryptobot_desktop.storage.ledger_export import export_ledger, parse_export_format


def execute(options: Options) -> int:
    """Carry out the action; exit status 1 when a check does not hold."""
    path = options.folder() / FILE_NAME
    if not path.exists():
        raise InvalidInput(f"there is no ledger in {path.parent}; `cryptobot run` makes one")
    database = ProfileDatabase(path, read_only=True)
    try:
        return _check(options, database) if options.parsed.action == "check" else _export(options, database)
    finally:
        database.close()


def _check(options: Options, database: ProfileDatabase) -> int:
    report = check_ledger(database, audit)
    if options.wants_json:
        options.print_document(msgspec.to_builtins(report) | {"holds": report.holds})
    elif report.holds:
        print(
            f"the ledger holds: {report.rows} rows, {report.accounts} accounts, {report.snapshots} snapshots, "
            f"head {report.head_hash[:16]}, state {report.state_hash[:16]}"
        )
    else:
        print("\n".join(report.findings))
    return 0 if report.holds else 1


def _export(options: Options, database: ProfileDatabase) -> int:
    rows = export_ledger(database, Path(options.parsed.file), parse_export_format(options.parsed.format))
    if options.wants_json:
        options.print_document({"rows": rows, "file": options.parsed.file})
    else:
        print(f"{rows} rows written to {options.parsed.file}")
    return 0

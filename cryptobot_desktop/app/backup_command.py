"""``cryptobot backup``: copy what is stored, list the copies, say what restoring one would change, restore it."""

from pathlib import Path
from typing import Any

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.profile import Profile
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.ledger_records import Audited
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.engine.clocks import WallClock
from cryptobot_desktop.engine.report import utc
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.backups import backups
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.connections import DamagedFile
from cryptobot_desktop.storage.database import FILE_NAME, MODE, ProfileDatabase
from cryptobot_desktop.storage.restore import Comparison, compare, find_backup, restore, working_copy


def execute(options: Options) -> int:
    """Carry out the action; exit status 1 when a restore was only shown."""
    action = options.parsed.action
    if action == "create":
        return _create(options)
    if action == "list":
        return _list(options)
    with options.profile() as profile:
        return _show(options, profile) if action == "show" else _restore(options, profile)


def _create(options: Options) -> int:
    path = options.folder() / FILE_NAME
    if not path.exists():
        raise InvalidInput(f"there is no ledger in {path.parent} to copy; `cryptobot run` makes one")
    database = ProfileDatabase(path, read_only=True)  # a running engine may go on
    try:
        target = Path(options.parsed.file) if options.parsed.file else None
        made = database.back_up_now(WallClock().now_ms(), target)
    finally:
        database.close()
    _print(options, {"file": str(made), "size": made.stat().st_size}, [f"copied to {made}"])
    return 0


def _list(options: Options) -> int:
    rows = [
        {"label": backup.label, "file": str(backup.path), "size": backup.size}
        for backup in backups(options.folder() / FILE_NAME)
    ]
    lines = [f"{row['label']:<28} {row['size']:>12} bytes  {row['file']}" for row in rows]
    _print(options, {"backups": rows}, lines or ["no copy yet; `cryptobot backup create` makes one"])
    return 0


def _show(options: Options, profile: Profile) -> int:
    backup = find_backup(profile.database_path, options.parsed.file)
    with working_copy(backup, profile.database_path, MODE) as copy:
        report = _checked(copy)
        document, lines = _described(backup, report, _compared(profile.database_path, copy))
    _print(options, document, lines)
    return 0 if report.holds else 1


def _restore(options: Options, profile: Profile) -> int:
    path = profile.database_path
    backup = find_backup(path, options.parsed.file)
    with working_copy(backup, path, MODE) as copy:
        report = _checked(copy)
        document, lines = _described(backup, report, _compared(path, copy))
        if not report.holds:
            raise UserActionNeeded(
                f"{backup} does not hold ({report.findings[0]}), so it was not restored; choose another copy of "
                "'cryptobot backup list'"
            )
        if not options.parsed.yes:
            lines.append("nothing was changed; give --yes to restore it")
            _print(options, {**document, "restored": False, "what_now": lines[-1]}, lines)
            return 1
        kept = restore(copy, path, MODE, WallClock().now_ms())
    profile.open_database().close()
    kept_text = f"; what was there before is kept in {kept}" if kept is not None else ""
    document |= {"restored": True, "kept": str(kept) if kept is not None else None}
    _print(options, document, [*lines, f"restored {backup}{kept_text}"])
    return 0


def _checked(copy: Path) -> Audited:
    database = ProfileDatabase(copy, read_only=True)
    try:
        return check_ledger(database, audit)
    finally:
        database.close()


def _compared(path: Path, copy: Path) -> Comparison | str:
    """Return the differences, or why they cannot be told."""
    if not path.exists():
        return "there is no database now"
    try:
        return compare(path, copy)
    except DamagedFile as damage:
        return f"{damage}; a restore sets it aside under another name"


def _described(backup: Path, report: Audited, found: Comparison | str) -> tuple[dict[str, Any], list[str]]:
    """Return what a restore changes, as a document and as lines."""
    document: dict[str, Any] = {
        "file": str(backup),
        "holds": report.holds,
        "findings": list(report.findings),
        "rows": report.rows,
        "head_hash": report.head_hash,
    }
    lines = [f"{backup}: {report.rows} ledger rows, {'the chain holds' if report.holds else report.findings[0]}"]
    if isinstance(found, str):
        return document | {"now": found, "changes": None}, [*lines, found]
    lost = {
        "ledger_rows": found.rows_lost,
        "first_seq": found.common_seq + 1 if found.rows_lost else None,
        "last_seq": found.rows_now if found.rows_lost else None,
        "from": None if found.first_lost_ms is None else utc(found.first_lost_ms),
        "to": None if found.last_lost_ms is None else utc(found.last_lost_ms),
        "sessions": found.sessions_lost,
        "orders": found.orders_lost,
        "fills": found.fills_lost,
    }
    balances = [
        {"account": row.account, "asset": row.asset, "now": _text(row.now), "then": _text(row.then)}
        for row in found.balances
    ]
    changes = {"is_older_state": found.is_older_state, "lost": lost, "balances": balances}
    return document | {"now": "", "changes": changes}, [*lines, *_change_lines(found, lost, balances)]


def _change_lines(found: Comparison, lost: dict[str, Any], balances: list[dict[str, str]]) -> list[str]:
    lines = []
    if not found.is_older_state:
        lines.append(f"it is not an earlier moment of this ledger: they part after row {found.common_seq}")
        lines.append(f"would come instead: {found.rows_then - found.common_seq} ledger rows")
    if found.rows_lost:
        lines.append(
            f"would be lost: {lost['ledger_rows']} ledger rows ({lost['first_seq']} to {lost['last_seq']}, "
            f"{lost['from']} to {lost['to']}), {lost['orders']} orders, {lost['fills']} fills, "
            f"{lost['sessions']} sessions"
        )
    else:
        lines.append("no ledger row would be lost")
    lines += [f"{row['account']}: {row['now']} {row['asset']} now, {row['then']} then" for row in balances]
    return lines


def _text(amount: int) -> str:
    return format_trimmed(amount, AMOUNT_DECIMALS)


def _print(options: Options, document: dict[str, Any], lines: list[str]) -> None:
    if options.wants_json:
        options.print_document(document)
    else:
        print("\n".join(lines))

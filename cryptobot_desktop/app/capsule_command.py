"""``cryptobot capsule``: the recordings of a data folder; lists them, copies one to a file."""

import shutil
from pathlib import Path
from typing import Any

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.engine.report import utc
from cryptobot_desktop.storage.capsule import Capsule, CapsuleFolder
from cryptobot_desktop.storage.capsule.blocks import is_closed_file


def execute(options: Options) -> int:
    """Carry out the action."""
    folder = CapsuleFolder(options.folder())
    return _list(options, folder) if options.parsed.action == "list" else _export(options, folder)


def _list(options: Options, folder: CapsuleFolder) -> int:
    rows = [_row(path) for path in folder.capsules()]
    if options.wants_json:
        options.print_document({"capsules": rows, "folder": str(folder.path)})
        return 0
    for row in rows:
        problem = f"  {row['problem']}" if row["problem"] else ""
        print(f"{row['session_id']}  {row['started_at']}  {row['bytes']:>12,} bytes  {row['market']}{problem}")
    if not rows:
        print(f"no capsule yet in {folder.path}; `cryptobot run` records one")
    return 0


def _row(path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"session_id": path.stem, "file": str(path), "bytes": path.stat().st_size}
    try:
        record = Capsule(path).start.record
    except UserActionNeeded as problem:
        return row | {"market": "", "portfolio": "", "started_at": "", "is_closed": False, "problem": str(problem)}
    closed = is_closed_file(path)
    return row | {
        "market": record.market,
        "portfolio": record.portfolio,
        "started_at": utc(record.started_ms),
        "is_closed": closed,
        "problem": "" if closed else "without an end: still running, or killed",
    }


def _export(options: Options, folder: CapsuleFolder) -> int:
    """Copy a capsule after it was read whole, so that nobody is handed a damaged one."""
    source, target = folder.find(options.parsed.session), Path(options.parsed.file)
    capsule = Capsule(source)
    entries = sum(1 for _ in capsule.entries())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        shutil.copyfile(source, partial)
        partial.replace(target)
    except OSError as error:
        raise UserActionNeeded(f"file {target} cannot be written: {error.strerror}; choose another place") from None
    document = {"file": str(target), "bytes": target.stat().st_size, "entries": entries, "is_closed": capsule.is_closed}
    if options.wants_json:
        options.print_document(document)
    else:
        print(f"{entries:,} entries ({document['bytes']:,} bytes) written to {target}")
    return 0

"""``cryptobot doctor``: what is healthy, what must be mended, and proof that no real money can be spent."""

import os
import platform
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct, to_builtins

from cryptobot_desktop import __version__
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.app.profile import AlreadyRunning
from cryptobot_desktop.config.settings_file import load_settings
from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.engine.clocks import WallClock
from cryptobot_desktop.portfolio.audit import audit
from cryptobot_desktop.storage.checks import check_ledger
from cryptobot_desktop.storage.database import FILE_NAME, MODE, ProfileDatabase

LOW_DISK_BYTES = 500 * 1024 * 1024
OLDEST_CLOCK_S = 1_767_225_600
SETTINGS_FILE = "settings.toml"
_SECRET_NAME = re.compile(r"(BINANCE|KUCOIN|EXCHANGE).*(KEY|SECRET|PASSPHRASE)", re.IGNORECASE)


class Finding(Struct, frozen=True):
    """Something that must be mended."""

    code: str
    what: str
    remedy: str


class SafetyItem(Struct, frozen=True):
    """One piece of evidence that real money is out of reach; its weight counts only when it holds now."""

    code: str
    what: str
    weight: int
    holds: bool


def execute(options: Options) -> int:
    """Examine everything; exit status 1 when something must be mended."""
    findings, ledger_holds = _storage(options)
    findings += _environment()
    items = _safety(ledger_holds=ledger_holds)
    document = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "mode": MODE,
        "safety_score": sum(item.weight for item in items if item.holds),
        "vetoes": ["V1: this version has no order code at all; nothing but paper trading is possible"],
        "items": to_builtins(items),
        "findings": to_builtins(findings),
    }
    if options.wants_json:
        options.print_document(document)
    else:
        _print(document, items, findings)
    return 1 if findings else 0


def _storage(options: Options) -> tuple[list[Finding], bool]:
    """Return what is wrong with folder, settings and ledger, and whether the ledger holds."""
    try:
        folder = options.folder()
    except CryptobotError as problem:
        return [Finding("data_folder", str(problem), "choose another folder with --data-dir")], False
    findings = _disk(folder)
    remedy = f"mend {folder / SETTINGS_FILE} or delete it"
    findings += [Finding("settings", text, remedy) for text in _settings_problems(folder)]
    path = folder / FILE_NAME
    if not path.exists():
        return findings, True
    try:
        findings += _ledger(path)
    except (CryptobotError, AlreadyRunning) as problem:
        findings.append(Finding("ledger", str(problem), "restore a backup from the folder 'backups'"))
    return findings, not any(finding.code == "ledger" for finding in findings)


def _settings_problems(folder: Path) -> tuple[str, ...]:
    path = folder / SETTINGS_FILE
    if not path.exists():
        return ()
    # Loading mends a broken file by setting it aside; an examination leaves everything as it was.
    with TemporaryDirectory() as elsewhere:
        copy = Path(elsewhere) / SETTINGS_FILE
        shutil.copyfile(path, copy)
        return tuple(text.replace(str(copy), str(path)) for text in load_settings(copy).problems)


def _ledger(path: Path) -> list[Finding]:
    database = ProfileDatabase(path, read_only=True)
    try:
        report = check_ledger(database, audit)
    finally:
        database.close()
    return [Finding("ledger", text, "stop trading and restore a backup") for text in report.findings]


def _disk(folder: Path) -> list[Finding]:
    free = shutil.disk_usage(folder).free
    if free >= LOW_DISK_BYTES:
        return []
    text = f"{free // 2**20} MiB are free in {folder}, {LOW_DISK_BYTES // 2**20} MiB are needed"
    return [Finding("disk", text, "make space or move the data folder")]


def _environment() -> list[Finding]:
    findings = [
        Finding("secret_in_environment", f"environment variable {name} looks like an exchange secret", f"unset {name}")
        for name in sorted(os.environ)
        if _SECRET_NAME.search(name)
    ]
    clock = WallClock().now_ms() // 1_000
    if clock < OLDEST_CLOCK_S:
        findings.append(Finding("clock", f"the computer's clock says {clock} s since 1970", "set the clock"))
    return findings


def _safety(*, ledger_holds: bool) -> tuple[SafetyItem, ...]:
    has_secret = any(_SECRET_NAME.search(name) for name in os.environ)
    has_gateway = find_spec("cryptobot_desktop.venue_gateway") is not None
    has_order_code = any(name == "ccxt" or name.startswith("ccxt.") for name in sys.modules)
    return (
        SafetyItem(
            "no_gateway", "the program has no package that could send an order to an exchange", 40, not has_gateway
        ),
        SafetyItem("no_order_code", "no library that could send an order is loaded", 30, not has_order_code),
        SafetyItem("no_secrets", "no exchange secret lies in the environment", 15, not has_secret),
        SafetyItem("ledger", "the ledger's chain, sums and reservations hold", 15, ledger_holds),
    )


def _print(document: dict[str, object], items: tuple[SafetyItem, ...], findings: list[Finding]) -> None:
    print(f"cryptobot {document['version']}, Python {document['python']}, {document['system']}")
    print(f"mode {document['mode']}, safety score {document['safety_score']} of 100")
    for item in items:
        print(f"  {'yes' if item.holds else 'NO '}  {item.what}")
    for finding in findings:
        print(f"{finding.code}: {finding.what} - {finding.remedy}")
    if not findings:
        print("nothing must be mended")

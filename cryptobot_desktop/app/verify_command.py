"""``cryptobot verify``: replays a capsule, compares it with everything that was recorded, writes the certificate."""

import time
from pathlib import Path

from cryptobot_desktop.app.capsules import named_capsule
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.backtest.certificate import certificate, write_certificate
from cryptobot_desktop.backtest.ledger_parity import against_ledger
from cryptobot_desktop.backtest.verify import Verdict, verify_capsule
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.engine.report import utc
from cryptobot_desktop.storage.capsule import CapsuleDamaged
from cryptobot_desktop.storage.database import FILE_NAME, ProfileDatabase


def execute(options: Options) -> int:
    """Verify; exit status 1 at the first difference and for a damaged capsule."""
    try:
        path = named_capsule(options).path
    except CapsuleDamaged:
        path = Path(options.parsed.capsule)
    verdict = _verified(options, path)
    document = certificate(verdict, verified_at_ms=time.time_ns() // 1_000_000)
    written = write_certificate(Path(options.parsed.out), document) if options.parsed.out else ()
    if options.wants_json:
        options.print_document(document)
    else:
        print("\n".join([*_lines(verdict), *(f"written: {file}" for file in written)]))
    return 0 if verdict.holds else 1


def _verified(options: Options, path: Path) -> Verdict:
    """Compare with the profile's ledger too, where there is one that holds the session."""
    profile = options.folder() / FILE_NAME
    if not profile.exists():
        if options.parsed.ledger:
            raise InvalidInput(
                f"there is no ledger in {profile.parent}; name the data folder of the session: --data-dir"
            )
        return verify_capsule(path)
    database = ProfileDatabase(profile, read_only=True)
    try:
        return verify_capsule(path, check_ledger=against_ledger(database, is_demanded=options.parsed.ledger))
    finally:
        database.close()


def _lines(verdict: Verdict) -> list[str]:
    lines = [verdict.summary, *verdict.notes]
    if not verdict.damage:
        until = "" if verdict.is_complete else f"; recorded up to {utc(verdict.recorded_until_ms)}"
        lines += [
            f"session {verdict.session_id}{until}",
            f"trades hash {verdict.trades_hash}",
            f"ledger hash {verdict.ledger_hash}",
            f"ledger: {verdict.ledger}",
        ]
    return lines

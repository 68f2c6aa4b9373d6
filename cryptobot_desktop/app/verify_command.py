"""``cryptobot verify``: replays a capsule, compares it with everything that was recorded, writes the certificate."""

import time
from pathlib import Path

from cryptobot_desktop.app.capsules import named_capsule
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.backtest.certificate import certificate, write_certificate
from cryptobot_desktop.backtest.ledger_parity import verify_with_profile
from cryptobot_desktop.backtest.verify import Verdict
from cryptobot_desktop.engine.report import utc
from cryptobot_desktop.storage.capsule import CapsuleDamaged


def execute(options: Options) -> int:
    """Verify; exit status 1 at the first difference and for a damaged capsule."""
    try:
        path = named_capsule(options).path
    except CapsuleDamaged:
        path = Path(options.parsed.capsule)
    verdict = verify_with_profile(path, options.folder(), is_demanded=options.parsed.ledger)
    document = certificate(verdict, verified_at_ms=time.time_ns() // 1_000_000)
    written = write_certificate(Path(options.parsed.out), document) if options.parsed.out else ()
    if options.wants_json:
        options.print_document(document)
    else:
        print("\n".join([*_lines(verdict), *(f"written: {file}" for file in written)]))
    return 0 if verdict.holds else 1


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

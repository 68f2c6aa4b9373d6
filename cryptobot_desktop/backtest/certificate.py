"""The parity certificate: what was recorded, what was compared, and that nothing (or what) differed.

One JSON document for programs and one page for people that stands alone and can be printed.
"""

from pathlib import Path
from typing import Any

import msgspec
import orjson

from cryptobot_desktop import __version__
from cryptobot_desktop.backtest.certificate_page import certificate_page
from cryptobot_desktop.backtest.verify import Verdict
from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.engine.code_identity import code_fingerprint
from cryptobot_desktop.engine.recorder import environment
from cryptobot_desktop.engine.report import utc

FORMAT = 1
_FIGURES = (
    "starting_equity",
    "final_equity",
    "realized_pnl",
    "unrealized_pnl",
    "fees",
    "max_drawdown",
    "market_events",
    "orders",
    "fills",
)


def certificate(verdict: Verdict, *, verified_at_ms: int) -> dict[str, Any]:
    """Return the certificate of a verification as plain types."""
    result = "damaged" if verdict.damage else "different" if verdict.difference is not None else "equal"
    return {
        "certificate": "parity of a recorded session and its replay",
        "format": FORMAT,
        "result": result,
        "summary": verdict.summary,
        "differences": 0 if result == "equal" else 1,
        "first_difference": _difference(verdict),
        "damage": verdict.damage,
        "session": _session(verdict),
        "compared": msgspec.to_builtins(verdict.counts),
        "ledger": verdict.ledger,
        "hashes": {
            "trades_hash": verdict.trades_hash,
            "ledger_hash": verdict.ledger_hash,
            "books_hash": verdict.books_hash,
            "capsule_hash": verdict.capsule_hash,
        },
        "file": {"name": Path(verdict.path).name, "bytes": verdict.size, "blocks": verdict.blocks},
        "code": _code(verdict),
        "figures": {name: verdict.report[name] for name in _FIGURES if name in verdict.report},
        "data_quality": verdict.report.get("data_quality", {}),
        "notes": list(verdict.notes),
        "verified_at": utc(verified_at_ms),
        "check_it_yourself": _advice(verdict),
    }


def write_certificate(folder: Path, document: dict[str, Any]) -> tuple[Path, Path]:
    """Write certificate.json and certificate.html; UserActionNeeded names the folder when it cannot be written."""
    data, page = folder / "certificate.json", folder / "certificate.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        page.write_text(certificate_page(document), encoding="utf-8")
    except OSError as error:
        raise UserActionNeeded(
            f"the certificate cannot be written to {folder}: {error}; choose another --out"
        ) from None
    return data, page


def _session(verdict: Verdict) -> dict[str, Any]:
    start = verdict.start
    if start is None:
        return {"id": verdict.session_id}
    record = start.record
    return {
        "id": record.session_id,
        "mode": record.mode,
        "market": record.market,
        "synthetic": record.synthetic,
        "venue": record.venue,
        "symbols": verdict.report.get("symbols", start.spec.get("symbols", [])),
        "portfolio": record.portfolio,
        "bots": verdict.report.get("bots", []),
        "seed": record.seed,
        "started_at": utc(record.started_ms),
        "recorded_until": utc(verdict.recorded_until_ms),
        "is_complete": verdict.is_complete,
        "settings": start.spec,
    }


def _code(verdict: Verdict) -> dict[str, Any]:
    start = verdict.start
    now = {"version": __version__, "source": code_fingerprint(), **environment()}
    if start is None:
        return {"verified_by": now}
    recorded = {"version": start.record.code_version, "source": start.code, **start.environment}
    return {
        "recorded_by": recorded,
        "verified_by": now,
        "same_source": bool(start.code) and start.code == now["source"],
    }


def _difference(verdict: Verdict) -> dict[str, Any] | None:
    found = verdict.difference
    if found is None:
        return None
    one, other = found.sides
    return {
        "sentence": found.sentence,
        "what": found.what,
        "field": found.field,
        one.replace(" ", "_"): found.recorded,
        other.replace(" ", "_"): found.replayed,
        "at": utc(found.at_ms) if found.at_ms else "",
        "after_input": found.input_number,
    }


def _advice(verdict: Verdict) -> list[str]:
    name = Path(verdict.path).name
    return [
        f"cryptobot verify {name}   (plays it again and compares; exit status 0 when nothing differs)",
        f"cryptobot replay {name} --json   (prints trades_hash and ledger_hash; compare them with those above)",
        f"cryptobot backtest --data {name} --json   (another command, the same trades_hash)",
        "docs/formats.md of the program says how each hash is made, so that a program of your own can check them",
    ]

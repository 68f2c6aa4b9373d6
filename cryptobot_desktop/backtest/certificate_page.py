"""The parity certificate as one page that stands alone: no scripts, no addresses, fit for paper."""

import html
from collections.abc import Iterable
from typing import Any

_STYLE = """
:root{--ink:#1b2430;--soft:#5b6876;--line:#dfe4ea;--ground:#f3f5f8;--seal:#0f7b4f}
.different,.damaged{--seal:#b3261e}
*{box-sizing:border-box}
body{margin:0;padding:32px 16px;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:820px;margin:auto;background:#fff;border:1px solid var(--line);border-radius:14px;padding:44px 52px;
border-top:8px solid var(--seal)}
header{display:flex;gap:28px;align-items:center;margin-bottom:8px}
h1{font-size:27px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:13px;text-transform:uppercase;letter-spacing:.09em;color:var(--soft);margin:32px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}
.verdict{font-size:18px;font-weight:600;color:var(--seal)}
.box{border-left:4px solid var(--seal);background:#fafbfc;padding:12px 16px;margin:14px 0}
.made-up{color:#6d4aff;font-weight:600}
svg{flex:none}
table{border-collapse:collapse;width:100%}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:500;color:var(--soft);width:34%}
td{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.counts{display:grid;grid-template-columns:repeat(4,1fr);gap:10px}
.counts div{border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.counts b{display:block;font-size:21px;font-variant-numeric:tabular-nums}
.counts span{color:var(--soft);font-size:13px}
code{font:13px/1.5 ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
li{margin:4px 0}
footer{margin-top:32px;color:var(--soft);font-size:13px;border-top:1px solid var(--line);padding-top:14px}
@media(max-width:640px){main{padding:26px 20px}.counts{grid-template-columns:repeat(2,1fr)}header{gap:16px}}
@media print{body{background:#fff;padding:0}main{border-width:0;border-top-width:6px;padding:12px 0;max-width:none}
h2{margin-top:20px}tr,.counts,.box,li{break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
_MEANING = (
    "Paper trading: no real money was involved. Equal means that the program, given the same inputs, decides and books "
    "the same to the last digit; it says nothing about profits to come."
)
_TITLES = {
    "equal": "Replay and session are equal",
    "different": "Replay and session differ",
    "damaged": "The recording is damaged",
}
_MARKS = {
    "equal": "M30 50 L44 64 L70 36",
    "different": "M34 34 L66 66 M66 34 L34 66",
    "damaged": "M50 28 L50 56 M50 68 L50 72",
}
_COUNTS = (
    ("inputs", "inputs played"),
    ("orders", "orders"),
    ("fills", "fills"),
    ("decisions", "decisions"),
    ("transfers", "ledger rows replayed"),
    ("stored_transfers", "stored ledger rows"),
    ("stored_fills", "stored fills"),
    ("stored_orders", "stored orders"),
)


def certificate_page(document: dict[str, Any]) -> str:
    """Return the page of a certificate document (see `certificate.certificate`)."""
    result, session = document["result"], document["session"]
    made_up = '<p class="made-up">Synthetic market: these prices are made up.</p>' if session.get("synthetic") else ""
    parts = [
        f'<header>{_seal(result)}<div><p class="soft">Parity certificate, session {_e(session["id"])}</p>'
        f'<h1>{_TITLES[result]}</h1><p class="verdict">{_e(document["summary"])}</p></div></header>',
        made_up,
        _difference(document),
        "".join(f'<p class="box">{_e(note)}</p>' for note in document["notes"]),
        "<h2>What was recorded</h2>" + _table(_session_rows(document)),
        "<h2>What was compared</h2>" + _counts(document["compared"]),
        _table([("differences", document["differences"]), ("ledger of the profile", document["ledger"])]),
        "<h2>Hashes</h2>" + _table(document["hashes"].items(), code=True),
        "<h2>Result of the session</h2>" + _table((_words(k), v) for k, v in document["figures"].items()),
        "<h2>Quality of the data</h2>" + _table(_quality_rows(document["data_quality"])),
        "<h2>Program</h2>" + _table(_code_rows(document["code"])),
        "<h2>Check it yourself</h2><ol>"
        + "".join(f"<li><code>{_e(line)}</code></li>" for line in document["check_it_yourself"])
        + "</ol>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Parity certificate {_e(session['id'])}</title><style>{_STYLE}</style></head>"
        f'<body class="{result}"><main>{"".join(parts)}'
        f"<footer>Verified at {_e(document['verified_at'])}. {_MEANING}</footer></main></body></html>"
    )


def _seal(result: str) -> str:
    return (
        f'<svg width="104" height="104" viewBox="0 0 100 100" role="img" aria-label="{result}">'
        '<circle cx="50" cy="50" r="47" fill="none" stroke="var(--seal)" stroke-width="2" stroke-dasharray="2 3"/>'
        '<circle cx="50" cy="50" r="40" fill="var(--seal)"/>'
        f'<path d="{_MARKS[result]}" fill="none" stroke="#fff" stroke-width="8" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )


def _difference(document: dict[str, Any]) -> str:
    found = document["first_difference"]
    if found is None:
        return f'<p class="box">{_e(document["damage"])}</p>' if document["damage"] else ""
    rows = [(_words(key), value) for key, value in found.items() if key != "sentence" and value not in ("", 0)]
    return f'<div class="box"><b>The first difference</b>{_table(rows)}</div>'


def _session_rows(document: dict[str, Any]) -> list[tuple[str, object]]:
    session, file = document["session"], document["file"]
    bots = [f"{bot['name']} on {bot['symbol']} {bot['timeframe']}" for bot in session.get("bots", [])]
    whole = "the whole session" if session.get("is_complete") else "a part of the session"
    return [
        ("market", session.get("market", "")),
        ("symbols", ", ".join(session.get("symbols", []))),
        ("bots", ", ".join(bots) or "none"),
        ("portfolio", session.get("portfolio", "")),
        ("from", session.get("started_at", "")),
        ("to", session.get("recorded_until", "")),
        ("recorded", whole),
        ("file", f"{file['name']}, {file['bytes']:,} bytes in {file['blocks']:,} blocks"),
    ]


def _counts(compared: dict[str, int]) -> str:
    cells = "".join(f"<div><b>{compared[key]:,}</b><span>{text}</span></div>" for key, text in _COUNTS)
    return f'<div class="counts">{cells}</div>'


def _quality_rows(quality: dict[str, Any]) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [("grade", quality.get("grade", "unknown"))]
    for name, figures in quality.get("instruments", {}).items():
        rows.append((name, ", ".join(f"{_words(key)} {value}" for key, value in figures.items() if value != "")))
    return rows + [("finding", text) for text in quality.get("findings", [])]


def _code_rows(code: dict[str, Any]) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for key in ("recorded_by", "verified_by"):
        if key in code:
            rows.append((_words(key), ", ".join(f"{name} {value}" for name, value in code[key].items() if value)))
    if "same_source" in code:
        rows.append(
            ("same source", "yes" if code["same_source"] else "no: the program has changed since, or is packaged")
        )
    return rows


def _table(rows: Iterable[tuple[str, object]], *, code: bool = False) -> str:
    tag = ("<code>", "</code>") if code else ("", "")
    cells = (f"<tr><th>{_e(name)}</th><td>{tag[0]}{_e(value)}{tag[1]}</td></tr>" for name, value in rows)
    return f"<table>{''.join(cells)}</table>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _e(value: object) -> str:
    return html.escape(str(value))

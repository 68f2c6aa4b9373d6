"""Files of a finished backtest: trades.csv, equity.csv, summary.json, report.html."""

import csv
import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from cryptobot_desktop.backtest.run import BacktestResult
from cryptobot_desktop.domain.errors import UserActionNeeded
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.engine.report import utc

_TRADE_COLUMNS = ("time", "symbol", "side", "price", "quantity", "amount", "fee", "fee_asset", "liquidity", "order")
_WIDTH, _HEIGHT = 860, 240
_STYLE = (
    "body{font:14px system-ui,sans-serif;margin:32px auto;max-width:900px;color:#17202b}"
    "table{border-collapse:collapse}td,th{padding:3px 14px 3px 0;text-align:left;vertical-align:top}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}.note{color:#6d4aff;font-weight:600}"
)


def write_results(folder: Path, result: BacktestResult) -> None:
    """Write all four files; UserActionNeeded names the folder when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_csv(folder / "trades.csv", _TRADE_COLUMNS, _trade_rows(result))
        equity = ((utc(at), format_trimmed(amount, AMOUNT_DECIMALS)) for at, amount in result.equity)
        _write_csv(folder / "equity.csv", ("time", "equity"), equity)
        (folder / "summary.json").write_bytes(orjson.dumps(result.report, option=orjson.OPT_INDENT_2))
        (folder / "report.html").write_text(report_page(result), encoding="utf-8")
    except OSError as error:
        raise UserActionNeeded(f"results cannot be written to {folder}: {error}; choose another --out") from None


def report_page(result: BacktestResult) -> str:
    """Return a page that stands alone: what was tested on which data, the figures, the curve, the trades."""
    report = result.report
    note = '<p class="note">Synthetic market: these prices are made up.</p>' if report["synthetic"] else ""
    plain = {key: value for key, value in report.items() if isinstance(value, str | int | float)}
    figures = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(str(v))}</td></tr>" for k, v in plain.items())
    head = "".join(f"<th>{name}</th>" for name in _TRADE_COLUMNS)
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in _trade_rows(result)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Backtest</title><style>{_STYLE}</style>'
        f"<h1>Backtest: {html.escape(str(report['market']))}</h1>{note}"
        f"<p>Paper trading on past data. Past results say nothing about future ones.</p>{_curve(result.equity)}"
        f"<h2>Figures</h2><table>{figures}</table><h2>Trades</h2><table><tr>{head}</tr>{rows}</table></html>"
    )


def _curve(points: Sequence[tuple[int, int]]) -> str:
    """Return the equity curve as an inline picture; nothing for fewer than two points."""
    if len(points) < 2:
        return ""
    first, last = points[0][0], points[-1][0]
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    across, up = max(1, last - first), max(1, high - low)
    line = " ".join(
        f"{(at - first) * _WIDTH // across},{_HEIGHT - (amount - low) * _HEIGHT // up}" for at, amount in points
    )
    return (
        f'<svg viewBox="-4 -8 {_WIDTH + 8} {_HEIGHT + 16}" width="100%" role="img" aria-label="equity curve">'
        f'<polyline points="{line}" fill="none" stroke="#2563eb" stroke-width="1.5"/></svg>'
        f"<p>{format_trimmed(low, AMOUNT_DECIMALS)} to {format_trimmed(high, AMOUNT_DECIMALS)}</p>"
    )


def _trade_rows(result: BacktestResult) -> list[tuple[str, ...]]:
    known = {instrument.id: instrument for instrument in result.instruments}
    rows: list[tuple[str, ...]] = []
    for fill in result.fills:
        instrument = known[fill.instrument]
        rows.append(
            (
                utc(fill.at_ms),
                instrument.name,
                fill.side.value,
                instrument.price_text(fill.price),
                instrument.qty_text(fill.qty),
                format_trimmed(fill.quote_amount, AMOUNT_DECIMALS),
                format_trimmed(fill.fee, AMOUNT_DECIMALS),
                fill.fee_asset,
                fill.liquidity.value,
                fill.client_id,
            )
        )
    return rows


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)

"""Facts and reports as lines for a terminal."""

from collections.abc import Mapping
from typing import Any

from cryptobot_desktop.backtest.band import Band
from cryptobot_desktop.backtest.fork import Fork
from cryptobot_desktop.domain.facts import (
    DecisionMade,
    EngineFaulted,
    Fact,
    FeedStateChanged,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    RecordingEnded,
)
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.engine.report import utc


def fact_lines(fact: Fact, instruments: Mapping[InstrumentId, Instrument]) -> list[str]:
    """Return what a person should read about a fact; nothing for what is of no interest in a terminal."""
    if isinstance(fact, OrderFilled):
        return _fill_lines(fact, instruments)
    if isinstance(fact, DecisionMade) and fact.outcome != "allowed":
        reasons = "; ".join(text for _, text in fact.reasons)
        return [f"{utc(fact.at_ms)}  {fact.bot}: {fact.outcome} ({fact.intent.side.value}): {reasons}"]
    if isinstance(fact, OrderRejected | OrderCanceled):
        end = "rejected" if isinstance(fact, OrderRejected) else "ended"
        reason = fact.order.reject_reason if isinstance(fact, OrderRejected) else fact.reason
        return [f"{utc(fact.at_ms)}  {end} {fact.order.client_id}: {reason}"]
    if isinstance(fact, FeedStateChanged):
        return [f"{utc(fact.at_ms)}  {fact.instrument} {fact.state.value} {fact.reason}".rstrip()]
    if isinstance(fact, RecordingEnded):
        return [f"{utc(fact.at_ms)}  this session is no longer recorded: {fact.reason}"]
    return [fact.message] if isinstance(fact, EngineFaulted) else []


def _fill_lines(fact: OrderFilled, instruments: Mapping[InstrumentId, Instrument]) -> list[str]:
    lines = []
    for fill in fact.fills:
        known = instruments.get(fill.instrument)
        qty = known.qty_text(fill.qty) if known is not None else str(fill.qty)
        price = known.price_text(fill.price) if known is not None else str(fill.price)
        name = known.name if known is not None else fill.instrument
        fee = f"fee {format_trimmed(fill.fee, AMOUNT_DECIMALS)} {fill.fee_asset} ({fill.liquidity.value})"
        lines.append(f"{utc(fill.at_ms)}  {fill.client_id}  {fill.side.value} {qty} {name} at {price}, {fee}")
    return lines


def report_lines(report: Mapping[str, Any], where: str) -> list[str]:
    """Return the report of a run as a small table."""
    bots = [f"{bot['name']} on {bot['symbol']} {bot['timeframe']}" for bot in report["bots"]]
    rows = [
        ("market", report["market"] + (" (synthetic: these prices are made up)" if report["synthetic"] else "")),
        ("from, to", f"{report['started_at']}, {report['ended_at']}"),
        ("bots", ", ".join(bots) or "none"),
        ("market events", f"{report['market_events']:,}"),
        ("orders, fills", f"{report['orders']}, {report['fills']}"),
        ("portfolio", report["portfolio"]),
        ("equity", f"{report['starting_equity']} -> {report['final_equity']}"),
        ("realised", report["realized_pnl"]),
        ("unrealised", report["unrealized_pnl"]),
        ("fees", report["fees"]),
        ("maximum drawdown", f"{report['max_drawdown']} ({report['max_drawdown_pct']} %)"),
        ("data", report["data_quality"]["grade"]),
        ("trades hash", report["trades_hash"]),
        ("stored in", where),
    ]
    return [f"{name:<17} {value}" for name, value in rows]


_COMPARED = (
    ("orders", "orders"),
    ("fills", "fills"),
    ("fees", "fees"),
    ("realised", "realized_pnl"),
    ("unrealised", "unrealized_pnl"),
    ("equity at the end", "final_equity"),
    ("maximum drawdown", "max_drawdown"),
)


def fork_lines(found: Fork) -> list[str]:
    """Return both branches of a fork side by side."""
    one, other = found.recorded.report, found.changed.report
    width = max(12, *(len(str(one[key])) for _, key in _COMPARED))
    lines = [
        f"session {found.session_id}, changed from {utc(found.fork_ms)} on: {', '.join(found.changes)}",
        *found.notes,
    ]
    lines.append(f"{'':<18} {'recorded':>{width}}  changed")
    lines += [f"{name:<18} {one[key]!s:>{width}}  {other[key]}" for name, key in _COMPARED]
    gain = format_trimmed(found.gain, AMOUNT_DECIMALS)
    lines.append(f"{'difference':<18} {'':>{width}}  {'+' if found.gain > 0 else ''}{gain} {found.recorded.asset}")
    parting = found.first_divergence
    if parting is None:
        return [*lines, "both branches traded the same"]
    return [*lines, f"they part at {utc(parting.at_ms)}: {parting.sentence}"]


def band_lines(band: Band) -> list[str]:
    """Return a profit band as a small table."""
    lines = [f"session {band.session_id}, recorded with the {band.recorded_model.value} fill model", *band.notes]
    lines.append(f"{'':<12} {'equity at the end':>22} {'profit':>18} {'fills':>6}")
    for line in band.lines:
        end, profit = (format_trimmed(amount, AMOUNT_DECIMALS) for amount in (line.final_equity, line.profit))
        lines.append(f"{line.model.value:<12} {end + ' ' + band.asset:>22} {profit:>18} {line.fills:>6}")
    return [*lines, f"the band is {format_trimmed(band.width, AMOUNT_DECIMALS)} {band.asset} wide"]

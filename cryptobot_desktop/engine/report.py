"""The figures of a finished run, as one plain document: what ``run --json`` and ``backtest --json`` print."""

from datetime import UTC, datetime
from typing import Any

from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, format_trimmed
from cryptobot_desktop.engine.assembly import Assembled
from cryptobot_desktop.engine.bots import Bot
from cryptobot_desktop.portfolio.positions import Mark


def money(amount: int, asset: str) -> str:
    """Return a ledger amount with its asset, e.g. ``10412.07 USDT``."""
    return f"{format_trimmed(amount, AMOUNT_DECIMALS)} {asset}"


def utc(at_ms: int) -> str:
    """Return UTC milliseconds as ISO 8601 text."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_report(session: Assembled) -> dict[str, Any]:
    """Return the report of a session; money as decimal strings with their asset, counts as numbers."""
    spec, record, pipeline = session.spec, session.record, session.pipeline
    account = pipeline.accounts.get(spec.portfolio)
    asset = account.record.asset
    valuation = pipeline.accounts.value(spec.portfolio, asset)
    totals = pipeline.totals
    return {
        "session_id": record.session_id,
        "mode": record.mode,
        "venue": record.venue,
        "market": record.market,
        "synthetic": record.synthetic,
        "symbols": [instrument.name for instrument in pipeline.market_instruments().values()],
        "bots": [_bot(bot) for bot in pipeline.bots if bot.record.portfolio == spec.portfolio],
        "portfolio": spec.portfolio,
        "started_at": utc(record.started_ms),
        "ended_at": utc(pipeline.now_ms),
        "market_events": totals.market_events,
        "orders": totals.orders,
        "fills": totals.fills,
        "fees": money(account.book.fees() - session.starting_fees, asset),
        "fees_by_asset": _fees(session),
        "starting_equity": money(session.starting_equity, asset),
        "final_equity": money(valuation.equity, asset),
        "realized_pnl": money(account.book.realised() - session.starting_realized, asset),
        "unrealized_pnl": money(account.book.unrealised(_marks(session, asset)).equity, asset),
        "max_drawdown": money(account.drawdown.amount, asset),
        "max_drawdown_pct": format_trimmed(account.drawdown.ppm * 100, len(str(PPM)) - 1),
        "unpriced": list(valuation.unpriced),
        "ledger_hash": totals.ledger_hash.hexdigest(),
        "trades_hash": totals.trades_hash.hexdigest(),
        "data_quality": _data_quality(session),
    }


def _bot(bot: Bot) -> dict[str, Any]:
    return {
        "name": bot.name,
        "strategy": bot.record.strategy,
        "symbol": bot.instrument.name,
        "timeframe": bot.record.timeframe,
        "params": bot.strategy.param_texts(),
        "status": bot.record.status,
        "orders": bot.orders,
        "fills": bot.fills,
        "last_decision": bot.last_decision,
    }


def _marks(session: Assembled, asset: str) -> dict[str, Mark]:
    accounts = session.pipeline.accounts
    held = accounts.held(session.spec.portfolio)
    return {other: mark for other in held if other != asset and (mark := accounts.mark(other, asset)) is not None}


def _fees(session: Assembled) -> dict[str, str]:
    paid = session.pipeline.accounts.fees_paid(session.spec.portfolio)
    own = {asset: amount - session.fees_before.get(asset, 0) for asset, amount in sorted(paid.items())}
    return {asset: format_trimmed(amount, AMOUNT_DECIMALS) for asset, amount in own.items() if amount}


def _data_quality(session: Assembled) -> dict[str, Any]:
    """Return what is known about the completeness of the data that the run rests on."""
    quality: dict[str, Any] = {}
    for key, instrument in session.pipeline.market_instruments().items():
        sync = session.market.sync(key)
        state = session.market.state(key)
        figures: dict[str, Any] = {"state": state.value, "reason": session.market.reason(key)}
        if sync is not None:
            figures |= {"book_gaps": sync.counters.gaps, "book_resyncs": max(0, sync.counters.snapshots - 1)}
        quality[instrument.name] = figures
    live = all(figures["state"] == FeedState.LIVE.value for figures in quality.values())
    return {"grade": "complete" if live and not _gaps(quality) else "doubtful", "instruments": quality}


def _gaps(quality: dict[str, Any]) -> int:
    return sum(figures.get("book_gaps", 0) for figures in quality.values())

"""The profit band: what a recorded session would have come to under each fill model, read from its capsule once."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cryptobot_desktop.backtest.playback import Playback, inputs, spec_of
from cryptobot_desktop.backtest.replay import notes_on
from cryptobot_desktop.backtest.verify import PROGRESS_EVERY, Progress, Stopped
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.storage.capsule import Capsule

MODELS = (FillModel.OPTIMISTIC, FillModel.EXPECTED, FillModel.PESSIMISTIC)
POINTS = 200
"""Most points of a curve."""


class BandLine(Struct, frozen=True, kw_only=True):
    """The session under one fill model. Amounts are ledger amounts of the portfolio's asset."""

    model: FillModel
    final_equity: int
    profit: int
    orders: int
    fills: int
    trades_hash: str
    equity: tuple[tuple[int, int], ...]
    """(time in UTC ms, equity), oldest first, at most `POINTS`."""


class Band(Struct, frozen=True, kw_only=True):
    """All three lines, kindest model first, and which of them was in force when the session was recorded."""

    session_id: str
    asset: str
    starting_equity: int
    recorded_model: FillModel
    lines: tuple[BandLine, ...]
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Return how far apart the best and the worst end are."""
        ends = [line.final_equity for line in self.lines]
        return max(ends) - min(ends)


def profit_band(path: str | Path, *, progress: Progress = lambda _: True) -> Band:
    """Replay a capsule under the three fill models at once; nothing is stored; may run in any thread or process.

    The recorded inputs are the same for all three: what the user did because of a fill is not undone. InvalidInput
    when the file is no capsule, CapsuleDamaged when a block is not what was written.
    """
    capsule = Capsule(Path(path))
    spec = spec_of(capsule.start)
    playbacks = [Playback(capsule.start, spec=msgspec.structs.replace(spec, fill_model=model)) for model in MODELS]
    for number, entry in enumerate(inputs(capsule.entries())):
        for playback in playbacks:
            playback.take(entry)
        if number % PROGRESS_EVERY == 0 and not progress(capsule.read_bytes / capsule.size):
            raise Stopped(f"the profit band of {capsule.path.name} was stopped before its end")
    first = playbacks[0].session
    if not first.pipeline.accounts.has(spec.portfolio):
        raise InvalidInput(f"capsule {capsule.path.name} ends before its session opened; nothing was traded in it")
    return Band(
        session_id=capsule.start.record.session_id,
        asset=first.pipeline.accounts.get(spec.portfolio).record.asset,
        starting_equity=first.starting_equity,
        recorded_model=spec.fill_model,
        lines=tuple(_line(model, playback) for model, playback in zip(MODELS, playbacks, strict=True)),
        notes=notes_on(capsule),
    )


def _line(model: FillModel, playback: Playback) -> BandLine:
    session = playback.finish()
    pipeline, name = session.pipeline, session.spec.portfolio
    account = pipeline.accounts.get(name)
    equity = pipeline.accounts.value(name, account.record.asset).equity
    return BandLine(
        model=model,
        final_equity=equity,
        profit=equity - session.starting_equity,
        orders=pipeline.totals.orders,
        fills=pipeline.totals.fills,
        trades_hash=pipeline.totals.trades_hash.hexdigest(),
        equity=thinned((*account.curve.points(), (pipeline.now_ms, equity))),
    )


def thinned(points: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return at most `POINTS` of the points, evenly chosen, the first and the last among them."""
    last = len(points) - 1
    if last < POINTS:
        return points
    return tuple(points[number * last // (POINTS - 1)] for number in range(POINTS))


def band_document(band: Band) -> dict[str, Any]:
    """Return a band as plain types: what ``replay --band --json`` prints."""

    def money(amount: int) -> str:
        return f"{format_trimmed(amount, AMOUNT_DECIMALS)} {band.asset}"

    return {
        "session_id": band.session_id,
        "recorded_model": band.recorded_model.value,
        "starting_equity": money(band.starting_equity),
        "width": money(band.width),
        "models": {
            line.model.value: {
                "final_equity": money(line.final_equity),
                "profit": money(line.profit),
                "orders": line.orders,
                "fills": line.fills,
                "trades_hash": line.trades_hash,
                "equity": [list(point) for point in line.equity],
            }
            for line in band.lines
        },
        "notes": list(band.notes),
    }

"""Matching without a book: bars and public trades of files (docs/fill-rules.md, "Candles and trade files")."""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, Side, Trade
from cryptobot_desktop.domain.orders import FeeRates, FillEvidence, FillModel, Liquidity, Order, TimeInForce
from cryptobot_desktop.execution.charges import affordable_qty, order_step
from cryptobot_desktop.execution.lifecycle import Execution
from cryptobot_desktop.execution.matching import Hit
from cryptobot_desktop.execution.resting import RestingOrder, RestingOrders
from cryptobot_desktop.execution.triggers import bar_trigger, followed, is_reached
from cryptobot_desktop.execution.walk import qty_for_quote

_NO_MORE = "immediate or cancel: the rest could not be filled at once"


@dataclass(slots=True)
class Pool:
    """Traded volume that is still to be had; None means unlimited (a bar without volume figures)."""

    left: int | None

    def take(self, wanted: int) -> int:
        """Take at most `wanted` and return what there was."""
        part = wanted if self.left is None else min(wanted, self.left)
        if self.left is not None:
            self.left -= part
        return part

    @property
    def is_empty(self) -> bool:
        """Return True when nothing is left."""
        return self.left is not None and self.left <= 0


class FileScene(Struct, frozen=True, gc=False):
    """What matching without a book works with."""

    orders: RestingOrders
    instrument: Instrument
    rates: FeeRates
    model: FillModel
    now_ms: int
    pool: Pool

    def beyond(self, resting: RestingOrder, price: int) -> bool:
        """Return True when a price serves a resting order: strictly beyond its own, optimistically at it."""
        touch = self.model is FillModel.OPTIMISTIC
        reached = resting.reached_by(price) if touch else resting.passed_by(price)
        return reached and resting.stays and not resting.is_market


def match_trade_file(scene: FileScene, trade: Trade) -> Iterator[Hit]:
    """Market and crossing orders fill at the trade's price, resting ones strictly through theirs; all share its volume.

    Nobody knows the queue, so a trade exactly at a resting price is no evidence (but for the optimistic model).
    """
    orders, pool = scene.orders, scene.pool
    for resting in (*orders.waiting, *orders.buys, *orders.sells):
        if trade.venue_ms < resting.since_ms or not resting.is_open:
            continue
        evidence = FillEvidence(
            kind="trade", trade_id=trade.trade_id, level_price=trade.price, level_qty=pool.left or 0
        )
        shape = Execution(trade.price, 0, Liquidity.TAKER, evidence, scene.now_ms)
        hit = _immediate(scene, resting, shape)
        if hit is None and scene.beyond(resting, trade.price):
            hit = _rest(resting, pool, Execution(resting.price, 0, Liquidity.MAKER, evidence, scene.now_ms))
        if hit is not None:
            yield hit


def match_candle(scene: FileScene, candle: Candle) -> Iterator[Hit]:
    """Match a closed bar in three phases: its open, the adverse way within it, the favourable way within it."""
    yield from _at_open(scene, candle)
    newest = max((resting.number for resting in scene.orders.armed), default=0)
    yield from _adverse(scene, candle, [r for r in scene.orders.armed if candle.open_ms >= r.since_ms])
    yield from _favourable(scene, candle)
    late = [resting for resting in scene.orders.armed if resting.number > newest]
    yield from _adverse(scene, candle, late)


def _eligible(scene: FileScene, candle: Candle) -> list[RestingOrder]:
    orders = scene.orders
    line = (*orders.waiting, *orders.buys, *orders.sells)
    return [resting for resting in line if candle.open_ms >= resting.since_ms]


def _at_open(scene: FileScene, candle: Candle) -> Iterator[Hit]:
    opened, open_ms = candle.open, candle.open_ms
    armed = [resting for resting in scene.orders.armed if candle.open_ms >= resting.since_ms]
    for resting in _eligible(scene, candle):
        if not resting.is_open:
            continue
        evidence = _candle_evidence(candle, opened, scene.pool)
        hit = _immediate(scene, resting, Execution(opened, 0, Liquidity.TAKER, evidence, open_ms))
        if hit is None and resting.passed_by(opened) and scene.beyond(resting, opened):
            hit = _rest(resting, scene.pool, Execution(opened, 0, Liquidity.MAKER, evidence, open_ms))
        if hit is not None:
            yield hit
    for resting in armed:
        if resting.order.request.type.is_trailing:
            resting.order = followed(resting.order, opened)
        trigger = resting.order.trigger_price if resting.is_open else None
        if trigger is not None and is_reached(resting.order.request, trigger, opened):
            yield from _woken(scene, resting, candle, opened, open_ms)


def _adverse(scene: FileScene, candle: Candle, armed: list[RestingOrder]) -> Iterator[Hit]:
    """Stop-losses and trailing stops, before anything that is to our advantage."""
    for resting in armed:
        request = resting.order.request
        if not resting.is_open or request.type.takes_profit:
            continue
        adverse, favourable = (candle.low, candle.high) if request.side is Side.SELL else (candle.high, candle.low)
        trigger = _tripped(scene, resting, adverse)
        if trigger is None and request.type.is_trailing:
            resting.order = followed(resting.order, favourable)
            trigger = _tripped(scene, resting, adverse)
        if trigger is not None:
            yield from _woken(scene, resting, candle, trigger, scene.now_ms)


def _tripped(scene: FileScene, resting: RestingOrder, adverse: int) -> int | None:
    """Return the price at which the bar's adverse extreme has triggered an order, or None."""
    trigger = bar_trigger(resting.order, scene.instrument)
    return trigger if trigger is not None and is_reached(resting.order.request, trigger, adverse) else None


def _favourable(scene: FileScene, candle: Candle) -> Iterator[Hit]:
    for resting in tuple(scene.orders.armed):
        request, trigger = resting.order.request, resting.order.request.stop_price
        best = candle.high if request.side is Side.SELL else candle.low
        takes_part = resting.is_open and request.type.takes_profit and candle.open_ms >= resting.since_ms
        if takes_part and trigger is not None and is_reached(request, trigger, best):
            yield from _woken(scene, resting, candle, trigger, scene.now_ms)
    for resting in _eligible(scene, candle):
        extreme = candle.low if resting.side is Side.BUY else candle.high
        if resting.is_open and scene.beyond(resting, extreme):
            evidence = _candle_evidence(candle, extreme, scene.pool)
            hit = _rest(resting, scene.pool, Execution(resting.price, 0, Liquidity.MAKER, evidence, scene.now_ms))
            if hit is not None:
                yield hit


def _woken(scene: FileScene, resting: RestingOrder, candle: Candle, price: int, at_ms: int) -> Iterator[Hit]:
    """Wake an armed order at a price of the bar: a market order fills there, a limit order when it is at its limit."""
    yield Hit(resting, wakes_at=price)
    if not resting.is_open:
        return
    resting.takes = not resting.is_market
    shape = Execution(price, 0, Liquidity.TAKER, _candle_evidence(candle, price, scene.pool), at_ms)
    hit = _immediate(scene, resting, shape)
    if not resting.is_market:
        resting.since_ms = scene.now_ms  # nobody knows what the bar did after that
    if hit is not None:
        yield hit


def _rest(resting: RestingOrder, pool: Pool, shape: Execution) -> Hit | None:
    """Fill a resting order out of the pool."""
    qty = pool.take(resting.order.remaining_qty)
    return Hit(resting, (sized(shape, qty),)) if qty > 0 else None


def _immediate(scene: FileScene, resting: RestingOrder, shape: Execution) -> Hit | None:
    """Fill an order that takes at the next price; None when it does not take (any more)."""
    pool = scene.pool
    if resting.is_market:
        return _waiting_market(scene, resting, shape)
    if not resting.takes:
        return None
    resting.takes = False
    remaining = resting.order.remaining_qty
    reached = resting.reached_by(shape.price)
    whole = resting.order.request.time_in_force is TimeInForce.FOK
    if not reached or (whole and pool.left is not None and pool.left < remaining):
        return None if resting.stays else Hit(resting, ends="it could not be filled at once")
    qty = pool.take(remaining)
    ends = "" if resting.stays or qty == remaining else _NO_MORE
    if qty == 0:
        return Hit(resting, ends=ends) if ends else None
    return Hit(resting, (sized(shape, qty),), ends=ends)


def _waiting_market(scene: FileScene, resting: RestingOrder, shape: Execution) -> Hit | None:
    """Fill a waiting market order as far as the volume and what is held for it go."""
    pool = scene.pool
    if pool.is_empty:
        return None
    wanted = affordable(resting.order, scene.instrument, scene.rates, shape.price)
    request = resting.order.request
    short = request.qty is not None and wanted < resting.order.remaining_qty
    if wanted == 0:
        return Hit(resting, ends="what is left of the amount does not reach for one more step at this price")
    qty = pool.take(wanted)
    ends = "the price moved away and the amount held for the order is used up" if short and qty == wanted else ""
    return Hit(resting, (sized(shape, qty),), complete=qty == wanted and not short, ends=ends)


def affordable(order: Order, instrument: Instrument, rates: FeeRates, price: int) -> int:
    """Return what a market order can still take at a price with what it holds, at most what it wants."""
    step, request = order_step(instrument), order.request
    if request.qty is not None:
        wanted = order.remaining_qty
    else:
        wanted = qty_for_quote(instrument, price, (request.quote_amount or 0) - order.filled_quote, step)
    if request.side is Side.BUY:
        return min(wanted, affordable_qty(instrument, price, order.reserved, step, rates.taker_ppm))
    return min(wanted, instrument.qty_from_amount(order.reserved))


def sized(shape: Execution, qty: int) -> Execution:
    """Return an execution with its quantity."""
    return Execution(shape.price, qty, shape.liquidity, shape.evidence, shape.at_ms)


def _candle_evidence(candle: Candle, price: int, pool: Pool) -> FillEvidence:
    return FillEvidence(
        kind="candle",
        level_price=price,
        level_qty=pool.left,
        note=f"{candle.timeframe.value} bar that opened at {candle.open_ms}",
    )

"""Which open orders a market event fills, and how much of them. Evidence only; when in doubt, no fill.

With a book: a resting order fills on public trades of the other side at its price, after everything
that was displayed there before it, or through its price; and on displayed levels of the other side that
have come to its price, at its own price. Without a book: see `match_trade_file` and `match_candle`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, CandleSource, MarketEvent, Side, Trade
from cryptobot_desktop.domain.market_view import BookView
from cryptobot_desktop.domain.orders import FeeRates, FillEvidence, Liquidity, TimeInForce
from cryptobot_desktop.execution.charges import affordable_qty, order_step
from cryptobot_desktop.execution.lifecycle import Execution
from cryptobot_desktop.execution.liquidity import LiquidityLedger
from cryptobot_desktop.execution.resting import RestingOrder, RestingOrders
from cryptobot_desktop.execution.walk import Take, qty_for_quote

LATE_MESSAGE_MS = 10_000
"""A trade up to this much older than the order was on its way when the order arrived. Older ones come from a
recording, whose clock is another one; there the order of the messages decides alone."""


@dataclass(slots=True, frozen=True)
class Hit:
    """What an event does to one open order: it is filled by `executions`, then perhaps `ends` (the reason)."""

    resting: RestingOrder
    executions: tuple[Execution, ...] = ()
    complete: bool = False
    ends: str = ""


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


def book_execution(take: Take, price: int, liquidity: Liquidity, update_id: int | None, at_ms: int) -> Execution:
    """Return an execution whose evidence is a displayed level; `price` is what we get, not always the level's."""
    note = "" if price == take.price else "the other side came to the resting price; filled at the order's own price"
    evidence = FillEvidence(kind="book", update_id=update_id, level_price=take.price, level_qty=take.free, note=note)
    return Execution(price, take.qty, liquidity, evidence, at_ms)


def match_trade(orders: RestingOrders, trade: Trade, now_ms: int) -> Iterator[Hit]:
    """Fill resting orders that this trade's taker would have met, in price-time order, sharing its volume."""
    left = trade.qty
    for resting in tuple(orders.side(trade.aggressor.opposite)):
        if not resting.reached_by(trade.price):
            return
        if resting.ahead is None or 0 < resting.since_ms - trade.venue_ms <= LATE_MESSAGE_MS:
            continue
        if resting.passed_by(trade.price):
            resting.ahead = 0  # also where nothing is left for this order: the queue before it is gone
        eaten = min(resting.ahead, left)
        resting.ahead -= eaten
        qty = min(resting.order.remaining_qty, left - eaten)
        if qty > 0:
            left -= qty
            evidence = _trade_evidence(trade, left + qty)
            yield Hit(resting, (Execution(resting.price, qty, Liquidity.MAKER, evidence, now_ms),))


def match_book(
    orders: RestingOrders, instrument: Instrument, book: BookView, liquidity: LiquidityLedger, now_ms: int
) -> Iterator[Hit]:
    """Fill resting orders whose price the displayed other side has reached, at their own price."""
    for side, best in ((Side.BUY, book.best_ask()), (Side.SELL, book.best_bid())):
        for resting in tuple(orders.side(side)):
            if best is None or not resting.reached_by(best[0]):
                break
            executions: list[Execution] = []
            left = resting.order.remaining_qty
            for price, displayed, free in liquidity.offers(instrument.id, book, side.opposite, resting.price):
                take = Take(price, min(left, free), displayed, free)
                executions.append(book_execution(take, resting.price, Liquidity.MAKER, book.update_id, now_ms))
                liquidity.take(instrument.id, side.opposite, (price, displayed), take.qty)
                left -= take.qty
                if left <= 0:
                    break
            if executions:
                yield Hit(resting, tuple(executions))


def match_file_event(
    orders: RestingOrders, instrument: Instrument, event: MarketEvent, rates: FeeRates, now_ms: int
) -> Iterator[Hit]:
    """Match an event of a source without a book (candle and trade files)."""
    if isinstance(event, Trade) and orders.first_sight(event.trade_id):
        yield from match_trade_file(orders, instrument, event, rates, now_ms)
    elif isinstance(event, Candle) and event.closed is not False and event.source is not CandleSource.BUILT:
        # A built bar repeats trades that were evidence already.
        yield from match_candle(orders, instrument, event, rates, now_ms)


def match_trade_file(
    orders: RestingOrders, instrument: Instrument, trade: Trade, rates: FeeRates, now_ms: int
) -> Iterator[Hit]:
    """Without a book: market and crossing orders fill at the trade's price, resting ones strictly through theirs.

    Nobody knows the queue, so a trade exactly at a resting price is no evidence. All share the trade's volume.
    """
    pool = Pool(trade.qty)
    for resting in (*orders.waiting, *orders.buys, *orders.sells):
        if trade.venue_ms < resting.since_ms:
            continue
        evidence = _trade_evidence(trade, pool.left or 0)
        hit = _immediate(resting, instrument, rates, pool, Execution(trade.price, 0, Liquidity.TAKER, evidence, now_ms))
        if hit is None and resting.stays and not resting.is_market and resting.passed_by(trade.price):
            hit = _rest(resting, pool, Execution(resting.price, 0, Liquidity.MAKER, evidence, now_ms))
        if hit is not None:
            yield hit


def match_candle(
    orders: RestingOrders, instrument: Instrument, candle: Candle, rates: FeeRates, now_ms: int
) -> Iterator[Hit]:
    """Without a book: fill on a bar that opened after the order arrived.

    At the open: market orders and orders that crossed on arrival (taker), and resting orders over which
    the market gapped (maker, at the open). Within the bar: resting orders whose price the bar passed
    strictly, at their own price. All share the bar's volume; volume 0 means unknown.
    """
    pool = Pool(candle.volume or None)
    eligible = [r for r in (*orders.waiting, *orders.buys, *orders.sells) if candle.open_ms >= r.since_ms]
    open_ms = candle.open_ms
    for resting in eligible:
        evidence = _candle_evidence(candle, candle.open, pool)
        hit = _immediate(
            resting, instrument, rates, pool, Execution(candle.open, 0, Liquidity.TAKER, evidence, open_ms)
        )
        if hit is None and _rests_beyond(resting, candle.open):
            hit = _rest(resting, pool, Execution(candle.open, 0, Liquidity.MAKER, evidence, open_ms))
        if hit is not None:
            yield hit
    for resting in eligible:
        extreme = candle.low if resting.side is Side.BUY else candle.high
        if resting.order.status.is_open and _rests_beyond(resting, extreme):
            evidence = _candle_evidence(candle, extreme, pool)
            hit = _rest(resting, pool, Execution(resting.price, 0, Liquidity.MAKER, evidence, now_ms))
            if hit is not None:
                yield hit


def _rests_beyond(resting: RestingOrder, price: int) -> bool:
    return resting.stays and not resting.is_market and resting.passed_by(price)


def _rest(resting: RestingOrder, pool: Pool, shape: Execution) -> Hit | None:
    """Fill a resting order out of the pool."""
    qty = pool.take(resting.order.remaining_qty)
    return Hit(resting, (_sized(shape, qty),)) if qty > 0 else None


def _immediate(
    resting: RestingOrder, instrument: Instrument, rates: FeeRates, pool: Pool, shape: Execution
) -> Hit | None:
    """Fill an order that takes at the next price; None when it does not take (any more)."""
    if resting.is_market:
        return _waiting_market(resting, instrument, rates, pool, shape)
    if not resting.takes:
        return None
    resting.takes = False
    remaining = resting.order.remaining_qty
    reached = resting.reached_by(shape.price)
    whole = resting.order.request.time_in_force is TimeInForce.FOK
    if not reached or (whole and pool.left is not None and pool.left < remaining):
        return None if resting.stays else Hit(resting, ends="it could not be filled at once")
    qty = pool.take(remaining)
    ends = "" if resting.stays or qty == remaining else "immediate or cancel: the rest could not be filled at once"
    if qty == 0:
        return Hit(resting, ends=ends) if ends else None
    return Hit(resting, (_sized(shape, qty),), ends=ends)


def _waiting_market(
    resting: RestingOrder, instrument: Instrument, rates: FeeRates, pool: Pool, shape: Execution
) -> Hit | None:
    """Fill a waiting market order as far as the volume and what is held for it go."""
    if pool.is_empty:
        return None
    wanted = _wanted(resting, instrument, rates, shape.price)
    request = resting.order.request
    short = request.qty is not None and wanted < resting.order.remaining_qty
    if wanted == 0:
        return Hit(resting, ends="what is left of the amount does not reach for one more step at this price")
    qty = pool.take(wanted)
    ends = "the price moved away and the amount held for the order is used up" if short and qty == wanted else ""
    return Hit(resting, (_sized(shape, qty),), complete=qty == wanted and not short, ends=ends)


def _wanted(resting: RestingOrder, instrument: Instrument, rates: FeeRates, price: int) -> int:
    order, step = resting.order, order_step(instrument)
    request = order.request
    if request.qty is not None:
        wanted = order.remaining_qty
    else:
        wanted = qty_for_quote(instrument, price, (request.quote_amount or 0) - order.filled_quote, step)
    if request.side is Side.BUY:
        return min(wanted, affordable_qty(instrument, price, order.reserved, step, rates.taker_ppm))
    return min(wanted, instrument.qty_from_amount(order.reserved))


def _sized(shape: Execution, qty: int) -> Execution:
    return Execution(shape.price, qty, shape.liquidity, shape.evidence, shape.at_ms)


def _trade_evidence(trade: Trade, left: int) -> FillEvidence:
    return FillEvidence(kind="trade", trade_id=trade.trade_id, level_price=trade.price, level_qty=left)


def _candle_evidence(candle: Candle, price: int, pool: Pool) -> FillEvidence:
    return FillEvidence(
        kind="candle",
        level_price=price,
        level_qty=pool.left,
        note=f"{candle.timeframe.value} bar that opened at {candle.open_ms}",
    )

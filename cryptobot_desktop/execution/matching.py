"""Which resting orders a public trade or a book fills, and how much of them. Evidence only; when in doubt, no fill.

Sources without a book (candle and trade files) are in `file_matching.py`.
"""

from collections.abc import Iterator

from msgspec import Struct

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import Side, Trade
from cryptobot_desktop.domain.market_view import BookView
from cryptobot_desktop.domain.orders import FillEvidence, FillModel, Liquidity
from cryptobot_desktop.execution.lifecycle import Execution
from cryptobot_desktop.execution.liquidity import LiquidityLedger
from cryptobot_desktop.execution.resting import RestingOrder, RestingOrders
from cryptobot_desktop.execution.walk import Take

LATE_MESSAGE_MS = 10_000
"""A trade up to this much older than the order was on its way when the order arrived. Older ones come from a
recording, whose clock is another one; there the order of the messages decides alone."""


class Hit(Struct, frozen=True, gc=False):
    """What an event does to one order: perhaps wakes it, fills it by `executions`, then perhaps `ends` it (why)."""

    resting: RestingOrder
    executions: tuple[Execution, ...] = ()
    complete: bool = False
    ends: str = ""
    wakes_at: int | None = None
    """The price that triggered an armed order of a source without a book."""


def is_late(resting: RestingOrder, trade: Trade) -> bool:
    """Return True for a trade that happened before the order arrived."""
    return 0 < resting.since_ms - trade.venue_ms <= LATE_MESSAGE_MS


def book_execution(take: Take, price: int, liquidity: Liquidity, update_id: int | None, at_ms: int) -> Execution:
    """Return an execution whose evidence is a displayed level; `price` is what we get, not always the level's."""
    note = "" if price == take.price else "the other side came to the resting price; filled at the order's own price"
    evidence = FillEvidence(kind="book", update_id=update_id, level_price=take.price, level_qty=take.free, note=note)
    return Execution(price, take.qty, liquidity, evidence, at_ms)


def match_trade(orders: RestingOrders, trade: Trade, model: FillModel, now_ms: int) -> Iterator[Hit]:
    """Fill resting orders that this trade's taker would have met, in price-time order, sharing its volume."""
    left = trade.qty
    for resting in tuple(orders.side(trade.aggressor.opposite)):
        if not resting.reached_by(trade.price):
            return
        if resting.queue is None or not resting.is_open or is_late(resting, trade):
            continue
        # Also where nothing is left for this order: the queue before it may be gone.
        shares = resting.queue.trade(model, left, through=resting.passed_by(trade.price), whole=trade.qty)
        if resting.others is not None:
            for other, share in shares.items():
                resting.others.take(other, resting.price, share)
        qty = min(resting.part, shares[model])
        if qty > 0:
            evidence = FillEvidence(kind="trade", trade_id=trade.trade_id, level_price=trade.price, level_qty=left)
            left -= qty
            yield Hit(resting, (Execution(resting.price, qty, Liquidity.MAKER, evidence, now_ms),))


def match_book(
    orders: RestingOrders, instrument: InstrumentId, book: BookView, liquidity: LiquidityLedger, now_ms: int
) -> Iterator[Hit]:
    """Fill resting orders whose price the displayed other side has reached, at their own price."""
    for side, best in ((Side.BUY, book.best_ask()), (Side.SELL, book.best_bid())):
        line = orders.side(side)
        if best is None or not line or not line[0].reached_by(best[0]):
            continue
        for resting in tuple(line):
            if not resting.reached_by(best[0]):
                break
            if not resting.is_open:
                continue
            executions: list[Execution] = []
            left = resting.order.remaining_qty
            for price, displayed, free in liquidity.offers(instrument, book, side.opposite, resting.price):
                take = Take(price, min(left, free), displayed, free)
                executions.append(book_execution(take, resting.price, Liquidity.MAKER, book.update_id, now_ms))
                liquidity.take(instrument, side.opposite, (price, displayed), take.qty)
                left -= take.qty
                if left <= 0:
                    break
            if executions:
                if resting.others is not None:
                    resting.others.take_all(resting.price, resting.order.remaining_qty - left)
                yield Hit(resting, tuple(executions))

"""What happens to an order in the moment it arrives; the same plan serves `submit` and `preview`."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import FeedState, Side
from cryptobot_desktop.domain.market_view import BookView, MarketView
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import FeeRates, OrderRequest, OrderType, TimeInForce
from cryptobot_desktop.execution.charges import (
    PENDING_MARGIN_PPM,
    base_up,
    cost_of_buy,
    funds_reserve,
    limit_reserve,
    order_step,
)
from cryptobot_desktop.execution.depth import usable_book
from cryptobot_desktop.execution.filters import Checked, check_filters
from cryptobot_desktop.execution.liquidity import LiquidityLedger
from cryptobot_desktop.execution.rejections import Rejection, Rule
from cryptobot_desktop.execution.walk import Walk, qty_for_quote, walk_quantity, walk_quote


class Plan(Struct, frozen=True, kw_only=True):
    """An order that passes all checks except the balance, and what it does on arrival."""

    walk: Walk = Walk()
    """What it takes from the book at once."""
    reserved: int
    """What it must hold at least, in the paying asset."""
    margin: int = 0
    """What it holds beyond that if it can be had, for a price that is not yet known."""
    ends: str = ""
    """Why the rest does not stay; empty when it rests or waits."""
    update_id: int | None = None
    ahead: int | None = None
    arrived: bool = True
    takes: bool = False


def plan_arrival(checked: Checked, market: MarketView, liquidity: LiquidityLedger, rates: FeeRates) -> Plan | Rejection:
    """Return the plan for an order, or the venue's refusal."""
    refusal = check_filters(checked)
    if refusal is not None:
        return refusal
    instrument = checked.request.instrument
    if market.book(instrument) is None:
        return _plan_without_book(checked, market, rates)
    book, problem = usable_book(market, instrument)
    if book is None:
        return _plan_unsynced(checked, problem, rates)
    if checked.request.type is OrderType.MARKET:
        return _plan_market(checked, book, liquidity, rates)
    return _plan_limit(checked, book, liquidity, rates)


def _plan_market(checked: Checked, book: BookView, liquidity: LiquidityLedger, rates: FeeRates) -> Plan | Rejection:
    request, instrument = checked.request, checked.instrument
    if (book.best_ask() if request.side is Side.BUY else book.best_bid()) is None:
        return checked.refuse(Rule.NO_DEPTH, f"nobody offers to {request.side.opposite.value}")
    walk = walk_market(request, instrument, book, liquidity)
    if request.side is Side.BUY:
        reserved = sum(cost_of_buy(instrument, take.price, take.qty, rates.taker_ppm) for take in walk.takes)
    else:
        reserved = base_up(instrument, walk.qty if request.qty is None else request.qty)
    ends = "" if walk.complete and walk.takes else "the order book had no more to offer"
    return Plan(walk=walk, reserved=reserved, ends=ends, update_id=book.update_id)


def walk_market(request: OrderRequest, instrument: Instrument, book: BookView, liquidity: LiquidityLedger) -> Walk:
    """Walk the opposite side of the book for a market order by quantity or by quote amount."""
    offers = liquidity.offers(request.instrument, book, request.side.opposite, None)
    if request.qty is not None:
        return walk_quantity(offers, request.qty)
    return walk_quote(offers, request.quote_amount or 0, instrument, request.side, order_step(instrument))


def _plan_limit(checked: Checked, book: BookView, liquidity: LiquidityLedger, rates: FeeRates) -> Plan | Rejection:
    request = checked.request
    price, qty = request.price or 0, request.qty or 0
    walk = walk_limit(request, book, liquidity, qty)
    if request.type is OrderType.LIMIT_MAKER and crosses(request, book):
        return checked.refuse(Rule.POST_ONLY, f"price {checked.instrument.price_text(price)} meets the book")
    ends = ""
    if request.time_in_force is TimeInForce.FOK and not walk.complete:
        text = checked.instrument.qty_text
        walk, ends = Walk(), f"fill or kill: only {text(walk.qty)} of {text(qty)} could be filled at once"
    elif request.time_in_force is TimeInForce.IOC:
        ends = "immediate or cancel: the rest could not be filled at once"
    return Plan(
        walk=walk,
        reserved=limit_reserve(checked.instrument, request.side, price, qty, rates),
        ends=ends,
        update_id=book.update_id,
        ahead=book.qty_at(request.side, price),
    )


def walk_limit(request: OrderRequest, book: BookView, liquidity: LiquidityLedger, qty: int) -> Walk:
    """Walk the opposite side up to the limit price."""
    return walk_quantity(liquidity.offers(request.instrument, book, request.side.opposite, request.price), qty)


def crosses(request: OrderRequest, book: BookView) -> bool:
    """Return True when a limit order meets the displayed opposite side, whoever has consumed it meanwhile."""
    best = book.best_ask() if request.side is Side.BUY else book.best_bid()
    if best is None or request.price is None:
        return False
    return best[0] <= request.price if request.side is Side.BUY else best[0] >= request.price


def _plan_unsynced(checked: Checked, problem: str, rates: FeeRates) -> Plan | Rejection:
    """Nothing fills on a book that is not live: an order that wants to fill now is refused, a limit order waits."""
    request = checked.request
    if request.type is OrderType.MARKET or request.time_in_force is not TimeInForce.GTC:
        return checked.refuse(Rule.NO_DEPTH, problem)
    reserved = limit_reserve(checked.instrument, request.side, request.price or 0, request.qty or 0, rates)
    return Plan(reserved=reserved, arrived=False)


def _plan_without_book(checked: Checked, market: MarketView, rates: FeeRates) -> Plan | Rejection:
    """Candle and trade files: the next bar or trade decides."""
    request, instrument = checked.request, checked.instrument
    state = market.state(request.instrument)
    if request.type is OrderType.MARKET:
        if state is not FeedState.LIVE:
            return checked.refuse(Rule.NO_DEPTH, f"the feed of {request.instrument} is {state.value}")
        if not checked.reference_price:
            return checked.refuse(Rule.NO_DEPTH, f"{request.instrument} has no price yet")
        return _plan_waiting(request, instrument, checked.reference_price, rates)
    price, last = request.price or 0, market.last_price(request.instrument)
    beyond = bool(last) and last is not None and (price > last if request.side is Side.BUY else price < last)
    if beyond and request.type is OrderType.LIMIT_MAKER:
        return checked.refuse(Rule.POST_ONLY, f"price {instrument.price_text(price)} is beyond the last price")
    takes = beyond or request.time_in_force is not TimeInForce.GTC
    return Plan(reserved=limit_reserve(instrument, request.side, price, request.qty or 0, rates), takes=takes)


def _plan_waiting(request: OrderRequest, instrument: Instrument, price: int, rates: FeeRates) -> Plan:
    """Hold the cost at the last price and, where it is to be had, a margin for the move until the fill."""
    if request.side is Side.BUY and request.quote_amount is not None:
        return Plan(reserved=funds_reserve(instrument, request.quote_amount, rates))
    if request.side is Side.SELL and request.qty is not None:
        return Plan(reserved=base_up(instrument, request.qty))
    if request.side is Side.BUY:
        reserved = cost_of_buy(instrument, price, request.qty or 0, rates.taker_ppm)
    else:
        reserved = base_up(
            instrument, qty_for_quote(instrument, price, request.quote_amount or 0, order_step(instrument))
        )
    return Plan(reserved=reserved, margin=div_up(reserved * PENDING_MARGIN_PPM, PPM))

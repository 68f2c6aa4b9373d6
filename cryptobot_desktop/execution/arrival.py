"""What happens to an order in the moment it arrives; the same plan serves sending, arriving, waking and previewing."""

from collections.abc import Sequence

from msgspec import Struct

from cryptobot_desktop.domain.market import FeedState, Side
from cryptobot_desktop.domain.market_view import BookView, MarketView
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import FeeRates, OrderRequest, OrderType, TimeInForce
from cryptobot_desktop.execution.charges import (
    PENDING_MARGIN_PPM,
    affordable_qty,
    base_up,
    cost_of_buy,
    funds_reserve,
    limit_reserve,
    order_step,
)
from cryptobot_desktop.execution.crossing import NOTHING_CROSSED, Crossing, cross
from cryptobot_desktop.execution.depth import usable_book
from cryptobot_desktop.execution.filters import Checked, check_filters
from cryptobot_desktop.execution.liquidity import LiquidityLedger
from cryptobot_desktop.execution.parameters import holds_while_armed, own_rule
from cryptobot_desktop.execution.rejections import Rejection, Rule
from cryptobot_desktop.execution.resting import RestingOrder
from cryptobot_desktop.execution.triggers import is_reached, trigger_from
from cryptobot_desktop.execution.walk import QuantityWish, QuoteWish, Take, Walk, Wish, qty_for_quote

TOO_DEAR = "the price moved away and what can be paid is used up"


class Plan(Struct, frozen=True, gc=False, kw_only=True):
    """An order that passes all checks except the balance, and what it does on arrival."""

    crossing: Crossing = NOTHING_CROSSED
    """What it takes from the book at once, and which own orders it meets."""
    reserved: int
    """What it must hold at least, in the paying asset."""
    margin: int = 0
    """What it holds beyond that if it can be had, for a price that is not yet known."""
    ends: str = ""
    """Why the rest does not stay; empty when it rests or waits."""
    update_id: int | None = None
    displayed: int | None = None
    """What a live book shows at its price; None when there is none."""
    arrived: bool = True
    takes: bool = False


class Scene(Struct, frozen=True, gc=False):
    """What an arriving order meets: the market, what we took from it, own orders on the other side, the rates."""

    market: MarketView
    liquidity: LiquidityLedger
    own: Sequence[RestingOrder]
    rates: FeeRates


def plan_sending(
    checked: Checked, scene: Scene, *, travels: bool = False, budget: int | None = None
) -> Plan | Rejection:
    """Return what an order does when it is sent or arrives, or the venue's refusal.

    One that `travels` is judged against the book only when it arrives. `budget` as in `plan_now`.
    """
    refusal = check_filters(checked)
    if refusal is not None:
        return refusal
    if checked.request.type.is_conditional:
        return _plan_armed(checked, scene.rates)
    if travels:
        return _plan_travelling(checked, scene)
    return plan_now(checked, checked.request.type, scene, budget)


def plan_now(checked: Checked, kind: OrderType, scene: Scene, budget: int | None = None) -> Plan | Rejection:
    """Return what an order of `kind` (what it is now) does in this moment, or the venue's refusal.

    A market buy takes no more than `budget` (a ledger amount of the paying asset) pays for.
    """
    instrument = checked.request.instrument
    if scene.market.book(instrument) is None:
        return _plan_without_book(checked, kind, scene)
    book, problem = usable_book(scene.market, instrument)
    if book is None:
        return _plan_unsynced(checked, kind, problem, scene.rates)
    if kind is OrderType.MARKET:
        return _plan_market(checked, book, scene, budget)
    return _plan_limit(checked, kind, book, scene)


def _plan_armed(checked: Checked, rates: FeeRates) -> Plan | Rejection:
    """Stops and take-profits sleep; what they hold while they do is the venue's rule."""
    request, instrument, reference = checked.request, checked.instrument, checked.reference_price
    trailing = request.type.is_trailing
    pays_later = not holds_while_armed(instrument)
    if not trailing and not pays_later and reference and is_reached(request, request.stop_price or 0, reference):
        text = f"stop price {checked.price_text(request.stop_price or 0)}, last price {checked.price_text(reference)}"
        return checked.refuse(Rule.TRIGGERED, text)
    if trailing and not reference:
        return checked.refuse(Rule.NO_DEPTH, "there is no price yet")
    if pays_later:
        return Plan(reserved=0)
    if request.type.has_limit or request.side is Side.SELL:
        return Plan(reserved=limit_reserve(instrument, request.side, request.price or 0, request.qty or 0, rates))
    price = request.stop_price or 0
    if trailing:
        price = trigger_from(request, request.stop_price or reference or 0)
    return Plan(reserved=cost_of_buy(instrument, price, request.qty or 0, rates.taker_ppm))


def _plan_travelling(checked: Checked, scene: Scene) -> Plan | Rejection:
    request, instrument = checked.request, checked.instrument
    if request.type is not OrderType.MARKET:
        return Plan(reserved=limit_reserve(instrument, request.side, request.price or 0, request.qty or 0, scene.rates))
    answer = plan_now(checked, OrderType.MARKET, scene)
    if isinstance(answer, Rejection) or not _walks_it_all(answer.crossing, checked):
        if not checked.reference_price:
            return checked.refuse(Rule.NO_DEPTH, "there is no price yet")
        return _plan_waiting(checked, checked.reference_price, scene.rates)
    unknown = request.side is Side.BUY or request.quote_amount is not None
    margin = div_up(answer.reserved * PENDING_MARGIN_PPM, PPM) if unknown else 0
    return Plan(reserved=answer.reserved, margin=margin)


def _walks_it_all(crossing: Crossing, checked: Checked) -> bool:
    """Return True when the present book gives all that is wanted; own orders in the way may be gone on arrival."""
    return crossing.complete and (checked.request.qty is None or crossing.walk.qty >= checked.wanted_qty)


def _plan_market(checked: Checked, book: BookView, scene: Scene, budget: int | None) -> Plan | Rejection:
    request = checked.request
    if (book.best_ask() if request.side is Side.BUY else book.best_bid()) is None:
        return checked.refuse(Rule.NO_DEPTH, f"nobody offers to {request.side.opposite.value}")
    crossing = _cross(checked, book, scene, limit=None)
    walk = crossing.walk
    ends = crossing.stopped or ("" if walk.complete and walk.takes else "the order book had no more to offer")
    reserved = _cost(checked, walk, scene.rates)
    if budget is not None and reserved > budget:
        crossing = crossing.only(_affordable(checked, walk, scene.rates, budget))
        reserved, ends = _cost(checked, crossing.walk, scene.rates), TOO_DEAR
    return Plan(crossing=crossing, reserved=reserved, ends=ends, update_id=book.update_id)


def _cost(checked: Checked, walk: Walk, rates: FeeRates) -> int:
    request, instrument = checked.request, checked.instrument
    if request.side is Side.BUY:
        return sum(cost_of_buy(instrument, take.price, take.qty, rates.taker_ppm) for take in walk.takes)
    return base_up(instrument, walk.qty if request.qty is None else checked.wanted_qty)


def _affordable(checked: Checked, walk: Walk, rates: FeeRates, budget: int) -> tuple[Take, ...]:
    """Return the takes that `budget` pays for, the last one cut to whole steps."""
    instrument, step = checked.instrument, order_step(checked.instrument)
    kept: list[Take] = []
    for take in walk.takes:
        if checked.request.side is Side.BUY:
            most = affordable_qty(instrument, take.price, budget, step, rates.taker_ppm)
        else:
            most = instrument.qty_from_amount(budget) // step * step
        qty = min(take.qty, most)
        if qty > 0:
            kept.append(Take(take.price, qty, take.displayed, take.free))
        if qty < take.qty:
            break
        buys = checked.request.side is Side.BUY
        budget -= cost_of_buy(instrument, take.price, qty, rates.taker_ppm) if buys else base_up(instrument, qty)
    return tuple(kept)


def _cross(checked: Checked, book: BookView, scene: Scene, limit: int | None) -> Crossing:
    request, instrument = checked.request, checked.instrument
    offers = list(scene.liquidity.offers(request.instrument, book, request.side.opposite, limit))
    wish: Wish = (
        QuantityWish(checked.wanted_qty)
        if request.qty is not None
        else QuoteWish(request.quote_amount or 0, instrument, request.side, order_step(instrument))
    )
    return cross(offers, wish, scene.own, side=request.side, policy=own_rule(request, instrument))


def _plan_limit(checked: Checked, kind: OrderType, book: BookView, scene: Scene) -> Plan | Rejection:
    request = checked.request
    price, qty = request.price or 0, checked.wanted_qty
    if kind is OrderType.LIMIT_MAKER and crosses(request, book):
        return checked.refuse(Rule.POST_ONLY, f"price {checked.price_text(price)} meets the book")
    crossing = NOTHING_CROSSED if kind is OrderType.LIMIT_MAKER else _cross(checked, book, scene, price)
    ends = crossing.stopped
    if request.time_in_force is TimeInForce.FOK and crossing.walk.qty < qty:
        text = checked.instrument.qty_text
        ends = f"fill or kill: only {text(crossing.walk.qty)} of {text(qty)} could be filled at once"
        crossing = NOTHING_CROSSED
    elif request.time_in_force is TimeInForce.IOC:
        ends = ends or "immediate or cancel: the rest could not be filled at once"
    return Plan(
        crossing=crossing,
        reserved=limit_reserve(checked.instrument, request.side, price, qty, scene.rates),
        ends=ends,
        update_id=book.update_id,
        displayed=book.qty_at(request.side, price),
    )


def crosses(request: OrderRequest, book: BookView) -> bool:
    """Return True when a limit order meets the displayed opposite side, whoever has consumed it meanwhile."""
    best = book.best_ask() if request.side is Side.BUY else book.best_bid()
    if best is None or request.price is None:
        return False
    return best[0] <= request.price if request.side is Side.BUY else best[0] >= request.price


def _plan_unsynced(checked: Checked, kind: OrderType, problem: str, rates: FeeRates) -> Plan | Rejection:
    """Nothing fills on a book that is not live: an order that wants to fill now is refused, a limit order waits."""
    request = checked.request
    if kind is OrderType.MARKET or not request.time_in_force.rests:
        return checked.refuse(Rule.NO_DEPTH, f"{problem}; nothing fills on doubtful data")
    reserved = limit_reserve(checked.instrument, request.side, request.price or 0, checked.wanted_qty, rates)
    return Plan(reserved=reserved, arrived=False)


def _plan_without_book(checked: Checked, kind: OrderType, scene: Scene) -> Plan | Rejection:
    """Candle and trade files: the next bar or trade decides."""
    request, instrument, market = checked.request, checked.instrument, scene.market
    if kind is OrderType.MARKET:
        state = market.state(request.instrument)
        if state is not FeedState.LIVE:
            return checked.refuse(Rule.NO_DEPTH, f"the feed is {state.value}")
        if not checked.reference_price:
            return checked.refuse(Rule.NO_DEPTH, "there is no price yet")
        return _plan_waiting(checked, checked.reference_price, scene.rates)
    price, last = request.price or 0, checked.reference_price
    beyond = bool(last) and last is not None and (price > last if request.side is Side.BUY else price < last)
    if beyond and kind is OrderType.LIMIT_MAKER:
        return checked.refuse(Rule.POST_ONLY, f"price {checked.price_text(price)} is beyond the last price")
    takes = beyond or not request.time_in_force.rests
    return Plan(reserved=limit_reserve(instrument, request.side, price, checked.wanted_qty, scene.rates), takes=takes)


def _plan_waiting(checked: Checked, price: int, rates: FeeRates) -> Plan:
    """Hold the cost at the last price and, where it is to be had, a margin for the move until the fill."""
    request, instrument, wanted = checked.request, checked.instrument, checked.wanted_qty
    if request.side is Side.BUY and request.quote_amount is not None:
        return Plan(reserved=funds_reserve(instrument, request.quote_amount, rates))
    if request.side is Side.SELL and request.qty is not None:
        return Plan(reserved=base_up(instrument, wanted))
    if request.side is Side.BUY:
        reserved = cost_of_buy(instrument, price, wanted, rates.taker_ppm)
    else:
        reserved = base_up(
            instrument, qty_for_quote(instrument, price, request.quote_amount or 0, order_step(instrument))
        )
    return Plan(reserved=reserved, margin=div_up(reserved * PENDING_MARGIN_PPM, PPM))

"""Orders that belong together: which combinations a venue takes, and what they hold (docs/fill-rules.md, "Lists")."""

from collections.abc import Sequence
from itertools import pairwise

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import ListKind, ListRole, OrderRequest, OrderType
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse

ROLES = {
    ListKind.OCO: (ListRole.EITHER, ListRole.EITHER),
    ListKind.OTO: (ListRole.WORKING, ListRole.PENDING),
    ListKind.OTOCO: (ListRole.WORKING, ListRole.PENDING, ListRole.PENDING),
}


def list_refusal(requests: Sequence[OrderRequest], instrument: Instrument, reference: int | None) -> Rejection | None:
    """Return why these orders cannot be a list, or None. `reference` is the market's price for an OCO."""
    kind = requests[0].list_kind
    wrong = _shape_problem(requests)
    if wrong or kind is None:
        return refuse(Rule.PARAMETERS, instrument.venue, f"{wrong} on {instrument.name}")
    if kind is ListKind.OTO:
        return None
    pair = requests[-2:]
    return _pair_refusal(pair, instrument, reference if kind is ListKind.OCO else None)


def _shape_problem(requests: Sequence[OrderRequest]) -> str:
    first = requests[0]
    roles = ROLES.get(first.list_kind) if first.list_kind is not None else None
    if roles is None or tuple(request.list_role for request in requests) != roles:
        return f"a list of {len(requests)} orders is no {first.list_kind.value.upper() if first.list_kind else 'list'}"
    same = {(r.list_id, r.list_kind, r.instrument, r.portfolio) for r in requests}
    if len(same) > 1 or not first.list_id:
        return "the orders of a list must share their list id, portfolio and instrument"
    if len({request.client_id for request in requests}) < len(requests):
        return "the orders of a list need client order ids of their own"
    if first.list_kind is not ListKind.OCO and first.type not in (OrderType.LIMIT, OrderType.LIMIT_MAKER):
        return f"the working order of a list must be a limit order, not {first.type.value}"
    return ""


def _pair_refusal(pair: Sequence[OrderRequest], instrument: Instrument, reference: int | None) -> Rejection | None:
    """Return why two orders cannot cancel each other."""
    one, other = pair
    if one.side is not other.side or one.qty != other.qty or one.qty is None:
        text = "both legs of a pair must have one side and one quantity"
        return refuse(Rule.PARAMETERS, instrument.venue, f"{text} on {instrument.name}")
    stops = [leg for leg in pair if leg.type.is_conditional and not leg.type.takes_profit]
    if len(stops) != 1 or any(leg.type is OrderType.MARKET for leg in pair):
        text = "a pair is one limit or take-profit order and one stop-loss or trailing order"
        return refuse(Rule.PARAMETERS, instrument.venue, f"{text} on {instrument.name}")
    stop = stops[0]
    profit = other if one is stop else one
    return _relation_refusal(profit, stop, instrument, reference)


def _relation_refusal(
    profit: OrderRequest, stop: OrderRequest, instrument: Instrument, reference: int | None
) -> Rejection | None:
    """Sell: profit price > last price > stop price; buy: the other way round. A trailing stop has none to compare."""
    upper = profit.stop_price if profit.type.takes_profit else profit.price
    lower = None if stop.type.is_trailing else stop.stop_price
    prices = [price for price in (upper, reference, lower) if price is not None]
    if stop.side is Side.BUY:
        prices.reverse()
    if all(high > low for high, low in pairwise(prices)):
        return None
    text = " > ".join(instrument.price_text(price) for price in prices)
    order = "profit > last > stop" if stop.side is Side.SELL else "stop > last > profit"
    return refuse(Rule.RELATION, instrument.venue, f"{text} does not hold for {order} of {instrument.name}")


def holdings(requests: Sequence[OrderRequest], reserved: Sequence[int]) -> list[int]:
    """Return what each order of a list holds: a pair only its dearer leg, a pending leg nothing."""
    if requests[0].list_kind is ListKind.OCO:
        return [reserved[0], max(0, reserved[1] - reserved[0])]
    return [amount if r.list_role is ListRole.WORKING else 0 for r, amount in zip(requests, reserved, strict=True)]

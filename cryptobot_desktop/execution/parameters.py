"""Which combinations of order fields make sense, and which of them each venue knows."""

from collections.abc import Iterator

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.orders import BIPS, ListKind, OrderRequest, OrderType, SelfTrade, TimeInForce
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse

KUCOIN_ICEBERG_PARTS = 20
"""KuCoin shows at least a twentieth of an iceberg."""

Problem = tuple[Rule, str]
"""The venue's rule, and what is wrong in our words."""


def check_parameters(request: OrderRequest, instrument: Instrument, now_ms: int) -> Rejection | None:
    """Return the refusal of an order whose fields do not fit together, or that its venue does not know."""
    for problems in (_problems(request), _stay_problems(request, now_ms), _unknown_to_venue(request, instrument.venue)):
        for rule, text in problems:
            return refuse(rule, instrument.venue, f"{instrument.name} on {instrument.venue.label}: {text}")
    return None


def holds_while_armed(instrument: Instrument) -> bool:
    """Return True when the venue sets money aside for orders that wait for their trigger."""
    return instrument.venue is not Venue.KUCOIN


def own_rule(request: OrderRequest, instrument: Instrument) -> SelfTrade:
    """Return what happens when the order meets one of the same portfolio: its own wish, else the venue's default."""
    if request.stp is not None:
        return request.stp
    return SelfTrade.NONE if instrument.venue is Venue.KUCOIN else SelfTrade.EXPIRE_MAKER


def _problems(request: OrderRequest) -> Iterator[Problem]:
    wrong, qty, amount = Rule.PARAMETERS, request.qty, request.quote_amount
    if (qty is None) == (amount is None):
        yield wrong, "exactly one of quantity and quote amount is needed"
    if qty is not None and qty <= 0:
        yield wrong, f"quantity {qty} is not above 0"
    if amount is not None and amount <= 0:
        yield wrong, "the quote amount is not above 0"
    if amount is not None and request.type is not OrderType.MARKET:
        yield wrong, "only market orders can be given by quote amount"
    if request.price is not None and not request.type.has_limit:
        yield wrong, f"a {_words(request)} order takes no price"
    if request.type.has_limit and (request.price is None or request.price <= 0):
        yield wrong, "a limit order needs a price above 0"
    if request.type.is_conditional or request.stop_price is not None or request.trailing_bips is not None:
        yield from _stop_problems(request)


def _stop_problems(request: OrderRequest) -> Iterator[Problem]:
    wrong, stop, bips, trailing = Rule.PARAMETERS, request.stop_price, request.trailing_bips, request.type.is_trailing
    if stop is not None and not request.type.is_conditional:
        yield wrong, f"a {_words(request)} order takes no stop price"
    if stop is None and request.type.is_conditional and not trailing:
        yield wrong, f"a {_words(request)} order needs a stop price"
    if stop is not None and stop <= 0:
        yield wrong, f"stop price {stop} is not above 0"
    if trailing and bips is None:
        yield wrong, "a trailing stop needs its distance in basis points"
    if bips is not None and not trailing:
        yield wrong, "only trailing stops have a distance"
    if bips is not None and not 0 < bips < BIPS:
        yield wrong, f"distance {bips} is not between 1 and {BIPS - 1} basis points"


def _stay_problems(request: OrderRequest, now_ms: int) -> Iterator[Problem]:
    stays, limit = request.time_in_force.rests, request.type.has_limit
    if not limit and not stays:
        yield Rule.TIME_IN_FORCE, f"a {_words(request)} order takes no time in force"
    if not stays and request.type is OrderType.LIMIT_MAKER:
        yield Rule.PARAMETERS, "a post-only order always stays until it is cancelled"
    timed = request.time_in_force is TimeInForce.GTD
    if timed and not limit:
        yield Rule.TIME_IN_FORCE, f"a {_words(request)} order takes no time in force"
    if timed != (request.expire_ms is not None):
        yield Rule.PARAMETERS, "GTD and an end time belong together"
    if request.expire_ms is not None and request.expire_ms <= now_ms:
        yield Rule.PARAMETERS, f"its end {request.expire_ms} is not after now, {now_ms}"
    if request.display_qty is not None:
        yield from _iceberg_problems(request, request.display_qty)


def _iceberg_problems(request: OrderRequest, shown: int) -> Iterator[Problem]:
    if not request.type.has_limit:
        yield Rule.PARAMETERS, "only limit orders can show a part of their quantity"
    if not 0 < shown <= (request.qty or 0):
        yield Rule.PARAMETERS, "the displayed quantity must be above 0 and at most the whole"
    if not request.time_in_force.rests:
        yield Rule.TIME_IN_FORCE, "an iceberg must be able to rest"


def _unknown_to_venue(request: OrderRequest, venue: Venue) -> Iterator[Problem]:
    if venue is Venue.BINANCE:
        if request.time_in_force is TimeInForce.GTD:
            yield Rule.TIME_IN_FORCE, "GTD is unknown there; allowed are GTC, IOC and FOK"
        return
    if request.type.is_trailing:
        yield Rule.ORDER_TYPE, "trailing stops are unknown there"
    if request.list_kind in (ListKind.OTO, ListKind.OTOCO):
        yield Rule.ORDER_TYPE, "orders that place other ones (OTO, OTOCO) are unknown there; OCO is allowed"
    shown = request.display_qty
    if shown is not None and shown * KUCOIN_ICEBERG_PARTS < (request.qty or 0):
        yield Rule.ICEBERG, f"the displayed quantity is less than 1/{KUCOIN_ICEBERG_PARTS} of the whole"


def _words(request: OrderRequest) -> str:
    return request.type.value.replace("_", " ")

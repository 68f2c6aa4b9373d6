"""Which combinations of order fields make sense, and which of them each venue knows."""

from collections.abc import Iterable

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.orders import BIPS, ListKind, OrderRequest, OrderType, SelfTrade, TimeInForce
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse

KUCOIN_ICEBERG_PARTS = 20
"""KuCoin shows at least a twentieth of an iceberg."""

Problem = tuple[bool, Rule, str]
"""(wrong, the venue's rule, what is wrong in our words)."""


def check_parameters(request: OrderRequest, instrument: Instrument, now_ms: int) -> Rejection | None:
    """Return the refusal of an order whose fields do not fit together, or that its venue does not know."""
    for wrong, rule, text in (*_problems(request, now_ms), *_unknown_to_venue(request, instrument.venue)):
        if wrong:
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


def _problems(request: OrderRequest, now_ms: int) -> Iterable[Problem]:
    wrong = Rule.PARAMETERS
    market, limit = request.type is OrderType.MARKET, request.type.has_limit
    yield (
        (request.qty is None) == (request.quote_amount is None),
        wrong,
        "exactly one of quantity and quote amount is needed",
    )
    yield request.qty is not None and request.qty <= 0, wrong, f"quantity {request.qty} is not above 0"
    yield request.quote_amount is not None and request.quote_amount <= 0, wrong, "the quote amount is not above 0"
    yield not market and request.quote_amount is not None, wrong, "only market orders can be given by quote amount"
    yield not limit and request.price is not None, wrong, f"a {_words(request)} order takes no price"
    yield limit and (request.price is None or request.price <= 0), wrong, "a limit order needs a price above 0"
    yield from _stop_problems(request)
    yield from _stay_problems(request, now_ms)


def _stop_problems(request: OrderRequest) -> Iterable[Problem]:
    wrong, stop, trailing = Rule.PARAMETERS, request.stop_price, request.type.is_trailing
    yield not request.type.is_conditional and stop is not None, wrong, f"a {_words(request)} order takes no stop price"
    needs = request.type.is_conditional and not trailing
    yield needs and stop is None, wrong, f"a {_words(request)} order needs a stop price"
    yield stop is not None and stop <= 0, wrong, f"stop price {stop} is not above 0"
    yield trailing and request.trailing_bips is None, wrong, "a trailing stop needs its distance in basis points"
    yield not trailing and request.trailing_bips is not None, wrong, "only trailing stops have a distance"
    bips = request.trailing_bips
    yield (
        bips is not None and not 0 < bips < BIPS,
        wrong,
        f"distance {bips} is not between 1 and {BIPS - 1} basis points",
    )


def _stay_problems(request: OrderRequest, now_ms: int) -> Iterable[Problem]:
    wrong, stays = Rule.PARAMETERS, request.time_in_force.rests
    market_like = not request.type.has_limit
    post_only = request.type is OrderType.LIMIT_MAKER
    yield market_like and not stays, Rule.TIME_IN_FORCE, f"a {_words(request)} order takes no time in force"
    yield post_only and not stays, wrong, "a post-only order always stays until it is cancelled"
    timed = request.time_in_force is TimeInForce.GTD
    yield timed and market_like, Rule.TIME_IN_FORCE, f"a {_words(request)} order takes no time in force"
    yield timed != (request.expire_ms is not None), wrong, "GTD and an end time belong together"
    ended = request.expire_ms is not None and request.expire_ms <= now_ms
    yield ended, wrong, f"its end {request.expire_ms} is not after now, {now_ms}"
    shown = request.display_qty
    yield shown is not None and market_like, wrong, "only limit orders can show a part of their quantity"
    too_much = shown is not None and not 0 < shown <= (request.qty or 0)
    yield too_much, wrong, "the displayed quantity must be above 0 and at most the whole"
    yield shown is not None and not stays, Rule.TIME_IN_FORCE, "an iceberg must be able to rest"


def _unknown_to_venue(request: OrderRequest, venue: Venue) -> Iterable[Problem]:
    timed = request.time_in_force is TimeInForce.GTD
    if venue is Venue.BINANCE:
        yield timed, Rule.TIME_IN_FORCE, "GTD is unknown there; allowed are GTC, IOC and FOK"
        return
    yield request.type.is_trailing, Rule.ORDER_TYPE, "trailing stops are unknown there"
    chained = request.list_kind in (ListKind.OTO, ListKind.OTOCO)
    yield chained, Rule.ORDER_TYPE, "orders that place other ones (OTO, OTOCO) are unknown there; OCO is allowed"
    shown = request.display_qty
    small = shown is not None and shown * KUCOIN_ICEBERG_PARTS < (request.qty or 0)
    yield small, Rule.ICEBERG, f"the displayed quantity is less than 1/{KUCOIN_ICEBERG_PARTS} of the whole"


def _words(request: OrderRequest) -> str:
    return request.type.value.replace("_", " ")

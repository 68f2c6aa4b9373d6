"""Why an order is refused, in the venue's own code and words, followed by the actual and the allowed value.

Sources: Binance spot errors.md and filters.md; KuCoin's error list and answers that its API is known to
have given. KuCoin publishes no text for some refusals; those are ours, under the general code 400100 or 200000.
"""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue


class Rejection(Struct, frozen=True):
    """The venue's code and reason."""

    code: str
    reason: str

    @property
    def text(self) -> str:
        """Return both in one line."""
        return f"{self.code} {self.reason}".strip()


class Rule(StrEnum):
    """The checks of an order, in the order in which they are made."""

    DUPLICATE = "duplicate"
    SYMBOL = "symbol"
    CLOSED = "closed"
    PARAMETERS = "parameters"
    PRICE = "price"
    TICK = "tick"
    LOT = "lot"
    LOT_STEP = "lot_step"
    MARKET_LOT = "market_lot"
    FUNDS_STEP = "funds_step"
    ICEBERG = "iceberg"
    TRAILING = "trailing"
    NOTIONAL = "notional"
    NOTIONAL_MAX = "notional_max"
    PERCENT_PRICE = "percent_price"
    PERCENT_PRICE_BY_SIDE = "percent_price_by_side"
    NUM_ORDERS = "num_orders"
    NUM_ALGO_ORDERS = "num_algo_orders"
    NUM_ICEBERG_ORDERS = "num_iceberg_orders"
    NUM_ORDER_LISTS = "num_order_lists"
    POSITION = "position"
    NO_DEPTH = "no_depth"
    POST_ONLY = "post_only"
    TRIGGERED = "triggered"
    TIME_IN_FORCE = "time_in_force"
    ORDER_TYPE = "order_type"
    RELATION = "relation"
    UNKNOWN_ORDER = "unknown_order"
    AMEND = "amend"
    BALANCE = "balance"


_BINANCE: dict[Rule, tuple[str, str]] = {
    Rule.DUPLICATE: ("-2010", "Duplicate order sent."),
    Rule.SYMBOL: ("-1121", "Invalid symbol."),
    Rule.CLOSED: ("-2010", "Market is closed."),
    Rule.PARAMETERS: ("-1128", "Combination of optional parameters invalid."),
    Rule.PRICE: ("-1013", "Filter failure: PRICE_FILTER"),
    Rule.TICK: ("-1013", "Filter failure: PRICE_FILTER"),
    Rule.LOT: ("-1013", "Filter failure: LOT_SIZE"),
    Rule.LOT_STEP: ("-1013", "Filter failure: LOT_SIZE"),
    Rule.MARKET_LOT: ("-1013", "Filter failure: MARKET_LOT_SIZE"),
    Rule.FUNDS_STEP: ("-1013", "Filter failure: LOT_SIZE"),
    Rule.NOTIONAL: ("-1013", "Filter failure: NOTIONAL"),
    Rule.NOTIONAL_MAX: ("-1013", "Filter failure: NOTIONAL"),
    Rule.PERCENT_PRICE: ("-1013", "Filter failure: PERCENT_PRICE"),
    Rule.PERCENT_PRICE_BY_SIDE: ("-1013", "Filter failure: PERCENT_PRICE_BY_SIDE"),
    Rule.ICEBERG: ("-1013", "Filter failure: ICEBERG_PARTS"),
    Rule.TRAILING: ("-1013", "Filter failure: TRAILING_DELTA"),
    Rule.NUM_ORDERS: ("-1013", "Filter failure: MAX_NUM_ORDERS"),
    Rule.NUM_ALGO_ORDERS: ("-1013", "Filter failure: MAX_NUM_ALGO_ORDERS"),
    Rule.NUM_ICEBERG_ORDERS: ("-1013", "Filter failure: MAX_NUM_ICEBERG_ORDERS"),
    Rule.NUM_ORDER_LISTS: ("-1013", "Filter failure: MAX_NUM_ORDER_LISTS"),
    Rule.POSITION: ("-1013", "Filter failure: MAX_POSITION"),
    Rule.NO_DEPTH: ("-1112", "No orders on book for symbol."),
    Rule.POST_ONLY: ("-2010", "Order would immediately match and take."),
    Rule.TRIGGERED: ("-2010", "Stop price would trigger immediately."),
    Rule.TIME_IN_FORCE: ("-1115", "Invalid timeInForce."),
    Rule.ORDER_TYPE: ("-1116", "Invalid orderType."),
    Rule.RELATION: ("-2010", "The relationship of the prices for the orders is not correct."),
    Rule.UNKNOWN_ORDER: ("-2011", "Unknown order sent."),
    Rule.AMEND: ("-2038", "Order amend (quantity reduction) request was rejected."),
    Rule.BALANCE: ("-2010", "Account has insufficient balance for requested action."),
}
_KUCOIN: dict[Rule, tuple[str, str]] = {
    Rule.DUPLICATE: ("400100", "The clientOid has been used."),
    Rule.SYMBOL: ("900001", "symbol not exists"),
    Rule.CLOSED: ("200001", "Order creation for this pair suspended"),
    Rule.PARAMETERS: ("400100", "Parameter error."),
    Rule.PRICE: ("400100", "Order price invalid."),
    Rule.TICK: ("400100", "Price increment invalid."),
    Rule.LOT: ("400100", "Order size invalid."),
    Rule.LOT_STEP: ("400100", "Order size increment invalid."),
    Rule.MARKET_LOT: ("400100", "Order size invalid."),
    Rule.FUNDS_STEP: ("400100", "Funds increment invalid."),
    Rule.NOTIONAL: ("400100", "Order funds below the minimum requirement."),
    Rule.NOTIONAL_MAX: ("400100", "Order funds above the maximum."),
    Rule.PERCENT_PRICE: ("400370", "Order price out of the allowed range."),
    Rule.PERCENT_PRICE_BY_SIDE: ("400370", "Order price out of the allowed range."),
    Rule.ICEBERG: ("400100", "Order visibleSize invalid."),
    Rule.TRAILING: ("400100", "Parameter error."),
    Rule.NUM_ORDERS: ("200003", "The number of active orders for this pair has reached the upper limit."),
    Rule.NUM_ALGO_ORDERS: ("200003", "The number of stop orders for this pair has reached the upper limit."),
    Rule.NUM_ICEBERG_ORDERS: ("200003", "The number of active orders for this pair has reached the upper limit."),
    Rule.NUM_ORDER_LISTS: ("200003", "The number of active orders for this pair has reached the upper limit."),
    Rule.POSITION: ("400350", "Upper limit for holding."),
    Rule.NO_DEPTH: ("200000", "The order book has no orders."),
    Rule.POST_ONLY: ("200000", "Post only order would match immediately."),
    Rule.TRIGGERED: ("400100", "Stop price invalid."),
    Rule.TIME_IN_FORCE: ("400100", "Time in force invalid."),
    Rule.ORDER_TYPE: ("400100", "Order type invalid."),
    Rule.RELATION: ("400100", "OCO prices invalid."),
    Rule.UNKNOWN_ORDER: ("400100", "order_not_exist_or_not_allow_to_cancel"),
    Rule.AMEND: ("400100", "Order alter invalid."),
    Rule.BALANCE: ("200004", "Balance insufficient!"),
}


def refuse(rule: Rule, venue: Venue, detail: str = "") -> Rejection:
    """Word a refusal as `venue` does; `detail` (actual against allowed) follows in brackets."""
    code, words = (_KUCOIN if venue is Venue.KUCOIN else _BINANCE)[rule]
    return Rejection(code, f"{words} ({detail})" if detail else words)

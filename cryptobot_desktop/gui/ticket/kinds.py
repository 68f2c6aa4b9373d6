"""The kinds of orders that the ticket offers, and which fields each of them needs."""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.orders import OrderType, TimeInForce


class Kind(StrEnum):
    """One entry of the ticket's choice: an order type, or orders that belong together."""

    MARKET = "market"
    LIMIT = "limit"
    LIMIT_MAKER = "limit_maker"
    ICEBERG = "iceberg"
    STOP_LOSS = "stop_loss"
    STOP_LOSS_LIMIT = "stop_loss_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"
    OCO = "oco"
    OTO = "oto"
    BRACKET = "otoco"

    @property
    def is_list(self) -> bool:
        """Return True for orders that are sent together."""
        return self in (Kind.OCO, Kind.OTO, Kind.BRACKET)


class Field(StrEnum):
    """A field of the ticket; problems are told by these names."""

    SIZE = "size"
    PRICE = "price"
    TRIGGER = "trigger"
    DISTANCE = "distance"
    SHOWN = "shown"
    TARGET = "target"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    EXPIRY = "expiry"


class ExitKind(StrEnum):
    """What follows the entry of an OTO."""

    LIMIT = "limit"
    STOP = "stop"
    TRAILING = "trailing"


class KindFacts(Struct, frozen=True):
    """What the ticket shows for a kind. `labels` gives its fields in order, each with its label."""

    title: str
    group: str
    tip: str
    labels: dict[Field, str] = {}
    optional: frozenset[Field] = frozenset()
    lifetimes: tuple[TimeInForce, ...] = ()
    """Times in force that make sense; empty hides the choice."""


_ALL = tuple(TimeInForce)
_RESTING = (TimeInForce.GTC, TimeInForce.GTD)
_MARKET_STOP = {Field.TRIGGER: "Trigger price"}
_LIMIT_STOP = {Field.TRIGGER: "Trigger price", Field.PRICE: "Limit price"}
_EXITS = {Field.TARGET: "Take profit", Field.STOP: "Stop", Field.STOP_LIMIT: "Stop limit"}
EMPTY_MEANS = {Field.TRIGGER: "at once", Field.PRICE: "market", Field.STOP_LIMIT: "market"}
"""What an optional field that is left empty stands for."""
PAIRS = ((Field.STOP, Field.STOP_LIMIT), (Field.DISTANCE, Field.TRIGGER))
"""Fields that stand side by side where both are shown."""

KINDS: dict[Kind, KindFacts] = {
    Kind.MARKET: KindFacts("Market", "", "Takes what the book displays, at once"),
    Kind.LIMIT: KindFacts("Limit", "", "Your price or a better one", {Field.PRICE: "Price"}, lifetimes=_ALL),
    Kind.LIMIT_MAKER: KindFacts(
        "Maker only",
        "Limit",
        "A limit order that is refused if it would fill at once",
        {Field.PRICE: "Price"},
        lifetimes=_RESTING,
    ),
    Kind.ICEBERG: KindFacts(
        "Iceberg",
        "Limit",
        "A limit order that shows only a part of itself at a time",
        {Field.PRICE: "Price", Field.SHOWN: "Shown quantity"},
        lifetimes=_RESTING,
    ),
    Kind.STOP_LOSS: KindFacts(
        "Stop loss", "Triggered", "When the price gets worse than the trigger: a market order", _MARKET_STOP
    ),
    Kind.STOP_LOSS_LIMIT: KindFacts(
        "Stop loss limit",
        "Triggered",
        "When the price gets worse than the trigger: a limit order",
        _LIMIT_STOP,
        lifetimes=_ALL,
    ),
    Kind.TAKE_PROFIT: KindFacts(
        "Take profit", "Triggered", "When the price gets better than the trigger: a market order", _MARKET_STOP
    ),
    Kind.TAKE_PROFIT_LIMIT: KindFacts(
        "Take profit limit",
        "Triggered",
        "When the price gets better than the trigger: a limit order",
        _LIMIT_STOP,
        lifetimes=_ALL,
    ),
    Kind.TRAILING_STOP: KindFacts(
        "Trailing stop",
        "Triggered",
        "A stop that follows the best price at a distance and never loosens",
        {
            Field.DISTANCE: "Distance, %",
            Field.TRIGGER: "Activation price",
            Field.PRICE: "Limit price",
        },
        frozenset({Field.TRIGGER, Field.PRICE}),
    ),
    Kind.OCO: KindFacts(
        "OCO: target and stop",
        "Together",
        "Take profit and stop on one position; one cancels the other",
        _EXITS,
        frozenset({Field.STOP_LIMIT}),
    ),
    Kind.OTO: KindFacts(
        "OTO: entry, then one exit",
        "Together",
        "A limit entry; when it is filled, one exit is placed",
        {Field.PRICE: "Entry price", **_EXITS, Field.DISTANCE: "Distance, %"},
        frozenset({Field.STOP_LIMIT}),
    ),
    Kind.BRACKET: KindFacts(
        "Bracket: entry, target, stop",
        "Together",
        "A limit entry; when it is filled, take profit and stop are placed, and one cancels the other",
        {Field.PRICE: "Entry price", **_EXITS},
        frozenset({Field.STOP_LIMIT}),
    ),
}

_EXIT_FIELDS = {
    ExitKind.LIMIT: (Field.TARGET,),
    ExitKind.STOP: (Field.STOP, Field.STOP_LIMIT),
    ExitKind.TRAILING: (Field.DISTANCE,),
}
_SHORT = {Kind.OCO: "OCO", Kind.OTO: "OTO", Kind.BRACKET: "Bracket"}


def short_title(kind: Kind) -> str:
    """Return a kind's name where there is little room."""
    return _SHORT.get(kind, KINDS[kind].title)


def fields_of(kind: Kind, exit_kind: ExitKind) -> tuple[Field, ...]:
    """Return the fields beside the size that an order of this kind needs, in the order of the form."""
    fields = tuple(KINDS[kind].labels)
    if kind is not Kind.OTO:
        return fields
    return (Field.PRICE, *(field for field in fields if field in _EXIT_FIELDS[exit_kind]))


def kind_of(order_type: OrderType, *, is_iceberg: bool = False) -> Kind:
    """Return the kind under which the ticket shows a single order."""
    if is_iceberg:
        return Kind.ICEBERG
    return Kind.TRAILING_STOP if order_type.is_trailing else Kind(order_type.value)

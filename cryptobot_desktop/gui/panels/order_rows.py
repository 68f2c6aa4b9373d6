"""Rows of orders, open and closed: lists stay together, whatever the table is sorted by."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import PPM
from cryptobot_desktop.domain.orders import BIPS, ListRole, Order, OrderPhase, OrderStatus
from cryptobot_desktop.gui.format import NONE, age_text, amount_text, price_text, qty_text, rate_text, time_text
from cryptobot_desktop.gui.tables.columns import Tone

_FIRST, _MIDDLE, _LAST = "\u250c ", "\u251c ", "\u2514 "
_ROLE_ORDER = {ListRole.WORKING: 0, ListRole.ALONE: 1, ListRole.EITHER: 2, ListRole.PENDING: 3}
_PPM_PER_BIP = PPM // BIPS
_LIST_NAMES = {"oco": "OCO", "oto": "OTO", "otoco": "bracket"}


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order with the instrument that gives its numbers a scale."""

    order: Order
    instrument: Instrument | None
    leader: Order
    """The first order of its list, by which the whole list is sorted; the order itself when it is alone."""
    bracket: str = ""
    """How it hangs together with the rows above and below."""
    now_ms: int = 0

    @property
    def name(self) -> str:
        """Return the instrument's name for people."""
        return self.instrument.name if self.instrument is not None else str(self.order.request.instrument)

    @property
    def filled_ppm(self) -> int:
        """Return how much of the order is filled."""
        return filled_ppm(self.order)

    @property
    def type_words(self) -> str:
        """Return the type with its list, such as ``┌ OCO limit maker GTC``."""
        request = self.order.request
        words = request.type.value.replace("_", " ")
        if request.display_qty is not None:
            words = f"iceberg {words}"
        listed = _LIST_NAMES[request.list_kind.value] + ": " if request.list_kind is not None else ""
        return f"{self.bracket}{listed}{words} {request.time_in_force.value}"


def filled_ppm(order: Order) -> int:
    """Return how much of an order is filled, in parts per million."""
    request = order.request
    if request.qty:
        return order.filled_qty * PPM // request.qty
    return order.filled_quote * PPM // request.quote_amount if request.quote_amount else 0


def order_rows(
    orders: Iterable[Order], lookup: Callable[[InstrumentId], Instrument | None], now_ms: int
) -> list[OrderRow]:
    """Return orders as rows; those of a list stand together, the working one first."""
    lists: dict[str, list[Order]] = {}
    for order in orders:
        lists.setdefault(order.request.list_id or order.client_id, []).append(order)
    rows: list[OrderRow] = []
    for members in lists.values():
        ranked = sorted(members, key=_rank)
        for place, order in enumerate(ranked):
            known = lookup(order.request.instrument)
            row = OrderRow(order=order, instrument=known, leader=ranked[0], bracket=_bracket(place, len(ranked)))
            rows.append(replace(row, now_ms=_moving(order, now_ms)))
    return rows


def _rank(order: Order) -> tuple[int, bool]:
    """Put the working order first, then the target, then the stop."""
    return _ROLE_ORDER[order.request.list_role], order.request.type.is_conditional


def _moving(order: Order, now_ms: int) -> int:
    """Return the time for rows that count down, in whole seconds; 0 for all others, which then do not change."""
    counts = order.request.expire_ms is not None or order.phase is OrderPhase.IN_FLIGHT
    return now_ms // 1_000 * 1_000 if counts and order.status.is_open else 0


def _bracket(place: int, count: int) -> str:
    if count == 1:
        return ""
    return _FIRST if place == 0 else _LAST if place == count - 1 else _MIDDLE


def wanted_text(row: OrderRow) -> str:
    """Return the whole size of an order."""
    request = row.order.request
    if row.instrument is None:
        return NONE
    if request.qty is not None:
        return qty_text(request.qty - row.order.canceled_qty, row.instrument)
    return amount_text(request.quote_amount, row.instrument.quote)


def price_words(row: OrderRow) -> str:
    """Return an order's limit, or ``market``."""
    if row.order.request.price is None or row.instrument is None:
        return "market"
    return price_text(row.order.request.price, row.instrument)


def trigger_words(row: OrderRow) -> str:
    """Return the price that triggers the order now, with the side on which it lies."""
    request, price = row.order.request, row.order.trigger_price
    if row.instrument is None or not request.type.is_conditional:
        return ""
    if price is None:
        return f"{rate_text((request.trailing_bips or 0) * _PPM_PER_BIP)} behind"
    below = (request.side is Side.SELL) != request.type.takes_profit
    return f"{chr(0x2264) if below else chr(0x2265)} {price_text(price, row.instrument)}"


def trigger_tip(row: OrderRow) -> str:
    """Return how a trailing stop stands: its best price, distance and activation."""
    request, order = row.order.request, row.order
    if row.instrument is None or not request.type.is_trailing:
        return ""
    distance = rate_text((request.trailing_bips or 0) * _PPM_PER_BIP)
    if order.best_price is not None:
        best = price_text(order.best_price, row.instrument)
        return f"best price {best}, the trigger follows {distance} behind it and never loosens"
    if request.stop_price is None:
        return f"follows {distance} behind the best price"
    return f"becomes active at {price_text(request.stop_price, row.instrument)}, then follows {distance} behind"


def shown_words(row: OrderRow) -> str:
    """Return what an iceberg shows of what is left."""
    request = row.order.request
    if request.display_qty is None or row.instrument is None:
        return ""
    rest = row.order.remaining_qty
    return f"{qty_text(min(request.display_qty, rest), row.instrument)} of {qty_text(rest, row.instrument)}"


def expiry_words(row: OrderRow) -> str:
    """Return when an order ends by itself, and how long that is from now."""
    ends = row.order.request.expire_ms
    if ends is None:
        return ""
    if not row.order.status.is_open or not row.now_ms:
        return time_text(ends)
    return f"{time_text(ends)}, in {age_text(max(0, ends - row.now_ms))}"


def state_words(row: OrderRow) -> str:
    """Return where an order is, or how and why it ended."""
    order = row.order
    if not order.status.is_open:
        return _ended_words(order)
    if order.phase is OrderPhase.IN_FLIGHT:
        return "on its way to the exchange"
    if order.phase is OrderPhase.PENDING or order.status is OrderStatus.PENDING_NEW:
        return "waits for the entry to be filled"
    if order.phase is OrderPhase.ARMED:
        return _armed_words(row)
    done = f", {rate_text(round(filled_ppm(order), -4))} filled" if order.filled_qty else ""
    return f"{'triggered, ' if order.triggered_ms is not None else ''}working{done}"


def _armed_words(row: OrderRow) -> str:
    request, order = row.order.request, row.order
    if not request.type.is_trailing or row.instrument is None:
        return "armed"
    if order.best_price is not None:
        return f"armed, best {price_text(order.best_price, row.instrument)}"
    if request.stop_price is not None:
        return f"armed, active from {price_text(request.stop_price, row.instrument)}"
    return "armed, waits for a price"


def _ended_words(order: Order) -> str:
    text = "cancelled" if order.status is OrderStatus.CANCELED else order.status.value
    why = " ".join(part for part in (order.reject_code, order.reject_reason) if part)
    partly = f", {rate_text(round(filled_ppm(order), -4))} filled" if 0 < filled_ppm(order) < PPM else ""
    why = why.removeprefix(f"{text} ")
    return f"{text}{partly}: {why}" if why else f"{text}{partly}"


def state_tone(row: OrderRow) -> Tone:
    """Return the colour of where an order is."""
    order = row.order
    if order.status is OrderStatus.REJECTED:
        return Tone.DANGER
    if not order.status.is_open or order.phase in (OrderPhase.IN_FLIGHT, OrderPhase.PENDING):
        return Tone.MUTED
    return Tone.PLAIN

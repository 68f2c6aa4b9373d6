"""The columns of the order table."""

from collections.abc import Callable

from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.gui.format import amount_text, full_time_text, percent_text, time_text
from cryptobot_desktop.gui.panels.order_rows import (
    OrderRow,
    expiry_words,
    filled_ppm,
    price_words,
    shown_words,
    state_tone,
    state_words,
    trigger_tip,
    trigger_words,
    wanted_text,
)
from cryptobot_desktop.gui.tables.columns import Column, SortKey, Tone, side_tone


def _of_leader(key: Callable[[Order], SortKey]) -> Callable[[OrderRow], SortKey]:
    """Sort every order of a list as its first one, so that lists stay whole."""
    return lambda row: key(row.leader)


ORDER_COLUMNS: tuple[Column[OrderRow], ...] = (
    Column(
        title="Time UTC",
        text=lambda r: time_text(r.order.created_ms),
        sort=_of_leader(lambda o: o.created_ms),
        wide="11-20 14:02:11",
        raw=lambda r: full_time_text(r.order.created_ms),
        tip=lambda r: full_time_text(r.order.created_ms),
    ),
    Column(title="Symbol", text=lambda r: r.name, sort=_of_leader(lambda o: o.request.instrument), wide="DOGE/USDT"),
    Column(
        title="Side",
        text=lambda r: r.order.request.side.value,
        sort=_of_leader(lambda o: o.request.side.value),
        wide="sell",
        tone=lambda r: side_tone(r.order.request.side.value),
    ),
    Column(
        title="Type",
        text=lambda r: r.type_words,
        sort=_of_leader(lambda o: o.request.type.value),
        wide="\u2514 bracket: stop loss limit GTC",
        tone=lambda r: Tone.MUTED,
        tip=lambda r: f"list {r.order.request.list_id}" if r.order.request.list_id else "",
    ),
    Column(
        title="Price",
        text=price_words,
        sort=_of_leader(lambda o: o.request.price or 0),
        wide="164 210.55",
        numeric=True,
    ),
    Column(
        title="Trigger",
        text=trigger_words,
        sort=_of_leader(lambda o: o.trigger_price or 0),
        wide="\u2264 164 210.55",
        numeric=True,
        tip=trigger_tip,
        help="the trade price that wakes the order up; of a trailing stop where it is now",
    ),
    Column(
        title="Quantity",
        text=wanted_text,
        sort=_of_leader(lambda o: o.request.qty or 0),
        wide="1 000.00000",
        numeric=True,
    ),
    Column(
        title="Filled",
        text=lambda r: percent_text(r.filled_ppm, places=0, signed=False),
        sort=_of_leader(filled_ppm),
        wide="100 %",
        numeric=True,
    ),
    Column(
        title="State",
        text=state_words,
        sort=_of_leader(lambda o: o.status.value),
        wide="rejected: -1013 Filter failure: NOTIONAL",
        tone=state_tone,
        tip=state_words,
    ),
    Column(
        title="Shown",
        text=shown_words,
        sort=_of_leader(lambda o: o.request.display_qty or 0),
        wide="0.01000 of 0.08000",
        numeric=True,
        help="what an iceberg shows, of what is left of it",
    ),
    Column(
        title="Held",
        text=lambda r: amount_text(r.order.reserved),
        sort=_of_leader(lambda o: o.reserved),
        wide="100 000.00",
        numeric=True,
        help="reserved for this order: quote asset for buys, base asset for sells",
    ),
    Column(
        title="Ends",
        text=expiry_words,
        sort=_of_leader(lambda o: o.request.expire_ms or 0),
        wide="11-20 14:02:11, in 59 min",
    ),
    Column(
        title="From",
        text=lambda r: r.order.request.origin,
        sort=_of_leader(lambda o: o.request.origin),
        wide="sma_cross-1",
        tip=lambda r: r.order.request.reason,
        tone=lambda r: Tone.MUTED,
    ),
    Column(
        title="Portfolio",
        text=lambda r: r.order.request.portfolio,
        sort=_of_leader(lambda o: o.request.portfolio),
        wide="main",
        tone=lambda r: Tone.MUTED,
        stretch=True,
    ),
)

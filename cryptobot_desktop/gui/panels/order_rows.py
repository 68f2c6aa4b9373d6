"""Rows and columns of orders, open and closed."""

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.orders import Order, OrderStatus
from cryptobot_desktop.gui.format import (
    NONE,
    amount_text,
    full_time_text,
    percent_text,
    price_text,
    qty_text,
    time_text,
)
from cryptobot_desktop.gui.tables.columns import Column, Tone, side_tone


class OrderRow(Struct, frozen=True):
    """An order with the instrument that gives its numbers a scale."""

    order: Order
    instrument: Instrument | None

    @property
    def name(self) -> str:
        """Return the instrument's name for people."""
        return self.instrument.name if self.instrument is not None else str(self.order.request.instrument)

    @property
    def filled_ppm(self) -> int:
        """Return how much of the order is filled."""
        request = self.order.request
        if request.qty:
            return self.order.filled_qty * 1_000_000 // request.qty
        return self.order.filled_quote * 1_000_000 // request.quote_amount if request.quote_amount else 0


def _wanted(row: OrderRow) -> str:
    request = row.order.request
    if row.instrument is None:
        return NONE
    if request.qty is not None:
        return qty_text(request.qty, row.instrument)
    return amount_text(request.quote_amount, row.instrument.quote)


def _price(row: OrderRow) -> str:
    if row.order.request.price is None or row.instrument is None:
        return "market"
    return price_text(row.order.request.price, row.instrument)


def _status(row: OrderRow) -> str:
    text = row.order.status.value.replace("_", " ")
    return f"{text}: {row.order.reject_reason}" if row.order.reject_reason else text


def _status_tone(row: OrderRow) -> Tone:
    return Tone.DANGER if row.order.status is OrderStatus.REJECTED else Tone.PLAIN


ORDER_COLUMNS: tuple[Column[OrderRow], ...] = (
    Column(
        title="Time UTC",
        text=lambda r: time_text(r.order.created_ms),
        sort=lambda r: r.order.created_ms,
        wide="11-20 14:02:11",
        raw=lambda r: full_time_text(r.order.created_ms),
        tip=lambda r: full_time_text(r.order.created_ms),
    ),
    Column(title="Symbol", text=lambda r: r.name, sort=lambda r: r.name, wide="DOGE/USDT"),
    Column(
        title="Side",
        text=lambda r: r.order.request.side.value,
        sort=lambda r: r.order.request.side.value,
        wide="sell",
        tone=lambda r: side_tone(r.order.request.side.value),
    ),
    Column(
        title="Type",
        text=lambda r: f"{r.order.request.type.value.replace('_', ' ')} {r.order.request.time_in_force.value}",
        sort=lambda r: r.order.request.type.value,
        wide="limit maker GTC",
        tone=lambda r: Tone.MUTED,
    ),
    Column(title="Price", text=_price, sort=lambda r: r.order.request.price or 0, wide="164 210.55", numeric=True),
    Column(title="Quantity", text=_wanted, sort=lambda r: r.order.request.qty or 0, wide="1 000.00000", numeric=True),
    Column(
        title="Filled",
        text=lambda r: percent_text(r.filled_ppm, places=0, signed=False),
        sort=lambda r: r.filled_ppm,
        wide="100 %",
        numeric=True,
    ),
    Column(
        title="Held",
        text=lambda r: amount_text(r.order.reserved),
        sort=lambda r: r.order.reserved,
        wide="100 000.00",
        numeric=True,
        help="reserved for this order: quote asset for buys, base asset for sells",
    ),
    Column(
        title="From",
        text=lambda r: r.order.request.origin,
        sort=lambda r: r.order.request.origin,
        wide="sma_cross-1",
        tip=lambda r: r.order.request.reason,
        tone=lambda r: Tone.MUTED,
    ),
    Column(
        title="Portfolio",
        text=lambda r: r.order.request.portfolio,
        sort=lambda r: r.order.request.portfolio,
        wide="main portfolio",
        tone=lambda r: Tone.MUTED,
    ),
    Column(title="Status", text=_status, sort=_status, wide="partially filled", tone=_status_tone, stretch=True),
)

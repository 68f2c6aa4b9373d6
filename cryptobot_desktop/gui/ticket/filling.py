"""Puts values into the ticket: from a row or a book level, from an open order, by the arrow keys."""

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.numbers import format_trimmed, to_scaled
from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.gui.desk import TicketFill
from cryptobot_desktop.gui.ticket.draft import OrderDraft
from cryptobot_desktop.gui.ticket.form import TicketForm
from cryptobot_desktop.gui.ticket.kinds import KINDS, Field, Kind, kind_of

_PRICES = (Field.PRICE, Field.TRIGGER, Field.TARGET, Field.STOP, Field.STOP_LIMIT)
_BIPS_DECIMALS = 2


def put_fill(form: TicketForm, fill: TicketFill, instrument: Instrument) -> None:
    """Take over what a row or a book level gives.

    A price makes a market order a limit order; it goes into the first price field that the kind has.
    """
    if fill.side is not None:
        form.side.set_value(fill.side.value)
    if fill.price is not None:
        if form.kind is Kind.MARKET:
            form.type.set_value(Kind.LIMIT.value)
        prices = [field for field in KINDS[form.kind].labels if field in _PRICES]
        form.fields[prices[0]].set_text(instrument.price_text(fill.price))
    if fill.qty is not None:
        form.unit.setCurrentIndex(0)
        form.quantity.set_text(instrument.qty_text(fill.qty))


def load_order(form: TicketForm, order: Order, instrument: Instrument) -> None:
    """Show an open order as it could be sent again: what is left of it, with its prices."""
    request = order.request
    form.side.set_value(request.side.value)
    form.type.set_value(kind_of(request.type, is_iceberg=request.display_qty is not None).value)
    form.time_in_force.setCurrentText(request.time_in_force.value)
    form.stp.setCurrentIndex(max(0, form.stp.findData(request.stp)))
    form.unit.setCurrentIndex(0)
    bips = "" if request.trailing_bips is None else format_trimmed(request.trailing_bips, _BIPS_DECIMALS)
    shown = "" if request.display_qty is None else instrument.qty_text(request.display_qty)
    texts = {Field.DISTANCE: bips, Field.SHOWN: shown, Field.SIZE: instrument.qty_text(order.remaining_qty)}
    for field, price in ((Field.PRICE, request.price), (Field.TRIGGER, request.stop_price)):
        texts[field] = "" if price is None else instrument.price_text(price)
    for field, text in texts.items():
        form.fields[field].set_text(text)


def step_price(form: TicketForm, draft: OrderDraft | None, field: Field, count: int) -> None:
    """Move a price field by so many ticks, from the market where nothing is typed."""
    line = form.fields[field]
    if draft is None or field not in _PRICES or not line.line.isEnabled():
        return
    instrument = draft.instrument
    tick = max(1, instrument.filters.tick_size)
    typed = _scaled_or_none(line.text, instrument.price_decimals) if line.text else draft.last
    if typed is not None:
        line.set_text(instrument.price_text(max(tick, typed + count * tick)))


def _scaled_or_none(text: str, decimals: int) -> int | None:
    try:
        return to_scaled(text, decimals)
    except InvalidInput:
        return None

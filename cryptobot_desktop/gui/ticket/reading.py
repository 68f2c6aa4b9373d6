"""Puts together what the ticket's fields say with what the desk knows: price, funds, fees."""

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import FeeRates, Order, SelfTrade, TimeInForce
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.desk import Desk
from cryptobot_desktop.gui.ticket.draft import OrderDraft
from cryptobot_desktop.gui.ticket.form import TicketForm


def read_draft(form: TicketForm, desk: Desk, changes: Order | None = None) -> OrderDraft | None:
    """Return what stands in the ticket, None while no instrument is known.

    What the order in `changes` holds counts as free, because it is cancelled first.
    """
    instrument, card, money = desk.instrument(), desk.card(), desk.portfolio_card()
    snapshot = desk.snapshot
    if instrument is None or snapshot is None:
        return None
    freed = changes.reserved if changes is not None else 0
    side = Side(form.side.value)
    available = money.available if money is not None and money.asset == instrument.quote else None
    held = None
    if money is not None:
        owned = sum(card.qty for card in money.positions if card.instrument == instrument.id)
        taken = instrument.qty_from_amount(_reserved_base(snapshot, instrument.base, desk) - _if(Side.SELL, changes))
        held = max(0, owned - taken)
    if available is not None and changes is not None and changes.request.side is Side.BUY:
        available += freed
    return OrderDraft(
        instrument=instrument,
        portfolio=desk.portfolio,
        side=side,
        kind=form.kind,
        texts=form.texts(),
        by_amount=form.unit.currentIndex() == 1,
        time_in_force=TimeInForce(form.time_in_force.value),
        good_until_ms=form.expiry.until_ms,
        now_ms=snapshot.at_ms,
        stp=_policy(form),
        exit_kind=form.exit_kind,
        last=card.last if card is not None else None,
        available=available,
        held=held,
        fees=card.fees if card is not None else FeeRates(),
    )


def _policy(form: TicketForm) -> SelfTrade | None:
    chosen = form.stp.currentData()
    return SelfTrade(chosen) if chosen is not None else None


def _if(side: Side, order: Order | None) -> int:
    return order.reserved if order is not None and order.request.side is side else 0


def _reserved_base(snapshot: EngineSnapshot, base: str, desk: Desk) -> int:
    """Return what open sells of the chosen portfolio hold of an asset."""
    total = 0
    for order in snapshot.open_orders:
        request = order.request
        known = desk.instrument(request.instrument)
        if request.side is Side.SELL and request.portfolio == desk.portfolio and known is not None:
            total += order.reserved if known.base == base else 0
    return total

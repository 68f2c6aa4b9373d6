"""How the prices of one ticket must lie to each other and to the market, as the venues demand it."""

from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.gui.format import price_text
from cryptobot_desktop.gui.ticket.draft import OrderDraft, Typed
from cryptobot_desktop.gui.ticket.kinds import ExitKind, Field, Kind
from cryptobot_desktop.gui.ticket.typed_numbers import Refused
from cryptobot_desktop.gui.ticket.venue_rules import refuses_live_triggers

_STOPS = (Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT)
_TARGETS = (Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT)


def triggers_below(side: Side, *, takes_profit: bool) -> bool:
    """Return True when an order triggers at or below its stop price: a stop-loss sell or a take-profit buy."""
    return (side is Side.SELL) != takes_profit


def check_relations(draft: OrderDraft, typed: Typed) -> None:
    """Refuse prices that the venue would refuse, beside the field that has to move."""
    if draft.kind in _STOPS or draft.kind in _TARGETS:
        _check_trigger(draft, typed)
    elif draft.kind is Kind.OCO:
        _check_pair(draft, typed)
    elif draft.kind is Kind.BRACKET:
        _check_exits(draft, typed)


def _check_trigger(draft: OrderDraft, typed: Typed) -> None:
    last, trigger = draft.last, typed.trigger
    if last is None or trigger is None or not refuses_live_triggers(draft.instrument.venue):
        return
    below = triggers_below(draft.side, takes_profit=draft.kind in _TARGETS)
    if (below and trigger >= last) or (not below and trigger <= last):
        where, now = "below" if below else "above", price_text(last, draft.instrument)
        raise Refused(Field.TRIGGER, f"would trigger at once, must be {where} {now}")


def _check_pair(draft: OrderDraft, typed: Typed) -> None:
    last, sells = draft.last, draft.side is Side.SELL
    if last is None or typed.target is None or typed.stop is None:
        return
    now = price_text(last, draft.instrument)
    if (sells and typed.target <= last) or (not sells and typed.target >= last):
        raise Refused(Field.TARGET, f"must be {'above' if sells else 'below'} the market, {now}")
    if (sells and typed.stop >= last) or (not sells and typed.stop <= last):
        raise Refused(Field.STOP, f"must be {'below' if sells else 'above'} the market, {now}")


def _check_exits(draft: OrderDraft, typed: Typed) -> None:
    if typed.target is None or typed.stop is None:
        return
    sells = draft.side is Side.BUY
    if (sells and typed.stop >= typed.target) or (not sells and typed.stop <= typed.target):
        raise Refused(Field.STOP, f"must be {'below' if sells else 'above'} the take profit")


def exit_loses(draft: OrderDraft, typed: Typed) -> bool:
    """Return True when a target lies on the losing side of the entry: allowed by the venue, hardly meant."""
    if typed.price is None or typed.target is None:
        return False
    if draft.kind is Kind.OTO and draft.exit_kind is not ExitKind.LIMIT:
        return False
    return typed.target <= typed.price if draft.side is Side.BUY else typed.target >= typed.price

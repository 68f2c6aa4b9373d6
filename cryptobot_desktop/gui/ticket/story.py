"""Says in a sentence what an order with a trigger, or orders that belong together, will do."""

from cryptobot_desktop.domain.commands import PlaceOrder
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import BIPS
from cryptobot_desktop.gui.format import amount_text, clock_text, percent_text, price_text, qty_text, rate_text
from cryptobot_desktop.gui.ticket.draft import OrderDraft, Typed
from cryptobot_desktop.gui.ticket.kinds import Kind
from cryptobot_desktop.gui.ticket.relations import exit_loses, triggers_below

_PPM_PER_BIP = PPM // BIPS


def story(draft: OrderDraft, typed: Typed, orders: tuple[PlaceOrder, ...]) -> tuple[str, bool]:
    """Return the sentence (empty for plain orders) and whether it is a warning."""
    if draft.kind in (Kind.OTO, Kind.BRACKET):
        return _entry(draft, typed, orders)
    return _alone(draft, typed), False


def _alone(draft: OrderDraft, typed: Typed) -> str:
    if draft.kind is Kind.OCO:
        return _pair(draft, typed)
    if draft.kind is Kind.TRAILING_STOP:
        return _trailing(draft, typed)
    if typed.trigger is not None:
        return _triggered(draft, typed)
    if typed.shown is not None and typed.qty is not None:
        parts = div_up(typed.qty, typed.shown)
        return f"Shows {parts} parts, one after the other; each new part goes to the back of the queue."
    if typed.expire_ms is not None:
        return f"Ends at {clock_text(typed.expire_ms)} UTC when it is not filled by then."
    return ""


def _away(draft: OrderDraft, price: int) -> str:
    """Return how far a price is from the market, such as `` (-1.89 %)``."""
    if not draft.last:
        return ""
    return f" ({percent_text((price - draft.last) * PPM // draft.last)})"


def _does(draft: OrderDraft, limit: int | None) -> str:
    verb = "sells" if draft.side is Side.SELL else "buys"
    how = "at the market" if limit is None else f"at {price_text(limit, draft.instrument)} or better"
    return f"{verb} {how}"


def _triggered(draft: OrderDraft, typed: Typed) -> str:
    trigger = typed.trigger or 0
    below = triggers_below(draft.side, takes_profit=draft.kind in (Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT))
    where = f"at or {'below' if below else 'above'} {price_text(trigger, draft.instrument)}{_away(draft, trigger)}"
    return f"After a trade {where} it {_does(draft, typed.price)}."


def _trailing(draft: OrderDraft, typed: Typed) -> str:
    distance = rate_text((typed.bips or 0) * _PPM_PER_BIP)
    sells = draft.side is Side.SELL
    after = ""
    if typed.trigger is not None:
        after = f"Active once {price_text(typed.trigger, draft.instrument)} is reached. "
    way = "highest price falls" if sells else "lowest price rises"
    turn = f"Follows the market; when the {way} back by {distance}, it {_does(draft, typed.price)}."
    return after + turn


def _pair(draft: OrderDraft, typed: Typed) -> str:
    verb = "Sells" if draft.side is Side.SELL else "Buys"
    target, stop = typed.target or 0, typed.stop or 0
    return (
        f"{verb} at {price_text(target, draft.instrument)}{_away(draft, target)} or after the stop "
        f"{price_text(stop, draft.instrument)}{_away(draft, stop)}, whichever comes first; the other one is cancelled."
    )


def _entry(draft: OrderDraft, typed: Typed, orders: tuple[PlaceOrder, ...]) -> tuple[str, bool]:
    exit_order, instrument = orders[1], draft.instrument
    verb = "sells" if exit_order.side is Side.SELL else "buys back"
    less = "; the fee is paid in it" if exit_order.qty != typed.qty else ""
    words = f"When wholly filled, {verb} {qty_text(exit_order.qty, instrument)} {instrument.base}{less}."
    if exit_loses(draft, typed):
        return f"{words} The take profit would lose against the entry.", True
    return f"{words}{_odds(draft, typed, exit_order.qty or 0)}", False


def _odds(draft: OrderDraft, typed: Typed, qty: int) -> str:
    """Return what is won at the target and lost at the stop, before fees."""
    if typed.price is None or typed.target is None or typed.stop is None:
        return ""
    instrument, sign = draft.instrument, 1 if draft.side is Side.BUY else -1
    gain = instrument.notional_down(abs(typed.target - typed.price), qty)
    risk = sign * (typed.price - typed.stop)
    if risk <= 0:
        return f" Target {amount_text(gain, instrument.quote, signed=True)} before fees; the stop is no loss."
    loss = instrument.notional_up(risk, qty)
    ratio = gain * 10 // loss if loss else 0
    return (
        f" Target {amount_text(gain, signed=True)}, stop {amount_text(-loss, instrument.quote, signed=True)} before"
        f" fees, {ratio // 10}.{ratio % 10} : 1."
    )

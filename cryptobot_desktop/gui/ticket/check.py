"""Checks what is typed into the order ticket against the instrument's filters, and makes the orders of it. Pure.

The paper exchange has the last word (averages, open-order counts, what latency does); here stands what can be said
while typing.
"""

from collections.abc import Callable

from cryptobot_desktop.domain.instrument import FeeRule
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, AMOUNT_UNIT, PPM, div_up, format_trimmed
from cryptobot_desktop.domain.orders import BIPS, TimeInForce
from cryptobot_desktop.gui.format import amount_text
from cryptobot_desktop.gui.ticket.build import built
from cryptobot_desktop.gui.ticket.draft import CheckedOrder, OrderDraft, Typed
from cryptobot_desktop.gui.ticket.kinds import KINDS, Field, Kind, fields_of
from cryptobot_desktop.gui.ticket.relations import check_relations
from cryptobot_desktop.gui.ticket.story import story
from cryptobot_desktop.gui.ticket.typed_numbers import Bounds, Refused, plain_number, stepped
from cryptobot_desktop.gui.ticket.venue_rules import holds_for_armed, kind_refusal, lifetime_refusal

_BIPS_DECIMALS = 2
_MINUTE_MS = 60_000
_LONGEST_MINUTES = 30 * 24 * 60
_KUCOIN_PARTS = 20
_ASKS = {
    Field.PRICE: "a price",
    Field.TRIGGER: "a trigger price",
    Field.DISTANCE: "a distance",
    Field.SHOWN: "a shown quantity",
    Field.TARGET: "a take profit",
    Field.STOP: "a stop",
    Field.STOP_LIMIT: "a stop limit",
    Field.EXPIRY: "how many minutes",
}
_NAMES = {
    Field.PRICE: "price",
    Field.TRIGGER: "trigger",
    Field.TARGET: "target",
    Field.STOP: "stop",
    Field.STOP_LIMIT: "stop_limit",
}


def check_draft(draft: OrderDraft, client_id: str) -> CheckedOrder:
    """Return the order (or the list of orders) that the draft means, or its problems."""
    instrument = draft.instrument
    if not instrument.is_trading:
        return CheckedOrder(problems={Field.SIZE: f"{instrument.name} is not trading: {instrument.status}"})
    refusal = kind_refusal(draft.kind, instrument.venue) or _lifetime_problem(draft)
    if refusal:
        return CheckedOrder(unfinished=refusal)
    reading = _Reading(draft)
    typed = reading.typed()
    if typed is None:
        return CheckedOrder(problems=reading.problems, unfinished=reading.missing)
    try:
        _check_sizes(draft, typed)
        check_relations(draft, typed)
        _check_funds(draft, typed)
    except Refused as refused:
        return CheckedOrder(problems={refused.field: str(refused)})
    orders, together = built(draft, typed, client_id)
    words, warns = story(draft, typed, orders)
    return CheckedOrder(orders=orders, together=together, story=words, story_warns=warns)


def lifetime_of(draft: OrderDraft) -> TimeInForce:
    """Return the time in force that the order gets: the chosen one where the kind knows it."""
    known = KINDS[draft.kind].lifetimes
    return draft.time_in_force if draft.time_in_force in known else TimeInForce.GTC


def _lifetime_problem(draft: OrderDraft) -> str:
    return lifetime_refusal(lifetime_of(draft), draft.instrument.venue)


class _Reading:
    """Reads every field that the kind needs; keeps going after a problem, so that all are shown at once."""

    def __init__(self, draft: OrderDraft) -> None:
        self._draft = draft
        self.problems: dict[Field, str] = {}
        self.missing = ""

    def typed(self) -> Typed | None:
        """Return the numbers; None when one is missing or wrong."""
        draft = self._draft
        found: dict[str, int | None] = {}
        for field in fields_of(draft.kind, draft.exit_kind):
            name, read = self._reader(field)
            found[name] = self._read(field, read, optional=field in KINDS[draft.kind].optional)
        if lifetime_of(draft) is TimeInForce.GTD:
            found["expire_ms"] = self._expiry()
        prices = Typed(**found)
        if draft.by_amount and draft.kind is Kind.MARKET:
            found["amount"] = self._read(Field.SIZE, self._market_amount)
        else:
            found["qty"] = self._read(Field.SIZE, lambda text: self._qty(text, prices))
        return None if self.problems or self.missing else Typed(**found)

    def _read(self, field: Field, read: Callable[[str], int], *, optional: bool = False) -> int | None:
        text = self._draft.text(field)
        if not text:
            if not optional and not self.missing:
                size = "an amount" if self._draft.by_amount else "a quantity"
                self.missing = f"Type {_ASKS.get(field, size)}"
            return None
        try:
            return read(text)
        except Refused as refused:
            self.problems[refused.field] = str(refused)
            return None

    def _reader(self, field: Field) -> tuple[str, Callable[[str], int]]:
        if field is Field.DISTANCE:
            return "bips", _bips
        if field is Field.SHOWN:
            step, decimals = order_step(self._draft), self._draft.instrument.qty_decimals
            return "shown", lambda text: stepped(field, text, decimals, step)
        return _NAMES[field], lambda text: self._price(field, text)

    def _price(self, field: Field, text: str) -> int:
        instrument = self._draft.instrument
        rules, decimals = instrument.filters, instrument.price_decimals
        price = stepped(field, text, decimals, max(1, rules.tick_size))
        Bounds(field, decimals, instrument.quote).check(price, rules.min_price, rules.max_price)
        return price

    def _market_amount(self, text: str) -> int:
        rules, quote = self._draft.instrument.filters, self._draft.instrument.quote
        amount = stepped(Field.SIZE, text, AMOUNT_DECIMALS, max(1, rules.quote_step))
        Bounds(Field.SIZE, AMOUNT_DECIMALS, quote).check(amount, rules.min_quote, rules.max_quote)
        return amount

    def _qty(self, text: str, prices: Typed) -> int:
        draft, instrument = self._draft, self._draft.instrument
        step = order_step(draft)
        if not draft.by_amount:
            return stepped(Field.SIZE, text, instrument.qty_decimals, step)
        amount = stepped(Field.SIZE, text, AMOUNT_DECIMALS, 1)
        price = worth_price(draft, prices)
        if not price:
            return 0
        scale = 10 ** (instrument.price_decimals + instrument.qty_decimals)
        return int(amount * scale // (price * AMOUNT_UNIT) // step * step)

    def _expiry(self) -> int | None:
        draft = self._draft
        if draft.good_until_ms is not None:
            if draft.good_until_ms <= draft.now_ms:
                self.problems[Field.EXPIRY] = "this time has passed"
            return draft.good_until_ms
        minutes = self._read(Field.EXPIRY, _minutes)
        return None if minutes is None else draft.now_ms + minutes * _MINUTE_MS


def _minutes(text: str) -> int:
    minutes = stepped(Field.EXPIRY, text, 0, 1)
    if minutes > _LONGEST_MINUTES:
        raise Refused(Field.EXPIRY, f"at most {_LONGEST_MINUTES} minutes (30 days)")
    return minutes


def _bips(text: str) -> int:
    bips = plain_number(Field.DISTANCE, text).scaleb(_BIPS_DECIMALS)
    if bips != int(bips):
        raise Refused(Field.DISTANCE, "at most two decimals, such as 0.75")
    if bips >= BIPS:
        raise Refused(Field.DISTANCE, "must be below 100 %")
    return int(bips)


def worth_price(draft: OrderDraft, typed: Typed) -> int | None:
    """Return the price at which the order's size is valued; None while no price is known at all."""
    for price in (typed.price, typed.trigger, typed.target):
        if price:
            return price
    return typed.stop or draft.last


def order_step(draft: OrderDraft) -> int:
    """Return the step of quantities of this order."""
    rules = draft.instrument.filters
    market = rules.market_step_size if draft.kind is Kind.MARKET else 0
    return max(1, rules.step_size, market)


def _check_sizes(draft: OrderDraft, typed: Typed) -> None:
    rules, instrument = draft.instrument.filters, draft.instrument
    if typed.qty is not None:
        bounds = Bounds(Field.SIZE, instrument.qty_decimals, instrument.base)
        bounds.check(typed.qty, max(1, rules.min_qty), rules.max_qty)
        if draft.kind is Kind.MARKET:
            bounds.check(typed.qty, rules.market_min_qty, rules.market_max_qty)
    _check_notional(draft, typed)
    if typed.shown is not None and typed.qty is not None:
        _check_parts(draft, typed.shown, typed.qty)


def _check_notional(draft: OrderDraft, typed: Typed) -> None:
    rules, market = draft.instrument.filters, draft.kind is Kind.MARKET
    notional = _notional(draft, typed)
    if notional is None:
        return
    low = rules.min_notional if rules.min_notional_for_market or not market else 0
    high = rules.max_notional if rules.max_notional_for_market or not market else 0
    Bounds(Field.SIZE, AMOUNT_DECIMALS, draft.instrument.quote, "order value ").check(notional, low, high)


def _check_parts(draft: OrderDraft, shown: int, qty: int) -> None:
    instrument = draft.instrument
    if shown >= qty:
        raise Refused(Field.SHOWN, "must be less than the whole quantity")
    most = instrument.filters.iceberg_parts or _KUCOIN_PARTS
    parts = -(-qty // shown)
    if parts > most:
        step = order_step(draft)
        least = div_up(div_up(qty, most), step) * step
        raise Refused(Field.SHOWN, f"{parts} parts, at most {most}; try {instrument.qty_text(least)}")


def _notional(draft: OrderDraft, typed: Typed) -> int | None:
    if typed.amount is not None:
        return typed.amount
    worth = worth_price(draft, typed)
    return draft.instrument.notional_up(worth, typed.qty) if worth and typed.qty is not None else None


def _check_funds(draft: OrderDraft, typed: Typed) -> None:
    instrument = draft.instrument
    armed = typed.trigger is not None or (typed.bips is not None and draft.kind is not Kind.OTO)
    if armed and not holds_for_armed(instrument.venue):
        return
    if draft.side is Side.SELL:
        if draft.held is not None and typed.qty is not None and typed.qty > draft.held:
            free = instrument.qty_text(draft.held)
            raise Refused(Field.SIZE, f"{instrument.qty_text(typed.qty)} is more than {free} free")
        return
    cost = _cost(draft, typed)
    if cost is None or draft.available is None:
        return
    if instrument.fee_rule is FeeRule.QUOTE:
        cost += -(-cost * draft.fees.taker_ppm // PPM)
    if cost > draft.available:
        raise Refused(Field.SIZE, f"needs {amount_text(cost)}, free {amount_text(draft.available)}")


def _cost(draft: OrderDraft, typed: Typed) -> int | None:
    """Return what a buy needs before fees; of a pair what its dearer leg needs."""
    dearer = max(typed.stop_limit or 0, typed.stop or 0)
    if draft.kind is Kind.OCO and typed.qty is not None and dearer:
        return draft.instrument.notional_up(dearer, typed.qty)
    return _notional(draft, typed)


def share_size(draft: OrderDraft, share_ppm: int) -> tuple[str, bool]:
    """Return the size that uses a share of what is free (buy) or held (sell), as (text, by_amount)."""
    instrument = draft.instrument
    if draft.side is Side.SELL:
        step = order_step(draft)
        qty = (draft.held or 0) * share_ppm // PPM // step * step
        return instrument.qty_text(qty), False
    amount = (draft.available or 0) * share_ppm // PPM
    if instrument.fee_rule is FeeRule.QUOTE:
        amount = amount * PPM // (PPM + draft.fees.taker_ppm)
    step = max(AMOUNT_UNIT // 100, instrument.filters.quote_step)
    return format_trimmed(amount // step * step, AMOUNT_DECIMALS), True

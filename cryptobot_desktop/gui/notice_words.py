"""Facts in plain words for the log."""

from collections.abc import Callable

from cryptobot_desktop.domain.facts import (
    BotChanged,
    CommandAnswered,
    DecisionMade,
    EngineFaulted,
    EpochShown,
    Fact,
    FeedStateChanged,
    KillSwitchReleased,
    KillSwitchTripped,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderFilled,
    OrderPreviewed,
    OrderRejected,
    OrderTriggered,
    PortfolioChanged,
    RecordingEnded,
)
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import FeedState
from cryptobot_desktop.domain.orders import Order
from cryptobot_desktop.gui.format import NONE, amount_text, price_text, qty_text
from cryptobot_desktop.gui.tables.columns import Tone

Lookup = Callable[[InstrumentId], Instrument | None]
Line = tuple[str, str, Tone]
"""(kind, text, tone)."""


def notice_line(fact: Fact, lookup: Lookup) -> Line | None:
    """Return a fact as a line of the log, None for facts that are not news to a person."""
    if isinstance(fact, OrderAccepted | OrderRejected | OrderFilled | OrderCanceled):
        return _order_line(fact, lookup)
    if isinstance(fact, OrderTriggered | OrderAmended):
        return _moved_line(fact, lookup)
    if isinstance(fact, DecisionMade):
        return _decision_line(fact)
    if isinstance(fact, OrderPreviewed | EpochShown):
        return None
    return _other_line(fact, lookup)


def _order_line(fact: OrderAccepted | OrderRejected | OrderFilled | OrderCanceled, lookup: Lookup) -> Line:
    what = _order_words(fact.order, lookup)
    if isinstance(fact, OrderAccepted):
        return "order", f"{what}: accepted", Tone.PLAIN
    if isinstance(fact, OrderRejected):
        return "order", f"{what}: rejected, {fact.order.reject_reason}", Tone.DANGER
    if isinstance(fact, OrderCanceled):
        return "order", f"{what}: ended, {fact.reason}", Tone.MUTED
    return "fill", f"{what}: {_fill_words(fact, lookup)}", Tone.UP


_MOVES = {
    "amended": "made smaller",
    "placed": "placed after its entry",
    "decremented": "made smaller by self-trade prevention",
}


def _moved_line(fact: OrderTriggered | OrderAmended, lookup: Lookup) -> Line | None:
    """Return a trigger or a change in words; arrivals and every step of a trailing stop are no news."""
    what, instrument = _order_words(fact.order, lookup), lookup(fact.order.request.instrument)
    if isinstance(fact, OrderTriggered):
        price = f" by a trade at {price_text(fact.price, instrument)}" if instrument is not None else ""
        return "order", f"{what}: triggered{price}", Tone.WARN
    return ("order", f"{what}: {_MOVES[fact.what]}", Tone.PLAIN) if fact.what in _MOVES else None


def _fill_words(fact: OrderFilled, lookup: Lookup) -> str:
    instrument = lookup(fact.order.request.instrument)
    if instrument is None or not fact.fills:
        return "filled"
    qty, quote = sum(fill.qty for fill in fact.fills), sum(fill.quote_amount for fill in fact.fills)
    first, last = fact.fills[0].price, fact.fills[-1].price
    prices = price_text(first, instrument) + ("" if first == last else f" to {price_text(last, instrument)}")
    return f"filled {qty_text(qty, instrument)} at {prices}, {amount_text(quote, instrument.quote)}"


def _order_words(order: Order, lookup: Lookup) -> str:
    request = order.request
    instrument = lookup(request.instrument)
    who = "you" if request.origin == "user" else request.origin
    if instrument is None:
        return f"{who} {request.side.value} {request.instrument}"
    amount = (
        f"{qty_text(request.qty, instrument)} {instrument.base}"
        if request.qty is not None
        else f"{instrument.base} for {amount_text(request.quote_amount, instrument.quote)}"
    )
    price = "at market" if request.price is None else f"at {price_text(request.price, instrument)}"
    return f"{who}: {request.side.value} {amount} {price}"


def _decision_line(fact: DecisionMade) -> Line | None:
    if fact.outcome == "allowed":
        return None
    reasons = "; ".join(text for _, text in fact.reasons) or NONE
    return "risk", f"{fact.bot or 'you'}: {fact.intent.side.value} {fact.outcome}, {reasons}", Tone.WARN


def _other_line(fact: Fact, lookup: Lookup) -> Line | None:
    if isinstance(fact, CommandAnswered):
        return None if fact.ok else ("refused", fact.message, Tone.DANGER)
    if isinstance(fact, FeedStateChanged):
        tone = Tone.PLAIN if fact.state is FeedState.LIVE else Tone.WARN
        instrument = lookup(fact.instrument)
        name = instrument.name if instrument is not None else fact.instrument
        return "feed", f"{name}: {fact.state.value}{', ' + fact.reason if fact.reason else ''}", tone
    if isinstance(fact, BotChanged):
        return "bot", f"{fact.bot}: {fact.status}{', ' + fact.reason if fact.reason else ''}", Tone.PLAIN
    if isinstance(fact, PortfolioChanged):
        return "portfolio", f"{fact.portfolio}: {fact.what}", Tone.PLAIN
    return _alarm_line(fact)


def _alarm_line(fact: Fact) -> Line | None:
    if isinstance(fact, KillSwitchTripped):
        return "stop", f"all stopped: {fact.reason}", Tone.DANGER
    if isinstance(fact, KillSwitchReleased):
        return "stop", f"released: {fact.reason}", Tone.PLAIN
    if isinstance(fact, EngineFaulted):
        return "engine", fact.message, Tone.DANGER
    if isinstance(fact, RecordingEnded):
        return "recording", f"no longer recorded: {fact.reason}", Tone.WARN
    return None

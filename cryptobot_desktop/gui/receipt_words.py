"""The receipt of one fill in words and exact numbers: what, why at this price, when, for which fee, and what else."""

from msgspec import Struct

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, PPM, format_trimmed
from cryptobot_desktop.domain.orders import Fill, FillModel, Liquidity, ModelResult, Order
from cryptobot_desktop.engine.snapshot import EngineSnapshot
from cryptobot_desktop.gui.format import (
    NONE,
    THIN,
    amount_text,
    full_time_text,
    grouped,
    percent_text,
    price_text,
    qty_text,
    rate_text,
)

Line = tuple[str, str]
"""(label, text)."""

_PPM_DECIMALS = 6
_KINDNESS = {FillModel.PESSIMISTIC: 0, FillModel.EXPECTED: 1, FillModel.OPTIMISTIC: 2}


class Section(Struct, frozen=True):
    """A part of the receipt: a title over lines."""

    title: str
    lines: tuple[Line, ...]


class FillStory(Struct, frozen=True, kw_only=True):
    """A fill with everything that the program knows about it."""

    fill: Fill
    instrument: Instrument
    siblings: tuple[Fill, ...] = ()
    """All known fills of the same order, oldest first, this one among them."""
    order: Order | None = None
    decision: DecisionMade | None = None

    @property
    def arrival(self) -> tuple[Fill, ...]:
        """Return the fills of the same moment: the levels that one order ate."""
        return tuple(other for other in self.siblings if other.at_ms == self.fill.at_ms)


def story_of(fill: Fill, instrument: Instrument, snapshot: EngineSnapshot | None) -> FillStory:
    """Return a fill with its order, its siblings and the decision behind it, as far as the snapshot has them."""
    if snapshot is None:
        return FillStory(fill=fill, instrument=instrument, siblings=(fill,))
    orders = (*snapshot.open_orders, *snapshot.closed_orders)
    return FillStory(
        fill=fill,
        instrument=instrument,
        siblings=tuple(other for other in snapshot.fills if other.client_id == fill.client_id) or (fill,),
        order=next((order for order in orders if order.client_id == fill.client_id), None),
        decision=next((made for made in snapshot.decisions if made.client_id == fill.client_id), None),
    )


def headline(story: FillStory) -> str:
    """Return what happened in one line."""
    fill, instrument = story.fill, story.instrument
    verb = "Bought" if fill.side is Side.BUY else "Sold"
    price = f"{price_text(fill.price, instrument)}{THIN}{instrument.quote}"
    return f"{verb} {qty_text(fill.qty, instrument)}{THIN}{instrument.base} at {price}"


def subline(story: FillStory) -> str:
    """Return amount, role and time."""
    fill, instrument = story.fill, story.instrument
    role = "maker: it waited in the book" if fill.liquidity is Liquidity.MAKER else "taker: it took from the book"
    amount = grouped(format_trimmed(fill.quote_amount, AMOUNT_DECIMALS))
    return f"{amount}{THIN}{instrument.quote} \u00b7 {role} \u00b7 {full_time_text(fill.at_ms)}"


def why_words(story: FillStory) -> str:
    """Return why the fill happened at this price, in a sentence or two."""
    fill, evidence, instrument = story.fill, story.fill.evidence, story.instrument
    maker = fill.liquidity is Liquidity.MAKER
    qty, base = qty_text(fill.qty, instrument), instrument.base
    offered = _offered(story)
    if evidence.kind == "candle":
        return "No order book was known; a closed candle went to this price."
    if evidence.kind == "trade" and maker:
        return f"A public trade{offered} came when nobody was left before us; {qty} of it was ours, at our own price."
    if evidence.kind == "trade":
        return f"The next public trade{offered} gave the price of {qty} {base}."
    if maker:
        return f"The other side of the book came to our price{offered}; {qty} {base} were filled at our own price."
    if not offered:
        return f"It took {qty} {base} from the {'best quote' if evidence.kind == 'quote' else 'order book'}."
    who = "best quote" if evidence.kind == "quote" else "order book, which was in sync,"
    level = f"{qty_text(evidence.level_qty, instrument)} {base} that the {who}"
    return f"It took {qty} of the {level} offered at {price_text(evidence.level_price, instrument)}."


def _offered(story: FillStory) -> str:
    evidence, instrument = story.fill.evidence, story.instrument
    if evidence.level_price is None or evidence.level_qty is None:
        return ""
    return f" of {qty_text(evidence.level_qty, instrument)} at {price_text(evidence.level_price, instrument)}"


def sections(story: FillStory) -> tuple[Section, ...]:
    """Return the receipt's parts; parts with nothing to say are left out."""
    parts = (
        Section("Why at this price", (("", why_words(story)), *_level_lines(story), *_proof_lines(story))),
        Section("The queue before it", queue_lines(story)),
        Section("On the way", _latency_lines(story)),
        Section("Fee", fee_lines(story)),
        Section("The same order under the other models", model_lines(story)),
        Section("Order", _order_lines(story)),
        Section("Decision", _decision_lines(story)),
    )
    return tuple(part for part in parts if part.lines)


def _level_lines(story: FillStory) -> list[Line]:
    """Return every level that the order ate in that moment, this fill marked."""
    if len(story.arrival) < 2:
        return []
    lines = []
    for number, other in enumerate(story.arrival, 1):
        of = other.evidence.level_qty
        rest = f" of {qty_text(of, story.instrument)}" if of is not None else ""
        here = "  \u25c2 this fill" if other.fill_id == story.fill.fill_id else ""
        text = f"{price_text(other.price, story.instrument)}  {qty_text(other.qty, story.instrument)}{rest}{here}"
        lines.append((f"Level {number}", text))
    return lines


def _proof_lines(story: FillStory) -> list[Line]:
    evidence = story.fill.evidence
    lines = []
    if evidence.update_id is not None:
        lines.append(("Book update", str(evidence.update_id)))
    if evidence.trade_id:
        lines.append(("Public trade", evidence.trade_id))
    if evidence.note:
        lines.append(("Note", evidence.note))
    return lines


def queue_lines(story: FillStory) -> tuple[Line, ...]:
    """Return how the queue before a resting order went away."""
    queue, instrument = story.fill.evidence.queue, story.instrument
    if queue is None:
        return ()
    if not queue.at_arrival:
        return (("At arrival", "nobody before us"),)
    trades = f"in {queue.trades} {'trade' if queue.trades == 1 else 'trades'}"
    lines = [
        ("At arrival", f"{qty_text(queue.at_arrival, instrument)} before us"),
        ("Traded", f"{qty_text(queue.traded, instrument)} {trades}"),
        ("Cancelled", f"{qty_text(queue.canceled, instrument)}{' as the model estimates' if queue.canceled else ''}"),
    ]
    rest = max(0, queue.at_arrival - queue.traded - queue.canceled)
    return (*lines, ("Left", qty_text(rest, instrument)))


def _latency_lines(story: FillStory) -> tuple[Line, ...]:
    evidence = story.fill.evidence
    if evidence.model is None and not evidence.latency_ms:
        return ()
    drawn = f"{evidence.latency_ms}{THIN}ms, drawn from the session's latency" if evidence.latency_ms else "no latency"
    lines = [("Latency", drawn)]
    if evidence.model is not None:
        lines.append(("Fill model", evidence.model.value))
    return tuple(lines)


def fee_lines(story: FillStory) -> tuple[Line, ...]:
    """Return rate, discount, the exact value and what was charged, rounded up."""
    fill, evidence, instrument = story.fill, story.fill.evidence, story.instrument
    charged = f"{_amount(fill.fee)}{THIN}{fill.fee_asset}"
    if not evidence.fee_rate_ppm:
        return (("Charged", charged),)
    rate = rate_text(evidence.fee_rate_ppm)
    words = f"{rate} {fill.liquidity.value}"
    if evidence.fee_discount_ppm:
        net = evidence.fee_rate_ppm * (PPM - evidence.fee_discount_ppm)
        net_text = f"{grouped(format_trimmed(net, 2 * _PPM_DECIMALS - 2))}{THIN}%"
        words += f", less {rate_text(evidence.fee_discount_ppm)} for paying in {fill.fee_asset}: {net_text}"
    value, decimals, asset = exact_fee(story)
    lines = [("Rate", words), ("Exactly", f"{grouped(format_trimmed(value, decimals))}{THIN}{asset}")]
    if fill.fee_asset not in (instrument.base, instrument.quote):
        worth = f", worth {_amount(fill.fee_value)}{THIN}{instrument.quote}" if fill.fee_value is not None else ""
        return (*lines, ("Charged", charged + worth))
    over = fill.fee * 10 ** (decimals - AMOUNT_DECIMALS) - value
    rounded = f", rounded up by {grouped(format_trimmed(over, decimals))}" if over > 0 else ""
    return (*lines, ("Charged", charged + rounded))


def exact_fee(story: FillStory) -> tuple[int, int, str]:
    """Return the fee before rounding as (scaled integer, its decimals, asset); of a third asset its quote value."""
    fill, evidence, instrument = story.fill, story.fill.evidence, story.instrument
    net = evidence.fee_rate_ppm * (PPM - evidence.fee_discount_ppm)
    if fill.fee_asset == instrument.base:
        return instrument.base_amount(fill.qty) * net, AMOUNT_DECIMALS + 2 * _PPM_DECIMALS, instrument.base
    decimals = instrument.price_decimals + instrument.qty_decimals + 2 * _PPM_DECIMALS
    return fill.price * fill.qty * net, decimals, instrument.quote


def _amount(amount: int | None) -> str:
    return NONE if amount is None else grouped(format_trimmed(amount, AMOUNT_DECIMALS))


def model_lines(story: FillStory) -> tuple[Line, ...]:
    """Return what each model gave the order up to this moment, this session's own one first."""
    told = next((fill for fill in reversed(story.arrival) if fill.evidence.others), None)
    if told is None:
        return ()
    upto = story.siblings[: story.siblings.index(told) + 1]
    qty, quote = sum(fill.qty for fill in upto), sum(fill.quote_amount for fill in upto)
    model = told.evidence.model
    own = model.value if model is not None else "this session"
    lines = [(own, f"{_result(story, qty, quote)}  \u25c2 this session")]
    lines += [
        (other.model.value, _result(story, other.qty, other.quote_amount) + _against(story, other, (qty, quote)))
        for other in sorted(told.evidence.others, key=lambda result: _KINDNESS[result.model])
    ]
    return tuple(lines)


def _average(story: FillStory, qty: int, quote: int) -> int:
    instrument = story.instrument
    scale = 10 ** (instrument.price_decimals + instrument.qty_decimals)
    unit = qty * 10**AMOUNT_DECIMALS
    return int((quote * scale + unit // 2) // unit)


def _result(story: FillStory, qty: int, quote: int) -> str:
    if not qty:
        return "nothing yet"
    instrument = story.instrument
    average = price_text(_average(story, qty, quote), instrument)
    return f"{qty_text(qty, instrument)} at {average}, {amount_text(quote, instrument.quote)}"


def _against(story: FillStory, other: ModelResult, own: tuple[int, int]) -> str:
    """Return how much better or worse another model's average price is for the user."""
    if not other.qty or not own[0]:
        return ""
    ours, theirs = _average(story, *own), _average(story, other.qty, other.quote_amount)
    gain = (ours - theirs if story.fill.side is Side.BUY else theirs - ours) * PPM // ours
    if not gain:
        return ""
    return f", {percent_text(abs(gain), places=3, signed=False)} {'better' if gain > 0 else 'worse'}"


def _order_lines(story: FillStory) -> tuple[Line, ...]:
    lines = [("Order", story.fill.client_id)]
    order = story.order
    if order is not None:
        request = order.request
        lines.insert(0, ("Type", f"{request.type.value.replace('_', ' ')} {request.time_in_force.value}"))
        lines.insert(1, ("Sent", full_time_text(order.created_ms)))
        if order.triggered_ms is not None:
            lines.insert(2, ("Triggered", full_time_text(order.triggered_ms)))
    return (*lines, ("Fill", story.fill.fill_id))


def _decision_lines(story: FillStory) -> tuple[Line, ...]:
    made = story.decision
    if made is None:
        return ()
    lines = [("Who", made.bot or "you"), ("Wanted it because", made.intent.reason or NONE)]
    lines.append(("Risk said", "; ".join((made.outcome, *(text for _, text in made.reasons)))))
    return tuple(lines)


def receipt_text(story: FillStory) -> str:
    """Return the whole receipt as plain text, for the clipboard."""
    lines = [headline(story), subline(story)]
    for section in sections(story):
        lines += ["", section.title]
        lines += [f"  {label + ': ' if label else ''}{text}" for label, text in section.lines]
    return "\n".join(lines).replace(THIN, " ") + "\n"

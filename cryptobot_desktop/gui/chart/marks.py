"""Fills as triangles, decisions as hollow ticks, order and position lines: what they are and where they stand."""

from collections.abc import Iterable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, Order, OrderPhase
from cryptobot_desktop.engine.snapshot import EngineSnapshot, PositionCard
from cryptobot_desktop.gui.chart.frame import Frame, Numbers
from cryptobot_desktop.gui.chart.series import BarSeries
from cryptobot_desktop.gui.format import price_text, qty_text

_REACH_PX = 9.0


class Mark(Struct, frozen=True):
    """One fill or decision. `text` is what its tooltip says."""

    key: str
    at_ms: int
    price: float
    side: Side
    text: str
    is_refused: bool = False


class PriceLine(Struct, frozen=True):
    """A level across the chart: an open order or a position's average cost."""

    key: str
    price: float
    label: str
    side: Side | None
    """None for a position."""


class MarkRow:
    """Marks of one kind with their times and prices as arrays."""

    def __init__(self) -> None:
        self.marks: tuple[Mark, ...] = ()
        self._times: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._prices: Numbers = np.zeros(0)
        self.is_buy: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def set(self, marks: Iterable[Mark]) -> None:
        """Show these."""
        self.marks = tuple(sorted(marks, key=lambda mark: mark.at_ms))
        self._times = np.array([mark.at_ms for mark in self.marks], dtype=np.int64)
        self._prices = np.array([mark.price for mark in self.marks], dtype=np.float64)
        self.is_buy = np.array([mark.side is Side.BUY for mark in self.marks], dtype=np.bool_)

    def bar_slots(self, series: BarSeries) -> NDArray[np.int64]:
        """Return the slot of the bar in which each mark happened; -1 before the first bar."""
        if series.bars is None or not len(self._times):
            return np.full(len(self._times), -1, dtype=np.int64)
        indices = np.searchsorted(series.bars.open_ms, self._times, "right") - 1
        slots = np.where(indices < 0, -1, series.slots.slots(np.maximum(indices, 0)))
        if series.forming is not None:
            slots = np.where(self._times >= series.forming.open_ms, series.slot_of_forming(), slots)
        return slots.astype(np.int64)

    def places(self, frame: Frame, series: BarSeries) -> tuple[Numbers, Numbers]:
        """Return the pixels of all marks: middle of their bar across, their price up; NaN before the first bar."""
        slots = self.bar_slots(series)
        x = np.floor(frame.xs(slots)) + 0.5
        return np.where(slots < 0, np.nan, x), frame.ys(self._prices)

    def nearest(self, x: float, y: float, places: tuple[Numbers, Numbers]) -> Mark | None:
        """Return the mark under the mouse, the newest when there are several."""
        if not self.marks:
            return None
        distance = np.hypot(places[0] - x, places[1] - y)
        near = np.flatnonzero(distance <= _REACH_PX)
        return self.marks[int(near[-1])] if len(near) else None


def fill_marks(snapshot: EngineSnapshot, instrument: Instrument, portfolio: str) -> list[Mark]:
    """Return the fills of an instrument (and portfolio, when one is named) as marks."""
    orders = {order.client_id: order for order in (*snapshot.closed_orders, *snapshot.open_orders)}
    return [
        Mark(
            key=fill.fill_id,
            at_ms=fill.at_ms,
            price=instrument.price_float(fill.price),
            side=fill.side,
            text=_fill_text(fill, instrument, orders.get(fill.client_id)),
        )
        for fill in snapshot.fills
        if fill.instrument == instrument.id and portfolio in ("", fill.portfolio)
    ]


def _fill_text(fill: Fill, instrument: Instrument, order: Order | None) -> str:
    words = [
        f"{fill.side.value} {qty_text(fill.qty, instrument)} {instrument.base}"
        f" at {price_text(fill.price, instrument)} {instrument.quote}",
        f"{fill.liquidity.value}, order {fill.client_id}",
    ]
    if order is not None and order.request.reason:
        words.append(f"why: {order.request.reason}")
    return "\n".join([*words, "click for the receipt"])


def decision_marks(snapshot: EngineSnapshot, instrument: InstrumentId, portfolio: str) -> list[Mark]:
    """Return risk's decisions about an instrument as marks."""
    return [
        Mark(
            key=made.decision_id,
            at_ms=made.at_ms,
            price=1.0,
            side=made.intent.side,
            text=_decision_text(made),
            is_refused=made.outcome == "vetoed",
        )
        for made in snapshot.decisions
        if made.intent.instrument == instrument and portfolio in ("", made.portfolio)
    ]


def _decision_text(made: DecisionMade) -> str:
    reasons = [f"{rule}: {text}" for rule, text in made.reasons]
    return "\n".join([f"{made.intent.side.value} {made.outcome}: {made.intent.reason}", *reasons])


def price_lines(snapshot: EngineSnapshot, instrument: Instrument, portfolio: str) -> list[PriceLine]:
    """Return open orders (limits, and triggers that wait) and positions of an instrument as lines."""
    orders = [
        line
        for order in snapshot.open_orders
        if order.request.instrument == instrument.id and portfolio in ("", order.request.portfolio)
        for line in _order_lines(order, instrument)
    ]
    held = [card for shown in snapshot.portfolios if portfolio in ("", shown.name) for card in shown.positions]
    least = max(1, instrument.filters.step_size)  # what is left below a step is no position to look at
    shown = (card for card in held if card.instrument == instrument.id and card.qty >= least)
    return orders + [_position_line(card, instrument) for card in shown]


def _order_lines(order: Order, instrument: Instrument) -> list[PriceLine]:
    """Return the levels of an order: its trigger while it waits for that, else its limit."""
    request, waits = order.request, order.request.type.is_conditional and order.triggered_ms is None
    price = order.trigger_price if waits else request.price
    if price is None:
        return []
    if order.phase is OrderPhase.PENDING:
        label = f"then {request.side.value} {instrument.qty_text(order.remaining_qty)}"
        return [PriceLine(order.client_id, instrument.price_float(price), label, request.side)]
    what = f"{request.type.value.replace('_', ' ')} " if waits else ""
    label = f"{what}{request.side.value} {instrument.qty_text(order.remaining_qty)}"
    return [PriceLine(order.client_id, instrument.price_float(price), label, request.side)]


def _position_line(card: PositionCard, instrument: Instrument) -> PriceLine:
    return PriceLine(
        key=f"position {card.portfolio}",
        price=instrument.price_float(card.average_cost),
        label=f"position {instrument.qty_text(card.qty - card.qty % max(1, instrument.filters.step_size))}",
        side=None,
    )

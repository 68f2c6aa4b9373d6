"""From an allowed intent to the orders that carry it out: one, or a list."""

from collections.abc import Callable

import msgspec

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import (
    Bracket,
    FeeRates,
    Intent,
    ListKind,
    ListRole,
    OrderRequest,
    OrderType,
    TimeInForce,
)
from cryptobot_desktop.engine.bots import Bot


class OrderMaker:
    """Words intents of one bot as orders. `next_id` gives a new client order id each time."""

    def __init__(self, bot: Bot, next_id: Callable[[], str], rates: FeeRates, now_ms: int) -> None:
        self._bot = bot
        self._next_id = next_id
        self._rates = rates
        self._now_ms = now_ms

    def orders(self, intent: Intent, qty: int, client_id: str) -> tuple[OrderRequest, ...]:
        """Return the orders of an intent, the one with `client_id` first."""
        if intent.bracket is None:
            return (self._plain(intent, qty, client_id),)
        if intent.side is Side.BUY:
            return self._entry(intent, intent.bracket, qty, client_id)
        return self._exits(intent, intent.bracket, qty, client_id)

    def _plain(self, intent: Intent, qty: int, client_id: str) -> OrderRequest:
        bot, timed = self._bot, intent.good_for_ms > 0
        return OrderRequest(
            client_id=client_id,
            portfolio=bot.record.portfolio,
            instrument=intent.instrument,
            side=intent.side,
            type=intent.type,
            qty=qty,
            price=intent.limit_price,
            time_in_force=TimeInForce.GTD if timed else intent.time_in_force,
            stop_price=intent.stop_price,
            trailing_bips=intent.trailing_bips,
            display_qty=_shown(bot.instrument, qty, intent.display_parts),
            expire_ms=self._now_ms + intent.good_for_ms if timed else None,
            origin=bot.name,
            reason=intent.reason,
        )

    def _entry(self, intent: Intent, bracket: Bracket, qty: int, client_id: str) -> tuple[OrderRequest, ...]:
        """An order whose fill places its exits: OTOCO with both, OTO with one."""
        legs = self._legs(intent, bracket, self._left_after_fee(qty))
        kind = ListKind.OTOCO if len(legs) == 2 else ListKind.OTO
        working = self._plain(intent, qty, client_id)
        return (
            msgspec.structs.replace(working, list_id=client_id, list_kind=kind, list_role=ListRole.WORKING),
            *(
                msgspec.structs.replace(leg, list_id=client_id, list_kind=kind, list_role=ListRole.PENDING)
                for leg in legs
            ),
        )

    def _exits(self, intent: Intent, bracket: Bracket, qty: int, client_id: str) -> tuple[OrderRequest, ...]:
        """Both exits of a position at once: OCO."""
        legs = self._legs(intent, bracket, qty)
        first = msgspec.structs.replace(legs[0], client_id=client_id)
        return tuple(
            msgspec.structs.replace(leg, list_id=client_id, list_kind=ListKind.OCO, list_role=ListRole.EITHER)
            for leg in (first, *legs[1:])
        )

    def _legs(self, intent: Intent, bracket: Bracket, qty: int) -> list[OrderRequest]:
        plain = OrderRequest(
            client_id="",
            portfolio=self._bot.record.portfolio,
            instrument=intent.instrument,
            side=Side.SELL,
            type=OrderType.LIMIT_MAKER,
            qty=qty,
            origin=self._bot.name,
            reason=intent.reason,
        )
        legs: list[OrderRequest] = []
        if bracket.take_profit:
            legs.append(msgspec.structs.replace(plain, client_id=self._next_id(), price=bracket.take_profit))
        if bracket.stop_loss:
            stop = {"type": OrderType.STOP_LOSS, "stop_price": bracket.stop_loss}
            legs.append(msgspec.structs.replace(plain, client_id=self._next_id(), **stop))
        return legs

    def _left_after_fee(self, qty: int) -> int:
        """Return what can be sold again of a bought quantity, whichever asset the fee is taken in."""
        step = max(1, self._bot.instrument.filters.step_size)
        dearer = max(self._rates.maker_ppm, self._rates.taker_ppm)
        return (qty - div_up(qty * dearer, PPM)) // step * step


def _shown(instrument: Instrument, qty: int, parts: int) -> int | None:
    """Return what an iceberg of so many parts shows, on the step and not below the venue's least."""
    if parts <= 1:
        return None
    rules = instrument.filters
    step = max(1, rules.step_size)
    return min(qty, max(div_up(div_up(qty, parts), step) * step, rules.min_qty))

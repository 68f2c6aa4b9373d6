"""Orders that people type, and what they ask about them: place, list, amend, replace, cancel, preview."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from cryptobot_desktop.domain import commands as ask
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.facts import ExecutionFact, OrderPreviewed
from cryptobot_desktop.domain.orders import OrderRequest, OrderStatus
from cryptobot_desktop.engine.pipeline import Pipeline
from cryptobot_desktop.execution.lists import ROLES
from cryptobot_desktop.execution.rejections import Rejection


class OrderCommands:
    """Carries out commands about orders; every refusal is one clear sentence and changes nothing."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def handlers(self) -> dict[type, Callable[[Any], str]]:
        """Return what carries out each command."""
        return {
            ask.PlaceOrder: self.place,
            ask.PlaceOrderList: self.place_list,
            ask.AmendOrder: self.amend,
            ask.ReplaceOrder: self.replace,
            ask.CancelOrder: self.cancel,
        }

    def place(self, command: ask.PlaceOrder) -> str:
        """Send an order."""
        self._refuse_new_orders()
        return self._answer(self._pipeline.submit(self._request(command)), command.client_id)

    def _refuse_new_orders(self) -> None:
        """Raise when no new order is taken: the kill switch is on, or the disk is nearly full."""
        if self._pipeline.kill_switch.tripped:
            raise InvalidInput("the kill switch is on; release it before sending new orders")
        if self._pipeline.no_intake:
            raise UserActionNeeded(self._pipeline.no_intake)

    def _answer(self, facts: Sequence[ExecutionFact], client_id: str) -> str:
        earlier = self._pipeline.exchange.order(client_id)
        answer = facts[0].order if facts else earlier  # the same order once more gets the same answer
        if answer is not None and answer.status is OrderStatus.REJECTED:
            raise InvalidInput(f"{answer.reject_code} {answer.reject_reason}".strip())
        return "order accepted"

    def place_list(self, command: ask.PlaceOrderList) -> str:
        """Send orders that belong together."""
        self._refuse_new_orders()
        roles = ROLES[command.kind]
        if len(command.orders) != len(roles) or not command.list_id or ":" in command.list_id:
            kind = command.kind.value.upper()
            raise InvalidInput(
                f"an {kind} is a list id without a colon and {len(roles)} orders, not {len(command.orders)}"
            )
        requests = [
            msgspec.structs.replace(
                self._request(order), list_id=command.list_id, list_kind=command.kind, list_role=role
            )
            for order, role in zip(command.orders, roles, strict=True)
        ]
        self._answer(self._pipeline.submit_list(requests), requests[0].client_id)
        return f"{len(requests)} orders accepted"

    def amend(self, command: ask.AmendOrder) -> str:
        """Make an open order smaller."""
        pipeline = self._pipeline
        answer = pipeline.exchange.amend(command.client_id, command.qty, pipeline.market, pipeline.now_ms)
        if isinstance(answer, Rejection):
            raise InvalidInput(answer.text)
        return "order is smaller" if pipeline.settle(answer) else "the change is on its way"

    def replace(self, command: ask.ReplaceOrder) -> str:
        """Cancel an open order and send another one."""
        pipeline = self._pipeline
        self._refuse_new_orders()
        request = self._request(command.order)
        answer = pipeline.exchange.replace(command.client_id, request, pipeline.market, pipeline.now_ms)
        if isinstance(answer, Rejection):
            raise InvalidInput(answer.text)
        if not pipeline.settle(answer):
            return "the change is on its way"
        return self._answer((), request.client_id).replace("accepted", "replaced")

    def _request(self, command: ask.PlaceOrder) -> OrderRequest:
        if ":" in command.client_id or not command.client_id:
            raise InvalidInput(f"client order id {command.client_id!r} is empty or has a colon")
        self._pipeline.accounts.get(command.portfolio)
        return OrderRequest(**{name: getattr(command, name) for name in command.__struct_fields__})

    def preview(self, command_id: int, command: ask.PlaceOrder) -> OrderPreviewed:
        """Say what an order would do now."""
        preview = self._pipeline.exchange.preview(self._request(command), self._pipeline.market)
        return OrderPreviewed(
            command_id=command_id,
            average_price=preview.average_price,
            fillable_qty=preview.qty,
            resting_qty=preview.resting_qty,
            quote_amount=preview.quote_amount,
            fee=preview.fee,
            fee_asset=preview.fee_asset,
            slippage_ppm=preview.slippage_ppm or 0,
            levels=len(preview.levels),
            reserved=preview.reserved,
            problem="" if preview.accepted else f"{preview.reject_code} {preview.reject_reason}".strip(),
        )

    def cancel(self, command: ask.CancelOrder) -> str:
        """Cancel an open order."""
        pipeline = self._pipeline
        order = pipeline.exchange.order(command.client_id)
        if order is None or not order.status.is_open:
            raise InvalidInput(f"order {command.client_id!r} is not open; nothing was cancelled")
        pipeline.settle(pipeline.exchange.cancel(command.client_id, pipeline.market, pipeline.now_ms))
        after = pipeline.exchange.order(command.client_id)
        is_open = after is not None and after.status.is_open
        return "the cancellation is on its way" if is_open else "order cancelled"

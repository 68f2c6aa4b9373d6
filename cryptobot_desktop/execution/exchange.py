"""The paper exchange: takes orders, checks them as the venue would, and fills them on evidence only."""

from collections.abc import Iterable, Mapping, Sequence

from cryptobot_desktop.domain.facts import ExecutionFact
from cryptobot_desktop.domain.instrument import InstrumentId, Venue
from cryptobot_desktop.domain.market import MarketEvent
from cryptobot_desktop.domain.market_view import MarketView
from cryptobot_desktop.domain.orders import FeeRates, Order, OrderRequest
from cryptobot_desktop.execution.preview import OrderPreview

NOTHING: Sequence[ExecutionFact] = ()


class PaperExchange:
    """All paper orders of all portfolios. Pure: time and market come in as arguments."""

    def __init__(self, fees: Mapping[Venue, FeeRates]) -> None:
        raise NotImplementedError

    def submit(
        self, request: OrderRequest, market: MarketView, available: int, now_ms: int, position: int = 0
    ) -> Sequence[ExecutionFact]:
        """Take an order. `available` is the free ledger amount of the paying asset (quote for buys, base for sells).

        `position` is the ledger amount of the base asset held in all (free and reserved), for MAX_POSITION.
        The same `client_id` with the same payload answers with no new facts; see `order` for the earlier answer.
        """
        raise NotImplementedError

    def on_event(self, event: MarketEvent, market: MarketView, now_ms: int) -> Sequence[ExecutionFact]:
        """Fill resting orders on the evidence of one market event. Call it before strategies see the event."""
        raise NotImplementedError

    def cancel(self, client_id: str, now_ms: int, reason: str = "canceled by the user") -> Sequence[ExecutionFact]:
        """Cancel one open order; no facts when it is unknown or no longer open."""
        raise NotImplementedError

    def cancel_all(
        self,
        now_ms: int,
        *,
        portfolio: str | None = None,
        instrument: InstrumentId | None = None,
        origin: str | None = None,
        reason: str = "canceled by the user",
    ) -> Sequence[ExecutionFact]:
        """Cancel every open order that matches all given selectors, oldest first."""
        raise NotImplementedError

    def open_orders(self) -> tuple[Order, ...]:
        """Return all open orders, oldest first."""
        raise NotImplementedError

    def order(self, client_id: str) -> Order | None:
        """Return the newest state of an order (also final and rejected ones), or None."""
        raise NotImplementedError

    def restore(self, orders: Iterable[Order], market: MarketView) -> None:
        """Take up stored orders after a restart, oldest first; final ones are only remembered for idempotency."""
        raise NotImplementedError

    def preview(self, request: OrderRequest, market: MarketView, available: int | None = None) -> OrderPreview:
        """Say what `request` would do now; `available` None skips the balance check."""
        raise NotImplementedError

"""What orders live in: the market of this moment, open orders, used liquidity, confirmed prices, money and fees."""

from collections.abc import Mapping
from itertools import count

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.market import Side, Trade
from cryptobot_desktop.domain.market_view import BookView, MarketView
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.domain.orders import FeeRates, FillModel, Order, OrderRequest, OrderStatus
from cryptobot_desktop.domain.purse import Purse
from cryptobot_desktop.execution.arrival import Scene
from cryptobot_desktop.execution.depth import reference_price, usable_book
from cryptobot_desktop.execution.fees import Fees
from cryptobot_desktop.execution.filters import Checked
from cryptobot_desktop.execution.liquidity import LiquidityLedger
from cryptobot_desktop.execution.prints import ConfirmedPrints
from cryptobot_desktop.execution.rejections import Rejection, Rule, refuse
from cryptobot_desktop.execution.resting import OpenOrders, RestingOrder


class Surroundings:
    """Shared by everything inside one paper exchange. `market` is set anew with every call from outside."""

    market: MarketView

    def __init__(self, fees: Mapping[Venue, FeeRates], purse: Purse, model: FillModel) -> None:
        self.purse = purse
        self.model = model
        self.fees = Fees(fees, purse)
        self.orders: dict[str, Order] = {}
        """Every order by its client id, also ended and refused ones."""
        self.open = OpenOrders()
        self.liquidity = LiquidityLedger(remembers=model is not FillModel.OPTIMISTIC)
        self.numbers = count(1)
        self._prints: dict[InstrumentId, ConfirmedPrints] = {}

    def set_model(self, model: FillModel) -> None:
        """Decide by another fill model from now on."""
        self.model = model
        self.liquidity.remembers = model is not FillModel.OPTIMISTIC

    def instrument(self, order: Order) -> Instrument:
        """Return an open order's instrument; only watched instruments have events."""
        found = self.market.instrument(order.request.instrument)
        if found is None:
            raise InvariantBroken(f"order {order.client_id} is for {order.request.instrument}, which is not watched")
        return found

    def live_book(self, instrument: InstrumentId) -> BookView | None:
        """Return a book that may be used, or None."""
        return usable_book(self.market, instrument)[0]

    def confirmed(self, trade: Trade) -> int | None:
        """Return the trade's price when it counts for triggers, else None; on doubtful data none counts."""
        book = None
        if self.market.book(trade.instrument) is not None:
            book = self.live_book(trade.instrument)
            if book is None:
                return None
        prints = self._prints.get(trade.instrument)
        if prints is None:
            prints = self._prints[trade.instrument] = ConfirmedPrints()
        return prints.take(trade, book)

    def reference(self, instrument: InstrumentId) -> int | None:
        """Return the last confirmed price; before the first one the last trade price, else the middle of the quote."""
        prints = self._prints.get(instrument)
        if prints is not None and prints.price is not None:
            return prints.price
        return reference_price(self.market, instrument)

    def checked(
        self, request: OrderRequest, instrument: Instrument, now_ms: int, reference: int | None = None
    ) -> Checked:
        """Return an order with all that its checks look at; `reference` stands in for the market's own."""
        known = self.orders.get(request.client_id)
        return Checked(
            request=request,
            instrument=instrument,
            reference_price=self.reference(request.instrument) if reference is None else reference,
            open_orders=tuple(resting.order for resting in self.open if _is_beside(request, resting.order)),
            position=self.purse.held_of(request.portfolio, instrument.base),
            now_ms=now_ms,
            canceled_qty=known.canceled_qty if known is not None and known.request == request else 0,
        )

    def scene(self, request: OrderRequest, instrument: Instrument) -> Scene:
        """Return what an arriving order meets."""
        queue = self.open.queues.get(request.instrument)
        line = queue.side(request.side.opposite) if queue is not None else ()
        own = [r for r in line if r.order.request.portfolio == request.portfolio and _within(request, r.price)]
        return Scene(self.market, self.liquidity, own, self.fees.rates(instrument))

    def spendable(self, order: Order, instrument: Instrument) -> int:
        """Return what an order can pay with: what it holds and what is free."""
        return order.reserved + self.available(order.request, instrument)

    def available(self, request: OrderRequest, instrument: Instrument) -> int:
        """Return what is free of the paying asset."""
        return self.purse.available(request.portfolio, paying_asset(request, instrument))

    def take_in(self, order: Order, now_ms: int) -> RestingOrder:
        """Remember a new order; it is not yet at the exchange."""
        resting = RestingOrder(order, next(self.numbers), now_ms, order.kind)
        self.orders[order.client_id] = order
        self.open.add(resting)
        return resting

    def keep(self, resting: RestingOrder, order: Order) -> Order:
        """Replace the state of an open order; one that has ended is taken out."""
        resting.order = self.orders[order.client_id] = order
        if not order.status.is_open:
            self.open.remove(resting)
        return order


def paying_asset(request: OrderRequest, instrument: Instrument) -> str:
    """Return what an order pays with."""
    return instrument.quote if request.side is Side.BUY else instrument.base


def too_poor(request: OrderRequest, instrument: Instrument, needed: int, available: int) -> Rejection:
    """Return the refusal of an order that cannot be paid."""
    asset = paying_asset(request, instrument)
    need, have = (format_trimmed(amount, AMOUNT_DECIMALS) for amount in (needed, available))
    return refuse(Rule.BALANCE, instrument.venue, f"{need} {asset} are needed, {have} are free")


def _is_beside(request: OrderRequest, order: Order) -> bool:
    other = order.request
    same = other.portfolio == request.portfolio and other.instrument == request.instrument
    return same and other.client_id != request.client_id and order.status is not OrderStatus.REJECTED


def _within(request: OrderRequest, price: int) -> bool:
    """Return True when an order of the other side at `price` is in the reach of an arriving order."""
    if not request.type.has_limit or request.price is None:
        return True
    return price <= request.price if request.side is Side.BUY else price >= request.price

"""Execution facts become postings: what is reserved, paid, received, charged and released."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.facts import (
    ExecutionFact,
    OrderAccepted,
    OrderAmended,
    OrderFilled,
    OrderRejected,
    OrderTriggered,
)
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger import AccountKind, CauseKind, Posting, account
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, rescale_up
from cryptobot_desktop.domain.orders import Fill, Order
from cryptobot_desktop.portfolio.ledger import Ledger


def postings_for_deposit(portfolio: str, epoch: int, asset: str, amount: int) -> list[Posting]:
    """Return the opening transfer from world to available."""
    accounts = _Accounts(portfolio, epoch)
    cause = f"{portfolio}#{epoch}"
    return [Posting(asset, accounts.world, accounts.available, amount, CauseKind.DEPOSIT, cause)]


def postings_for_close(ledger: Ledger, portfolio: str, epoch: int) -> list[Posting]:
    """Return transfers of everything available back to world; open orders must be cancelled before."""
    accounts = _Accounts(portfolio, epoch)
    rows = sorted((asset, name, amount) for (name, asset), amount in ledger.balances().items() if amount)
    still = [asset for asset, name, _ in rows if name == accounts.reserved]
    if still:
        raise InvariantBroken(f"portfolio {portfolio} cannot close epoch {epoch}: {', '.join(still)} is still reserved")
    cause = f"{portfolio}#{epoch}"
    return [
        Posting(asset, name, accounts.world, amount, CauseKind.CLOSE_EPOCH, cause)
        for asset, name, amount in rows
        if name == accounts.available
    ]


class Journal:
    """Remembers what each open order holds, and words facts as postings. Feed it every execution fact in order."""

    def __init__(self) -> None:
        self._held: dict[str, int] = {}

    def postings_for(self, fact: ExecutionFact, instrument: Instrument, epoch: int) -> Sequence[Posting]:
        """Return the postings of one fact (none for a rejection). `instrument` is the order's own."""
        if isinstance(fact, OrderRejected):
            return []
        order = fact.order
        before = self._held.pop(order.client_id, 0)
        if order.status.is_open:
            self._held[order.client_id] = order.reserved
        if isinstance(fact, OrderAccepted):
            return postings_for_reserve(order, instrument, epoch, order.reserved)
        if isinstance(fact, (OrderTriggered, OrderAmended)) and order.reserved > before:
            return postings_for_reserve(order, instrument, epoch, order.reserved - before)
        postings: list[Posting] = []
        left = before - order.reserved
        for fill in fact.fills if isinstance(fact, OrderFilled) else ():
            postings += postings_for_fill(fill, instrument, epoch)
            left -= spent_of_reserve(fill, instrument)
        return postings + postings_for_release(order, instrument, epoch, left)

    def held(self) -> dict[str, int]:
        """Return what each open order holds, by client id."""
        return dict(self._held)

    def restore(self, orders: Iterable[Order]) -> None:
        """Take up the open orders after a restart."""
        self._held = {order.client_id: order.reserved for order in orders if order.status.is_open}


def paying_asset(order: Order, instrument: Instrument) -> str:
    """Return what an order pays with: the quote asset for buys, the base asset for sells."""
    return instrument.quote if order.request.side is Side.BUY else instrument.base


def postings_for_reserve(order: Order, instrument: Instrument, epoch: int, amount: int) -> list[Posting]:
    """Return what an order sets aside when it is accepted, or in addition when it wakes."""
    accounts = _Accounts(order.request.portfolio, epoch)
    if amount == 0:
        return []
    asset = paying_asset(order, instrument)
    return [Posting(asset, accounts.available, accounts.reserved, amount, CauseKind.RESERVE, order.client_id)]


def postings_for_fill(fill: Fill, instrument: Instrument, epoch: int) -> list[Posting]:
    """Return the transfers of one fill: reserved money goes out, what was bought or earned comes in, the fee is paid.

    A fee on top of a buy's price (FeeRule.QUOTE) comes out of the reservation, any other out of what was received.
    """
    accounts = _Accounts(fill.portfolio, epoch)
    if fill.side is Side.BUY:
        gives, given = instrument.quote, fill.quote_amount
        gets, gotten = instrument.base, instrument.base_amount(fill.qty)
    else:
        gives, given = instrument.base, rescale_up(fill.qty, instrument.qty_decimals, AMOUNT_DECIMALS)
        gets, gotten = instrument.quote, fill.quote_amount
    payer = accounts.reserved if _fee_from_reserve(fill, instrument) else accounts.available
    postings = [
        Posting(gives, accounts.reserved, accounts.world, given, CauseKind.FILL, fill.fill_id),
        Posting(gets, accounts.world, accounts.available, gotten, CauseKind.FILL, fill.fill_id),
        Posting(fill.fee_asset, payer, accounts.fees, fill.fee, CauseKind.FEE, fill.fill_id),
    ]
    return [posting for posting in postings if posting.amount]


def postings_for_release(order: Order, instrument: Instrument, epoch: int, amount: int) -> list[Posting]:
    """Return the transfer of what an order no longer needs back to available."""
    if amount < 0:
        raise InvariantBroken(f"order {order.client_id} spent {-amount} more than it had reserved")
    if amount == 0:
        return []
    accounts = _Accounts(order.request.portfolio, epoch)
    asset = paying_asset(order, instrument)
    return [Posting(asset, accounts.reserved, accounts.available, amount, CauseKind.RELEASE, order.client_id)]


def spent_of_reserve(fill: Fill, instrument: Instrument) -> int:
    """Return what a fill takes out of its order's reservation."""
    if fill.side is Side.SELL:
        return rescale_up(fill.qty, instrument.qty_decimals, AMOUNT_DECIMALS)
    return fill.quote_amount + (fill.fee if _fee_from_reserve(fill, instrument) else 0)


def _fee_from_reserve(fill: Fill, instrument: Instrument) -> bool:
    return fill.side is Side.BUY and fill.fee_asset == instrument.quote


class _EpochAccounts:
    """The account names of one portfolio epoch."""

    def __init__(self, portfolio: str, epoch: int) -> None:
        self.available = account(portfolio, epoch, AccountKind.AVAILABLE)
        self.reserved = account(portfolio, epoch, AccountKind.RESERVED)
        self.fees = account(portfolio, epoch, AccountKind.FEES)
        self.world = account(portfolio, epoch, AccountKind.WORLD)


_Accounts = lru_cache(maxsize=1_024)(_EpochAccounts)

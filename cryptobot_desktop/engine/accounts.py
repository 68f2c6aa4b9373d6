"""Portfolios while the engine runs: the ledger, positions, equity and drawdown behind one small interface."""

from collections.abc import Iterator, Mapping

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import ExecutionFact, OrderFilled
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.domain.ledger import AccountKind, PortfolioRecord, Transfer, account
from cryptobot_desktop.domain.ledger_state import LedgerState
from cryptobot_desktop.domain.market_view import MarketView
from cryptobot_desktop.domain.purse import CrossRate
from cryptobot_desktop.portfolio.accounting import Journal, postings_for_close, postings_for_deposit
from cryptobot_desktop.portfolio.ledger import START_HASH, Ledger, LedgerSnapshot
from cryptobot_desktop.portfolio.performance import Drawdown, EquityCurve
from cryptobot_desktop.portfolio.positions import Mark, PortfolioBook, Valuation, value_holdings
from cryptobot_desktop.portfolio.valuation import PriceSource, Quote, Rates

CURVE_POINTS = 600
SNAPSHOT_ROWS = 10_000
"""A start never has to replay many more ledger rows than this."""


class Account:
    """One portfolio's running epoch."""

    def __init__(self, record: PortfolioRecord) -> None:
        self.record = record
        self.book = PortfolioBook(record.name, record.asset)
        self.drawdown = Drawdown()
        self.curve = EquityCurve(CURVE_POINTS)
        self.equity = 0
        """What it was worth when `observe_equity` last looked, in the portfolio's asset."""
        self.held: dict[str, int] | None = None
        """Cache of what the ledger says is available plus reserved; None after each change."""
        self.is_cash = False
        """True while `equity` cannot have changed since it was observed: nothing is held that has a price."""
        self.available = self.name_of(AccountKind.AVAILABLE)
        """The ledger account that is asked for with every bar."""

    def name_of(self, kind: AccountKind) -> str:
        """Return the ledger account of this epoch."""
        return account(self.record.name, self.record.epoch, kind)


class Accounts:
    """All portfolios of the engine. `instruments` is shared with the market's watch list and only grows."""

    def __init__(self, market: MarketView, instruments: dict[InstrumentId, Instrument]) -> None:
        self._market = market
        self.instruments = instruments
        self._accounts: dict[str, Account] = {}
        self._pairs: dict[tuple[str, str], list[tuple[InstrumentId, Instrument]]] = {}
        self._paired = -1
        self._journal = Journal()
        self._snapshot_seq = 0
        self.ledger = Ledger()

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def restore(self, stored: StoredState) -> None:
        """Take up balances, portfolios, positions and reservations as they were stored."""
        self.ledger = Ledger(
            LedgerSnapshot(
                seq=stored.last_seq,
                head_hash=stored.last_hash or START_HASH,
                balances=tuple(sorted((name, asset, amount) for (name, asset), amount in stored.balances.items())),
            )
        )
        self._snapshot_seq = stored.snapshot_seq
        self._accounts = {record.name: Account(record) for record in stored.portfolios}
        for state in stored.books:
            self._accounts[state.portfolio].book.restore(state)
        known = {instrument.id: instrument for instrument in stored.instruments}
        for fill in stored.tail_fills:
            self._accounts[fill.portfolio].book.apply(fill, known[fill.instrument])
        self._journal.restore(stored.open_orders)

    def state(self) -> LedgerState:
        """Return what the ledger adds up to now, with the positions of all running epochs that have traded."""
        accounts = sorted(self._accounts.values(), key=lambda account: account.record.name)
        return self.ledger.state(tuple(a.book.state(a.record.epoch) for a in accounts if a.book.fills))

    def due_snapshot(self, *, ending: bool) -> LedgerState | None:
        """Return the state when it is time to write it down: every SNAPSHOT_ROWS rows, and when a session ends.

        Never before there are as many new rows as the state has figures, so that all snapshots together stay
        smaller than the ledger.
        """
        rows = self.ledger.seq - self._snapshot_seq
        if rows <= 0 or (rows < SNAPSHOT_ROWS and not ending):
            return None
        state = self.state()
        if rows < state.size:
            return None
        self._snapshot_seq = state.seq
        return state

    def get(self, name: str) -> Account:
        """Return a portfolio, or raise InvalidInput that names the known ones."""
        found = self._accounts.get(name)
        if found is None:
            known = ", ".join(self._accounts) or "none yet"
            raise InvalidInput(f"portfolio {name!r} does not exist; known portfolios: {known}")
        return found

    def has(self, name: str) -> bool:
        """Return True when there is a portfolio of that name."""
        return name in self._accounts

    def open(self, record: PortfolioRecord, now_ms: int) -> tuple[Transfer, ...]:
        """Open a portfolio (or its next epoch) with its starting cash and return the transfers."""
        transfers: tuple[Transfer, ...] = ()
        old = self._accounts.get(record.name)
        if old is not None:
            closing = postings_for_close(self.ledger, old.record.name, old.record.epoch)
            transfers += self.ledger.post(closing, now_ms)
        if record.starting_cash:
            deposit = postings_for_deposit(record.name, record.epoch, record.asset, record.starting_cash)
            transfers += self.ledger.post(deposit, now_ms)
        self._accounts[record.name] = Account(record)
        return transfers

    def settle(self, fact: ExecutionFact, instrument: Instrument) -> tuple[Transfer, ...]:
        """Post what an execution fact means for money and positions; return the new ledger rows."""
        holder = self._accounts[fact.order.request.portfolio]
        postings = self._journal.postings_for(fact, instrument, holder.record.epoch)
        transfers = self.ledger.post(postings, fact.at_ms) if postings else ()
        holder.held, holder.is_cash = None, False
        if isinstance(fact, OrderFilled):
            for fill in fact.fills:
                holder.book.apply(fill, instrument)
        return transfers

    def available(self, name: str, asset: str) -> int:
        """Return what may be spent of an asset, as a ledger amount."""
        return self.ledger.balance(self._accounts[name].available, asset)

    def held_of(self, name: str, asset: str) -> int:
        """Return what is free and reserved of an asset."""
        return self.held(name).get(asset, 0)

    def rate(self, asset: str, into: str) -> CrossRate | None:
        """Return the last price between two assets, or None when no watched instrument tells it."""
        mark = self.mark(asset, into)
        if mark is None:
            return None
        unit = 10**mark.instrument.price_decimals
        return CrossRate(mark.price, unit) if mark.instrument.base == asset else CrossRate(unit, mark.price)

    def reserved(self, name: str, asset: str) -> int:
        """Return what open orders hold of an asset."""
        return self.ledger.balance(self._accounts[name].name_of(AccountKind.RESERVED), asset)

    def fees_paid(self, name: str) -> dict[str, int]:
        """Return what the running epoch has paid in fees, per asset."""
        fees = self._accounts[name].name_of(AccountKind.FEES)
        return {asset: amount for (holder, asset), amount in self.ledger.balances().items() if holder == fees}

    def held(self, name: str) -> dict[str, int]:
        """Return available plus reserved per asset, without zeros."""
        holder = self._accounts[name]
        if holder.held is None:
            holder.held = self.ledger.held(name, holder.record.epoch)
        return holder.held

    def value(self, name: str, asset: str) -> Valuation:
        """Return everything a portfolio holds, valued in `asset` at the last prices."""
        held = self.held(name)
        if len(held) == 1 and asset in held:
            return Valuation(held[asset])  # only the asset itself, so there is nothing to price
        marks = {other: mark for other in held if other != asset and (mark := self.mark(other, asset)) is not None}
        valuation = value_holdings(held, asset, marks)
        return _across(valuation, held, asset, self.rates()) if valuation.unpriced else valuation

    def rates(self) -> Rates:
        """Return the last prices of everything watched, for values that no single price gives."""
        found = ((i, self._market.last_price(key)) for key, i in sorted(self.instruments.items()))
        return Rates(Quote(instrument, price, PriceSource.LAST) for instrument, price in found if price is not None)

    def mark(self, asset: str, quote: str) -> Mark | None:
        """Return the last price between two assets, either way round, or None when none is watched."""
        if len(self.instruments) != self._paired:
            self._pair_up()
        for key, instrument in self._pairs.get((asset, quote), ()):
            price = self._market.last_price(key)
            if price is not None:
                return Mark(instrument, price)
        return None

    def _pair_up(self) -> None:
        """Note which instruments price which assets; done anew when instruments were added."""
        self._paired = len(self.instruments)
        self._pairs = {}
        for key, instrument in self.instruments.items():
            for pair in ((instrument.base, instrument.quote), (instrument.quote, instrument.base)):
                self._pairs.setdefault(pair, []).append((key, instrument))

    def observe_equity(self, now_ms: int) -> None:
        """Add the present equity of each portfolio to its curve and drawdown; a partly unpriced one is left out."""
        for name, holder in self._accounts.items():
            if holder.is_cash:
                holder.curve.add(now_ms, holder.equity)
                continue
            valuation = self.value(name, holder.record.asset)
            holder.equity = valuation.equity
            holder.is_cash = self.held(name).keys() <= {holder.record.asset}
            if not valuation.unpriced:
                holder.drawdown.update(valuation.equity)
                holder.curve.add(now_ms, valuation.equity)


def _across(valuation: Valuation, held: Mapping[str, int], asset: str, rates: Rates) -> Valuation:
    """Add what has a value only through a third asset."""
    equity, unpriced = valuation.equity, []
    for name in valuation.unpriced:
        worth = rates.value(name, held[name], asset).amount
        if worth is None:
            unpriced.append(name)
        else:
            equity += worth
    return Valuation(equity, tuple(unpriced))

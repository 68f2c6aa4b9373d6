"""The way of a price, step by step: market, paper exchange, ledger, strategies, risk, orders.

Plain function calls in the order of the stages; live, replay, backtest and the built-in market all
come through `Pipeline.process`. Only the source of events and the clock differ.
"""

from collections.abc import Iterable, Sequence

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.facts import (
    DecisionMade,
    ExecutionFact,
    FeedStateChanged,
    OrderAccepted,
    OrderAmended,
    OrderFilled,
)
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.market import Candle, FeedState, FeedStatus, Received, Side
from cryptobot_desktop.domain.orders import FeeRates, Intent, OrderRequest
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.accounts import Accounts
from cryptobot_desktop.engine.bots import Bot, BotRoster
from cryptobot_desktop.engine.fingerprint import LedgerFingerprint
from cryptobot_desktop.engine.intent_orders import OrderMaker
from cryptobot_desktop.engine.outbox import Outbox
from cryptobot_desktop.execution.exchange import PaperExchange
from cryptobot_desktop.marketdata.market_state import MarketState
from cryptobot_desktop.portfolio.trades_hash import TradesHash
from cryptobot_desktop.risk import AccountView, KillSwitch, Outcome, Reason, Verdict, judge
from cryptobot_desktop.strategies.strategy import StrategyView

CANCELED = Verdict(outcome=Outcome.ALLOWED, qty=0, wanted_qty=0)
"""Risk never stands in the way of a cancel."""


class Totals:
    """What a session has done so far; the figures of its report."""

    def __init__(self) -> None:
        self.market_events = 0
        self.orders = 0
        self.fills = 0
        self.trades_hash = TradesHash()
        self.ledger_hash = LedgerFingerprint()


class Pipeline:
    """Owns all trading state of a session. One thread calls it, event by event."""

    def __init__(  # the stages, built by assembly.py
        self,
        market: MarketState,
        exchange: PaperExchange,
        accounts: Accounts,
        outbox: Outbox,
        *,
        session_id: str,
        base: Timeframe,
    ) -> None:
        self.market = market
        self.base = base
        self.exchange = exchange
        self.outbox = outbox
        self.accounts = accounts
        self.known = accounts.instruments
        """Watched instruments and those that stored orders refer to."""
        self.bots = BotRoster()
        self.kill_switch = KillSwitch()
        self.fees: dict[str, FeeRates] = {}
        self.totals = Totals()
        self.no_intake = ""
        """Why no new order is taken, e.g. for want of disk space; empty while orders are."""
        self.now_ms = 0
        self.session_id = session_id
        self._next_id = 1

    def process(self, received: Received) -> None:
        """Take one market event through all stages. Nothing is told to anybody before the outbox is flushed."""
        event, received_ms = received.event, received.received_ms
        if received_ms > self.now_ms:  # noqa: PLR1730 - with every event, and a call costs more
            self.now_ms = received_ms
        self.totals.market_events += 1
        if self.exchange.travel.next_ms <= self.now_ms:
            self.settle(self.exchange.advance(self.market, self.now_ms))  # 5 what was on its way arrives first
        follows = self.market.apply(event, received_ms)  # 1 market data
        if follows is None:
            return
        facts = self.exchange.on_event(event, self.market, self.now_ms)  # 5 resting orders meet the event
        if facts:
            self.settle(facts)  # 6 ledger
        for derived in follows:
            if isinstance(derived, Candle):
                self._on_bar(derived)
            elif isinstance(derived, FeedStatus):
                told = FeedStateChanged(derived.instrument, derived.state, derived.reason, self.now_ms)
                self.outbox.add_fact(told)

    def settle(self, facts: Iterable[ExecutionFact]) -> Sequence[ExecutionFact]:
        """Post execution facts to the ledger and queue them for the store and the listeners; returns them.

        The exchange makes each fact only when the one before is settled, so that it knows what is free.
        """
        settled: list[ExecutionFact] = []
        for fact in facts:
            self._settle(fact)
            settled.append(fact)
        return settled

    def _settle(self, fact: ExecutionFact) -> None:
        order = fact.order
        instrument = self._known(order.request.instrument)
        transfers = self.accounts.settle(fact, instrument)
        self.totals.ledger_hash.add(transfers)
        self.outbox.add_transfers(transfers)
        kept = self.exchange.order(order.client_id)
        # A reused id leaves the first order as it is.
        if kept is order or kept is None or kept.request == order.request:
            self.outbox.add_order(order, instrument)
        bot = self.bots.find(order.client_id)
        if isinstance(fact, OrderFilled):
            self._take_fills(fact, instrument, bot)
        elif isinstance(fact, OrderAccepted):
            self.totals.orders += 1
        if bot is not None:
            (bot.open_orders.add if order.status.is_open else bot.open_orders.discard)(order.client_id)
        if not isinstance(fact, OrderAmended) or fact.what != "trailed":  # every new best price would be a notice
            self.outbox.add_fact(fact)

    def submit(self, request: OrderRequest) -> Sequence[ExecutionFact]:
        """Send an order to the paper exchange and settle the answer."""
        self._known(request.instrument)
        return self.settle(self.exchange.submit(request, self.market, self.now_ms))

    def submit_list(self, requests: Sequence[OrderRequest]) -> Sequence[ExecutionFact]:
        """Send orders that belong together and settle the answer."""
        self._known(requests[0].instrument)
        return self.settle(self.exchange.submit_list(requests, self.market, self.now_ms))

    def market_instruments(self) -> dict[InstrumentId, Instrument]:
        """Return the instruments that are watched now."""
        return {key: found for key, found in self.known.items() if self.market.instrument(key) is not None}

    def next_id(self, origin: str) -> str:
        """Return a new client order id of this session; it names its origin."""
        number, self._next_id = self._next_id, self._next_id + 1
        return f"{origin}:{self.session_id}-{number}"

    def account_view(self, portfolio: str, instrument: Instrument, *, side: Side, bot: Bot | None) -> AccountView:
        """Return what risk may know about a portfolio before an order on an instrument."""
        quote = instrument.quote
        equity = self.accounts.value(portfolio, quote).equity
        free = self.accounts.available(portfolio, quote)
        free_base = self.accounts.available(portfolio, instrument.base)
        sellable = free_base if bot is None else min(free_base, bot.base_held)
        state = self.market.state(instrument.id)
        return AccountView(
            instrument=instrument,
            equity=equity,
            free_quote=free,
            position_qty=instrument.qty_from_amount(max(0, sellable)),
            exposure=max(0, equity - free),
            reference_price=self._reference_price(instrument, side),
            open_orders=len(bot.open_orders) if bot is not None else 0,
            feed_live=state is FeedState.LIVE,
            feed_note=self.market.reason(instrument.id),
            kill_switch=self.kill_switch,
            fees=self.fees.get(instrument.venue, FeeRates()),
        )

    def _on_bar(self, bar: Candle) -> None:
        if bar.timeframe is self.base:
            self.accounts.observe_equity(self.now_ms)
        for bot in self.bots.listeners(bar.instrument, bar.timeframe):
            if bot.strategy.take(bar) and bot.is_running:
                intent = bot.strategy.decide(bar, self._strategy_view(bot))  # 3 strategy
                if intent is not None:
                    self._decide(bot, intent)  # 4 risk
            self.outbox.touch_bot(bot)

    def _strategy_view(self, bot: Bot) -> StrategyView:
        instrument, portfolio, held = bot.instrument, bot.record.portfolio, bot.base_held
        quote = instrument.quote
        return StrategyView(
            position_qty=instrument.qty_from_amount(held) if held > 0 else 0,
            free_quote=self.accounts.available(portfolio, quote),
            equity=self._equity(portfolio, quote),
            now_ms=self.now_ms,
            has_open_order=bool(bot.open_orders),
        )

    def _equity(self, portfolio: str, quote: str) -> int:
        """Return equity in the quote asset as of the bar that just closed."""
        account = self.accounts.get(portfolio)
        return account.equity if account.record.asset == quote else self.accounts.value(portfolio, quote).equity

    def _decide(self, bot: Bot, intent: Intent) -> None:
        """Ask risk, store its answer with all reasons, and send what is allowed."""
        if intent.cancels:
            self._cancel_own(bot)
        if intent.only_cancels:
            self.outbox.add_decision(self._decision(bot, intent, CANCELED, ""))
            bot.last_decision = f"allowed: {intent.reason}"
            return
        account = self.account_view(bot.record.portfolio, bot.instrument, side=intent.side, bot=bot)
        verdict = judge(intent, account, bot.limits)
        if self.no_intake:
            verdict = _refused(verdict, self.no_intake)
        client_id = "" if verdict.outcome is Outcome.VETOED else self.next_id(bot.name)
        self.outbox.add_decision(self._decision(bot, intent, verdict, client_id))
        bot.last_decision = f"{verdict.outcome.value}: {verdict.text or intent.reason}"
        if client_id:
            maker = OrderMaker(bot, lambda: self.next_id(bot.name), account.fees, self.now_ms)
            orders = maker.orders(intent, verdict.qty, client_id)
            bot.orders += len(orders)
            if len(orders) == 1:
                self.submit(orders[0])  # 5 paper exchange
            else:
                self.submit_list(orders)

    def _cancel_own(self, bot: Bot) -> None:
        """Ask the exchange to cancel what a bot has open."""
        for client_id in sorted(bot.open_orders):
            reason = f"canceled by bot {bot.name}"
            self.settle(self.exchange.cancel(client_id, self.market, self.now_ms, reason))

    def _decision(self, bot: Bot, intent: Intent, verdict: Verdict, client_id: str) -> DecisionMade:
        return DecisionMade(
            decision_id=client_id or self.next_id(bot.name),
            bot=bot.name,
            portfolio=bot.record.portfolio,
            intent=intent,
            outcome=verdict.outcome.value,
            qty=verdict.qty,
            reasons=tuple((reason.rule, reason.text) for reason in verdict.reasons),
            client_id=client_id,
            at_ms=self.now_ms,
        )

    def _take_fills(self, fact: OrderFilled, instrument: Instrument, bot: Bot | None) -> None:
        self.totals.fills += len(fact.fills)
        self.outbox.add_fills(fact.fills)
        for fill in fact.fills:
            self.totals.trades_hash.add(fill, instrument)
            if bot is not None:
                bot.take_fill(fill)

    def _reference_price(self, instrument: Instrument, side: Side) -> int:
        """Return where a market order would begin to fill, 0 when nothing is known."""
        book = self.market.book(instrument.id)
        if book is not None:
            level = book.best_ask() if side is Side.BUY else book.best_bid()
            if level is not None:
                return level[0]
        return self.market.last_price(instrument.id) or 0

    def _known(self, instrument_id: InstrumentId) -> Instrument:
        found = self.market.instrument(instrument_id) or self.known.get(instrument_id)
        if found is None:
            raise InvalidInput(f"instrument {instrument_id} is not watched; add it to the market watch first")
        return found


def _refused(verdict: Verdict, why: str) -> Verdict:
    reasons = (*verdict.reasons, Reason("intake", why))
    return Verdict(outcome=Outcome.VETOED, qty=0, wanted_qty=verdict.wanted_qty, reasons=reasons)

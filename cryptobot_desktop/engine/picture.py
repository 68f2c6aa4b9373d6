"""Draws immutable snapshots of the engine's state; parts that rarely change are kept until they do."""

from collections import deque

import msgspec

from cryptobot_desktop.domain.facts import DecisionMade, Fact, OrderCanceled, OrderFilled, OrderRejected
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import StoredState
from cryptobot_desktop.domain.market import FeedState, MarketEvent, Side, Trade
from cryptobot_desktop.domain.numbers import PPM
from cryptobot_desktop.domain.orders import FeeRates, Fill, Order
from cryptobot_desktop.engine.accounts import Account
from cryptobot_desktop.engine.assembly import Assembled
from cryptobot_desktop.engine.bots import Bot
from cryptobot_desktop.engine.session import MarketSource
from cryptobot_desktop.engine.snapshot import (
    BookCard,
    BotCard,
    EngineSnapshot,
    FeedCard,
    InstrumentCard,
    MarketCard,
    PortfolioCard,
    PositionCard,
    SimulationCard,
)
from cryptobot_desktop.portfolio.positions import Mark, Position, mark_value, unrealised

BOOK_LEVELS = 20
TAPE_LENGTH = 60


class EngineMood(msgspec.Struct):
    """How the engine as a whole is: its state, the message about it, and the figures of its feed."""

    state: str = "starting"
    message: str = ""
    lag_ms: float = 0.0
    trouble: str = ""
    """Why the venue does not give what books need; empty while it does."""
    weight_used: int = 0
    weight_limit: int = 0
    recording_ended: str = ""
    """Why the session is no longer recorded; empty while it is, or never was."""


class Picture:
    """Watches facts and trades go by and draws the whole on request."""

    def __init__(self, session: Assembled, market: MarketCard, mood: EngineMood) -> None:
        self._session = session
        self._market = market
        self._mood = mood
        self._seq = 0
        spec = session.spec
        self._simulation = SimulationCard(
            fill_model=spec.fill_model, latency=spec.latency, fees=spec.fees or FeeRates()
        )
        self._received_ms: dict[InstrumentId, int] = {}
        self._tapes: dict[InstrumentId, deque[Trade]] = {}
        self._fills: deque[Fill] = deque(maxlen=500)
        self._closed: deque[Order] = deque(maxlen=200)
        self._decisions: deque[DecisionMade] = deque(maxlen=500)
        self._tuples: tuple[tuple[Fill, ...], tuple[Order, ...], tuple[DecisionMade, ...]] | None = None

    def restore(self, stored: StoredState) -> None:
        """Begin with what was stored."""
        self._fills.extend(stored.fills[-500:])
        self._closed.extend(stored.closed_orders)
        self._decisions.extend(stored.decisions)
        self._tuples = None

    def see_event(self, event: MarketEvent, received_ms: int) -> None:
        """Note when an instrument was heard of last, and its newest trades."""
        key = getattr(event, "instrument", None)
        if key is None:
            return
        self._received_ms[key] = received_ms
        if isinstance(event, Trade):
            self._tapes.setdefault(key, deque(maxlen=TAPE_LENGTH)).appendleft(event)

    def see_fact(self, fact: Fact) -> None:
        """Keep the newest fills, finished orders and decisions."""
        if isinstance(fact, OrderFilled):
            self._fills.extend(fact.fills)
        if isinstance(fact, OrderFilled | OrderCanceled | OrderRejected) and not fact.order.status.is_open:
            self._closed.append(fact.order)
        elif isinstance(fact, DecisionMade):
            self._decisions.append(fact)
        self._tuples = None

    def draw(self) -> EngineSnapshot:
        """Return the present state."""
        session, pipeline, mood = self._session, self._session.pipeline, self._mood
        self._seq += 1
        if self._tuples is None:
            self._tuples = (tuple(self._fills), tuple(self._closed), tuple(self._decisions))
        fills, closed, decisions = self._tuples
        instruments = pipeline.market_instruments().values()
        return EngineSnapshot(
            seq=self._seq,
            at_ms=pipeline.now_ms,
            session_id=session.record.session_id,
            engine_state=mood.state,
            engine_message=mood.message,
            market=self._market,
            kill_tripped=pipeline.kill_switch.tripped,
            kill_reason=pipeline.kill_switch.reason,
            instruments=tuple(self._instrument(instrument) for instrument in instruments),
            focus=self._book(),
            portfolios=tuple(self._portfolio(account) for account in pipeline.accounts),
            open_orders=session.exchange.open_orders(),
            bots=tuple(self._bot(bot) for bot in pipeline.bots),
            fills=fills,
            closed_orders=closed,
            decisions=decisions,
            feeds=(self._lamp(),),
            market_events=pipeline.totals.market_events,
            lag_ms=mood.lag_ms,
            weight_used=mood.weight_used,
            weight_limit=mood.weight_limit,
            capsule=session.recorder.where,
            recording_ended=mood.recording_ended,
            simulation=self._simulation,
        )

    def _instrument(self, instrument: Instrument) -> InstrumentCard:
        market = self._session.market
        ticker = market.ticker(instrument.id)
        bid, ask = self._touch(instrument.id)
        last = market.last_price(instrument.id)
        change = None
        if ticker is not None and ticker.open and last is not None:
            change = (last - ticker.open) * PPM // ticker.open
        heard = self._received_ms.get(instrument.id)
        return InstrumentCard(
            instrument=instrument,
            state=market.state(instrument.id),
            reason=market.reason(instrument.id),
            last=last,
            bid=bid,
            ask=ask,
            change_ppm=change,
            high=ticker.high if ticker is not None else None,
            low=ticker.low if ticker is not None else None,
            volume=ticker.volume if ticker is not None else None,
            age_ms=None if heard is None else max(0, self._session.pipeline.now_ms - heard),
            fees=self._session.pipeline.fees.get(instrument.venue, FeeRates()),
        )

    def _touch(self, key: InstrumentId) -> tuple[int | None, int | None]:
        market = self._session.market
        book = market.book(key)
        if book is not None and book.is_live:
            bid, ask = book.best_bid(), book.best_ask()
            return (bid[0] if bid else None, ask[0] if ask else None)
        quote = market.quote(key)
        return (quote.bid or None, quote.ask or None) if quote is not None else (None, None)

    def _book(self) -> BookCard | None:
        focus = self._session.desk.focus
        book = self._session.market.book(focus) if focus is not None else None
        if focus is None or book is None:
            return None
        return BookCard(
            focus,
            book.is_live,
            book.why_not_live,
            book.update_id,
            book.top(Side.BUY, BOOK_LEVELS),
            book.top(Side.SELL, BOOK_LEVELS),
            tuple(self._tapes.get(focus, ())),
        )

    def _portfolio(self, account: Account) -> PortfolioCard:
        accounts, record = self._session.pipeline.accounts, account.record
        valuation = accounts.value(record.name, record.asset)
        positions = tuple(self._position(record.name, position) for position in account.book.positions())
        start = record.starting_cash
        return PortfolioCard(
            name=record.name,
            epoch=record.epoch,
            asset=record.asset,
            starting_cash=start,
            equity=valuation.equity,
            available=accounts.available(record.name, record.asset),
            reserved=accounts.reserved(record.name, record.asset),
            realized=account.book.realised(),
            unrealized=sum(card.unrealized for card in positions if card is not None),
            fees=account.book.fees(),
            change_ppm=(valuation.equity - start) * PPM // start if start else 0,
            max_drawdown_ppm=account.drawdown.ppm,
            is_estimated=bool(valuation.unpriced),
            positions=tuple(card for card in positions if card is not None),
            equity_points=account.curve.points(),
        )

    def _position(self, portfolio: str, position: Position) -> PositionCard | None:
        """Return a held position; None when nothing is left of it or its instrument is unknown."""
        known = self._session.pipeline.known.values()
        instrument = next((i for i in known if (i.base, i.quote) == (position.base, position.quote)), None)
        if instrument is None or position.quantity <= 0:
            return None
        last = self._session.market.last_price(instrument.id)
        mark = Mark(instrument, last) if last is not None else None
        return PositionCard(
            portfolio=portfolio,
            instrument=instrument.id,
            asset=position.base,
            qty=instrument.qty_from_amount(position.quantity),
            average_cost=position.average_price(instrument) or 0,
            last=last,
            value=mark_value(position.base, position.quantity, position.quote, mark) or 0,
            unrealized=(unrealised(position, mark) or 0) if mark is not None else 0,
            realized=position.realised_fifo,
        )

    def _bot(self, bot: Bot) -> BotCard:
        return BotCard(
            record=bot.record,
            instrument_name=bot.instrument.name,
            ready=bot.is_ready,
            last_decision=bot.last_decision,
            orders=bot.orders,
            fills=bot.fills,
            realized=bot.realized,
            indicators=tuple(bot.strategy.indicators().items()),
        )

    def _lamp(self) -> FeedCard:
        """Return the worst state of all watched instruments as the venue's lamp."""
        market, name = self._session.market, self._session.spec.venue.value
        if self._session.spec.source is not MarketSource.LIVE:
            name = f"{name} (emulated)"
        states = [(market.state(key), market.reason(key)) for key in market.watched]
        if self._mood.state == "starting" and self._mood.message:
            return FeedCard(name, FeedState.OFFLINE, self._mood.message)
        if not states:
            return FeedCard(name, FeedState.CONNECTING, "no instrument is watched")
        worst, reason = max(states, key=lambda entry: _SEVERITY[entry[0]])
        if self._mood.trouble and worst is not FeedState.LIVE:
            reason = f"{reason}: {self._mood.trouble}"
        return FeedCard(name, worst, reason or worst.value)


_SEVERITY = {
    FeedState.LIVE: 0,
    FeedState.SYNCING: 1,
    FeedState.CONNECTING: 2,
    FeedState.SUSPECT: 3,
    FeedState.STALE: 4,
    FeedState.OFFLINE: 5,
}

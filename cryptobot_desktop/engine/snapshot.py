"""Immutable pictures of the engine's state for front ends; the newest one wins, none is queued.

Prices and quantities are scaled integers of the card's instrument, money is in ledger amounts
(8 decimals), rates and changes in parts per million, times in UTC milliseconds.
"""

from msgspec import Struct

from cryptobot_desktop.domain.facts import DecisionMade
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.ledger import BotRecord
from cryptobot_desktop.domain.market import FeedState, Level, Trade
from cryptobot_desktop.domain.orders import FeeRates, Fill, FillModel, Order


class MarketCard(Struct, frozen=True, kw_only=True):
    """Where prices come from."""

    source: str
    """``live``, ``synthetic`` or ``recording``."""
    label: str
    """For people: ``Binance live``, ``synthetic market, seed 7``, ``recording btcusdt.jsonl.gz``."""
    synthetic: bool


class SimulationCard(Struct, frozen=True, kw_only=True):
    """How kind the running session is: how orders fill, how long they travel, what they pay."""

    fill_model: FillModel = FillModel.PESSIMISTIC
    latency: Latency = Latency()
    fees: FeeRates = FeeRates()


class InstrumentCard(Struct, frozen=True, kw_only=True):
    """One row of the market watch; None where nothing is known yet."""

    instrument: Instrument
    state: FeedState
    reason: str
    last: int | None = None
    bid: int | None = None
    ask: int | None = None
    change_ppm: int | None = None
    high: int | None = None
    low: int | None = None
    volume: int | None = None
    age_ms: int | None = None
    """Time since the newest message of this instrument."""
    fees: FeeRates = FeeRates()


class BookCard(Struct, frozen=True):
    """Top of the focused instrument's book and its newest trades (newest first)."""

    instrument: InstrumentId
    is_live: bool
    why_not_live: str
    update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    trades: tuple[Trade, ...]


class PositionCard(Struct, frozen=True, kw_only=True):
    """A holding of one base asset, valued at the last price of its instrument."""

    portfolio: str
    instrument: InstrumentId
    asset: str
    qty: int
    """Scaled quantity of the instrument; remainders below its precision are left out."""
    average_cost: int
    """Scaled price of the instrument."""
    last: int | None
    value: int
    unrealized: int
    realized: int


class PortfolioCard(Struct, frozen=True, kw_only=True):
    """One portfolio. `is_estimated` marks an equity that rests on an old or missing price."""

    name: str
    epoch: int
    asset: str
    starting_cash: int
    equity: int
    available: int
    reserved: int
    realized: int
    unrealized: int
    fees: int
    change_ppm: int
    max_drawdown_ppm: int
    is_estimated: bool
    positions: tuple[PositionCard, ...]
    equity_points: tuple[tuple[int, int], ...]
    """(time, equity), at most 600 points."""


class BotCard(Struct, frozen=True, kw_only=True):
    """One bot: what it is, what it does and what it thought last."""

    record: BotRecord
    instrument_name: str
    ready: bool
    """False while its indicators warm up."""
    last_decision: str
    orders: int
    fills: int
    realized: int
    indicators: tuple[tuple[str, float | None], ...] = ()


class FeedCard(Struct, frozen=True):
    """One lamp of the status bar."""

    name: str
    state: FeedState
    text: str
    latency_ms: int | None = None


class EngineSnapshot(Struct, frozen=True, kw_only=True):
    """Everything a front end shows, as of one moment."""

    seq: int
    at_ms: int
    """Market time."""
    session_id: str
    engine_state: str
    """``starting``, ``running``, ``finished``, ``halted`` or ``faulted``."""
    engine_message: str
    market: MarketCard
    kill_tripped: bool
    kill_reason: str
    instruments: tuple[InstrumentCard, ...]
    focus: BookCard | None
    portfolios: tuple[PortfolioCard, ...]
    open_orders: tuple[Order, ...]
    bots: tuple[BotCard, ...]
    fills: tuple[Fill, ...]
    """Newest last, at most 500."""
    closed_orders: tuple[Order, ...]
    """Newest last, at most 200."""
    decisions: tuple[DecisionMade, ...]
    """Newest last, at most 500."""
    feeds: tuple[FeedCard, ...]
    market_events: int
    lag_ms: float
    weight_used: int = 0
    weight_limit: int = 0
    capsule: str = ""
    """The file in which this session is recorded; empty when it is not recorded at all."""
    recording_ended: str = ""
    """Why the recording ended before the session; empty while all is well."""
    simulation: SimulationCard = SimulationCard()

"""What a session is made of: market source, instruments, bots, portfolio, pace. Plain, validated data."""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FeeRates, FillModel
from cryptobot_desktop.domain.timeframe import Timeframe


class MarketSource(StrEnum):
    """Where prices come from."""

    LIVE = "live"
    SYNTHETIC = "synthetic"
    RECORDING = "recording"


class MarketShape(Struct, frozen=True):
    """What a market source gives: order books or not, and its shortest bars; longer ones are rolled up."""

    has_books: bool = True
    base: Timeframe = Timeframe.M1


class BotSpec(Struct, frozen=True, kw_only=True):
    """A bot as asked for on the command line or in the wizard; params are texts as typed."""

    strategy: str
    params: dict[str, str] = {}
    symbol: str = ""
    """Any spelling; empty = the session's first instrument."""
    max_trade_ppm: int = 100_000
    max_exposure_ppm: int = 1_000_000


class SessionSpec(Struct, frozen=True, kw_only=True):
    """One run of the engine. `speed` 0 means as fast as possible, else a multiple of real time."""

    source: MarketSource = MarketSource.SYNTHETIC
    venue: Venue = Venue.BINANCE
    symbols: tuple[str, ...] = ("BTC/USDT",)
    """Any spelling; empty = all that a recording holds."""
    timeframe: Timeframe = Timeframe.M1
    """On which bars bots trade."""
    timeframe_is_open: bool = False
    """True when nobody named a timeframe: a candle file's own bars are used then."""
    bots: tuple[BotSpec, ...] = ()
    default_bots: tuple[BotSpec, ...] = ()
    """What trades when neither `bots` names one nor the portfolio has one."""
    portfolio: str = "main"
    cash: str = "10000 USDT"
    seed: int = 7
    recording: str = ""
    speed: int = 1
    duration_ms: int | None = None
    """Market time for synthetic and recorded markets, wall time for live ones; None = until stopped."""
    fees: FeeRates | None = None
    """None = the venue's default."""
    fill_model: FillModel = FillModel.PESSIMISTIC
    latency: Latency = Latency()

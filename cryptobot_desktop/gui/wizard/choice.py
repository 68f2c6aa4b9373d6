"""What the wizard asks for and what comes out of it: plain, checked data."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FeeRates, FillModel
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec


class MarketChoice(StrEnum):
    """Where prices shall come from."""

    SYNTHETIC = "synthetic"
    BINANCE = "binance"
    KUCOIN = "kucoin"


class SetupChoice(Struct, frozen=True, kw_only=True):
    """The answers of the wizard; the defaults are what Skip takes. `cash` is plain decimal text."""

    market: MarketChoice = MarketChoice.SYNTHETIC
    symbols: tuple[str, ...] = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    portfolio: str = "main"
    cash: str = "10000"
    asset: str = "USDT"
    fees: FeeRates = FeeRates()
    fill_model: FillModel = FillModel.PESSIMISTIC
    latency: Latency = Latency()
    strategy: str = "sma_cross"
    """Empty = no bot for now."""
    params: dict[str, str] = {}
    bot_timeframe: Timeframe = Timeframe.M1
    max_trade_ppm: int = 100_000
    max_exposure_ppm: int = 1_000_000
    theme: str = "dark"
    data_dir: str = ""
    """Empty = the place that the program proposes."""

    def session(self) -> SessionSpec:
        """Return the session that these answers mean."""
        live = self.market is not MarketChoice.SYNTHETIC
        bot = BotSpec(
            strategy=self.strategy,
            params=self.params,
            max_trade_ppm=self.max_trade_ppm,
            max_exposure_ppm=self.max_exposure_ppm,
        )
        return SessionSpec(
            source=MarketSource.LIVE if live else MarketSource.SYNTHETIC,
            venue=Venue.KUCOIN if self.market is MarketChoice.KUCOIN else Venue.BINANCE,
            symbols=self.symbols,
            timeframe=self.bot_timeframe,
            bots=(bot,) if self.strategy else (),
            portfolio=self.portfolio,
            cash=f"{self.cash} {self.asset}",
            fees=self.fees,
            fill_model=self.fill_model,
            latency=self.latency,
        )


class ConnectionReport(Struct, frozen=True):
    """How a connection test ended; `text` says it in words, e.g. ``Binance answered in 84 ms``."""

    ok: bool
    text: str


ConnectionTest = Callable[[MarketChoice, Callable[[ConnectionReport], None]], None]
"""Starts a test and returns at once; the report may come from any thread."""

CurveSource = Callable[[str, dict[str, str], Callable[[Sequence[float]], None]], None]
"""Starts a small backtest of (strategy, params); the equity points may come from any thread."""


class WizardPorts(Struct, frozen=True, kw_only=True):
    """What the app can do for the wizard; whatever is absent is said to be so on its page."""

    default_data_dir: str = ""
    test_connection: ConnectionTest | None = None
    backtest_curve: CurveSource | None = None

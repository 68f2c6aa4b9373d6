"""Mean reversion on the relative strength index: buy the recovery, sell the strength."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.domain.orders import Intent
from cryptobot_desktop.domain.parameters import Parameter, ParameterKind, share_to_ppm
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.indicators.indicator import State
from cryptobot_desktop.indicators.momentum import Rsi
from cryptobot_desktop.strategies.crossing import Crossing, Relation
from cryptobot_desktop.strategies.strategy import SIZE, Strategy, StrategyParams, StrategyView, read_state

_FORGETTING_PERIODS = 20
"""After so many periods Wilder's average has forgotten its start: (1 - 1/n)**(20 n) is about 2e-9."""


class RsiReversionParams(StrategyParams, frozen=True):
    """Bars in Wilder's average, the two levels and the share of equity per buy."""

    period: int
    low: Decimal
    high: Decimal
    size: Decimal


class _State(Struct):
    rsi: dict[str, Any]
    crossing: tuple[Relation, Relation]


class RsiReversion(Strategy):
    """Long only. Waits for weakness to end instead of buying into it.

    Buys `size` of equity when the RSI rises above `low` after having been below it, is still under
    `high`, and nothing is held. Sells the whole position on a close with the RSI above `high`; as long
    as it stays above, a sale that could not be made is asked for again. Equal to a level is neither
    above nor below (see `Crossing`).
    """

    name = "rsi_reversion"
    title = "RSI mean reversion"
    PARAMETERS = (
        Parameter(
            name="period",
            kind=ParameterKind.INTEGER,
            default=14,
            minimum=2,
            maximum=5_000,
            help="closed candles in Wilder's average",
        ),
        Parameter(
            name="low",
            kind=ParameterKind.NUMBER,
            default=Decimal(30),
            minimum=Decimal(0),
            minimum_excluded=True,
            maximum=Decimal(99),
            help="buy when the RSI rises back above this level; must be below high",
        ),
        Parameter(
            name="high",
            kind=ParameterKind.NUMBER,
            default=Decimal(70),
            minimum=Decimal(1),
            maximum=Decimal("99.99"),
            help="sell when the RSI is above this level",
        ),
        SIZE,
    )
    ORDERED = (("low", "high"),)
    Params = RsiReversionParams
    over_price = False

    def __init__(self, instrument: Instrument, timeframe: Timeframe, params: RsiReversionParams) -> None:
        super().__init__(instrument, timeframe, params)
        self._size_ppm = share_to_ppm(params.size)
        self._low, self._high = float(params.low), float(params.high)
        self._levels = (f"{params.low.normalize():f}", f"{params.high.normalize():f}")
        self._period = params.period
        self._rsi = Rsi(params.period)
        self._crossing = Crossing()

    @property
    def warmup_bars(self) -> int:
        """Return the bars of the first RSI: the next one after them can cross."""
        return self._rsi.warm_up

    @property
    def history_bars(self) -> int:
        """Return the bars after which the RSI no longer depends on where it began (to about 2e-9)."""
        return _FORGETTING_PERIODS * self._period

    def observe(self, candle: Candle) -> None:
        """Take the close into the RSI."""
        rsi = self._rsi.update(self.instrument.price_float(candle.close))
        if rsi is not None:
            self._crossing.update(rsi, self._low)

    def has_signal(self) -> bool:
        """Return True on strength and on the bar of a recovery."""
        rsi = self._rsi.value
        return rsi is not None and (rsi > self._high or self._crossing.crossed is Relation.ABOVE)

    def decide(self, candle: Candle, view: StrategyView) -> Intent | None:
        """Return a buy on the bar of the recovery, or a sale on strength."""
        rsi = self._rsi.value
        if rsi is None:
            return None
        held = self.holds(view, candle.close)
        if held and rsi > self._high:
            return self.sell_all(f"RSI {rsi:.2f} is above {self._levels[1]}")
        if not held and rsi < self._high and self._crossing.crossed is Relation.ABOVE:
            return self.buy_share(self._size_ppm, f"RSI {rsi:.2f} rose back above {self._levels[0]}")
        return None

    def indicators(self) -> dict[str, float | None]:
        """Return the RSI."""
        return {f"RSI {self._period}": self._rsi.value}

    def state(self) -> State:
        """Return the RSI's state and its relation to the lower level."""
        return {"rsi": self._rsi.snapshot(), "crossing": [*self._crossing.save()]}

    def load_state(self, state: State) -> None:
        """Take back what `state` gave."""
        saved = read_state(self.name, state, _State)
        self._rsi.restore(saved.rsi)
        self._crossing.load(saved.crossing)

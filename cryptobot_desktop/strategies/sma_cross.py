"""Two simple averages: buy when the fast one crosses above the slow one, sell when it crosses below."""

from decimal import Decimal

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.domain.orders import Intent
from cryptobot_desktop.domain.parameters import Parameter, ParameterKind, share_to_ppm
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.indicators.exact import WindowSum
from cryptobot_desktop.indicators.indicator import State
from cryptobot_desktop.strategies.crossing import Crossing, Relation
from cryptobot_desktop.strategies.strategy import SIZE, Strategy, StrategyParams, StrategyView, read_state

_MORE_DECIMALS = 7


class SmaCrossParams(StrategyParams, frozen=True):
    """Bars in the two averages and the share of equity per buy."""

    fast: int
    slow: int
    size: Decimal


class _State(Struct):
    fast: list[int]
    slow: list[int]
    crossing: tuple[Relation, Relation]


class SmaCross(Strategy):
    """Long only. Averages are compared as exact whole numbers, so a tie is a tie on every path.

    Buys `size` of equity when the fast average crosses above the slow one and nothing is held; sells
    the whole position when it crosses below. Equal averages are not a cross (see `Crossing`).
    """

    name = "sma_cross"
    title = "SMA crossover"
    PARAMETERS = (
        Parameter(
            name="fast",
            kind=ParameterKind.INTEGER,
            default=10,
            minimum=1,
            maximum=4_999,
            help="closed candles in the fast average; must be below slow",
        ),
        Parameter(
            name="slow",
            kind=ParameterKind.INTEGER,
            default=30,
            minimum=2,
            maximum=5_000,
            help="closed candles in the slow average",
        ),
        SIZE,
    )
    ORDERED = (("fast", "slow"),)
    Params = SmaCrossParams

    def __init__(self, instrument: Instrument, timeframe: Timeframe, params: SmaCrossParams) -> None:
        super().__init__(instrument, timeframe, params)
        self._size_ppm = share_to_ppm(params.size)
        self._fast = WindowSum(params.fast)
        self._slow = WindowSum(params.slow)
        self._crossing = Crossing()

    @property
    def warmup_bars(self) -> int:
        """Return the bars of the slow average: the next one after them can cross."""
        return self._slow.period

    def observe(self, candle: Candle) -> None:
        """Take the close into both averages."""
        fast, slow = self._fast, self._slow
        fast_total, slow_total = fast.update(candle.close), slow.update(candle.close)
        if fast_total is not None and slow_total is not None:
            # fast mean against slow mean, both multiplied by both periods
            self._crossing.update(fast_total * slow.period, slow_total * fast.period)

    def has_signal(self) -> bool:
        """Return True on the bar of a cross."""
        return bool(self._crossing.crossed)

    def decide(self, candle: Candle, view: StrategyView) -> Intent | None:
        """Return a buy or a sale on the bar of the cross."""
        held = self.holds(view, candle.close)
        if self._crossing.crossed is Relation.ABOVE and not held:
            return self.buy_share(self._size_ppm, self._reason("above"))
        if self._crossing.crossed is Relation.BELOW and held:
            return self.sell_all(self._reason("below"))
        return None

    def indicators(self) -> dict[str, float | None]:
        """Return both averages in quote units."""
        return {f"SMA {window.period}": self._mean(window) for window in (self._fast, self._slow)}

    def state(self) -> State:
        """Return both windows and the relation of the averages."""
        return {"fast": [*self._fast.window()], "slow": [*self._slow.window()], "crossing": [*self._crossing.save()]}

    def load_state(self, state: State) -> None:
        """Take back what `state` gave."""
        saved = read_state(self.name, state, _State)
        self._fast.load(saved.fast)
        self._slow.load(saved.slow)
        self._crossing.load(saved.crossing)

    def _mean(self, window: WindowSum) -> float | None:
        if window.total is None:
            return None
        return float(window.total / (window.period * 10**self.instrument.price_decimals))

    def _reason(self, direction: str) -> str:
        """Return the cross in words, with as many decimals as it takes to tell the averages apart."""
        fast, slow = self._mean(self._fast), self._mean(self._slow)
        texts = ("", "")
        for decimals in range(self.instrument.price_decimals, self.instrument.price_decimals + _MORE_DECIMALS):
            texts = (f"{fast:,.{decimals}f}", f"{slow:,.{decimals}f}")
            if texts[0] != texts[1]:
                break
        return f"fast SMA {texts[0]} crossed {direction} slow SMA {texts[1]}"

"""All indicators by name, with their parameters, outputs, warm-up and source of the formula."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.parameters import Parameter, ParameterKind, RawValue, refuse, validate
from cryptobot_desktop.indicators import arrays
from cryptobot_desktop.indicators.averages import Ema, Sma, Wma
from cryptobot_desktop.indicators.bands import Atr, Bollinger, Donchian
from cryptobot_desktop.indicators.indicator import Indicator, JsonValue
from cryptobot_desktop.indicators.momentum import Macd, Rsi, Stochastic
from cryptobot_desktop.indicators.volumes import Obv, Vwap

MAX_PERIOD = 5_000

Numbers = dict[str, int | float]


class IndicatorSpec(Struct, frozen=True, kw_only=True):
    """One entry of the catalogue. `inputs` are the columns it reads, `overlay` says that it belongs over the price."""

    name: str
    title: str
    build: Callable[..., Indicator]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    overlay: bool = False
    warm_up: str
    source: str
    aliases: tuple[str, ...] = ()
    lines: Callable[..., tuple[list[float], ...]] | None = None
    """The array path; where there is none, the incremental one is fed bar by bar."""
    ordered: tuple[tuple[str, str], ...] = ()
    """Pairs of parameters of which the first must be below the second."""


def _period(default: int, *, name: str = "period", minimum: int = 1, words: str = "bars in the window") -> Parameter:
    return Parameter(
        name=name,
        kind=ParameterKind.INTEGER,
        default=default,
        minimum=minimum,
        maximum=MAX_PERIOD,
        help=words,
    )


_DEVIATIONS = Parameter(
    name="deviations",
    kind=ParameterKind.NUMBER,
    default=Decimal(2),
    minimum=Decimal("0.1"),
    maximum=Decimal(10),
    step=Decimal("0.1"),
    help="distance of the bands from the middle, in population standard deviations",
)

_SPECS = (
    IndicatorSpec(
        name="sma",
        title="Simple moving average",
        build=Sma,
        inputs=("close",),
        outputs=Sma.OUTPUTS,
        parameters=(_period(20),),
        overlay=True,
        warm_up="period",
        source="arithmetic mean; equals TA-Lib SMA",
        lines=arrays.sma_lines,
    ),
    IndicatorSpec(
        name="ema",
        title="Exponential moving average",
        build=Ema,
        inputs=("close",),
        outputs=Ema.OUTPUTS,
        parameters=(_period(20),),
        overlay=True,
        warm_up="period",
        source="weight 2 / (period + 1), seeded with the SMA of the first period closes; equals TA-Lib EMA",
        lines=arrays.ema_lines,
    ),
    IndicatorSpec(
        name="wma",
        title="Weighted moving average",
        build=Wma,
        inputs=("close",),
        outputs=Wma.OUTPUTS,
        parameters=(_period(20),),
        overlay=True,
        warm_up="period",
        source="weights 1 to period; equals TA-Lib WMA",
    ),
    IndicatorSpec(
        name="rsi",
        title="Relative strength index",
        build=Rsi,
        inputs=("close",),
        outputs=Rsi.OUTPUTS,
        parameters=(_period(14, minimum=2, words="bars in Wilder's average"),),
        warm_up="period + 1",
        source="J. W. Wilder, New Concepts in Technical Trading Systems (1978); equals TA-Lib RSI, except that it "
        "is 50 while no price has moved (TA-Lib: 0)",
        lines=arrays.rsi_lines,
    ),
    IndicatorSpec(
        name="macd",
        title="Moving average convergence divergence",
        build=Macd,
        inputs=("close",),
        outputs=Macd.OUTPUTS,
        parameters=(
            _period(12, name="fast", words="bars in the fast average"),
            _period(26, name="slow", minimum=2, words="bars in the slow average"),
            _period(9, name="signal", words="bars in the average of the difference"),
        ),
        warm_up="slow + signal - 1",
        source="G. Appel; both averages seeded at bar slow, the fast one from its last fast closes; equals TA-Lib MACD",
        lines=arrays.macd_lines,
        ordered=(("fast", "slow"),),
    ),
    IndicatorSpec(
        name="bollinger",
        title="Bollinger bands",
        build=Bollinger,
        inputs=("close",),
        outputs=Bollinger.OUTPUTS,
        parameters=(_period(20), _DEVIATIONS),
        overlay=True,
        warm_up="period",
        source="J. Bollinger; population standard deviation around the SMA; equals TA-Lib BBANDS",
        aliases=("bbands", "bb", "bollinger_bands"),
        lines=arrays.bollinger_lines,
    ),
    IndicatorSpec(
        name="atr",
        title="Average true range",
        build=Atr,
        inputs=("high", "low", "close"),
        outputs=Atr.OUTPUTS,
        parameters=(_period(14, words="bars in Wilder's average"),),
        warm_up="period + 1",
        source="J. W. Wilder (1978); the first bar has no true range; equals TA-Lib ATR",
        lines=arrays.atr_lines,
    ),
    IndicatorSpec(
        name="stochastic",
        title="Slow stochastic",
        build=Stochastic,
        inputs=("high", "low", "close"),
        outputs=Stochastic.OUTPUTS,
        parameters=(
            _period(14, words="bars of the range"),
            _period(3, name="smooth", words="raw values averaged into %K"),
            _period(3, name="signal", words="%K values averaged into %D"),
        ),
        warm_up="period + smooth + signal - 2",
        source="G. Lane; equals TA-Lib STOCH with simple averages, except that a window without range is 50 "
        "(TA-Lib: 0)",
        aliases=("stoch",),
    ),
    IndicatorSpec(
        name="donchian",
        title="Donchian channel",
        build=Donchian,
        inputs=("high", "low"),
        outputs=Donchian.OUTPUTS,
        parameters=(_period(20),),
        overlay=True,
        warm_up="period",
        source="R. Donchian; highest high and lowest low, equal to TA-Lib MAX and MIN",
    ),
    IndicatorSpec(
        name="vwap",
        title="Volume-weighted average price",
        build=Vwap,
        inputs=("high", "low", "close", "volume"),
        outputs=Vwap.OUTPUTS,
        parameters=(_period(20),),
        overlay=True,
        warm_up="period",
        source="rolling mean of (high + low + close) / 3 weighted by volume; no value while the window has no volume",
    ),
    IndicatorSpec(
        name="obv",
        title="On-balance volume",
        build=Obv,
        inputs=("close", "volume"),
        outputs=Obv.OUTPUTS,
        warm_up="1",
        source="J. Granville; starts with the first volume; equals TA-Lib OBV",
    ),
)

CATALOGUE: Mapping[str, IndicatorSpec] = {spec.name: spec for spec in _SPECS}
_ALIASES = {alias: spec.name for spec in _SPECS for alias in spec.aliases}


def find(name: str) -> IndicatorSpec:
    """Return the catalogue's entry for a name or alias; an unknown one raises InvalidInput with the allowed ones."""
    key = name.lower()
    spec = CATALOGUE.get(_ALIASES.get(key, key))
    if spec is None:
        raise InvalidInput(f"indicator {name!r:.60} is unknown; allowed: {', '.join(CATALOGUE)}")
    return spec


def create(name: str, **params: RawValue) -> Indicator:
    """Return a fresh incremental indicator; InvalidInput names every bad parameter with its bounds."""
    spec = find(name)
    return spec.build(**checked_numbers(spec, params))


def checked_numbers(spec: IndicatorSpec, params: Mapping[str, RawValue]) -> Numbers:
    """Return validated parameters as an indicator takes them; InvalidInput names every bad one."""
    values, problems = validate(spec.parameters, params, ordered=spec.ordered)
    refuse(f"indicator {spec.name}", problems)
    return {name: value if isinstance(value, int) else float(value) for name, value in values.items()}


def catalogue_listing() -> list[dict[str, JsonValue]]:
    """Return the whole catalogue as plain data for the command line and the window."""
    return [
        {
            "name": spec.name,
            "title": spec.title,
            "parameters": [{**parameter.listing()} for parameter in spec.parameters],
            "inputs": list(spec.inputs),
            "outputs": list(spec.outputs),
            "overlay": spec.overlay,
            "warm_up": spec.warm_up,
            "warm_up_bars": create(spec.name).warm_up,
            "source": spec.source,
            "aliases": list(spec.aliases),
        }
        for spec in _SPECS
    ]  # fmt: skip

"""The interface of every bot: closed candles in, intents with reasons out.

A strategy sees no clock, no account and no wire. Its numbers change only in `observe`, its wishes
come only from `decide`, and `decide` reads without changing anything. So feeding history (`take` without `decide`)
leaves exactly the state that living through it would have left, and never an order.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput, InvariantBroken
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Candle, Side, Trade
from cryptobot_desktop.domain.orders import Fill, Intent, Sizing
from cryptobot_desktop.domain.parameters import Parameter, ParameterKind
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.indicators.indicator import JsonValue, State

SIZE: Final = Parameter(
    name="size",
    kind=ParameterKind.SHARE,
    default=Decimal("0.1"),
    minimum=Decimal(0),
    minimum_excluded=True,
    maximum=Decimal(1),
    step=Decimal("0.01"),
    help="share of equity per buy: 0.1 is 10 %",
)
"""The parameter that all built-in bots share."""

_StateStruct = TypeVar("_StateStruct", bound=Struct)


class StrategyView(Struct, frozen=True, kw_only=True, gc=False):
    """What a strategy may know about its portfolio at one moment.

    `position_qty` is scaled like the instrument's quantities, `free_quote` and `equity` are ledger
    amounts of the quote asset, `now_ms` is market time, `has_open_order` speaks of this bot only.
    """

    position_qty: int
    free_quote: int
    equity: int
    now_ms: int
    has_open_order: bool = False


class StrategyParams(Struct, frozen=True):
    """Base of a strategy's typed parameters; field names equal the names in `Strategy.PARAMETERS`."""


class _Snapshot(Struct, kw_only=True):
    strategy: str
    instrument: str
    timeframe: str
    params: dict[str, str]
    last_open_ms: int | None
    state: dict[str, Any]


class Strategy(ABC):
    """A bot for one instrument and one timeframe.

    Subclasses set `name`, `title`, `PARAMETERS` and `Params`, and write `warmup_bars`, `observe`,
    `decide`, `state` and `load_state`; the engine calls `take`, `decide`, `on_trade`,
    `on_fill`, `indicators`, `snapshot` and `restore`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = ()
    ORDERED: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of parameters of which the first must be below the second, e.g. (("fast", "slow"),)."""
    Params: ClassVar[type[StrategyParams]] = StrategyParams
    over_price: ClassVar[bool] = True
    """Whether the numbers of `indicators` are prices and belong over the candles, or need a pane of their own."""

    def __init__(self, instrument: Instrument, timeframe: Timeframe, params: StrategyParams) -> None:
        self.instrument: Final = instrument
        self.timeframe: Final = timeframe
        self.params: Final = params
        self._id = instrument.id
        self.last_open_ms: int | None = None
        """Opening time of the newest candle taken; older ones are ignored."""

    @classmethod
    def check(cls, params: StrategyParams) -> list[str]:
        """Return what else is wrong between parameters; bounds and `ORDERED` are checked already."""
        return []

    @property
    @abstractmethod
    def warmup_bars(self) -> int:
        """Return how many closed candles are needed before the first intent is possible."""

    @property
    def history_bars(self) -> int:
        """Return how many candles of history to feed, so that the numbers no longer depend on where it began."""
        return self.warmup_bars

    @abstractmethod
    def observe(self, candle: Candle) -> None:
        """Take a closed candle into the numbers; the only place where they change."""

    @abstractmethod
    def decide(self, candle: Candle, view: StrategyView) -> Intent | None:
        """Return what is wanted after this candle was observed, or None; changes nothing."""

    def has_signal(self) -> bool:
        """Return False when the newest candle gives no cause for any wish, so that `decide` need not be asked."""
        return True

    @abstractmethod
    def indicators(self) -> dict[str, float | None]:
        """Return the newest numbers for the chart, None while they are not ready."""

    @abstractmethod
    def state(self) -> State:
        """Return everything that `observe` has changed, as JSON-able values."""

    @abstractmethod
    def load_state(self, state: State) -> None:
        """Take back what `state` gave; refuse with InvalidInput what does not fit."""

    def take(self, candle: Candle) -> bool:
        """Take one closed candle; True when `decide` is to be asked. Candles that were seen before are ignored.

        History is taken in the same way, and nobody asks.
        """
        if candle.closed is False or candle.instrument != self._id or candle.timeframe is not self.timeframe:
            raise _unfit(self, candle)
        if self.last_open_ms is not None and candle.open_ms <= self.last_open_ms:
            return False
        self.last_open_ms = candle.open_ms
        self.observe(candle)
        return self.has_signal()

    def on_candle(self, candle: Candle, view: StrategyView) -> Intent | None:
        """Take one closed candle and return what is wanted, for callers that have a view at hand."""
        return self.decide(candle, view) if self.take(candle) else None

    def on_trade(self, trade: Trade, view: StrategyView) -> Intent | None:
        """Take a public trade; the default wants nothing."""
        return None

    def on_fill(self, fill: Fill) -> None:  # noqa: B027 - optional for subclasses
        """Take note of one of this bot's own fills; the default does nothing."""

    def param_texts(self) -> dict[str, str]:
        """Return the parameters as plain text, the form in which they are stored and shown."""
        return {p.name: _plain(getattr(self.params, p.name)) for p in self.PARAMETERS}

    def snapshot(self) -> State:
        """Return the whole state as JSON-able values; `restore` on an equal strategy takes it back."""
        snapshot: State = msgspec.to_builtins(
            _Snapshot(
                strategy=self.name,
                instrument=self.instrument.id,
                timeframe=self.timeframe.value,
                params=self.param_texts(),
                last_open_ms=self.last_open_ms,
                state=self.state(),
            )
        )
        return snapshot

    def restore(self, state: Mapping[str, JsonValue]) -> None:
        """Take back a snapshot; one of another bot, instrument, timeframe or parameters raises InvalidInput."""
        saved = read_state(self.name, state, _Snapshot)
        mine = (self.name, self.instrument.id, self.timeframe.value, self.param_texts())
        theirs = (saved.strategy, saved.instrument, saved.timeframe, saved.params)
        if mine != theirs:
            raise InvalidInput(f"state of bot {self.name} belongs to {theirs}, not to {mine}; it must warm up anew")
        self.load_state(saved.state)
        self.last_open_ms = saved.last_open_ms

    def holds(self, view: StrategyView, price: int) -> bool:
        """Return True when the position is large enough to be sold at this price; less is dust.

        Fees taken in the base asset leave such remainders; a bot that took them for a position would
        never buy again.
        """
        rules, qty = self.instrument.filters, view.position_qty
        if qty <= 0 or qty < max(rules.step_size, rules.min_qty):
            return False
        return self.instrument.notional_down(price, qty) >= rules.min_notional

    def buy_share(self, equity_ppm: int, reason: str) -> Intent:
        """Return the wish to buy for a share of equity at the market."""
        return Intent(instrument=self.instrument.id, side=Side.BUY, equity_ppm=equity_ppm, reason=reason)

    def sell_all(self, reason: str) -> Intent:
        """Return the wish to sell the whole position at the market."""
        return Intent(instrument=self.instrument.id, side=Side.SELL, sizing=Sizing.WHOLE_POSITION, reason=reason)


def _unfit(bot: Strategy, candle: Candle) -> InvariantBroken:
    if candle.closed is False:
        return InvariantBroken(f"bot {bot.name} was given the unfinished bar {candle.open_ms}; it sees closed ones")
    return InvariantBroken(
        f"bot {bot.name} on {bot.instrument.id} {bot.timeframe} was given a candle of "
        f"{candle.instrument} {candle.timeframe}"
    )


def _plain(value: object) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def read_state(name: str, state: Mapping[str, JsonValue], kind: type[_StateStruct]) -> _StateStruct:
    """Return a saved state in its own type; what does not fit raises InvalidInput."""
    try:
        return msgspec.convert(state, kind)
    except msgspec.ValidationError as problem:
        raise InvalidInput(f"state of bot {name} cannot be read: {problem}; it must warm up anew") from None

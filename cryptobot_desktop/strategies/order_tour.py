"""A practice bot that sends every kind of order in turn, so that each can be watched on a market."""

from decimal import Decimal

from msgspec import Struct

from cryptobot_desktop.domain.instrument import Instrument, Venue
from cryptobot_desktop.domain.market import Candle, Side
from cryptobot_desktop.domain.numbers import PPM, div_up
from cryptobot_desktop.domain.orders import Bracket, Intent, OrderType, Sizing, TimeInForce
from cryptobot_desktop.domain.parameters import Parameter, ParameterKind, share_to_ppm
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.indicators.indicator import State
from cryptobot_desktop.strategies.strategy import SIZE, Strategy, StrategyParams, StrategyView, read_state


class OrderTourParams(StrategyParams, frozen=True):
    """Bars per stop of the tour, distance of prices from the market, share of equity per buy."""

    bars: int
    distance: Decimal
    size: Decimal


class _State(Struct):
    seen: int


class _Stop(Struct, frozen=True):
    """One stop of the tour. `limit` and `stop` are in distances from the last price, None leaves them out."""

    side: Side
    type: OrderType
    limit: int | None = None
    stop: int | None = None
    bips: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    parts: int = 0
    timed: bool = False
    bracket: bool = False
    """Exits one distance above and below."""
    only: Venue | None = None


_BUY, _SELL = Side.BUY, Side.SELL
_TOUR = (
    _Stop(_BUY, OrderType.MARKET),
    _Stop(_SELL, OrderType.TRAILING_STOP, bips=10, only=Venue.BINANCE),
    _Stop(_BUY, OrderType.LIMIT_MAKER, limit=-1),
    _Stop(_SELL, OrderType.LIMIT, limit=1, parts=4),
    _Stop(_BUY, OrderType.LIMIT, limit=2, time_in_force=TimeInForce.IOC),
    _Stop(_SELL, OrderType.STOP_LOSS, stop=-1),
    _Stop(_BUY, OrderType.STOP_LOSS_LIMIT, stop=1, limit=3),
    _Stop(_SELL, OrderType.TAKE_PROFIT, stop=1),
    _Stop(_BUY, OrderType.TAKE_PROFIT_LIMIT, stop=-1, limit=1),
    _Stop(_SELL, OrderType.LIMIT, limit=-2, time_in_force=TimeInForce.FOK),
    _Stop(_BUY, OrderType.LIMIT, limit=1, bracket=True, only=Venue.BINANCE),
    _Stop(_BUY, OrderType.LIMIT, limit=0, timed=True, only=Venue.KUCOIN),
    _Stop(_SELL, OrderType.LIMIT_MAKER, bracket=True),
    _Stop(_BUY, OrderType.TRAILING_STOP_LIMIT, bips=10, stop=-1, limit=4, only=Venue.BINANCE),
    _Stop(_SELL, OrderType.MARKET),
)


class OrderTour(Strategy):
    """Sends one kind of order after the other: market, stops, trailing stops, icebergs, brackets and so on.

    Each stop lasts `bars` bars; what is still open at its end is cancelled. No way to earn money, a way to see how
    orders behave. Kinds that a venue does not know are left out there.
    """

    name = "order_tour"
    title = "Order tour (practice)"
    PARAMETERS = (
        Parameter(
            name="bars",
            kind=ParameterKind.INTEGER,
            default=3,
            minimum=2,
            maximum=100,
            help="closed candles per kind of order",
        ),
        Parameter(
            name="distance",
            kind=ParameterKind.SHARE,
            default=Decimal("0.0005"),
            minimum=Decimal(0),
            minimum_excluded=True,
            maximum=Decimal("0.1"),
            step=Decimal("0.0005"),
            help="how far prices of orders are from the market: 0.0005 is 0.05 %",
        ),
        SIZE,
    )
    Params = OrderTourParams

    def __init__(self, instrument: Instrument, timeframe: Timeframe, params: StrategyParams) -> None:
        super().__init__(instrument, timeframe, params)
        assert isinstance(params, OrderTourParams)
        self._bars = params.bars
        self._distance_ppm = share_to_ppm(params.distance)
        self._size_ppm = share_to_ppm(params.size)
        self._stops = tuple(stop for stop in _TOUR if stop.only in (None, instrument.venue))
        self._seen = 0

    @property
    def warmup_bars(self) -> int:
        """Return 1: the tour begins with the first bar."""
        return 1

    def observe(self, candle: Candle) -> None:
        """Count the bar."""
        self._seen += 1

    def decide(self, candle: Candle, view: StrategyView) -> Intent | None:
        """Send the stop's order with its first bar, cancel what is left of it with its last one."""
        number, bar = divmod(self._seen - 1, self._bars)
        stop = self._stops[number % len(self._stops)]
        if bar == self._bars - 1 and view.has_open_order:
            return self._cancel_all(f"the tour goes on after {self._words(stop)}")
        if bar != 0 or view.has_open_order:
            return None
        if stop.side is Side.SELL and not self.holds(view, candle.close):
            return None
        return self._intent(stop, candle.close, number)

    def _intent(self, stop: _Stop, last: int, number: int) -> Intent:
        buy = stop.side is Side.BUY
        limit = None if stop.limit is None else self._price(last, stop.limit)
        bracket = None
        if stop.bracket:
            entry = last if limit is None else limit
            bracket = Bracket(take_profit=self._price(entry, 2), stop_loss=self._price(entry, -2))
        return Intent(
            instrument=self.instrument.id,
            side=stop.side,
            sizing=Sizing.EQUITY_SHARE if buy else Sizing.WHOLE_POSITION,
            equity_ppm=self._size_ppm if buy else 0,
            type=stop.type,
            limit_price=limit,
            time_in_force=stop.time_in_force,
            stop_price=None if stop.stop is None else self._price(last, stop.stop),
            trailing_bips=stop.bips,
            display_parts=stop.parts,
            good_for_ms=(self._bars - 1) * (self.timeframe.length_ms or 60_000) if stop.timed else 0,
            bracket=bracket,
            reason=f"stop {number % len(self._stops) + 1} of the tour: {self._words(stop)}",
        )

    def _cancel_all(self, reason: str) -> Intent:
        return Intent(
            instrument=self.instrument.id, side=Side.BUY, sizing=Sizing.QUANTITY, qty=0, cancels=True, reason=reason
        )

    def _price(self, last: int, distances: int) -> int:
        """Return a price so many distances from the market, on the tick."""
        tick = max(1, self.instrument.filters.tick_size)
        return max(tick, div_up(last * (PPM + distances * self._distance_ppm), PPM * tick) * tick)

    @staticmethod
    def _words(stop: _Stop) -> str:
        words = [stop.side.value, stop.type.value.replace("_", " ")]
        if stop.bracket:
            words.append("with exits")
        if stop.parts:
            words.append("iceberg")
        if not stop.time_in_force.rests:
            words.append(stop.time_in_force.value)
        return " ".join(words)

    def indicators(self) -> dict[str, float | None]:
        """Return nothing: the tour looks at no indicator."""
        return {}

    def state(self) -> State:
        """Return how many bars were seen."""
        return {"seen": self._seen}

    def load_state(self, state: State) -> None:
        """Take back what `state` gave."""
        self._seen = read_state(self.name, state, _State).seen

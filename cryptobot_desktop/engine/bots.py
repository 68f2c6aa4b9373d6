"""The bots that run in a session: a strategy with its limits, its own position and its counters."""

from collections.abc import Iterable, Iterator

import msgspec

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.ledger import BotRecord
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.portfolio.own_trades import USER, OwnTrades, origin_of
from cryptobot_desktop.risk import RiskLimits
from cryptobot_desktop.strategies.registry import create_strategy
from cryptobot_desktop.strategies.strategy import Strategy

RUNNING = "running"
PAUSED = "paused"


class Bot:
    """One bot. `trades` is what its own fills have left it with and earned."""

    def __init__(self, record: BotRecord, instrument: Instrument) -> None:
        self.record = record
        self.name = record.bot
        """Starts the ids of its orders."""
        self.instrument = instrument
        self.strategy: Strategy = create_strategy(
            record.strategy, instrument, Timeframe(record.timeframe), record.params
        )
        self.limits = RiskLimits(max_trade_ppm=record.max_trade_ppm, max_exposure_ppm=record.max_exposure_ppm)
        self.trades = OwnTrades()
        self.orders = 0
        self.last_decision = ""
        self.open_orders: set[str] = set()

    @property
    def is_running(self) -> bool:
        """Return True when it may trade."""
        return self.record.status == RUNNING

    @property
    def is_ready(self) -> bool:
        """Return True when its indicators are warm."""
        values = self.strategy.indicators().values()
        return all(value is not None for value in values)

    @property
    def base_held(self) -> int:
        """Return the ledger amount of the base asset that its own fills have left it with."""
        return self.trades.held

    @property
    def fills(self) -> int:
        """Return how often its orders were filled."""
        return self.trades.fills

    @property
    def realized(self) -> int:
        """Return the profit that its own sells have realised, before fees, in the quote asset."""
        return self.trades.realised

    def take_fill(self, fill: Fill) -> None:
        """Take note of one of its own fills."""
        self.trades.take(fill, self.instrument)
        self.strategy.on_fill(fill)

    def take_over(self, old: "Bot") -> None:
        """Go on with the position, the orders and the earnings of the bot whose settings were changed."""
        self.trades = old.trades
        self.orders, self.open_orders = old.orders, old.open_orders
        self.last_decision = old.last_decision

    def forget_trades(self) -> None:
        """Own nothing and have earned nothing: its portfolio starts again."""
        self.trades = OwnTrades()

    def stored(self) -> BotRecord:
        """Return the record with the strategy's present state."""
        state = msgspec.json.encode(self.strategy.snapshot()).decode()
        newest = self.strategy.last_open_ms or 0
        self.record = msgspec.structs.replace(self.record, state=state, state_ms=newest)
        return self.record


class BotRoster:
    """All bots, found by name and by what they listen to."""

    def __init__(self) -> None:
        self._bots: dict[str, Bot] = {}
        self._reserved = {USER}
        self._listeners: dict[tuple[InstrumentId, Timeframe], list[Bot]] = {}

    def __iter__(self) -> Iterator[Bot]:
        return iter(self._bots.values())

    def listeners(self, instrument: InstrumentId, timeframe: Timeframe) -> Iterable[Bot]:
        """Return the bots that trade on these bars, in the order in which they were added."""
        return self._listeners.get((instrument, timeframe), ())

    def get(self, name: str) -> Bot:
        """Return a bot, or raise InvalidInput that names the known ones."""
        found = self._bots.get(name)
        if found is None:
            raise InvalidInput(f"bot {name!r} does not exist; known bots: {', '.join(self._bots) or 'none yet'}")
        return found

    def find(self, client_id: str) -> Bot | None:
        """Return the bot that made an order id, or None for the user's."""
        return self._bots.get(origin_of(client_id))

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names from new bots: trades tell by its name which bot made them, so a name is given only once."""
        self._reserved.update(names)

    @property
    def taken(self) -> set[str]:
        """Return the names that a new bot cannot have."""
        return self._reserved | set(self._bots)

    def add(self, bot: Bot) -> None:
        """Add a bot; a taken or unusable name raises InvalidInput."""
        if not bot.name or ":" in bot.name:
            raise InvalidInput(f"bot name {bot.name!r} is empty or has a colon; choose another name")
        if bot.name in self._bots:
            raise InvalidInput(f"bot {bot.name!r} exists already; choose another name")
        if bot.name in self._reserved:
            raise InvalidInput(f"bot name {bot.name!r} is in use for other trades; choose another name")
        self.put_back(bot)

    def put_back(self, bot: Bot) -> None:
        """Add a bot that had its name before."""
        self._bots[bot.name] = bot
        self._listeners.setdefault((bot.instrument.id, bot.strategy.timeframe), []).append(bot)

    def remove(self, name: str) -> Bot:
        """Remove a bot and return it; when it has traded, its name stays with its trades."""
        bot = self._take_out(name)
        if bot.fills:
            self._reserved.add(name)
        return bot

    def _take_out(self, name: str) -> Bot:
        bot = self.get(name)
        del self._bots[name]
        self._listeners[(bot.instrument.id, bot.strategy.timeframe)].remove(bot)
        return bot

    def replace(self, bot: Bot) -> None:
        """Put a changed bot in the place of the one of the same name."""
        self._take_out(bot.name)
        self.put_back(bot)


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return the wanted name, or the first of ``wanted-2``, ``wanted-3`` ... that is free."""
    names = set(taken)
    if wanted not in names:
        return wanted
    return next(name for number in range(2, len(names) + 3) if (name := f"{wanted}-{number}") not in names)

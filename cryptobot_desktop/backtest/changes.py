"""What may be changed when a recorded session is played once more: ``key=value`` texts, checked and carried out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from cryptobot_desktop.config.fee_tiers import Wishes, parse_fees, settle_fees
from cryptobot_desktop.domain.commands import ChangeBot, Command, PlaceOrder, RemoveBot
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.latency import Latency, latency_of
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import to_scaled
from cryptobot_desktop.domain.orders import FillModel, OrderType
from cryptobot_desktop.domain.recording import SessionStart
from cryptobot_desktop.engine.assembly import Assembled, parse_cash
from cryptobot_desktop.engine.session import SessionSpec
from cryptobot_desktop.marketdata.symbol_names import instrument_by_name

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
KEYS = "fees, fill-model, latency-ms, cash, without, order, bot.NAME.PARAMETER"


class Change:
    """One change; each kind overrides what it needs."""

    def __init__(self, text: str) -> None:
        self.text = text

    def to_spec(self, spec: SessionSpec, start: SessionStart, *, at_start: bool) -> SessionSpec:
        """Return the settings with the change; the branch is built with them when it parts at the start."""
        return spec

    def to_session(self, session: Assembled, spec: SessionSpec) -> None:
        """Change the settings of a session that runs already."""

    def commands(self, session: Assembled) -> Sequence[Command]:
        """Return what a front end would ask for to make the change."""
        return ()


class RuleChange(Change):
    """Another fee, fill model or latency."""

    def __init__(
        self, text: str, *, fees: Wishes | None = None, model: FillModel | None = None, latency: Latency | None = None
    ) -> None:
        super().__init__(text)
        self._fees, self._model, self._latency = fees, model, latency

    def to_spec(self, spec: SessionSpec, start: SessionStart, *, at_start: bool) -> SessionSpec:
        """Return the settings with the rule; InvalidInput when the venue has no such fees."""
        return msgspec.structs.replace(
            spec,
            fees=spec.fees if self._fees is None else settle_fees(self._fees, spec.venue),
            fill_model=self._model or spec.fill_model,
            latency=spec.latency if self._latency is None else self._latency,
        )

    def to_session(self, session: Assembled, spec: SessionSpec) -> None:
        """Let the exchange go by it, and risk reckon with it."""
        fees = None if self._fees is None else settle_fees(self._fees, spec.venue)
        session.exchange.change_rules(spec.venue, fees=fees, model=self._model, latency=self._latency)
        if fees is not None:
            session.pipeline.fees[spec.venue] = fees


class CashChange(Change):
    """Other starting cash of the portfolio that the session opened."""

    def __init__(self, text: str, cash: str) -> None:
        super().__init__(text)
        self._cash = cash

    def to_spec(self, spec: SessionSpec, start: SessionStart, *, at_start: bool) -> SessionSpec:
        """Return the settings with the cash; InvalidInput when the session did not open its portfolio then."""
        if not at_start:
            raise InvalidInput(f"change {self.text!r} is possible at the start only; use --fork-at 0s")
        if any(record.name == spec.portfolio for record in start.stored.portfolios):
            raise InvalidInput(
                f"change {self.text!r}: portfolio {spec.portfolio} existed before the session, its cash is fixed"
            )
        return msgspec.structs.replace(spec, cash=self._cash)


class BotChange(Change):
    """Another parameter of a bot."""

    def __init__(self, text: str, bot: str, parameter: str, value: str) -> None:
        super().__init__(text)
        self._bot, self._parameter, self._value = bot, parameter, value

    def commands(self, session: Assembled) -> Sequence[Command]:
        """Return the command that changes the bot."""
        bot = session.pipeline.bots.get(self._bot)
        params = bot.strategy.param_texts() | {self._parameter: self._value}
        return (ChangeBot(self._bot, params, bot.record.max_trade_ppm, bot.record.max_exposure_ppm),)


class WithoutBot(Change):
    """A bot is taken away."""

    def __init__(self, text: str, bot: str) -> None:
        super().__init__(text)
        self._bot = bot

    def commands(self, session: Assembled) -> Sequence[Command]:
        """Return the command that removes the bot."""
        return (RemoveBot(session.pipeline.bots.get(self._bot).name),)


class ExtraOrder(Change):
    """One order of the user more."""

    def __init__(self, text: str, words: Sequence[str]) -> None:
        super().__init__(text)
        self._side, self._qty, self._symbol = Side(words[0]), words[1], words[2]
        self._price = words[4] if len(words) == 5 else None

    def commands(self, session: Assembled) -> Sequence[Command]:
        """Return the order in the units of its instrument."""
        instrument = instrument_by_name(session.pipeline.market_instruments().values(), self._symbol)
        price = None if self._price is None else to_scaled(self._price, instrument.price_decimals)
        return (
            PlaceOrder(
                client_id=f"fork-{session.pipeline.now_ms}",
                portfolio=session.spec.portfolio,
                instrument=instrument.id,
                side=self._side,
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                qty=to_scaled(self._qty, instrument.qty_decimals),
                price=price,
            ),
        )


def parse_changes(texts: Iterable[str]) -> list[Change]:
    """Return the changes of ``key=value`` texts; InvalidInput names the text and the known keys."""
    return [_parse(text) for text in texts]


def _parse(text: str) -> Change:
    key, equals, value = text.partition("=")
    if not equals or not value:
        raise InvalidInput(f"change {text!r} is not key=value; known keys: {KEYS}")
    if key in _KINDS:
        return _KINDS[key](text, value)
    bot, dot, parameter = key.removeprefix("bot.").rpartition(".")
    if key.startswith("bot.") and dot and bot:
        return BotChange(text, bot, parameter, value)
    raise InvalidInput(f"change {text!r} is unknown; known keys: {KEYS}")


def _cash(text: str, value: str) -> Change:
    parse_cash(value)
    return CashChange(text, value)


_KINDS: dict[str, Callable[[str, str], Change]] = {
    "fees": lambda text, value: RuleChange(text, fees=parse_fees(value)),
    "fill-model": lambda text, value: RuleChange(text, model=parse_fill_model(value)),
    "latency-ms": lambda text, value: RuleChange(text, latency=parse_latency(value)),
    "cash": _cash,
    "without": WithoutBot,
    "order": lambda text, value: ExtraOrder(text, _order_words(text, value)),
}


def _order_words(text: str, value: str) -> list[str]:
    words = value.split()
    if len(words) not in (3, 5) or words[0] not in tuple(Side) or (len(words) == 5 and words[3] != "at"):
        raise InvalidInput(f"change {text!r} is not 'order=buy 0.1 BTC/USDT' or 'order=sell 0.1 BTC/USDT at 61000'")
    return words


def parse_fill_model(text: str) -> FillModel:
    """Return a fill model by its name."""
    try:
        return FillModel(text)
    except ValueError:
        raise InvalidInput(f"fill model {text!r} is unknown; allowed: {', '.join(FillModel)}") from None


def parse_latency(text: str) -> Latency:
    """Return the latency of ``none``, ``50`` (ms) or ``20-80`` (between two times, evenly)."""
    if text == "none":
        return Latency()
    ends = text.split("-")
    if len(ends) > 2 or not all(end.isascii() and end.isdecimal() and len(end) <= 6 for end in ends):
        raise InvalidInput(f"latency {text!r} is not none, a number of ms such as 50, or a range such as 20-80")
    times = [int(end) for end in ends]
    if times != sorted(times):
        raise InvalidInput(f"latency {text!r}: the first time is above the second")
    return latency_of(times)


def parse_moment(text: str, started_ms: int) -> int:
    """Return UTC ms of ``90s``, ``5m`` or ``2h`` after the start, an ISO 8601 time, or UTC ms; else InvalidInput."""
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isascii() and number.isdecimal() and len(number) <= 9:
        return started_ms + int(number) * _UNITS[unit]
    if text.isascii() and text.isdecimal() and len(text) == 13:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"moment {text!r} is neither a time after the start such as 90s, 5m or 2h, nor a time in UTC such as "
            "2026-01-01T00:12:30"
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)

"""Bots by name: listing, building from text parameters, reading ``name:key=value,...``."""

from collections.abc import Mapping

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.parameters import RawValue, refuse, validate
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.indicators.indicator import JsonValue
from cryptobot_desktop.strategies.order_tour import OrderTour
from cryptobot_desktop.strategies.rsi_reversion import RsiReversion
from cryptobot_desktop.strategies.sma_cross import SmaCross
from cryptobot_desktop.strategies.strategy import Strategy, StrategyParams

BUILT_IN: tuple[type[Strategy], ...] = (SmaCross, RsiReversion, OrderTour)
_BY_NAME: Mapping[str, type[Strategy]] = {kind.name: kind for kind in BUILT_IN}


class BotSpec(Struct, frozen=True):
    """A bot as a person names it: the strategy and the parameters that were given, as text."""

    name: str
    params: dict[str, str] = {}

    @property
    def text(self) -> str:
        """Return it in the form that `parse_bot_spec` reads."""
        given = ",".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.name}:{given}" if given else self.name


def find_strategy(name: str) -> type[Strategy]:
    """Return the strategy of this name; an unknown one raises InvalidInput with the allowed names."""
    kind = _BY_NAME.get(name)
    if kind is None:
        raise InvalidInput(f"bot {name!r:.60} is unknown; allowed: {', '.join(_BY_NAME)}")
    return kind


def check_params(kind: type[Strategy], params: Mapping[str, RawValue]) -> StrategyParams:
    """Return typed parameters with defaults filled in; InvalidInput names every bad one with its bounds."""
    values, problems = validate(kind.PARAMETERS, params, ordered=kind.ORDERED)
    refuse(f"bot {kind.name}", problems)
    typed = kind.Params(**values)
    refuse(f"bot {kind.name}", kind.check(typed))
    return typed


def create_strategy(
    name: str, instrument: Instrument, timeframe: Timeframe, params: Mapping[str, RawValue] | None = None
) -> Strategy:
    """Return a fresh bot; unknown names and bad parameters raise InvalidInput, all problems in one line."""
    kind = find_strategy(name)
    return kind(instrument, timeframe, check_params(kind, params or {}))


def parse_bot_spec(text: str) -> BotSpec:
    """Return the bot named by ``sma_cross:fast=10,slow=30,size=0.1``, checked; blanks are not allowed."""
    name, colon, rest = text.partition(":")
    kind = find_strategy(name)
    params: dict[str, str] = {}
    for part in rest.split(",") if colon else ():
        key, equals, value = part.partition("=")
        if not (key and equals and value):
            raise InvalidInput(f"bot {text!r:.80}: {part!r} is not of the form key=value")
        if key in params:
            raise InvalidInput(f"bot {text!r:.80}: parameter {key!r} is given twice")
        params[key] = value
    check_params(kind, params)
    return BotSpec(name, params)


def list_strategies() -> list[dict[str, JsonValue]]:
    """Return every bot with its parameters as plain data, for forms, help texts and the command line."""
    return [
        {
            "name": kind.name,
            "title": kind.title,
            "description": (kind.__doc__ or "").strip(),
            "parameters": [{**parameter.listing()} for parameter in kind.PARAMETERS],
        }
        for kind in BUILT_IN
    ]

"""What front ends may know about bots before one runs: names, descriptions and parameters, without the code."""

from collections.abc import Mapping

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.parameters import Parameter, validate
from cryptobot_desktop.strategies.registry import BUILT_IN, find_strategy
from cryptobot_desktop.strategies.strategy import Strategy

ParameterCard = Parameter
"""name, kind, default, minimum, maximum, step, minimum_excluded and help of one setting."""


_IN_SHORT = {
    "sma_cross": "Buys when the fast average of closes crosses above the slow one, sells when it crosses below.",
    "rsi_reversion": "Buys when a weak market turns up (RSI back above low), sells when it is strong (RSI above high).",
}
"""For people who choose a bot; the classes' own docstrings tell the details."""


class StrategyCard(Struct, frozen=True, kw_only=True):
    """One strategy as a front end shows it."""

    name: str
    title: str
    description: str
    parameters: tuple[ParameterCard, ...]


def strategy_cards() -> tuple[StrategyCard, ...]:
    """Return every strategy that a bot can be made of, in the order in which they are offered."""
    return tuple(
        StrategyCard(name=kind.name, title=kind.title, description=_description(kind), parameters=kind.PARAMETERS)
        for kind in BUILT_IN
    )


def check_bot_params(name: str, params: Mapping[str, str]) -> list[str]:
    """Return every problem of a bot's parameters in words, none when they can be used.

    A problem of one parameter begins with ``name=``, so that a form can show it beside its field.
    """
    try:
        kind = find_strategy(name)
    except InvalidInput as problem:
        return [str(problem)]
    values, problems = validate(kind.PARAMETERS, params, ordered=kind.ORDERED)
    return problems or kind.check(kind.Params(**values))


def _description(kind: type[Strategy]) -> str:
    return _IN_SHORT.get(kind.name) or " ".join((kind.__doc__ or "").replace("`", "").split())

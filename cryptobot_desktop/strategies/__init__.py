"""Step 3 of a price's way: closed candles become intents with reasons."""

from cryptobot_desktop.domain.parameters import Parameter, ParameterKind
from cryptobot_desktop.indicators.indicator import State
from cryptobot_desktop.strategies.registry import (
    BotSpec,
    check_params,
    create_strategy,
    find_strategy,
    list_strategies,
    parse_bot_spec,
)
from cryptobot_desktop.strategies.strategy import Strategy, StrategyParams, StrategyView

__all__ = [
    "BotSpec",
    "Parameter",
    "ParameterKind",
    "State",
    "Strategy",
    "StrategyParams",
    "StrategyView",
    "check_params",
    "create_strategy",
    "find_strategy",
    "list_strategies",
    "parse_bot_spec",
]

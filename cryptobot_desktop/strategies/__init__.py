"""Step 3 of a price's way: closed candles become intents with reasons."""

from cryptobot_desktop.indicators.indicator import State
from cryptobot_desktop.strategies.strategy import Strategy, StrategyParams, StrategyView

__all__ = ["State", "Strategy", "StrategyParams", "StrategyView"]

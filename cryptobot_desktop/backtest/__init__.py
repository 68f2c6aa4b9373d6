"""Runs the same pipeline over recorded data with a simulated clock; the result agrees with a live run."""

from cryptobot_desktop.backtest.run import BacktestResult, run

__all__ = ["BacktestResult", "run"]

"""The parsed command line with what all commands share: the data folder, output as text or JSON, logging."""

import argparse
import os
import sys
from pathlib import Path

import orjson

from cryptobot_desktop.app.markets import parse_market
from cryptobot_desktop.app.profile import Profile, chosen_elsewhere
from cryptobot_desktop.backtest.run import read_bot
from cryptobot_desktop.config.fee_tiers import settle_fees
from cryptobot_desktop.config.folders import DATA_DIR_VARIABLE, data_folder, log_folder
from cryptobot_desktop.config.round_trips import measured_latency
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.assembly import parse_cash
from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec
from cryptobot_desktop.monitoring.logs import open_logs

DEFAULT_SYMBOLS = ("BTC/USDT",)


class Options:
    """What the user asked for."""

    def __init__(self, parsed: argparse.Namespace) -> None:
        self.parsed = parsed

    @property
    def wants_json(self) -> bool:
        """Return True when standard output shall hold one JSON document and nothing else."""
        return bool(self.parsed.json)

    def folder(self) -> Path:
        """Return the data folder, made when it is missing; UserActionNeeded when it cannot be written."""
        folder = data_folder(self.parsed.data_dir, os.environ)
        is_named = self.parsed.data_dir or os.environ.get(DATA_DIR_VARIABLE)
        elsewhere = None if is_named else chosen_elsewhere(folder)
        return folder if elsewhere is None else data_folder(elsewhere, {})

    def profile(self) -> Profile:
        """Return the data folder, held for this program alone."""
        return Profile(self.folder())

    def start_logs(self, folder: Path) -> None:
        """Log to standard error and to a rotating file in the data folder."""
        open_logs(self.parsed.log_level, log_folder(folder))

    def session(self, default_bot: BotSpec | None = None) -> SessionSpec:
        """Return the session that the market, bot and pace options describe; everything is checked.

        `default_bot` trades when no --bot is given; ``--bot none`` means none.
        """
        parsed = self.parsed
        source, seed, recording = parse_market(parsed.market or "synthetic", parsed.seed)
        if parsed.cash:
            parse_cash(parsed.cash)
        given = [] if parsed.bot == ["none"] else parsed.bot
        return SessionSpec(
            source=source,
            venue=parsed.venue,
            symbols=tuple(parsed.symbol or (() if source is MarketSource.RECORDING else DEFAULT_SYMBOLS)),
            timeframe=parsed.timeframe or Timeframe.M1,
            timeframe_is_open=parsed.timeframe is None,
            bots=tuple(read_bot(text) for text in given),
            default_bots=() if default_bot is None or parsed.bot == ["none"] else (default_bot,),
            portfolio=getattr(parsed, "portfolio", None) or "main",
            cash=parsed.cash,
            seed=seed,
            recording=recording,
            speed=getattr(parsed, "speed", 0),
            duration_ms=parsed.duration,
            fees=settle_fees(parsed.fees, parsed.venue) if parsed.fees is not None else None,
            fill_model=parsed.fill_model,
            latency=self._latency(),
        )

    def _latency(self) -> Latency:
        """Return the latency that was asked for; ``measured`` is looked up for the venue."""
        given: Latency | None = self.parsed.latency_ms
        if given is not None:
            return given
        return measured_latency(self.folder(), self.parsed.venue)

    def print_document(self, document: object) -> None:
        """Print one JSON document on standard output."""
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n")

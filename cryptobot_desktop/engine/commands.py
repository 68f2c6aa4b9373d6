"""Carries out what front ends ask for; every refusal is one clear sentence and changes nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from cryptobot_desktop.domain import commands as ask
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.facts import (
    BotChanged,
    CommandAnswered,
    KillSwitchReleased,
    KillSwitchTripped,
    PortfolioChanged,
)
from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.journal import KillSwitchRecord
from cryptobot_desktop.domain.ledger import BotRecord, PortfolioRecord
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, MAX_STORED
from cryptobot_desktop.engine.bots import PAUSED, RUNNING, Bot
from cryptobot_desktop.engine.epochs import EpochArchive, shown_epoch
from cryptobot_desktop.engine.order_commands import OrderCommands
from cryptobot_desktop.engine.pipeline import Pipeline
from cryptobot_desktop.risk import KillSwitch

LARGEST_CASH = MAX_STORED // 1_000
LONGEST_NAME = 60
"""Starting cash above this could overflow a stored balance after some lucky trades."""


class CommandDesk:
    """Executes commands on the pipeline. `watch` adds an instrument to the market source by any spelling."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        watch: Callable[[str], None],
        unwatch: Callable[[InstrumentId], None],
        warm_up: Callable[[Bot], None],
        synthetic: bool,
    ) -> None:
        self._pipeline = pipeline
        self._watch = watch
        self._unwatch = unwatch
        self._warm_up = warm_up
        self._synthetic = synthetic
        self.focus: InstrumentId | None = None
        self._orders = OrderCommands(pipeline)
        self.archive: EpochArchive | None = None
        """Where older epochs are read from; None for sessions that keep nothing."""
        self._handlers: dict[type, Callable[[Any], str]] = {
            ask.CreatePortfolio: self._create_portfolio,
            ask.ResetPortfolio: self._reset_portfolio,
            ask.AddBot: self._add_bot,
            ask.StartBot: partial(self._set_status, status=RUNNING),
            ask.PauseBot: partial(self._set_status, status=PAUSED),
            ask.ChangeBot: self._change_bot,
            ask.RemoveBot: self._remove_bot,
            ask.FocusInstrument: self._focus,
            ask.TripKillSwitch: self._trip,
            ask.ReleaseKillSwitch: self._release,
            ask.WatchInstrument: self._watch_instrument,
            ask.UnwatchInstrument: self._unwatch_instrument,
            **self._orders.handlers(),
        }

    def execute(self, command_id: int, command: ask.Command) -> None:
        """Carry out one command and queue its answer behind everything that it caused."""
        outbox, now_ms = self._pipeline.outbox, self._pipeline.now_ms
        try:
            if isinstance(command, ask.PreviewOrder):
                outbox.add_fact(self._orders.preview(command_id, command.order))
                return
            if isinstance(command, ask.ShowEpoch):
                outbox.add_fact(shown_epoch(command_id, command, self.archive))
                return
            answer = CommandAnswered(command_id, True, self._handlers[type(command)](command), now_ms)
        except UserActionNeeded as refusal:
            answer = CommandAnswered(command_id, False, str(refusal), now_ms)
        outbox.add_fact(answer)

    def open_portfolio(self, name: str, asset: str, amount: int, *, epoch: int = 1) -> None:
        """Open a portfolio (or its next epoch) with cash."""
        _check_opening(name, asset, amount)
        pipeline = self._pipeline
        record = PortfolioRecord(
            name=name,
            epoch=epoch,
            asset=asset,
            starting_cash=amount,
            created_ms=pipeline.now_ms,
            synthetic=self._synthetic,
        )
        transfers = pipeline.accounts.open(record, pipeline.now_ms)
        pipeline.totals.ledger_hash.add(transfers)
        pipeline.outbox.add_portfolio(record)
        pipeline.outbox.add_transfers(transfers)
        what = "created" if epoch == 1 else "reset"
        pipeline.outbox.add_fact(PortfolioChanged(name, epoch, what, pipeline.now_ms))

    def _create_portfolio(self, command: ask.CreatePortfolio) -> str:
        if self._pipeline.accounts.has(command.name):
            raise InvalidInput(f"portfolio {command.name!r} exists already; choose another name or reset it")
        self.open_portfolio(command.name, command.asset, command.amount)
        return f"portfolio {command.name} is open"

    def _reset_portfolio(self, command: ask.ResetPortfolio) -> str:
        pipeline = self._pipeline
        account = pipeline.accounts.get(command.name)
        _check_opening(command.name, command.asset, command.amount)
        pipeline.settle(
            pipeline.exchange.cancel_all(pipeline.now_ms, portfolio=command.name, reason="the portfolio was reset")
        )
        for bot in pipeline.bots:
            if bot.record.portfolio == command.name:
                bot.forget_trades()
        self.open_portfolio(command.name, command.asset, command.amount, epoch=account.record.epoch + 1)
        return f"portfolio {command.name} starts again; its history stays readable"

    def _add_bot(self, command: ask.AddBot) -> str:
        pipeline = self._pipeline
        account = pipeline.accounts.get(command.portfolio)
        instrument = pipeline.market.instrument(command.instrument)
        if instrument is None:
            raise InvalidInput(f"instrument {command.instrument} is not watched; add it to the market watch first")
        record = BotRecord(
            bot=command.bot,
            strategy=command.strategy,
            portfolio=account.record.name,
            instrument=instrument.id,
            timeframe=command.timeframe.value,
            params=command.params,
            status=PAUSED if command.paused else RUNNING,
            max_trade_ppm=command.max_trade_ppm,
            max_exposure_ppm=command.max_exposure_ppm,
        )
        bot = Bot(record, instrument)
        pipeline.bots.add(bot)
        self._warm_up(bot)
        return self._store(bot, "added")

    def _set_status(self, command: ask.StartBot | ask.PauseBot, *, status: str) -> str:
        bot = self._pipeline.bots.get(command.bot)
        bot.record = msgspec.structs.replace(bot.record, status=status)
        return self._store(bot, "started" if status == RUNNING else "paused")

    def _change_bot(self, command: ask.ChangeBot) -> str:
        pipeline = self._pipeline
        old = pipeline.bots.get(command.bot)
        record = msgspec.structs.replace(
            old.stored(),  # not as of the last commit: when that was depends on the disk
            params=command.params,
            max_trade_ppm=command.max_trade_ppm,
            max_exposure_ppm=command.max_exposure_ppm,
        )
        bot = Bot(record, old.instrument)
        bot.take_over(old)
        pipeline.bots.replace(bot)
        self._warm_up(bot)
        return self._store(bot, "changed")

    def _remove_bot(self, command: ask.RemoveBot) -> str:
        pipeline = self._pipeline
        bot = pipeline.bots.get(command.bot)
        pipeline.settle(pipeline.exchange.cancel_all(pipeline.now_ms, origin=bot.name, reason="its bot was removed"))
        pipeline.bots.remove(bot.name)
        pipeline.outbox.remove_bot(bot.name)
        pipeline.outbox.add_fact(BotChanged(bot.name, "removed", "", pipeline.now_ms))
        return f"bot {bot.name} is removed; its trades stay"

    def _store(self, bot: Bot, status: str) -> str:
        self._pipeline.outbox.put_bot(bot.stored(), bot.instrument)
        self._pipeline.outbox.add_fact(BotChanged(bot.name, status, "", self._pipeline.now_ms))
        return f"bot {bot.name} is {status}"

    def _focus(self, command: ask.FocusInstrument) -> str:
        if self._pipeline.market.instrument(command.instrument) is None:
            raise InvalidInput(f"instrument {command.instrument} is not watched; add it to the market watch first")
        self.focus = command.instrument
        return "focus changed"

    def _trip(self, command: ask.TripKillSwitch) -> str:
        pipeline, now_ms = self._pipeline, self._pipeline.now_ms
        pipeline.kill_switch = KillSwitch(tripped=True, reason=command.reason, at_ms=now_ms, by="user")
        pipeline.outbox.add_kill_switch(KillSwitchRecord(True, command.reason, now_ms))
        pipeline.settle(pipeline.exchange.cancel_all(now_ms, reason="the kill switch was tripped"))
        pipeline.outbox.add_fact(KillSwitchTripped(command.reason, now_ms))
        return "everything is stopped; open orders are cancelled"

    def _release(self, command: ask.ReleaseKillSwitch) -> str:
        if not command.reason.strip():
            raise InvalidInput("releasing the kill switch needs a reason; it is stored")
        pipeline, now_ms = self._pipeline, self._pipeline.now_ms
        pipeline.kill_switch = KillSwitch()
        pipeline.outbox.add_kill_switch(KillSwitchRecord(False, command.reason, now_ms))
        pipeline.outbox.add_fact(KillSwitchReleased(command.reason, now_ms))
        return "orders are accepted again"

    def _watch_instrument(self, command: ask.WatchInstrument) -> str:
        self._watch(command.symbol)
        return f"{command.symbol} is watched"

    def _unwatch_instrument(self, command: ask.UnwatchInstrument) -> str:
        pipeline = self._pipeline
        users = [bot.name for bot in pipeline.bots if bot.instrument.id == command.instrument]
        users += [o.client_id for o in pipeline.exchange.open_orders() if o.request.instrument == command.instrument]
        if users:
            raise InvalidInput(f"{command.instrument} is needed by {', '.join(users)}; remove these first")
        self._unwatch(command.instrument)
        return f"{command.instrument} is no longer watched"


def _check_opening(name: str, asset: str, amount: int) -> None:
    """Refuse a portfolio that cannot be opened, before anything is changed for it."""
    if not name.strip() or not name.isprintable() or any(sign in name for sign in "#/:|"):
        raise InvalidInput(f"portfolio name {name!r} is empty or has one of # / : | or a control character")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"portfolio name {name[:LONGEST_NAME]!r}... is longer than {LONGEST_NAME} characters")
    if not asset.isascii() or not asset.isalnum():
        raise InvalidInput(f"asset {asset!r} of portfolio {name!r} is not letters and digits such as USDT")
    if not 0 < amount <= LARGEST_CASH:
        most = LARGEST_CASH // 10**AMOUNT_DECIMALS
        raise InvalidInput(f"starting cash of portfolio {name!r} must be above 0 and at most {most} {asset}")

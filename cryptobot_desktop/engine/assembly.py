"""Puts a session together: stages, stored state, portfolio and bots; the same for every market source."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from cryptobot_desktop.domain.commands import PreviewOrder
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.domain.facts import Fact
from cryptobot_desktop.domain.instrument import Instrument, InstrumentId
from cryptobot_desktop.domain.journal import SessionRecord, StoredState
from cryptobot_desktop.domain.ledger import BotRecord
from cryptobot_desktop.domain.market import Candle
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, to_scaled
from cryptobot_desktop.domain.orders import FeeRates
from cryptobot_desktop.domain.recording import (
    CommandTaken,
    FactSeen,
    HistoryLoaded,
    IntakeSet,
    SessionOpened,
    TimeSet,
    Watched,
    is_result,
)
from cryptobot_desktop.domain.timeframe import Timeframe, bar_end_ms
from cryptobot_desktop.engine.accounts import Accounts
from cryptobot_desktop.engine.bots import RUNNING, Bot, free_name
from cryptobot_desktop.engine.commands import CommandDesk
from cryptobot_desktop.engine.outbox import Outbox, Store
from cryptobot_desktop.engine.pipeline import Pipeline
from cryptobot_desktop.engine.recorder import NoRecorder, Recorder, checkpoint
from cryptobot_desktop.engine.session import BotSpec, MarketShape, SessionSpec
from cryptobot_desktop.execution.exchange import PaperExchange
from cryptobot_desktop.marketdata.market_state import MarketState
from cryptobot_desktop.marketdata.symbol_names import instrument_by_name
from cryptobot_desktop.risk import KillSwitch

EXCHANGE = MarketShape()
_COIN_CASH = {"BTC": "1", "ETH": "10", "BNB": "30"}


class Assembled(Struct):
    """A session that is ready to take events."""

    spec: SessionSpec
    record: SessionRecord
    market: MarketState
    exchange: PaperExchange
    pipeline: Pipeline
    desk: CommandDesk
    outbox: Outbox
    recorder: Recorder
    starting_equity: int = 0
    """What the portfolio was worth when the session began, in its own asset."""
    starting_realized: int = 0
    starting_fees: int = 0
    """What it had realised and paid before, so that a report speaks of its own session."""
    fees_before: dict[str, int] = msgspec.field(default_factory=dict)


def assemble(
    spec: SessionSpec,
    record: SessionRecord,
    *,
    store: Store,
    tell: Callable[[Fact], None],
    shape: MarketShape = EXCHANGE,
    watch: Callable[[str], None] | None = None,
) -> Assembled:
    """Build the stages of a session. `watch` adds instruments by name; without it the list is fixed."""
    market = MarketState(books=shape.has_books, base=shape.base, timeframes=_timeframes(spec, shape))
    known: dict[InstrumentId, Instrument] = {}
    accounts = Accounts(market, known)
    exchange = PaperExchange(
        {spec.venue: spec.fees or FeeRates()},
        purse=accounts,
        model=spec.fill_model,
        latency=spec.latency,
        seed=spec.seed,
    )
    outbox = Outbox(store, tell)
    pipeline = Pipeline(market, exchange, accounts, outbox, session_id=record.session_id, base=shape.base)
    pipeline.now_ms = record.started_ms
    pipeline.fees[spec.venue] = spec.fees or FeeRates()
    outbox.take_snapshot = lambda ending: pipeline.accounts.due_snapshot(ending=ending)
    desk = CommandDesk(
        pipeline,
        watch=watch or _fixed_list,
        unwatch=market.unwatch,
        warm_up=lambda bot: warm_up(bot, market),
        synthetic=record.synthetic,
    )
    return Assembled(spec, record, market, exchange, pipeline, desk, outbox, NoRecorder())


def record_with(session: Assembled, recorder: Recorder) -> None:
    """Let everything that enters the session from now on be written down, and what it answers."""

    def see(fact: Fact) -> None:
        if is_result(fact):
            recorder.add_fact(FactSeen(fact))

    session.recorder = recorder
    session.outbox.witness = see
    recorder.follow(partial(checkpoint, session.pipeline))


def set_time(session: Assembled, now_ms: int) -> None:
    """Let the session begin at a time; it never steps back."""
    session.recorder.add(TimeSet(now_ms))
    session.pipeline.now_ms = max(session.pipeline.now_ms, now_ms)


def set_intake(session: Assembled, refusal: str) -> None:
    """Take no new orders for a reason, or take them again."""
    if refusal != session.pipeline.no_intake:
        session.recorder.add(IntakeSet(refusal))
        session.pipeline.no_intake = refusal


def begin_watching(session: Assembled, instrument: Instrument) -> None:
    """Watch an instrument from the start; later ones come by command."""
    session.recorder.add(Watched(instrument))
    watch_instrument(session, instrument)


def take_history(session: Assembled, instrument: InstrumentId, candles: Sequence[Candle]) -> None:
    """Merge finished bars from before into the market, and warm up the bots that waited for them."""
    session.recorder.add(HistoryLoaded(instrument, tuple(candles)))
    session.market.load_history(candles)
    for bot in session.pipeline.bots:
        if bot.instrument.id == instrument and not bot.is_ready:
            warm_up(bot, session.market)


def take_command(session: Assembled, taken: CommandTaken) -> None:
    """Carry out a command."""
    if not isinstance(taken.command, PreviewOrder):  # it changes nothing
        session.recorder.add(taken)
    session.desk.execute(taken.command_id, taken.command)


def watch_instrument(session: Assembled, instrument: Instrument) -> None:
    """Begin to watch an instrument; positions in it can be valued from now on."""
    session.market.watch(instrument)
    session.pipeline.known[instrument.id] = instrument
    if session.desk.focus is None:
        session.desk.focus = instrument.id


def resume(session: Assembled, stored: StoredState) -> None:
    """Take up what was stored and open the session: the moment from which on it trades."""
    session.recorder.add(SessionOpened())
    restore(session, stored)
    open_session(session)


def restore(session: Assembled, stored: StoredState) -> None:
    """Take up portfolios, resting orders, bots and the kill switch as they were stored."""
    pipeline = session.pipeline
    for instrument in stored.instruments:
        _check_precision(instrument, pipeline.known.setdefault(instrument.id, instrument))
    pipeline.accounts.restore(stored)
    session.exchange.restore([*stored.closed_orders, *stored.open_orders], pipeline.now_ms)
    if stored.kill_switch is not None and stored.kill_switch.tripped:
        kept = stored.kill_switch
        pipeline.kill_switch = KillSwitch(tripped=True, reason=kept.reason, at_ms=kept.at_ms, by="user")
    for record in stored.bots:
        known = pipeline.known.get(InstrumentId(record.instrument))
        if known is not None:
            pipeline.bots.put_back(_restored(record, known, pipeline.accounts, stored))
    pipeline.bots.reserve(record.bot for record in stored.bots)
    for account in pipeline.accounts:
        pipeline.bots.reserve(account.book.origins())


def open_session(session: Assembled) -> None:
    """Make sure that the session's portfolio and bots exist, and write down that the session began."""
    spec, pipeline = session.spec, session.pipeline
    if not pipeline.accounts.has(spec.portfolio):
        amount, asset = parse_cash(spec.cash or default_cash(pipeline.market_instruments().values()))
        session.desk.open_portfolio(spec.portfolio, asset, amount)
    for bot in pipeline.bots:
        warm_up(bot, session.market)
    has_bot = any(bot.record.portfolio == spec.portfolio for bot in pipeline.bots)
    for wanted in spec.bots or (() if has_bot else spec.default_bots):
        add_bot(session, wanted)
    asset = pipeline.accounts.get(spec.portfolio).record.asset
    account = pipeline.accounts.get(spec.portfolio)
    session.starting_equity = pipeline.accounts.value(spec.portfolio, asset).equity
    session.starting_realized, session.starting_fees = account.book.realised(), account.book.fees()
    session.fees_before = pipeline.accounts.fees_paid(spec.portfolio)
    session.outbox.put_session(session.record)


def add_bot(session: Assembled, wanted: BotSpec) -> None:
    """Add a bot of the command line or the wizard, unless the very same one runs already."""
    pipeline = session.pipeline
    watched = pipeline.market_instruments()
    instrument = instrument_by_name(watched.values(), wanted.symbol) if wanted.symbol else next(iter(watched.values()))
    record = BotRecord(
        bot=wanted.strategy,
        strategy=wanted.strategy,
        portfolio=session.spec.portfolio,
        instrument=instrument.id,
        timeframe=session.spec.timeframe.value,
        params=wanted.params,
        status=RUNNING,
        max_trade_ppm=wanted.max_trade_ppm,
        max_exposure_ppm=wanted.max_exposure_ppm,
    )
    if any(_is_same(bot.record, record) for bot in pipeline.bots):
        return
    name = free_name(wanted.strategy, pipeline.bots.taken)
    bot = Bot(msgspec.structs.replace(record, bot=name), instrument)
    pipeline.bots.add(bot)
    warm_up(bot, session.market)
    session.outbox.put_bot(bot.stored(), instrument)


def warm_up(bot: Bot, market: MarketState) -> None:
    """Feed a bot the closed bars that are known; a stored state is taken up when no bar is missing since."""
    strategy = bot.strategy
    series = market.series(bot.instrument.id, strategy.timeframe)
    history = series.tail(strategy.history_bars) if series is not None else []
    if bot.record.state and strategy.last_open_ms is None:
        _take_up(bot, history[0].open_ms if history else None)
    for candle in history:
        strategy.take(candle)


def parse_cash(text: str) -> tuple[int, str]:
    """Return (ledger amount, asset) of text such as ``10000 USDT``; anything else raises InvalidInput."""
    number, _, asset = text.strip().partition(" ")
    asset = asset.strip().upper()
    if not asset.isascii() or not asset.isalnum():
        raise InvalidInput(f"cash {text!r} is not an amount and an asset such as '10000 USDT'")
    return to_scaled(number, AMOUNT_DECIMALS), asset


def default_cash(instruments: Iterable[Instrument]) -> str:
    """Return a sensible start for markets that are quoted in the first instrument's quote asset."""
    quote = next((instrument.quote for instrument in instruments), "USDT")
    return f"{_COIN_CASH.get(quote, '10000')} {quote}"


def keep_scales(catalogue: Mapping[InstrumentId, Instrument], stored: StoredState) -> dict[InstrumentId, Instrument]:
    """Return a venue's instruments in the scales of stored prices and quantities where those are finer.

    A venue may make its tick or step coarser; what was stored must keep its meaning.
    """
    kept = dict(catalogue)
    for old in stored.instruments:
        new = kept.get(old.id)
        if new is not None and old.price_decimals >= new.price_decimals and old.qty_decimals >= new.qty_decimals:
            kept[old.id] = new.at_scale(old.price_decimals, old.qty_decimals)
    return kept


def chosen(catalogue: Mapping[InstrumentId, Instrument], symbols: Iterable[str]) -> tuple[Instrument, ...]:
    """Return the named instruments, each once and in the order of the names; all of them when none is named."""
    named = [instrument_by_name(catalogue.values(), symbol) for symbol in symbols]
    return tuple(dict.fromkeys(named or catalogue.values()))


def _timeframes(spec: SessionSpec, shape: MarketShape) -> tuple[Timeframe, ...]:
    """Return the bars to build: all for a market that may be looked at, only what bots need for a file."""
    return tuple(Timeframe) if shape.has_books else tuple({shape.base, spec.timeframe})


def _restored(record: BotRecord, instrument: Instrument, accounts: Accounts, stored: StoredState) -> Bot:
    bot = Bot(record, instrument)
    if accounts.has(record.portfolio):
        bot.trades = accounts.get(record.portfolio).book.trades_of(record.bot, instrument.id)
    bot.open_orders = {o.client_id for o in stored.open_orders if o.request.origin == record.bot}
    return bot


def _take_up(bot: Bot, first_known_ms: int | None) -> None:
    """Restore the stored strategy state when the known bars continue it without a hole."""
    saved = msgspec.json.decode(bot.record.state)
    last = saved.get("last_open_ms") if isinstance(saved, dict) else None
    if last is None or first_known_ms is None or bar_end_ms(last, bot.strategy.timeframe) < first_known_ms:
        return
    try:
        bot.strategy.restore(saved)
    except InvalidInput:
        return  # parameters changed since: it warms up anew


def _check_precision(stored: Instrument, now: Instrument) -> None:
    """Refuse a market whose numbers would change the meaning of stored prices and quantities."""
    before, after = (stored.price_decimals, stored.qty_decimals), (now.price_decimals, now.qty_decimals)
    if before != after:
        raise UserActionNeeded(
            f"{now.id} is stored with {before[0]} price and {before[1]} quantity decimals, this market has {after[0]} "
            f"and {after[1]}; use another data folder for it (--data-dir)"
        )


def _is_same(one: BotRecord, other: BotRecord) -> bool:
    keys = ("strategy", "portfolio", "instrument", "timeframe", "params")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _fixed_list(symbol: str) -> None:
    raise InvalidInput(f"{symbol} cannot be added: this market source has a fixed list of instruments")

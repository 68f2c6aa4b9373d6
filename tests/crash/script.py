"""A seeded market with a busy user: what a session is fed, the same for every run of one seed."""

import random
from collections.abc import Iterator

from cryptobot_desktop.domain import commands as ask
from cryptobot_desktop.domain.instrument import Filters
from cryptobot_desktop.domain.market import (
    BookSnapshot,
    Candle,
    ClockTick,
    FeedState,
    FeedStatus,
    Level,
    Received,
    Side,
    Trade,
)
from cryptobot_desktop.domain.orders import OrderType, TimeInForce
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.session import BotSpec
from cryptobot_desktop.marketdata.market_state import MarketState
from tests.builders import USDT, btc_usdt

START_MS = 1_767_225_600_000
STEP_MS = 10_000
MARK = 6_000_000
"""The price at the start: 60,000 USDT in cents."""
BTC = btc_usdt(filters=Filters(tick_size=1, step_size=1, min_qty=1, min_notional=5 * USDT))
BOTS = (
    BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"}),
    BotSpec(strategy="rsi_reversion", params={"period": "3", "low": "40", "high": "60"}),
)

Item = Received | ask.Command


def write_script(seed: int, steps: int) -> list[Item]:
    """Return what happens, in order: books, trades, ticks of the clock, and commands of the user in between."""
    chance = random.Random(seed)
    mid, items = MARK, list[Item]()
    for step in range(steps):
        at_ms = START_MS + (step + 1) * STEP_MS
        mid = max(MARK // 2, mid + chance.randint(-3_000, 3_000))
        items.append(Received(at_ms, _book(chance, mid, step, at_ms)))
        items += [Received(at_ms, trade) for trade in _trades(chance, mid, step, at_ms)]
        items += _commands(chance, mid, step)
        items.append(Received(at_ms, ClockTick(at_ms)))
    return items


def feed_begins(at_ms: int) -> Received:
    """Return the word that the stream runs, as a feed says it after it has connected."""
    return Received(at_ms, FeedStatus(BTC.id, FeedState.LIVE))


def history(items: list[Item], end: int) -> list[Candle]:
    """Return the closed one-minute bars of everything before `items[end]`, as a venue would answer."""
    market = MarketState([BTC])
    for item in items[:end]:
        if isinstance(item, Received):
            market.apply(item.event, item.received_ms)
    series = market.series(BTC.id, Timeframe.M1)
    return list(series.tail(200)) if series is not None else []


def time_of(items: list[Item], end: int) -> int:
    """Return the market time that has come when `items[:end]` have happened."""
    return next((item.received_ms for item in reversed(items[:end]) if isinstance(item, Received)), START_MS)


def _book(chance: random.Random, mid: int, step: int, at_ms: int) -> BookSnapshot:
    def side(sign: int) -> tuple[Level, ...]:
        return tuple((mid + sign * (50 + 400 * depth), chance.randint(500, 60_000)) for depth in range(6))

    return BookSnapshot(BTC.id, step + 1, side(-1), side(+1), at_ms)


def _trades(chance: random.Random, mid: int, step: int, at_ms: int) -> Iterator[Trade]:
    for number in range(chance.randint(1, 2)):
        price = mid + chance.randint(-900, 900)
        yield Trade(BTC.id, f"{step}-{number}", price, chance.randint(100, 90_000), chance.choice(list(Side)), at_ms)


def _commands(chance: random.Random, mid: int, step: int) -> Iterator[ask.Command]:
    """Return what the user does in one step; everything is drawn beforehand, whatever comes of it."""
    what = chance.random()
    if what < 0.40:
        yield _limit_order(chance, mid, step)
    elif what < 0.48:
        yield _market_order(chance, step)
    elif what < 0.62:
        yield ask.CancelOrder(f"mine-{max(0, step - chance.randint(1, 12))}")
    elif what < 0.63:
        yield ask.ResetPortfolio("main", "USDT", chance.randint(5_000, 20_000) * USDT)
    elif what < 0.64:
        yield ask.TripKillSwitch("drill")
        yield ask.ReleaseKillSwitch("the drill is over")
    elif what < 0.65:
        yield ask.CreatePortfolio(f"side-{step}", "USDT", 1_000 * USDT)
    elif what < 0.66:
        yield chance.choice([ask.PauseBot, ask.StartBot, ask.StartBot])("sma_cross")


def _limit_order(chance: random.Random, mid: int, step: int) -> ask.PlaceOrder:
    return ask.PlaceOrder(
        client_id=f"mine-{step}",
        portfolio="main",
        instrument=BTC.id,
        side=chance.choice(list(Side)),
        type=OrderType.LIMIT,
        qty=chance.randint(100, 2_000),
        price=mid + chance.choice([chance.randint(-4_000, 4_000), chance.randint(-60_000, 60_000)]),
        time_in_force=chance.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC]),
    )


def _market_order(chance: random.Random, step: int) -> ask.PlaceOrder:
    return ask.PlaceOrder(
        client_id=f"mine-{step}",
        portfolio="main",
        instrument=BTC.id,
        side=chance.choice(list(Side)),
        type=OrderType.MARKET,
        qty=chance.randint(100, 2_000),
    )

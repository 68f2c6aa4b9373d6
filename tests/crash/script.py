"""A seeded market with a busy user: what a session is fed, the same for every run of one seed."""

import random
from collections.abc import Iterator

from msgspec.structs import replace

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
from cryptobot_desktop.domain.orders import ListKind, OrderType, TimeInForce
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
    what, earlier = chance.random(), f"mine-{max(0, step - chance.randint(1, 12))}"
    if what < 0.28:
        yield _limit_order(chance, mid, step)
    elif what < 0.36:
        yield _order(chance, step, OrderType.MARKET)
    elif what < 0.46:
        yield _stop(chance, mid, step)
    elif what < 0.52:
        yield _order_list(chance, mid, step)
    elif what < 0.62:
        yield ask.CancelOrder(earlier)
    elif what < 0.64:
        yield ask.AmendOrder(earlier, chance.randint(50, 200))
    elif what < 0.66:
        yield ask.ReplaceOrder(earlier, _limit_order(chance, mid, step))
    else:
        yield from _rare_commands(chance, step)


def _rare_commands(chance: random.Random, step: int) -> Iterator[ask.Command]:
    what = chance.random()
    if what < 0.03:
        yield ask.ResetPortfolio("main", "USDT", chance.randint(5_000, 20_000) * USDT)
    elif what < 0.06:
        yield ask.TripKillSwitch("drill")
        yield ask.ReleaseKillSwitch("the drill is over")
    elif what < 0.09:
        yield ask.CreatePortfolio(f"side-{step}", "USDT", 1_000 * USDT)
    elif what < 0.12:
        yield chance.choice([ask.PauseBot, ask.StartBot, ask.StartBot])("sma_cross")


def _order(chance: random.Random, step: int, kind: OrderType) -> ask.PlaceOrder:
    return ask.PlaceOrder(
        client_id=f"mine-{step}",
        portfolio="main",
        instrument=BTC.id,
        side=chance.choice(list(Side)),
        type=kind,
        qty=chance.randint(100, 2_000),
    )


def _limit_order(chance: random.Random, mid: int, step: int) -> ask.PlaceOrder:
    price = mid + chance.choice([chance.randint(-4_000, 4_000), chance.randint(-60_000, 60_000)])
    order = replace(_order(chance, step, OrderType.LIMIT), price=price)
    style = chance.random()
    if style < 0.15:
        return replace(order, time_in_force=TimeInForce.IOC)
    if style < 0.25:
        return replace(order, display_qty=(order.qty or 0) // 4)
    return order


def _stop(chance: random.Random, mid: int, step: int) -> ask.PlaceOrder:
    order = _order(chance, step, chance.choice([OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT]))
    if chance.random() < 0.3:
        return replace(order, type=OrderType.TRAILING_STOP, trailing_bips=chance.randint(10, 40))
    up = 1 if order.side is Side.BUY else -1
    trigger = mid + up * chance.randint(500, 6_000)
    return replace(order, stop_price=trigger, price=trigger + up * 2_000 if order.type.has_limit else None)


def _order_list(chance: random.Random, mid: int, step: int) -> ask.PlaceOrderList:
    """Return an entry that places a target and a stop once it is filled."""
    qty = chance.randint(100, 1_000)
    entry = replace(_order(chance, step, OrderType.LIMIT), side=Side.BUY, qty=qty, price=mid - chance.randint(0, 3_000))
    out = replace(entry, side=Side.SELL, qty=qty * 9 // 10)
    target = replace(out, client_id=f"mine-{step}-target", price=mid + chance.randint(2_000, 9_000))
    stop = replace(
        out,
        client_id=f"mine-{step}-stop",
        type=OrderType.STOP_LOSS,
        price=None,
        stop_price=mid - chance.randint(4_000, 9_000),
    )
    return ask.PlaceOrderList(f"list-{step}", ListKind.OTOCO, (entry, target, stop))

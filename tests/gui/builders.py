"""Snapshots as the engine publishes them, and a small scripted engine behind a real EngineHandle."""

import math
import random

import numpy as np
from msgspec.structs import replace

from cryptobot_desktop.domain.commands import Command
from cryptobot_desktop.domain.facts import CommandAnswered, DecisionMade
from cryptobot_desktop.domain.instrument import Filters, Instrument, InstrumentId, Venue
from cryptobot_desktop.domain.ledger import BotRecord
from cryptobot_desktop.domain.market import FeedState, Side, Trade
from cryptobot_desktop.domain.numbers import AMOUNT_UNIT, to_scaled
from cryptobot_desktop.domain.orders import (
    Fill,
    FillEvidence,
    Intent,
    Liquidity,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
)
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays, EngineHandle
from cryptobot_desktop.engine.snapshot import (
    BookCard,
    BotCard,
    EngineSnapshot,
    FeedCard,
    InstrumentCard,
    MarketCard,
    PortfolioCard,
    PositionCard,
)

NOW_MS = 1_795_183_331_000  # 2026-11-20 14:02:11 UTC
BTC_ID, ETH_ID, SOL_ID = (InstrumentId(f"binance:{base}USDT") for base in ("BTC", "ETH", "SOL"))


def instrument(base: str = "BTC", *, price_decimals: int = 2, qty_decimals: int = 5) -> Instrument:
    """Return a pair against USDT with filters like Binance's."""
    return Instrument(
        venue=Venue.BINANCE,
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        price_decimals=price_decimals,
        qty_decimals=qty_decimals,
        filters=Filters(
            min_price=1,
            max_price=10**9,
            tick_size=1,
            min_qty=1,
            max_qty=9_000 * 10**qty_decimals,
            step_size=1,
            min_notional=5 * AMOUNT_UNIT,
        ),
        synthetic=True,
    )


BTC, ETH, SOL = instrument("BTC"), instrument("ETH", qty_decimals=4), instrument("SOL", qty_decimals=3)


def card(
    pair: Instrument, last: str | None, change_ppm: int | None, *, state: FeedState = FeedState.LIVE, reason: str = ""
) -> InstrumentCard:
    price = None if last is None else to_scaled(last, pair.price_decimals)
    return InstrumentCard(
        instrument=pair,
        state=state,
        reason=reason,
        last=price,
        bid=None if price is None else price - 1,
        ask=price,
        change_ppm=change_ppm,
        high=price,
        low=price,
        volume=None if price is None else 18_342_11 * 10 ** (pair.qty_decimals - 2),
        age_ms=420 if state is FeedState.LIVE else 11_000,
    )


def book(pair: Instrument, last: str, *, live: bool = True, rows: int = 25, seed: int = 1) -> BookCard:
    chance = random.Random(seed)
    middle = to_scaled(last, pair.price_decimals)

    def levels(step: int) -> tuple[tuple[int, int], ...]:
        price, found = middle, []
        for _ in range(rows):
            price += step * chance.randint(1, 120)
            found.append((price, int(chance.expovariate(1.2) * 10**pair.qty_decimals) + 1))
        return tuple(found)

    trades = tuple(
        Trade(
            pair.id,
            str(1000 - i),
            middle + chance.randint(-150, 150),
            chance.randint(1, 3 * 10**pair.qty_decimals),
            chance.choice([Side.BUY, Side.SELL]),
            NOW_MS - i * 730,
        )
        for i in range(30)
    )
    why = "" if live else "KuCoin: no data for 11 s, reconnecting"
    return BookCard(pair.id, live, why, 51_002_334, levels(-1), levels(1), trades)


def order(client_id: str = "gui-1", *, status: OrderStatus = OrderStatus.NEW, reject_reason: str = "") -> Order:
    request = OrderRequest(
        client_id=client_id,
        portfolio="main",
        instrument=BTC_ID,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=10_000,
        price=6_350_000,
    )
    return Order(
        request=request,
        status=status,
        created_ms=NOW_MS - 60_000,
        updated_ms=NOW_MS,
        reserved=6_350 * AMOUNT_UNIT,
        reject_reason=reject_reason,
    )


def fill(number: int, side: Side, price: str, qty: str, minutes_ago: int) -> Fill:
    scaled, amount = to_scaled(price, 2), to_scaled(qty, 5)
    quote = BTC.notional_up(scaled, amount)
    return Fill(
        fill_id=f"F{number}",
        client_id=f"sma_cross-1-{number}",
        portfolio="main",
        instrument=BTC_ID,
        side=side,
        price=scaled,
        qty=amount,
        quote_amount=quote,
        fee=(quote if side is Side.SELL else BTC.base_amount(amount)) // 1_000,
        fee_asset="USDT" if side is Side.SELL else "BTC",
        liquidity=Liquidity.TAKER,
        at_ms=NOW_MS - minutes_ago * 60_000,
        evidence=FillEvidence(kind="book", update_id=51_002_300 + number, level_price=scaled, level_qty=210_000),
    )


def decision(number: int, outcome: str, reasons: tuple[tuple[str, str], ...], side: Side = Side.BUY) -> DecisionMade:
    intent = Intent(
        instrument=BTC_ID, side=side, equity_ppm=100_000, reason="fast SMA 64,211.40 crossed above slow SMA"
    )
    return DecisionMade(
        decision_id=f"D{number}",
        bot="sma_cross-1",
        portfolio="main",
        intent=intent,
        outcome=outcome,
        qty=0 if outcome == "vetoed" else 1_557,
        reasons=reasons,
        client_id="" if outcome == "vetoed" else f"sma_cross-1-{number}",
        at_ms=NOW_MS - number * 61_000,
    )


def bot(name: str = "sma_cross-1", *, status: str = "running", ready: bool = True) -> BotCard:
    record = BotRecord(
        bot=name,
        strategy=name.rpartition("-")[0],
        portfolio="main",
        instrument=BTC_ID,
        timeframe="1m",
        params={"fast": "10", "slow": "30", "size": "0.1"} if name.startswith("sma") else {},
        status=status,
        max_trade_ppm=100_000,
        max_exposure_ppm=1_000_000,
    )
    return BotCard(
        record=record,
        instrument_name="BTC/USDT",
        ready=ready,
        last_decision="waits: fast SMA is above slow SMA since 13:40" if ready else "",
        orders=4,
        fills=3,
        realized=1_240_000_000,
        indicators=(("SMA 10", 64_211.4), ("SMA 30", 64_180.2)) if ready else (("SMA 10", None), ("SMA 30", None)),
    )


def position() -> PositionCard:
    return PositionCard(
        portfolio="main",
        instrument=BTC_ID,
        asset="BTC",
        qty=15_570,
        average_cost=6_390_012,
        last=6_421_050,
        value=9_997 * AMOUNT_UNIT // 10,
        unrealized=4_832_000_000 // 10,
        realized=1_240_000_000,
    )


def portfolio(name: str = "main", positions: tuple[PositionCard, ...] = ()) -> PortfolioCard:
    return PortfolioCard(
        name=name,
        epoch=1,
        asset="USDT",
        starting_cash=10_000 * AMOUNT_UNIT,
        equity=10_412_07 * AMOUNT_UNIT // 100,
        available=9_412_07 * AMOUNT_UNIT // 100,
        reserved=0,
        realized=1_240_000_000,
        unrealized=483_200_000,
        fees=2_100_000_00,
        change_ppm=41_207,
        max_drawdown_ppm=8_000,
        is_estimated=False,
        positions=positions,
        equity_points=(),
    )


def snapshot(**changes: object) -> EngineSnapshot:
    """Return a busy, healthy engine on the synthetic market; name fields to change them."""
    busy = EngineSnapshot(
        seq=1,
        at_ms=NOW_MS,
        session_id="S1",
        engine_state="running",
        engine_message="",
        market=MarketCard(source="synthetic", label="synthetic market, seed 7", synthetic=True),
        kill_tripped=False,
        kill_reason="",
        instruments=(
            card(BTC, "64210.50", 12_400),
            card(ETH, "3412.07", -8_300),
            card(SOL, "148.92", 31_200, state=FeedState.SYNCING, reason="reading the order book"),
        ),
        focus=book(BTC, "64210.50"),
        portfolios=(portfolio("main", (position(),)), portfolio("careful")),
        open_orders=(order(),),
        bots=(bot(), bot("rsi_reversion-1", status="paused", ready=False)),
        fills=(
            fill(1, Side.BUY, "63900.12", "0.15570", 42),
            fill(2, Side.SELL, "64105.00", "0.05000", 21),
            fill(3, Side.BUY, "64020.77", "0.05000", 9),
        ),
        closed_orders=(order("gui-0", status=OrderStatus.REJECTED, reject_reason="Filter failure: NOTIONAL"),),
        decisions=(
            decision(3, "vetoed", (("max_exposure", "exposure would reach 104 %, the limit is 100 %"),)),
            decision(2, "shrunk", (("max_trade", "0.02 BTC shrunk to 0.01557 BTC: the limit is 10 % of equity"),)),
            decision(1, "allowed", ()),
        ),
        feeds=(
            FeedCard("Built-in market", FeedState.LIVE, "", 1),
            FeedCard("KuCoin", FeedState.STALE, "no data for 11 s, reconnecting"),
        ),
        market_events=18_231,
        lag_ms=0.4,
        weight_used=212,
        weight_limit=6_000,
    )
    return replace(busy, **changes)


def empty_snapshot(**changes: object) -> EngineSnapshot:
    """Return an engine that has just come up: nothing watched, nothing traded."""
    return snapshot(
        **{
            "instruments": (),
            "focus": None,
            "portfolios": (portfolio(),),
            "open_orders": (),
            "bots": (),
            "fills": (),
            "closed_orders": (),
            "decisions": (),
            "feeds": (FeedCard("Built-in market", FeedState.LIVE, "", 1),),
            **changes,
        }
    )


def candles(count: int = 600, *, last: float = 64_210.5, seed: int = 3) -> CandleArrays:
    """Return one-minute bars of a seeded walk that ends at `last`."""
    chance = np.random.default_rng(seed)
    close = np.cumsum(chance.normal(0, 18, count)) + 60 * np.sin(np.arange(count) / 40)
    close = close - close[-1] + last
    opened = np.concatenate([close[:1], close[:-1]])
    spread = np.abs(chance.normal(0, 14, count))
    open_ms = np.arange(count, dtype=np.int64) * 60_000 + (NOW_MS // 60_000 - count) * 60_000
    high, low = np.maximum(opened, close) + spread, np.minimum(opened, close) - spread
    volume = np.abs(chance.normal(8, 4, count)) + np.abs(close - opened) / 8
    forming = (int(open_ms[-1]) + 60_000, last, last + 12.0, last - 9.0, last + 6.5, 3.2)
    return CandleArrays(1, open_ms, opened, high, low, close, volume, forming, True)


class ScriptedEngine:
    """The engine's side of a handle, played by a test: publishes what it is told, keeps what it is asked."""

    def __init__(self, handle: EngineHandle | None = None) -> None:
        self.handle = handle if handle is not None else EngineHandle()
        self.taken: list[tuple[int, Command]] = []
        self._candles = {
            BTC_ID: candles(),
            ETH_ID: candles(last=3_412.07, seed=4),
            SOL_ID: candles(last=148.92, seed=5),
        }
        self._seq = 0
        self.handle.publish_catalogue((BTC, ETH, SOL))
        self.handle.attach(lambda: None, self._read_candles)

    def _read_candles(self, which: InstrumentId, timeframe: Timeframe) -> CandleArrays | None:
        return self._candles.get(which)

    def publish(self, shown: EngineSnapshot) -> None:
        """Publish a snapshot under the next number."""
        self._seq += 1
        self.handle.publish_snapshot(replace(shown, seq=self._seq))

    def commands(self) -> list[Command]:
        """Return the commands that came since the last call."""
        fresh = self.handle.take_commands()
        self.taken += fresh
        return [command for _, command in fresh]

    def command_id(self, kind: type[Command]) -> int:
        """Return the id of the newest command of a kind."""
        return next(number for number, command in reversed(self.taken) if isinstance(command, kind))

    def answer(self, command_id: int, *, ok: bool = True, message: str = "") -> None:
        """Answer a command."""
        self.handle.publish_notice(CommandAnswered(command_id, ok, message, NOW_MS))


def walk(shown: EngineSnapshot, step: int) -> EngineSnapshot:
    """Return the snapshot some moments later: prices and book have moved a little."""
    first = shown.instruments[0]
    last = int((first.last or 0) + 300 * math.sin(step / 5))
    text = f"{last / 100:.2f}"
    return replace(
        shown,
        at_ms=shown.at_ms + 33 * step,
        instruments=(replace(first, last=last), *shown.instruments[1:]),
        focus=book(BTC, text, seed=step),
    )

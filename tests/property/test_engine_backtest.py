"""Backtests against an independent simulator in fractions, and against themselves with another future."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cryptobot_desktop import backtest
from cryptobot_desktop.domain.instrument import Filters, Instrument, Venue
from cryptobot_desktop.domain.market import Candle, Side
from cryptobot_desktop.domain.orders import FeeRates, Fill
from cryptobot_desktop.domain.timeframe import MINUTE_MS, Timeframe
from cryptobot_desktop.engine.session import BotSpec
from tests.builders import USDT, btc_usdt

START_MS = 1_767_225_600_000
BINANCE = btc_usdt(filters=Filters(step_size=1, min_qty=1, min_notional=5 * USDT))
KUCOIN = msgspec.structs.replace(btc_usdt(venue=Venue.KUCOIN), filters=BINANCE.filters)
AMOUNT = Fraction(1, 10**8)
"""The smallest amount of any asset in the ledger."""
MARGIN = Fraction(5, 100)
"""What a market purchase holds beyond its cost at the last price, while it waits for the next one."""

Deal = tuple[str, Fraction, Fraction, Fraction, Fraction, int]
"""side, price, quantity, amount in USDT, fee, time."""


def up(value: Fraction) -> Fraction:
    """Round up to the ledger's precision."""
    return ceil(value / AMOUNT) * AMOUNT


def down(value: Fraction) -> Fraction:
    """Round down to the ledger's precision."""
    return floor(value / AMOUNT) * AMOUNT


@dataclass
class NaiveCross:
    """A trader who knows nothing of the program: two averages, one position, fractions throughout."""

    fast: int
    slow: int
    size: Fraction
    fee: Fraction
    fee_on_top: bool
    step: Fraction
    cash: Fraction = Fraction(10_000)
    coins: Fraction = Fraction(0)
    closes: list[Fraction] = field(default_factory=list)
    relation: int = 0
    waiting: tuple[str, Fraction, Fraction] | None = None
    """Side, quantity and the cash that is kept for it."""
    deals: list[Deal] = field(default_factory=list)

    def see(self, candle: Candle, unit: Fraction) -> None:
        """Live through one bar: what waits trades at its open, then its close is judged."""
        opened, closed = candle.open * unit, candle.close * unit
        if self.waiting is not None:
            self._trade(opened, candle.open_ms)
        self.closes.append(closed)
        if len(self.closes) >= self.slow:
            self._judge(closed)

    def worth(self) -> Fraction:
        """Return cash and coins at the last close."""
        return self.cash + down(self.coins * self.closes[-1])

    def _judge(self, price: Fraction) -> None:
        fast = sum(self.closes[-self.fast :], Fraction(0)) / self.fast
        slow = sum(self.closes[-self.slow :], Fraction(0)) / self.slow
        before, now = self.relation, (fast > slow) - (fast < slow)
        self.relation = now or before
        if now == 0 or before in (0, now):
            return
        sellable = floor(self.coins / self.step) * self.step
        if now > 0 and sellable * price < 5:
            quantity = floor(down(self.worth() * self.size) / price / self.step) * self.step
            cost = self._cost(price, quantity)
            self.waiting = ("buy", quantity, min(self.cash, cost + up(cost * MARGIN)))
        elif now < 0 and sellable * price >= 5:
            self.waiting = ("sell", sellable, Fraction(0))

    def _cost(self, price: Fraction, quantity: Fraction) -> Fraction:
        return up(price * quantity) + (up(price * quantity * self.fee) if self.fee_on_top else 0)

    def _trade(self, price: Fraction, at_ms: int) -> None:
        assert self.waiting is not None
        (side, quantity, kept), self.waiting = self.waiting, None
        if side == "sell":
            amount = down(price * quantity)
            fee = min(up(price * quantity * self.fee), amount)
            self.coins -= quantity
            self.cash += amount - fee
        else:
            on_top = self.fee if self.fee_on_top else 0
            quantity = min(quantity, floor(kept / (price * (1 + on_top)) / self.step) * self.step)
            while self._cost(price, quantity) > kept:
                quantity -= self.step
            if quantity <= 0:
                return
            amount = up(price * quantity)
            fee = up(price * quantity * self.fee) if self.fee_on_top else up(quantity * self.fee)
            self.coins += quantity - (0 if self.fee_on_top else fee)
            self.cash -= amount + (fee if self.fee_on_top else 0)
        self.deals.append((side, price, quantity, amount, fee, at_ms))


@st.composite
def markets(draw: st.DrawFn, least: int = 4, most: int = 60) -> list[tuple[int, int]]:
    """Return (open, close) in cents; a bar opens up to a tenth away from the close before."""
    count = draw(st.integers(least, most))
    price = draw(st.integers(5_000, 15_000))
    rows: list[tuple[int, int]] = []
    for _ in range(count):
        opened = max(100, price + price * draw(st.integers(-100, 100)) // 1_000)
        price = max(100, opened + draw(st.integers(-600, 600)))
        rows.append((opened, price))
    return rows


def candles(instrument: Instrument, rows: Sequence[tuple[int, int]]) -> list[Candle]:
    """Return bars of these opens and closes, without volume figures (which would limit fills)."""
    return [
        Candle(instrument.id, Timeframe.M1, START_MS + n * MINUTE_MS, o, max(o, c) + 7, min(o, c) - 7, c, 0)
        for n, (o, c) in enumerate(rows)
    ]


def deal(fill: Fill, instrument: Instrument) -> Deal:
    """Return a fill in the naive trader's terms."""
    return (
        fill.side.value,
        Fraction(fill.price, 10**instrument.price_decimals),
        Fraction(fill.qty, 10**instrument.qty_decimals),
        fill.quote_amount * AMOUNT,
        fill.fee * AMOUNT,
        fill.at_ms,
    )


@given(
    rows=markets(),
    periods=st.tuples(st.integers(1, 4), st.integers(2, 8)).filter(lambda pair: pair[0] < pair[1]),
    size=st.sampled_from(["0.1", "0.25", "0.5", "0.000999"]),
    fee_ppm=st.integers(0, 5_000),
    instrument=st.sampled_from([BINANCE, KUCOIN]),
)
@settings(max_examples=150)
def test_a_backtest_agrees_with_a_naive_trader_in_every_fill_and_in_the_final_equity(
    rows: list[tuple[int, int]], periods: tuple[int, int], size: str, fee_ppm: int, instrument: Instrument
) -> None:
    fast, slow = periods
    bot = BotSpec(
        strategy="sma_cross", params={"fast": str(fast), "slow": str(slow), "size": size}, max_trade_ppm=1_000_000
    )
    bars = candles(instrument, rows)
    result = backtest.run((instrument, bars), bots=[bot], fees=FeeRates(fee_ppm, fee_ppm), symbol=instrument.symbol)
    naive = NaiveCross(
        fast,
        slow,
        Fraction(size),
        Fraction(fee_ppm, 10**6),
        instrument is KUCOIN,
        Fraction(1, 10**instrument.qty_decimals),
    )
    for bar in bars:
        naive.see(bar, Fraction(1, 10**instrument.price_decimals))
    assert [deal(fill, instrument) for fill in result.fills] == naive.deals
    assert result.report["final_equity"] == f"{_text(naive.worth())} USDT"
    assert result.report["fills"] == len(naive.deals)


@given(rows=markets(least=12), other=markets(least=12), cut=st.integers(1, 59), bot=st.sampled_from(["sma", "rsi"]))
@settings(max_examples=100)
def test_another_future_changes_nothing_of_the_past(
    rows: list[tuple[int, int]], other: list[tuple[int, int]], cut: int, bot: str
) -> None:
    cut = min(cut, len(rows) - 1)
    assume(rows[cut:] != other[: len(rows) - cut])
    text = "sma_cross:fast=1,slow=3" if bot == "sma" else "rsi_reversion:period=3,low=40,high=60"
    one = backtest.run((BINANCE, candles(BINANCE, rows)), bots=[text])
    two = backtest.run((BINANCE, candles(BINANCE, rows[:cut] + other)), bots=[text])
    end_ms = START_MS + cut * MINUTE_MS

    def past(result: backtest.BacktestResult) -> object:
        return (
            [fill for fill in result.fills if fill.at_ms < end_ms],
            [decision for decision in result.decisions if decision.at_ms <= end_ms],
            [point for point in result.equity if point[0] <= end_ms],
        )

    assert past(one) == past(two)


@given(rows=markets())
@settings(max_examples=50)
def test_the_same_backtest_twice_gives_the_same_hashes(rows: list[tuple[int, int]]) -> None:
    bots = ["sma_cross:fast=1,slow=3", "rsi_reversion:period=3,low=40,high=60"]
    one, two = (backtest.run((BINANCE, candles(BINANCE, rows)), bots=bots) for _ in range(2))
    assert one.report == two.report
    assert one.fills == two.fills
    assert all(fill.side in (Side.BUY, Side.SELL) and fill.qty > 0 for fill in one.fills)


def _text(amount: Fraction) -> str:
    scaled = amount / AMOUNT
    assert scaled.denominator == 1
    whole, rest = divmod(scaled.numerator, 10**8)
    return f"{whole}.{rest:08d}".rstrip("0").rstrip(".")

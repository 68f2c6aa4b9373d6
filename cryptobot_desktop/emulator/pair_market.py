"""One pair of the synthetic market: its book, its traders and its candles put together."""

from collections import deque
from random import Random

from cryptobot_desktop.domain.timeframe import MINUTE_MS
from cryptobot_desktop.emulator.bars import PairBars
from cryptobot_desktop.emulator.history import HistoryMinutes
from cryptobot_desktop.emulator.market_types import Bar, MarketHappening, PairSpec, Rolling24h, TradeHappened
from cryptobot_desktop.emulator.matching import LimitOrderBook
from cryptobot_desktop.emulator.order_flow import OrderFlow
from cryptobot_desktop.emulator.price_path import BrownianPath, Fundamental
from cryptobot_desktop.emulator.regimes import RegimeSchedule
from cryptobot_desktop.emulator.seeded_noise import stream_key

_WARM_UP_MINUTES = 2
"""Minutes before the start that are already made of trades, so that there is something to show at once."""
_SETTLING_MINUTES = 2
"""Minutes before those in which the first orders find their places; what happens in them is not kept."""
_KEPT_TRADES = 1_000
_IDS_SINCE_MS = 1_577_836_800_000
"""2020-01-01: update ids count up at least one per millisecond since, so that a later start never reuses them."""


class PairMarket:
    """Simulates one pair from a whole minute before now_ms on, so that each bar is all history or all live trades."""

    def __init__(
        self, seed: int, spec: PairSpec, *, schedule: RegimeSchedule, common: BrownianPath, now_ms: int
    ) -> None:
        self._spec = spec
        live_minute = now_ms // MINUTE_MS - _WARM_UP_MINUTES
        fundamental = Fundamental(seed, spec, schedule, common)
        history = HistoryMinutes(seed, spec, schedule, fundamental)
        self.book = _empty_book(spec, live_minute)
        self._bars = PairBars(spec, history, live_minute, history.boundary_price(live_minute))
        self._trades: deque[TradeHappened] = deque(maxlen=_KEPT_TRADES)
        self._flow = OrderFlow(
            spec,
            Random(stream_key(seed, f"flow:{spec.name}")),
            self.book,
            fundamental=fundamental,
            schedule=schedule,
            start_ms=(live_minute - _SETTLING_MINUTES) * MINUTE_MS,
        )
        self._flow.run_until(live_minute * MINUTE_MS - 1)
        self.book.number_trades_from(history.first_trade_id(live_minute))
        self.book.on_trade = self._take_in
        self._flow.print_trade(live_minute * MINUTE_MS)
        self.advance(now_ms)

    @property
    def last_trade(self) -> TradeHappened:
        """Return the newest trade."""
        return self._trades[-1]

    def recent_trades(self, limit: int) -> list[TradeHappened]:
        """Return the newest trades, oldest first."""
        return list(self._trades)[-limit:] if limit > 0 else []

    def advance(self, to_ms: int) -> list[MarketHappening]:
        """Simulate up to and including to_ms and hand over what happened."""
        self._flow.run_until(to_ms)
        happened, self.book.tape = self.book.tape, []
        return happened

    def bar(self, from_ms: int, end_ms: int, open_ms: int, now_ms: int) -> Bar:
        """Return the bar of the trades in [from_ms, end_ms), as far as it has come by now."""
        now_minute = now_ms // MINUTE_MS
        total = self._bars.span(from_ms // MINUTE_MS, min(end_ms // MINUTE_MS, now_minute + 1), now_minute)
        return Bar(
            open_ms=open_ms,
            end_ms=end_ms,
            open=total.open,
            high=total.high,
            low=total.low,
            close=total.close,
            volume=total.volume,
            quote_volume=total.quote_volume,
            trades=total.trades,
            first_trade_id=total.first_trade_id,
            last_trade_id=total.last_trade_id,
            taker_buy_volume=total.taker_buy_volume,
            taker_buy_quote_volume=total.taker_buy_quote_volume,
            is_closed=now_ms >= end_ms,
        )

    def rolling(self, first_minute: int, now_ms: int) -> Rolling24h:
        """Return the figures from the opening of first_minute to now."""
        now_minute = now_ms // MINUTE_MS
        total = self._bars.span(first_minute, now_minute + 1, now_minute)
        return Rolling24h(
            pair=self._spec.name,
            open_ms=first_minute * MINUTE_MS,
            at_ms=now_ms,
            open=total.open,
            high=total.high,
            low=total.low,
            last=self.last_trade.price,
            last_qty=self.last_trade.qty,
            before=self._bars.minute(first_minute - 1).close,
            volume=total.volume,
            quote_volume=total.quote_volume,
            trades=total.trades,
            first_trade_id=total.first_trade_id,
            last_trade_id=total.last_trade_id,
        )

    def _take_in(self, trade: TradeHappened) -> None:
        self._trades.append(trade)
        self._bars.on_trade(trade)


def _empty_book(spec: PairSpec, live_minute: int) -> LimitOrderBook:
    first_id = max(1, live_minute * MINUTE_MS - _IDS_SINCE_MS)
    return LimitOrderBook(spec.name, first_trade_id=1, first_update_id=first_id, first_order_id=first_id)

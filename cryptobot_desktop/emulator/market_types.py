"""Venue-neutral words of the synthetic market: pairs, happenings, books, bars.

Prices and quantities are integers scaled by the pair's `price_decimals` and `qty_decimals`; quote volumes are
integers with AMOUNT_DECIMALS (8) decimals; times are UTC milliseconds.
"""

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.market import Level, Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_scaled

NO_TRADE_ID = -1
"""First and last trade id of a bar without trades, as Binance writes it."""


class PairSpec(Struct, frozen=True, kw_only=True):
    """One synthetic pair: its precision and the character of its market.

    `price_decimals + qty_decimals` may not exceed 8, so that every quote volume is exact without rounding.
    """

    base: str
    quote: str
    price_decimals: int
    qty_decimals: int
    start_price: int
    """Long-run centre of the price path, scaled."""
    typical_qty: int
    """Median size of a small market order, scaled."""
    volatility: float
    """Standard deviation of the log price over one calm minute (0.0006 = 6 bp)."""
    market_share: float = 0.75
    """Correlation of this pair's path with the common market factor, 0..1."""
    half_spread: float = 0.00002
    """Calm distance of the best market-maker quote from the fundamental value, as a share of the price."""
    pace: float = 1.0
    """Multiplies every arrival rate."""
    tick_size: int = 1
    step_size: int = 1

    def __post_init__(self) -> None:
        """Refuse a pair whose quote volumes could not be exact or whose sizes make no market."""
        if self.price_decimals + self.qty_decimals > AMOUNT_DECIMALS:
            raise InvalidInput(
                f"pair {self.name}: {self.price_decimals} price and {self.qty_decimals} quantity decimals exceed"
                f" {AMOUNT_DECIMALS} together; the synthetic market was not built"
            )
        if min(self.start_price, self.typical_qty, self.tick_size, self.step_size) <= 0:
            raise InvalidInput(f"pair {self.name}: start price, typical size, tick and step must be above 0")

    @property
    def name(self) -> str:
        """Return the key of the pair everywhere in the emulator, e.g. ``BTC/USDT``."""
        return f"{self.base}/{self.quote}"

    @property
    def binance_symbol(self) -> str:
        """Return e.g. ``BTCUSDT``."""
        return f"{self.base}{self.quote}"

    @property
    def kucoin_symbol(self) -> str:
        """Return e.g. ``BTC-USDT``."""
        return f"{self.base}-{self.quote}"

    def price_text(self, price: int) -> str:
        """Return a price with all its decimals."""
        return format_scaled(price, self.price_decimals)

    def qty_text(self, qty: int) -> str:
        """Return a quantity with all its decimals."""
        return format_scaled(qty, self.qty_decimals)

    def quote_amount(self, price: int, qty: int) -> int:
        """Return price x quantity with 8 decimals; always exact, see the class."""
        return int(price * qty * 10 ** (AMOUNT_DECIMALS - self.price_decimals - self.qty_decimals))


class TradeHappened(Struct, frozen=True, gc=False):
    """A taker met one resting order; `trade_id` is consecutive per pair, `aggressor` is the taker's side."""

    pair: str
    trade_id: int
    price: int
    qty: int
    aggressor: Side
    maker_order_id: int
    taker_order_id: int
    at_ms: int


class BookChanged(Struct, frozen=True, gc=False):
    """One price level has a new absolute quantity (0 = gone); `update_id` is consecutive per pair."""

    pair: str
    update_id: int
    side: Side
    price: int
    qty: int
    at_ms: int


MarketHappening = TradeHappened | BookChanged


class BookState(Struct, frozen=True):
    """A whole book at `update_id`, best levels first."""

    pair: str
    update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at_ms: int


class BestLevels(Struct, frozen=True, gc=False):
    """Best bid and ask with their quantities; a side without orders is 0."""

    pair: str
    update_id: int
    bid: int
    bid_qty: int
    ask: int
    ask_qty: int
    at_ms: int


class Bar(Struct, frozen=True, gc=False):
    """One candle. `end_ms` is exclusive; a bar without trades repeats the close before it (`is_empty`).

    `is_closed` says whether the market's clock had passed the end when the bar was read.
    """

    open_ms: int
    end_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote_volume: int
    trades: int
    first_trade_id: int
    last_trade_id: int
    taker_buy_volume: int
    taker_buy_quote_volume: int
    is_closed: bool

    @property
    def is_empty(self) -> bool:
        """Return True when nobody traded in the bar."""
        return self.trades == 0


class Rolling24h(Struct, frozen=True, gc=False):
    """Figures of the last 24 hours: the 1,439 whole minutes from `open_ms` on and the running one, up to now."""

    pair: str
    open_ms: int
    at_ms: int
    open: int
    high: int
    low: int
    last: int
    last_qty: int
    before: int
    """Last price before the window."""
    volume: int
    quote_volume: int
    trades: int
    first_trade_id: int
    last_trade_id: int


DEFAULT_PAIRS: tuple[PairSpec, ...] = (
    PairSpec(
        base="BTC", quote="USDT", price_decimals=2, qty_decimals=5, start_price=6_400_000, typical_qty=1_200,
        volatility=0.00055, market_share=0.85, half_spread=0.000012, pace=1.2,
    ),
    PairSpec(
        base="ETH", quote="USDT", price_decimals=2, qty_decimals=4, start_price=340_000, typical_qty=2_000,
        volatility=0.00068, market_share=0.80, half_spread=0.00002, pace=1.0,
    ),
    PairSpec(
        base="SOL", quote="USDT", price_decimals=2, qty_decimals=3, start_price=15_000, typical_qty=4_000,
        volatility=0.00085, market_share=0.72, half_spread=0.00006, pace=0.8,
    ),
)  # fmt: skip
"""BTC, ETH and SOL against USDT with the ticks and steps that the real venues use."""

"""Stream frames of both venues in their documented shapes, with prices that walk, so that no two are alike."""

import json
import random
from collections.abc import Callable, Iterator

from cryptobot_desktop.domain.instrument import FeeRule, Instrument, Venue

BINANCE = Instrument(venue=Venue.BINANCE, symbol="BTCUSDT", base="BTC", quote="USDT", price_decimals=2, qty_decimals=5)
KUCOIN = Instrument(
    venue=Venue.KUCOIN,
    symbol="BTC-USDT",
    base="BTC",
    quote="USDT",
    price_decimals=1,
    qty_decimals=8,
    fee_rule=FeeRule.QUOTE,
)
START_MS = 1_700_000_000_000
FIRST_ID = 10_000_000
LEVELS_CHANGED = 6
"""Changed levels per side of a Binance book change; the tape of 2024-08-08 has a median of 5 to 7."""


class Tape:
    """A price that walks in ticks, and numbers that count up."""

    def __init__(self, tick_decimals: int, qty_decimals: int) -> None:
        self._random = random.Random(42)
        self._ticks, self._qty = tick_decimals, qty_decimals
        self._price = 67_012 * 10**tick_decimals
        self.number = FIRST_ID
        self.at_ms = START_MS

    def step(self) -> None:
        """Move on by one message."""
        self._price += self._random.randrange(-200, 201)
        self.number += 1
        self.at_ms += self._random.randrange(1, 40)

    def price(self, pad: int, away: int = 0) -> str:
        """Return a price some ticks from the walk, with `pad` zeros behind it, as Binance writes them."""
        whole, part = divmod(self._price + away, 10**self._ticks)
        return f"{whole}.{part:0{self._ticks}d}" + "0" * pad

    def qty(self, pad: int) -> str:
        """Return a size; one in ten is a round one, as on the venues."""
        units = self._random.randrange(1, 3 * 10**self._qty)
        if units % 10 == 0:
            units = units // 10 ** (self._qty - 1) * 10 ** (self._qty - 1) or 10 ** (self._qty - 1)
        whole, part = divmod(units, 10**self._qty)
        return f"{whole}.{part:0{self._qty}d}" + "0" * pad

    def levels(self, count: int, pad: tuple[int, int], side: int) -> Iterator[tuple[str, str]]:
        """Yield changed levels; a third of them go away, which is written as size 0."""
        for place in range(count):
            size = f"{0:.{self._qty}f}" + "0" * pad[1] if place % 3 == 0 else self.qty(pad[1])
            yield self.price(pad[0], side * (1 + place * 37)), size


Maker = Callable[[Tape], object]


def _binance(stream: str, data: object) -> object:
    return {"stream": stream, "data": data}


def _binance_trade(tape: Tape) -> object:
    data = {"e": "trade", "E": tape.at_ms, "s": "BTCUSDT", "t": tape.number, "p": tape.price(6), "q": tape.qty(3)}
    return _binance("btcusdt@trade", {**data, "T": tape.at_ms - 1, "m": tape.number % 2 == 0, "M": True})


def _binance_quote(tape: Tape) -> object:
    bid = {"b": tape.price(6), "B": tape.qty(3)}
    return _binance(
        "btcusdt@bookTicker", {"u": tape.number, "s": "BTCUSDT", **bid, "a": tape.price(6, 1), "A": tape.qty(3)}
    )


def _binance_candle(tape: Tape) -> object:
    opened = tape.at_ms // 60_000 * 60_000
    bar = {"t": opened, "T": opened + 59_999, "s": "BTCUSDT", "i": "1m", "f": tape.number - 90, "L": tape.number}
    prices = {"o": tape.price(6, 3), "c": tape.price(6), "h": tape.price(6, 90), "l": tape.price(6, -90)}
    volumes = {"v": tape.qty(3), "n": 91, "x": False, "q": "120554.08120000", "V": tape.qty(3)}
    bar_data = {**bar, **prices, **volumes, "Q": "60277.04060000", "B": "0"}
    return _binance("btcusdt@kline_1m", {"e": "kline", "E": tape.at_ms, "s": "BTCUSDT", "k": bar_data})


def _binance_depth(tape: Tape) -> object:
    head = {"e": "depthUpdate", "E": tape.at_ms, "s": "BTCUSDT", "U": tape.number, "u": tape.number}
    bids = list(tape.levels(LEVELS_CHANGED, (6, 3), -1))
    return _binance("btcusdt@depth@100ms", {**head, "b": bids, "a": list(tape.levels(LEVELS_CHANGED, (6, 3), 1))})


def _kucoin(topic: str, subject: str, data: object) -> object:
    return {"type": "message", "topic": topic, "subject": subject, "data": data}


def _kucoin_ticker(tape: Tape) -> object:
    data = {
        "bestAsk": tape.price(0, 1),
        "bestAskSize": tape.qty(0),
        "bestBid": tape.price(0),
        "bestBidSize": tape.qty(0),
    }
    last = {"price": tape.price(0), "sequence": str(tape.number), "size": tape.qty(0), "time": tape.at_ms}
    return _kucoin("/market/ticker:BTC-USDT", "trade.ticker", {**data, **last})


def _kucoin_match(tape: Tape) -> object:
    data = {"makerOrderId": f"{tape.number:024x}", "price": tape.price(0), "sequence": str(tape.number), "side": "buy"}
    ids = {"takerOrderId": f"{tape.number + 1:024x}", "time": f"{tape.at_ms}000000", "tradeId": str(tape.number)}
    fields = {**data, "size": tape.qty(0), "symbol": "BTC-USDT", **ids, "type": "match"}
    return _kucoin("/market/match:BTC-USDT", "trade.l3match", fields)


def _kucoin_candle(tape: Tape) -> object:
    opened = str(tape.at_ms // 60_000 * 60)
    row = [
        opened,
        tape.price(0, 3),
        tape.price(0),
        tape.price(0, 90),
        tape.price(0, -90),
        tape.qty(0),
        "104430.955068564",
    ]
    data = {"symbol": "BTC-USDT", "candles": row, "time": tape.at_ms * 1_000_000}
    return _kucoin("/market/candles:BTC-USDT_1min", "trade.candles.update", data)


def _kucoin_level2(tape: Tape) -> object:
    asks = [(price, size, str(tape.number)) for price, size in tape.levels(1, (0, 0), 1)]
    bids = [(price, size, str(tape.number)) for price, size in tape.levels(1, (0, 0), -1)]
    numbers = {"sequenceEnd": tape.number, "sequenceStart": tape.number}
    data = {"changes": {"asks": asks, "bids": bids}, **numbers, "symbol": "BTC-USDT", "time": tape.at_ms}
    return _kucoin("/market/level2:BTC-USDT", "trade.l2update", data)


KINDS: dict[str, tuple[Instrument, Maker]] = {
    "binance trade": (BINANCE, _binance_trade),
    "binance bookTicker": (BINANCE, _binance_quote),
    "binance kline": (BINANCE, _binance_candle),
    "binance depth": (BINANCE, _binance_depth),
    "kucoin ticker": (KUCOIN, _kucoin_ticker),
    "kucoin match": (KUCOIN, _kucoin_match),
    "kucoin candles": (KUCOIN, _kucoin_candle),
    "kucoin level2": (KUCOIN, _kucoin_level2),
}


def frames(kind: str, count: int) -> list[str]:
    """Return frames of one kind as text, as the sockets hand them over; the same ones at every call."""
    instrument, make = KINDS[kind]
    tape = Tape(instrument.price_decimals, instrument.qty_decimals)
    found = []
    for _ in range(count):
        tape.step()
        found.append(json.dumps(make(tape), separators=(",", ":")))
    return found

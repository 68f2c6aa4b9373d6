"""Generated market scripts: plain tuples that can be played on the product, on the oracle, or on a piece of paper.

A script is closed under deletion: orders are named by their running number, so that any part of a script is a script.
Prices, quantities and amounts are integers in the smallest units. A seed gives the same script everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Op = tuple[Any, ...]
START = 1_000
"""Where prices start, in units."""
KINDS = (
    "market",
    "limit",
    "limit_maker",
    "stop_loss",
    "stop_loss_limit",
    "take_profit",
    "take_profit_limit",
    "trailing_stop",
    "trailing_stop_limit",
)
POLICIES = (None, "none", "expire_taker", "expire_maker", "expire_both", "decrement")


@dataclass(frozen=True)
class Setting:
    """What a whole script has in common."""

    kucoin: bool = False
    model: str = "pessimistic"
    latency_ms: int = 0
    latency_most_ms: int = 0
    """Above the other: each message travels for a time between both."""
    start_ms: int = 1_000_000
    decimals: tuple[int, int] = (2, 3)
    maker_ppm: int = 800
    taker_ppm: int = 1_000
    discount: bool = False
    cash: int = 10**14
    coins: int = 10**14
    tokens: int = 0
    """Of the discount asset."""
    has_book: bool = True
    prints: bool = False
    """Without a book: public trades instead of bars."""


@dataclass
class Writer:
    """Writes one script with a moving middle price."""

    random: Random
    setting: Setting
    middle: int = START
    last: int = START
    script: list[Op] = field(default_factory=list)

    def chance(self, per_cent: int) -> bool:
        """True in that many of a hundred cases."""
        return self.random.randrange(100) < per_cent

    def near(self, reach: int) -> int:
        """Return a price around the middle."""
        return max(1, self.middle + self.random.randint(-reach, reach))

    def book(self) -> Op:
        """Show a book around the middle; sometimes a bad one."""
        if self.chance(70):
            self.middle = max(100, self.near(3))
        half = self.random.randint(1, 3)
        bids = {self.middle - half - n: self.random.randint(1, 12) for n in range(5) if not self.chance(35)}
        asks = {self.middle + half + n: self.random.randint(1, 12) for n in range(5) if not self.chance(35)}
        if self.chance(3):
            asks = {}
        elif self.chance(3):
            bids = {}
        elif self.chance(3):
            asks[max(bids, default=self.middle)] = 5  # locked
        return ("book", bids, asks)

    def trade(self) -> Op:
        """Print a trade near the touch; sometimes a wild one, a late one, or the same one twice."""
        price = self.near(4)
        if self.chance(4):
            price = max(1, self.middle + self.random.choice((-90, 90, 70, -70)))
        else:
            self.last = price
        late = self.random.choice((1, 5, 9_999, 10_001, 20_000)) if self.chance(8) else 0
        return ("trade", price, self.random.randint(1, 25), self.chance(50), late, self.chance(5))

    def bar(self) -> Op:
        """Close a bar; one in five opens with a gap."""
        opened = self.near(20 if self.chance(20) else 2)
        low, high = opened - self.random.randint(0, 10), opened + self.random.randint(0, 10)
        self.middle = self.random.randint(low, high)
        self.last = self.middle
        volume = self.random.choice((0, 0, self.random.randint(1, 30)))
        return ("bar", opened, high, low, self.middle, volume)

    def fields(self, kind: str, buy: bool) -> dict[str, Any]:
        """Return an order's own fields (kind, side and quantity apart)."""
        found: dict[str, Any] = {}
        away = self.random.randint(1, 9)
        if kind in ("limit", "limit_maker"):
            reach = self.random.choice((-3, -2, -1, 0, 1, 2, 3, 5))
            found["price"] = self.middle - reach if buy else self.middle + reach
        elif kind.startswith(("stop_loss", "take_profit")):
            above = buy == kind.startswith("stop_loss")
            found["stop_price"] = self.middle + away if above else self.middle - away
        elif kind.startswith("trailing"):
            found["trailing_bips"] = self.random.choice((20, 50, 100, 200))
            if self.chance(40) and self.setting.has_book:
                found["stop_price"] = self.near(8)
        if kind.endswith("_limit"):
            base = found.get("stop_price", self.middle)
            found["price"] = base + self.random.randint(-3, 6) * (1 if buy else -1)
        return found

    def order(self, kind: str | None = None, *, buy: bool | None = None, alone: bool = True) -> dict[str, Any]:
        """Return one order."""
        kinds = KINDS if not self.setting.kucoin else KINDS[:7]
        weights = (3, 8, 3, *[2] * (len(kinds) - 3))
        chosen = kind or self.random.choices(kinds, weights)[0]
        side = self.chance(50) if buy is None else buy
        found = {"type": chosen, "buy": side, "qty": self.random.randint(1, 20), **self.fields(chosen, side)}
        found["owner"] = "main" if not alone or self.chance(75) else "other"
        if chosen == "market" and alone and self.chance(30):
            found["qty"] = None
            found["quote_amount"] = max(
                1, self.random.randint(1, 30 * START) * 10**8 // 10 ** sum(self.setting.decimals)
            )
        if "price" in found and chosen != "limit_maker":
            found["tif"] = self.random.choices(("GTC", "IOC", "FOK"), (6, 1, 1) if alone else (12, 1, 1))[0]
            if self.setting.kucoin and self.chance(12):
                found["tif"], found["expire_in"] = "GTD", self.random.randint(30, 400)
        if found.get("tif") == "GTC" and self.chance(20):
            least = -(-found["qty"] // 20)
            found["display_qty"] = self.random.randint(least, found["qty"])
        found["stp"] = self.random.choice(POLICIES[:5] if found.get("quote_amount") else POLICIES)
        return found

    def pair(self, buy: bool) -> list[dict[str, Any]]:
        """Return two legs of which one cancels the other."""
        qty = self.random.randint(2, 20)
        gains = ("limit_maker", "limit", "take_profit", "take_profit_limit")
        ways = ("stop_loss", "stop_loss_limit", "trailing_stop")
        legs = [
            self.order(self.random.choice(gains), buy=buy, alone=False),
            self.order(self.random.choice(ways[:2] if self.setting.kucoin else ways), buy=buy, alone=False),
        ]
        for leg in legs:
            leg["qty"] = qty
            leg.pop("display_qty", None)
            if leg["stp"] == "decrement":
                leg["stp"] = None
        away = self.random.randint(1, 8) * (1 if buy else -1)
        if not legs[1]["type"].startswith("trailing") and self.chance(90):
            legs[1]["stop_price"] = self.last + away
        aim = self.last + self.random.randint(1, 8) * (-1 if buy else 1)
        legs[0]["stop_price" if legs[0]["type"].startswith("take") else "price"] = aim
        if legs[0]["type"] == "take_profit_limit":
            legs[0]["price"] = aim
        return legs

    def list_(self) -> Op:
        """Send orders that belong together."""
        kind = "oco" if self.setting.kucoin else self.random.choice(("oco", "oto", "otoco"))
        buy = self.chance(50)
        if kind == "oco":
            legs = self.pair(buy)
        else:
            working = self.order(self.random.choice(("limit", "limit", "limit_maker")), buy=buy, alone=False)
            pending = self.pair(not buy) if kind == "otoco" else [self.order(buy=not buy, alone=False)]
            if kind == "oto":
                pending[0].pop("display_qty", None)
            legs = [working, *pending]
        return ("list", kind, legs)

    def next(self) -> Op:
        """Return the next operation."""
        file = ("trade",) if self.setting.prints else ("bar",)
        markets = ("book", "trade") if self.setting.has_book else file
        weights = (26, 30) if self.setting.has_book else (45,)
        names = (*markets, "order", "list", "cancel", "amend", "again", "time", "state", "restart")
        restart = 1 if not self.setting.latency_ms else 0
        name = self.random.choices(names, (*weights, 24, 6, 4, 3, 1, 2, 3, restart))[0]
        makers: dict[str, Callable[[], Op]] = {
            "book": self.book,
            "trade": self.trade,
            "bar": self.bar,
            "order": lambda: ("order", self.order()),
            "list": self.list_,
            "state": lambda: ("state", self.chance(70), self.chance(80)),
            "time": lambda: ("time", self.random.randint(1, 200)),
            "restart": lambda: ("restart",),
        }
        anything: Callable[[], Op] = lambda: (name, self.random.randrange(1_000), self.random.randint(1, 19))  # noqa: E731
        return makers.get(name, anything)()

    def write(self, length: int) -> list[Op]:
        """Return a whole script; bad states do not last."""
        if self.setting.has_book:
            self.script += [("book", {START - 2: 5, START - 3: 9}, {START + 2: 5, START + 3: 9})]
            self.script.append(("trade", START, 1, True, 0, False))
        elif self.setting.prints:
            self.script += [("trade", START, 1, True, 0, False)] * 2
        else:
            self.script.append(("bar", START, START, START, START, 0))
        while len(self.script) < length:
            op = self.next()
            self.script.append(op)
            if op[0] == "state" and not all(op[1:]):
                self.script += [self.next() for _ in range(2)]
                self.script.append(("state", True, True))
        return self.script


def setting_of(random: Random, *, has_book: bool = True, prints: bool = False) -> Setting:
    """Return a setting: half of them poor, a third with latency, a fifth with a discount asset."""
    kucoin = random.random() < 0.4
    decimals = random.choice(((2, 3), (2, 3), (4, 5), (5, 6)))
    unit = 10 ** max(0, 8 - sum(decimals))
    poor = random.random() < 0.4
    coin = 10 ** (8 - decimals[1])
    return Setting(
        kucoin=kucoin,
        model=random.choice(("pessimistic", "pessimistic", "expected", "expected", "optimistic")),
        latency_ms=random.choice((0, 0, 5, 40)) if has_book else 0,
        decimals=decimals,
        maker_ppm=random.choice((0, 700, 800)),
        taker_ppm=random.choice((500, 1_000, 3_333)),
        discount=random.random() < 0.3,
        cash=START * random.randint(5, 60) * unit if poor else 10**15,
        coins=coin * random.randint(0, 60) if poor else 10**15,
        tokens=random.choice((0, random.randint(1, 100_000), 10**15)),
        has_book=has_book,
        prints=prints,
    )


def script_of(seed: int, length: int = 80, *, has_book: bool = True, prints: bool = False) -> tuple[Setting, list[Op]]:
    """Return the setting and the script of a seed; without a book of bars, or of `prints`."""
    random = Random(seed)
    setting = setting_of(random, has_book=has_book, prints=prints)
    return setting, Writer(random, setting).write(length)

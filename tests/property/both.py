"""Plays one script on the product and on the oracle, and says where they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec

from cryptobot_desktop.domain.facts import ExecutionFact, OrderFilled
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.ledger import AccountKind, Transfer, account
from cryptobot_desktop.domain.market import BookSnapshot, FeedState, Side
from cryptobot_desktop.domain.orders import (
    FeeRates,
    Fill,
    FillModel,
    ListKind,
    ListRole,
    Order,
    OrderRequest,
    OrderType,
    SelfTrade,
    TimeInForce,
)
from cryptobot_desktop.domain.purse import CrossRate
from cryptobot_desktop.execution.exchange import PaperExchange
from cryptobot_desktop.execution.rejections import Rejection
from cryptobot_desktop.portfolio.accounting import Journal, postings_for_deposit
from cryptobot_desktop.portfolio.ledger import Ledger
from tests.builders import MemoryBook, btc_usdt, candle_of, market_of, public_trade
from tests.oracle.bars import PlainBar
from tests.oracle.matching import SlowExchange
from tests.oracle.orders import PlainOrder
from tests.oracle.terms import PlainVenue, Tariff
from tests.oracle.units import TINY
from tests.property.scripts import Op, Setting, script_of

OWNERS = ("main", "other")
ASSETS = ("USDT", "BTC", "TOK")
TOKEN_PRICE = 3
"""Whole quote units of one unit of the discount asset."""
BAR_MS = 60_000
OPENING = 2
"""The first operations of a script, which open the market; they are never left out."""


class Wallet:
    """The product's own ledger as the exchange's purse."""

    def __init__(self, setting: Setting) -> None:
        self.ledger, self.journal = Ledger(), Journal()
        self.rows: list[Transfer] = []
        self.setting = setting

    def deposit(self, portfolio: str, asset: str, amount: int) -> None:
        """Put money in."""
        if amount:
            self.rows += self.ledger.post(postings_for_deposit(portfolio, 1, asset, amount), 0)

    def balance(self, portfolio: str, kind: AccountKind, asset: str) -> int:
        """Return one balance."""
        return self.ledger.balance(account(portfolio, 1, kind), asset)

    def available(self, portfolio: str, asset: str) -> int:
        """Return what is free."""
        return self.balance(portfolio, AccountKind.AVAILABLE, asset)

    def held_of(self, portfolio: str, asset: str) -> int:
        """Return what is free and reserved."""
        return self.available(portfolio, asset) + self.balance(portfolio, AccountKind.RESERVED, asset)

    def rate(self, asset: str, into: str) -> CrossRate | None:
        """Return the price of the discount asset, while there is one."""
        if not self.setting.discount:
            return None
        if (asset, into) == ("USDT", "TOK"):
            return CrossRate(1, TOKEN_PRICE)
        return CrossRate(TOKEN_PRICE, 1) if (asset, into) == ("TOK", "USDT") else None


class Silent:
    """Stands in for the oracle where only the product is looked at."""

    def __getattr__(self, _name: str) -> "Silent":
        return self

    def __call__(self, *_arguments: object, **_fields: object) -> "Silent":
        return self

    def __setitem__(self, _key: object, _value: object) -> None:
        """Forget it."""


class Both:
    """One script, two exchanges."""

    def __init__(self, setting: Setting, *, alone: bool = False) -> None:
        self.setting = setting
        self.venue = Venue.KUCOIN if setting.kucoin else Venue.BINANCE
        price, qty = setting.decimals
        self.instrument = btc_usdt(venue=self.venue, price_decimals=price, qty_decimals=qty)
        self.price_unit, self.qty_unit = Fraction(1, 10**price), Fraction(1, 10**qty)
        self.shown = MemoryBook()
        self.market = market_of(self.instrument, self.shown if setting.has_book else None)
        self.wallet = Wallet(setting)
        self.slow: Any = Silent() if alone else SlowExchange(self._terms(), setting.model, has_book=setting.has_book)
        if setting.discount:
            self.slow.floor.rates["TOK"] = Fraction(TOKEN_PRICE)
        for owner in OWNERS:
            for asset, amount in (("USDT", setting.cash), ("BTC", setting.coins), ("TOK", setting.tokens)):
                self.wallet.deposit(owner, asset, amount)
                self.slow.floor.purse(owner).move(asset, amount * TINY)
        self.exchange = self._new_exchange()
        self.facts: list[ExecutionFact] = []
        self.states: dict[str, Order] = {}
        self.requests: list[OrderRequest] = []
        self.fills: dict[str, list[tuple[Any, ...]]] = {}
        self.counts: Counter[str] = Counter()
        self.now, self.number = setting.start_ms, 0
        self.books: dict[int, tuple[dict[int, int], dict[int, int]]] = {}
        """Every book that was shown, by its update id."""
        self.trades: dict[int, int] = {}
        """Quantity of every public trade, by the number of its operation."""
        self.usable: list[bool] = []
        """For every fact whether the market could be used when it was made."""

    def play(self, script: Sequence[Op]) -> None:
        """Play all operations."""
        for op in script:
            self.now += 7 if self.setting.has_book or self.setting.prints else BAR_MS
            self.number += 1
            self._settle(self.exchange.advance(self.market, self.now))
            self.slow.advance(self.now)
            getattr(self, f"_{op[0]}")(*op[1:])

    def is_usable(self) -> bool:
        """Return True while something may fill."""
        live = self.market.states.get(self.instrument.id, FeedState.LIVE) is FeedState.LIVE
        bids, asks = self.shown.bids, self.shown.asks
        crossed = bool(bids and asks) and max(bids) >= min(asks)
        return live and (not self.setting.has_book or (self.shown.is_live and not crossed))

    def order_fills(self) -> Iterator[tuple[Order, Fill]]:
        """Yield all fills of the product with their orders, in order."""
        for fact in self.facts:
            if isinstance(fact, OrderFilled):
                for fill in fact.fills:
                    yield fact.order, fill

    def differences(self) -> list[str]:
        """Return every difference between both, in words."""
        found = [text for name in self.slow.floor.orders for text in self._order_difference(name)]
        for owner in OWNERS:
            purse = self.slow.floor.purse(owner)
            for asset in ("USDT", "BTC", "TOK"):
                for what, kind, slow in (
                    ("free", AccountKind.AVAILABLE, purse.free(asset)),
                    ("held", AccountKind.RESERVED, purse.held(asset)),
                    ("fees", AccountKind.FEES, purse.paid_fees.get(asset, Fraction(0))),
                ):
                    fast = self.wallet.balance(owner, kind, asset)
                    if fast * TINY != slow:
                        found.append(f"{owner} {asset} {what}: product {fast}, oracle {slow / TINY}")
        return found

    def _order_difference(self, name: str) -> list[str]:
        plain, order = self.slow.floor.orders[name], self.exchange.order(name)
        if order is None:
            return [f"{name}: product knows no such order, oracle {plain.status}"]
        fills = [(f.price, f.qty, f.role, f.paid, f.fee, f.fee_asset) for f in plain.fills]
        pairs = [
            ("status", order.status.value, plain.status),
            ("fills", self.fills.get(name, []), fills),
            ("canceled", order.canceled_qty * self.qty_unit, plain.canceled),
        ]
        if plain.open:
            best = None if order.best_price is None else order.best_price * self.price_unit
            pairs += [("phase", order.phase.value, plain.phase), ("best", best if plain.trails else None, plain.best)]
        if plain.open and not plain.group:
            pairs.append(("reserved", order.reserved * TINY, plain.held))
        group = f" {plain.group_kind} {plain.role}" if plain.group else ""
        what = f"{name} {plain.kind}{group}"
        return [
            f"{what} {name}: product {_text(fast)}, oracle {_text(slow)}" for name, fast, slow in pairs if fast != slow
        ]

    def _book(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.shown.bids, self.shown.asks = dict(bids), dict(asks)
        self.shown.update_id += 1
        self.books[self.shown.update_id] = (dict(bids), dict(asks))
        event = BookSnapshot(
            self.instrument.id,
            self.shown.update_id,
            tuple(self.shown.levels(Side.BUY)),
            tuple(self.shown.levels(Side.SELL)),
        )
        self._settle(self.exchange.on_event(event, self.market, self.now))
        self.slow.book(self._real(bids), self._real(asks), self.now)

    def _trade(self, price: int, qty: int, taker_buys: bool, late_ms: int, repeat: bool) -> None:
        side = Side.BUY if taker_buys else Side.SELL
        name = f"t{self.number}"
        self.trades[self.number] = qty
        event = public_trade(self.instrument, price, qty, side, at_ms=self.now - late_ms, trade_id=name)
        self.market.last[self.instrument.id] = price
        for _ in range(2 if repeat else 1):
            self._settle(self.exchange.on_event(event, self.market, self.now))
            self.slow.trade(
                name, price * self.price_unit, qty * self.qty_unit, taker_buys, self.now, self.now - late_ms
            )

    def _bar(self, opened: int, high: int, low: int, close: int, volume: int) -> None:
        opened_at = self.now - BAR_MS
        candle = candle_of(self.instrument, opened_at, (opened, high, low, close), volume=volume)
        self.market.last[self.instrument.id] = close
        self.market.candles[self.instrument.id] = candle
        self._settle(self.exchange.on_event(candle, self.market, self.now))
        unit = self.price_unit
        bar = PlainBar(opened_at, opened * unit, high * unit, low * unit, volume * self.qty_unit)
        self.slow.bar(bar, close * unit, self.now)

    def _state(self, live: bool, synced: bool) -> None:
        self.market.states[self.instrument.id] = FeedState.LIVE if live else FeedState.STALE
        self.shown.is_live = synced
        self.slow.state(live=live, synced=synced, now=self.now)

    def _time(self, ms: int) -> None:
        self.now += ms
        self._settle(self.exchange.advance(self.market, self.now))
        self.slow.advance(self.now)

    def _order(self, fields: dict[str, Any]) -> None:
        request = self._request(f"o{self.number}", fields)
        self.requests.append(request)
        self._settle(self.exchange.submit(request, self.market, self.now))
        self.slow.submit([self._plain(request)], self.now, self.setting.latency_ms)

    def _list(self, kind: str, legs: list[dict[str, Any]]) -> None:
        group = f"l{self.number}"
        roles = ["either", "either"] if kind == "oco" else ["working", "pending", "pending"][: len(legs)]
        requests = [
            msgspec.structs.replace(
                self._request(f"{group}.{n}", leg), list_id=group, list_kind=ListKind(kind), list_role=ListRole(role)
            )
            for n, (leg, role) in enumerate(zip(legs, roles, strict=True))
        ]
        self.requests += requests
        self._settle(self.exchange.submit_list(tuple(requests), self.market, self.now))
        self.slow.submit([self._plain(request) for request in requests], self.now, self.setting.latency_ms)

    def _cancel(self, number: int, _: int) -> None:
        if self.requests:
            name = self.requests[-1 - number % min(8, len(self.requests))].client_id
            self._settle(self.exchange.cancel(name, self.market, self.now))
            self.slow.cancel(name, self.now, self.setting.latency_ms)

    def _amend(self, number: int, qty: int) -> None:
        if self.requests:
            name = self.requests[-1 - number % min(8, len(self.requests))].client_id
            answer = self.exchange.amend(name, qty, self.market, self.now)
            self._settle(() if isinstance(answer, Rejection) else answer)
            self.slow.amend(name, qty * self.qty_unit, self.now, self.setting.latency_ms)

    def _again(self, number: int, _: int) -> None:
        if self.requests:
            request = self.requests[number % len(self.requests)]
            if not request.list_id:
                assert list(self.exchange.submit(request, self.market, self.now)) == []

    def _restart(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew with what is stored."""
        orders = list(self.states.values())
        self.exchange = self._new_exchange()
        self.exchange.restore(orders, self.now)
        self.slow.restart(self.now)

    def _new_exchange(self) -> PaperExchange:
        setting = self.setting
        rates = FeeRates(setting.maker_ppm, setting.taker_ppm, "TOK" if setting.discount else "", 250_000)
        return PaperExchange(
            {self.venue: rates},
            purse=self.wallet,
            model=FillModel(setting.model),
            latency=Latency(self._latency()),
            seed=1,
        )

    def _latency(self) -> tuple[int, ...]:
        setting = self.setting
        if setting.latency_most_ms > setting.latency_ms:
            return (setting.latency_ms, setting.latency_most_ms)
        return (setting.latency_ms,) if setting.latency_ms else ()

    def _terms(self) -> PlainVenue:
        setting = self.setting
        maker, taker = Fraction(setting.maker_ppm, 10**6), Fraction(setting.taker_ppm, 10**6)
        tariff = Tariff(maker, taker, "TOK" if setting.discount else "", Fraction(1, 4))
        return PlainVenue(setting.kucoin, self.price_unit, self.qty_unit, tariff)

    def _settle(self, facts: Iterable[ExecutionFact]) -> None:
        for fact in facts:
            self._settle_one(fact)

    def _settle_one(self, fact: ExecutionFact) -> None:
        wallet, order = self.wallet, fact.order
        wallet.rows += wallet.ledger.post(wallet.journal.postings_for(fact, self.instrument, 1), fact.at_ms)
        self.facts.append(fact)
        self.usable.append(self.is_usable())
        self.states[order.client_id] = order
        self.counts[f"{order.request.type.value} {type(fact).__name__} {order.status.value}"] += 1
        if isinstance(fact, OrderFilled):
            self.fills.setdefault(order.client_id, []).extend(self._fill(f) for f in fact.fills)

    def _fill(self, fill: Fill) -> tuple[Any, ...]:
        return (
            fill.price * self.price_unit,
            fill.qty * self.qty_unit,
            fill.liquidity.value,
            fill.quote_amount * TINY,
            fill.fee * TINY,
            fill.fee_asset,
        )

    def _real(self, levels: dict[int, int]) -> dict[Fraction, Fraction]:
        return {price * self.price_unit: qty * self.qty_unit for price, qty in levels.items()}

    def _request(self, name: str, fields: dict[str, Any]) -> OrderRequest:
        return OrderRequest(
            client_id=name,
            portfolio=fields["owner"],
            instrument=self.instrument.id,
            side=Side.BUY if fields["buy"] else Side.SELL,
            type=OrderType(fields["type"]),
            qty=fields["qty"],
            quote_amount=fields.get("quote_amount"),
            price=fields.get("price"),
            time_in_force=TimeInForce(fields.get("tif", "GTC")),
            stop_price=fields.get("stop_price"),
            trailing_bips=fields.get("trailing_bips"),
            display_qty=fields.get("display_qty"),
            expire_ms=self.now + fields["expire_in"] if "expire_in" in fields else None,
            stp=SelfTrade(fields["stp"]) if fields.get("stp") else None,
        )

    def _plain(self, request: OrderRequest) -> PlainOrder:
        def price(value: int | None) -> Fraction | None:
            return None if value is None else value * self.price_unit

        def qty(value: int | None) -> Fraction | None:
            return None if value is None else value * self.qty_unit

        return PlainOrder(
            request.client_id,
            request.side is Side.BUY,
            request.type.value,
            request.portfolio,
            qty=qty(request.qty),
            funds=None if request.quote_amount is None else request.quote_amount * TINY,
            limit=price(request.price),
            tif=request.time_in_force.value,
            stop=price(request.stop_price),
            bips=request.trailing_bips,
            display=qty(request.display_qty),
            expires=request.expire_ms,
            stp=request.stp.value if request.stp else None,
            group=request.list_id,
            group_kind=request.list_kind.value if request.list_kind else "",
            role=request.list_role.value,
        )


def _text(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, tuple):
        return "(" + " ".join(_text(item) for item in value) + ")"
    return str(float(value)) if isinstance(value, Fraction) else str(value)


def played(setting: Setting, script: Sequence[Op]) -> Both:
    """Play a script on both."""
    both = Both(setting)
    both.play(script)
    return both


def played_alone(setting: Setting, script: Sequence[Op]) -> Both:
    """Play a script on the product only."""
    both = Both(setting, alone=True)
    both.play(script)
    return both


def alone(seed: int, length: int = 80, *, has_book: bool = True, **changes: object) -> Both:
    """Play a seed's script on the product only; `changes` replace parts of its setting."""
    setting, script = script_of(seed, length, has_book=has_book)
    return played_alone(replace(setting, **changes), script)  # type: ignore[arg-type]


def shortest(setting: Setting, script: Sequence[Op]) -> list[Op]:
    """Return a short part of a script on which both still differ (or the product fails)."""

    def wrong(part: Sequence[Op]) -> bool:
        try:
            return bool(played(setting, part).differences())
        except Exception:  # noqa: BLE001 - whatever it is, it is what the script is to show
            return True

    part = list(script)
    size = len(part) // 2
    while size:
        start = OPENING
        while start < len(part):
            fewer = part[:start] + part[start + size :]
            if wrong(fewer):
                part = fewer
            else:
                start += size
        size //= 2
    return part

"""Positions of one portfolio: quantity, cost, lots, realised and unrealised profit. All amounts have 8 decimals.

Profit is counted before fees; fees are a line of their own, valued in the quote asset at the fill's
price. So for a portfolio that trades against its own asset, exactly to the last unit:
equity now - starting cash = realised + unrealised - fees (PB-8), with FIFO and with average cost.

A fee in a third asset (BNB, KCS) sells as much of that asset as the fee takes, for the fee's value.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from msgspec import Struct

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger_state import BookState, HoldingState, LotState, OriginState
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import div_up
from cryptobot_desktop.domain.orders import Fill
from cryptobot_desktop.portfolio.own_trades import OwnTrades, origin_of

Lot = LotState
"""What is left of one buy: quantity and cost as ledger amounts, and when it was bought."""


class Position(Struct, frozen=True, kw_only=True):
    """One base asset against one quote asset; amounts in the quote asset unless stated."""

    base: str
    quote: str
    quantity: int = 0
    """Ledger amount of the base asset."""
    cost: int = 0
    """FIFO cost of `quantity`."""
    average_cost: int = 0
    """Average cost of `quantity`."""
    realised_fifo: int = 0
    realised_average: int = 0
    fees: int = 0
    """Fees paid so far (base fees valued at the fill's price, fees in a third asset at the fill's `fee_value`)."""
    uncovered: int = 0
    """Base amount that was sold, or paid as a fee, without having been bought here; no profit is claimed."""

    def average_price(self, instrument: Instrument) -> int | None:
        """Return average cost per unit as a price of `instrument`, rounded up; None without a position."""
        if self.quantity <= 0:
            return None
        return div_up(self.average_cost * 10**instrument.price_decimals, self.quantity)


class Mark(Struct, frozen=True, gc=False):
    """A price to value an asset with."""

    instrument: Instrument
    price: int


class Valuation(Struct, frozen=True, gc=False):
    """Equity in the portfolio's asset; assets without a price are named, not guessed."""

    equity: int
    unpriced: tuple[str, ...] = ()


@dataclass(slots=True)
class _Holding:
    """The moving parts of one position."""

    base: str
    quote: str
    lots: deque[Lot] = field(default_factory=deque)
    quantity: int = 0
    fifo_cost: int = 0
    average_cost: int = 0
    realised_fifo: int = 0
    realised_average: int = 0
    fees: int = 0
    uncovered: int = 0

    def buy(self, quantity: int, cost: int, at_ms: int) -> None:
        if quantity:
            self.lots.append(Lot(quantity, cost, at_ms))
        self.quantity += quantity
        self.fifo_cost += cost if quantity else 0
        self.average_cost += cost if quantity else 0

    def sell(self, quantity: int, proceeds: int) -> int:
        """Take quantity out of the oldest lots; returns the FIFO profit."""
        covered = min(quantity, self.quantity)
        self.uncovered += quantity - covered
        earned = proceeds * covered // quantity
        average_part = self.average_cost * covered // self.quantity if self.quantity else 0
        fifo_part = self._take_lots(covered)
        self.quantity -= covered
        self.fifo_cost -= fifo_part
        self.average_cost -= average_part
        self.realised_average += earned - average_part
        self.realised_fifo += earned - fifo_part
        return earned - fifo_part

    def _take_lots(self, quantity: int) -> int:
        """Return the cost of the oldest `quantity`; a split lot keeps the remainder of its own cost."""
        cost = 0
        while quantity:
            lot = self.lots.popleft()
            if lot.quantity <= quantity:
                cost += lot.cost
                quantity -= lot.quantity
                continue
            part = lot.cost * quantity // lot.quantity
            self.lots.appendleft(Lot(lot.quantity - quantity, lot.cost - part, lot.at_ms))
            return cost + part
        return cost

    def state(self) -> Position:
        return Position(
            base=self.base,
            quote=self.quote,
            quantity=self.quantity,
            cost=self.fifo_cost,
            average_cost=self.average_cost,
            realised_fifo=self.realised_fifo,
            realised_average=self.realised_average,
            fees=self.fees,
            uncovered=self.uncovered,
        )

    def stored(self) -> HoldingState:
        return HoldingState(
            self.base,
            self.quote,
            self.quantity,
            self.fifo_cost,
            self.average_cost,
            self.realised_fifo,
            self.realised_average,
            self.fees,
            self.uncovered,
            tuple(self.lots),
        )


class PortfolioBook:
    """Positions of one portfolio epoch, rebuilt from its fills in order."""

    def __init__(self, name: str, asset: str) -> None:
        self.name = name
        self.asset = asset
        self.fills = 0
        self.last_ms = 0
        """Time of the newest fill, 0 before the first."""
        self._holdings: dict[tuple[str, str], _Holding] = {}
        self._origins: dict[tuple[str, str], OwnTrades] = {}

    def apply(self, fill: Fill, instrument: Instrument) -> int:
        """Take in one fill; returns the FIFO profit before fees of what it sold, be it for a fee in a third asset."""
        self.fills += 1
        self.last_ms = max(self.last_ms, fill.at_ms)
        self._own_trades(origin_of(fill.client_id), fill.instrument).take(fill, instrument)
        holding = self._holding(instrument.base, instrument.quote)
        amount = instrument.base_amount(fill.qty)
        fee_value = _fee_value(fill, instrument, amount)
        holding.fees += fee_value
        if fill.side is Side.BUY and fill.fee_asset == instrument.base:
            holding.buy(amount - fill.fee, fill.quote_amount - fee_value, fill.at_ms)
            return 0
        profit = 0
        if fill.side is Side.BUY:
            holding.buy(amount, fill.quote_amount, fill.at_ms)
        else:
            profit = holding.sell(amount, fill.quote_amount)
        if fill.fee_asset != instrument.quote and fill.fee:
            profit += self._holding(fill.fee_asset, instrument.quote).sell(fill.fee, fee_value)
        return profit

    def state(self, epoch: int) -> BookState:
        """Return everything that `restore` needs to go on from here."""
        return BookState(
            self.name,
            epoch,
            self.fills,
            self.last_ms,
            tuple(self._holdings[key].stored() for key in sorted(self._holdings)),
            tuple(
                OriginState(*key, trades.held, trades.cost, trades.realised, trades.fills)
                for key, trades in sorted(self._origins.items())
            ),
        )

    def restore(self, state: BookState) -> None:
        """Go on from a state in the place of what was there."""
        self.fills, self.last_ms = state.fills, state.last_ms
        self._holdings = {
            (h.base, h.quote): _Holding(
                h.base,
                h.quote,
                deque(h.lots),
                h.quantity,
                h.fifo_cost,
                h.average_cost,
                h.realised_fifo,
                h.realised_average,
                h.fees,
                h.uncovered,
            )
            for h in state.holdings
        }
        self._origins = {
            (o.origin, o.instrument): OwnTrades(o.held, o.cost, o.realised, o.fills) for o in state.origins
        }

    def trades_of(self, origin: str, instrument: str) -> OwnTrades:
        """Return a copy of what the fills of an origin on an instrument add up to."""
        return replace(self._origins.get((origin, instrument), OwnTrades()))

    def origins(self) -> frozenset[str]:
        """Return everybody who has traded in this epoch."""
        return frozenset(origin for origin, _ in self._origins)

    def _holding(self, base: str, quote: str) -> _Holding:
        holding = self._holdings.get((base, quote))
        if holding is None:
            holding = self._holdings[base, quote] = _Holding(base, quote)
        return holding

    def _own_trades(self, origin: str, instrument: str) -> OwnTrades:
        trades = self._origins.get((origin, instrument))
        if trades is None:
            trades = self._origins[origin, instrument] = OwnTrades()
        return trades

    def positions(self) -> tuple[Position, ...]:
        """Return all positions ever held, sorted by base and quote."""
        return tuple(self._holdings[key].state() for key in sorted(self._holdings))

    def position(self, base: str, quote: str) -> Position:
        """Return one position (empty when never traded)."""
        holding = self._holdings.get((base, quote))
        return holding.state() if holding is not None else Position(base=base, quote=quote)

    def lots(self, base: str, quote: str) -> tuple[Lot, ...]:
        """Return the open FIFO lots of a position, oldest first."""
        holding = self._holdings.get((base, quote))
        return tuple(holding.lots) if holding is not None else ()

    def realised(self) -> int:
        """Return FIFO profit before fees of all positions quoted in the portfolio's asset."""
        return sum(holding.realised_fifo for holding in self._own())

    def fees(self) -> int:
        """Return fees of all positions quoted in the portfolio's asset."""
        return sum(holding.fees for holding in self._own())

    def unrealised(self, marks: Mapping[str, Mark]) -> Valuation:
        """Return value at the marks (by base asset) minus FIFO cost, over positions quoted in the portfolio's asset."""
        total, unpriced = 0, []
        for holding in self._own():
            if not holding.quantity:
                continue
            mark = marks.get(holding.base)
            value = mark_value(holding.base, holding.quantity, self.asset, mark)
            if value is None:
                unpriced.append(holding.base)
            else:
                total += value - holding.fifo_cost
        return Valuation(total, tuple(sorted(unpriced)))

    def _own(self) -> Iterable[_Holding]:
        return (holding for (_, quote), holding in self._holdings.items() if quote == self.asset)


def _fee_value(fill: Fill, instrument: Instrument, amount: int) -> int:
    """Return the fee in the quote asset."""
    if fill.fee_asset == instrument.quote:
        return fill.fee
    if fill.fee_value is not None:
        return fill.fee_value
    if fill.fee_asset != instrument.base:
        if fill.fee:
            raise InvariantBroken(
                f"fill {fill.fill_id} pays {fill.fee_asset} as a fee and does not say what it is worth"
            )
        return 0
    return fill.quote_amount * fill.fee // amount if fill.fee < amount else fill.quote_amount


def unrealised(position: Position, mark: Mark) -> int | None:
    """Return value at the mark minus FIFO cost in the quote asset; None when the mark does not price the position."""
    value = mark_value(position.base, position.quantity, position.quote, mark)
    return None if value is None else value - position.cost


def mark_value(asset: str, amount: int, into: str, mark: Mark | None) -> int | None:
    """Return a ledger amount of `asset` in `into`, rounded down; the mark may quote the pair either way round."""
    if mark is None or mark.price <= 0:
        return None
    instrument = mark.instrument
    scale: int = 10**instrument.price_decimals
    if instrument.base == asset and instrument.quote == into:
        return amount * mark.price // scale
    if instrument.base == into and instrument.quote == asset:
        return amount * scale // mark.price
    return None


def value_holdings(held: Mapping[str, int], asset: str, marks: Mapping[str, Mark]) -> Valuation:
    """Value ledger amounts per asset in `asset`. `marks` maps each other asset to a price against `asset`."""
    equity = held.get(asset, 0)
    unpriced: list[str] = []
    for name, amount in held.items():
        if name == asset or not amount:
            continue
        value = mark_value(name, amount, asset, marks.get(name))
        if value is None:
            unpriced.append(name)
        else:
            equity += value
    return Valuation(equity, tuple(sorted(unpriced)) if unpriced else ())

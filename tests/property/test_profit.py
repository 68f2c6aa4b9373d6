"""Profit and loss under generated fills, with fees in base, quote or a third asset: exact to the last unit (PB-8)."""

from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity
from cryptobot_desktop.portfolio.positions import PortfolioBook
from cryptobot_desktop.portfolio.statement import Statement, statement
from cryptobot_desktop.portfolio.valuation import PriceSource, Quote, Rates
from tests.builders import btc_usdt

BTC = btc_usdt(price_decimals=3, qty_decimals=7)
BNB = msgspec.structs.replace(BTC, symbol="BNBUSDT", base="BNB", price_decimals=5, qty_decimals=6)
CASH = 10**13


class Step(NamedTuple):
    """One fill as it is generated."""

    instrument: Instrument
    side: Side
    price: int
    qty: int
    pays: str
    rate_ppm: int


steps = st.builds(
    Step,
    st.sampled_from([BTC, BNB]),
    st.sampled_from(Side),
    st.integers(1, 999_983),
    st.integers(1, 9_999_991),
    st.sampled_from(["base", "quote", "BNB"]),
    st.integers(0, 99_991),
)


class PlainHolder:
    """Holds assets in a dict and refuses to sell what it has not got."""

    def __init__(self) -> None:
        self.held = {"USDT": CASH, "BTC": 0, "BNB": 0}
        self.fees = 0
        self.fills: list[Fill] = []

    def trade(self, step: Step, bnb_price: int) -> None:
        instrument, side = step.instrument, step.side
        notional = instrument.notional_up if side is Side.BUY else instrument.notional_down
        amount, quote = instrument.base_amount(step.qty), notional(step.price, step.qty)
        received = amount if side is Side.BUY else quote
        asset, fee, value = self._fee(step, received, quote, bnb_price)
        after = dict(self.held)
        sign = 1 if side is Side.BUY else -1
        after[instrument.base] += sign * amount
        after["USDT"] -= sign * quote
        after[asset] -= fee
        if min(after.values()) < 0:
            return
        self.held = after
        self.fills.append(
            Fill(
                fill_id=f"f{len(self.fills)}",
                client_id=f"bot:{len(self.fills)}",
                portfolio="main",
                instrument=instrument.id,
                side=side,
                price=step.price,
                qty=step.qty,
                quote_amount=quote,
                fee=fee,
                fee_asset=asset,
                liquidity=Liquidity.TAKER,
                at_ms=len(self.fills),
                evidence=FillEvidence(kind="book"),
                fee_value=value,
            )
        )

    @staticmethod
    def _fee(step: Step, received: int, quote: int, bnb_price: int) -> tuple[str, int, int | None]:
        """Return asset, amount and (for a third asset) value of the fee."""
        if step.pays == "BNB" and step.instrument is not BNB:
            value = -(-quote * step.rate_ppm // 1_000_000)
            return "BNB", -(-value * 10**BNB.price_decimals // bnb_price), value
        in_base = step.side is Side.BUY and step.pays != "quote"
        paid = received if in_base else quote
        return (step.instrument.base if in_base else "USDT"), -(-paid * step.rate_ppm // 1_000_000), None


def told(holder: PlainHolder, prices: tuple[int, int]) -> Statement:
    """Return the statement of all fills at these prices of BTC and BNB."""
    book = PortfolioBook("main", "USDT")
    for fill in holder.fills:
        book.apply(fill, BTC if fill.instrument == BTC.id else BNB)
    quotes = [Quote(BTC, prices[0], PriceSource.LAST), Quote(BNB, prices[1], PriceSource.LAST)]
    balances = {("main#1/available", asset): amount for asset, amount in holder.held.items()}
    record = PortfolioRecord(name="main", epoch=1, asset="USDT", starting_cash=CASH, created_ms=0)
    return statement(record, book, balances, rates=Rates(quotes), instruments=(BTC, BNB))


@given(
    trades=st.lists(steps, max_size=40),
    bnb_price=st.integers(1, 99_999),
    prices=st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)),
)
def test_pb8_equity_changes_by_realised_and_unrealised_less_fees(
    trades: list[Step], bnb_price: int, prices: tuple[int, int]
) -> None:
    holder = PlainHolder()
    for step in trades:
        holder.trade(step, bnb_price)
    found = told(holder, prices)
    assert found.unpriced == ()
    assert all(line.position.uncovered == 0 for line in found.positions)
    assert found.equity - CASH == found.realised_fifo + found.unrealised_fifo - found.fees
    assert found.equity - CASH == found.realised_average + found.unrealised_average - found.fees
    for line in found.positions:
        assert line.position.quantity == holder.held[line.position.base]


@given(trades=st.lists(steps, max_size=30), cut=st.integers(0, 30))
def test_a_book_that_was_written_down_and_taken_up_goes_on_the_same(trades: list[Step], cut: int) -> None:
    holder = PlainHolder()
    for step in trades:
        holder.trade(step, 7_777)
    straight, first, second = (PortfolioBook("main", "USDT") for _ in range(3))
    for at, fill in enumerate(holder.fills):
        instrument = BTC if fill.instrument == BTC.id else BNB
        straight.apply(fill, instrument)
        if at == cut:
            second.restore(msgspec.json.decode(msgspec.json.encode(first.state(1)), type=type(first.state(1))))
            first = second
        first.apply(fill, instrument)
    assert first.state(1) == straight.state(1)
    assert first.positions() == straight.positions()

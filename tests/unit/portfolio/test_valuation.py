"""Values through real cross rates, and the lines of a statement."""

import msgspec
import pytest

from cryptobot_desktop.domain.errors import InvariantBroken
from cryptobot_desktop.domain.instrument import Filters, Instrument
from cryptobot_desktop.domain.ledger import PortfolioRecord
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.orders import Fill, FillEvidence, Liquidity
from cryptobot_desktop.engine.accounts import Accounts
from cryptobot_desktop.portfolio.positions import PortfolioBook
from cryptobot_desktop.portfolio.statement import statement
from cryptobot_desktop.portfolio.valuation import PriceSource, Quote, Rates, Worth, mid
from tests.builders import USDT, btc_usdt, market_of


def pair(base: str, quote: str, filters: Filters | None = None) -> Instrument:
    kinds = {"symbol": f"{base}{quote}", "base": base, "quote": quote, "filters": filters or Filters()}
    return msgspec.structs.replace(btc_usdt(), **kinds)


ETH_USDT, BTC_USDT, ETH_BTC = pair("ETH", "USDT"), pair("BTC", "USDT"), pair("ETH", "BTC")
LAST = PriceSource.LAST


def test_a_value_goes_through_the_fewest_prices_and_says_which() -> None:
    rates = Rates([Quote(ETH_USDT, 300_001, LAST), mid(BTC_USDT, 6_000_000, 6_000_100)])
    worth = rates.value("ETH", 2 * USDT, "BTC")
    assert worth.amount == 2 * USDT * 300_001 // 6_000_050
    assert worth.source == "last, mid"
    assert worth.path_text == "ETH/USDT at 3000.01 (last), BTC/USDT at 60000.5 (mid)"
    direct = Rates([Quote(ETH_USDT, 300_001, LAST), Quote(BTC_USDT, 6_000_000, LAST), Quote(ETH_BTC, 5, LAST)])
    assert direct.value("ETH", USDT, "BTC").path == (Quote(ETH_BTC, 5, LAST),)


def test_a_chain_is_exact_and_rounded_down_once() -> None:
    third = msgspec.structs.replace(pair("AAA", "BBB"), price_decimals=0)
    rates = Rates(
        [Quote(third, 3, LAST), Quote(msgspec.structs.replace(pair("CCC", "BBB"), price_decimals=0), 7, LAST)]
    )
    assert rates.value("AAA", 7, "CCC").amount == 3
    assert rates.value("CCC", 3, "AAA").amount == 7
    assert rates.value("AAA", 6, "CCC").amount == 2


def test_at_most_three_hops_and_no_guess_beyond() -> None:
    chain = [Quote(pair(one, other), 100, LAST) for one, other in (("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"))]
    rates = Rates(chain)
    assert rates.value("A", 5, "D").amount == 5
    assert len(rates.value("A", 5, "D").path) == 3
    assert rates.value("A", 5, "E").amount is None
    assert rates.value("A", 5, "A") == Worth(5)
    assert Rates([Quote(pair("A", "B"), 0, LAST)]).value("A", 5, "B").amount is None


def test_the_engine_values_a_portfolio_across_a_third_asset() -> None:
    known = {ETH_USDT.id: ETH_USDT, BTC_USDT.id: BTC_USDT}
    market = market_of(ETH_USDT, None, last=300_000)
    market.last[BTC_USDT.id] = 6_000_000
    accounts = Accounts(market, known)
    accounts.open(PortfolioRecord(name="main", epoch=1, asset="ETH", starting_cash=20 * USDT, created_ms=0), 0)
    assert accounts.value("main", "BTC").equity == USDT
    assert accounts.value("main", "DOGE").unpriced == ("ETH",)


def fill(instrument: Instrument, side: Side, price: int, qty: int, **changes: object) -> Fill:
    plain = Fill(
        fill_id="f",
        client_id="o",
        portfolio="main",
        instrument=instrument.id,
        side=side,
        price=price,
        qty=qty,
        quote_amount=instrument.notional_down(price, qty),
        fee=0,
        fee_asset=instrument.quote,
        liquidity=Liquidity.TAKER,
        at_ms=1,
        evidence=FillEvidence(kind="book"),
    )
    return msgspec.structs.replace(plain, **changes)


def test_a_fee_in_a_third_asset_sells_its_lots_at_the_fees_value() -> None:
    bnb, book = pair("BNB", "USDT"), PortfolioBook("main", "USDT")
    book.apply(fill(bnb, Side.BUY, 50_000, 100_000), bnb)
    paid = {"fee": USDT // 10, "fee_asset": "BNB", "fee_value": 60 * USDT}
    profit = book.apply(fill(BTC_USDT, Side.BUY, 6_000_000, 100_000, **paid), BTC_USDT)
    assert profit == 10 * USDT
    held = book.position("BNB", "USDT")
    assert (held.quantity, held.cost, held.realised_fifo) == (9 * USDT // 10, 450 * USDT, 10 * USDT)
    assert (book.position("BTC", "USDT").cost, book.fees()) == (60_000 * USDT, 60 * USDT)


def test_a_fee_in_a_third_asset_without_a_value_is_a_bug_and_says_so() -> None:
    paid = {"fee": 5, "fee_asset": "BNB"}
    with pytest.raises(InvariantBroken, match="fill f pays BNB as a fee and does not say what it is worth"):
        PortfolioBook("main", "USDT").apply(fill(BTC_USDT, Side.SELL, 1, 1, **paid), BTC_USDT)


def test_dust_is_a_line_of_its_own_with_its_value_and_its_reason() -> None:
    filters = Filters(step_size=100, min_qty=100, min_notional=5 * USDT)
    btc, eth = pair("BTC", "USDT", filters), pair("ETH", "USDT", filters)
    record = PortfolioRecord(name="main", epoch=1, asset="USDT", starting_cash=0, created_ms=0)
    balances = {
        ("main#1/available", "BTC"): 123_456_789,
        ("main#1/available", "ETH"): 100_000,
        ("main#1/available", "DOGE"): 7,
        ("main#1/fees", "BTC"): 5,
    }
    rates = Rates([Quote(btc, 6_000_000, LAST), Quote(eth, 300_000, PriceSource.LAST_FILL, 9)])
    book = PortfolioBook("main", "USDT")
    found = statement(record, book, balances, rates=rates, instruments=(btc, eth))
    lines = {line.asset: line for line in found.dust_lines}
    assert (lines["BTC"].amount, lines["BTC"].why) == (56_789, "below the step of BTC/USDT")
    assert (lines["ETH"].amount, lines["ETH"].why) == (100_000, "below the smallest notional of ETH/USDT")
    assert found.dust == 56_789 * 60_000 + 100_000 * 3_000
    assert found.unpriced == ("DOGE",)
    assert found.fees_paid == (("BTC", 5),)
    elsewhere = statement(record, book, balances, rates=rates, instruments=(btc, eth, pair("ETH", "XXX")))
    assert [line.asset for line in elsewhere.dust_lines] == ["BTC"]

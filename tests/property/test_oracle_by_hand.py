"""The oracle itself, against cases that were worked out on paper; the numbers are in the comments."""

from fractions import Fraction

import pytest

from tests.oracle.bars import PlainBar
from tests.oracle.matching import SlowExchange
from tests.oracle.orders import PlainOrder
from tests.oracle.terms import PlainVenue, Tariff

F = Fraction
TARIFF = Tariff(F(1, 1000), F(2, 1000))


def exchange(
    *, kucoin: bool = False, model: str = "pessimistic", has_book: bool = True, tariff: Tariff = TARIFF
) -> SlowExchange:
    """Return an exchange with 1,000 USDT and 10 BTC, bids 99 x 2 and 98 x 3, asks 101 x 2 and 102 x 3."""
    slow = SlowExchange(PlainVenue(kucoin, F(1), F(1, 10), tariff), model, has_book=has_book)
    slow.floor.purse("main").move("USDT", F(1000))
    slow.floor.purse("main").move("BTC", F(10))
    slow.floor.last = F(100)
    if has_book:
        slow.book({F(99): F(2), F(98): F(3)}, {F(101): F(2), F(102): F(3)}, 1)
    return slow


def order(name: str, buy: bool, kind: str = "limit", qty: int = 1, **fields: object) -> PlainOrder:
    """Return an order; whole numbers are meant as they stand."""
    exact = {k: F(v) if isinstance(v, int) and k in ("limit", "stop", "display") else v for k, v in fields.items()}
    return PlainOrder(name, buy, kind, qty=F(qty), **exact)  # type: ignore[arg-type]


def fills(slow: SlowExchange, name: str) -> list[tuple[Fraction, Fraction, str]]:
    """Return (price, quantity, role) of all fills of an order."""
    return [(f.price, f.qty, f.role) for f in slow.floor.orders[name].fills]


def test_a_market_order_walks_and_its_rest_expires() -> None:
    slow = exchange()
    slow.submit([order("a", True, "market", 6)], 2)
    # 2 at 101 and 3 at 102 are all there is: 202 + 306 = 508; fee 2 per mille of 5 BTC = 0.01 BTC.
    assert fills(slow, "a") == [(101, 2, "taker"), (102, 3, "taker")]
    assert slow.floor.orders["a"].status == "expired"
    assert slow.floor.purse("main").free("USDT") == 492
    assert slow.floor.purse("main").free("BTC") == F(1499, 100)


def test_what_was_taken_stays_taken_until_the_level_changes() -> None:
    slow = exchange()
    slow.submit([order("a", True, "market", 1)], 2)
    slow.submit([order("b", True, "limit", 2, limit=101, tif="IOC")], 3)
    assert fills(slow, "b") == [(101, 1, "taker")]
    slow.book({F(99): F(2)}, {F(101): F(3)}, 4)
    slow.submit([order("c", True, "limit", 3, limit=101, tif="FOK")], 5)
    assert fills(slow, "c") == [(101, 3, "taker")]


def test_the_queue_stands_before_us() -> None:
    slow = exchange()
    slow.submit([order("a", True, qty=3, limit=99)], 2)
    # 2 are displayed before us: a sale of 3 leaves 1 for us; one at 98 goes through and fills the rest.
    slow.trade("t1", F(99), F(3), False, 3, 3)
    assert fills(slow, "a") == [(99, 1, "maker")]
    slow.trade("t2", F(98), F(1), False, 4, 4)
    slow.trade("t2", F(98), F(9), False, 5, 5)  # the same id counts once
    assert fills(slow, "a") == [(99, 1, "maker"), (99, 1, "maker")]


@pytest.mark.parametrize(("model", "left"), [("pessimistic", F(20, 10)), ("expected", F(14, 10)), ("optimistic", F(0))])
def test_a_cancellation_is_shared_by_the_expected_model_only(model: str, left: Fraction) -> None:
    slow = exchange(model=model)
    slow.submit([order("a", True, limit=99)], 2)
    slow.book({F(99): F(5)}, {F(101): F(2)}, 3)  # 3 came behind us
    slow.book({F(99): F(35, 10)}, {F(101): F(2)}, 4)
    # 1.5 of 5 were cancelled: 2 - floor(1.5 * 2 / 5) = 2 - 0.6 = 1.4
    assert slow.floor.orders["a"].before == left


def test_an_iceberg_goes_to_the_back_with_each_part() -> None:
    slow = exchange()
    slow.book({F(99): F(0)}, {F(101): F(2)}, 2)
    slow.floor.bids = {}
    slow.submit([order("a", True, qty=5, limit=99, display=2)], 3)
    slow.trade("t1", F(99), F(4), False, 4, 4)
    # Only the shown 2 take part; then 2 are shown anew, behind nothing.
    assert fills(slow, "a") == [(99, 2, "maker")]
    slow.book({F(99): F(1)}, {F(101): F(2)}, 5)
    slow.trade("t2", F(99), F(2), False, 6, 6)
    assert fills(slow, "a")[1:] == [(99, 2, "maker")]
    # The third part stands behind the displayed 1.
    assert slow.floor.orders["a"].before == 1


def test_a_stop_walks_what_the_triggering_trade_has_left() -> None:
    slow = exchange()
    slow.submit([order("s", False, "stop_loss", 2, stop=99)], 2)
    slow.trade("t1", F(100), F(9), False, 3, 3)
    assert slow.floor.orders["s"].phase == "armed"
    slow.trade("t2", F(99), F(1), False, 4, 4)
    # The trade ate 1 of the 2 at 99: 1 at 99, 1 at 98.
    assert fills(slow, "s") == [(99, 1, "taker"), (98, 1, "taker")]


def test_a_wild_print_needs_a_second_one() -> None:
    slow = exchange()
    slow.trade("t0", F(100), F(1), True, 2, 2)
    slow.submit([order("s", False, "stop_loss", 1, stop=95)], 3)
    slow.trade("t1", F(90), F(1), False, 4, 4)
    assert slow.floor.orders["s"].phase == "armed"
    slow.trade("t2", F(91), F(1), False, 5, 5)  # within 5 % of the doubtful 90
    assert fills(slow, "s") == [(99, 1, "taker")]


def test_a_trailing_stop_follows_and_never_loosens() -> None:
    slow = exchange()
    slow.submit([order("s", False, "trailing_stop", 1, bips=300)], 2)
    for number, price in enumerate((104, 102, 101)):  # floor(104 * 0.97) = floor(100.88) = 100
        slow.trade(f"t{number}", F(price), F(1), True, 3 + number, 3 + number)
    assert slow.floor.orders["s"].best == 104
    assert slow.floor.orders["s"].phase == "armed"
    slow.trade("t9", F(100), F(1), False, 9, 9)
    assert fills(slow, "s") == [(99, 1, "taker")]


def test_one_cancels_the_other_and_money_is_held_once() -> None:
    slow = exchange()
    legs = [order("gain", False, "limit_maker", 4, limit=103), order("stop", False, "stop_loss", 4, stop=97)]
    for leg in legs:
        leg.group, leg.group_kind, leg.role = "list", "oco", "either"
    assert slow.submit(legs, 2) == ""
    assert slow.floor.purse("main").held("BTC") == 4
    slow.trade("t1", F(103), F(1), True, 3, 3)  # nothing displayed at 103: it is ours
    assert slow.floor.orders["stop"].status == "expired"
    assert slow.floor.purse("main").held("BTC") == 3


def test_a_pending_leg_is_placed_when_the_working_order_is_filled() -> None:
    slow = exchange()
    working = order("in", True, "limit", 2, limit=101)
    exits = [order("gain", False, "limit_maker", 1, limit=104), order("stop", False, "stop_loss", 1, stop=97)]
    for leg, role in zip([working, *exits], ("working", "pending", "pending"), strict=True):
        leg.group, leg.group_kind, leg.role = "list", "otoco", role
    assert slow.submit([working, *exits], 2) == ""
    assert working.status == "filled"
    assert [leg.phase for leg in exits] == ["working", "armed"]
    assert slow.floor.purse("main").held("BTC") == 1


@pytest.mark.parametrize(
    ("policy", "taken", "mine", "other"),
    [
        ("none", 3, "filled", "new"),
        ("expire_taker", 2, "expired", "new"),
        ("expire_maker", 3, "filled", "expired"),
        ("expire_both", 2, "expired", "expired"),
        ("decrement", 2, "expired", "expired"),
    ],
)
def test_self_trade_prevention(policy: str, taken: int, mine: str, other: str) -> None:
    slow = exchange()
    slow.submit([order("own", False, limit=101)], 2)
    # 2 at 101 come first, then our own 1 at 101, then 102.
    slow.submit([order("a", True, qty=3, limit=102, stp=policy)], 3)
    assert sum(qty for _, qty, _ in fills(slow, "a")) == taken
    assert slow.floor.orders["a"].status == mine
    assert slow.floor.orders["own"].status == other


def test_a_cancel_travels_and_may_come_too_late() -> None:
    slow = exchange()
    slow.submit([order("a", True, limit=100)], 2, latency=10)
    slow.cancel("a", 5, latency=10)
    slow.trade("t1", F(99), F(1), False, 14, 14)  # the order is there since 12, the cancel comes at 15
    assert fills(slow, "a") == [(100, 1, "maker")]


def test_the_discount_asset_pays_while_there_is_enough() -> None:
    slow = exchange(tariff=Tariff(F(1, 1000), F(2, 1000), "BNB", F(1, 4)))
    slow.floor.rates["BNB"] = F(3)
    slow.floor.purse("main").move("BNB", F(6, 100))
    slow.submit([order("a", True, "market", 2)], 2)
    # 202 * 0.002 * 0.75 / 3 = 0.101 BNB is more than the 0.06 there are: 2 * 0.002 BTC as usual.
    assert slow.floor.orders["a"].fills[0].fee_asset == "BTC"
    slow.submit([order("b", True, "market", 1)], 3)
    # 102 * 0.002 * 0.75 / 3 = 0.051 BNB
    assert [(f.fee, f.fee_asset) for f in slow.floor.orders["b"].fills] == [(F(51, 1000), "BNB")]


def test_a_pair_within_one_bar_loses() -> None:
    slow = exchange(has_book=False)
    legs = [order("gain", False, "limit_maker", 1, limit=105), order("stop", False, "stop_loss", 1, stop=95)]
    for leg in legs:
        leg.group, leg.group_kind, leg.role = "list", "oco", "either"
    slow.submit(legs, 60)
    slow.bar(PlainBar(60, F(100), F(110), F(90), F(0)), F(100), 120)
    assert fills(slow, "stop") == [(95, 1, "taker")]
    assert slow.floor.orders["gain"].status == "expired"


def test_a_gap_through_a_stop_fills_at_the_open() -> None:
    slow = exchange(has_book=False)
    slow.submit([order("stop", False, "stop_loss", 1, stop=95)], 60)
    slow.bar(PlainBar(60, F(92), F(93), F(90), F(0)), F(93), 120)
    assert fills(slow, "stop") == [(92, 1, "taker")]


def test_kucoin_takes_a_late_stop_and_holds_nothing_for_it() -> None:
    slow = exchange(kucoin=True)
    assert slow.submit([order("stop", False, "stop_loss", 50, stop=100)], 2) == ""
    assert slow.floor.purse("main").held("BTC") == 0
    slow.trade("t1", F(100), F(1), True, 3, 3)
    assert slow.floor.orders["stop"].code == "balance"  # 50 BTC are not there
    assert exchange().submit([order("stop", False, "stop_loss", 1, stop=100)], 2) == "trigger"

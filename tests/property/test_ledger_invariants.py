"""What the ledger may never do, over generated scripts of every kind of order (PB-1 to PB-11, I-26)."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.facts import ExecutionFact, OrderAccepted
from cryptobot_desktop.domain.ledger import AccountKind, CauseKind
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.portfolio.ledger import Ledger, verify
from cryptobot_desktop.portfolio.positions import Mark, PortfolioBook, value_holdings
from tests.property.both import ASSETS, OWNERS, Both, alone
from tests.property.scripts import script_of
from tests.property.test_oracle_comparison import seeds
from tests.scale import examples

FEW = examples(15)
either = st.booleans()


class Watched(Both):
    """Looks at the books after every single fact."""

    def _settle_one(self, fact: ExecutionFact) -> None:
        super()._settle_one(fact)
        wallet = self.wallet
        balances = wallet.ledger.balances()
        sums: dict[str, int] = defaultdict(int)
        for (name, asset), amount in balances.items():
            sums[asset] += amount
            assert amount >= 0 or name.startswith("world") or ":world" in name or "/world" in name, name
        assert not any(sums.values())
        for owner in OWNERS:
            for asset in ASSETS:
                free, held = wallet.available(owner, asset), wallet.balance(owner, AccountKind.RESERVED, asset)
                assert free >= 0
                assert held >= 0
                assert free + held == wallet.held_of(owner, asset)
        owner = fact.order.request.portfolio
        for asset, side in (("USDT", Side.BUY), ("BTC", Side.SELL)):
            needs = [o.reserved for o in self.states.values() if o.request.side is side and _is_open_of(o, owner)]
            assert wallet.balance(owner, AccountKind.RESERVED, asset) == sum(needs)


def _is_open_of(order: object, owner: str) -> bool:
    return bool(order.status.is_open and order.request.portfolio == owner)  # type: ignore[attr-defined]


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_pb01_pb02_pb03_sums_are_zero_nothing_is_owed_and_holds_are_those_of_open_orders(
    seed: int, has_book: bool
) -> None:
    setting, script = script_of(seed, has_book=has_book)
    Watched(setting, alone=True).play(script)


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_pb04_an_id_that_is_used_again_writes_nothing(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book)
    rows, before = len(both.wallet.rows), dict(both.states)
    for request in both.requests:
        if request.list_id:
            continue
        assert list(both.exchange.submit(request, both.market, both.now)) == []
        other = request.__class__(**{**_fields(request), "reason": "another payload"})
        facts = list(both.exchange.submit(other, both.market, both.now))
        assert [type(fact).__name__ for fact in facts] == ["OrderRejected"]
        assert both.exchange.order(request.client_id) == before[request.client_id]
    assert len(both.wallet.rows) == rows


def _fields(request: object) -> dict[str, object]:
    return {name: getattr(request, name) for name in request.__struct_fields__}  # type: ignore[attr-defined]


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either, cut=st.integers(0, 400))
def test_pb05_pb07_the_chain_replays_from_any_row_and_its_prefix_never_changes(
    seed: int, has_book: bool, cut: int
) -> None:
    setting, script = script_of(seed, has_book=has_book)
    both = Both(setting, alone=True)
    prefix: list[bytes | str] = []
    for op in script:
        both.play([op])
        hashes = [row.row_hash for row in both.wallet.rows]
        assert hashes[: len(prefix)] == prefix
        prefix = hashes
    rows = both.wallet.rows
    assert verify(rows) is None
    cut = min(cut, len(rows))
    from_start, from_snapshot = Ledger(), Ledger()
    from_start.load(rows[:cut])
    from_snapshot = Ledger(from_start.snapshot())
    from_start.load(rows[cut:])
    from_snapshot.load(rows[cut:])
    assert from_start.state_hash() == from_snapshot.state_hash() == both.wallet.ledger.state_hash()


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either, mark=st.integers(800, 1_200))
def test_pb08_i26_equity_changes_by_realised_and_unrealised_profit_less_fees(
    seed: int, has_book: bool, mark: int
) -> None:
    # Coins that were never bought have no cost, so that both portfolios begin with cash alone here.
    both = alone(seed, has_book=has_book, coins=0, discount=False)
    for owner in OWNERS:
        book = PortfolioBook(owner, "USDT")
        for _, fill in both.order_fills():
            if fill.portfolio == owner:
                book.apply(fill, both.instrument)
        marks = {"BTC": Mark(both.instrument, mark)}
        equity = value_holdings(both.wallet.ledger.held(owner, 1), "USDT", marks).equity
        assert equity - both.setting.cash == book.realised() + book.unrealised(marks).equity - book.fees()


@settings(max_examples=FEW)
@given(seed=seeds, has_book=either)
def test_pb10_every_row_has_a_cause_that_exists(seed: int, has_book: bool) -> None:
    both = alone(seed, has_book=has_book)
    orders = {fact.order.client_id for fact in both.facts if isinstance(fact, OrderAccepted)}
    fills = {fill.fill_id: order.client_id for order, fill in both.order_fills()}
    for row in both.wallet.rows:
        if row.cause_kind is CauseKind.DEPOSIT:
            assert row.cause_id.partition("#")[0] in OWNERS
        elif row.cause_kind in (CauseKind.FILL, CauseKind.FEE):
            assert fills[row.cause_id] in orders
        else:
            assert row.cause_id in orders

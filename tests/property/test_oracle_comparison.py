"""The paper exchange against an independent one in exact fractions: fills, states, holds and balances must be equal."""

from collections import Counter

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cryptobot_desktop.domain.orders import OrderType
from tests.property.both import Both, played, shortest
from tests.property.scripts import script_of
from tests.scale import examples

seeds = st.integers(0, 2**48)


def compare(seed: int, *, has_book: bool, prints: bool = False) -> Both:
    """Play a seed's script on both; a difference is told with the shortest script that shows it."""
    setting, script = script_of(seed, has_book=has_book, prints=prints)
    both = played(setting, script)
    if both.differences():
        short = shortest(setting, script)
        lines = [str(setting), *map(str, short), *played(setting, short).differences()]
        pytest.fail(f"seed {seed}\n" + "\n".join(lines))
    return both


@settings(max_examples=examples(120))
@given(seed=seeds)
def test_i03_i13_i14_i19_i20_fills_holds_and_balances_equal_those_of_the_oracle(seed: int) -> None:
    both = compare(seed, has_book=True)
    for kind, count in both.counts.items():
        event(kind, count > 0)


@settings(max_examples=examples(80))
@given(seed=seeds)
def test_i11_bars_fill_as_the_oracle_says(seed: int) -> None:
    compare(seed, has_book=False)


@settings(max_examples=examples(50))
@given(seed=seeds)
def test_i03_trades_of_a_file_fill_as_the_oracle_says(seed: int) -> None:
    compare(seed, has_book=False, prints=True)


ENDS = {
    OrderType.MARKET: ("filled", "expired", "rejected"),
    OrderType.LIMIT: ("new", "partially_filled", "filled", "canceled", "expired", "rejected"),
    OrderType.LIMIT_MAKER: ("new", "partially_filled", "filled", "canceled", "expired", "rejected"),
}
SLEEPER_ENDS = ("new", "filled", "canceled", "expired", "rejected")
FACTS = ("OrderAccepted", "OrderFilled", "OrderCanceled", "OrderTriggered", "OrderAmended")


def test_the_scripts_reach_every_type_with_every_outcome() -> None:
    seen: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for seed in range(150):
        setting, script = script_of(seed)
        both = Both(setting, alone=True)
        both.play(script)
        for key, count in both.counts.items():
            kind, fact, status = key.split()
            seen[f"{kind} {status}"] += count
            kinds[fact] += count
        for request in both.requests:
            kinds[f"list {request.list_kind.value if request.list_kind else 'none'}"] += 1
            kinds[f"tif {request.time_in_force.value}"] += 1
            kinds["iceberg"] += request.display_qty is not None
    wanted = [f"{kind.value} {end}" for kind in OrderType for end in ENDS.get(kind, SLEEPER_ENDS)]
    missing = [key for key in wanted if not seen[key]]
    more = ["list oco", "list oto", "list otoco", "tif GTC", "tif IOC", "tif FOK", "tif GTD", "iceberg", *FACTS]
    assert missing + [key for key in more if not kinds[key]] == []

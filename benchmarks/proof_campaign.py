"""A million generated operations on the paper exchange, its ledger and the oracle.

``python -m benchmarks.proof_campaign``: each script is 100 operations of its own seed: books, trades or bars, orders of
every type, lists, cancels, changes, feed states, restarts. After each script both exchanges must agree in every fill,
state, hold and balance, the ledger's sums must be zero and its chain must verify. Prints counts and every differing
seed; the exit status is 1 when there is one.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from cryptobot_desktop.domain.errors import CryptobotError
from cryptobot_desktop.domain.ledger import AccountKind
from cryptobot_desktop.portfolio.ledger import Ledger, verify
from tests.property.both import OWNERS, Both, played
from tests.property.scripts import script_of

LENGTH = 100
BATCH = 20
"""Scripts per piece of work."""
FILES_EVERY = 5
"""Of so many scripts one has bars and one has trades of a file instead of books."""

CRASHES = (CryptobotError, AssertionError, ArithmeticError, LookupError, AttributeError, TypeError, ValueError)
"""A crash is a finding like any other."""

Result = tuple[Counter[str], list[tuple[int, str]]]


def ledger_problems(both: Both) -> list[str]:
    """Return what is wrong with the ledger that a script has left."""
    wallet, found = both.wallet, []
    sums: Counter[str] = Counter()
    for (_, asset), amount in wallet.ledger.balances().items():
        sums[asset] += amount
    found += [f"the sum of {asset} is {amount}" for asset, amount in sums.items() if amount]
    for owner in OWNERS:
        for asset in ("USDT", "BTC"):
            paying = {"USDT": "buy", "BTC": "sell"}[asset]
            needs = sum(
                order.reserved
                for order in both.exchange.open_orders()
                if order.request.portfolio == owner and order.request.side.value == paying
            )
            held = wallet.balance(owner, AccountKind.RESERVED, asset)
            if held != needs:
                found.append(f"{owner} holds {held} {asset}, its orders {needs}")
    broken = verify(wallet.rows)
    if broken is not None:
        found.append(f"the chain is broken: {broken}")
    replayed = Ledger()
    replayed.load(wallet.rows)
    if replayed.state_hash() != wallet.ledger.state_hash():
        found.append("a replay of the rows gives another state")
    return found


def play_batch(first: int) -> Result:
    """Play the scripts of some seeds; returns counts and (seed, first difference)."""
    counts: Counter[str] = Counter()
    bad: list[tuple[int, str]] = []
    for seed in range(first, first + BATCH):
        kind = seed % FILES_EVERY
        setting, script = script_of(seed, LENGTH, has_book=kind > 1, prints=kind == 1)
        counts["operations"] += len(script)
        counts["scripts"] += 1
        try:
            both = played(setting, script)
        except CRASHES as error:
            bad.append((seed, f"{type(error).__name__}: {error}"))
            continue
        counts["facts"] += len(both.facts)
        counts["ledger rows"] += len(both.wallet.rows)
        counts["orders"] += len(both.requests)
        counts["fills"] += sum(len(fills) for fills in both.fills.values())
        for key, count in both.counts.items():
            counts[f"outcome {key}"] += count
        problems = [*both.differences(), *ledger_problems(both)]
        if problems:
            bad.append((seed, problems[0]))
    return counts, bad


def results(firsts: list[int], processes: int) -> Iterator[Result]:
    """Yield the results of all batches, in order."""
    if processes <= 1:
        yield from map(play_batch, firsts)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play_batch, firsts)


def main() -> int:
    """Run the campaign and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1, help="first seed; script n has seed + n")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--outcomes", action="store_true", help="also print how often each type had each outcome")
    wanted = parser.parse_args()
    scripts = -(-wanted.operations // LENGTH)
    firsts = [wanted.seed + n * BATCH for n in range(-(-scripts // BATCH))]
    started = time.monotonic()
    total: Counter[str] = Counter()
    bad: list[tuple[int, str]] = []
    for counts, found in results(firsts, wanted.processes):
        total += counts
        bad += found
    taken = time.monotonic() - started
    print(
        f"seeds {firsts[0]} to {firsts[-1] + BATCH - 1}, {taken:.0f} s, {total['operations'] / taken:.0f} operations/s"
    )
    for key, count in sorted(total.items()):
        if wanted.outcomes or not key.startswith("outcome"):
            print(f"{count:>12,}  {key}")
    print(f"{len(bad):>12,}  scripts with a difference")
    for seed, text in islice(bad, 30):
        print(f"  seed {seed}: {text}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

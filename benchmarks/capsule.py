"""What recording costs: time and bytes per market event on a real tape, and how fast it is read and verified again.

``python benchmarks/capsule.py [TAPE]``; without TAPE the ten minutes of BTCUSDT in ../shared/data/orderbook.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptobot_desktop.backtest.sources import open_data
from cryptobot_desktop.backtest.verify import verify_capsule
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.market import Received
from cryptobot_desktop.domain.recording import SessionEnded
from cryptobot_desktop.storage.capsule import Capsule, CapsuleWriter, blocks, entries

TAPE = "orderbook/binance_btcusdt_20240808_10min.jsonl.gz"


def timed(work: Callable[[], object]) -> float:
    """Return seconds of the quickest of three runs."""
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def pieces(events: list[Received]) -> None:
    """Print what each part of a block costs."""
    some = events[:2_048]
    data = entries.encode_entries(some)
    encode = timed(lambda: entries.encode_entries(some))
    pack = timed(lambda: blocks.BlockChain().pack(blocks.DATA, data))
    decode = timed(lambda: entries.decode_entries(data))
    print(f"one block of {len(some)} events: {len(data)} bytes raw, encode {encode * 1e3:.2f} ms, pack "
          f"{pack * 1e3:.2f} ms, decode {decode * 1e3:.2f} ms")  # fmt: skip


def main() -> None:
    """Record, read and verify a tape, and print the figures."""
    base = Path(__file__).resolve().parents[2] / "shared" / "data"
    tape = Path(sys.argv[1]) if len(sys.argv) > 1 else base / TAPE
    data = open_data(tape, symbol="BTC/USDT", venue=Venue.BINANCE)
    events = list(data.events)
    pieces(events)
    with tempfile.TemporaryDirectory() as folder:
        path = _recorded_run(tape, Path(folder))
        start = Capsule(path).start
        copy = Path(folder) / "copy.capsule"

        def write() -> None:
            copy.unlink(missing_ok=True)
            writer = CapsuleWriter(copy, start, keep_free_bytes=0)
            for event in events:
                writer.add(event)
            writer.close(SessionEnded())

        count = len(events)
        print(f"{count} events; writing {timed(write) / count * 1e6:.2f} us per event, "
              f"{copy.stat().st_size / count:.1f} bytes per event ({copy.stat().st_size} in all)")  # fmt: skip
        append = timed(lambda: _append_only(events, start, Path(folder)))
        print(f"taking alone (before a block is full): {append / 2_000 * 1e9:.0f} ns per event")
        print(f"reading {timed(lambda: sum(1 for _ in Capsule(path).entries())) / count * 1e6:.2f} us per event")
        print(f"verify: {timed(lambda: verify_capsule(path)):.2f} s for {path.stat().st_size} bytes")


def _append_only(events: list[Received], start: object, folder: Path) -> None:
    path = folder / "append.capsule"
    path.unlink(missing_ok=True)
    writer = CapsuleWriter(path, start, keep_free_bytes=0)  # type: ignore[arg-type]
    for event in events[:2_000]:
        writer.add(event)
    writer.discard()


def _recorded_run(tape: Path, folder: Path) -> Path:
    """Run a bot over the tape with and without recording, print both times, and return the capsule."""
    from cryptobot_desktop.app.fast_run import FastRun
    from cryptobot_desktop.app.recording import Recording
    from cryptobot_desktop.backtest.playback import NOTHING_STORED, ignore
    from cryptobot_desktop.engine.outbox import MemoryStore
    from cryptobot_desktop.engine.session import BotSpec, MarketSource, SessionSpec
    from cryptobot_desktop.storage.capsule import CapsuleFolder

    bot = BotSpec(strategy="sma_cross", params={"fast": "1", "slow": "2"})
    spec = SessionSpec(source=MarketSource.RECORDING, recording=str(tape), symbols=(), speed=0, bots=(bot,))

    def run(keep: Path | None) -> float:
        runner = FastRun(spec, MemoryStore(), NOTHING_STORED, tell=ignore, known={})
        runner.recording = Recording(CapsuleFolder(keep) if keep is not None else None)
        begin = time.perf_counter()
        runner.run()
        return time.perf_counter() - begin

    plain = min(run(None) for _ in range(3))
    recorded = min(run(folder) for _ in range(3))
    print(f"a whole run over the tape: {plain:.2f} s unrecorded, {recorded:.2f} s recorded "
          f"({(recorded / plain - 1) * 100:+.1f} %)")  # fmt: skip
    return CapsuleFolder(folder).capsules()[-1]


if __name__ == "__main__":
    main()

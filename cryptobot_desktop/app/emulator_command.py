"""``cryptobot emulator``: the loopback exchange for other programs, tests and drills."""

import asyncio
import signal
import sys

from cryptobot_desktop.app.markets import parse_market
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.emulator.run import EmulatorOptions, EmulatorUrls, run_emulator
from cryptobot_desktop.engine.clocks import WallClock
from cryptobot_desktop.engine.session import MarketSource


def execute(options: Options) -> int:
    """Serve until a signal comes or the duration is over; the first line on standard output names the URLs."""
    parsed = options.parsed
    source, seed, recording = parse_market(parsed.market, parsed.seed)
    if source is MarketSource.LIVE:
        raise InvalidInput("the emulator cannot play market 'live'; allowed: synthetic[:SEED], recording:PATH")
    if parsed.speed == 0:
        raise InvalidInput("the emulator serves over sockets and cannot play at speed max; allowed: 1 to 100")
    emulator = EmulatorOptions(
        start_ms=WallClock().now_ms(),
        market=f"synthetic:{seed}" if source is MarketSource.SYNTHETIC else f"recording:{recording}",
        host=parsed.host,
        binance_port=parsed.binance_port,
        kucoin_port=parsed.kucoin_port,
        speed=float(parsed.speed),
        faults=tuple(parsed.fault),
        symbols=tuple(parsed.symbol or ()),
    )
    asyncio.run(_serve(emulator, parsed.duration))
    return 0


async def _serve(emulator: EmulatorOptions, duration_ms: int | None) -> None:
    loop = asyncio.get_running_loop()

    def serving(urls: EmulatorUrls) -> None:
        _announce(urls)
        if duration_ms is not None:  # counted from here: building the market takes a moment, on a busy computer seconds
            loop.call_later(duration_ms / 1_000, task.cancel)

    task = asyncio.ensure_future(run_emulator(emulator, serving))
    if sys.platform != "win32":  # Windows has no signal handlers on loops; Ctrl+C ends the program there
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return


def _announce(urls: EmulatorUrls) -> None:
    sys.stdout.buffer.write(urls.as_json() + b"\n")
    sys.stdout.flush()

"""The emulator on real loopback sockets, in a thread of its own, with a free port per venue."""

from collections.abc import Callable, Iterator

import pytest

from cryptobot_desktop.emulator.run import EmulatorOptions, EmulatorThread, EmulatorUrls

START = 1_790_000_000_123


@pytest.fixture
def serve() -> Iterator[Callable[..., EmulatorUrls]]:
    """Return a function that starts an emulator with the given options and gives its URLs."""
    threads: list[EmulatorThread] = []

    def start(**options: object) -> EmulatorUrls:
        thread = EmulatorThread(EmulatorOptions(**{"start_ms": START, **options}))  # type: ignore[arg-type]
        threads.append(thread)
        return thread.start()

    yield start
    for thread in threads:
        thread.stop()

"""What asks the program to end in order: Ctrl+C, a session manager, a closed terminal."""

import signal
from collections.abc import Callable

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


def end_in_order_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` for each signal that asks for the end; one that was set to be ignored (``nohup``) stays ignored."""
    for name in NAMES:
        number = getattr(signal, name, None)  # SIGHUP does not exist on Windows
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop())

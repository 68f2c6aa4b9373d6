"""Entry of the program: reads the command line, runs one command, turns errors into one line and an exit status.

0: done. 1: the thing asked for failed or a check did not hold. 2: wrong usage or bad input.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper

from cryptobot_desktop.app.arguments import parse
from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import CryptobotError, InvalidInput, UserActionNeeded

DONE, FAILED, BAD_INPUT = 0, 1, 2

_COMMANDS = {
    None: "desktop_command",
    "run": "run_command",
    "backtest": "backtest_command",
    "replay": "replay_command",
    "verify": "verify_command",
    "capsule": "capsule_command",
    "emulator": "emulator_command",
    "decode": "decode_command",
    "portfolio": "portfolio_command",
    "ledger": "ledger_command",
    "backup": "backup_command",
    "candles": "candles_command",
    "indicators": "indicators_command",
    "doctor": "doctor_command",
}
"""Module of each command in this package; imported only when asked for, so that every start is quick."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name and return the exit status."""
    _speak_utf8()
    try:
        parsed = parse(sys.argv[1:] if arguments is None else arguments)
        module = import_module(f"cryptobot_desktop.app.{_COMMANDS[parsed.command]}")
        execute: Callable[[Options], int] = module.execute
        return execute(Options(parsed))
    except InvalidInput as refusal:
        return _say(refusal, BAD_INPUT)
    except CryptobotError as failure:
        return _say(failure, FAILED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away; Python would complain when it flushes at exit
        return FAILED
    except KeyboardInterrupt:
        return _say(UserActionNeeded("stopped by the user; what was stored stays"), FAILED)


def _speak_utf8() -> None:
    """Write UTF-8 whatever the system's code page is: JSON must be, and exchanges send all kinds of letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _say(error: CryptobotError, status: int) -> int:
    line = " ".join(str(error).split())
    print(f"cryptobot: {line}", file=sys.stderr)
    return status

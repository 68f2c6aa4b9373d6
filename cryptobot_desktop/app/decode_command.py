"""``cryptobot decode``: raw frames in, what the program sees in them out."""

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.marketdata.decode import decode_stream


def execute(options: Options) -> int:
    """Print one JSON line per input line, in order."""
    with ExitStack() as stack:
        lines: Iterable[bytes] = sys.stdin.buffer
        if options.parsed.file is not None:
            path = Path(options.parsed.file)
            try:
                lines = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise InvalidInput(f"file {path} cannot be read: {error.strerror}") from None
        for line in decode_stream(_without_end(lines)):
            sys.stdout.write(line + "\n")
    return 0


def _without_end(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Cut line ends, and the byte order mark that some editors put before the first line."""
    for number, line in enumerate(lines):
        yield (line.removeprefix(BOM_UTF8) if number == 0 else line).rstrip(b"\r\n")

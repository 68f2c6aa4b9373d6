"""Structured logs: for people on standard error, as JSON lines in the data folder; secrets never reach either.

Code logs through ``structlog.get_logger(__name__)`` or the standard library; both end here.
"""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import Processor

from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.monitoring.redaction import redact_event

FILE_NAME = "cryptobot.jsonl"
FILE_BYTES = 5_000_000
FILES_KEPT = 5

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# Libraries that tell every frame or request on their lower levels.
_TALKATIVE = ("websockets", "httpx2", "httpcore2", "asyncio", "alembic", "sqlalchemy")

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    redact_event,
)


def parse_level(text: str) -> int:
    """Return the level named ``debug``, ``info``, ``warning`` or ``error``; anything else raises InvalidInput."""
    level = LEVELS.get(text.lower())
    if level is None:
        raise InvalidInput(f"log level {text[:40]!r} is unknown; allowed: {', '.join(LEVELS)}")
    return level


class Logs:
    """The log handlers that `open_logs` made; close them when the program ends."""

    def __init__(self, handlers: list[logging.Handler], file: Path | None) -> None:
        self.file = file
        self._handlers = handlers

    def close(self) -> None:
        """Detach and close the handlers; what is logged later goes nowhere."""
        root = logging.getLogger()
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        self._handlers = []


def open_logs(level: str, folder: Path | None = None, console: TextIO | None = None) -> Logs:
    """Send all logs of at least `level` to `console` (standard error by default) and to a file in `folder`.

    The file rotates at 5 MB, five old ones are kept. Raises InvalidInput for an unknown level, UserActionNeeded
    when the folder cannot be written.
    """
    threshold = parse_level(level)
    handlers: list[logging.Handler] = [_console_handler(sys.stderr if console is None else console)]
    file = None
    if folder is not None:
        file = folder / FILE_NAME
        handlers.append(_file_handler(file))
    root = logging.getLogger()
    root.setLevel(threshold)
    for handler in handlers:
        root.addHandler(handler)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return Logs(handlers, file)


def _console_handler(stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    colours = bool(getattr(stream, "isatty", bool)())
    handler.setFormatter(
        _formatter(structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback))
    )
    return handler


def _file_handler(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    except OSError as error:
        raise UserActionNeeded(
            f"log file {file} cannot be written: {error.strerror or error}; make the folder writable, or choose "
            "another one with --data-dir"
        ) from error
    handler.setFormatter(_formatter(structlog.processors.JSONRenderer(ensure_ascii=False, default=str)))
    return handler


def _formatter(renderer: Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )

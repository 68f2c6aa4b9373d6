"""The command line's words: options, types with one clear error each, and the parser of every command."""

import argparse
from collections.abc import Callable, Sequence
from functools import wraps
from typing import NoReturn, TypeVar

from cryptobot_desktop import __version__
from cryptobot_desktop.backtest.changes import parse_fill_model, parse_latency
from cryptobot_desktop.config.fee_tiers import parse_fees
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.latency import Latency
from cryptobot_desktop.domain.orders import FillModel
from cryptobot_desktop.domain.timeframe import parse_timeframe

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LOG_LEVELS = ("debug", "info", "warning", "error")


T = TypeVar("T")


def checked(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse show the reader's own words; of a ValueError it would only say "invalid value"."""

    @wraps(read)
    def convert(text: str) -> T:
        try:
            return read(text)
        except InvalidInput as refusal:
            raise argparse.ArgumentTypeError(str(refusal)) from None

    return convert


class Parser(argparse.ArgumentParser):
    """Answers wrong usage with one line on standard error and exit status 2, as every other error."""

    def error(self, message: str) -> NoReturn:
        """Refuse; the caller prints the line."""
        raise InvalidInput(f"{message} (see {self.prog} --help)")


def duration_ms(text: str) -> int:
    """Return milliseconds of ``30s``, ``5m``, ``2h`` or ``1d``."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdecimal()) or not 0 < int(number) < 10**7:
        raise InvalidInput(f"duration {text!r} is not a whole number above 0 with s, m, h or d, such as 30s or 2h")
    return int(number) * _UNITS[unit]


def speed(text: str) -> int:
    """Return a multiple of real time; ``max`` is 0."""
    if text == "max":
        return 0
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 100:
        raise InvalidInput(f"speed {text!r} is unknown; allowed: a whole number from 1 to 100, or max")
    return int(text)


def latency(text: str) -> Latency | None:
    """Return the latency of ``none``, ``50`` (ms) or ``20-80`` (between two times, evenly); None for ``measured``."""
    return None if text == "measured" else parse_latency(text)


def seed(text: str) -> int:
    """Return a seed."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise InvalidInput(f"seed {text!r} is not a whole number of at most 18 digits")
    return int(text)


def port(text: str) -> int:
    """Return a port number, 0 for any free one."""
    if not (text.isascii() and text.isdecimal()) or int(text) > 65_535:
        raise InvalidInput(f"port {text!r} is not a whole number from 0 to 65535")
    return int(text)


def venue(text: str) -> Venue:
    """Return a venue."""
    try:
        return Venue(text)
    except ValueError:
        raise InvalidInput(f"venue {text!r} is unknown; allowed: {', '.join(Venue)}") from None


def build_parser() -> Parser:
    """Return the parser of the whole program."""
    parser = Parser(prog="cryptobot", description="Paper-trade crypto. No real money can be spent with this program.")
    _add_global(parser, suppress=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    shared = Parser(add_help=False)
    _add_global(shared, suppress=True)

    def add(name: str, text: str) -> Parser:
        return commands.add_parser(name, help=text, description=text, parents=[shared])

    for build in _COMMANDS:
        build(add, shared)
    return parser


Add = Callable[[str, str], Parser]


def _add_global(parser: Parser, *, suppress: bool) -> None:
    missing = argparse.SUPPRESS if suppress else None
    parser.add_argument("--data-dir", metavar="DIR", default=missing, help="where everything is kept")
    parser.add_argument("--json", action="store_true", default=missing or False, help="one JSON document on stdout")
    level = argparse.SUPPRESS if suppress else "warning"
    parser.add_argument("--log-level", choices=_LOG_LEVELS, default=level, help="how much is logged on stderr")
    if not suppress:
        parser.add_argument("--version", action="version", version=f"cryptobot {__version__}")
        parser.add_argument("--exit-after-first-paint", action="store_true", help=argparse.SUPPRESS)
        parser.set_defaults(command=None)


def _market_options(parser: Parser, *, market: str) -> None:
    parser.add_argument("--market", default=market, metavar="live|synthetic[:SEED]|recording:PATH")
    parser.add_argument("--venue", type=checked(venue), default=Venue.BINANCE, metavar="|".join(Venue))
    parser.add_argument("--symbol", action="append", metavar="S", help="such as BTC/USDT; may be repeated")
    parser.add_argument("--seed", type=checked(seed), metavar="N")


def _bot_options(parser: Parser) -> None:
    parser.add_argument("--timeframe", type=checked(parse_timeframe), metavar="1m")
    parser.add_argument("--bot", action="append", default=[], metavar="NAME[:key=value,...]", help="may be repeated")
    parser.add_argument("--cash", default="", metavar="AMOUNT ASSET", help="10000 of the quote asset without it")
    parser.add_argument(
        "--fees",
        type=checked(parse_fees),
        metavar="maker=0.001,taker=0.001",
        help="or tier=vip1; with pay=BNB (KCS on KuCoin) fees are paid in it, with its discount",
    )
    parser.add_argument(
        "--fill-model", type=checked(parse_fill_model), default=FillModel.PESSIMISTIC, metavar="|".join(FillModel)
    )
    parser.add_argument("--latency-ms", type=checked(latency), default=Latency(), metavar="N|LOW-HIGH|measured|none")
    parser.add_argument("--books", metavar="FILE", help="write the order books at the end to this file")


def _run(add: Add, _shared: Parser) -> None:
    parser = add("run", "run the engine without a window")
    _market_options(parser, market="synthetic")
    _bot_options(parser)
    parser.add_argument("--portfolio", metavar="NAME", help="go on with (or open) this portfolio")
    parser.add_argument("--speed", type=checked(speed), default=1, metavar="1|10|max")
    parser.add_argument("--duration", type=checked(duration_ms), metavar="30s|5m|2h")
    parser.add_argument("--until-end", action="store_true", help="play a recording to its end")


def _backtest(add: Add, _shared: Parser) -> None:
    parser = add("backtest", "run bots over recorded data")
    _market_options(parser, market="")
    _bot_options(parser)
    parser.add_argument("--data", metavar="FILE", help="candles CSV, trades CSV, recording or capsule")
    parser.add_argument("--out", metavar="DIR", help="write trades.csv, equity.csv, summary.json and report.html")
    parser.add_argument(
        "--duration", type=checked(duration_ms), metavar="30s|5m|2h", help="length of a synthetic market"
    )
    parser.add_argument("--until-end", action="store_true", help=argparse.SUPPRESS)


def _replay(add: Add, _shared: Parser) -> None:
    parser = add("replay", "play a recorded session through the engine again")
    parser.add_argument("capsule", metavar="CAPSULE", help="a file, or the id of a session of the data folder")
    parser.add_argument("--speed", type=checked(speed), default=0, metavar="max|1|10", help="max without it")
    parser.add_argument("--books", metavar="FILE", help="write the order books at the end to this file")
    parser.add_argument("--band", action="store_true", help="what it would have come to under each fill model")
    parser.add_argument("--fork-at", metavar="TIME|DURATION", help="from here on, play it also with --change")
    parser.add_argument(
        "--change",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="fees=..., fill-model=..., latency-ms=..., cash=..., without=BOT, bot.NAME.PARAMETER=..., or "
        "order='buy 0.1 BTC/USDT [at 61000]'; may be repeated",
    )


def _verify(add: Add, _shared: Parser) -> None:
    parser = add("verify", "replay a session and compare; exit status 1 at the first difference")
    parser.add_argument("capsule", metavar="CAPSULE", help="a file, or the id of a session of the data folder")
    parser.add_argument("--out", metavar="DIR", help="write certificate.json and certificate.html")
    parser.add_argument(
        "--ledger", action="store_true", help="the profile must hold the session, and its whole ledger must hold"
    )


def _capsule(add: Add, shared: Parser) -> None:
    actions = add("capsule", "recordings of sessions: list, export").add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Parser
    )
    actions.add_parser("list", help="all recordings of the data folder, oldest first", parents=[shared])
    export = actions.add_parser("export", help="copy one to a file", parents=[shared])
    export.add_argument("--session", required=True, metavar="ID")
    export.add_argument("file", metavar="FILE")


def _emulator(add: Add, _shared: Parser) -> None:
    parser = add("emulator", "serve a loopback exchange for other programs, tests and drills")
    _market_options(parser, market="synthetic")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--binance-port", type=checked(port), default=0, metavar="P")
    parser.add_argument("--kucoin-port", type=checked(port), default=0, metavar="P")
    parser.add_argument("--speed", type=checked(speed), default=1, metavar="1|10")
    parser.add_argument(
        "--duration", type=checked(duration_ms), metavar="30s|5m|2h", help="stop after this (real) time"
    )
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[@SECONDS][:key=value]")


def _decode(add: Add, _shared: Parser) -> None:
    parser = add("decode", "show what the program sees in raw frames, one JSON line each")
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON Lines; standard input without it")


def _portfolio(add: Add, shared: Parser) -> None:
    actions = add("portfolio", "portfolios: list, show, create, reset").add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Parser
    )
    actions.add_parser("list", help="all portfolios", parents=[shared])
    show = actions.add_parser("show", help="cash, positions and trades of one portfolio", parents=[shared])
    show.add_argument("name", nargs="?", metavar="NAME")
    show.add_argument("--epoch", type=int, metavar="N", help="an older epoch")
    show.add_argument("--in", dest="valued_in", metavar="ASSET", help="value everything in this asset")
    for name, text in (("create", "open a portfolio"), ("reset", "start again; history stays readable")):
        parser = actions.add_parser(name, help=text, parents=[shared])
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--cash", default="10000 USDT", metavar="AMOUNT ASSET")


def _ledger(add: Add, shared: Parser) -> None:
    actions = add("ledger", "the double-entry ledger: check, export").add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Parser
    )
    actions.add_parser("check", help="verify hash chain, conservation, reservations, balances", parents=[shared])
    export = actions.add_parser("export", help="write all rows to a file", parents=[shared])
    export.add_argument("--format", choices=("csv", "json"), default="csv")
    export.add_argument("file", metavar="FILE")


def _backup(add: Add, shared: Parser) -> None:
    actions = add("backup", "copies of the ledger: create, list, show, restore").add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Parser
    )
    create = actions.add_parser("create", help="copy everything that is stored, while it is in use", parents=[shared])
    create.add_argument("file", nargs="?", metavar="FILE", help="into the folder 'backups' without it")
    actions.add_parser("list", help="the copies that there are", parents=[shared])
    show = actions.add_parser("show", help="check a copy and say what restoring it would change", parents=[shared])
    restore = actions.add_parser("restore", help="put a copy in the place of what is stored", parents=[shared])
    for parser in (show, restore):
        parser.add_argument("file", metavar="FILE", help="a file, or a name of 'backup list'")
    restore.add_argument("--yes", action="store_true", help="really do it; without it only says what would change")


def _candles(add: Add, shared: Parser) -> None:
    actions = add("candles", "the candle store: import, export, list").add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Parser
    )
    actions.add_parser("list", help="what is stored", parents=[shared])
    for name, text in (("import", "read a CSV into the store"), ("export", "write stored candles to a CSV")):
        parser = actions.add_parser(name, help=text, parents=[shared])
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--symbol", required=True, metavar="S")
        parser.add_argument("--timeframe", required=True, type=checked(parse_timeframe), metavar="T")
        parser.add_argument("--venue", type=checked(venue), default=Venue.BINANCE, metavar="V")


def _indicators(add: Add, shared: Parser) -> None:
    actions = add("indicators", "the catalogue, and one indicator over a candle file").add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=Parser
    )
    actions.add_parser("list", help="all indicators with their parameters", parents=[shared])
    compute = actions.add_parser("compute", help="compute one over a candle file", parents=[shared])
    compute.add_argument("name", metavar="NAME")
    compute.add_argument("--data", required=True, metavar="FILE")
    compute.add_argument("--param", nargs="+", action="extend", default=[], metavar="k=v")
    compute.add_argument("--out", required=True, metavar="FILE")
    compute.add_argument("--batch", action="store_true", help="use the array path")


def _doctor(add: Add, _shared: Parser) -> None:
    add("doctor", "environment, safety, storage, clock; exit status 1 when something must be mended")


_COMMANDS = (
    _run,
    _backtest,
    _replay,
    _verify,
    _capsule,
    _emulator,
    _decode,
    _portfolio,
    _ledger,
    _backup,
    _candles,
    _indicators,
    _doctor,
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line; wrong usage raises InvalidInput with one line."""
    try:
        return build_parser().parse_args(arguments)
    except argparse.ArgumentError as error:
        raise InvalidInput(str(error)) from None

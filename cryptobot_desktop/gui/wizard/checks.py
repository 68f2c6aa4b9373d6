"""Checks of the wizard's fields: text in, value or one short problem out."""

import os
import re
from decimal import Decimal
from pathlib import Path

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, MAX_STORED, parse_decimal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}", re.ASCII)
_SYMBOL = re.compile(r"[A-Z0-9]{2,20}/[A-Z0-9]{2,20}", re.ASCII)
_MOST_SYMBOLS = 20
_HIGHEST_FEE_PERCENT = Decimal(5)
_PERCENT_DECIMALS = 4
_LEAST_CASH, _MOST_CASH = Decimal(10), Decimal(1_000_000_000)


def check_symbols(text: str) -> tuple[str, ...]:
    """Return the symbols of a comma-separated list, in capitals; InvalidInput names the bad one."""
    symbols = [part.strip().upper() for part in text.split(",") if part.strip()]
    if not symbols:
        raise InvalidInput("type at least one symbol, such as BTC/USDT")
    for symbol in symbols:
        if not _SYMBOL.fullmatch(symbol):
            raise InvalidInput(f"{symbol[:24]} is not of the form BTC/USDT")
    if len(set(symbols)) != len(symbols):
        raise InvalidInput("a symbol is there twice")
    if len(symbols) > _MOST_SYMBOLS:
        raise InvalidInput(f"{len(symbols)} symbols are more than {_MOST_SYMBOLS}")
    return tuple(symbols)


def check_name(text: str) -> str:
    """Return a portfolio's name."""
    if not _NAME.fullmatch(text):
        raise InvalidInput("1 to 40 letters, digits, blanks, _ . - and a letter or digit first")
    return text


def check_cash(text: str) -> str:
    """Return starting cash as plain decimal text, 10 to 1,000,000,000 with at most eight decimals."""
    try:
        value = parse_decimal(text)
    except InvalidInput:
        raise InvalidInput("type a plain number such as 10000") from None
    if not _LEAST_CASH <= value <= _MOST_CASH:
        raise InvalidInput("from 10 to 1000000000")
    scaled = value.scaleb(AMOUNT_DECIMALS)
    if scaled != int(scaled) or int(scaled) > MAX_STORED:
        raise InvalidInput(f"at most {AMOUNT_DECIMALS} decimals")
    return text


def check_fee(text: str) -> int:
    """Return a fee in percent as parts per million, 0 to 5 percent."""
    try:
        value = parse_decimal(text)
    except InvalidInput:
        raise InvalidInput("type a percentage such as 0.1") from None
    ppm = value.scaleb(_PERCENT_DECIMALS)
    if not Decimal(0) <= value <= _HIGHEST_FEE_PERCENT:
        raise InvalidInput(f"from 0 to {_HIGHEST_FEE_PERCENT} %")
    if ppm != int(ppm):
        raise InvalidInput(f"at most {_PERCENT_DECIMALS} decimals")
    return int(ppm)


def check_folder(text: str) -> str:
    """Return a data folder that can be used; nothing is made by asking."""
    if not text:
        raise InvalidInput("choose a folder")
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise InvalidInput("type the whole path, from the root")
    if path.exists() and not path.is_dir():
        raise InvalidInput("is a file, not a folder")
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    if not os.access(nearest, os.W_OK):
        raise InvalidInput(f"{nearest} is not writable")
    return str(path)

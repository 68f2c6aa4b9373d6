"""A portfolio's statement as a JSON document with decimal strings, and as lines for people."""

from typing import Any

from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, format_trimmed
from cryptobot_desktop.engine.report import utc
from cryptobot_desktop.portfolio.statement import PositionLine, Statement
from cryptobot_desktop.portfolio.valuation import Worth

_TOTALS = (
    *("starting_cash", "equity", "realised_fifo", "realised_average", "unrealised_fifo", "unrealised_average"),
    *("fees", "dust"),
)


def statement_document(found: Statement) -> dict[str, Any]:
    """Return the statement; every figure is decimal text, null where no price leads there."""
    return {
        "asset": found.asset,
        **{name: _text(getattr(found, name)) for name in _TOTALS},
        "assets": [
            {"asset": line.asset, "available": _text(line.available), "reserved": _text(line.reserved)}
            | _worth(line.worth)
            for line in found.assets
        ],
        "positions": [_position(line) for line in found.positions],
        "dust_lines": [
            {"asset": line.asset, "amount": _text(line.amount), "why": line.why} | _worth(line.worth)
            for line in found.dust_lines
        ],
        "fees_paid": {asset: _text(amount) for asset, amount in found.fees_paid},
        "unpriced": list(found.unpriced),
    }


def statement_lines(found: Statement) -> list[str]:
    """Return the statement's totals, how each asset was valued, and what has no price."""
    lines = [f"{name:<18} {_text(getattr(found, name)) or 'no price'} {found.asset}" for name in _TOTALS]
    for line in found.assets:
        amount = _text(line.available + line.reserved)
        how = f" by {line.worth.path_text}" if line.worth.path else ""
        worth = "no price" if line.worth.amount is None else f"{_text(line.worth.amount)} {found.asset}{how}"
        lines.append(f"{line.asset:<18} {amount} = {worth}")
    lines += [f"dust               {_text(line.amount)} {line.asset}: {line.why}" for line in found.dust_lines]
    return lines


def _position(line: PositionLine) -> dict[str, Any]:
    position = line.position
    names = ("quantity", "cost", "average_cost", "realised_fifo", "realised_average", "fees", "uncovered")
    return {
        "base": position.base,
        "quote": position.quote,
        **{name: _text(getattr(position, name)) for name in names},
        "unrealised_fifo": _text(line.unrealised_fifo),
        "unrealised_average": _text(line.unrealised_average),
        **_worth(line.worth),
    }


def _worth(worth: Worth) -> dict[str, Any]:
    path = [
        {
            "symbol": quote.instrument.name,
            "price": quote.instrument.price_text(quote.price),
            "source": quote.source.value,
            "time": utc(quote.at_ms) if quote.at_ms else None,
        }
        for quote in worth.path
    ]
    return {"value": _text(worth.amount), "price_source": worth.source, "path": path}


def _text(amount: int | None) -> str | None:
    return None if amount is None else format_trimmed(amount, AMOUNT_DECIMALS)

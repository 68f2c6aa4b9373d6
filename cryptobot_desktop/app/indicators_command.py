"""``cryptobot indicators``: the catalogue, and one indicator over a candle file."""

import csv
from math import isnan
from pathlib import Path

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import InvalidInput, UserActionNeeded
from cryptobot_desktop.indicators import bar_of, catalogue_listing, compute, compute_incremental
from cryptobot_desktop.marketdata.candle_files import NamedPair, read_candles


def execute(options: Options) -> int:
    """Carry out the action."""
    if options.parsed.action == "list":
        _list(options)
    else:
        _compute(options)
    return 0


def _list(options: Options) -> None:
    listing = catalogue_listing()
    if options.wants_json:
        options.print_document({"indicators": listing})
        return
    for entry in listing:
        print(f"{entry['name']:<12} {entry['title']}")


def _compute(options: Options) -> None:
    parsed = options.parsed
    path = Path(parsed.data)
    if not path.is_file():
        raise InvalidInput(f"candle file {path} does not exist")
    file = read_candles(path, NamedPair("DATA/DATA"))
    bars = [bar_of(candle, file.instrument) for candle in file.candles]
    columns = (compute if parsed.batch else compute_incremental)(parsed.name, bars, **_params(parsed.param))
    times = [candle.open_ms for candle in file.candles]
    rows = zip(times, *(column.tolist() for column in columns.values()), strict=True)
    try:
        with Path(parsed.out).open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(["time", *columns])
            # An empty cell says that the indicator was not ready yet; repr gives back the same double.
            writer.writerows([time, *("" if isnan(v) else repr(v) for v in values)] for time, *values in rows)
    except OSError as error:
        raise UserActionNeeded(f"indicator file {parsed.out} cannot be written: {error.strerror}") from None
    if options.wants_json:
        options.print_document({"rows": len(times), "columns": list(columns), "file": parsed.out})
    else:
        print(f"{len(times)} rows of {', '.join(columns)} written to {parsed.out}")


def _params(texts: list[str]) -> dict[str, str]:
    params: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value) or name in params:
            raise InvalidInput(f"parameter {text!r} is not of the form k=v, or is given twice")
        params[name] = value
    return params

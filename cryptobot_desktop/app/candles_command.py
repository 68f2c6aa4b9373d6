"""``cryptobot candles``: import a CSV into the candle store, export from it, list what is there."""

from pathlib import Path

from cryptobot_desktop.app.options import Options
from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.engine.report import utc
from cryptobot_desktop.marketdata.candle_files import NamedPair, read_candles, write_candles
from cryptobot_desktop.marketdata.symbol_names import instrument_by_name
from cryptobot_desktop.storage.candle_store import FILE_NAME, CandleStore

MARKET = "imported"
"""Imported bars are kept apart from what the exchanges themselves have sent."""


def execute(options: Options) -> int:
    """Carry out the action."""
    with options.profile() as profile:
        store = CandleStore(profile.folder / FILE_NAME)
        try:
            {"list": _list, "import": _import, "export": _export}[options.parsed.action](options, store)
        finally:
            store.close()
    return 0


def _list(options: Options, store: CandleStore) -> None:
    rows = [
        {
            "market": series.market,
            "instrument": series.instrument,
            "timeframe": series.timeframe.value,
            "from": utc(series.first_ms),
            "to": utc(series.last_ms),
            "bars": series.count,
        }
        for series in store.stock()
    ]
    if options.wants_json:
        options.print_document({"candles": rows})
        return
    for row in rows:
        print(
            f"{row['instrument']} {row['timeframe']} ({row['market']}): {row['bars']} bars, {row['from']} {row['to']}"
        )
    if not rows:
        print("no candles are stored yet")


def _import(options: Options, store: CandleStore) -> None:
    parsed = options.parsed
    path = Path(parsed.file)
    if not path.is_file():
        raise InvalidInput(f"candle file {path} does not exist")
    known = _known(options, store)
    file = read_candles(path, known or NamedPair(parsed.symbol, parsed.venue), parsed.timeframe)
    if known is None:
        store.put_instruments([file.instrument], MARKET)
    changed = store.put(file.candles, MARKET)
    if options.wants_json:
        bars = len(file.candles)
        options.print_document({"bars": bars, "changed": changed, "findings": list(file.findings)})
        return
    for finding in file.findings:
        print(finding)
    print(f"{len(file.candles)} bars of {file.instrument.name} {parsed.timeframe} read, {changed} new or different")


def _export(options: Options, store: CandleStore) -> None:
    parsed = options.parsed
    instrument = _known(options, store)
    candles = store.candles(instrument.id, parsed.timeframe, market=MARKET) if instrument is not None else []
    if instrument is None or not candles:
        raise InvalidInput(f"no {parsed.timeframe} candles of {parsed.symbol} are stored; see `cryptobot candles list`")
    count = write_candles(Path(parsed.file), candles, instrument)
    if options.wants_json:
        options.print_document({"bars": count, "file": parsed.file})
    else:
        print(f"{count} bars written to {parsed.file}")


def _known(options: Options, store: CandleStore) -> Instrument | None:
    """Return the stored instrument of that name; its precision was fixed by the first import."""
    try:
        return instrument_by_name(store.instruments(options.parsed.venue, MARKET), options.parsed.symbol)
    except InvalidInput:
        return None

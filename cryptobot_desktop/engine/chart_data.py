"""Bars for charts: read from front ends' threads, out of arrays that are never changed behind their back."""

from cryptobot_desktop.domain.instrument import InstrumentId
from cryptobot_desktop.domain.market import candle_floats
from cryptobot_desktop.domain.timeframe import Timeframe
from cryptobot_desktop.engine.handle import CandleArrays
from cryptobot_desktop.marketdata.market_state import MarketState


class ChartData:
    """The closed bars and the running one of every watched instrument."""

    def __init__(self, market: MarketState, *, synthetic: bool) -> None:
        self._market = market
        self._synthetic = synthetic

    def candles(self, instrument: InstrumentId, timeframe: Timeframe) -> CandleArrays | None:
        """Return the bars of an instrument, or None when it is not watched."""
        series = self._market.series(instrument, timeframe)
        if series is None:
            return None
        columns = series.columns()
        return CandleArrays(
            columns.revision,
            columns.open_ms,
            columns.open,
            columns.high,
            columns.low,
            columns.close,
            columns.volume,
            self._forming(instrument, timeframe),
            self._synthetic,
        )

    def _forming(
        self, instrument: InstrumentId, timeframe: Timeframe
    ) -> tuple[int, float, float, float, float, float] | None:
        bar, known = self._market.forming(instrument, timeframe), self._market.instrument(instrument)
        return None if bar is None or known is None else (bar.open_ms, *candle_floats(bar, known))

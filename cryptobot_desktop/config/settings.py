"""What the user has set: names, bounds and defaults. Kept as plain TOML; see `settings_file.py`.

The first word of a field's name is not repeated by a table: the file is flat but for ``window`` (layout of
the windows, written by the program) and ``urls``.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Theme = Literal["dark", "light", "system"]
UpDownColours = Literal["green/red", "blue/orange", "red/green", "mono"]
ZoneDisplay = Literal["local", "utc", "exchange"]
MarketChoice = Literal["live", "synthetic", "recording"]
VenueName = Literal["binance", "kucoin"]
TimeframeName = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
FillModelName = Literal["optimistic", "expected", "pessimistic"]
SpeedName = Literal["1", "10", "60"]
LogLevel = Literal["debug", "info", "warning", "error"]

Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,20}[/-]?[A-Z0-9]{1,20}$")]
BaseUrl = Annotated[str, StringConstraints(pattern=r"^((https|http|wss|ws)://[^\s?#]{1,200})?$")]
"""Form only; which hosts are allowed is decided where they are used (`marketdata.endpoints`)."""

LatencyMs = Annotated[int, Field(ge=0, le=60_000)]

MAX_WINDOW_VALUE = 200_000
"""Characters of one remembered window state."""


class Urls(BaseModel):
    """Other base addresses; empty = the venue's own. Only official hosts and loopback are accepted later."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    binance_rest: BaseUrl = ""
    binance_ws: BaseUrl = ""
    kucoin_rest: BaseUrl = ""


class Settings(BaseModel):
    """All settings of a profile; every field has a default that works."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    theme: Theme = "dark"
    colours: UpDownColours = "green/red"
    font_percent: int = Field(default=100, ge=80, le=200)
    time_zone: ZoneDisplay = "local"
    market: MarketChoice = "synthetic"
    venue: VenueName = "binance"
    symbols: list[Symbol] = Field(default=["BTC/USDT"], min_length=1, max_length=50)
    timeframe: TimeframeName = "1m"
    recording: str = Field(default="", max_length=4_096)
    portfolio: str = Field(default="main", min_length=1, max_length=64)
    seed: int = Field(default=7, ge=0, lt=2**63)
    speed: SpeedName = "60"
    """How fast the built-in market plays; live markets know only real time."""
    maker_ppm: int = Field(default=1_000, ge=0, le=100_000)
    taker_ppm: int = Field(default=1_000, ge=0, le=100_000)
    fill_model: FillModelName = "pessimistic"
    latency_ms: list[LatencyMs] = Field(default=[], max_length=500)
    """How long orders travel: nothing, one fixed time, two ends of a range, or measured times."""
    fee_discount: bool = False
    """Fees are paid in the venue's own coin, with its discount, while there is some."""
    capsule_limit_mib: int = Field(default=2_048, ge=0, le=1_048_576)
    """How large the recordings of all sessions may become together; 0 records nothing."""
    wizard_done: bool = False
    log_level: LogLevel = "info"
    urls: Urls = Urls()
    window: dict[str, Annotated[str, StringConstraints(max_length=MAX_WINDOW_VALUE)]] = {}
    """Layout and other small values of the windows by name; bytes as ``base64:...``."""

"""Fee tiers of the venues as known to this version, and the fees that a person asks for.

Spot, KuCoin class A; not checked against the venues' pages of today. ``maker=...,taker=...`` always wins.
"""

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.numbers import PPM, to_scaled
from cryptobot_desktop.domain.orders import FeeRates

DISCOUNTS = {Venue.BINANCE: ("BNB", 250_000), Venue.KUCOIN: ("KCS", 200_000)}
"""The asset in which a venue takes fees at a discount, and the discount in ppm."""

TIERS: dict[Venue, tuple[tuple[int, int], ...]] = {
    Venue.BINANCE: (
        (1_000, 1_000),
        (900, 1_000),
        (800, 1_000),
        (400, 600),
        (400, 520),
        (250, 310),
        (200, 290),
        (190, 280),
        (160, 250),
        (110, 230),
    ),
    Venue.KUCOIN: (
        (1_000, 1_000),
        (900, 1_000),
        (700, 900),
        (500, 800),
        (300, 700),
        (0, 600),
        (0, 500),
        (0, 450),
        (0, 400),
        (0, 350),
        (0, 300),
        (0, 250),
        (0, 250),
    ),
}
"""(maker, taker) in ppm, by level 0, 1, 2, ... (Binance VIP 0 to 9, KuCoin level 0 to 12, class A)."""

Wishes = dict[str, str]
"""Fees as typed: ``maker``, ``taker``, ``tier``, ``pay``, checked as far as that goes without the venue."""

_NAMES = ("maker", "taker", "tier", "pay")


def parse_fees(text: str) -> Wishes:
    """Return what ``maker=0.001,taker=0.001`` or ``tier=vip1,pay=BNB`` says; rates are fractions from 0 to 0.1."""
    wishes: Wishes = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if name in wishes:
            raise InvalidInput(f"fees {text!r}: {name} is given twice")
        if name not in _NAMES or not equals or not value:
            raise InvalidInput(f"fees {text!r}: {part!r} is not maker=RATE, taker=RATE, tier=LEVEL or pay=ASSET")
        if name in ("maker", "taker") and not 0 <= to_scaled(value, 6) <= PPM // 10:
            raise InvalidInput(f"fees {text!r}: {name} rate {value} is not between 0 and 0.1")
        wishes[name] = value
    return wishes


def settle_fees(wishes: Wishes, venue: Venue) -> FeeRates:
    """Return the rates that are meant on a venue; InvalidInput names what the venue does not have."""
    maker, taker = _tier(wishes.get("tier", "0"), venue)
    if "maker" in wishes:
        maker = to_scaled(wishes["maker"], 6)
    if "taker" in wishes:
        taker = to_scaled(wishes["taker"], 6)
    asset, discount = DISCOUNTS[venue]
    pay = wishes.get("pay", "").upper()
    if not pay:
        return FeeRates(maker, taker)
    if pay != asset:
        raise InvalidInput(f"fees cannot be paid in {pay!r} on {venue.label}; allowed: {asset}")
    return FeeRates(maker, taker, asset, discount)


def _tier(text: str, venue: Venue) -> tuple[int, int]:
    level = text.lower().removeprefix("vip").removeprefix("lv")
    tiers = TIERS[venue]
    if not (level.isascii() and level.isdecimal()) or int(level) >= len(tiers):
        raise InvalidInput(f"fee tier {text!r} is unknown on {venue.label}; allowed: 0 to {len(tiers) - 1}")
    return tiers[int(level)]

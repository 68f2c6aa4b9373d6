"""The market's weather: which regime rules at a moment, and how far trends and bursts have pushed prices.

Pure functions of (seed, second), common to all pairs. Time is cut into slots of ten minutes; a hash of the slot picks
its regime, more often a thin one in the night (UTC).
"""

from enum import StrEnum

from msgspec import Struct

from cryptobot_desktop.emulator.seeded_noise import SeededNoise

SLOT_S = 600
_DAY_S = 86_400
_NIGHT_END_S = 6 * 3600
_TREND_FADE_S = 4_800
_BURST_FADE_S = 2_400
MEAN_ACTIVITY = 1.14
"""Average activity over a day of slots as drawn below; scales the trade counts of the history."""
_SLOTS_FELT = 1 + (SLOT_S + _TREND_FADE_S) // SLOT_S
_MEMO_LIMIT = 4_096


class Regime(StrEnum):
    """What kind of market rules."""

    CALM = "calm"
    TREND = "trend"
    BURST = "burst"
    THIN = "thin"


class Climate(Struct, frozen=True, gc=False):
    """How a regime changes the market, as multiples of a calm one."""

    regime: Regime
    activity: float
    volatility: float
    spread: float


CLIMATES: dict[Regime, Climate] = {
    Regime.CALM: Climate(Regime.CALM, 1.0, 1.0, 1.0),
    Regime.TREND: Climate(Regime.TREND, 1.5, 1.15, 1.1),
    Regime.BURST: Climate(Regime.BURST, 6.0, 3.0, 2.2),
    Regime.THIN: Climate(Regime.THIN, 0.3, 0.5, 1.8),
}


class _Slot(Struct, frozen=True):
    """Ten minutes: its regime, the push it gives (in sigmas of a calm minute) and a burst's own window."""

    start: int
    regime: Regime
    push: float
    burst_from: int
    burst_to: int


class RegimeSchedule:
    """Answers which climate rules at a second; the same for every asker of the same seed."""

    def __init__(self, seed: int) -> None:
        self._noise = SeededNoise(seed, "regimes")
        self._slots: dict[int, _Slot] = {}

    def climate(self, second: int) -> Climate:
        """Return the climate at a UTC second; a burst fills only a few minutes of its slot."""
        slot = self._slot(second // SLOT_S)
        if slot.regime is Regime.BURST and not slot.burst_from <= second < slot.burst_to:
            return CLIMATES[Regime.CALM]
        return CLIMATES[slot.regime]

    def push(self, second: int) -> float:
        """Return how far trends and bursts have moved prices at a second, in sigmas of a calm minute.

        Each push rises and then fades to nothing, so that the answer needs only the last nine slots.
        """
        last = second // SLOT_S
        return sum(_felt(self._slot(number), second) for number in range(last - _SLOTS_FELT + 1, last + 1))

    def _slot(self, number: int) -> _Slot:
        slot = self._slots.get(number)
        if slot is None:
            if len(self._slots) >= _MEMO_LIMIT:
                self._slots.clear()
            slot = self._slots[number] = self._draw_slot(number)
        return slot

    def _draw_slot(self, number: int) -> _Slot:
        noise, address = self._noise, number * 8
        start = number * SLOT_S
        regime = _pick(noise.uniform(address), is_night=start % _DAY_S < _NIGHT_END_S)
        # Three slots share a leaning, so that some trends last half an hour.
        leaning = 1.0 if noise.uniform((number // 3) * 8 + 1) < 0.5 else -1.0
        sign = leaning if noise.uniform(address + 2) < 0.8 else -leaning
        strength = noise.uniform(address + 3)
        burst_from = start + int(300 * noise.uniform(address + 4))
        burst_to = burst_from + 120 + int(180 * noise.uniform(address + 5))
        push = {Regime.TREND: 5.0 + 7.0 * strength, Regime.BURST: 4.0 + 6.0 * strength}.get(regime, 0.0)
        return _Slot(start, regime, sign * push, burst_from, burst_to)


def _pick(share: float, *, is_night: bool) -> Regime:
    if is_night:
        if share < 0.5:
            return Regime.THIN
        share = 2.0 * share - 1.0
    bounds = ((0.58, Regime.CALM), (0.82, Regime.TREND), (0.93, Regime.BURST))
    return next((regime for bound, regime in bounds if share < bound), Regime.THIN)


def _felt(slot: _Slot, second: int) -> float:
    """Return what is left of (or already there from) a slot's push."""
    if slot.push == 0.0:
        return 0.0
    if slot.regime is Regime.BURST:
        begin, rise, fade = slot.burst_from, slot.burst_to - slot.burst_from, _BURST_FADE_S
    else:
        begin, rise, fade = slot.start, SLOT_S, _TREND_FADE_S
    age = second - begin
    if age < rise:
        return slot.push * smooth(age / rise)
    return slot.push * (1.0 - smooth((age - rise) / fade))


def smooth(share: float) -> float:
    """Return the smooth step 3x^2 - 2x^3, held at 0 and 1 outside [0, 1]."""
    x = min(1.0, max(0.0, share))
    return x * x * (3.0 - 2.0 * x)

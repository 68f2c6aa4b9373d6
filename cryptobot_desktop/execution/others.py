"""What one order has got by now under the fill models that are not in force; for its receipt only."""

from cryptobot_desktop.domain.instrument import Instrument
from cryptobot_desktop.domain.market import Side
from cryptobot_desktop.domain.numbers import AMOUNT_DECIMALS, rescale_down, rescale_up
from cryptobot_desktop.domain.orders import FillModel, ModelResult


class Others:
    """Quantities and exact notionals of one order under the other models; never more than it wants."""

    __slots__ = ("_got", "_wanted")

    def __init__(self, wanted: int | None, model: FillModel) -> None:
        """`wanted` is the order's quantity, None for orders by quote amount; `model` is the one in force."""
        self._wanted = wanted
        self._got = {other: (0, 0) for other in FillModel if other is not model}

    def take(self, model: FillModel, price: int, qty: int) -> None:
        """Let one model fill at most `qty` at a price; the model in force is not followed here."""
        if model not in self._got or qty <= 0:
            return
        got, notional = self._got[model]
        part = qty if self._wanted is None else min(qty, self._wanted - got)
        if part > 0:
            self._got[model] = (got + part, notional + part * price)

    def take_all(self, price: int, qty: int) -> None:
        """Let every other model fill alike."""
        for model in self._got:
            self.take(model, price, qty)

    def results(self, instrument: Instrument, side: Side) -> tuple[ModelResult, ...]:
        """Return what the other models would have given so far."""
        decimals = instrument.price_decimals + instrument.qty_decimals
        rounded = rescale_up if side is Side.BUY else rescale_down
        return tuple(
            ModelResult(model, qty, rounded(notional, decimals, AMOUNT_DECIMALS))
            for model, (qty, notional) in self._got.items()
        )

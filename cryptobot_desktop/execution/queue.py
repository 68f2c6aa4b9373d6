"""The place of a resting order in the queue at its price, under each fill model (docs/fill-rules.md).

All three models are followed at once, so that a receipt can say what the others would have given; the model in
force decides what is really filled.
"""

from cryptobot_desktop.domain.orders import FillModel, QueueTrace

_OPTIMISTIC, _EXPECTED, _PESSIMISTIC = FillModel.OPTIMISTIC, FillModel.EXPECTED, FillModel.PESSIMISTIC


class Queue:
    """Scaled quantities before one order. `ahead` maps each model to what it believes stands before us."""

    __slots__ = ("_at_arrival", "_canceled", "_displayed", "_traded", "_traded_since", "_trades", "ahead")

    def __init__(self, displayed: int, before: "Queue | None" = None) -> None:
        """Join behind all that is displayed; never before an own earlier order at this price (`before`)."""
        self.ahead = {_OPTIMISTIC: 0, _EXPECTED: displayed, _PESSIMISTIC: displayed}
        if before is not None:
            self.ahead = {model: max(ahead, before.ahead[model]) for model, ahead in self.ahead.items()}
        self._at_arrival = displayed
        self._displayed = displayed
        self._traded_since = 0
        """Traded at our price since the displayed quantity last changed: that decrease is no cancellation."""
        self._traded = self._canceled = self._trades = 0

    def trade(self, model: FillModel, volume: int, *, through: bool, whole: int) -> dict[FillModel, int]:
        """Let a public trade go by; returns what of it is left for us under each model.

        `through` says that the trade was beyond our price. `volume` is what the model in force has left of it after
        own orders before us; the other models see the `whole` trade.
        """
        if through:
            self.ahead = dict.fromkeys(self.ahead, 0)
        else:
            self._traded_since += whole
        left: dict[FillModel, int] = {}
        for each, ahead in self.ahead.items():
            offered = volume if each is model else whole
            eaten = min(ahead, offered)
            self.ahead[each], left[each] = ahead - eaten, offered - eaten
            if eaten and each is model:
                self._traded += eaten
                self._trades += 1
        return left

    def book(self, model: FillModel, displayed: int) -> None:
        """Take in what is displayed at our price: of a decrease, the expected model shares out cancellations."""
        if displayed == self._displayed:
            return
        ahead = self.ahead[_EXPECTED]
        canceled = max(0, self._displayed - displayed - self._traded_since)
        behind = max(0, self._displayed - self._traded_since - ahead)
        if canceled and ahead:
            ahead -= canceled * ahead // (ahead + behind)
        ahead = min(ahead, displayed)
        if model is _EXPECTED:
            self._canceled += self.ahead[_EXPECTED] - ahead
        self.ahead[_EXPECTED] = ahead
        self._displayed, self._traded_since = displayed, 0

    def trace(self) -> QueueTrace:
        """Return how the queue went so far, for the receipt."""
        return QueueTrace(
            at_arrival=self._at_arrival, traded=self._traded, canceled=self._canceled, trades=self._trades
        )

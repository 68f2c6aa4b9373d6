"""Step 4 of a price's way: intents become allowed, shrunk or vetoed orders, with every reason."""

from cryptobot_desktop.risk.judge import judge
from cryptobot_desktop.risk.model import (
    AccountView,
    KillSwitch,
    Outcome,
    Reason,
    RiskLimits,
    Verdict,
)
from cryptobot_desktop.risk.sizing import size_intent

__all__ = [
    "AccountView",
    "KillSwitch",
    "Outcome",
    "Reason",
    "RiskLimits",
    "Verdict",
    "judge",
    "size_intent",
]

"""All rules are asked about an intent, so that the user reads all reasons at once."""

from cryptobot_desktop.domain.orders import Intent
from cryptobot_desktop.risk.model import AccountView, Outcome, Reason, RiskLimits, Verdict
from cryptobot_desktop.risk.rules import CAPS, GATES, below_minimum
from cryptobot_desktop.risk.sizing import floor_to_step, quantity_step, size_intent


def judge(intent: Intent, account: AccountView, limits: RiskLimits) -> Verdict:
    """Return allowed, shrunk or vetoed with the final quantity and every rule that spoke.

    Gates say yes or no; caps give a largest quantity; what is left must still be an order that the
    venue takes. Pure and exact: the same arguments give the same verdict.
    """
    wanted = size_intent(intent, account)
    reasons = [reason for gate in GATES if (reason := gate(intent, account, limits))]
    qty = wanted
    for cap in CAPS:
        capped = cap(intent, account, limits, qty=wanted)
        if capped is not None:
            qty = min(qty, floor_to_step(capped.qty, quantity_step(account.instrument, intent.type)))
            reasons.append(capped.reason)
    if not any(reason.vetoes for reason in reasons):
        too_small = below_minimum(intent, account, qty=qty)
        if too_small:
            reasons.append(too_small)
    return _verdict(wanted, qty, reasons)


def _verdict(wanted: int, qty: int, reasons: list[Reason]) -> Verdict:
    if any(reason.vetoes for reason in reasons):
        return Verdict(outcome=Outcome.VETOED, qty=0, wanted_qty=wanted, reasons=tuple(reasons))
    outcome = Outcome.SHRUNK if reasons else Outcome.ALLOWED
    return Verdict(outcome=outcome, qty=qty, wanted_qty=wanted, reasons=tuple(reasons))

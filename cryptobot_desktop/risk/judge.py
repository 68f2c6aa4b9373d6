"""All rules are asked about an intent, so that the user reads all reasons at once."""

from cryptobot_desktop.domain.orders import Intent
from cryptobot_desktop.risk.model import AccountView, Case, Outcome, Reason, RiskLimits, Verdict
from cryptobot_desktop.risk.rules import CAPS, GATES, below_minimum
from cryptobot_desktop.risk.sizing import floor_to_step, order_price, quantity_step, wanted_qty


def judge(intent: Intent, account: AccountView, limits: RiskLimits) -> Verdict:
    """Return allowed, shrunk or vetoed with the final quantity and every rule that spoke.

    Gates say yes or no; caps give a largest quantity; what is left must still be an order that the
    venue takes. Pure and exact: the same arguments give the same verdict.
    """
    price, step = order_price(intent, account), quantity_step(account.instrument, intent.type)
    qty = wanted = floor_to_step(wanted_qty(intent, account, price), step)
    case = Case(intent, account, limits, price, step, wanted)
    reasons = [reason for gate in GATES if (reason := gate(case)) is not None]
    for cap in CAPS:
        capped = cap(case)
        if capped is not None:
            qty = min(qty, floor_to_step(capped.qty, step))
            reasons.append(capped.reason)
    if not any(reason.vetoes for reason in reasons):
        too_small = below_minimum(case, qty)
        if too_small is not None:
            reasons.append(too_small)
    return _verdict(wanted, qty, reasons)


def _verdict(wanted: int, qty: int, reasons: list[Reason]) -> Verdict:
    if not reasons:
        return Verdict(outcome=Outcome.ALLOWED, qty=qty, wanted_qty=wanted)
    if any(reason.vetoes for reason in reasons):
        return Verdict(outcome=Outcome.VETOED, qty=0, wanted_qty=wanted, reasons=tuple(reasons))
    return Verdict(outcome=Outcome.SHRUNK, qty=qty, wanted_qty=wanted, reasons=tuple(reasons))

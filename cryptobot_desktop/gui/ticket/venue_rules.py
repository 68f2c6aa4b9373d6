"""What a venue does not offer, in its own words; nothing is hidden without a reason. See docs/fill-rules.md."""

from cryptobot_desktop.domain.instrument import Venue
from cryptobot_desktop.domain.orders import SelfTrade, TimeInForce
from cryptobot_desktop.gui.ticket.kinds import Kind

_NOT_ON_KUCOIN = {
    Kind.TRAILING_STOP: "KuCoin has no trailing stops (400100)",
    Kind.OTO: "KuCoin has no OTO orders (400100)",
    Kind.BRACKET: "KuCoin has no OTOCO orders (400100); place the entry, then an OCO",
}
STP_WORDS: tuple[tuple[SelfTrade | None, str, str], ...] = (
    (None, "The venue's own rule", "Binance: the resting order expires. KuCoin: none."),
    (SelfTrade.NONE, "None", "Our orders pass each other by; they never trade with each other"),
    (SelfTrade.EXPIRE_TAKER, "Expire the new order", "What is left of the new order ends (KuCoin: CN)"),
    (SelfTrade.EXPIRE_MAKER, "Expire the resting order", "The resting order ends, the new one goes on (KuCoin: CO)"),
    (SelfTrade.EXPIRE_BOTH, "Expire both", "Both end (KuCoin: CB)"),
    (SelfTrade.DECREMENT, "Decrement both", "Both become smaller by the smaller one (KuCoin: DC)"),
)


def kind_refusal(kind: Kind, venue: Venue) -> str:
    """Return why a venue has no orders of this kind, empty when it has."""
    return _NOT_ON_KUCOIN.get(kind, "") if venue is Venue.KUCOIN else ""


def lifetime_refusal(lifetime: TimeInForce, venue: Venue) -> str:
    """Return why a venue has no such time in force, empty when it has."""
    if lifetime is TimeInForce.GTD and venue is Venue.BINANCE:
        return "Binance has no orders until a time (-1115); KuCoin has"
    return ""


def amend_refusal(venue: Venue) -> str:
    """Return why an order cannot be made smaller in its place, empty when it can."""
    return "KuCoin cannot change an order in its place (400100); change it instead" if venue is Venue.KUCOIN else ""


def refuses_live_triggers(venue: Venue) -> bool:
    """Return True where a stop that would trigger at once is refused."""
    return venue is Venue.BINANCE


def holds_for_armed(venue: Venue) -> bool:
    """Return True where an order that waits for its trigger holds money."""
    return venue is Venue.BINANCE

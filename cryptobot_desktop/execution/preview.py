"""What an order would do right now, for the order ticket; nothing is changed by asking."""

from msgspec import Struct

from cryptobot_desktop.domain.market import Level


class OrderPreview(Struct, frozen=True, kw_only=True):
    """The answer of `PaperExchange.preview`. Amounts are ledger amounts, prices and quantities scaled integers."""

    accepted: bool
    reject_code: str = ""
    reject_reason: str = ""
    qty: int = 0
    """What would fill at once (estimated from the last price when the source has no book)."""
    resting_qty: int = 0
    """What would rest in the book."""
    average_price: int | None = None
    """Average of the immediate part, rounded against the user; None when nothing fills at once."""
    quote_amount: int = 0
    """What the immediate part costs (buy) or brings (sell), before the fee."""
    fee: int = 0
    """Fee of the immediate part."""
    fee_asset: str = ""
    reserved: int = 0
    """What would be held when the order is accepted, in the paying asset."""
    slippage_ppm: int | None = None
    """Average price against the middle of the book, positive = worse for the user; None without a book."""
    levels: tuple[Level, ...] = ()
    """(price, quantity) taken level by level."""
    note: str = ""
    """What the user should know, e.g. that the book is too thin for the whole order."""

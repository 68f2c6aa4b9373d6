"""Binance answers about the account: what a key may do, and the state of orders (REST, WebSocket API, user data)."""

from decimal import Decimal, localcontext
from typing import Final

from cryptobot_desktop.marketdata.wire.messages import KeyPermissions, OrderUpdate
from cryptobot_desktop.marketdata.wire.texts import (
    flag,
    id_text,
    is_zero,
    optional,
    optional_text,
    record,
    rows,
)

_TRADE_RIGHTS: Final = (
    "enableSpotAndMarginTrading",
    "enableMargin",
    "enableFutures",
    "enableVanillaOptions",
    "enablePortfolioMarginTrading",
    "enableFixApiTrade",
)
_MOVE_RIGHTS: Final = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")
_HARMLESS_RIGHTS: Final = ("enableReading", "enableFixReadOnly")
_PRICE_DIGITS: Final = 28


def read_permissions(content: object) -> KeyPermissions:
    """Return the rights of ``GET /sapi/v1/account/apiRestrictions``; unknown rights that are on are listed."""
    body = record(content, "apiRestrictions")
    known = (*_TRADE_RIGHTS, *_MOVE_RIGHTS, *_HARMLESS_RIGHTS)
    others = [name for name in body if name.startswith(("enable", "permits")) and name not in known]
    return KeyPermissions(
        read=_any_right(body, ("enableReading",)),
        trade=_any_right(body, _TRADE_RIGHTS),
        withdraw=_any_right(body, _MOVE_RIGHTS),
        ip_restricted=_any_right(body, ("ipRestrict",)),
        unknown=tuple(sorted(name for name in others if body[name] is not False)),
    )


def _any_right(body: dict[str, object], names: tuple[str, ...]) -> bool | None:
    """Return whether one of the rights is on; None when the answer names none of them."""
    found = [flag(body[name], name) for name in names if body.get(name) is not None]
    return any(found) if found else None


def read_order(content: object) -> OrderUpdate:
    """Return an order from any REST or WebSocket API answer that describes one order.

    After a cancel the order's own client id is ``origClientOrderId``; ``clientOrderId`` is the cancel request's.
    """
    body = record(content, "order")
    client = body.get("origClientOrderId") or body.get("clientOrderId")
    return OrderUpdate(
        symbol=optional_text(body.get("symbol"), "symbol"),
        order_id=_optional_id(body.get("orderId"), "orderId"),
        client_order_id=_optional_id(client, "clientOrderId"),
        status=optional_text(body.get("status"), "status"),
        commission_asset=_commission_asset(body),
        avg_price=average_price(body.get("cummulativeQuoteQty"), body.get("executedQty")),
    )


def read_orders(content: object) -> OrderUpdate:
    """Return a list of orders (openOrders, allOrders, cancelled orders, own trades)."""
    return OrderUpdate(items=[read_order(row) for row in rows(content, "orders")])


def read_order_list(content: object) -> OrderUpdate:
    """Return the orders of an order list (OCO, OTO, OTOCO); full reports where the answer has them."""
    body = record(content, "order list")
    return OrderUpdate(items=[read_order(row) for row in _list_entries(body)])


def read_order_lists(content: object) -> OrderUpdate:
    """Return the orders of several order lists."""
    lists = [record(row, "order list") for row in rows(content, "order lists")]
    return OrderUpdate(items=[read_order(row) for body in lists for row in _list_entries(body)])


def _list_entries(body: dict[str, object]) -> list[object]:
    return rows(body.get("orderReports") or body.get("orders"), "orders of an order list")


def read_replacement(content: object) -> OrderUpdate:
    """Return cancelled and new order of ``order/cancelReplace``, whichever is there."""
    body = record(content, "cancelReplace")
    body = record(body.get("data", body), "cancelReplace data")
    found = [body.get("cancelResponse"), body.get("newOrderResponse")]
    return OrderUpdate(items=[read_order(row) for row in found if isinstance(row, dict) and "orderId" in row])


def read_amendment(content: object) -> OrderUpdate:
    """Return the order of ``order/amend/keepPriority``."""
    return read_order(record(content, "amendment").get("amendedOrder"))


def read_execution_report(content: object) -> OrderUpdate:
    """Return an order from a user data ``executionReport``; its commission asset is null until a fill.

    After a cancel the order's own client id is ``C``; ``c`` is then the id of the cancel request.
    """
    body = record(content, "executionReport")
    original = optional_text(body.get("C"), "C")
    return OrderUpdate(
        symbol=optional_text(body.get("s"), "s"),
        order_id=_optional_id(body.get("i"), "i"),
        client_order_id=original or _optional_id(body.get("c"), "c"),
        status=optional_text(body.get("X"), "X"),
        commission_asset=optional_text(body.get("N"), "N"),
        avg_price=average_price(body.get("Z"), body.get("z")),
    )


def read_list_status(content: object) -> OrderUpdate:
    """Return the orders named in a user data ``listStatus`` event; it says nothing about their own state."""
    body = record(content, "listStatus")
    entries = [record(row, "order of listStatus") for row in rows(body.get("O"), "O")]
    return OrderUpdate(
        items=[
            OrderUpdate(
                symbol=optional_text(entry.get("s"), "s"),
                order_id=_optional_id(entry.get("i"), "i"),
                client_order_id=_optional_id(entry.get("c"), "c"),
            )
            for entry in entries
        ]
    )


def average_price(quote_total: object, base_total: object) -> str | None:
    """Return quote / base as decimal text when something was filled; exact where the quotient ends within 28 digits.

    A quotient without end (1/3) is rounded to 28 significant digits: for display, never for the ledger.
    """
    quote, base = optional(quote_total, "filled quote amount"), optional(base_total, "filled quantity")
    if quote is None or base is None or is_zero(base) or quote.startswith("-"):
        return None
    with localcontext() as context:
        context.prec = _PRICE_DIGITS
        return format(Decimal(quote) / Decimal(base), "f")


def _commission_asset(body: dict[str, object]) -> str | None:
    """Return the asset of the commission: of a trade, or of all fills where they agree."""
    own = optional_text(body.get("commissionAsset"), "commissionAsset")
    fills = body.get("fills")
    if own is not None or not isinstance(fills, list):
        return own
    assets = {optional_text(record(fill, "fill").get("commissionAsset"), "commissionAsset") for fill in fills}
    return assets.pop() if len(assets) == 1 else None


def _optional_id(value: object, name: str) -> str | None:
    return None if value is None or value == "" else id_text(value, name)

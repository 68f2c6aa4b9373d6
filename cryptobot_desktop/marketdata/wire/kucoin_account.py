"""KuCoin answers about the account: what a key may do, and the state of orders (classic and unified)."""

from typing import Final

from cryptobot_desktop.marketdata.wire.binance_account import average_price
from cryptobot_desktop.marketdata.wire.messages import KeyPermissions, OrderUpdate
from cryptobot_desktop.marketdata.wire.texts import id_text, is_zero, optional, optional_text, record, rows

_TRADE_RIGHTS: Final = frozenset({"Spot", "Margin", "Futures", "Unified", "Trade"})
_MOVE_RIGHTS: Final = frozenset({"Transfer", "Withdrawal"})
_OTHER_RIGHTS: Final = frozenset({"General", "InnerTransfer", "Earn"})


def read_permissions(content: object) -> KeyPermissions:
    """Return the rights of ``user/api-key``: a comma list, in which Transfer (not InnerTransfer) can withdraw."""
    body = record(content, "api-key")
    listed = optional_text(body.get("permission"), "permission")
    names = {name.strip() for name in (listed or "").split(",")} - {""}
    whitelist = optional_text(body.get("ipWhitelist"), "ipWhitelist")
    known = _TRADE_RIGHTS | _MOVE_RIGHTS | _OTHER_RIGHTS
    said = listed is not None
    return KeyPermissions(
        read="General" in names if said else None,
        trade=not names.isdisjoint(_TRADE_RIGHTS) if said else None,
        withdraw=not names.isdisjoint(_MOVE_RIGHTS) if said else None,
        ip_restricted=bool(whitelist and whitelist.strip(", ")),
        unknown=tuple(sorted(names - known)),
    )


def read_order(content: object) -> OrderUpdate:
    """Return an order from a REST answer or a private push.

    The fee's asset is named from the start; it is passed on once something was filled.
    """
    body = record(content, "order")
    filled = optional(body.get("dealSize", body.get("filledSize")), "filled size")
    has_fill = filled is not None and not is_zero(filled)
    return OrderUpdate(
        symbol=optional_text(body.get("symbol"), "symbol"),
        order_id=_optional_id(body.get("orderId", body.get("id")), "orderId"),
        client_order_id=_optional_id(body.get("clientOid"), "clientOid"),
        status=optional_text(body.get("status"), "status"),
        commission_asset=optional_text(body.get("feeCurrency"), "feeCurrency") if has_fill else None,
        avg_price=average_price(body.get("dealFunds"), body.get("dealSize")),
    )


def read_orders(content: object) -> OrderUpdate:
    """Return a list of orders, also from a page with ``items``."""
    body = content.get("items") if isinstance(content, dict) else content
    return OrderUpdate(items=[read_order(row) for row in rows(body, "orders")])


def read_unified_order(content: object) -> OrderUpdate:
    """Return an order from the unified account's ``orderAll`` push."""
    body = record(content, "order")
    filled = optional(body.get("fS"), "fS")
    has_fill = filled is not None and not is_zero(filled)
    average = optional(body.get("aP"), "aP")
    return OrderUpdate(
        symbol=optional_text(body.get("s"), "s"),
        order_id=_optional_id(body.get("oi"), "oi"),
        client_order_id=_optional_id(body.get("ci"), "ci"),
        status=_optional_id(body.get("os"), "os"),
        commission_asset=optional_text(body.get("fC"), "fC") if has_fill else None,
        avg_price=average if has_fill and average is not None and not is_zero(average) else None,
    )


def read_unified_execution(content: object) -> OrderUpdate:
    """Return what one fill of the unified account says about its order: ids and the fee's asset."""
    body = record(content, "execution")
    return OrderUpdate(
        symbol=optional_text(body.get("s"), "s"),
        order_id=_optional_id(body.get("oi"), "oi"),
        client_order_id=_optional_id(body.get("ci"), "ci"),
        commission_asset=optional_text(body.get("fC"), "fC"),
    )


def _optional_id(value: object, name: str) -> str | None:
    return None if value is None or value == "" else id_text(value, name)

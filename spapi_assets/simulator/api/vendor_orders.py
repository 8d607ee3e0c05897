"""The Vendor Orders API v1: purchase orders and their status. The source of all rules is Amazon's model of the operations;
what an order looks like is in vendor_order_view.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from spapi_assets.simulator import paging
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import partner
from spapi_assets.simulator.api.vendor_order_view import confirmation, describe, describe_status, receipt
from spapi_assets.simulator.business.purchase_orders import VENDOR_CODE, PurchaseOrder, find, placed_between
from spapi_assets.simulator.errors import ApiError, invalid_input, not_found

KEPT = 183  # days: orders of the past 6 months
_LONGEST = timedelta(days=7)
_LIFE = 14 * 86_400  # nothing changes an order later than this
_CONFIRMATIONS = ("ACCEPTED", "PARTIALLY_ACCEPTED", "REJECTED", "UNCONFIRMED")
_RECEIPTS = ("NOT_RECEIVED", "PARTIALLY_RECEIVED", "RECEIVED")
Window = tuple[float, float]
_T = TypeVar("_T")


def get_purchase_orders(call: Call) -> Answer:
    query, now = call.query, call.state.clock.timestamp()
    created, changed = _window(call, "created", now), _window(call, "changed", now)
    state = one_of(call, "purchaseOrderState", ("New", "Acknowledged", "Closed"))
    cancelled = one_of(call, "poItemState", ("Cancelled",)) is not None
    only_changed, details = query.boolean("isPOChanged"), query.text("includeDetails") is None or query.boolean("includeDetails")
    vendor = query.text("orderingVendorCode")

    def is_wanted(order: PurchaseOrder) -> bool:
        is_changed = order.is_changed(now)
        # Amazon's page "Cancel and change orders": what Amazon changed after placing it, so neither new orders nor new states.
        if changed and not (is_changed and changed[0] <= order.changed < changed[1]):
            return False
        if only_changed and not is_changed:
            return False
        if cancelled and not (is_changed and any(order.ordered(item, now) == 0 for item in order.items)):
            return False
        return (state is None or order.state(now)[0] == state) and vendor in (None, VENDOR_CODE)

    found = _listed(call, created or (changed[0] - _LIFE, changed[1]) if changed else created, is_wanted, now)
    page, pagination = page_of(call, found, lambda order: order.number, 100)
    orders = []
    for order in page:
        view = describe(order, now)
        orders.append(view if details else {k: v for k, v in view.items() if k != "orderDetails"})
    return {"payload": pagination | {"orders": orders}}


def get_purchase_order(call: Call) -> Answer:
    return {"payload": describe(_one(call, call.path["purchaseOrderNumber"]), call.state.clock.timestamp())}


def get_purchase_orders_status(call: Call) -> Answer:
    query, now = call.query, call.state.clock.timestamp()
    created, updated = _window(call, "created", now), _window(call, "updated", now)
    status = one_of(call, "purchaseOrderStatus", ("OPEN", "CLOSED"))
    confirmed = one_of(call, "itemConfirmationStatus", _CONFIRMATIONS)
    received = one_of(call, "itemReceiveStatus", _RECEIPTS)
    number, vendor, centre = query.text("purchaseOrderNumber"), query.text("orderingVendorCode"), query.text("shipToPartyId")

    def is_wanted(order: PurchaseOrder) -> bool:
        if updated and not updated[0] <= order.last_updated(now) < updated[1]:
            return False
        if status is not None and (order.state(now)[0] == "Closed") != (status == "CLOSED"):
            return False
        if confirmed is not None and all(confirmation(order, item, now) != confirmed for item in order.items):
            return False
        if received is not None and all(receipt(order, item, now) != received for item in order.items):
            return False
        return vendor in (None, VENDOR_CODE) and centre in (None, order.centre.code)

    if number is not None:
        found = [order for order in (_one(call, number),) if is_wanted(order)]
    else:
        found = _listed(call, created or (updated[0] - _LIFE, updated[1]) if updated else created, is_wanted, now)
    page, pagination = page_of(call, found, lambda order: order.number, 100)
    return {"payload": pagination | {"ordersStatus": [describe_status(order, now) for order in page]}}


def page_of(call: Call, found: list[_T], name: Callable[[_T], str], most: int) -> tuple[list[_T], dict[str, Any]]:
    """The page of a call among what was found, in the order wanted, and the `pagination` that leads on, if any."""
    limit = call.query.integer("limit", 1, most, default=most)
    if one_of(call, "sortOrder", ("ASC", "DESC")) == "DESC":
        found = found[::-1]
    if (after := paging.read(call, "nextToken")) is not None:
        found = found[next((n + 1 for n, one in enumerate(found) if name(one) == after), len(found)) :]
    page = found[:limit]
    return page, {"pagination": {"nextToken": paging.write(call, "nextToken", name(page[-1]))} if len(found) > limit else {}}


def one_of(call: Call, name: str, allowed: tuple[str, ...]) -> str | None:
    """A parameter of an enumeration."""
    value = call.query.text(name)
    if value is not None and value not in allowed:
        raise invalid_input(f"Invalid '{name}' {value!r}.", f"Allowed values: {', '.join(allowed)}.")
    return value


def _listed(call: Call, placed: Window | None, is_wanted: Callable[[PurchaseOrder], bool], now: float) -> list[PurchaseOrder]:
    if placed is None:
        raise invalid_input("A date range is required.", "Name when orders were created, or when they were changed or updated.")
    business, account = call.state.business, partner(call)
    return [
        order
        for m in account.marketplaces
        for order in placed_between(business, account, m, max(placed[0], now - KEPT * 86_400), placed[1], now)
        if placed[0] <= order.placed < placed[1] and is_wanted(order)
    ]


def _window(call: Call, verb: str, now: float) -> Window | None:
    """The interval of two parameters, at most 7 days long and 6 months old, its end not in it; one that is not named is now."""
    after, before = call.query.time(f"{verb}After"), call.query.time(f"{verb}Before")
    if after is None and before is None:
        return None
    end = before or datetime.fromtimestamp(now, after.tzinfo if after else None)
    start = after or end - _LONGEST
    if start > end:
        raise invalid_input(f"'{verb}After' must not be after '{verb}Before'.")
    if end - start > _LONGEST + timedelta(seconds=1):
        raise invalid_input(f"The range of '{verb}After' and '{verb}Before' must not exceed 7 days.")
    if start.timestamp() < now - (KEPT + 1) * 86_400:
        raise invalid_input(f"'{verb}After' must not be more than 6 months ago.")
    return start.timestamp(), end.timestamp()


def _one(call: Call, number: str) -> PurchaseOrder:
    if len(number) != 8 or not number.isalnum():
        raise ApiError(400, "InvalidInput", f"'purchaseOrderNumber' must be 8 letters or digits, not {number!r}.")
    now, account = call.state.clock.timestamp(), partner(call)
    for m in account.marketplaces:
        if order := find(call.state.business, account, m, number, now, KEPT):
            return order
    raise not_found(f"Purchase order {number} was not found.")

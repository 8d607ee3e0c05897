"""One purchase order as Vendor Orders v1 shows it: the order itself, and how far each of its items has come.
Which orders are shown is decided in vendor_orders.py."""

from __future__ import annotations

from typing import Any

from spapi_assets.simulator.api.values import money, stamp
from spapi_assets.simulator.business.centres import Centre
from spapi_assets.simulator.business.items import barcode
from spapi_assets.simulator.business.purchase_orders import VENDOR_CODE, PurchaseItem, PurchaseOrder

Json = dict[str, Any]
_DAY = 86_400


def describe(order: PurchaseOrder, now: float) -> Json:
    """The Order object as of `now`."""
    state, since = order.state(now)
    details: Json = {
        "purchaseOrderDate": stamp(order.placed),
        "purchaseOrderStateChangedDate": stamp(since),
        "purchaseOrderType": "RegularOrder",
        "paymentMethod": "Invoice",
        "buyingParty": {"partyId": order.centre.code},
        "sellingParty": {"partyId": VENDOR_CODE},
        "shipToParty": {"partyId": order.centre.code, "address": address(order.centre)},
        "billToParty": {"partyId": order.centre.code},
        "shipWindow": f"{stamp(order.shipped - _DAY)}--{stamp(order.shipped + _DAY)}",
        "deliveryWindow": f"{stamp(order.received - _DAY)}--{stamp(order.received + 2 * _DAY)}",
        "items": [_item(order, item, now) for item in order.items],
    }
    if order.is_changed(now):
        details["purchaseOrderChangedDate"] = stamp(order.changed)
    return {"purchaseOrderNumber": order.number, "purchaseOrderState": state, "orderDetails": details}


def describe_status(order: PurchaseOrder, now: float) -> Json:
    """The OrderStatus object as of `now`."""
    return {
        "purchaseOrderNumber": order.number,
        "purchaseOrderStatus": "CLOSED" if order.state(now)[0] == "Closed" else "OPEN",
        "purchaseOrderDate": stamp(order.placed),
        "lastUpdatedDate": stamp(order.last_updated(now)),
        "sellingParty": {"partyId": VENDOR_CODE},
        "shipToParty": {"partyId": order.centre.code, "address": address(order.centre)},
        "itemStatus": [_item_status(order, item, now) for item in order.items],
    }


def confirmation(order: PurchaseOrder, item: PurchaseItem, now: float) -> str:
    """Whether the vendor has accepted the item."""
    if now < order.acknowledged:
        return "UNCONFIRMED"
    if not item.confirmed:
        return "REJECTED"
    return "ACCEPTED" if item.confirmed >= order.ordered(item, now) else "PARTIALLY_ACCEPTED"


def receipt(order: PurchaseOrder, item: PurchaseItem, now: float) -> str:
    """Whether the item has come to the warehouse."""
    if now < order.received or not item.received:
        return "NOT_RECEIVED"
    return "RECEIVED" if item.received >= item.confirmed else "PARTIALLY_RECEIVED"


def quantity(units: int) -> Json:
    """Units ordered one by one."""
    return {"amount": units, "unitOfMeasure": "Eaches", "unitSize": 1}


def address(centre: Centre) -> Json:
    """The warehouse's address."""
    place = {"name": f"Amazon {centre.code}", "addressLine1": "1 Fulfillment Way", "city": centre.city}
    place |= {"postalCode": centre.postal_code, "countryCode": centre.country}
    return place | ({"stateOrRegion": centre.state} if centre.state else {})


def _item(order: PurchaseOrder, item: PurchaseItem, now: float) -> Json:
    m = order.marketplace
    return {
        "itemSequenceNumber": str(item.number),
        "amazonProductIdentifier": item.product.asin,
        "vendorProductIdentifier": barcode(item.product),
        "orderedQuantity": quantity(order.ordered(item, now)),
        "isBackOrderAllowed": False,
        "netCost": money(item.cost, m),
        "listPrice": money(item.list_price, m),
    }


def _item_status(order: PurchaseOrder, item: PurchaseItem, now: float) -> Json:
    m, ordered = order.marketplace, order.ordered(item, now)
    steps: list[Json] = [{"updatedDate": stamp(order.placed), "orderedQuantity": quantity(item.first)}]
    if order.is_changed(now) and item.ordered != item.first:
        change = {"orderedQuantity": quantity(item.ordered), "cancelledQuantity": quantity(item.first - item.ordered)}
        steps.insert(0, {"updatedDate": stamp(order.changed)} | change)
    answered: Json = {"confirmationStatus": confirmation(order, item, now)}
    if now >= order.acknowledged:
        both = {"acceptedQuantity": quantity(item.confirmed), "rejectedQuantity": quantity(max(0, ordered - item.confirmed))}
        answered |= both
        answered["acknowledgementStatusDetails"] = [{"acknowledgementDate": stamp(order.acknowledged)} | both]
    arrived: Json = {"receiveStatus": receipt(order, item, now)}
    if now >= order.received:
        arrived["receivedQuantity"] = quantity(item.received)
        arrived |= {"lastReceiveDate": stamp(order.received)} if item.received else {}
    return {
        "itemSequenceNumber": str(item.number),
        "buyerProductIdentifier": item.product.asin,
        "vendorProductIdentifier": barcode(item.product),
        "netCost": money(item.cost, m),
        "listPrice": money(item.list_price, m),
        "orderedQuantity": {"orderedQuantity": quantity(ordered), "orderedQuantityDetails": steps},
        "acknowledgementStatus": answered,
        "receivingStatus": arrived,
    }

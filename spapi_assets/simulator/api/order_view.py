"""One order as Orders 2026-01-01 shows it: what is always there, and the data sets that a call includes.
Statuses, items and prices are those of the all-orders report; which orders are shown is decided in orders.py."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from spapi_assets.simulator.api.values import money, stamp
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.orders import Line, Order
from spapi_assets.simulator.business.people import customer
from spapi_assets.simulator.business.seeds import derive
from spapi_assets.simulator.business.shipments import parcel
from spapi_assets.simulator.business.titles import title

# The report's word for each state; a merchant's order stays PENDING there until it is shipped, and so it does here.
STATUSES = {"Pending": "PENDING", "Shipped": "SHIPPED", "Cancelled": "CANCELLED"}
LEVELS = {"Standard": "STANDARD", "Expedited": "EXPEDITED", "SecondDay": "SECOND_DAY"}
_DAY = 86_400
_FULFILLABLE_AFTER = 1_800
_REASONS = (("BUYER", "Bought by mistake"), ("BUYER", "Item would not arrive on time"), ("AMAZON", "Payment was not authorized"))
Json = dict[str, Any]


def describe(business: Business, order: Order, now: float, included: Collection[str]) -> Json:
    """The Order object as of `now`."""
    m, status = order.marketplace, order.status(now)
    view: Json = {
        "orderId": order.id,
        "orderAliases": [{"aliasId": order.id, "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": stamp(order.purchased),
        "lastUpdatedTime": stamp(order.last_updated(now)),
        "programs": _programs(order),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": m.id, "marketplaceName": m.sales_channel},
    }
    sets = {
        "BUYER": ("buyer", lambda: _buyer(business, order)),
        "RECIPIENT": ("recipient", lambda: {"deliveryAddress": _address(business, order, status)}),
        "PROCEEDS": ("proceeds", lambda: _proceeds(order)),
        "PAYMENT": ("payment", lambda: _payment(order)),
        "TAX": ("tax", lambda: _tax(business, order)),
        "FULFILLMENT": ("fulfillment", lambda: _fulfillment(order, status)),
        "PACKAGES": ("packages", lambda: _packages(business, order, now)),
        "FULFILLMENT_ORDERS": ("fulfillmentOrders", lambda: _fulfillment_orders(business, order)),
    }
    # Pending and cancelled orders have no buyer, price or package yet, or no more.
    shown = set(sets) if status == "Shipped" else {"RECIPIENT", "FULFILLMENT"}
    for name, (member, make) in sets.items():
        if name in included and name in shown and (value := make()):
            view[member] = value
    view["orderItems"] = [_item(order, line, status, included) for line in order.lines]
    return view


def parts(line: Line) -> dict[str, int]:
    """What the customer paid for a line, by category, in minor units; they add up to the line's proceeds."""
    found = {
        "ITEM": line.price,
        "SHIPPING": line.shipping,
        "TAX": line.tax + line.shipping_tax,
        "DISCOUNT": -line.discount - line.shipping_discount,
    }
    return {name: amount for name, amount in found.items() if amount or name == "ITEM"}


def _programs(order: Order) -> list[str]:
    prime = not order.merchant_fulfilled and order.service_level != "Standard"
    easy_ship = order.marketplace.code == "IN" and order.merchant_fulfilled
    chosen = {"PRIME": prime, "AMAZON_BUSINESS": order.business, "AMAZON_EASY_SHIP": easy_ship}
    return [name for name, is_in in chosen.items() if is_in]


def _buyer(business: Business, order: Order) -> Json:
    who = customer(business.seed, order)
    buyer = {"buyerName": who.name}
    if order.merchant_fulfilled:
        buyer["buyerEmail"] = who.email
    if order.business:
        buyer |= {"buyerCompanyName": who.company, "buyerPurchaseOrderNumber": f"PO-{order.id[-6:]}"}
    return buyer


def _address(business: Business, order: Order, status: str) -> Json:
    """The place; the name and the street only of orders that the merchant ships, as Amazon does not need his help with others."""
    city, state, postal_code, country = order.place
    address = {"city": city, "postalCode": postal_code, "countryCode": country}
    address |= {"stateOrRegion": state} if state else {}
    if order.merchant_fulfilled and status == "Shipped":
        who = customer(business.seed, order)
        address |= {"name": who.name, "addressLine1": who.street, "phone": who.phone}
        address |= {"companyName": who.company} if who.company else {}
    return address | {"addressType": "COMMERCIAL" if order.business else "RESIDENTIAL"}


def _proceeds(order: Order) -> Json:
    m, sums = order.marketplace, dict.fromkeys(("ITEM", "SHIPPING", "TAX", "DISCOUNT"), 0)
    for line in order.lines:
        for name, amount in parts(line).items():
            sums[name] += amount
    breakdowns = [{"type": name, "subtotal": money(amount, m)} for name, amount in sums.items() if amount]
    return {"grandTotal": money(sum(sums.values()), m), "breakdowns": breakdowns}


def _payment(order: Order) -> Json:
    method = "Invoice" if order.business else "CreditCard"
    return {"paymentExecutions": [{"paymentMethod": method, "paymentAmount": _proceeds(order)["grandTotal"]}]}


def _tax(business: Business, order: Order) -> Json:
    who = customer(business.seed, order)
    if not who.vat_number:
        return {}
    kind = "BUSINESS" if order.marketplace.region == "na" else "VAT"
    registration = {"entityType": "BUYER", "taxRegistrationType": kind, "taxRegistrationNumber": who.vat_number}
    return {"taxRegistrations": [registration | {"legalName": who.company}]}


def _fulfillment(order: Order, status: str) -> Json:
    latest = order.purchased + (2 * _DAY if order.merchant_fulfilled else 36 * 3_600)
    return {
        "fulfillmentStatus": STATUSES[status],
        "fulfilledBy": "MERCHANT" if order.merchant_fulfilled else "AMAZON",
        "fulfillmentServiceLevel": LEVELS[order.service_level],
        "shipByWindow": _range(order.purchased + _FULFILLABLE_AFTER, latest),
        "deliverByWindow": _range(latest + _DAY, latest + 4 * _DAY),
    }


def _range(earliest: int, latest: int) -> Json:
    return {"earliestDateTime": stamp(earliest), "latestDateTime": stamp(latest)}


def _packages(business: Business, order: Order, now: float) -> list[Json]:
    """The one parcel of an order that the merchant ships."""
    if not order.merchant_fulfilled:
        return []
    sent = parcel(business.seed, order, order.lines[0])
    status, detail = ("DELIVERED", "DELIVERED") if sent.arrives <= now else ("IN_TRANSIT", "PICKED_UP")
    return [
        {
            "packageReferenceId": "1",
            "createdTime": stamp(order.shipped - 3_600),
            "packageStatus": {"status": status, "detailedStatus": detail},
            "carrier": sent.carrier,
            "shipTime": stamp(order.shipped),
            "shippingService": order.service_level,
            "trackingNumber": sent.tracking,
            "shipFromAddress": {
                "name": "Kestrel & Co",
                "addressLine1": "1 Harbour Lane",
                "countryCode": order.marketplace.country,
            },
            "packageItems": [{"orderItemId": line.item_code, "quantity": line.units} for line in order.lines],
        }
    ]


def _fulfillment_orders(business: Business, order: Order) -> list[Json]:
    if order.marketplace.code != "IN" or not order.merchant_fulfilled:
        return []
    return [{"fulfillmentOrderId": str(derive(business.seed, "easy ship", order.id) % 10**12)}]


def _item(order: Order, line: Line, status: str, included: Collection[str]) -> Json:
    m, priced = order.marketplace, status == "Shipped"
    units = 0 if status == "Cancelled" else line.units
    product: Json = {
        "asin": line.product.asin,
        "title": title(line.product, m.language),
        "sellerSku": line.product.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    }
    if priced:
        product["price"] = {"unitPrice": money(line.price // line.units, m)}
        if order.business and line.units >= 5:
            product["price"]["priceDesignation"] = "BUSINESS_PRICE"
    item: Json = {"orderItemId": line.item_code, "quantityOrdered": units, "product": product}
    if "PROCEEDS" in included and priced:
        item["proceeds"] = {"proceedsTotal": money(sum(parts(line).values()), m), "breakdowns": _breakdowns(order, line)}
    if "PROMOTION" in included and priced and line.promotion_ids:
        item["promotion"] = {"breakdowns": [{"promotionId": name} for name in line.promotion_ids]}
    if "CANCELLATION" in included and status == "Cancelled":
        who, reason = _REASONS[derive(0, "cancelled", order.id) % len(_REASONS)]
        item["cancellation"] = {"cancellationExecution": {"cancelledBy": who, "cancelReason": reason}}
        if who == "BUYER":
            item["cancellation"]["cancellationRequest"] = {"requester": who, "cancelReason": reason}
    if "FULFILLMENT" in included:
        item["fulfillment"] = {
            "quantityFulfilled": units if status == "Shipped" else 0,
            "quantityUnfulfilled": units if status == "Pending" else 0,
        }
    if "TAX" in included and priced and m.facilitator:
        item["tax"] = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}]}
    return item


def _breakdowns(order: Order, line: Line) -> list[Json]:
    m = order.marketplace
    details = {
        "TAX": {"ITEM": line.tax, "SHIPPING": line.shipping_tax},
        "DISCOUNT": {"ITEM": -line.discount, "SHIPPING": -line.shipping_discount},
    }
    found = []
    for name, amount in parts(line).items():
        entry: Json = {"type": name, "subtotal": money(amount, m)}
        if finer := {subtype: value for subtype, value in details.get(name, {}).items() if value}:
            entry["detailedBreakdowns"] = [{"subtype": s, "value": money(value, m)} for s, value in finer.items()]
        found.append(entry)
    return found

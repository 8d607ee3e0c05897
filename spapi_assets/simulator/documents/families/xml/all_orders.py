"""GET_XML_ALL_ORDERS_DATA_BY_{LAST_UPDATE,ORDER_DATE}_GENERAL: the orders of the flat files, with the item codes those lack.
Element names as Airbyte's schema of the report has them (source-amazon-seller-partner 4.6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

from ....business.marketplaces import Marketplace, local_day
from ....business.orders import Line, Order
from ....business.titles import title
from ...flat import iso
from ...model import BadRequest, Document, NoData, Request
from ...xml_document import amount, element, envelope, xml_document

BY_LAST_UPDATE = "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_ORDER_DATE = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
_LONGEST = timedelta(days=31)


def render(request: Request) -> Document:
    """Orders whose last update (or purchase) as known now lies in [start, end)."""
    if request.end - request.start > _LONGEST:
        raise BadRequest("Date range exceeded. The report's dates may span at most 30 days.")
    now = request.now.timestamp()
    found = sorted(_orders(request), key=lambda order: (order.last_updated(now), order.id))
    if not found:
        raise NoData("No order was updated in the window.")
    messages = [_order(order, now) for order in found]
    return xml_document(envelope("AllOrdersReport", request.account.selling_partner_id, messages))


def _orders(request: Request) -> Iterator[Order]:
    business, account = request.business, request.account
    start, end, now = request.start.timestamp(), request.end.timestamp(), request.now.timestamp()
    for m in request.marketplaces:
        if request.report_type == BY_LAST_UPDATE:
            yield from business.updated_between(account, m, start, end, now)
        else:
            first, last = local_day(m.zone, start), local_day(m.zone, min(end, now))
            for order in business.purchased_between(account, m, first, last):
                if start <= order.purchased < min(end, now + 1):
                    yield order


def _order(order: Order, now: float) -> ET.Element:
    m, status = order.marketplace, order.status(now)
    city, state, postal_code, country = order.place
    return element(
        "Order",
        element(
            "FulfillmentData",
            element("Address", City=city, State=state, PostalCode=postal_code, Country=country),
            FulfillmentChannel="Merchant" if order.merchant_fulfilled else "Amazon",
            ShipServiceLevel=order.service_level,
        ),
        *(_item(line, status, m) for line in order.lines),
        AmazonOrderID=order.id,
        MerchantOrderID=order.id,
        PurchaseDate=iso(order.purchased),
        LastUpdatedDate=iso(order.last_updated(now)),
        OrderStatus=status,
        SalesChannel=m.sales_channel,
        IsBusinessOrder="true" if order.business else "false",
    )


def _item(line: Line, status: str, m: Marketplace) -> ET.Element:
    """One line. Pending orders have no prices yet; cancelled ones have no units either."""
    priced = status == "Shipped"
    return element(
        "OrderItem",
        _prices(line, m) if priced else None,
        _promotion(line, m) if priced and line.promotion_ids else None,
        AmazonOrderItemCode=line.item_code,
        ASIN=line.product.asin,
        SKU=line.product.sku,
        ItemStatus="Unshipped" if status == "Pending" else status,
        ProductName=title(line.product, m.language),
        Quantity=0 if status == "Cancelled" else line.units,
    )


def _prices(line: Line, m: Marketplace) -> ET.Element:
    values = {"Principal": line.price, "Tax": line.tax, "Shipping": line.shipping, "ShippingTax": line.shipping_tax}
    return element(
        "ItemPrice",
        *(
            element("Component", amount("Amount", value, m.digits, m.currency), Type=kind)
            for kind, value in values.items()
            if value or kind == "Principal"
        ),
    )


def _promotion(line: Line, m: Marketplace) -> ET.Element:
    return element(
        "Promotion",
        amount("ItemPromotionDiscount", line.discount, m.digits, m.currency) if line.discount else None,
        amount("ShipPromotionDiscount", line.shipping_discount, m.digits, m.currency) if line.shipping_discount else None,
        PromotionIDs=",".join(line.promotion_ids),
    )

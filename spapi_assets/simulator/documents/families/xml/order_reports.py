"""GET_ORDER_REPORT_DATA_{SHIPPING,INVOICING,TAX} and GET_PENDING_ORDERS_DATA: only Amazon's own schedule makes these.
Merchant-fulfilled orders since the schedule's last report; names as in Airbyte's schema of the report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

from ....business.marketplaces import Marketplace, local_day
from ....business.orders import Line, Order
from ....business.people import customer
from ....business.titles import title
from ...flat import iso
from ...model import Document, NoData, Request
from ...xml_document import amount, element, envelope, xml_document

FULFILLABLE_AFTER = 1_800  # seconds until an order is no longer pending for the seller
_PENDING = 14_400  # seconds until the payment is certain
_LOOK_BACK = timedelta(days=38)


def render(request: Request) -> Document:
    """Orders that became fulfillable in the window and were not cancelled before."""
    found = sorted(_orders(request), key=lambda order: (order.purchased, order.id))
    if not found:
        raise NoData("No order became fulfillable since the last report.")
    messages = [_report(request, order) for order in found]
    return xml_document(envelope("OrderReport", request.account.selling_partner_id, messages))


def pending(request: Request) -> Document:
    """Merchant-fulfilled orders that are pending now: no buyer, no prices."""
    now = request.now.timestamp()
    found = [
        order
        for m in request.marketplaces
        for order in request.business.purchased_between(
            request.account, m, local_day(m.zone, now) - timedelta(days=1), local_day(m.zone, now)
        )
        if order.merchant_fulfilled and order.purchased <= now < order.purchased + _PENDING
    ]
    if not found:
        raise NoData("No order is pending.")
    messages = [
        element(
            "PendingOrder",
            *(
                element(
                    "Item",
                    AmazonOrderItemCode=line.item_code,
                    SKU=line.product.sku,
                    Title=title(line.product, order.marketplace.language),
                    Quantity=line.units,
                )
                for line in order.lines
            ),
            AmazonOrderID=order.id,
            OrderDate=iso(order.purchased),
        )
        for order in found
    ]
    return xml_document(envelope("PendingOrdersReport", request.account.selling_partner_id, messages))


def _orders(request: Request) -> Iterator[Order]:
    start = max(request.start, request.now - _LOOK_BACK).timestamp()
    end = min(request.end, request.now).timestamp()
    for m in request.marketplaces:
        first, last = local_day(m.zone, start) - timedelta(days=1), local_day(m.zone, end)
        for order in request.business.purchased_between(request.account, m, first, last):
            ready = order.purchased + FULFILLABLE_AFTER
            if order.merchant_fulfilled and start <= ready < end and not (order.cancelled and order.cancelled < ready):
                yield order


def _report(request: Request, order: Order) -> ET.Element:
    who, m = customer(request.business.seed, order), order.marketplace
    city, state, postal_code, country = order.place
    address = element(
        "Address",
        Name=who.name,
        AddressFieldOne=who.street,
        AddressFieldTwo=who.company or None,
        City=city,
        StateOrRegion=state,
        PostalCode=postal_code,
        CountryCode=country,
        PhoneNumber=who.phone,
    )
    return element(
        "OrderReport",
        element("BillingData", BuyerEmailAddress=who.email, BuyerName=who.name, BuyerPhoneNumber=who.phone),
        element("FulfillmentData", address, FulfillmentMethod="Ship", FulfillmentServiceLevel=order.service_level),
        *(_item(line, m) for line in order.lines if not line.product.fba),
        AmazonOrderID=order.id,
        AmazonSessionID=order.id,
        OrderDate=iso(order.purchased),
        OrderPostedDate=iso(order.purchased + FULFILLABLE_AFTER),
        IsBusinessOrder="true" if order.business else "false",
    )


def _item(line: Line, m: Marketplace) -> ET.Element:
    def component(tag: str, kind: str, value: int) -> ET.Element:
        return element(tag, amount("Amount", value, m.digits, m.currency), Type=kind)

    prices = {"Principal": line.price, "Shipping": line.shipping, "Tax": line.tax, "ShippingTax": line.shipping_tax}
    return element(
        "Item",
        element("ItemPrice", *(component("Component", kind, value) for kind, value in prices.items())),
        element("ItemFees", component("Fee", "Commission", -round(line.price * 0.15))),
        _promotion(line, m) if line.discount else None,
        AmazonOrderItemCode=line.item_code,
        SKU=line.product.sku,
        Title=title(line.product, m.language),
        Quantity=line.units,
        ProductTaxCode="A_GEN_STANDARD",
        SignatureConfirmationRecommended="false",
    )


def _promotion(line: Line, m: Marketplace) -> ET.Element:
    return element(
        "Promotion",
        element("Component", amount("Amount", -line.discount, m.digits, m.currency), Type="Principal"),
        PromotionClaimCode="_SITE_WIDE_",
        MerchantPromotionID=line.promotion_ids[-1],
    )

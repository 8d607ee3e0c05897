"""GET_AMAZON_FULFILLED_SHIPMENTS_DATA_{GENERAL,INVOICING,TAX}: every line that Amazon shipped, with its parcel.
Only the two restricted types show who bought; the general one has the same columns and leaves them blank."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.people import customer
from ....business.seeds import derive
from ....business.shipments import Parcel, parcels
from ....business.titles import title
from ...flat import Cells, iso, money, named_file
from ...model import Document, NoData, Request
from ...rules import EUROPE, NORTH_AMERICA, longest, only_in, window

# The other two types are documented without their columns; they are served in the general one's layout.
HEADER = (
    "amazon-order-id", "merchant-order-id", "shipment-id", "shipment-item-id", "amazon-order-item-id", "merchant-order-item-id",
    "purchase-date", "payments-date", "shipment-date", "reporting-date", "buyer-email", "buyer-name", "buyer-phone-number", "sku",
    "product-name", "quantity-shipped", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price",
    "gift-wrap-tax", "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "ship-phone-number", "bill-address-1", "bill-address-2", "bill-address-3",
    "bill-city", "bill-state", "bill-postal-code", "bill-country", "item-promotion-discount", "ship-promotion-discount",
    "carrier",
    "tracking-number", "estimated-arrival-date", "fulfillment-center-id", "fulfillment-channel", "sales-channel",
)  # fmt: skip
_MONTH = 31


def general(request: Request) -> Document:
    """Shipments of the window, at most a month, without personal data."""
    return _shipments(request, personal=False)


def invoicing(request: Request) -> Document:
    """The same with buyers and addresses, for invoices; Europe only."""
    only_in(request, EUROPE)
    return _shipments(request, personal=True)


def tax(request: Request) -> Document:
    """The same with buyers and addresses, for taxes; North America only."""
    only_in(request, NORTH_AMERICA)
    return _shipments(request, personal=True)


def _shipments(request: Request, *, personal: bool) -> Document:
    longest(request, _MONTH)
    start, end = window(request)
    now = request.now.timestamp()
    found = [p for m in request.marketplaces for p in parcels(request.business, request.account, m, start, end, now)]
    if not found:
        raise NoData("Amazon shipped nothing in the window.")
    rows: Iterator[Cells] = (_row(request.business.seed, p, personal) for p in found)
    return named_file(HEADER, rows, request.marketplaces[0])


def _row(seed: int, p: Parcel, personal: bool) -> Cells:
    order, line, m = p.order, p.line, p.order.marketplace
    city, state, postal_code, country = order.place
    cells: dict[str, str | int] = {
        "amazon-order-id": order.id, "merchant-order-id": order.id, "shipment-id": p.shipment_id, "shipment-item-id": p.item_id,
        "amazon-order-item-id": line.item_code, "purchase-date": iso(order.purchased),
        "payments-date": iso(order.purchased + derive(seed, "paid", order.id) % 1_700), "shipment-date": iso(order.shipped),
        "reporting-date": iso(p.reported), "sku": line.product.sku, "product-name": title(line.product, m.language),
        "quantity-shipped": line.units, "currency": m.currency, "item-price": money(line.price, m.digits),
        "item-tax": money(line.tax, m.digits), "shipping-price": money(line.shipping, m.digits),
        "shipping-tax": money(line.shipping_tax, m.digits), "gift-wrap-price": money(0, m.digits),
        "gift-wrap-tax": money(0, m.digits), "ship-service-level": order.service_level, "ship-city": city, "ship-state": state,
        "ship-postal-code": postal_code, "ship-country": country, "item-promotion-discount": money(-line.discount, m.digits),
        "ship-promotion-discount": money(-line.shipping_discount, m.digits), "carrier": p.carrier, "tracking-number": p.tracking,
        "estimated-arrival-date": iso(p.arrives), "fulfillment-center-id": p.centre.code, "fulfillment-channel": "AFN",
        "sales-channel": m.sales_channel,
    }  # fmt: skip
    if personal:
        who = customer(seed, order)
        cells |= {
            "buyer-email": who.email, "buyer-name": who.name, "buyer-phone-number": who.phone, "recipient-name": who.name,
            "ship-address-1": who.street, "ship-address-2": who.company, "ship-phone-number": who.phone,
            "bill-address-1": who.street, "bill-address-2": who.company, "bill-city": city, "bill-state": state,
            "bill-postal-code": postal_code, "bill-country": country,
        }  # fmt: skip
    return cells

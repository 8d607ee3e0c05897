"""Orders that the seller ships himself: unshipped ones, order reports with addresses, pending ones. One row a line.
Restricted types show who bought; pending orders have no buyer and no price yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....business.marketplaces import local_day
from ....business.orders import Line, Order
from ....business.people import customer
from ....business.seeds import derive
from ....business.titles import title
from ...flat import Cells, iso, money, named_file
from ...model import Document, NoData, Request
from ...rules import longest, marketplaces_in, window

ACTIONABLE = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "reporting-date", "promise-date", "days-past-promise",
    "buyer-email", "buyer-phone-number", "is-business-order", "quantity-purchased", "quantity-shipped", "quantity-to-ship",
    "product-name", "purchase-order-number", "recipient-name", "ship-city", "ship-country", "ship-postal-code",
    "ship-promotion-discount", "ship-service-level", "ship-state", "shipping-price", "shipping-tax", "sku",
)  # fmt: skip
# Requested order reports; the columns are those that sellers' tools read, Amazon documents none.
SHIPPING = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name", "buyer-phone-number", "sku",
    "product-name", "quantity-purchased", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3", "ship-city", "ship-state",
    "ship-postal-code", "ship-country", "ship-phone-number", "delivery-start-date", "delivery-end-date", "delivery-time-zone",
    "delivery-Instructions", "is-business-order", "purchase-order-number", "price-designation",
)  # fmt: skip
INVOICING = (
    *SHIPPING, "bill-name", "bill-address-1", "bill-address-2", "bill-address-3", "bill-city", "bill-state", "bill-postal-code",
    "bill-country", "buyer-company-name", "buyer-vat-number",
)  # fmt: skip
PENDING = ("order-id", "order-item-id", "purchase-date", "sku", "product-name", "quantity-purchased", "payment-type")
_FULFILLABLE_AFTER = 1_800  # seconds until a new order may be shipped
_PAID_AFTER = 14_400  # seconds until its payment is certain
_PAYMENTS = ("ConvenienceStore", "COD", "Other")
_LOOK_BACK = timedelta(days=38)
_LONGEST = 60  # days
_PROMISED = 2 * 86_400  # an order should be shipped within this time


def actionable(request: Request) -> Document:
    """What waits to be shipped now."""
    now = request.now.timestamp()
    rows = []
    for order in _orders(request, now - _LOOK_BACK.total_seconds(), now):
        if order.status(now) == "Pending" and order.purchased + _FULFILLABLE_AFTER <= now:
            rows += [_unshipped(request, order, line, now) for line in order.lines if not line.product.fba]
    return _file(request, ACTIONABLE, rows, "No order waits to be shipped.")


def order_report(request: Request) -> Document:
    """Orders that became fulfillable in the window, at most 60 days, for the post, for invoices or for taxes."""
    longest(request, _LONGEST)
    start, end = window(request)
    rows = []
    for order in _orders(request, start - _FULFILLABLE_AFTER, end - _FULFILLABLE_AFTER):
        ready = order.purchased + _FULFILLABLE_AFTER
        if not (order.cancelled and order.cancelled < ready):
            rows += [_addressed(request, order, line) for line in order.lines if not line.product.fba]
    if request.report_type.endswith("SHIPPING"):
        return _file(
            request,
            SHIPPING,
            [_only(row, (*SHIPPING, "sales-channel")) for row in rows],
            "No order became fulfillable in the window.",
        )
    return _file(request, INVOICING, rows, "No order became fulfillable in the window.")


def pending(request: Request) -> Document:
    """Orders whose payment is not certain yet, in either of two names of the same report; Japan only."""
    marketplaces_in(request, {"JP"})
    now = request.now.timestamp()
    rows: list[Cells] = []
    for order in _orders(request, now - _PAID_AFTER, now + 1):
        kind = _PAYMENTS[derive(request.business.seed, "payment", order.id) % len(_PAYMENTS)]
        rows += [_only(_bought(request, order, line) | {"payment-type": kind}, PENDING) for line in order.lines]
    return _file(request, PENDING, rows, "No order is pending.", channel=False)


def _orders(request: Request, start: float, end: float) -> Iterator[Order]:
    """Merchant-fulfilled orders purchased in [start, end) and not later than now."""
    for m in request.marketplaces:
        first, last = local_day(m.zone, start), local_day(m.zone, end)
        for order in request.business.purchased_between(request.account, m, first, last):
            if order.merchant_fulfilled and start <= order.purchased < end and order.purchased <= request.now.timestamp():
                yield order


def _only(row: Cells, header: tuple[str, ...]) -> Cells:
    return {name: row[name] for name in header if name in row}


def _bought(request: Request, order: Order, line: Line) -> dict[str, str | int]:
    return {
        "order-id": order.id, "order-item-id": line.item_code, "purchase-date": iso(order.purchased), "sku": line.product.sku,
        "product-name": title(line.product, order.marketplace.language), "quantity-purchased": line.units,
        "ship-service-level": order.service_level,
    }  # fmt: skip


def _paid(request: Request, order: Order) -> str:
    return iso(order.purchased + derive(request.business.seed, "paid", order.id) % (_FULFILLABLE_AFTER - 100))


def _unshipped(request: Request, order: Order, line: Line, now: float) -> Cells:
    m, who = order.marketplace, customer(request.business.seed, order)
    city, state, postal_code, country = order.place
    return _bought(request, order, line) | {
        "payments-date": _paid(request, order), "reporting-date": iso(order.purchased + _FULFILLABLE_AFTER),
        "promise-date": iso(order.purchased + _PROMISED), "days-past-promise": int((now - order.purchased - _PROMISED) // 86_400),
        "buyer-email": who.email, "buyer-phone-number": who.phone, "is-business-order": "true" if order.business else "false",
        "quantity-shipped": 0, "quantity-to-ship": line.units,
        "purchase-order-number": f"PO-{order.id[-6:]}" if order.business else "", "recipient-name": who.name, "ship-city": city,
        "ship-country": country, "ship-postal-code": postal_code, "ship-state": state,
        "ship-promotion-discount": money(-line.shipping_discount, m.digits), "shipping-price": money(line.shipping, m.digits),
        "shipping-tax": money(line.shipping_tax, m.digits), "sales-channel": m.sales_channel,
    }  # fmt: skip


def _addressed(request: Request, order: Order, line: Line) -> Cells:
    m, who = order.marketplace, customer(request.business.seed, order)
    city, state, postal_code, country = order.place
    return _bought(request, order, line) | {
        "payments-date": _paid(request, order), "buyer-email": who.email, "buyer-name": who.name, "buyer-phone-number": who.phone,
        "currency": m.currency, "item-price": money(line.price, m.digits), "item-tax": money(line.tax, m.digits),
        "shipping-price": money(line.shipping, m.digits), "shipping-tax": money(line.shipping_tax, m.digits),
        "recipient-name": who.name, "ship-address-1": who.street, "ship-address-2": who.company, "ship-city": city,
        "ship-state": state, "ship-postal-code": postal_code, "ship-country": country, "ship-phone-number": who.phone,
        "is-business-order": "true" if order.business else "false",
        "purchase-order-number": f"PO-{order.id[-6:]}" if order.business else "",
        "price-designation": "Business Price" if order.business and line.units >= 5 else "", "bill-name": who.name,
        "bill-address-1": who.street, "bill-address-2": who.company, "bill-city": city, "bill-state": state,
        "bill-postal-code": postal_code, "bill-country": country, "buyer-company-name": who.company,
        "buyer-vat-number": who.vat_number, "sales-channel": m.sales_channel,
    }  # fmt: skip


def _file(request: Request, header: tuple[str, ...], rows: list[Cells], empty: str, *, channel: bool = True) -> Document:
    """The option ShowSalesChannel adds the sales channel as the last column."""
    if not rows:
        raise NoData(empty)
    if channel and request.option("ShowSalesChannel", ("true", "false"), "false") == "true":
        header = (*header, "sales-channel")
    elif channel:
        rows = [{name: value for name, value in row.items() if name != "sales-channel"} for row in rows]
    return named_file(header, rows, request.marketplaces[0])

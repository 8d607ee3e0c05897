"""Returns of merchant-fulfilled orders as XML, those under Seller Fulfilled Prime, and the return attributes of SKUs.
Elements of returns as a public reader of a real document shows them; those of the SKU attributes are invented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

from ....business.catalog import PRODUCTS
from ....business.orders import Order
from ....business.returns import Return, returned
from ....business.seeds import derive
from ....business.titles import title
from ...flat import iso, money
from ...model import BadRequest, Document, NoData, Request
from ...xml_document import element, one_message, xml_document

_LONGEST = timedelta(days=61)
_TRANSIT = 5 * 86_400  # a return is requested at most so long before it is refunded


def render(request: Request) -> Document:
    """Returns requested in the window."""
    found = [_details(request, r) for r in _requested(request)]
    if not found:
        raise NoData("No return was requested in the window.")
    return xml_document(one_message("Returns-Report", found))


def prime(request: Request) -> Document:
    """The same for orders that were shipped under Seller Fulfilled Prime."""
    found = [_details(request, r) for r in _requested(request) if is_prime(r.order)]
    if not found:
        raise NoData("No Seller Fulfilled Prime return was requested in the window.")
    return xml_document(one_message("Returns-Report", found))


def attributes(request: Request) -> Document:
    """How each merchant-fulfilled SKU may be returned."""
    m = request.marketplaces[0]
    skus = [
        element(
            "sku_return_attributes",
            merchant_sku=p.sku,
            asin=p.asin,
            item_name=title(p, m.language),
            prepaid_label="Eligible" if p.index % 2 else "Exempt",
            restocking_fee_exempt="false",
            exemption_reason=None if p.index % 2 else "Heavy or bulky item",
            return_window_days=30,
        )
        for p in PRODUCTS
        if not p.fba
    ]
    return xml_document(one_message("SKU-Return-Attributes-Report", skus))


def is_prime(order: Order) -> bool:
    """Whether the order was shipped under Seller Fulfilled Prime."""
    return derive(0, "prime", order.id) % 3 == 0


def _requested(request: Request) -> Iterator[Return]:
    if request.end - request.start > _LONGEST:
        raise BadRequest("Date range exceeded. The report's dates may span at most 60 days.")
    start, end = request.start.timestamp(), min(request.end, request.now).timestamp()
    m = request.marketplaces[0]  # of several stores in one request only the first is answered
    found = [
        r
        for r in returned(request.business, request.account, m, start, end + _TRANSIT)
        if not r.line.product.fba and start <= r.requested < end
    ]
    yield from sorted(found, key=lambda r: (r.requested, r.rma))


def _details(request: Request, r: Return) -> ET.Element:
    order, line, m = r.order, r.line, r.order.marketplace
    arrived = r.delivered <= request.now.timestamp()
    refunded = line.refund_at <= request.now.timestamp()
    label = element("label_details", label_type="AmazonUnPaidLabel", label_cost=money(0, m.digits), currency_code=m.currency)
    item = element(
        "item_details",
        item_name=title(line.product, m.language),
        asin=line.product.asin,
        merchant_sku=line.product.sku,
        return_quantity=line.refund_units,
        return_reason_code=r.reason,
        in_policy="Y",
        resolution="StandardRefund",
        category="Sports",
        refund_amount=money(line.refunded(line.price + line.tax), m.digits) if refunded else None,
    )
    return element(
        "return_details",
        item,
        label,
        order_id=order.id,
        order_date=iso(order.purchased),
        amazon_rma_id=r.rma,
        return_request_date=iso(r.requested),
        return_request_status="Completed" if refunded else "Approved",
        return_delivery_date=iso(r.delivered) if arrived else None,
        a_to_z_claim="N",
        is_prime="Y" if is_prime(order) else "N",
        label_to_be_paid_by="Customer" if line.sellable_return else "Seller",
        return_type="C-Returns",
        order_amount=money(sum(each.price + each.tax for each in order.lines), m.digits),
        order_quantity=sum(each.units for each in order.lines),
    )

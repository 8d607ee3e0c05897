"""Returns as flat files: units back at Amazon, returns of the seller's own shipments, and how a SKU may be returned.
The same returns as XML are in families/xml/returns.py."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.catalog import PRODUCTS
from ....business.centres import home
from ....business.marketplaces import Marketplace, utc
from ....business.returns import Return, returned
from ....business.titles import title
from ...flat import Cells, csv_file, iso, money, named_file
from ...model import Document, NoData, Request
from ...rules import longest, window
from ..xml.returns import is_prime

FBA = (
    "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
    "detailed-disposition",
    "reason", "status", "license-plate-number", "customer-comments",
)  # fmt: skip
MERCHANT = (
    "Order ID", "Order date", "Return request date", "Return request status", "Amazon RMA ID", "Merchant RMA ID", "Label type",
    "Label cost", "Currency code", "Return carrier", "Tracking ID", "Label to be paid by", "A-to-Z Claim", "Is prime", "ASIN",
    "Merchant SKU", "Item Name", "Return quantity", "Return Reason", "In policy", "Return type", "Resolution", "Invoice number",
    "Return delivery date", "Order Amount", "Order quantity", "SafeT Action reason", "SafeT claim id", "SafeT claim state",
    "SafeT claim creation time", "SafeT claim reimbursement amount", "Refunded Amount",
)  # fmt: skip
# Amazon says what the report tells (who gets a prepaid label, what may be kept by the customer), not how the columns are called.
ATTRIBUTES = ("Merchant SKU", "ASIN", "Item Name", "Prepaid Label Eligible", "Returnless Refund Eligible")
_TRANSIT = 5 * 86_400  # a return is requested at most so long before it is refunded
_LONGEST = 60  # days


def amazon(request: Request) -> Document:
    """Units that came back to Amazon's warehouses in the window, one row each."""
    start, end = window(request)
    rows = sorted(
        (row for m in request.marketplaces for r in _returned(request, m, start, end) for row in _units(r)),
        key=lambda row: (row["return-date"], row["license-plate-number"]),
    )
    if not rows:
        raise NoData("No unit came back in the window.")
    return named_file(FBA, rows, request.marketplaces[0])


def _returned(request: Request, m: Marketplace, start: float, end: float) -> Iterator[Return]:
    return (r for r in returned(request.business, request.account, m, start, end) if r.line.product.fba)


def _units(r: Return) -> Iterator[dict[str, str | int]]:
    line, m = r.line, r.order.marketplace
    for n in range(line.refund_units):
        yield {
            "return-date": iso(line.refund_at), "order-id": r.order.id, "sku": line.product.sku, "asin": line.product.asin,
            "fnsku": line.product.fnsku, "product-name": title(line.product, m.language), "quantity": 1,
            "fulfillment-center-id": home(m.pool, line.product).code, "detailed-disposition": r.disposition, "reason": r.reason,
            "status": "Unit returned to inventory" if line.sellable_return else "Unsellable unit kept",
            "license-plate-number": r.plate(n), "customer-comments": r.comment,
        }  # fmt: skip


def merchant(request: Request) -> Document:
    """Returns of the seller's own shipments requested in the window, at most 60 days."""
    rows = [_request(request, r) for r in _requested(request)]
    if not rows:
        raise NoData("No return was requested in the window.")
    return named_file(MERCHANT, rows, request.marketplaces[0])


def prime(request: Request) -> Document:
    """The same for orders shipped under Seller Fulfilled Prime, separated by commas."""
    rows = [_request(request, r) for r in _requested(request) if is_prime(r.order)]
    if not rows:
        raise NoData("No Seller Fulfilled Prime return was requested in the window.")
    return csv_file(MERCHANT, rows)


def attributes(request: Request) -> Document:
    """How each of the seller's own SKUs may be returned."""
    m = request.marketplaces[0]
    rows: list[Cells] = [
        {
            "Merchant SKU": p.sku, "ASIN": p.asin, "Item Name": title(p, m.language),
            "Prepaid Label Eligible": "Y" if p.index % 2 else "N", "Returnless Refund Eligible": "Y" if p.price < 1_000 else "N",
        }
        for p in PRODUCTS
        if not p.fba
    ]  # fmt: skip
    return named_file(ATTRIBUTES, rows, m)


def _requested(request: Request) -> list[Return]:
    longest(request, _LONGEST)
    start, end = window(request)
    found = [
        r
        for m in request.marketplaces
        for r in returned(request.business, request.account, m, start, end + _TRANSIT)
        if not r.line.product.fba and start <= r.requested < end
    ]
    return sorted(found, key=lambda r: (r.requested, r.rma))


def _request(request: Request, r: Return) -> Cells:
    order, line, m = r.order, r.line, r.order.marketplace
    now = request.now.timestamp()
    refunded = line.refund_at <= now
    return {
        "Order ID": order.id, "Order date": _day(order.purchased), "Return request date": _day(r.requested),
        "Return request status": "Completed" if refunded else "Approved", "Amazon RMA ID": r.rma,
        "Label type": "AmazonUnPaidLabel", "Label cost": money(0, m.digits), "Currency code": m.currency,
        "Label to be paid by": "Customer" if line.sellable_return else "Seller", "A-to-Z Claim": "N",
        "Is prime": "Y" if is_prime(order) else "N", "ASIN": line.product.asin, "Merchant SKU": line.product.sku,
        "Item Name": title(line.product, m.language), "Return quantity": line.refund_units, "Return Reason": r.reason,
        "In policy": "Y", "Return type": "C-Returns", "Resolution": "StandardRefund",
        "Return delivery date": _day(r.delivered) if r.delivered <= now else "",
        "Order Amount": money(sum(each.price + each.tax for each in order.lines), m.digits),
        "Order quantity": sum(each.units for each in order.lines),
        "Refunded Amount": money(line.refunded(line.price + line.tax), m.digits) if refunded else "",
    }  # fmt: skip


def _day(instant: float) -> str:
    """`03-Nov-2026`, in English everywhere."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day = utc(instant).date()
    return f"{day.day:02d}-{months[day.month - 1]}-{day.year}"

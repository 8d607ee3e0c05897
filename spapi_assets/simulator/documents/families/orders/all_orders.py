"""GET_FLAT_FILE_ALL_ORDERS_DATA_BY_{LAST_UPDATE,ORDER_DATE}_GENERAL: one row a line, all lines of each order in the window.
There is no order-item id in this report, so two lines of one order may be the same row; that is Amazon's, not ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....business.marketplaces import local_day
from ....business.orders import Order
from ....business.titles import title
from ...flat import flat_file, iso, money, named_file
from ...model import BadRequest, Document, NoData, Request
from ...rules import window

BY_LAST_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_ORDER_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"

HEADER = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status", "fulfillment-channel",
    "sales-channel", "order-channel", "ship-service-level", "product-name", "sku", "asin", "item-status", "quantity",
    "currency", "item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax",
    "item-promotion-discount", "ship-promotion-discount", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "promotion-ids", "cpf", "is-business-order", "purchase-order-number", "price-designation",
    "signature-confirmation-recommended",
)  # fmt: skip

# Orders older than two years, in a layout of their own.
ARCHIVED = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status", "fulfillment-channel",
    "sales-channel", "order-channel", "url", "ship-service-level", "product-name", "sku", "asin", "item-status", "quantity",
    "currency", "item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax",
    "item-promotion-discount", "ship-promotion-discount", "ship-country", "ship-promotion-id", "promotion-ids",
    "is-business-order", "purchase-order-number", "price-designation", "is-replacement-order",
)  # fmt: skip
_ARCHIVED_AFTER = timedelta(days=730)

LONGEST = timedelta(days=31)  # "30 days": inclusive windows of 30 days and the odd hour are let through


def render(request: Request) -> Document:
    """Orders whose last update (or purchase) as known now lies in [start, end)."""
    if request.end - request.start > LONGEST:
        raise BadRequest("Date range exceeded. The report's dates may span at most 30 days.")
    found = list(_orders(request))
    if not found:
        raise NoData("No order was updated in the window.")
    now = request.now.timestamp()
    found.sort(key=lambda order: (order.last_updated(now), order.id))
    rows = (row for order in found for row in _rows(order, now))
    return flat_file(HEADER, rows, request.marketplaces[0])


def archived(request: Request) -> Document:
    """Orders purchased in the window that are more than two years old."""
    last = (request.now - _ARCHIVED_AFTER).timestamp()
    found = [order for order in _orders(request) if order.purchased < last]
    if not found:
        raise NoData("No order of the window is archived: they are all younger than two years.")
    rows = []
    for order in found:
        for row in _rows(order, request.now.timestamp()):
            cells = dict(zip(HEADER, row, strict=True)) | {"is-replacement-order": "false"}
            rows.append({name: cells[name] for name in ARCHIVED if name in cells})
    return named_file(ARCHIVED, rows, request.marketplaces[0])


def _orders(request: Request) -> Iterator[Order]:
    business, account = request.business, request.account
    (start, end), now = window(request), request.now.timestamp()
    for marketplace in account.marketplaces if business.region_wide_orders else request.marketplaces:
        if request.report_type == BY_LAST_UPDATE:
            yield from business.updated_between(account, marketplace, start, end, now)
        else:
            last = local_day(marketplace.zone, end)
            for order in business.purchased_between(account, marketplace, local_day(marketplace.zone, start), last):
                if start <= order.purchased < end:
                    yield order


def _rows(order: Order, now: float) -> Iterator[tuple[str, ...]]:
    """An order's lines. Pending orders have no prices yet; cancelled ones have no units either."""
    m = order.marketplace
    status = order.status(now)
    priced = status == "Shipped"
    city, state, postal_code, country = order.place
    purchased, updated = iso(order.purchased), iso(order.last_updated(now))

    def amount(value: int) -> str:
        return money(value, m.digits) if priced else ""

    for line in order.lines:
        yield (
            order.id,
            order.id,
            purchased,
            updated,
            status,
            "Amazon" if line.product.fba else "Merchant",
            m.sales_channel,
            "",
            order.service_level,
            title(line.product, m.language),
            line.product.sku,
            line.product.asin,
            "Unshipped" if status == "Pending" else status,
            "0" if status == "Cancelled" else str(line.units),
            m.currency if priced else "",
            amount(line.price),
            amount(line.tax),
            amount(line.shipping) if line.shipping else "",
            amount(line.shipping_tax) if line.shipping_tax else "",
            "",
            "",
            amount(line.discount) if line.discount else "",
            amount(line.shipping_discount) if line.shipping_discount else "",
            city,
            state,
            postal_code,
            country,
            ",".join(line.promotion_ids) if priced else "",
            "",
            "true" if order.business else "false",
            f"PO-{order.id[-6:]}" if order.business else "",
            "Business Price" if order.business and line.units >= 5 else "",
            "false",
        )

"""Stock that cannot be sold for want of an offer (stranded), and stock that Amazon would rather see gone (recommended removal).
Stranded is what is left of retired articles; their deleted offers are in the cancelled-listings report."""

from __future__ import annotations

from datetime import timedelta

from ....business.ages import ages, between
from ....business.catalog import list_price
from ....business.inventory import positions
from ....business.marketplaces import local_day
from ....business.retired import CLOSED, RETIRED, units
from ....business.titles import title
from ...flat import Cells, money, named_file
from ...model import Document, NoData, Request

UI = (
    "primary-action", "date-stranded", "Date-to-take-auto-removal", "status-primary", "status-secondary", "error-message",
    "stranded-reason", "asin", "sku", "fnsku", "product-name", "condition", "fulfilled-by", "fulfillable-qty", "your-price",
    "unfulfillable-qty", "reserved-quantity", "inbound-shipped-qty",
)  # fmt: skip
LOADER = (
    "sku", "product-id", "product-id-type", "price", "minimum-seller-allowed-price", "maximum-seller-allowed-price",
    "item-condition", "quantity", "add-delete", "will-ship-internationally", "expedited-shipping", "standard-plus", "item-note",
    "fulfillment-center-id", "product-tax-code", "leadtime-to-ship", "merchant_shipping_group_name",
)  # fmt: skip
# Source: developer-docs.amazon.com, "FBA Removals reports attributes".
RECOMMENDED = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "sellable-quantity", "sellable-271-365-days",
    "sellable-365+-days", "sellable-removal-quantity", "unsellable-quantity", "unsellable-0-7-days", "unsellable-8-60-days",
    "unsellable-61-90-days", "sellable-121-180-days", "sellable-181-270-days",
)  # fmt: skip


def ui(request: Request) -> Document:
    """Stranded units as Seller Central shows them."""
    m = request.marketplaces[0]
    rows: list[Cells] = [
        {
            "primary-action": "Relist", "date-stranded": f"{CLOSED.isoformat()}T00:00:00+00:00",
            "Date-to-take-auto-removal": "", "status-primary": "Inactive", "status-secondary": "Listing closed",
            "stranded-reason": "Listing deleted", "asin": p.asin, "sku": p.sku, "fnsku": p.fnsku,
            "product-name": title(p, m.language), "condition": "New", "fulfilled-by": "Amazon",
            "fulfillable-qty": units(request.business, request.account, m.pool, p),
            "your-price": money(list_price(p, m, CLOSED.year), m.digits), "unfulfillable-qty": 0, "reserved-quantity": 0,
            "inbound-shipped-qty": 0,
        }
        for p in RETIRED
    ]  # fmt: skip
    return named_file(UI, rows, m)


def loader(request: Request) -> Document:
    """The same units as a file that lists them again when it is uploaded."""
    m = request.marketplaces[0]
    rows: list[Cells] = [
        {
            "sku": p.sku, "product-id": p.asin, "product-id-type": 1, "price": money(list_price(p, m, CLOSED.year), m.digits),
            "item-condition": 11, "add-delete": "a",
            "fulfillment-center-id": {"na": "AMAZON_NA", "eu": "AMAZON_EU", "fe": "AMAZON_JP"}[m.region],
        }
        for p in RETIRED
    ]  # fmt: skip
    return named_file(LOADER, rows, m)


def recommended(request: Request) -> Document:
    """Sellable units of a year and more, and every unsellable one."""
    m = request.marketplaces[0]
    now = request.now.timestamp()
    day = local_day(m.zone, now)
    classes = ages(request.business, request.account, m.pool, day)
    rows: list[Cells] = []
    for p in positions(request.business, request.account, m.pool, now):
        mine = classes[p.product.index]
        old = between(mine, 366)
        if old or p.unsellable:
            rows.append(
                {
                    "snapshot-date": f"{(day - timedelta(days=1)).isoformat()}T00:00:00+00:00",
                    "sku": p.product.sku,
                    "fnsku": p.product.fnsku,
                    "asin": p.product.asin,
                    "product-name": title(p.product, m.language),
                    "condition": "New",
                    "sellable-quantity": sum(mine),
                    "sellable-271-365-days": between(mine, 271, 365),
                    "sellable-365+-days": old,
                    "sellable-removal-quantity": old,
                    "unsellable-quantity": p.unsellable,
                    "unsellable-0-7-days": 0,
                    "unsellable-8-60-days": p.unsellable,
                    "unsellable-61-90-days": 0,
                    "sellable-121-180-days": between(mine, 91, 180),
                    "sellable-181-270-days": between(mine, 181, 270),
                }
            )
    if not rows:
        raise NoData("Amazon recommends to remove nothing.")
    return named_file(RECOMMENDED, rows, m)

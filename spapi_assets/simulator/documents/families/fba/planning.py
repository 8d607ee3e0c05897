"""What Amazon recommends to do with FBA stock: inventory planning (ages, storage costs, cover) and restocking.
Stock, ages and sales are the business's; only the advice is made up here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ....business.ages import Sold, ages, between, sold
from ....business.catalog import Product, list_price
from ....business.dimensions import size
from ....business.inventory import Position, positions
from ....business.items import Item, ranks
from ....business.marketplaces import Marketplace, local_day
from ....business.retired import RETIRED, units
from ....business.settlements import storage_rate
from ....business.titles import title
from ...flat import Cells, money, named_file, number
from ...model import Document, Request
from ...rules import next_month

PLANNING = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "available", "pending-removal-quantity",
    "inv-age-0-to-90-days", "inv-age-91-to-180-days", "inv-age-181-to-270-days", "inv-age-271-to-365-days",
    "inv-age-365-plus-days", "currency", "qty-to-be-charged-ltsf-9-mo", "projected-ltsf-9-mo", "qty-to-be-charged-ltsf-12-mo",
    "estimated-ltsf-next-charge", "units-shipped-t7", "units-shipped-t30", "units-shipped-t60", "units-shipped-t90", "alert",
    "your-price", "sales-price", "lowest-price-new-plus-shipping", "lowest-price-used", "recommended-action",
    "healthy-inventory-level", "recommended-sales-price", "recommended-sale-duration-days", "recommended-removal-quantity",
    "estimated-cost-savings-of-recommended-actions", "sell-through", "item-volume", "volume-unit-measurement", "storage-type",
    "storage-volume", "marketplace", "product-group", "sales-rank", "days-of-supply", "estimated-excess-quantity",
    "weeks-of-cover-t30", "weeks-of-cover-t90", "featuredoffer-price", "sales-shipped-last-7-days", "sales-shipped-last-30-days",
    "sales-shipped-last-60-days", "sales-shipped-last-90-days", "inv-age-0-to-30-days", "inv-age-31-to-60-days",
    "inv-age-61-to-90-days", "inv-age-181-to-330-days", "inv-age-331-to-365-days", "estimated-storage-cost-next-month",
    "inbound-quantity", "inbound-working", "inbound-shipped", "inbound-received", "no-sale-last-6-months", "reserved-quantity",
    "unfulfillable-quantity", "estimated-ais-181-210-days", "estimated-ais-211-240-days", "estimated-ais-241-270-days",
    "estimated-ais-271-300-days", "estimated-ais-301-330-days", "estimated-ais-331-365-days", "estimated-ais-365-plus-days",
    "quantity-to-be-charged-ais-181-210-days", "quantity-to-be-charged-ais-211-240-days",
    "quantity-to-be-charged-ais-241-270-days", "quantity-to-be-charged-ais-271-300-days",
    "quantity-to-be-charged-ais-301-330-days", "quantity-to-be-charged-ais-331-365-days",
    "quantity-to-be-charged-ais-365-plus-days",
)  # fmt: skip
RESTOCK = (
    "Country", "Product Name", "FNSKU", "Merchant SKU", "ASIN", "Condition", "Supplier", "Supplier part no.", "Currency code",
    "Price", "Sales last 30 days", "Units Sold Last 30 Days", "Total Units", "Inbound", "Available", "FC transfer",
    "FC Processing", "Customer Order", "Unfulfillable", "Working", "Shipped", "Receiving", "Fulfilled by",
    "Total Days of Supply (including units from open shipments)", "Days of Supply at Amazon Fulfillment Network", "Alert",
    "Recommended replenishment qty", "Recommended ship date", "Recommended action", "Unit storage size",
)  # fmt: skip
_AGED = ((181, 210), (211, 240), (241, 270), (271, 300), (301, 330), (331, 365), (366, None))


def planning(request: Request) -> Document:
    """Stock at the report's day begins; ages add up to what is available, storage costs follow the volume."""
    m = request.marketplaces[0]
    day = local_day(m.zone, request.now.timestamp())
    classes = ages(request.business, request.account, m.pool, day)
    recent = sold(request.business, request.account, m, request.now.timestamp())
    rows = [
        _planned(p, m, day, classes[p.product.index], recent[p.product.index], _rank(request, m, p.product))
        for p in _stock(request, m)
    ]
    for product in RETIRED:
        count = units(request.business, request.account, m.pool, product)
        rows.append(_planned(Position(product, count, *[0] * 6), m, day, (*[0] * 11, count), Sold([0] * 4, [0] * 4), 0))
    return named_file(PLANNING, rows, m)


def restock(request: Request) -> Document:
    """What to send to Amazon's warehouses, by SKU, as of now."""
    m = request.marketplaces[0]
    day = local_day(m.zone, request.now.timestamp())
    recent = sold(request.business, request.account, m, request.now.timestamp())

    def rows() -> Iterator[Cells]:
        for p in _stock(request, m):
            last = recent[p.product.index]
            daily = last.units[1] / 30
            inbound = p.inbound_working + p.inbound_shipped + p.inbound_receiving
            missing = max(0, round(daily * 60) - p.total)
            alert = "out_of_stock" if not p.fulfillable else "low_stock" if daily * 14 > p.fulfillable else ""
            yield {
                "Country": m.country, "Product Name": title(p.product, m.language), "FNSKU": p.product.fnsku,
                "Merchant SKU": p.product.sku, "ASIN": p.product.asin, "Condition": "New", "Supplier": "Kestrel & Co Supply",
                "Currency code": m.currency, "Price": money(list_price(p.product, m, day.year), m.digits),
                "Sales last 30 days": money(last.sales[1], m.digits), "Units Sold Last 30 Days": last.units[1],
                "Total Units": p.total, "Inbound": inbound, "Available": p.fulfillable, "FC transfer": 0, "FC Processing": 0,
                "Customer Order": p.reserved, "Unfulfillable": p.unsellable, "Working": p.inbound_working,
                "Shipped": p.inbound_shipped, "Receiving": p.inbound_receiving, "Fulfilled by": "Amazon",
                "Total Days of Supply (including units from open shipments)": _days(p.fulfillable + inbound, daily),
                "Days of Supply at Amazon Fulfillment Network": _days(p.fulfillable, daily), "Alert": alert,
                "Recommended replenishment qty": missing,
                "Recommended ship date": (day + timedelta(days=7)).strftime("%m/%d/%Y") if missing else "none",
                "Recommended action": "Create shipping plan" if missing else "No action required",
                "Unit storage size": f"{size(p.product, m).volume:.4f} {_short(m)}",
            }  # fmt: skip

    return named_file(RESTOCK, rows(), m)


def _stock(request: Request, m: Marketplace) -> list[Position]:
    return positions(request.business, request.account, m.pool, request.now.timestamp())


def _rank(request: Request, m: Marketplace, product: Product) -> int:
    """The rank in the department, as the catalogue shows it."""
    found = ranks(request.business, m, Item(product.asin, product, product.parent), request.now.timestamp())
    return found[1] if found else 0


def _days(stock: int, daily: float) -> str:
    return str(round(stock / daily)) if daily else ""


def _short(m: Marketplace) -> str:
    return "ft3" if m.code == "US" else "m3"


def _planned(p: Position, m: Marketplace, day: date, classes: Sequence[int], last: Sold, rank: int) -> Cells:
    product, available = p.product, sum(classes)
    price = money(list_price(product, m, day.year), m.digits)
    measured = size(product, m)
    daily = last.units[3] / 90
    excess = max(0, available - round(daily * 90) - 10)
    old = between(classes, 366)
    factor = m.per_euro * 10**m.digits
    storage = available * product.volume / 1_000 * storage_rate(next_month(day)) * factor
    cells: dict[str, str | int] = {
        "snapshot-date": day.isoformat(), "sku": product.sku, "fnsku": product.fnsku, "asin": product.asin,
        "product-name": title(product, m.language), "condition": "New", "available": available, "pending-removal-quantity": 0,
        "inv-age-0-to-90-days": between(classes, 0, 90), "inv-age-91-to-180-days": between(classes, 91, 180),
        "inv-age-181-to-270-days": between(classes, 181, 270), "inv-age-271-to-365-days": between(classes, 271, 365),
        "inv-age-365-plus-days": old, "currency": m.currency,
        "qty-to-be-charged-ltsf-9-mo": between(classes, 271, 365),
        "projected-ltsf-9-mo": money(_surcharge(product.volume, between(classes, 271, 365), factor), m.digits),
        "qty-to-be-charged-ltsf-12-mo": old,
        "estimated-ltsf-next-charge": money(_surcharge(product.volume, old, factor), m.digits),
        "alert": "Excess inventory" if excess > 50 else "Low traffic" if not last.units[1] else "", "your-price": price,
        "sales-price": price, "lowest-price-new-plus-shipping": price, "featuredoffer-price": price,
        "recommended-action": "Create removal order" if product in RETIRED else "Create a sale" if excess > 50 else "No action",
        "healthy-inventory-level": round(daily * 60), "recommended-removal-quantity": old if product in RETIRED else 0,
        "estimated-cost-savings-of-recommended-actions": money(round(storage * 0.2) if excess > 50 else 0, m.digits),
        "sell-through": number(last.units[3] / available if available else 0, 2), "item-volume": number(measured.volume, 6),
        "volume-unit-measurement": measured.volume_unit, "storage-type": measured.storage_type,
        "storage-volume": number(measured.volume * available, 6), "marketplace": m.country, "product-group": "gl_outdoors",
        "sales-rank": rank or "",
        "days-of-supply": _days(available, daily), "estimated-excess-quantity": excess,
        "weeks-of-cover-t30": round(available / last.units[1] * 30 / 7) if last.units[1] else "",
        "weeks-of-cover-t90": round(available / last.units[3] * 90 / 7) if last.units[3] else "",
        "inv-age-0-to-30-days": between(classes, 0, 30), "inv-age-31-to-60-days": between(classes, 31, 60),
        "inv-age-61-to-90-days": between(classes, 61, 90), "inv-age-181-to-330-days": between(classes, 181, 330),
        "inv-age-331-to-365-days": between(classes, 331, 365),
        "estimated-storage-cost-next-month": money(round(storage), m.digits),
        "inbound-quantity": p.inbound_working + p.inbound_shipped + p.inbound_receiving, "inbound-working": p.inbound_working,
        "inbound-shipped": p.inbound_shipped, "inbound-received": p.inbound_receiving,
        "no-sale-last-6-months": available if not last.units[3] else 0, "reserved-quantity": p.reserved,
        "unfulfillable-quantity": p.unsellable,
    }  # fmt: skip
    for n, days in enumerate((7, 30, 60, 90)):
        cells[f"units-shipped-t{days}"] = last.units[n]
        cells[f"sales-shipped-last-{days}-days"] = money(last.sales[n], m.digits)
    for first, end in _AGED:
        name = f"{first}-{end}-days" if end else "365-plus-days"
        count = between(classes, first, end)
        cells[f"quantity-to-be-charged-ais-{name}"] = count
        cells[f"estimated-ais-{name}"] = money(_surcharge(product.volume, count, factor), m.digits)
    return cells


def _surcharge(volume: float, count: int, factor: float) -> int:
    """Aged-inventory surcharge: 170 euros for a cubic metre and month, in minor units."""
    return round(count * volume / 1_000 * 170 * factor)

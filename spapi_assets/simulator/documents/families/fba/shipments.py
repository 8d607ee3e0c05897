"""Reports on Amazon's shipments to customers beside the fulfilled-shipments report: sales, promotions and replacements.
Each is of the lines that were shipped in the window, once the reports know of them."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.centres import home
from ....business.handling import replacements
from ....business.marketplaces import Marketplace, local_day
from ....business.shipments import Parcel, parcels
from ....business.stock import cycle_of
from ...flat import Cells, iso, money, named_file
from ...model import Document, NoData, Request
from ...rules import NORTH_AMERICA, longest, marketplaces_in, window

SALES = (
    "shipment-date", "sku", "fnsku", "asin", "fulfillment-center-id", "quantity", "amazon-order-id", "currency",
    "item-price-per-unit", "shipping-price", "gift-wrap-price", "ship-city", "ship-state", "ship-postal-code",
)  # fmt: skip
PROMOTIONS = (
    "shipment-date", "currency", "item-promotion-discount", "item-promotion-id", "description", "promotion-rule-value",
    "amazon-order-id", "shipment-id", "shipment-item-id",
)  # fmt: skip
REPLACEMENTS = (
    "shipment-date", "sku", "asin", "fulfillment-center-id", "original-fulfillment-center-id", "quantity",
    "replacement-reason-code", "replacement-customer-order-id", "original-amazon-order-id",
)  # fmt: skip


def shipped(request: Request, marketplaces: tuple[Marketplace, ...]) -> list[Parcel]:
    """The parcels of the window, at most a month; NoData if there are none."""
    longest(request, 31)
    start, end = window(request)
    now = request.now.timestamp()
    found = [p for m in marketplaces for p in parcels(request.business, request.account, m, start, end, now)]
    if not found:
        raise NoData("Amazon shipped nothing in the window.")
    return found


def sales(request: Request) -> Document:
    """What was shipped, at the price of a unit."""

    def rows() -> Iterator[Cells]:
        for p in shipped(request, request.marketplaces):
            m, line = p.order.marketplace, p.line
            city, state, postal_code, _ = p.order.place
            yield {
                "shipment-date": iso(p.order.shipped), "sku": line.product.sku, "fnsku": line.product.fnsku,
                "asin": line.product.asin, "fulfillment-center-id": p.centre.code, "quantity": line.units,
                "amazon-order-id": p.order.id, "currency": m.currency,
                "item-price-per-unit": money(round(line.price / line.units), m.digits),
                "shipping-price": money(line.shipping, m.digits), "gift-wrap-price": money(0, m.digits),
                "ship-city": city, "ship-state": state, "ship-postal-code": postal_code,
            }  # fmt: skip

    return named_file(SALES, list(rows()), request.marketplaces[0])


def promotions(request: Request) -> Document:
    """The promotions of shipped lines; North America only."""
    found = marketplaces_in(request, NORTH_AMERICA)

    def rows() -> Iterator[Cells]:
        for p in shipped(request, found):
            m, line = p.order.marketplace, p.line
            for promotion in line.promotion_ids:
                amount = line.shipping_discount if "Shipping" in promotion else line.discount
                yield {
                    "shipment-date": iso(p.order.shipped), "currency": m.currency,
                    "item-promotion-discount": money(amount, m.digits), "item-promotion-id": promotion,
                    "description": promotion.replace("-", " "), "promotion-rule-value": money(amount, m.digits),
                    "amazon-order-id": p.order.id, "shipment-id": p.shipment_id, "shipment-item-id": p.item_id,
                }  # fmt: skip

    rows_found = list(rows())
    if not rows_found:
        raise NoData("No shipment of the window had a promotion.")
    return named_file(PROMOTIONS, rows_found, found[0])


def replaced(request: Request) -> Document:
    """Free replacements sent in the window; North America and India only."""
    found = marketplaces_in(request, {*NORTH_AMERICA, "IN"})
    start, end = window(request)
    rows: list[Cells] = []
    for m in found:
        for number in range(cycle_of(local_day(m.zone, start)), cycle_of(local_day(m.zone, end)) + 1):
            for r in replacements(request.business, request.account, m, number):
                if start <= r.at < end:
                    centre = home(m.pool, r.line.product).code
                    rows.append(
                        {
                            "shipment-date": iso(r.at),
                            "sku": r.line.product.sku,
                            "asin": r.line.product.asin,
                            "fulfillment-center-id": centre,
                            "original-fulfillment-center-id": centre,
                            "quantity": r.units,
                            "replacement-reason-code": r.reason,
                            "replacement-customer-order-id": r.order_id,
                            "original-amazon-order-id": r.original.id,
                        }
                    )
    if not rows:
        raise NoData("No replacement was sent in the window.")
    return named_file(REPLACEMENTS, rows, found[0])

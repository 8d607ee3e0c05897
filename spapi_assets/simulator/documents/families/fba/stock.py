"""Snapshots of FBA stock beside the manage-inventory report: archived offers, by condition, by country, and what is reserved.
Their dates mean nothing; all show the same positions at the instant the report is made."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.centres import home
from ....business.inventory import Position, ordered_units, positions
from ....business.retired import RETIRED, units
from ....business.titles import title
from ...flat import Cells, flat_file, named_file
from ...model import Document, NoData, Request
from ...rules import EUROPE, marketplaces_in, pools
from . import myi_inventory

AFN = ("seller-sku", "fulfillment-channel-sku", "asin", "condition-type", "Warehouse-Condition-code", "Quantity Available")
BY_COUNTRY = ("seller-sku", "fulfillment-channel-sku", "asin", "condition-type", "country", "quantity-for-local-fulfillment")
RESERVED = (
    "sku", "fnsku", "asin", "product-name", "reserved_qty", "reserved_customerorders", "reserved_fc-transfers",
    "reserved_fc-processing",
)  # fmt: skip


def all_inventory(request: Request) -> Document:
    """The manage-inventory report with archived offers: those that were deleted but still lie in a warehouse."""
    m = request.marketplaces[0]
    found = _positions(request, m.pool)
    archived = [Position(p, units(request.business, request.account, m.pool, p), *[0] * 6) for p in RETIRED]
    return flat_file(myi_inventory.HEADER, myi_inventory.rows(found + archived, m, request), m)


def amazon_fulfilled(request: Request) -> Document:
    """Sellable and unsellable units; one row for each state that holds any, and the sellable one always."""
    m = request.marketplaces[0]

    def rows() -> Iterator[Cells]:
        for p in _positions(request, m.pool):
            for condition, available in (("SELLABLE", p.fulfillable), ("UNSELLABLE", p.unsellable)):
                if available or condition == "SELLABLE":
                    yield {
                        **_named(p), "condition-type": "NewItem", "Warehouse-Condition-code": condition,
                        "Quantity Available": available,
                    }  # fmt: skip

    return named_file(AFN, rows(), m)


def by_country(request: Request) -> Document:
    """European stock by the country it lies in."""
    found = marketplaces_in(request, EUROPE)

    def rows() -> Iterator[Cells]:
        for pool in pools(request, found):
            for p in _positions(request, pool):
                country = home(pool, p.product).country
                yield {
                    **_named(p), "condition-type": "NewItem", "country": country, "quantity-for-local-fulfillment": p.fulfillable,
                }  # fmt: skip

    return named_file(BY_COUNTRY, rows(), found[0])


def reserved(request: Request) -> Document:
    """Units that are not for sale now: for customers' orders, or being put back after a cancelled one."""
    m = request.marketplaces[0]
    found = [p for p in _positions(request, m.pool) if p.reserved]
    if not found:
        raise NoData("No unit is reserved.")
    ordered = ordered_units(request.business, request.account, m.pool, request.now.timestamp())

    def rows() -> Iterator[Cells]:
        for p in found:
            waiting = ordered.get(p.product.sku, 0)
            yield {
                "sku": p.product.sku, "fnsku": p.product.fnsku, "asin": p.product.asin,
                "product-name": title(p.product, m.language), "reserved_qty": p.reserved, "reserved_customerorders": waiting,
                "reserved_fc-transfers": 0, "reserved_fc-processing": p.reserved - waiting,
            }  # fmt: skip

    return named_file(RESERVED, rows(), m)


def _positions(request: Request, pool: str) -> list[Position]:
    return positions(request.business, request.account, pool, request.now.timestamp())


def _named(p: Position) -> dict[str, str | int]:
    return {"seller-sku": p.product.sku, "fulfillment-channel-sku": p.product.fnsku, "asin": p.product.asin}

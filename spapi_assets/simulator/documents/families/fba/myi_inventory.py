"""GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA: FBA stock of every offer at the moment the report is made; its dates mean nothing.
Euro stores share one stock, so their snapshots differ in titles and prices only."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.inventory import Position, positions
from ....business.listings import price_of
from ....business.marketplaces import Marketplace
from ....business.titles import title
from ...flat import flat_file, money
from ...model import Document, Request

HEADER = (
    "sku", "fnsku", "asin", "product-name", "condition", "your-price", "mfn-listing-exists", "mfn-fulfillable-quantity",
    "afn-listing-exists", "afn-warehouse-quantity", "afn-fulfillable-quantity", "afn-unsellable-quantity",
    "afn-reserved-quantity", "afn-total-quantity", "per-unit-volume", "afn-inbound-working-quantity",
    "afn-inbound-shipped-quantity", "afn-inbound-receiving-quantity", "afn-researching-quantity",
    "afn-reserved-future-supply", "afn-future-supply-buyable",
)  # fmt: skip


def render(request: Request) -> Document:
    """Stock as of now in the first marketplace named."""
    marketplace = request.marketplaces[0]
    found = positions(request.business, request.account, marketplace.pool, request.now.timestamp())
    return flat_file(HEADER, rows(found, marketplace, request), marketplace)


def rows(found: list[Position], m: Marketplace, request: Request) -> Iterator[tuple[str, ...]]:
    for p in found:
        yield (
            p.product.sku,
            p.product.fnsku,
            p.product.asin,
            title(p.product, m.language),
            "New",
            money(price_of(request.business, request.account, m, p.product, request.now), m.digits),
            "No",
            "",
            "Yes",
            str(p.warehouse),
            str(p.fulfillable),
            str(p.unsellable),
            str(p.reserved),
            str(p.total),
            money(round(p.product.volume * 100_000), 2),
            str(p.inbound_working),
            str(p.inbound_shipped),
            str(p.inbound_receiving),
            str(p.researching),
            "0",
            "0",
        )

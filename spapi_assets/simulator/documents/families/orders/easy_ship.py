"""GET_EASYSHIP_PICKEDUP and GET_EASYSHIP_WAITING_FOR_PICKUP: the seller's own parcels that Amazon collects; India only.
The label documents are in families/files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....business.marketplaces import Marketplace, local_day
from ....business.orders import Order
from ....business.seeds import derive
from ....business.shipments import shipped_orders
from ....business.titles import title
from ...flat import Cells, iso, named_file
from ...model import Document, NoData, Request
from ...rules import only_in, window

# Source: developer-docs.amazon.com, "Easy Ship reports attributes".
_PARCEL = (
    "asin", "sku", "product-name", "quantity-purchased", "invoice-id", "package-identifier", "ship-service-level", "is-prime",
    "pickup-slot", "order-item-id",
)  # fmt: skip
_PLACE = ("ship-postal-code", "ship-country", "ship-city", "ship-state", "carrier")
PICKED_UP = ("order-id", "tracking-id", "purchase-date", "picked-up-date", *_PARCEL, *_PLACE)
WAITING = ("order-id", "tracking-id", "expected-ship-date", *_PARCEL, "purchase-date", *_PLACE)
_SLOT = 3 * 3_600


def picked_up(request: Request) -> Document:
    """Parcels collected in the window."""
    start, end = window(request)
    found = [
        order
        for m in only_in(request, {"IN"})
        for order in shipped_orders(request.business, request.account, m, start, end)
        if order.merchant_fulfilled
    ]
    return _file(request, found, PICKED_UP)


def waiting(request: Request) -> Document:
    """Parcels that wait to be collected now."""
    now = request.now.timestamp()
    found = [order for m in only_in(request, {"IN"}) for order in _recent(request, m) if order.purchased <= now < order.shipped]
    return _file(request, found, WAITING)


def _recent(request: Request, m: Marketplace) -> Iterator[Order]:
    today = local_day(m.zone, request.now.timestamp())
    for order in request.business.purchased_between(request.account, m, today - timedelta(days=4), today):
        if order.merchant_fulfilled:
            yield order


def _file(request: Request, orders: list[Order], header: tuple[str, ...]) -> Document:
    rows: list[Cells] = []
    for order in orders:
        city, state, postal_code, country = order.place
        draw = derive(request.business.seed, "easy ship", order.id)
        for line in order.lines:
            if not line.product.fba:
                cells: dict[str, str | int] = {
                    "order-id": order.id, "tracking-id": f"{draw % 10**12:012d}", "purchase-date": iso(order.purchased),
                    "picked-up-date": iso(order.shipped), "expected-ship-date": iso(order.shipped), "asin": line.product.asin,
                    "sku": line.product.sku, "product-name": title(line.product, order.marketplace.language),
                    "quantity-purchased": line.units, "invoice-id": f"IN-{draw % 10**6:06d}",
                    "package-identifier": f"PKG{draw % 10**9:09d}", "ship-service-level": order.service_level,
                    "is-prime": "false",
                    "pickup-slot": f"{iso(order.shipped - _SLOT)} - {iso(order.shipped)}", "order-item-id": line.item_code,
                    "ship-postal-code": postal_code, "ship-country": country, "ship-city": city, "ship-state": state,
                    "carrier": "ATS",
                }  # fmt: skip
                rows.append({name: cells[name] for name in header})
    if not rows:
        raise NoData("There is no such parcel.")
    return named_file(header, rows, request.marketplaces[0])

"""GET_EASYSHIP_PICKEDUP and GET_EASYSHIP_WAITING_FOR_PICKUP: the seller's own parcels that Amazon collects; India only.
The label documents are in families/files; Amazon documents no columns, these are a guess in its style."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....business.marketplaces import Marketplace, local_day
from ....business.orders import Order
from ....business.seeds import derive
from ....business.shipments import shipped_orders
from ....business.titles import title
from ...flat import Cells, iso, money, named_file
from ...model import Document, NoData, Request
from ...rules import only_in, window

HEADER = (
    "order-id", "order-item-id", "purchase-date", "sku", "product-name", "quantity", "item-price", "currency", "ship-city",
    "ship-state", "ship-postal-code", "tracking-id", "pickup-slot-start", "pickup-slot-end", "status",
)  # fmt: skip
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
    return _file(request, found, "PickedUp")


def waiting(request: Request) -> Document:
    """Parcels that wait to be collected now."""
    now = request.now.timestamp()
    found = [order for m in only_in(request, {"IN"}) for order in _recent(request, m) if order.purchased <= now < order.shipped]
    return _file(request, found, "WaitingForPickup")


def _recent(request: Request, m: Marketplace) -> Iterator[Order]:
    today = local_day(m.zone, request.now.timestamp())
    for order in request.business.purchased_between(request.account, m, today - timedelta(days=4), today):
        if order.merchant_fulfilled:
            yield order


def _file(request: Request, orders: list[Order], status: str) -> Document:
    rows: list[Cells] = []
    for order in orders:
        city, state, postal_code, _ = order.place
        for line in order.lines:
            if not line.product.fba:
                cells: Cells = {
                    "order-id": order.id, "order-item-id": line.item_code, "purchase-date": iso(order.purchased),
                    "sku": line.product.sku, "product-name": title(line.product, order.marketplace.language),
                    "quantity": line.units, "item-price": money(line.price, order.marketplace.digits),
                    "currency": order.marketplace.currency, "ship-city": city, "ship-state": state,
                    "ship-postal-code": postal_code,
                    "tracking-id": f"{derive(request.business.seed, 'easy ship', order.id) % 10**12:012d}",
                    "pickup-slot-start": iso(order.shipped - _SLOT), "pickup-slot-end": iso(order.shipped), "status": status,
                }  # fmt: skip
                rows.append(cells)
    if not rows:
        raise NoData("There is no such parcel.")
    return named_file(HEADER, rows, request.marketplaces[0])

"""How the vendor's goods travel to Amazon: one shipment a purchase order, in cartons, from its announcement to its arrival.
What is in it are the confirmed units of purchase_orders.py; what Amazon counts on arrival may be less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace
from .purchase_orders import PurchaseItem, PurchaseOrder, placed_between
from .seeds import derive

WAREHOUSE = "KSTL-W1"
_IN_A_CARTON = 24
_SMALL = 400  # units; more travel on pallets
_DAY = 86_400
_LONGEST = 12 * _DAY  # from a purchase order to its closing


@dataclass(frozen=True, slots=True)
class Carton:
    """One carton; a single article in it."""

    number: int
    item: PurchaseItem
    units: int


@dataclass(frozen=True, slots=True)
class VendorShipment:
    """One shipment. Instants are epoch seconds; `labelled` is when the labels of a small parcel are made."""

    order: PurchaseOrder
    id: str
    reference: str  # Amazon's, of its own transport
    tracking: str
    created: int
    requested: int
    assigned: int
    labelled: int
    cartons: tuple[Carton, ...]

    @property
    def shipped(self) -> int:
        return self.order.shipped

    @property
    def delivered(self) -> int:
        return self.order.received

    @property
    def is_small(self) -> bool:
        """Whether it goes as single parcels with labels, not on pallets."""
        return sum(carton.units for carton in self.cartons) <= _SMALL

    def history(self, now: float) -> list[tuple[str, int]]:
        """States with the instants they began, oldest first, as far as they have come by `now`."""
        steps = [
            ("Created", self.created),
            ("TransportationRequested", self.requested),
            ("CarrierAssigned", self.assigned),
            ("Shipped", self.shipped),
        ]
        return [step for step in steps if step[1] <= now]


def created_between(
    business: Business, account: Account, m: Marketplace, start: float, end: float, now: float
) -> Iterator[VendorShipment]:
    """Shipments created in [start, end] and not after `now`, oldest first."""
    for order in placed_between(business, account, m, start - _LONGEST, end, now):
        shipment = of_order(business, order)
        if shipment is not None and start <= shipment.created <= min(end, now):
            yield shipment


def of_order(business: Business, order: PurchaseOrder) -> VendorShipment | None:
    """The shipment of a purchase order; None where nothing was confirmed."""
    cartons: list[Carton] = []
    for item in order.items:
        left = item.confirmed
        while left > 0:
            cartons.append(Carton(len(cartons) + 1, item, min(left, _IN_A_CARTON)))
            left -= _IN_A_CARTON
    if not cartons:
        return None
    draw = derive(business.seed, "vendor shipment", order.number)
    created = order.acknowledged + 3_600
    return VendorShipment(
        order, f"KST{draw % 10**9:09d}", f"{draw // 11 % 10**10:010d}", f"1ZKST{draw // 7 % 10**10:010d}", created,
        created + 21_600, created + _DAY, created + _DAY + 7_200, tuple(cartons),
    )  # fmt: skip

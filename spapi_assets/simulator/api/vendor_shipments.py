"""The Vendor Shipments API v1, as far as it reads: shipments and the labels of small parcels.
What a shipment looks like is in vendor_shipment_view.py; the source of all rules is Amazon's model of the operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import partner
from spapi_assets.simulator.api.vendor_orders import one_of, page_of
from spapi_assets.simulator.api.vendor_shipment_view import describe, label
from spapi_assets.simulator.business.purchase_orders import VENDOR_CODE
from spapi_assets.simulator.business.vendor_shipments import VendorShipment, created_between
from spapi_assets.simulator.errors import invalid_input

_KEPT = 365 * 86_400  # seconds; how long Amazon keeps shipments is not stated
_TRAVEL = 14 * 86_400  # no event of a shipment is longer after its creation
_STATUSES = ("Created", "TransportationRequested", "CarrierAssigned", "Shipped")
_EVENTS: dict[str, Callable[[VendorShipment], int]] = {
    "created": lambda s: s.created,
    "shipmentConfirmed": lambda s: s.shipped,
    "packageLabelCreated": lambda s: s.labelled if s.is_small else 0,
    "shipped": lambda s: s.shipped,
    "estimatedDelivery": lambda s: s.delivered,
    "shipmentDelivery": lambda s: s.delivered,
    "requestedPickUp": lambda s: s.shipped,
    "scheduledPickUp": lambda s: s.shipped,
}
_FORESEEN = {"estimatedDelivery", "requestedPickUp", "scheduledPickUp"}  # known before they happen
Window = tuple[float, float]


def get_shipment_details(call: Call) -> Answer:
    query, now = call.query, call.state.clock.timestamp()
    windows = {event: window for event in _EVENTS if (window := _window(call, event, now))}
    status, wanted = one_of(call, "currentShipmentStatus", _STATUSES), _identifiers(call)
    centre = query.text("buyerWarehouseCode")

    def is_wanted(shipment: VendorShipment) -> bool:
        for event, (after, before) in windows.items():
            at = _EVENTS[event](shipment)
            if not after <= at < before or (at > now and event not in _FORESEEN):
                return False
        return (
            status in (None, shipment.history(now)[-1][0]) and centre in (None, shipment.order.centre.code) and wanted(shipment)
        )

    found = _found(call, windows, is_wanted, now)
    page, pagination = page_of(call, found, lambda shipment: shipment.id, 50)
    return {"payload": pagination | {"shipments": [describe(shipment, now) for shipment in page]}}


def get_shipment_labels(call: Call) -> Answer:
    now, wanted = call.state.clock.timestamp(), _identifiers(call)
    window = _window(call, "labelCreated", now)

    def is_wanted(shipment: VendorShipment) -> bool:
        if not shipment.is_small or shipment.labelled > now:
            return False
        return (window is None or window[0] <= shipment.labelled < window[1]) and wanted(shipment)

    found = _found(call, {"packageLabelCreated": window} if window else {}, is_wanted, now)
    page, pagination = page_of(call, found, lambda shipment: shipment.id, 50)
    return {"payload": pagination | {"transportLabels": [label(shipment) for shipment in page]}}


def _found(
    call: Call, windows: dict[str, Window], is_wanted: Callable[[VendorShipment], bool], now: float
) -> list[VendorShipment]:
    """Shipments whose events lie in all windows. Without any, those of the whole time that Amazon keeps."""
    start = max([now - _KEPT, *(after - _TRAVEL for after, _ in windows.values())])
    end = min([now, *(before for _, before in windows.values())])
    business, account = call.state.business, partner(call)
    return [s for m in account.marketplaces for s in created_between(business, account, m, start, end, now) if is_wanted(s)]


def _identifiers(call: Call) -> Callable[[VendorShipment], bool]:
    """The filters that both operations know."""
    query = call.query
    id_, reference, seller = (
        query.text(name) for name in ("vendorShipmentIdentifier", "buyerReferenceNumber", "sellerWarehouseCode")
    )

    def wanted(shipment: VendorShipment) -> bool:
        return id_ in (None, shipment.id) and reference in (None, shipment.reference) and seller in (None, VENDOR_CODE)

    return wanted


def _window(call: Call, event: str, now: float) -> Window | None:
    after, before = call.query.time(f"{event}After"), call.query.time(f"{event}Before")
    if after is None and before is None:
        return None
    if after and before and after > before:
        raise invalid_input(f"'{event}After' must not be after '{event}Before'.")
    bounds: Any = after.timestamp() if after else 0.0, before.timestamp() if before else now + _TRAVEL
    return bounds

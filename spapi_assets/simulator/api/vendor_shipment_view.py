"""One vendor shipment as Vendor Shipments v1 shows it, with its purchase order, cartons and labels.
Which shipments are shown is decided in vendor_shipments.py."""

from __future__ import annotations

import base64
from typing import Any

from spapi_assets.simulator.api.values import stamp
from spapi_assets.simulator.api.vendor_order_view import address, quantity
from spapi_assets.simulator.business.items import barcode
from spapi_assets.simulator.business.purchase_orders import VENDOR_CODE
from spapi_assets.simulator.business.vendor_shipments import WAREHOUSE, Carton, VendorShipment
from spapi_assets.simulator.documents.families.files.pdf import pdf

Json = dict[str, Any]
_POUND = 453.592  # grams
_CUBIC_FOOT = 28.3168  # litres
_HOME = {
    "name": "Kestrel & Co", "addressLine1": "1 Harbour Lane", "city": "Kestrel Bay", "stateOrRegion": "WA",
    "postalCode": "98101", "countryCode": "US",
}  # fmt: skip


def describe(shipment: VendorShipment, now: float) -> Json:
    """The Shipment object as of `now`."""
    history, order = shipment.history(now), shipment.order
    seller, warehouse = {"partyId": VENDOR_CODE, "address": _HOME}, {"partyId": WAREHOUSE, "address": _HOME}
    view: Json = {
        "vendorShipmentIdentifier": shipment.id,
        "transactionType": "New",
        "buyerReferenceNumber": shipment.reference,
        "transactionDate": stamp(shipment.created),
        "currentShipmentStatus": history[-1][0],
        "currentshipmentStatusDate": stamp(history[-1][1]),
        "shipmentStatusDetails": [{"shipmentStatus": status, "shipmentStatusDate": stamp(at)} for status, at in history],
        "shipmentCreateDate": stamp(shipment.created),
        "shipmentFreightTerm": "Collect",
        "sellingParty": seller,
        "shipFromParty": warehouse,
        "shipToParty": {"partyId": order.centre.code, "address": address(order.centre)},
        "shipmentMeasurements": _measurements(shipment),
        "collectFreightPickupDetails": _pick_up(shipment, now),
        "purchaseOrders": [_purchase_order(shipment)],
        "containers": [_container(shipment, carton) for carton in shipment.cartons],
        "transportationDetails": _transport(shipment, now),
    }
    if shipment.shipped <= now:
        view["shipmentConfirmDate"] = stamp(shipment.shipped)
    if shipment.is_small and shipment.labelled <= now:
        view["packageLabelCreateDate"] = stamp(shipment.labelled)
    return view


def label(shipment: VendorShipment) -> Json:
    """The TransportLabel object of a small parcel shipment: one PDF a carton."""
    centre, count = shipment.order.centre, len(shipment.cartons)
    labels = []
    for carton in shipment.cartons:
        lines = [f"{shipment.tracking}-{carton.number:03d}", f"To: Amazon {centre.code}", f"Carton {carton.number} of {count}"]
        labels.append(
            {
                "labelSequenceNumber": carton.number,
                "labelFormat": "PDF",
                "carrierCode": "UPSN",
                "trackingId": f"{shipment.tracking}{carton.number:03d}",
                "label": base64.b64encode(pdf([lines])).decode(),
            }
        )
    return {
        "labelCreateDateTime": stamp(shipment.labelled),
        "shipmentInformation": {
            "vendorDetails": {"sellingParty": {"partyId": VENDOR_CODE}, "vendorShipmentIdentifier": shipment.id},
            "buyerReferenceNumber": shipment.reference,
            "shipToParty": {"partyId": centre.code, "address": address(centre)},
            "shipFromParty": {"partyId": WAREHOUSE, "address": _HOME},
            "warehouseId": WAREHOUSE,
            "masterTrackingId": shipment.tracking,
            "totalLabelCount": count,
            "shipMode": "SmallParcel",
        },
        "labelData": labels,
    }


def _measurements(shipment: VendorShipment) -> Json:
    grams = sum(carton.units * carton.item.product.weight for carton in shipment.cartons)
    litres = sum(carton.units * carton.item.product.volume for carton in shipment.cartons)
    measured: Json = {
        "totalCartonCount": len(shipment.cartons),
        "shipmentWeight": {"unitOfMeasure": "Lb", "value": f"{grams / _POUND:.2f}"},
        "shipmentVolume": {"unitOfMeasure": "CuFt", "value": f"{litres / _CUBIC_FOOT:.2f}"},
    }
    return measured if shipment.is_small else measured | {"totalPalletStackable": 1, "totalPalletNonStackable": 0}


def _pick_up(shipment: VendorShipment, now: float) -> Json:
    found = {"requestedPickUp": stamp(shipment.shipped)}
    if shipment.assigned <= now:
        found |= {"scheduledPickUp": stamp(shipment.shipped), "carrierAssignmentDate": stamp(shipment.assigned)}
    return found


def _purchase_order(shipment: VendorShipment) -> Json:
    order = shipment.order
    return {
        "purchaseOrderNumber": order.number,
        "purchaseOrderDate": stamp(order.placed),
        "shipWindow": f"{stamp(order.shipped - 86_400)}--{stamp(order.shipped + 86_400)}",
        "items": [
            {
                "itemSequenceNumber": f"{item.number:03d}",
                "buyerProductIdentifier": item.product.asin,
                "vendorProductIdentifier": barcode(item.product),
                "shippedQuantity": quantity(item.confirmed),
            }
            for item in order.items
            if item.confirmed
        ],
    }


def _container(shipment: VendorShipment, carton: Carton) -> Json:
    item = carton.item
    found: Json = {
        "containerType": "carton",
        "containerSequenceNumber": f"{carton.number:03d}",
        "containerIdentifiers": [
            {
                "containerIdentificationType": "SSCC",
                "containerIdentificationNumber": f"00{shipment.reference}{carton.number:06d}",
            }
        ],
        "dimensions": {"length": "20", "width": "15", "height": "12", "unitOfMeasure": "In"},
        "weight": {"unitOfMeasure": "Lb", "value": f"{carton.units * item.product.weight / _POUND:.2f}"},
        "packedItems": [
            {
                "itemSequenceNumber": f"{item.number:03d}",
                "buyerProductIdentifier": item.product.asin,
                "vendorProductIdentifier": barcode(item.product),
                "packedQuantity": quantity(carton.units),
                "itemDetails": {"purchaseOrderNumber": shipment.order.number},
            }
        ],
    }
    return found | ({"trackingNumber": f"{shipment.tracking}{carton.number:03d}"} if shipment.is_small else {})


def _transport(shipment: VendorShipment, now: float) -> Json:
    found: Json = {
        "shipMode": "SmallParcel" if shipment.is_small else "LessThanTruckLoad",
        "transportationMode": "Road",
        "estimatedDeliveryDate": stamp(shipment.delivered),
    }
    if shipment.assigned <= now:
        carrier = ("United Parcel Service", "UPSN") if shipment.is_small else ("Old Dominion", "ODFL")
        found["carrierDetails"] = {"name": carrier[0], "code": carrier[1], "shipmentReferenceNumber": shipment.tracking}
        found["billOfLadingNumber"] = f"BOL{shipment.reference}"
    if shipment.shipped <= now:
        found["shippedDate"] = stamp(shipment.shipped)
    if shipment.delivered <= now:
        found["shipmentDeliveryDate"] = stamp(shipment.delivered)
    return found

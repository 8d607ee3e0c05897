"""Vendor Orders and Shipments of the simulator: Amazon's windows and states, and the units of the vendor inventory report."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any

from .amazon import Models
from .kestrel import VENDOR, ask
from .neighbours import Store, ago, business_at_now


def orders(store: Store, **query: Any) -> list[dict[str, Any]]:
    return store.ask("getPurchaseOrders", **query)["payload"]["orders"]


def statuses(store: Store, **query: Any) -> list[dict[str, Any]]:
    return store.ask("getPurchaseOrdersStatus", **query)["payload"]["ordersStatus"]


def test_what_a_week_received_is_what_the_inventory_report_says(stores: dict[str, Store]) -> None:
    # Ordered in the week before, received on Tuesday 17 November.
    found = statuses(stores["vendor"], createdAfter="2026-11-06T00:00:00Z", createdBefore="2026-11-12T00:00:00Z")
    received: Counter[str] = Counter()
    for order in found:
        assert order["purchaseOrderStatus"] == "CLOSED"
        for item in order["itemStatus"]:
            units = item["receivingStatus"]["receivedQuantity"]["amount"]
            accepted = item["acknowledgementStatus"]["acceptedQuantity"]["amount"]
            ordered = item["orderedQuantity"]["orderedQuantity"]["amount"]
            assert units <= accepted <= ordered
            state = "NOT_RECEIVED" if not units else "RECEIVED" if units == accepted else "PARTIALLY_RECEIVED"
            assert item["receivingStatus"]["receiveStatus"] == state
            received[item["buyerProductIdentifier"]] += units
    options = {"reportPeriod": "WEEK", "distributorView": "SOURCING", "sellingProgram": "RETAIL"}
    business = stores["vendor"].simulator.state.business
    report = ask(
        business, "GET_VENDOR_INVENTORY_REPORT", ["US"], "2026-11-15", "2026-11-21", options=options, partner=VENDOR,
        now=stores["vendor"].simulator.clock.now().replace(month=12),
    )  # fmt: skip
    rows = json.loads(report.body)["inventoryByAsin"]
    reported = {row["asin"]: row["netReceivedInventoryUnits"] for row in rows if row["netReceivedInventoryUnits"] > 0}
    assert {asin: units for asin, units in received.items() if units} == reported
    assert len(reported) > 5


def test_an_order_is_new_then_acknowledged_then_closed_and_may_be_changed_by_amazon(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "vendor")
        simulator.clock.set(simulator.clock.now().replace(day=29, hour=22))  # a Sunday on which orders are placed
        young = {order["purchaseOrderNumber"]: order for order in orders(store, createdAfter="2026-11-29T00:00:00Z")}
        assert {order["purchaseOrderState"] for order in young.values()} == {"New"}
        assert not any("purchaseOrderChangedDate" in order["orderDetails"] for order in young.values())
        assert {i["acknowledgementStatus"]["confirmationStatus"] for o in statuses(store, createdAfter="2026-11-29T00:00:00Z")
                for i in o["itemStatus"]} == {"UNCONFIRMED"}  # fmt: skip
        simulator.clock.advance(36 * 3600)
        changed = orders(store, changedAfter="2026-11-29T00:00:00Z", isPOChanged="true")
        for order in changed:
            before, after = (
                {item["amazonProductIdentifier"]: item["orderedQuantity"]["amount"] for item in one["orderDetails"]["items"]}
                for one in (young[order["purchaseOrderNumber"]], order)
            )
            assert set(before) == set(after)
            assert sum(before.values()) > sum(after.values())
        simulator.clock.advance(86400)
        assert {order["purchaseOrderState"] for order in orders(store, createdAfter="2026-11-29T00:00:00Z")} == {"Acknowledged"}
        simulator.clock.advance(12 * 86400)
        for number in young:
            order = store.ask("getPurchaseOrder", path={"purchaseOrderNumber": number})["payload"]
            assert order["purchaseOrderState"] == "Closed"
            start, end = order["orderDetails"]["deliveryWindow"].split("--")
            assert start < end
        store.refused("getPurchaseOrders", "6 months", createdAfter="2026-05-01T00:00:00Z", createdBefore="2026-05-03T00:00:00Z")


def test_over_a_quarter_orders_are_changed_and_items_cancelled(stores: dict[str, Store]) -> None:
    found, changed, cancelled = [], [], []
    for week in range(12):
        window = {"createdAfter": ago(days=7 * week + 7), "createdBefore": ago(days=7 * week)}
        found += orders(stores["vendor"], **window)
        changed += orders(stores["vendor"], **window, isPOChanged="true")
        cancelled += orders(stores["vendor"], **window, poItemState="Cancelled")
    numbers = [order["purchaseOrderNumber"] for order in found]
    assert len(set(numbers)) == len(numbers) > 30
    assert all("purchaseOrderChangedDate" in order["orderDetails"] for order in changed)
    assert len(numbers) > len(changed) > len(cancelled)
    newest = {o["purchaseOrderNumber"] for o in orders(stores["vendor"], changedAfter=ago(days=5))}
    placed = {o["purchaseOrderNumber"] for o in orders(stores["vendor"], createdAfter=ago(days=5))}
    assert newest | placed <= {o["purchaseOrderNumber"] for o in statuses(stores["vendor"], updatedAfter=ago(days=5))}
    assert placed - newest, "an order that Amazon left as it was placed is no changed one"
    for order in cancelled:
        assert 0 in {item["orderedQuantity"]["amount"] for item in order["orderDetails"]["items"]}


def test_pages_by_limit_and_only_numbers_without_details(stores: dict[str, Store]) -> None:
    query = {"createdAfter": ago(days=10), "createdBefore": ago(days=5)}
    whole = [order["purchaseOrderNumber"] for order in orders(stores["vendor"], **query)]
    seen, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        payload = stores["vendor"].ask("getPurchaseOrders", **query, limit=1, includeDetails="false", **more)["payload"]
        seen += payload["orders"]
        if not (token := payload.get("pagination", {}).get("nextToken")):
            break
    assert [order["purchaseOrderNumber"] for order in seen] == whole
    assert not any("orderDetails" in order for order in seen)
    assert len(whole) >= 3
    assert [o["purchaseOrderNumber"] for o in orders(stores["vendor"], **query, sortOrder="DESC")] == whole[::-1]


def test_what_the_vendor_apis_refuse(stores: dict[str, Store]) -> None:
    vendor = stores["vendor"]
    vendor.refused("getPurchaseOrders", "date range is required")
    vendor.refused("getPurchaseOrders", "7 days", createdAfter=ago(days=9), createdBefore=ago(days=1))
    vendor.refused("getPurchaseOrders", "7 days", createdAfter=ago(days=9))
    vendor.refused("getPurchaseOrders", "limit", createdAfter=ago(days=2), limit=101)
    vendor.refused("getPurchaseOrders", "purchaseOrderState", createdAfter=ago(days=2), purchaseOrderState="Open")
    vendor.refused("getPurchaseOrdersStatus", "7 days", updatedAfter=ago(days=8))
    vendor.refused("GetShipmentDetails", "limit", limit=51)
    vendor.ask("getPurchaseOrder", 404, path={"purchaseOrderNumber": "AAAAAAAA"})
    stores["na"].ask("getPurchaseOrders", 403, createdAfter=ago(days=2))


def test_a_shipment_carries_what_was_confirmed_in_cartons(stores: dict[str, Store]) -> None:
    vendor = stores["vendor"]
    shipments = vendor.ask("GetShipmentDetails", shippedAfter=ago(days=21), shippedBefore=ago(days=4))["payload"]["shipments"]
    assert len(shipments) >= 6
    for shipment in shipments:
        assert shipment["currentShipmentStatus"] == "Shipped"
        (carried,) = shipment["purchaseOrders"]
        (status,) = statuses(vendor, purchaseOrderNumber=carried["purchaseOrderNumber"])
        accepted = {
            i["buyerProductIdentifier"]: i["acknowledgementStatus"]["acceptedQuantity"]["amount"] for i in status["itemStatus"]
        }
        sent = {item["buyerProductIdentifier"]: item["shippedQuantity"]["amount"] for item in carried["items"]}
        assert sent == {asin: units for asin, units in accepted.items() if units}
        packed: Counter[str] = Counter()
        for container in shipment["containers"]:
            for item in container["packedItems"]:
                packed[item["buyerProductIdentifier"]] += item["packedQuantity"]["amount"]
        assert packed == sent
        assert shipment["shipmentMeasurements"]["totalCartonCount"] == len(shipment["containers"])


def test_labels_are_pdf_files_one_a_carton_of_small_parcels(stores: dict[str, Store]) -> None:
    labels = stores["vendor"].ask("GetShipmentLabels", labelCreatedAfter=ago(days=120))["payload"]["transportLabels"]
    assert labels
    for one in labels:
        assert len(one["labelData"]) == one["shipmentInformation"]["totalLabelCount"]
        assert all(base64.b64decode(data["label"]).startswith(b"%PDF-1.4") for data in one["labelData"])
    id_ = labels[0]["shipmentInformation"]["vendorDetails"]["vendorShipmentIdentifier"]
    (shipment,) = stores["vendor"].ask("GetShipmentDetails", vendorShipmentIdentifier=id_)["payload"]["shipments"]
    assert len(shipment["containers"]) == len(labels[0]["labelData"])

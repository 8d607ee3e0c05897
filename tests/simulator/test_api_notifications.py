"""Notifications of orders, transactions, queries and the vendor's hours: Amazon's schemas and the business's facts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from .amazon import Models
from .conftest import NOTIFICATIONS, US, Client
from .kestrel import VENDOR, ask
from .neighbours import NOW, Store, business_at_now, iso
from .test_server_notifications import NOTES, Queue

FILES = {
    "ORDER_CHANGE": "OrderChangeNotification",
    "TRANSACTION_UPDATE": "TransactionUpdateNotification",
    "DATA_KIOSK_QUERY_PROCESSING_FINISHED": "DataKioskQueryProcessingFinishedNotification",
    "ITEM_INVENTORY_EVENT_CHANGE": "ItemInventoryEventChangeNotification",
    "ITEM_SALES_EVENT_CHANGE": "ItemSalesEventChangeNotification",
    "DETAIL_PAGE_TRAFFIC_EVENT": "DetailPageTrafficEventNotification",
}


class Wire:
    """A queue, a simulator, and its messages after their check against Amazon's schemas."""

    def __init__(self, store: dict[str, Store], folder: Path) -> None:
        self.store, self.queue = store, Queue()
        self.simulator = store["na"].simulator
        self.application = Client(self.simulator, scope=NOTIFICATIONS)
        self.schemas = {name: json.loads((folder / f"{file}.json").read_text("utf-8")) for name, file in FILES.items()}
        body = {"name": "queue", "resourceSpecification": {"sqs": {"arn": self.queue.arn}}}
        self.destination = self.application.call("POST", f"{NOTES}/destinations", json=body).json()["payload"]["destinationId"]

    def subscribe(self, name: str, *types: str, **event_filter: Any) -> None:
        for kind in types:
            self.simulator.state.buckets.refill()
            wish: dict[str, Any] = {"payloadVersion": "1.0", "destinationId": self.destination}
            if event_filter:
                wish["processingDirective"] = {"eventFilter": {"eventFilterType": kind} | event_filter}
            answer = self.store[name].client.call("POST", f"{NOTES}/subscriptions/{kind}", json=wish)
            assert answer.status_code == 200, answer.text

    def after(self, seconds: float) -> list[dict[str, Any]]:
        """Payloads of the notifications that are published while time passes."""
        self.simulator.advance(seconds)
        found = self.queue.receive()
        for message in found:
            kind = message.get("NotificationType") or message["notificationType"]
            jsonschema.Draft7Validator(self.schemas[kind]).validate(message)
        return [message.get("Payload") or message["payload"] for message in found]

    def command(self, path: str, body: Any) -> requests.Response:
        return requests.post(f"{self.simulator.url}/simulator/{path}", json=body, timeout=10)


@pytest.fixture
def wire(aws: str, amazon_models: Models, amazon_reference: Path) -> Iterator[Wire]:
    with business_at_now() as simulator:
        stores = {name: Store(simulator, amazon_models, name) for name in ("na", "fe", "vendor")}
        yield Wire(stores, amazon_reference / "schemas" / "notifications")


def test_every_change_of_an_order_is_told_once_with_the_state_that_the_api_shows(wire: Wire) -> None:
    wire.subscribe("fe", "ORDER_CHANGE")
    told = [payload["OrderChangeNotification"] for payload in wire.after(6 * 3600)]
    now = wire.simulator.clock.now()
    orders = wire.store["fe"].ask(
        "searchOrders", lastUpdatedAfter=iso(NOW), includedData="FULFILLMENT", maxResultsPerPage=100
    )["orders"]  # fmt: skip
    last = {one["AmazonOrderId"]: one for one in told}
    words = {"Pending": "PENDING", "Shipped": "SHIPPED", "Canceled": "CANCELLED"}
    seen = 0
    for order in orders:
        # An update without a change of state, half an hour after the purchase, is told to nobody.
        if one := last.get(order["orderId"]):
            seen += 1
            assert words[one["Summary"]["OrderStatus"]] == order["fulfillment"]["fulfillmentStatus"]
            assert {i["OrderItemId"] for i in one["Summary"]["OrderItems"]} == {i["orderItemId"] for i in order["orderItems"]}
    assert seen > 3
    times = [one["OrderChangeTrigger"]["TimeOfOrderChange"] for one in told]
    assert times == sorted(times)
    assert iso(NOW) <= times[0] <= times[-1] <= iso(now)
    placed = {order["orderId"] for order in orders if order["createdTime"] > iso(NOW)}
    assert placed <= {one["AmazonOrderId"] for one in told if one["OrderChangeTrigger"]["ChangeReason"] == "Order Placed"}
    assert wire.after(1) == []


def test_an_event_filter_lets_through_only_its_stores_and_kinds_of_change(wire: Wire) -> None:
    wire.subscribe("na", "ORDER_CHANGE", marketplaceIds=[US], orderChangeTypes=["BuyerRequestedChange"])
    told = [payload["OrderChangeNotification"] for payload in wire.after(3 * 86400)]
    assert told
    assert {(one["OrderChangeType"], one["Summary"]["MarketplaceId"]) for one in told} == {("BuyerRequestedChange", US)}


def test_transactions_are_told_when_they_become_known(wire: Wire) -> None:
    wire.subscribe("fe", "TRANSACTION_UPDATE")
    known = wire.store["fe"].ask("listTransactions", checked=False, postedAfter="2026-11-09T00:00:00Z")["payload"]["transactions"]
    told = [payload["TransactionUpdateNotification"] for payload in wire.after(12 * 3600)]
    later = wire.store["fe"].ask("listTransactions", checked=False, postedAfter="2026-11-09T00:00:00Z")["payload"]["transactions"]
    before = {t["transactionId"] for t in known}
    new = Counter(str(t["totalAmount"]["currencyAmount"]) for t in later if t["transactionId"] not in before)
    amounts = Counter(str(one["TotalAmount"]["CurrencyAmount"]) for one in told)
    assert new
    assert new <= amounts
    states = {t["transactionId"]: t["transactionStatus"] for t in known}
    released = [
        t for t in later if states.get(t["transactionId"]) == "DEFERRED" and t["transactionStatus"] == "DEFERRED_RELEASED"
    ]
    assert released
    assert Counter(str(t["totalAmount"]["currencyAmount"]) for t in released) <= amounts


def test_the_vendors_hours_add_up_to_the_hourly_reports(wire: Wire) -> None:
    wire.subscribe("vendor", "ITEM_SALES_EVENT_CHANGE", "DETAIL_PAGE_TRAFFIC_EVENT", "ITEM_INVENTORY_EVENT_CHANGE")
    told = wire.after(5 * 3600)
    business = wire.simulator.state.business
    cases = (
        ("itemSalesEventChanges", "orderedUnits", "GET_VENDOR_REAL_TIME_SALES_REPORT", {"currencyCode": "USD"}),
        ("detailPageTrafficEvents", "glanceViews", "GET_VENDOR_REAL_TIME_TRAFFIC_REPORT", {}),
        ("itemInventoryEventChanges", "highlyAvailableInventory", "GET_VENDOR_REAL_TIME_INVENTORY_REPORT", {}),
    )
    for member, measure, report_type, options in cases:
        rows = [row for payload in told for row in payload.get(member, ())]
        hours = sorted({row["startTime"] for row in rows})
        assert len(hours) >= 4
        assert {(row["accountId"], row["marketplaceId"]) for row in rows} == {(VENDOR, US)}
        end = max(row["endTime"] for row in rows)
        document = ask(
            business, report_type, ["US"], hours[0], end, options=options, partner=VENDOR, now=wire.simulator.clock.now()
        )
        reported = {
            (r["asin"], r["startTime"]): r[measure]
            for r in json.loads(document.body)["reportData"]
            if r[measure] or "high" in measure
        }
        mine = {(row["asin"], row["startTime"].replace("+00:00", "Z")): row[measure] for row in rows}
        assert len(mine) == len(rows)
        if "high" in measure:
            assert mine.items() <= reported.items()
        else:
            assert mine == reported


def test_a_finished_query_is_told_with_its_documents(wire: Wire) -> None:
    wire.subscribe("na", "DATA_KIOSK_QUERY_PROCESSING_FINISHED")
    query = (
        '{ analytics_salesAndTraffic_2024_04_24 { salesAndTrafficByDate(startDate: "2026-11-12", endDate: "2026-11-12", '
        f'aggregateBy: DAY, marketplaceIds: ["{US}"]) {{ startDate }} }} }}'
    )
    made = [wire.store["na"].ask("createQuery", 202, body={"query": q})["queryId"] for q in (query, query.replace(US, "ATEST"))]
    told = {payload["queryId"]: payload for payload in wire.after(61)}
    assert set(told) == set(made)
    for query_id, status in zip(made, ("DONE", "FATAL"), strict=True):
        shown = wire.store["na"].ask("getQuery", path={"queryId": query_id})
        assert told[query_id]["processingStatus"] == status
        for name in ("query", "dataDocumentId", "errorDocumentId"):
            assert told[query_id].get(name) == shown.get(name)


def test_commands_publish_what_is_asked_for_to_subscribers_only(wire: Wire) -> None:
    order = wire.store["na"].ask("searchOrders", createdAfter="2026-11-21T00:00:00Z", maxResultsPerPage=1)["orders"][0]["orderId"]
    command = {"type": "ORDER_CHANGE", "account": "kestrel_na", "order_id": order}
    assert wire.command("notifications", command).json() == {"notifications": 0}
    wire.subscribe("na", "ORDER_CHANGE")
    wire.subscribe("vendor", "ITEM_SALES_EVENT_CHANGE")
    assert wire.command("notifications", command | {"times": 3}).json() == {"notifications": 3}
    hour = {"type": "ITEM_SALES_EVENT_CHANGE", "account": "kestrel_vendor_us", "hour": "2026-11-20T18:00:00Z"}
    raw = {"type": "ORDER_CHANGE", "account": "kestrel_na", "payload": {"nothing": "like Amazon's"}}
    count = wire.command("notifications", [hour, raw]).json()["notifications"]
    wire.simulator.flush_notifications()
    bodies = wire.queue.receive()
    assert len(bodies) == 3 + count
    payloads = [body.get("Payload") or body["payload"] for body in bodies]
    assert [p["OrderChangeNotification"]["AmazonOrderId"] for p in payloads[:3]] == [order] * 3
    assert len({body["NotificationMetadata"]["NotificationId"] for body in bodies[:3]}) == 3
    assert {row["startTime"] for p in payloads for row in p.get("itemSalesEventChanges", ())} == {"2026-11-20T18:00:00Z"}
    assert payloads[-1] == {"nothing": "like Amazon's"}
    for wrong in (
        {"type": "ORDER_CHANGE", "account": "kestrel_na", "order_id": "1"},
        {"type": "ORDER_CHANGE", "account": "nobody", "order_id": order},
        {"type": "ITEM_SALES_EVENT_CHANGE", "account": "kestrel_vendor_us", "hour": "2026-11-20T18:30:00Z"},
        {"type": "PRICING_HEALTH", "account": "kestrel_na"},
        {"type": "ORDER_CHANGE", "account": "kestrel_na", "surprise": 1},
    ):
        assert wire.command("notifications", wrong).status_code == 400, wrong
    assert wire.command("kiosk", {"page_rows": 7}).json() == {"page_rows": 7, "concurrent": 10}

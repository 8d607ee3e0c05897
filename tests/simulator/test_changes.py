"""Changes on request: what APIs and reports show afterwards, and the notifications that reach a queue or an event bus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import jsonschema
import pytest
import requests

from spapi_assets.simulator import documents
from spapi_assets.simulator.business.catalog import BY_SKU
from spapi_assets.simulator.server import Simulator
from spapi_assets.simulator.subscriptions import EVENTBRIDGE_TYPES

from .amazon import Models
from .conftest import DE, NOTIFICATIONS, UK, Client
from .kestrel import LISTINGS, table
from .neighbours import Store, business_at_now

EU = "A3KESTREL0EU0"
SCHEMAS = {
    "ANY_OFFER_CHANGED": "AnyOfferChangedNotification",
    "BRANDED_ITEM_CONTENT_CHANGE": "BrandedItemContentChangeNotification",
    "FBA_INVENTORY_AVAILABILITY_CHANGES": "FBAInventoryAvailabilityChangeNotification",
    "ITEM_PRODUCT_TYPE_CHANGE": "ItemProductTypeChangeNotification",
    "LISTINGS_ITEM_ISSUES_CHANGE": "ListingsItemIssuesChangeNotification_2023-12-13",
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": "ListingsItemMfnQuantityChange",
    "LISTINGS_ITEM_STATUS_CHANGE": "ListingsItemStatusChangeNotification",
    "PRICING_HEALTH": "PricingHealthNotification",
}


class Inbox:
    """A queue that hears of everything: subscribed to directly, and the target of a rule on Amazon's partner bus."""

    def __init__(self, store: Store, reference: Path) -> None:
        self.simulator = store.simulator
        self.schemas = {
            name: json.loads((reference / "schemas" / "notifications" / f"{file}.json").read_text())
            for name, file in SCHEMAS.items()
        }
        # Amazon's own schema misspells the type that its example and its messages have (fact sheet, section 5.1).
        self.schemas["LISTINGS_ITEM_STATUS_CHANGE"]["properties"]["NotificationType"]["enum"] = ["LISTINGS_ITEM_STATUS_CHANGE"]
        self.sqs, events = boto3.client("sqs"), boto3.client("events")
        self.url = self.sqs.create_queue(QueueName="changes")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        application = Client(self.simulator, scope=NOTIFICATIONS)
        bus = {"accountId": "123456789012", "region": "eu-west-1"}
        ids = {}
        for name, specification in (("queue", {"sqs": {"arn": arn}}), ("bus", {"eventBridge": bus})):
            body = {"name": name, "resourceSpecification": specification}
            found = application.call("POST", "/notifications/v1/destinations", json=body).json()["payload"]
            ids[name] = found["destinationId"]
        self.source = found["resource"]["eventBridge"]["name"]
        events.create_event_bus(Name=self.source, EventSourceName=self.source)
        pattern = json.dumps({"source": [{"prefix": "aws.partner/sellingpartnerapi.amazon.com"}]})
        events.put_rule(Name="all", EventBusName=self.source, EventPattern=pattern)
        events.put_targets(Rule="all", EventBusName=self.source, Targets=[{"Id": "queue", "Arn": arn}])
        for name in SCHEMAS:
            version = "2023-12-13" if name == "LISTINGS_ITEM_ISSUES_CHANGE" else "1.0"
            wish = {"payloadVersion": version, "destinationId": ids["bus" if name in EVENTBRIDGE_TYPES else "queue"]}
            if name == "ANY_OFFER_CHANGED":
                wish["processingDirective"] = {"eventFilter": {"eventFilterType": name, "marketplaceIds": [DE]}}
            self.simulator.state.buckets.refill()
            store.ask("createSubscription", path={"notificationType": name}, body=wish)

    def receive(self) -> list[tuple[str, dict[str, Any]]]:
        """(type, payload) of what is there, each held against Amazon's schema and its way of delivery."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            self.sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
            for message in messages:
                body = json.loads(message["Body"])
                bus = "detail-type" in body
                notification = body["detail"] if bus else body
                name = notification.get("NotificationType") or notification["notificationType"]
                assert bus == (name in EVENTBRIDGE_TYPES)
                if bus:
                    assert (body["detail-type"], body["source"]) == (name, self.source)
                jsonschema.Draft7Validator(self.schemas[name]).validate(notification)
                found.append((name, notification.get("Payload") or notification["payload"]))
        return sorted(found, key=lambda one: one[0])


@pytest.fixture
def store(aws: str, amazon_models: Models) -> Iterator[Store]:
    with business_at_now() as simulator:
        yield Store(simulator, amazon_models, "eu")


@pytest.fixture
def inbox(store: Store, amazon_reference: Path) -> Inbox:
    return Inbox(store, amazon_reference)


def listing(store: Store, sku: str, expected: int = 200, marketplace: str = DE) -> dict[str, Any]:
    data = ["summaries", "issues", "offers", "fulfillmentAvailability", "productTypes"]
    path = {"sellerId": EU, "sku": quote(sku, safe="")}
    return store.ask("getListingsItem", expected, path=path, marketplaceIds=marketplace, includedData=data)


def row(store: Store, sku: str) -> dict[str, str]:
    """The SKU's row of the listings report as it is now."""
    now = store.simulator.clock.now()
    document = documents.render(
        store.simulator.state.business, selling_partner_id=EU, report_type=LISTINGS, marketplace_ids=[DE],
        options={"preferredReportDocumentLocale": "en_US"}, start=now - timedelta(days=1), end=now, now=now,
    )  # fmt: skip
    return next((r for r in table(document) if r["seller-sku"] == sku), {})


def test_a_new_price_is_in_the_listing_the_report_and_the_offers(store: Store, inbox: Inbox) -> None:
    assert store.simulator.change("kestrel_eu", "price", sku="KC/HL-500", price="39.99") == 1  # of five stores one is listened to
    assert listing(store, "KC/HL-500")["offers"][0]["price"]["amount"] == row(store, "KC/HL-500")["price"] == "39.99"
    ((name, payload),) = inbox.receive()
    offers = payload["AnyOfferChangedNotification"]
    assert (name, offers["OfferChangeTrigger"]["MarketplaceId"]) == ("ANY_OFFER_CHANGED", DE)
    assert offers["OfferChangeTrigger"]["ASIN"] == BY_SKU["KC/HL-500"].asin
    own = [o for o in offers["Offers"] if o["SellerId"] == EU]
    assert [o["ListingPrice"] for o in own] == [{"Amount": 39.99, "CurrencyCode": "EUR"}]
    assert offers["SalesRankings" if "SalesRankings" in offers else "Summary"]["SalesRankings"][0]["Rank"] > 0


def test_the_sellers_last_piece_takes_the_offer_away(store: Store, inbox: Inbox) -> None:
    before = listing(store, "KC-CHR-XL")["summaries"][0]
    assert "BUYABLE" in before["status"]
    store.simulator.change("kestrel_eu", "quantity", sku="KC-CHR-XL", quantity=0)
    after = listing(store, "KC-CHR-XL")
    assert after["fulfillmentAvailability"] == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 0}]
    assert "BUYABLE" not in after["summaries"][0]["status"]
    assert after["summaries"][0]["lastUpdatedDate"] > before["lastUpdatedDate"]
    assert (row(store, "KC-CHR-XL")["quantity"], row(store, "KC-CHR-XL")["status"]) == ("0", "Inactive")
    quantity, *statuses = inbox.receive()
    assert quantity == (
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        {"SellerId": EU, "FulfillmentChannelCode": "DEFAULT", "Sku": "KC-CHR-XL", "Quantity": 0},
    )
    assert {(name, payload["Sku"]) for name, payload in statuses} == {("LISTINGS_ITEM_STATUS_CHANGE", "KC-CHR-XL")}
    assert len({payload["MarketplaceId"] for _, payload in statuses}) == 5
    assert all("BUYABLE" not in payload["Status"] for _, payload in statuses)
    answer = requests.post(
        f"{store.simulator.url}/simulator/changes",
        json={"account": "kestrel_eu", "change": "quantity", "sku": "00417", "quantity": 3},
        timeout=10,
    )
    assert (answer.status_code, "Amazon fulfils 00417" in answer.json()["error"]) == (400, True)


def test_an_issue_opens_with_its_enforcement_and_closes(store: Store, inbox: Inbox) -> None:
    codes = {issue["code"] for issue in listing(store, "1E5")["issues"]}
    assert "18742" not in codes
    store.simulator.change("kestrel_eu", "issue", sku="1E5", marketplace="DE", code="18742", actions=["LISTING_SUPPRESSED"])
    (issue,) = [i for i in listing(store, "1E5")["issues"] if i["code"] == "18742"]
    assert issue["enforcements"]["actions"] == [{"action": "LISTING_SUPPRESSED"}]
    assert row(store, "1E5")["status"] == "Inactive"
    assert "18742" not in {i["code"] for i in listing(store, "1E5", marketplace=UK)["issues"]}
    (first, opened), (second, status) = inbox.receive()
    assert (first, second) == ("LISTINGS_ITEM_ISSUES_CHANGE", "LISTINGS_ITEM_STATUS_CHANGE")
    assert "ERROR" in opened["Severities"]
    assert "LISTING_SUPPRESSED" in opened["EnforcementActions"]
    assert (status["Asin"], "BUYABLE" in status["Status"]) == (BY_SKU["1E5"].asin, False)
    assert store.simulator.change("kestrel_eu", "close_issue", sku="1E5", marketplace="DE", code="18742") == 2
    assert {i["code"] for i in listing(store, "1E5")["issues"]} == codes
    assert row(store, "1E5")["status"] == "Active"


def test_a_deleted_listing_is_gone_everywhere_and_can_come_back(store: Store, inbox: Inbox) -> None:
    store.simulator.change("kestrel_eu", "delete", sku="KC-BLK-XL", marketplace="DE")
    listing(store, "KC-BLK-XL", 404)
    listing(store, "KC-BLK-XL", marketplace=UK)
    assert row(store, "KC-BLK-XL") == {}
    ((_, payload),) = inbox.receive()
    assert payload["Status"] == ["DELETED"]
    store.simulator.change("kestrel_eu", "delete", sku="KC-BLK-XL", marketplace="DE", deleted=False)
    assert row(store, "KC-BLK-XL")["seller-sku"] == "KC-BLK-XL"


def test_titles_product_types_and_pages_change_in_the_catalogue(store: Store, inbox: Inbox) -> None:
    mug = BY_SKU["KC-MUG-350"]
    asked = {
        "marketplaceIds": DE,
        "identifiers": mug.asin,
        "identifiersType": "ASIN",
        "includedData": ["summaries", "productTypes"],
    }
    store.simulator.change("kestrel_eu", "catalog", asin=mug.asin, marketplace="DE", present=False)
    assert store.ask("searchCatalogItems", **asked)["items"] == []
    store.simulator.change("kestrel_eu", "catalog", asin=mug.asin, marketplace="DE", present=True)
    store.simulator.change("kestrel_eu", "title", sku=mug.sku, marketplace="DE", title="Becher")
    store.simulator.change("kestrel_eu", "product_type", asin=mug.asin, marketplace="DE", product_type="MUG")
    (item,) = store.ask("searchCatalogItems", **asked)["items"]
    assert (item["summaries"][0]["itemName"], item["productTypes"][0]["productType"]) == ("Becher", "MUG")
    mine = listing(store, mug.sku)
    assert (mine["summaries"][0]["itemName"], mine["productTypes"][0]["productType"]) == ("Becher", "MUG")
    assert row(store, mug.sku)["item-name"] == "Becher"
    assert inbox.receive() == [
        (
            "BRANDED_ITEM_CONTENT_CHANGE",
            {"MarketplaceId": DE, "BrandName": "Kestrel & Co", "Asin": mug.asin, "AttributesChanged": ["item_name"]},
        ),
        (
            "ITEM_PRODUCT_TYPE_CHANGE",
            {"MarketplaceId": DE, "Asin": mug.asin, "PreviousProductType": "DRINKING_CUP", "CurrentProductType": "MUG"},
        ),
    ]


def test_offers_price_health_and_stock_are_told_to_the_queue(store: Store, inbox: Inbox) -> None:
    rope = BY_SKU["KC-ROPE-06"]
    store.simulator.change("kestrel_eu", "offers", asin=rope.asin, marketplace="DE")
    store.simulator.change("kestrel_eu", "pricing_health", sku=rope.sku, marketplace="DE")
    store.simulator.change("kestrel_eu", "inventory", sku=rope.sku)
    (_, offers), (_, stock), (_, health) = inbox.receive()
    assert offers["AnyOfferChangedNotification"]["OfferChangeTrigger"]["OfferChangeType"] == "External"
    assert len(offers["AnyOfferChangedNotification"]["Offers"]) >= 3
    assert health["offerChangeTrigger"]["asin"] == stock["ASIN"] == rope.asin
    by_store = {part["MarketplaceId"]: part["FulfillmentInventory"] for part in stock["FulfillmentInventoryByMarketplace"]}
    assert len(by_store) == 5
    summary = store.ask(
        "getInventorySummaries",
        granularityType="Marketplace",
        granularityId=DE,
        marketplaceIds=DE,
        sellerSkus=rope.sku,
        details="true",
    )["payload"]["inventorySummaries"][0]["inventoryDetails"]
    assert by_store[DE]["Fulfillable"] == summary["fulfillableQuantity"]


def test_a_burst_of_changes_is_sent_ten_at_a_time(store: Store, inbox: Inbox) -> None:
    account = store.simulator.state.business.account(EU)
    answer = requests.post(f"{store.simulator.url}/simulator/articles", json={"account": "kestrel_eu", "count": 200}, timeout=10)
    assert answer.json() == {"account": "kestrel_eu", "articles": 200}
    assert store.simulator.state.business.extra_articles(account) == 200
    assert store.simulator.change("kestrel_eu", "burst", marketplace="DE", skus=20, changes=60) == 60
    received = inbox.receive()
    assert [name for name, _ in received].count("LISTINGS_ITEM_MFN_QUANTITY_CHANGE") == 20
    assert [name for name, _ in received].count("LISTINGS_ITEM_ISSUES_CHANGE") == 40
    assert len({payload["Sku"] for _, payload in received}) == 20
    assert listing(store, "KX-0000019")["fulfillmentAvailability"][0]["quantity"] == 20


def test_what_changes_by_itself_in_a_week_is_told_and_read_as_it_was_told(store: Store, inbox: Inbox) -> None:
    before = {sku: listing(store, sku) for sku in ("KC-CHR-XL", "KC-STV-1-MFN")}
    store.simulator.advance(7 * 86_400)
    found: dict[str, list[dict[str, Any]]] = {}
    for name, payload in inbox.receive():
        found.setdefault(name, []).append(payload)
    assert set(found) == set(SCHEMAS) - {"ITEM_PRODUCT_TYPE_CHANGE"}
    quantities = {p["Sku"]: p["Quantity"] for p in found["LISTINGS_ITEM_MFN_QUANTITY_CHANGE"]}
    assert set(quantities) == set(before)
    assert len(found["LISTINGS_ITEM_MFN_QUANTITY_CHANGE"]) == 14  # one a day
    in_germany = [p for p in found["LISTINGS_ITEM_STATUS_CHANGE"] if p["MarketplaceId"] == DE]
    assert in_germany
    told = {(p["Sku"], p["MarketplaceId"]): set(p["Severities"]) for p in found["LISTINGS_ITEM_ISSUES_CHANGE"]}
    for (sku, marketplace), severities in list(told.items())[:8]:
        now = {issue["severity"] for issue in listing(store, sku, marketplace=marketplace)["issues"]} - {"INFO"}
        assert (now or {"NONE"}) == severities
    last = {p["Sku"]: p["Status"] for p in in_germany}  # they came in the order of happening
    for sku, status in last.items():
        assert listing(store, sku)["summaries"][0]["status"] == status


def test_nobody_is_told_who_did_not_subscribe_and_a_bus_that_is_gone_is_logged(store: Store) -> None:
    assert store.simulator.change("kestrel_eu", "status", sku="1E5", buyable=False) == 0
    application = Client(store.simulator, scope=NOTIFICATIONS)
    bus = {"name": "bus", "resourceSpecification": {"eventBridge": {"accountId": "123456789012", "region": "eu-west-1"}}}
    found = application.call("POST", "/notifications/v1/destinations", json=bus).json()["payload"]["destinationId"]
    path = {"notificationType": "LISTINGS_ITEM_STATUS_CHANGE"}
    store.ask("createSubscription", path=path, body={"payloadVersion": "1.0", "destinationId": found})
    boto3.client("events").delete_event_bus(Name="amzn1.sp.solution.simulator")
    assert store.simulator.change("kestrel_eu", "status", sku="1E5", marketplace="DE", buyable=True) == 1
    (entry,) = store.simulator.journal.entries("notification_undeliverable")
    assert entry["notification_type"] == "LISTINGS_ITEM_STATUS_CHANGE"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("no change 'colour'", {"change": "colour"}),
        ("no account", {"change": "offers", "account": "nobody", "sku": "1E5"}),
        ("lists no 'NONE'", {"change": "offers", "sku": "NONE"}),
        ("no field 'prize'", {"change": "price", "sku": "1E5", "prize": 1}),
        ("needs the field 'price'", {"change": "price", "sku": "1E5"}),
        ("not a price", {"change": "price", "sku": "1E5", "price": "cheap"}),
        ("does not sell in 'US'", {"change": "delete", "sku": "1E5", "marketplace": "US"}),
        ("severity", {"change": "issue", "sku": "1E5", "severity": "FATAL"}),
        ("extra articles", {"change": "burst", "skus": 5, "changes": 5}),
    ],
)
def test_commands_that_make_no_sense_are_refused_in_a_sentence(
    stores: dict[str, Store], words: str, command: dict[str, Any]
) -> None:
    url = f"{stores['eu'].simulator.url}/simulator/changes"
    answer = requests.post(url, json={"account": "kestrel_eu"} | command, timeout=10)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_extra_articles_are_for_sellers_and_accounts_that_exist() -> None:
    for name, count in (("kestrel_vendor_us", 5), ("nobody", 5), ("kestrel_eu", -1)):
        with pytest.raises(ValueError, match=r"extra articles|no account"):
            Simulator(extra_articles={name: count})

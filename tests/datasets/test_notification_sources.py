"""Notifications as rows: Amazon's example of every schema, whole messages made of the schemas, exact values of some."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import make_context, rows

SOURCES = {source.notification: source for source in load_registry().apis.values() if source.notification}
READ = datetime(2026, 11, 23, 18, 0, 0, tzinfo=UTC)
# The type that each schema is for; its member of that name is a mere string in most of them.
SCHEMAS = {
    "AnyOfferChangedNotification": "ANY_OFFER_CHANGED",
    "B2bAnyOfferChangedNotification": "B2B_ANY_OFFER_CHANGED",
    "BrandedItemContentChangeNotification": "BRANDED_ITEM_CONTENT_CHANGE",
    "DataKioskQueryProcessingFinishedNotification": "DATA_KIOSK_QUERY_PROCESSING_FINISHED",
    "DetailPageTrafficEventNotification": "DETAIL_PAGE_TRAFFIC_EVENT",
    "FBAInventoryAvailabilityChangeNotification": "FBA_INVENTORY_AVAILABILITY_CHANGES",
    "FBAOutboundShipmentStatusNotification": "FBA_OUTBOUND_SHIPMENT_STATUS",
    "FeePromotionNotification": "FEE_PROMOTION",
    "FeedProcessingFinishedNotification": "FEED_PROCESSING_FINISHED",
    "FulfillmentOrderStatusNotification": "FULFILLMENT_ORDER_STATUS",
    "ItemInventoryEventChangeNotification": "ITEM_INVENTORY_EVENT_CHANGE",
    "ItemProductTypeChangeNotification": "ITEM_PRODUCT_TYPE_CHANGE",
    "ItemSalesEventChangeNotification": "ITEM_SALES_EVENT_CHANGE",
    "ListingsItemIssuesChangeNotification": "LISTINGS_ITEM_ISSUES_CHANGE",
    "ListingsItemIssuesChangeNotification_2023-12-13": "LISTINGS_ITEM_ISSUES_CHANGE",
    "ListingsItemMfnQuantityChange": "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
    "ListingsItemStatusChangeNotification": "LISTINGS_ITEM_STATUS_CHANGE",
    "OrderChangeNotification": "ORDER_CHANGE",
    "PricingHealthNotification": "PRICING_HEALTH",
    "ProductTypeDefinitionsChangeNotification": "PRODUCT_TYPE_DEFINITIONS_CHANGE",
    "ReportProcessingFinishedNotification": "REPORT_PROCESSING_FINISHED",
    "ShipmentTrackingMilestoneChangedNotification": "SHIPMENT_TRACKING_MILESTONE_CHANGED",
    "TransactionUpdateNotification": "TRANSACTION_UPDATE",
}
WITHOUT_EXAMPLE = {"B2bAnyOfferChangedNotification", "FBAInventoryAvailabilityChangeNotification"}
LOWEST = "any_offer_changed_lowest_prices"
INSTANT = "2026-11-23T17:59:58.123Z"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def load(kind: str, lake: Lake, *messages: Any, pii: bool = True) -> LoadResult:
    """The messages as the intake archives them: each is the answer of a page. `pii`: the deployment keeps personal columns."""
    source = SOURCES[kind]
    kept = frozenset(f"{d.name}.{c.name}" for d in source.datasets for c in d.columns if c.pii and pii)
    pages = [{"fetched_at": READ.isoformat(), "request": {}, "response": m} for m in messages]
    context = make_context(source, start=READ.date(), end=READ.date(), report_id="read-1", created=READ, pii_columns=kept)
    return load_document([json.dumps({"pages": pages}).encode()], context, lake)


def clean(result: LoadResult) -> None:
    assert result.quarantined == 0
    assert not [w for w in result.warnings if "does not know" in w or "as written" in w]


def schema_of(reference: Path, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((reference / "schemas" / "notifications" / f"{name}.json").read_text("utf-8"))
    return schema


def example(reference: Path, name: str) -> dict[str, Any]:
    first: dict[str, Any] = schema_of(reference, name)["examples"][0]
    return first


def values(message: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each value of a message with the dotted path to it."""
    if isinstance(message, dict | list):
        for key, inner in message.items() if isinstance(message, dict) else ((None, each) for each in message):
            yield from values(inner, (*path, key) if key else path)
    elif message is not None:
        yield ".".join(path), message


def spelt(value: Any) -> str:
    """One spelling for a value, however Amazon or the lake writes it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*", value):
        return datetime.fromisoformat(value).isoformat()
    try:
        return str(Decimal(str(value)).normalize() + 0)
    except ArithmeticError:
        return str(value)


class Made:
    """A whole message of a schema: every member, two elements in every list, every value another one where its type lets it."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root, self.count = schema, 0

    def value(self, node: dict[str, Any], key: str = "") -> Any:
        while reference := node.get("$ref") or node.get("#ref"):  # B2B_ANY_OFFER_CHANGED misspells its root
            node = functools.reduce(lambda at, step: at[step], reference.removeprefix("#/").split("/"), self.root)
        if "items" in node or node.get("type") == "array":
            inner = node.get("items") or [{"type": "string"}]
            # What schemas made from an example list one by one are the kinds of element they have seen.
            kinds = [k for i in (inner if isinstance(inner, list) else [inner]) for k in i.get("anyOf", [i])]
            return [self.value(kind or {"type": "string"}, key) for kind in (kinds if len(kinds) > 1 else kinds * 2)]
        if "properties" in node:
            return {name: self.value(inner, name) for name, inner in node["properties"].items()}
        self.count += 1
        kind = node.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind in ("integer", "number"):
            return self.count if kind == "integer" else self.count + 0.25
        if kind == "boolean":
            return self.count % 2 == 0
        return node["enum"][0] if node.get("enum") else INSTANT if re.search("[tT]ime|Date", key) else f"{key} {self.count}"


def test_every_schema_that_amazon_publishes_has_its_tables(amazon_reference):
    assert {path.stem for path in (amazon_reference / "schemas" / "notifications").glob("*.json")} == set(SCHEMAS)
    assert set(SCHEMAS.values()) == set(SOURCES)


def held_and_lost(kind: str, lake: Lake, *messages: Any) -> list[str]:
    """Loads the messages, and names the values of theirs that are in no row and not left out with a reason."""
    source = SOURCES[kind]
    clean(load(kind, lake, *messages))
    left_out = {*source.excluded_sections, *(path for d in source.datasets for path in d.excluded)}
    held = [v for d in source.datasets for r in rows(lake, d.name) for v in r.values()]
    found = {spelt(v) for v in held} | {
        spelt(v) for text in held if isinstance(text, str) and text[:1] in "[{" for _, v in values(json.loads(text or "null"))
    }
    return [
        f"{path} = {value!r}"
        for message in messages
        for path, value in values(message)
        if spelt(value) not in found and not any(path == out or path.startswith(f"{out}.") for out in left_out)
    ]


@pytest.mark.parametrize("name", [n for n in SCHEMAS if n not in WITHOUT_EXAMPLE])
def test_every_value_of_amazons_examples_stands_in_a_row(name, amazon_reference, lake):
    assert held_and_lost(SCHEMAS[name], lake, *schema_of(amazon_reference, name)["examples"]) == []


@pytest.mark.parametrize("name", [n for n in SCHEMAS if SCHEMAS[n] != "SHIPMENT_TRACKING_MILESTONE_CHANGED"])  # defines nothing
def test_a_whole_message_of_amazons_schema_fills_every_column(name, amazon_reference, lake):
    kind = SCHEMAS[name]
    schema = schema_of(amazon_reference, name)
    message = Made(schema).value(schema)
    if kind == "FBA_INVENTORY_AVAILABILITY_CHANGES":  # its schema leaves out what every message has
        message["NotificationMetadata"] = {"NotificationId": "n 1", "SubscriptionId": "s 1", "PublishTime": INSTANT}
    assert held_and_lost(kind, lake, message) == []
    empty = [
        f"{d.name}.{c.name}"
        for d in SOURCES[kind].datasets
        for c in d.columns
        if all(r[c.name] is None for r in rows(lake, d.name))
    ]
    assert empty == []


def test_an_hour_of_sales_is_a_row_per_product_in_the_day_it_was_loaded(amazon_reference, lake):
    load("ITEM_SALES_EVENT_CHANGE", lake, example(amazon_reference, "ItemSalesEventChangeNotification"))
    first, second = rows(lake, "item_sales_events")
    assert (
        first
        | {
            "notification_id": "d0e9e693-c3ad-4373-979f-ed4ec98dd746",
            "row_position": 1,
            "start_time": datetime(2023, 2, 7, 15, tzinfo=UTC),
            "end_time": datetime(2023, 2, 7, 16, tzinfo=UTC),
            "asin": "B00032HE0O",
            "ordered_units": 9,
            "ordered_revenue": Decimal("80.91"),
            "currency_code": "USD",
            "event_time": datetime(2023, 2, 7, 16, 5, 32, 378000, tzinfo=UTC),
            "read_at": READ,
        }
        == first
    )
    assert (second["row_position"], second["ordered_revenue"]) == (2, Decimal("527.6"))
    assert [p for p in lake.list("raw/item_sales_events") if "date=2026-11-23" in p]


def test_a_change_of_offers_is_one_row_and_its_offers_prices_and_counts_know_the_product(amazon_reference, lake):
    load("ANY_OFFER_CHANGED", lake, example(amazon_reference, "AnyOfferChangedNotification"))
    (change,) = rows(lake, "any_offer_changed")
    assert (change["asin"], change["list_price_amount"], change["total_buy_box_eligible_offers"]) == ("123", Decimal("55"), 100)
    assert change["time_of_offer_change"] == datetime(2020, 7, 13, 19, 42, 4, 284000, tzinfo=UTC)
    lowest = [(r["price_position"], r["asin"], r["condition"], r["landed_price_amount"], r["points"]) for r in rows(lake, LOWEST)]
    assert lowest == [(1, "123", "new", Decimal("10"), None), (2, "123", "used", Decimal("11"), 34343)]
    counts = [(r["condition"], r["offer_count"]) for r in rows(lake, "any_offer_changed_eligible_counts")]
    assert counts == [("new", 23), ("used", 54)]
    (offer,) = rows(lake, "any_offer_changed_offers")
    assert (offer["offer_seller_id"], offer["listing_price_amount"], offer["is_offer_national_prime"]) == (
        "111",
        Decimal("23"),
        False,
    )
    assert len(rows(lake, "any_offer_changed_buy_box_prices")) == len(rows(lake, "any_offer_changed_sales_rankings")) == 2


def test_a_changed_order_keeps_its_postal_code_only_where_the_deployment_wants_it(amazon_reference, lake, tmp_path):
    message = example(amazon_reference, "OrderChangeNotification")
    load("ORDER_CHANGE", lake, message)
    assert rows(lake, "order_change")[0]["destination_postal_code"] == "48110"
    without = Lake(tmp_path / "without")
    load("ORDER_CHANGE", without, message, pii=False)
    (order,) = rows(without, "order_change")
    assert "destination_postal_code" not in order
    assert (order["amazon_order_id"], order["order_programs"], order["items_unshipped"]) == (
        "903-8868176-2219830",
        '["Business"]',
        10,
    )
    (item,) = rows(without, "order_change_items")
    assert (item["seller_sku"], item["quantity"], item["is_buyer_requested_cancel"]) == ("SellerSKUID1", 10, True)


def test_numbers_in_quotation_marks_are_numbers(amazon_reference, lake):
    message = example(amazon_reference, "ItemSalesEventChangeNotification")
    for event in message["payload"]["itemSalesEventChanges"]:
        event["orderedUnits"], event["orderedRevenue"] = str(event["orderedUnits"]), str(event["orderedRevenue"])
    clean(load("ITEM_SALES_EVENT_CHANGE", lake, message))
    first = rows(lake, "item_sales_events")[0]
    assert (first["ordered_units"], first["ordered_revenue"]) == (9, Decimal("80.91"))


def test_what_the_schema_calls_nullable_or_optional_may_be_missing(amazon_reference, lake):
    message = example(amazon_reference, "OrderChangeNotification")
    change = message["Payload"]["OrderChangeNotification"]
    change["OrderChangeTrigger"] = {"TimeOfOrderChange": None}
    change["Summary"] |= {"PurchaseDate": None, "DestinationPostalCode": None, "OrderItems": []}
    clean(load("ORDER_CHANGE", lake, message))
    (order,) = rows(lake, "order_change")
    assert (order["time_of_order_change"], order["purchase_date"]) == (None, None)


def test_every_parcels_way_is_told_from_its_newest_step_backwards(amazon_reference, lake):
    load("SHIPMENT_TRACKING_MILESTONE_CHANGED", lake, example(amazon_reference, "ShipmentTrackingMilestoneChangedNotification"))
    (parcel,) = rows(lake, "shipment_tracking")
    assert (parcel["aftn"], parcel["status_code"], parcel["city"]) == ("AFTN987654321", "DELIVERED", "Austin")
    steps = [(r["milestone_position"], r["status_code"]) for r in rows(lake, "shipment_tracking_milestones")]
    assert steps == [
        (1, "DELIVERED"), (2, "OUT_FOR_DELIVERY"), (3, "SHIPPED"), (4, "CARRIER_ASSIGNED"), (5, "ORDER_PREPARING"),
    ]  # fmt: skip
    (estimate,) = rows(lake, "shipment_tracking_estimates")
    assert estimate["end_time"] == datetime(2026, 6, 14, 3, tzinfo=UTC)


def test_the_total_of_a_transaction_and_what_it_belongs_to(amazon_reference, lake):
    load("TRANSACTION_UPDATE", lake, example(amazon_reference, "TransactionUpdateNotification"))
    (transaction,) = rows(lake, "transaction_update")
    assert (transaction["total_amount"], transaction["total_currency"], transaction["account_type"]) == (
        Decimal("10"),
        "USD",
        "PAYABLE",
    )
    (order,) = rows(lake, "transaction_update_identifiers")
    assert (order["related_identifier_name"], order["related_identifier_value"]) == ("OrderId", "8129762527551")

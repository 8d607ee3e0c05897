"""Catalog, listings, stock, prices, fees, order metrics: Amazon's examples and whole answers of its models become exact rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import make_context, quarantine, rows

if TYPE_CHECKING:
    from model_server import Models

APIS = load_registry().apis
FAMILIES = {"catalog", "listings_items", "inventory_api", "pricing", "fees", "sales_metrics"}
SOURCES = [name for name, source in APIS.items() if source.family in FAMILIES]
MODELS = {
    "catalog_items": "catalog-items-api-model/catalogItems_2022-04-01.json",
    "listings_items": "listings-items-api-model/listingsItems_2021-08-01.json",
    "fba_inventory_summaries": "fba-inventory-api-model/fbaInventory.json",
    "competitive_summary": "product-pricing-api-model/productPricing_2022-05-01.json",
    "featured_offer_expected_price": "product-pricing-api-model/productPricing_2022-05-01.json",
    "fee_estimates": "product-fees-api-model/productFeesV0.json",
    "order_metrics": "sales-api-model/sales.json",
    "order_metrics_hourly": "sales-api-model/sales.json",
}
DAILY = {"order_metrics", "order_metrics_hourly"}  # rows of several days
READ = datetime(2026, 11, 23, 18, 0, 0, 123000, tzinfo=UTC)
US = "ATVPDKIKX0DER"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def load(
    name: str, lake: Lake, *responses: Any, missing: tuple[str, ...] = (), window: Any = None, texts: bool = False
) -> LoadResult:
    """The answers as a reading archives them, one page each; `missing` on the first. `texts`: they are JSON already."""
    source = APIS[name]
    pages = [
        json.dumps(
            {
                "fetched_at": (READ + timedelta(seconds=i)).isoformat(),
                "request": {"marketplaceIds": [US]},
                "missing": [{"identifier": m} for m in (missing if i == 0 else ())],
            }
        )[:-1]
        + f', "response": {response if texts else json.dumps(response)}}}'
        for i, response in enumerate(responses)
    ]
    start, end = window or (READ.date(), READ.date())
    context = make_context(source, marketplace="US", start=start, end=end, report_id="read-1", created=READ)
    return load_document([('{"pages": [' + ", ".join(pages) + "]}").encode()], context, lake)


def answers(models: Path, name: str) -> Iterator[Any]:
    """Every answer with status 200 that Amazon's model shows for the operation of the source."""
    operation = APIS[name].call.operation
    for path in json.loads((models / MODELS[name]).read_text("utf-8"))["paths"].values():
        for method in path.values():
            if isinstance(method, dict) and method.get("operationId") == operation:
                for holder in (path, method, method["responses"]["200"]):
                    for case in holder.get("x-amzn-api-sandbox", {}).get("static", ()):
                        if "errors" not in case["response"]:
                            yield case["response"]
                for example in method["responses"]["200"].get("examples", {}).values():
                    if set(example) != {"asinFilter", "totalGranularity", "dayGranularity"}:  # a list of examples, no answer
                        yield example


def only(lake: Lake, dataset: str, **where: Any) -> dict[str, Any]:
    """The one row with these values, without lineage."""
    found = [r for r in rows(lake, dataset) if all(r[k] == v for k, v in where.items())]
    assert len(found) == 1, found
    return {k: v for k, v in found[0].items() if not k.startswith("_")}


def clean(result: LoadResult) -> None:
    assert result.quarantined == 0
    assert not [w for w in result.warnings if "does not know" in w or "as written" in w]


@pytest.mark.parametrize("name", [n for n in SOURCES if n != "fba_inventory_summaries"])  # its model shows no answer
def test_every_example_of_amazon_loads_without_an_unknown_key_or_a_value_that_does_not_fit(name, amazon_reference, lake):
    shown = list(answers(amazon_reference / "models", name))
    assert shown
    for answer in shown:
        first = date.fromisoformat(answer["payload"][0]["interval"][:10]) if name in DAILY else READ.date()
        clean(load(name, lake, answer, window=(first, first + timedelta(days=2))))


# What the models leave open (attributes are free-form) or do not have, and we read all the same.
BEYOND = {"catalog_items.list_price_amount", "catalog_items.list_price_currency", "catalog_items.bullet_points"}
MISSING = {"catalog_items_missing", "listings_missing"}


@pytest.mark.parametrize("name", SOURCES)
def test_a_whole_answer_of_amazons_model_fills_every_column(name: str, amazon_models: Models, lake: Lake) -> None:
    from model_server.generator import Generator, to_text

    source = APIS[name]
    operation = amazon_models[source.call.operation]
    interval = {"payload.interval": "2026-11-01T00:00-07:00--2026-11-02T00:00-08:00"}
    made = Generator(operation, 7, (READ, READ + timedelta(days=1)), (US,), overrides=interval)
    texts = [to_text(made.make(operation.schema, "", key)) for key in "abcde"]
    result = load(name, lake, *texts, window=(date(2026, 11, 1), READ.date()), texts=True)
    clean(result)
    empty = [
        f"{d.name}.{c.name}"
        for d in source.datasets
        if d.name not in MISSING
        for c in d.columns
        if all(r[c.name] is None for r in rows(lake, d.name))
    ]
    assert set(empty) == {e for e in BEYOND if e.split(".")[0] in {d.name for d in source.datasets}}


def test_the_catalog_item_of_amazons_example_has_its_summary_its_list_price_and_all_attributes(amazon_reference, lake):
    full = list(answers(amazon_reference / "models", "catalog_items"))[-1]
    load("catalog_items", lake, full)
    item = only(lake, "catalog_items")
    assert (
        item
        | {
            "asin": "B07N4M94X4",
            "marketplace_id": US,
            "brand": "SAMSUNG",
            "item_classification": "BASE_PRODUCT",
            "product_type": "TELEVISION",
            "color": "Black",
            "size": "82-Inch",
            "package_quantity": 1,
            "browse_classification_id": "21489946011",
            "browse_classification_name": "QLED TVs",
            "website_display_group": "home_theater_display_on_website",
            "list_price_amount": Decimal("3799.99"),
            "list_price_currency": "USD",
            "read_at": READ,
        }
        == item
    )
    assert json.loads(item["attributes"]) == full["items"][0]["attributes"]
    assert json.loads(item["summaries"]) == full["items"][0]["summaries"]
    assert [b["value"][:8] for b in json.loads(item["bullet_points"])][:2] == ["SMART TV", "100% COL"]


def test_what_hangs_below_a_catalog_item_names_its_asin_and_marketplace(amazon_reference, lake):
    load("catalog_items", lake, list(answers(amazon_reference / "models", "catalog_items"))[-1], missing=("B000000GON",))
    who = {"asin": "B07N4M94X4", "marketplace_id": US, "read_at": READ}
    main = "https://m.media-amazon.com/images/I/91uohwV+k3L.jpg"
    assert only(lake, "catalog_images", link=main) == who | {"variant": "MAIN", "link": main, "height": 1707, "width": 2560}
    assert len(rows(lake, "catalog_images")) == 16
    assert [r["identifier"] for r in rows(lake, "catalog_identifiers")] == ["0887276302195", "00887276302195", "887276302195"]
    classification = only(lake, "catalog_classifications")
    assert classification["parent_classification_id"] == "172659"
    assert json.loads(classification["parents"])["parent"]["parent"]["classificationId"] == "172282"
    assert only(lake, "catalog_sales_ranks")["rank"] == 113
    assert only(lake, "catalog_display_group_ranks") == who | {
        "website_display_group": "ce_display_on_website",
        "title": "Electronics",
        "rank": 72855,
        "link": "http://www.amazon.com/gp/bestsellers/electronics",
    }
    dimensions = only(lake, "catalog_dimensions")
    assert (dimensions["item_weight"], dimensions["item_weight_unit"]) == (Decimal("107.6"), "pounds")
    assert dimensions["package_height"] == Decimal("10.49999998929"), "no digit is lost"
    relationship = only(lake, "catalog_relationships")
    assert (relationship["parent_asins"], relationship["child_asins"]) == ('["B08J7TQ9FL"]', None)
    assert only(lake, "catalog_vendor_details")["replenishment_category"] == "OBSOLETE"
    missing = {"asin": "B000000GON", "marketplaces": f'["{US}"]', "read_at": READ}
    assert only(lake, "catalog_items_missing") == missing


def test_an_item_without_a_summary_is_a_row_and_one_with_two_loses_none(lake):
    summaries = [{"marketplaceId": US, "itemName": "Mug"}, {"marketplaceId": "A2EUQ1WTGCTBG2", "itemName": "Tasse"}]
    bare, twice = {"asin": "B000000001"}, {"asin": "B000000002", "summaries": summaries}
    clean(load("catalog_items", lake, {"numberOfResults": 2, "items": [bare, twice]}))
    assert only(lake, "catalog_items", asin="B000000001")["item_name"] is None
    two = only(lake, "catalog_items", asin="B000000002")
    assert (two["item_name"], json.loads(two["summaries"])) == ("Mug", summaries)
    load("listings_items", lake, {"items": [{"sku": "NEW-1", "issues": []}]})
    assert only(lake, "listings")["sku"] == "NEW-1"


def test_a_key_that_amazon_adds_is_kept_as_text_or_told_wherever_it_stands(lake):
    images = [
        {"marketplaceId": US, "ratio": 2, "images": [{"variant": "MAIN", "link": "l", "height": 1, "width": 1, "alt": "a"}]}
    ]
    result = load("catalog_items", lake, {"items": [{"asin": "B000000001", "ecoScore": "B", "images": images}]})
    assert rows(lake, "catalog_items")[0]["eco_score"] == "B"
    assert rows(lake, "catalog_images")[0]["alt"] == "a"
    assert [w for w in result.warnings if "pages.response.items.images.ratio" in w]


def test_the_listing_of_amazons_example_has_its_prices_to_the_cent_and_its_problems_in_order(amazon_reference, lake):
    load("listings_items", lake, next(answers(amazon_reference / "models", "listings_items")), missing=("GONE/1",))
    listing = only(lake, "listings")
    assert (listing["sku"], listing["asin"], listing["status"]) == ("GM-ZDPI-9B4E", "B071VG5N9D", '["BUYABLE"]')
    assert listing["created_date"] == datetime(2021, 2, 1, tzinfo=UTC)
    offers = [
        (r["offer_position"], r["offer_type"], r["price_amount"], r["price_currency"]) for r in rows(lake, "listing_offers")
    ]
    assert offers == [(1, "B2C", Decimal("100"), "USD"), (2, "B2C", Decimal("130"), "CAD")]
    problems = {r["issue_position"]: r for r in rows(lake, "listing_issues")}
    assert list(problems) == [1, 2, 3, 4, 5]
    assert (problems[1]["code"], problems[1]["attribute_names"]) == ("90220", '["size"]')
    assert problems[2]["enforcement_actions"] == '[{"action": "SEARCH_SUPPRESSED"}]'
    assert problems[2]["exemption_status"] == "EXEMPT_UNTIL_EXPIRY_DATE"
    assert only(lake, "listing_fulfillment_availability")["quantity"] == 100
    assert only(lake, "listings_missing")["sku"] == "GONE/1"


def test_a_price_may_name_its_currency_twice_as_practice_does_and_be_a_number(lake):
    offer = {"marketplaceId": US, "offerType": "B2C"}
    prices = [{"currency": "USD", "currencyCode": "USD", "amount": "17.60"}, {"currency": "USD", "amount": 17.6}]
    clean(load("listings_items", lake, {"items": [{"sku": "S", "offers": [{**offer, "price": p} for p in prices]}]}))
    assert [(r["price_amount"], r["price_currency"]) for r in rows(lake, "listing_offers")] == [(Decimal("17.6"), "USD")] * 2


def test_units_under_research_stand_beside_the_inventory_of_their_sku(lake):
    short = {"name": "researchingQuantityInShortTerm", "quantity": 3}
    details = {
        "fulfillableQuantity": 5,
        "researchingQuantity": {"totalResearchingQuantity": 3, "researchingQuantityBreakdown": [short]},
    }
    summary = {"sellerSku": "007", "fnSku": "X1", "condition": "NewItem", "totalQuantity": 8, "inventoryDetails": details}
    granularity = {"granularityType": "Marketplace", "granularityId": US}
    answer = {"payload": {"granularity": granularity, "inventorySummaries": [summary]}, "pagination": {"nextToken": "t"}}
    clean(load("fba_inventory_summaries", lake, answer))
    stock = only(lake, "fba_inventory_summaries")
    assert (stock["seller_sku"], stock["fulfillable_quantity"], stock["total_researching_quantity"]) == ("007", 5, 3)
    assert only(lake, "fba_inventory_researching") | {"seller_sku": "007", "quantity": 3} == only(
        lake, "fba_inventory_researching"
    )


def test_competitive_prices_keep_the_failed_asin_and_every_offer_with_its_place(amazon_reference, lake):
    load("competitive_summary", lake, next(answers(amazon_reference / "models", "competitive_summary")))
    failed = only(lake, "competitive_summary", http_status=400)
    assert failed["asin"] == "11_AABB_123"
    assert json.loads(failed["errors"])[0]["code"] == "INVALID_ASIN"
    offer = only(lake, "competitive_featured_offers", offer_position=2)
    assert (offer["asin"], offer["seller_id"]) == ("B00ZIAODGE", "A2ZWOLFOFDPJL1")
    assert (offer["listing_price_amount"], offer["shipping_price_amount"]) == (Decimal("17.15"), Decimal("2.5"))
    segments = [
        (r["offer_position"], r["segment_position"], r["customer_membership"], r["glance_view_weight_percentage"])
        for r in rows(lake, "competitive_featured_offer_segments")
    ]
    assert segments == [(1, 1, "NON_PRIME", 72), (1, 2, "PRIME", 10), (2, 1, "NON_PRIME", 18)]
    lowest = [
        (r["list_position"], r["offer_position"], r["item_condition"], r["prime_eligibility"])
        for r in rows(lake, "competitive_lowest_priced_offers")
    ]
    assert lowest == [(1, 1, "New", "REGIONAL"), (1, 2, "New", "NATIONAL"), (2, 1, "Used", "REGIONAL")]
    prices = {r["name"]: r["price_amount"] for r in rows(lake, "competitive_reference_prices")}
    assert prices == {
        "CompetitivePriceThreshold": Decimal("18.11"),
        "CompetitivePrice": Decimal("17.39"),
        "WasPrice": Decimal("18.49"),
    }
    assert len(rows(lake, "competitive_similar_items")) == 3


def test_an_expected_price_stands_beside_the_reason_why_another_sku_has_none(amazon_reference, lake):
    load("featured_offer_expected_price", lake, next(answers(amazon_reference / "models", "featured_offer_expected_price")))
    results = {r["sku"]: r for r in rows(lake, "featured_offer_expected_price_results")}
    assert results["MY_SKU"]["expected_price_amount"] == Decimal("10")
    assert results["MY_SKU"]["competing_seller_id"] == "OTHER_SELLER_ID"
    assert results["MY_UNIQUE_SKU"]["result_status"] == "NO_COMPETING_OFFERS"
    assert results["MY_UNIQUE_SKU"]["expected_price_amount"] is None
    asked = {r["sku"]: r["http_status"] for r in rows(lake, "featured_offer_expected_prices")}
    assert asked == {"MY_SKU": 200, "MY_UNIQUE_SKU": 200, "MY_NONEXISTENT_SKU": 400}


def test_fees_within_fees_point_to_the_fee_that_contains_them_and_odd_times_are_read(amazon_reference, lake):
    answer = next(answers(amazon_reference / "models", "fee_estimates"))

    def usd(amount: float) -> dict[str, Any]:
        return {"CurrencyCode": "USD", "Amount": amount}

    part = {"FeeType": "FBAPickAndPack", "FeeAmount": usd(2.41), "FinalFee": usd(2.41)}
    fees = [{"FeeType": "ReferralFee", "FeeAmount": usd(1.5), "FinalFee": usd(1.5)}]
    fees.append({"FeeType": "FBAFees", "FeeAmount": usd(2.41), "FinalFee": usd(2.41), "IncludedFeeDetailList": [part]})
    answer[0]["FeesEstimate"]["FeeDetailList"] = fees
    clean(load("fee_estimates", lake, answer))
    estimate = only(lake, "fee_estimates", id_value="asin123")
    assert estimate["time_of_fees_estimation"] == datetime(2019, 10, 28, 18, 49, 32, tzinfo=UTC)
    assert (estimate["total_fees_amount"], estimate["error_code"]) == (Decimal("3"), None)
    held = only(lake, "fee_estimate_included_fees")
    assert (held["id_value"], held["fee_position"], held["parent_fee_type"]) == ("asin123", 2, "FBAFees")
    assert (held["fee_type"], held["final_fee_amount"]) == ("FBAPickAndPack", Decimal("2.41"))


def test_a_day_of_order_metrics_lies_in_the_marketplaces_day_and_no_interval_is_a_value_that_does_not_fit(lake):
    money = {"amount": "25", "currencyCode": "USD"}
    counts = {
        "unitCount": 2,
        "orderItemCount": 2,
        "orderCount": 1,
        "totalSales": money,
        "averageUnitPrice": {**money, "amount": "12.5"},
    }
    late = {"interval": "2026-11-01T00:00-07:00--2026-11-02T00:00-08:00", **counts}
    answer = {"payload": [late, {"interval": "2026-11-02", **counts}]}
    result = load("order_metrics", lake, answer, window=(date(2026, 11, 1), date(2026, 11, 2)))
    day = only(lake, "order_metrics")
    assert day["interval_start"] == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert day["interval_end"] == datetime(2026, 11, 2, 8, tzinfo=UTC), "the clocks go back: a day of 25 hours"
    assert (day["total_sales_amount"], day["average_unit_price_amount"]) == (Decimal("25"), Decimal("12.5"))
    assert [p for p in lake.list("raw/order_metrics") if "marketplace=US/date=2026-11-01" in p]
    assert result.quarantined == 1
    assert "start--end" in quarantine(lake, "order_metrics")[0]["reason"]

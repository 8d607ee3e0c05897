"""What the model server answers: whole, legal, different, page by page, and only what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from . import CUT, ModelError, Models, ModelServer, Reply, leaves, validation
from .conftest import DE, Client
from .generator import Generator, to_text

CATALOG, LISTINGS, ORDERS = "/catalog/2022-04-01/items", "/listings/2021-08-01/items/A3", "/orders/2026-01-01/orders"
INVENTORY = "/fba/inventory/v1/summaries"
WINDOW = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
EVERYTHING = (
    "attributes,classifications,dimensions,identifiers,images,productTypes,relationships,salesRanks,summaries,vendorDetails"
)


@pytest.fixture(autouse=True)
def no_quotas(model_server: ModelServer) -> None:
    model_server.unlimited()


def paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from paths(inner, path)
    else:
        yield path


def test_an_answer_of_every_operation_fits_its_schema_and_fills_every_field(amazon_models: Models) -> None:
    # Several operations of one model answer alike.
    different = {(operation.file, str(operation.schema)): name for name, operation in amazon_models.operations.items()}
    assert len(different) > 60
    for name in different.values():
        operation = amazon_models[name]
        if operation.schema is None:
            continue
        content = json.loads(to_text(Generator(operation, 1, WINDOW).make(operation.schema, "", "key")))
        assert validation.answer_problems(operation, content) == [], name
        filled = set(paths(content))
        for leaf in operation.leaves:
            whole = leaf.removesuffix(CUT)
            assert any(p == whole or p.startswith(f"{whole}.") for p in filled), f"{name}: {leaf}"


def test_what_contains_itself_is_three_deep_and_its_path_is_cut_and_marked(amazon_models: Models) -> None:
    operation = amazon_models["listTransactions"]
    assert "payload.transactions.breakdowns.breakdowns*" in operation.leaves
    assert "payload.transactions.breakdowns.breakdownAmount.currencyAmount" in operation.leaves
    content = Generator(operation, 1, WINDOW).make(operation.schema or {}, "", "key")
    breakdowns = content["payload"]["transactions"][0]["breakdowns"]
    assert "breakdowns" not in breakdowns[0]["breakdowns"][0]["breakdowns"][0]


def test_leaves_of_a_model_file_are_those_of_its_operation(amazon_models: Models, amazon_reference: Any) -> None:
    file = amazon_reference / "models" / "orders-api-model" / "orders_2026-01-01.json"
    found = leaves(file, "getOrder")
    assert found == amazon_models["getOrder"].leaves
    assert "order.orderItems.product.asin" in found
    assert "order.orderItems" in amazon_models["getOrder"].arrays
    with pytest.raises(ModelError):
        leaves(file, "getOrders")


def test_the_same_seed_makes_the_same_and_another_seed_something_else(amazon_models: Models) -> None:
    operation = amazon_models["searchListingsItems"]
    one, same, other = (to_text(Generator(operation, s, WINDOW).make(operation.schema or {}, "", "k")) for s in (1, 1, 2))
    assert one == same != other


def test_enumerations_are_walked_through_and_numbers_keep_their_zeros(client: Client, model_server: ModelServer) -> None:
    model_server.answers.counts["searchListingsItems"] = 10
    query = {"marketplaceIds": DE, "includedData": "issues,offers,summaries"}
    text = client(LISTINGS, query).text
    items = json.loads(text)["items"]
    assert {issue["severity"] for item in items for issue in item["issues"]} == {"ERROR", "WARNING", "INFO"}
    assert all(offer["price"]["amount"].endswith("0") for item in items for offer in item["offers"])
    assert len({item["sku"] for item in items}) == 10
    dimensions = client(CATALOG, {"marketplaceIds": DE, "keywords": "x", "includedData": "dimensions"}).text
    assert '.50,"' in dimensions or '0,"' in dimensions or "0}" in dimensions


def test_only_the_parts_asked_for_are_there(client: Client) -> None:
    base = {"marketplaceIds": DE, "keywords": "x"}
    assert set(client(CATALOG, base).json()["items"][0]) == {"asin", "summaries"}
    few = client(CATALOG, {**base, "includedData": "images,salesRanks"}).json()["items"][0]
    assert set(few) == {"asin", "images", "salesRanks"}
    after = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    order = client(ORDERS, {"createdAfter": after, "includedData": "BUYER"}).json()["orders"][0]
    assert "buyer" in order
    assert not {"recipient", "packages", "proceeds"} & set(order)
    stock = {"granularityType": "Marketplace", "granularityId": DE, "marketplaceIds": DE}
    summary = client(INVENTORY, stock).json()["payload"]["inventorySummaries"][0]
    assert "inventoryDetails" not in summary
    detailed = client(INVENTORY, {**stock, "details": "true"}).json()["payload"]["inventorySummaries"][0]
    assert "reservedQuantity" in detailed["inventoryDetails"]


def test_everything_in_an_answer_happened_in_the_window_asked_for(client: Client) -> None:
    after, before = datetime.now(UTC) - timedelta(days=5), datetime.now(UTC) - timedelta(days=4)
    query = {"createdAfter": f"{after:%Y-%m-%dT%H:%M:%SZ}", "createdBefore": f"{before:%Y-%m-%dT%H:%M:%SZ}", "marketplaceIds": DE}
    for order in client(ORDERS, query).json()["orders"]:
        assert after.replace(microsecond=0) <= datetime.fromisoformat(order["createdTime"]) < before
        assert order["salesChannel"]["marketplaceId"] == DE


def test_identifiers_come_back_as_they_were_asked_for_and_unknown_ones_do_not(client: Client, model_server: ModelServer) -> None:
    model_server.answers.missing = {"B0B"}
    query = {"marketplaceIds": DE, "identifiers": "B0A,B0B,B0C", "identifiersType": "ASIN", "includedData": EVERYTHING}
    first = client(CATALOG, query).json()
    assert [item["asin"] for item in first["items"]] == ["B0A", "B0C"]
    assert first["numberOfResults"] == 2
    assert first["items"][1] == client(CATALOG, {**query, "identifiers": "B0C"}).json()["items"][0]
    assert client(f"{CATALOG}/B0B", {"marketplaceIds": DE}).status_code == 404
    assert client(f"{LISTINGS}/a%2Fb", {"marketplaceIds": DE}).json()["sku"] == "a/b"


def test_a_batch_answers_each_element_also_the_unknown_one(client: Client, model_server: ModelServer) -> None:
    model_server.answers.missing = {"GONE"}
    wish = {"MarketplaceId": DE, "PriceToEstimateFees": {"ListingPrice": {"CurrencyCode": "EUR", "Amount": 5}}, "Identifier": "i"}
    body = [{"IdType": "SellerSKU", "IdValue": sku, "FeesEstimateRequest": wish} for sku in ("MUG-1", "GONE")]
    found = client("/products/fees/v0/feesEstimate", method="POST", json=body).json()
    assert [fee["FeesEstimateIdentifier"]["IdValue"] for fee in found] == ["MUG-1", "GONE"]
    assert [fee["Status"] for fee in found] == ["Success", "ClientError"]
    assert ("FeesEstimate" in found[0], "FeesEstimate" in found[1]) == (True, False)
    uri = "/products/pricing/2022-05-01/items/competitiveSummary"
    asked = [
        {"asin": a, "marketplaceId": DE, "includedData": ["referencePrices"], "method": "GET", "uri": uri} for a in ("B0", "GONE")
    ]
    answer = client(f"/batches{uri}", method="POST", json={"requests": asked})
    assert [r["status"]["statusCode"] for r in answer.json()["responses"]] == [200, 404]
    assert validation.answer_problems(model_server.models["getCompetitiveSummary"], answer.json()) == []
    assert validation.answer_problems(model_server.models["getMyFeesEstimates"], found) == []


def test_twenty_identifiers_are_two_pages_unless_the_page_is_asked_to_hold_them(client: Client) -> None:
    query = {"marketplaceIds": DE, "identifiers": ",".join(f"B{n}" for n in range(20)), "identifiersType": "ASIN"}
    first = client(CATALOG, query).json()
    assert len(first["items"]) == 10
    second = client(CATALOG, {**query, "pageToken": first["pagination"]["nextToken"]}).json()
    assert [item["asin"] for item in first["items"] + second["items"]] == [f"B{n}" for n in range(20)]
    assert "pagination" not in second
    whole = client(CATALOG, {**query, "pageSize": 20}).json()
    assert len(whole["items"]) == 20
    assert "pagination" not in whole


def test_a_token_goes_with_the_parameters_it_was_made_for(client: Client, model_server: ModelServer) -> None:
    model_server.answers.counts["searchListingsItems"] = 30
    query = {"marketplaceIds": DE, "pageSize": 20}
    token = client(LISTINGS, query).json()["pagination"]["nextToken"]
    assert "do not match" in client(LISTINGS, {"marketplaceIds": DE, "pageToken": token}).text
    assert "not one of ours" in client(LISTINGS, {**query, "pageToken": "made up"}).text
    assert len(client(LISTINGS, {**query, "pageToken": token}).json()["items"]) == 10
    model_server.answers.counts["getReports"] = 11
    first = client("/reports/2021-06-30/reports", {"reportTypes": "GET_X"}).json()
    assert (
        "only parameter" in client("/reports/2021-06-30/reports", {"reportTypes": "GET_X", "nextToken": first["nextToken"]}).text
    )
    assert len(client("/reports/2021-06-30/reports", {"nextToken": first["nextToken"]}).json()["reports"]) == 1


def test_an_inventory_token_lives_thirty_seconds(client: Client, model_server: ModelServer) -> None:
    now = [1_800_000_000.0]
    model_server.clock = lambda: now[0]
    model_server.answers.counts["getInventorySummaries"] = 51
    query = {"granularityType": "Marketplace", "granularityId": DE, "marketplaceIds": DE}
    token = client(INVENTORY, query).json()["pagination"]["nextToken"]
    now[0] += 29
    assert client(INVENTORY, {**query, "nextToken": token}).status_code == 200
    now[0] += 2
    assert "expired" in client(INVENTORY, {**query, "nextToken": token}).text


def test_transactions_of_more_than_180_days_are_none(client: Client, model_server: ModelServer) -> None:
    after = (datetime.now(UTC) - timedelta(days=190)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert client("/finances/2024-06-19/transactions", {"postedAfter": after}).json()["payload"]["transactions"] == []
    model_server.legal()


def test_order_metrics_are_one_row_a_day_of_the_zone(client: Client) -> None:
    interval = "2026-10-24T00:00:00+02:00--2026-10-27T00:00:00+01:00"  # the clocks go back in between
    query = {"marketplaceIds": DE, "interval": interval, "granularity": "Day", "granularityTimeZone": "Europe/Berlin"}
    rows = client("/sales/v1/orderMetrics", query).json()["payload"]
    assert [row["interval"] for row in rows] == [
        "2026-10-24T00:00+02:00--2026-10-25T00:00+02:00",
        "2026-10-25T00:00+02:00--2026-10-26T00:00+01:00",
        "2026-10-26T00:00+01:00--2026-10-27T00:00+01:00",
    ]


def test_a_test_may_say_what_is_answered_as_long_as_amazon_could_say_it(client: Client, model_server: ModelServer) -> None:
    query = {"marketplaceIds": DE, "keywords": "x"}
    model_server.reply("searchCatalogItems", '{"numberOfResults":0,  "items":[]}', Reply(200, "[12.10]"))
    assert client(CATALOG, query).text == '{"numberOfResults":0,  "items":[]}'
    assert client(CATALOG, query).text == "[12.10]"
    assert client(CATALOG, query).json()["numberOfResults"] == 3
    with pytest.raises(ModelError, match="prices"):
        model_server.reply("searchCatalogItems", {"numberOfResults": 0, "items": [], "prices": []})
    with pytest.raises(ModelError, match="asin"):
        model_server.items("searchCatalogItems", [{"summaries": []}])
    model_server.items("searchCatalogItems", [{"asin": f"B{n}"} for n in range(12)])
    assert client(CATALOG, {**query, "pageSize": 20}).json()["items"] == [{"asin": f"B{n}"} for n in range(12)]
    model_server.values("getCatalogItem", summaries__brand="Kestrel", summaries__itemName=lambda slot: slot.path)
    summary = client(f"{CATALOG}/B0", {"marketplaceIds": DE}).json()["summaries"][0]
    assert (summary["brand"], summary["itemName"]) == ("Kestrel", "summaries.itemName")
    with pytest.raises(ModelError, match="no colour"):
        model_server.values("getCatalogItem", colour="red")

"""How catalog, listings, stock, prices, fees and order metrics are asked for, held against the requests of Amazon's models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spapi_assets.datasets.loader import load_registry

if TYPE_CHECKING:
    from model_server import Models

APIS = load_registry().apis
FAMILIES = {"catalog", "listings_items", "inventory_api", "pricing", "fees", "sales_metrics"}
SOURCES = [name for name, source in APIS.items() if source.family in FAMILIES]


@pytest.mark.parametrize("name", SOURCES)
def test_a_call_names_only_what_amazons_model_has_and_asks_for_everything(name: str, amazon_models: Models) -> None:
    call = APIS[name].call
    for operation, path, params in (
        (call.operation, call.path, call.params | call.vendor),
        *([(call.single.operation, call.single.path, call.single.params | call.single.vendor)] if call.single else []),
    ):
        asked = amazon_models[operation]
        query = asked.among("query")
        assert set(path) == set(asked.among("path"))
        assert set(params) <= set(query)
        if "includedData" in query:
            assert set(params["includedData"]) == set(query["includedData"]["items"]["enum"]), "not all of the data is asked for"
    query = amazon_models[call.operation].among("query")
    if call.batch and call.batch.param:
        assert call.batch.size == query[call.batch.param]["maxItems"]
        assert {call.batch.param, *call.batch.params} <= set(query)
    if call.paging:
        assert call.paging.param in query


def test_vendor_details_are_asked_for_by_vendors_only_as_amazons_model_says() -> None:
    call = APIS["catalog_items"].call
    for told in (call, call.single):
        assert "vendorDetails" not in told.params["includedData"]
        assert set(told.vendor["includedData"]) == {*told.params["includedData"], "vendorDetails"}


@pytest.mark.parametrize(
    ("name", "most"), [("competitive_summary", 20), ("featured_offer_expected_price", 40), ("fee_estimates", 20)]
)
def test_each_question_of_a_batch_has_what_amazons_model_requires(name: str, most: int, amazon_models: Models) -> None:
    call = APIS[name].call
    operation = amazon_models[call.operation]
    body = operation.resolve(next(iter(operation.among("body").values()))["schema"])
    asked = operation.resolve(body["properties"][call.batch.body] if call.batch.body else body)
    question = operation.resolve(asked["items"])
    assert call.batch.size == asked.get("maxItems", most) == most
    assert set(question.get("required", ())) <= set(call.batch.element) <= set(question["properties"])
    if choices := question["properties"].get("includedData"):
        assert set(call.batch.element["includedData"]) == set(operation.resolve(choices["items"])["enum"])


def test_lowest_offers_are_asked_for_in_every_condition_amazon_has(amazon_models: Models) -> None:
    asked = APIS["competitive_summary"].call.batch.element["lowestPricedOffersInputs"]
    conditions = amazon_models["getCompetitiveSummary"].model["definitions"]["Condition"]["enum"]
    assert {a["itemCondition"] for a in asked} == set(conditions)
    assert len(asked) == 5, "Amazon takes five at most"

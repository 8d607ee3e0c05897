"""The registry against Amazon: every leaf of the JSON schemas and every header of the flat files reaches a column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry

REGISTRY = load_registry()
SCHEMAS = {"sales_and_traffic": "sellerSalesAndTrafficReport.json", "vendor_sales": "vendorSalesReport.json"}
HEADERS = {
    "orders_by_last_update": """amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel
        sales-channel order-channel ship-service-level product-name sku asin item-status quantity currency item-price item-tax
        shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city
        ship-state ship-postal-code ship-country promotion-ids cpf is-business-order purchase-order-number price-designation
        signature-confirmation-recommended""",
    "merchant_listings": """item-name item-description listing-id seller-sku price quantity open-date image-url
        item-is-marketplace product-id-type zshop-shipping-fee item-note item-condition zshop-category1
        zshop-browse-path zshop-storefront-feature
        asin1 asin2 asin3 will-ship-internationally expedited-shipping zshop-boldface product-id bid-for-featured-placement
        add-delete pending-quantity fulfillment-channel merchant-shipping-group status""",
    "fba_inventory": """sku fnsku asin product-name condition your-price mfn-listing-exists mfn-fulfillable-quantity
        afn-listing-exists afn-warehouse-quantity afn-fulfillable-quantity afn-unsellable-quantity afn-reserved-quantity
        afn-total-quantity per-unit-volume afn-inbound-working-quantity afn-inbound-shipped-quantity
        afn-inbound-receiving-quantity afn-researching-quantity afn-reserved-future-supply afn-future-supply-buyable""",
    "settlements": """settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type
        order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-description amount fulfillment-id
        posted-date posted-date-time order-item-code merchant-order-item-id merchant-adjustment-item-id sku quantity-purchased
        promotion-id""",
}
SQL_OF_JSON = {"string": {"text", "date"}, "integer": {"integer"}, "number": {"decimal"}}


def _leaves(schema: dict[str, Any], node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """(path, JSON type) of every leaf below a node; arrays add no step."""
    while "$ref" in node:
        target: Any = schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    if node.get("type") == "array":
        yield from _leaves(schema, node["items"], path)
    elif "properties" in node:
        for name, child in node["properties"].items():
            yield from _leaves(schema, child, (*path, name))
    else:
        yield path, node["type"]


def _load(reference: Path, report: str) -> dict[str, Any]:
    return json.loads((reference / "schemas" / "reports" / SCHEMAS[report]).read_text("utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_leaf_of_amazons_schema_reaches_a_column_or_a_declared_exclusion(amazon_reference: Path, name: str) -> None:
    report = REGISTRY.reports[name]
    schema = _load(amazon_reference, name)
    columns = {(d.section, c.path): str(c.type) for d in report.datasets for c in d.columns}
    found = set()
    for (section, *rest), kind in _leaves(schema, schema):
        if section in report.excluded_sections:
            continue
        leaf = (section, ".".join(rest))
        assert leaf in columns, f"{name}: no column for {section}[].{leaf[1]}"
        assert columns[leaf] in SQL_OF_JSON[kind], f"{name}: {leaf} is {kind} at Amazon and {columns[leaf]} here"
        found.add(leaf)
    assert set(columns) == found, "columns that Amazon's schema does not have"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_declared_exclusion_is_a_section_of_the_schema_and_says_why(amazon_reference: Path, name: str) -> None:
    excluded = REGISTRY.reports[name].excluded_sections
    assert set(excluded) <= set(_load(amazon_reference, name)["properties"])
    assert all(len(reason) > 20 for reason in excluded.values())


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_options_are_legal_values_of_amazons_schema(amazon_reference: Path, name: str) -> None:
    options = _load(amazon_reference, name)["properties"]["reportSpecification"]["properties"]["reportOptions"]["properties"]
    for option, value in REGISTRY.reports[name].options.items():
        assert value in options[option]["enum"]


def test_amazons_own_examples_hold_every_required_column(amazon_reference: Path) -> None:
    """A column that is never blank here must not be absent in Amazon's examples of the same granularity."""
    for name in SCHEMAS:
        report = REGISTRY.reports[name]
        compared = 0
        for example in _load(amazon_reference, name)["examples"]:
            if report.options.items() - example["reportSpecification"]["reportOptions"].items() - {("reportPeriod", "DAY")}:
                continue
            for dataset in report.datasets:
                for row in example[dataset.section]:
                    compared += 1
                    for column in dataset.columns:
                        assert not column.required or (column.path or "") in row, f"{name}: {column.path} is absent in an example"
        assert compared, f"{name}: none of Amazon's examples has our options"


@pytest.mark.parametrize("dataset", HEADERS)
def test_the_flat_file_columns_are_those_of_the_reference_list_in_its_order(dataset: str) -> None:
    assert [column.header for column in REGISTRY.datasets[dataset].columns] == HEADERS[dataset].split()


@pytest.mark.parametrize("dataset", HEADERS)
def test_our_name_of_a_flat_file_column_is_amazons_in_snake_case(dataset: str) -> None:
    for column in REGISTRY.datasets[dataset].columns:
        assert column.name == (column.header or "").replace("-", "_").lower()

"""What Data Kiosk's queries give: rows of the types of Amazon's GraphQL schemas, with the numbers of the reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from spapi_assets.simulator.kiosk import schema as embedded

from .amazon import Models
from .conftest import DE, UK, US
from .kestrel import TRAFFIC, VENDOR, VENDOR_SALES, ask
from .kiosk import EC, ST, VA, checked, read_schemas, rows_of, whole
from .neighbours import Store, business_at_now


@pytest.fixture(scope="module")
def schemas(amazon_reference: Path) -> dict[str, GraphQLSchema]:
    return read_schemas(amazon_reference)


@pytest.fixture
def kiosk(amazon_models: Models) -> Iterator[dict[str, Store]]:
    """A simulator of the test's own, in which it lets time pass."""
    with business_at_now() as simulator:
        yield {name: Store(simulator, amazon_models, name) for name in ("eu", "na", "vendor")}


def test_our_schemas_are_amazons_type_by_type(schemas: dict[str, GraphQLSchema]) -> None:
    unanswered = {"economicsPreview", "economicsSimulation"}
    for dataset, amazons in schemas.items():
        for name, ours in embedded.schema_of(dataset).type_map.items():
            theirs = amazons.type_map[name]
            fields = getattr(theirs, "fields", None)
            if fields is not None:
                assert {n: str(f.type) for n, f in ours.fields.items()} == {
                    n: str(f.type) for n, f in fields.items() if n not in unanswered
                }, name
                for n, field in ours.fields.items():
                    arguments = getattr(field, "args", {})
                    assert {a: str(t.type) for a, t in arguments.items()} == {
                        a: str(t.type) for a, t in getattr(fields[n], "args", {}).items()
                    }, f"{name}.{n}"
            elif values := getattr(theirs, "values", None):
                assert set(ours.values) == set(values), name


def test_by_date_is_the_report_in_every_number(schemas: dict[str, GraphQLSchema], kiosk: dict[str, Store]) -> None:
    arguments = f'startDate: "2026-11-10" endDate: "2026-11-14" aggregateBy: DAY marketplaceIds: ["{DE}", "{UK}"]'
    rows = checked(
        schemas, ST, "salesAndTrafficByDate", rows_of(kiosk["eu"], whole(schemas, ST, "salesAndTrafficByDate", arguments))
    )
    assert [(row["marketplaceId"], row["startDate"]) for row in rows] == [
        (m, f"2026-11-{d}") for m in (DE, UK) for d in range(10, 15)
    ]
    business = kiosk["eu"].simulator.state.business
    for code, marketplace in (("DE", DE), ("UK", UK)):
        options = {"dateGranularity": "DAY", "asinGranularity": "SKU"}
        report = json.loads(ask(business, TRAFFIC, [code], "2026-11-10", "2026-11-14", options=options).body)
        for told, row in zip(
            report["salesAndTrafficByDate"], [row for row in rows if row["marketplaceId"] == marketplace], strict=True
        ):
            assert row["sales"] | told["salesByDate"] == row["sales"]
            assert row["traffic"] | {n: v for n, v in told["trafficByDate"].items() if n in row["traffic"]} == row["traffic"]


def test_by_asin_is_the_report_and_its_parts_are_the_days(schemas: dict[str, GraphQLSchema], kiosk: dict[str, Store]) -> None:
    window = f'startDate: "2026-11-12" endDate: "2026-11-12" marketplaceIds: ["{US}"]'
    rows = checked(
        schemas, ST, "salesAndTrafficByAsin",
        rows_of(kiosk["na"], whole(schemas, ST, "salesAndTrafficByAsin", f"aggregateBy: SKU {window}")),
    )  # fmt: skip
    options = {"dateGranularity": "DAY", "asinGranularity": "SKU"}
    report = json.loads(
        ask(kiosk["na"].simulator.state.business, TRAFFIC, ["US"], "2026-11-12", "2026-11-12", options=options).body
    )
    assert len(rows) > 15
    for told, row in zip(report["salesAndTrafficByAsin"], rows, strict=True):
        assert [row[name] for name in ("parentAsin", "childAsin", "sku")] == [told[n] for n in ("parentAsin", "childAsin", "sku")]
        assert row["sales"] | told["salesByAsin"] == row["sales"]
        assert row["traffic"] == told["trafficByAsin"]
    (day,) = rows_of(kiosk["na"], whole(schemas, ST, "salesAndTrafficByDate", f"aggregateBy: DAY {window}"))
    for name in ("unitsShipped", "unitsRefunded", "unitsOrdered"):
        assert sum(row["sales"][name] for row in rows) == day["sales"][name], name
    parents = rows_of(
        kiosk["na"], f"{{ {ST} {{ salesAndTrafficByAsin(aggregateBy: PARENT {window}) {{ parentAsin childAsin sku }} }} }}"
    )
    assert {(row["childAsin"], row["sku"]) for row in parents} == {(None, None)}
    assert len(parents) < len(rows)


def test_weeks_and_months_snap_inward(kiosk: dict[str, Store]) -> None:
    def periods(granularity: str) -> list[tuple[str, str]]:
        query = (
            f'{{ {ST} {{ salesAndTrafficByDate(startDate: "2026-09-16", endDate: "2026-11-12", aggregateBy: {granularity}, '
            f'marketplaceIds: ["{DE}"]) {{ startDate endDate }} }} }}'
        )
        return [(row["startDate"], row["endDate"]) for row in rows_of(kiosk["eu"], query)]

    weeks = periods("WEEK")
    assert (weeks[0], weeks[-1], len(weeks)) == (("2026-09-20", "2026-09-26"), ("2026-11-01", "2026-11-07"), 7)
    assert periods("MONTH") == [("2026-10-01", "2026-10-31")]


def test_only_selected_fields_come_under_the_names_the_query_gives(kiosk: dict[str, Store]) -> None:
    query = f"""
      query Named {{ {ST} {{ days: salesAndTrafficByDate(
        startDate: "2026-11-12" endDate: "2026-11-12" aggregateBy: DAY marketplaceIds: ["{DE}"]
      ) {{ ...Some day: startDate }} }} }}
      fragment Some on SalesAndTrafficByDate {{ sales {{ unitsOrdered total: orderedProductSales {{ amount }} }} }}
    """
    (row,) = rows_of(kiosk["eu"], query)
    assert list(row) == ["sales", "day"]
    assert set(row["sales"]) == {"unitsOrdered", "total"}
    assert set(row["sales"]["total"]) == {"amount"}


def test_trends_are_rows_by_child_and_period_of_the_named_asins(
    schemas: dict[str, GraphQLSchema], kiosk: dict[str, Store]
) -> None:
    window = 'startDate: "2026-11-09" endDate: "2026-11-11"'
    fields = "{ childAsin sales { unitsOrdered } }"
    by_asin = rows_of(
        kiosk["eu"], f'{{ {ST} {{ salesAndTrafficByAsin({window} aggregateBy: CHILD marketplaceIds: ["{DE}"]) {fields} }} }}'
    )
    asins = [row["childAsin"] for row in by_asin[:2]]
    named = json.dumps(asins)
    arguments = f'{window} asinAggregation: CHILD dateAggregation: DAY filters: [{{marketplaceId: "{DE}" asins: {named}}}]'
    rows = rows_of(kiosk["eu"], whole(schemas, ST, "salesAndTrafficTrends", arguments))
    assert {row["childAsin"] for row in checked(schemas, ST, "salesAndTrafficTrends", rows)} == set(asins)
    for asin, told in zip(asins, by_asin, strict=False):
        assert sum(row["sales"]["unitsOrdered"] for row in rows if row["childAsin"] == asin) == told["sales"]["unitsOrdered"]


def test_economics_add_up_and_sell_what_sales_and_traffic_tells(
    schemas: dict[str, GraphQLSchema], kiosk: dict[str, Store]
) -> None:
    window = f'startDate: "2026-11-10" endDate: "2026-11-12" marketplaceIds: ["{DE}"]'
    arguments = f"{window} includeComponentsForFeeTypes: [FBA_FULFILLMENT_FEE]"
    rows = checked(schemas, EC, "economics", rows_of(kiosk["eu"], whole(schemas, EC, "economics", arguments)))
    assert {row["startDate"] for row in rows} == {"2026-11-10", "2026-11-11", "2026-11-12"}
    for row in rows:
        sold, left = row["sales"], row["sales"]["netProductSales"]["amount"]
        assert sold["netUnitsSold"] == sold["unitsOrdered"] - sold["unitsRefunded"]
        left -= sum(charge["aggregatedDetail"]["totalAmount"]["amount"] for fee in row["fees"] for charge in fee["charges"])
        left -= sum(ad["charge"]["totalAmount"]["amount"] for ad in row["ads"])
        left -= row["cost"]["costOfGoodsSold"]["amount"] * sold["netUnitsSold"] if row["cost"] else 0
        assert row["netProceeds"]["total"]["amount"] == pytest.approx(left, abs=0.005)
        for fee in row["fees"]:
            assert bool(fee["charges"][0]["components"]) == (fee["feeTypeName"] == "FBA fulfillment fees")
    by_sku = f"{{ {ST} {{ salesAndTrafficByAsin({window} aggregateBy: SKU) {{ sku sales {{ unitsOrdered }} }} }} }}"
    for told in rows_of(kiosk["eu"], by_sku):
        mine = sum(row["sales"]["unitsOrdered"] for row in rows if row["msku"] == told["sku"])
        assert mine == told["sales"]["unitsOrdered"]
    ranged = rows_of(
        kiosk["eu"],
        f"{{ {EC} {{ economics({window} aggregateBy: {{date: RANGE productId: PARENT_ASIN}}) "
        "{ startDate endDate parentAsin childAsin msku sales { unitsOrdered } } } }",
    )
    assert {(row["startDate"], row["endDate"], row["childAsin"], row["msku"]) for row in ranged} == {
        ("2026-11-10", "2026-11-12", None, None)
    }
    assert sum(row["sales"]["unitsOrdered"] for row in ranged) == sum(row["sales"]["unitsOrdered"] for row in rows)


@pytest.mark.parametrize(("view", "distributor"), [("manufacturingView", "MANUFACTURING"), ("sourcingView", "SOURCING")])
def test_vendor_analytics_are_the_vendor_sales_report(
    schemas: dict[str, GraphQLSchema], kiosk: dict[str, Store], view: str, distributor: str
) -> None:
    arguments = 'startDate: "2026-11-08" endDate: "2026-11-14" aggregateBy: WEEK'
    (row,) = checked(schemas, VA, view, rows_of(kiosk["vendor"], whole(schemas, VA, view, arguments)))
    assert (row["startDate"], row["endDate"], row["marketplaceId"]) == ("2026-11-08", "2026-11-14", US)
    reported: dict[str, list[Any]] = {}
    for program in ("RETAIL", "BUSINESS"):
        options = {"reportPeriod": "WEEK", "distributorView": distributor, "sellingProgram": program}
        business = kiosk["vendor"].simulator.state.business
        document = ask(business, VENDOR_SALES, ["US"], "2026-11-08", "2026-11-14", options=options, partner=VENDOR)
        for told in json.loads(document.body)["salesByAsin"]:
            reported.setdefault(told["asin"], []).append(told)
    of = {group["groupByKey"]["asin"]: group["metrics"] for group in row["metrics"]}
    assert set(of) >= set(reported)
    for asin, told in reported.items():
        shipped = of[asin]["shippedOrders"]["shippedUnitsWithRevenue"]
        assert shipped["units"] == sum(t["shippedUnits"] for t in told)
        assert shipped["value"]["amount"] == pytest.approx(sum(t["shippedRevenue"]["amount"] for t in told))
        assert of[asin]["costs"]["shippedCogs"]["amount"] == pytest.approx(sum(t["shippedCogs"]["amount"] for t in told))
        if distributor == "MANUFACTURING":
            assert of[asin]["orders"]["orderedUnitsWithRevenue"]["units"] == sum(t["orderedUnits"] for t in told)
    everyone = sum(metrics["shippedOrders"]["shippedUnitsWithRevenue"]["units"] for metrics in of.values())
    assert row["totals"]["shippedOrders"]["shippedUnitsWithRevenue"]["units"] == everyone


def test_vendor_metrics_are_grouped_by_the_attributes_selected(kiosk: dict[str, Store]) -> None:
    def groups(attributes: str) -> list[dict[str, Any]]:
        query = (
            f'{{ {VA} {{ sourcingView(startDate: "2026-11-12", endDate: "2026-11-12", aggregateBy: DAY, currencyCode: "EUR") '
            f"{{ metrics {{ groupByKey {{ {attributes} }} metrics {{ shippedOrders {{ shippedUnitsWithRevenue "
            "{ units value { currencyCode } } } } } } } }"
        )
        (row,) = rows_of(kiosk["vendor"], query)
        return row["metrics"]

    def units(found: list[dict[str, Any]]) -> int:
        return sum(group["metrics"]["shippedOrders"]["shippedUnitsWithRevenue"]["units"] for group in found)

    brand, parents, asins = groups("brand"), groups("parentAsin brand"), groups("asin")
    assert 1 == len(brand) < len(parents) < len(asins)
    assert units(brand) == units(parents) == units(asins)
    assert set(parents[0]["groupByKey"]) == {"parentAsin", "brand"}
    value = brand[0]["metrics"]["shippedOrders"]["shippedUnitsWithRevenue"]["value"]
    assert value == {"currencyCode": "EUR"}

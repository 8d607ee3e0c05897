"""Data Kiosk of the simulator: queries and documents after Amazon's model, rows after its GraphQL schemas and the reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from spapi_assets.simulator.kiosk import schema as embedded
from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import DE, UK, US
from .kestrel import TRAFFIC, VENDOR, VENDOR_SALES, ask
from .neighbours import Store, ago, business_at_now

ST, EC, VA = embedded.SALES_AND_TRAFFIC, embedded.ECONOMICS, embedded.VENDOR_ANALYTICS
FILES = {
    ST: "analytics_salesAndTraffic_2024_04_24",
    EC: "analytics_economics_2024_03_15",
    VA: "analytics_vendorAnalytics_2024_09_30",
}


@pytest.fixture(scope="module")
def schemas(amazon_reference: Path) -> dict[str, GraphQLSchema]:
    """Amazon's own."""
    folder = amazon_reference / "schemas" / "data-kiosk"
    return {name: build_schema((folder / f"{file}.graphql").read_text("utf-8")) for name, file in FILES.items()}


@pytest.fixture
def kiosk(amazon_models: Models) -> Iterator[dict[str, Store]]:
    """A simulator of the test's own, in which it lets time pass."""
    with business_at_now() as simulator:
        yield {name: Store(simulator, amazon_models, name) for name in ("eu", "na", "vendor")}


def everything(schema: GraphQLSchema, kind: Any) -> str:
    """A selection of every field below a type."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return ""
    return "{" + " ".join(name + everything(schema, field.type) for name, field in named.fields.items()) + "}"


def whole(schemas: dict[str, GraphQLSchema], dataset: str, view: str, arguments: str) -> str:
    """A query for every field of a view."""
    root = get_named_type(schemas[dataset].query_type.fields[dataset].type)
    return f"query Whole {{ {dataset} {{ {view}({arguments}) {everything(schemas[dataset], root.fields[view].type)} }} }}"


def finished(store: Store, query: str, **more: Any) -> dict[str, Any]:
    """The query after its processing, whatever became of it."""
    query_id = store.ask("createQuery", 202, body={"query": query, **more})["queryId"]
    store.simulator.clock.advance(61)
    return store.ask("getQuery", path={"queryId": query_id})


def download(store: Store, document_id: str) -> requests.Response:
    url = store.ask("getDocument", path={"documentId": document_id})["documentUrl"]
    return requests.get(url, timeout=10)


def rows_of(store: Store, query: str) -> list[dict[str, Any]]:
    done = finished(store, query)
    if done["processingStatus"] == "FATAL":
        pytest.fail(download(store, done["errorDocumentId"]).text)
    assert done["processingStatus"] == "DONE"
    return [json.loads(line) for line in download(store, done["dataDocumentId"]).text.splitlines()]


def check(schema: GraphQLSchema, kind: Any, value: Any, place: str = "") -> None:
    """Fail unless a value is of a type of Amazon's schema, with exactly the type's fields."""
    if isinstance(kind, GraphQLNonNull):
        assert value is not None, f"{place} must not be null"
        check(schema, kind.of_type, value, place)
    elif value is None:
        return
    elif isinstance(kind, GraphQLList):
        for n, one in enumerate(value):
            check(schema, kind.of_type, one, f"{place}[{n}]")
    elif isinstance(kind, GraphQLObjectType):
        assert set(value) == set(kind.fields), place
        for name, field in kind.fields.items():
            check(schema, field.type, value[name], f"{place}.{name}")
    else:
        types = {"Long": int, "Int": int, "Float": (int, float), "String": str, "Date": str}
        assert isinstance(value, types.get(str(kind), str)), f"{place} is {value!r}, not {kind}"
        assert not isinstance(value, bool)


def checked(schemas: dict[str, GraphQLSchema], dataset: str, view: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    root = get_named_type(schemas[dataset].query_type.fields[dataset].type)
    for row in rows:
        check(schemas[dataset], get_named_type(root.fields[view].type), row, view)
    return rows


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


BY_DAY = (
    f'{{ {ST} {{ salesAndTrafficByDate(startDate: "%s", endDate: "%s", aggregateBy: DAY, marketplaceIds: ["{DE}"]) '
    "{ startDate } } }"
)


def test_a_document_is_gzipped_json_lines_and_more_pages_are_new_queries(kiosk: dict[str, Store]) -> None:
    store = kiosk["eu"]
    store.simulator.state.kiosk.page_rows = 4
    query, days, token = BY_DAY % ("2026-11-02", "2026-11-11"), [], None
    pages = 0
    while True:
        done = finished(store, query, **({"paginationToken": token} if token else {}))
        answer = download(store, done["dataDocumentId"])
        assert answer.headers["Content-Encoding"] == "gzip"
        days += [json.loads(line)["startDate"] for line in answer.text.splitlines()]
        pages += 1
        if not (token := done.get("pagination", {}).get("nextToken")):
            break
        refusal = store.ask("createQuery", 400, body={"query": query.replace("11-11", "11-10"), "paginationToken": token})
        assert "not valid for this query" in refusal["errors"][0]["message"]
    assert days == [f"2026-11-{day:02d}" for day in range(2, 12)]
    assert pages == 3
    assert done["query"] == query


def test_no_data_is_done_without_a_document_and_failure_has_an_error_document(kiosk: dict[str, Store]) -> None:
    nothing = finished(kiosk["eu"], BY_DAY % ("2026-11-23", "2026-11-23"))
    assert nothing["processingStatus"] == "DONE"
    assert not {"dataDocumentId", "errorDocumentId", "pagination"} & set(nothing)
    for query, words in (
        (BY_DAY % ("2024-01-01", "2024-01-02"), "two years"),
        (BY_DAY % ("2026-11-02", "2026-11-01"), "must not be before"),
        ((BY_DAY % ("2026-11-01", "2026-11-02")).replace(DE, US), "not registered"),
    ):
        failed = finished(kiosk["eu"], query)
        assert failed["processingStatus"] == "FATAL"
        assert "dataDocumentId" not in failed
        document = download(kiosk["eu"], failed["errorDocumentId"]).json()
        assert words in document["errors"][0]["message"]
    kiosk["eu"].simulator.faults.add("fatal", report_type=ST, message="internal", times=1)
    failed = finished(kiosk["eu"], BY_DAY % ("2026-11-01", "2026-11-02"))
    assert "internal error" in download(kiosk["eu"], failed["errorDocumentId"]).text


def test_a_query_is_queued_worked_on_done_and_forgotten_after_thirty_days(kiosk: dict[str, Store]) -> None:
    store, clock = kiosk["eu"], kiosk["eu"].simulator.clock
    query_id = store.ask("createQuery", 202, body={"query": BY_DAY % ("2026-11-01", "2026-11-02")})["queryId"]
    path = {"queryId": query_id}
    seen = [store.ask("getQuery", path=path)["processingStatus"]]
    clock.advance(30)
    seen.append(store.ask("getQuery", path=path)["processingStatus"])
    clock.advance(31)
    done = store.ask("getQuery", path=path)
    assert [*seen, done["processingStatus"]] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    kiosk["na"].ask("getQuery", 404, path=path)
    kiosk["na"].ask("getDocument", 404, path={"documentId": done["dataDocumentId"]})
    store.ask("cancelQuery", 400, path=path)
    other = store.ask("createQuery", 202, body={"query": BY_DAY % ("2026-11-01", "2026-11-02")})["queryId"]
    store.ask("cancelQuery", 204, path={"queryId": other})
    store.ask("cancelQuery", 204, path={"queryId": other})
    clock.advance(61)
    assert store.ask("getQuery", path={"queryId": other})["processingStatus"] == "CANCELLED"
    clock.advance(30 * 86400)
    store.ask("getQuery", 404, path=path)
    store.ask("getDocument", 404, path={"documentId": done["dataDocumentId"]})


def test_lists_of_queries_repeat_their_parameters(kiosk: dict[str, Store]) -> None:
    store = kiosk["eu"]
    ids = []
    for day in range(1, 8):
        ids.append(store.ask("createQuery", 202, body={"query": BY_DAY % (f"2026-11-0{day}", "2026-11-09")})["queryId"])
        store.simulator.clock.advance(61)
    query = {"processingStatuses": ["DONE", "FATAL"], "pageSize": 3}
    first = store.ask("getQueries", **query)
    token = first["pagination"]["nextToken"]
    store.refused("getQueries", "do not match", paginationToken=token)
    second = store.ask("getQueries", **query | {"pageSize": 100}, paginationToken=token)
    assert [q["queryId"] for q in first["queries"] + second["queries"]] == ids[::-1]
    assert "pagination" not in second
    assert store.ask("getQueries", processingStatuses="CANCELLED") == {"queries": []}
    assert store.ask("getQueries", createdUntil=ago(minutes=1)) == {"queries": []}


def test_what_createquery_refuses(kiosk: dict[str, Store]) -> None:
    good = BY_DAY % ("2026-11-01", "2026-11-02")

    def refused(query: str) -> str:
        return kiosk["eu"].ask("createQuery", 400, body={"query": query})["errors"][0]["message"]

    assert "not valid GraphQL" in refused(good[:-1])
    assert "does not fit the schema" in refused(good.replace("{ startDate }", "{ startDate unitsSold }"))
    assert "does not fit the schema" in refused(good.replace("aggregateBy: DAY,", ""))
    assert "A Date must be" in refused(good.replace("2026-11-01", "yesterday"))
    assert "no data set" in refused(good.replace(ST, "analytics_salesAndTraffic_2023_11_15"))
    assert "exactly one data set" in refused(good[:-1] + f" other: {ST} {{ __typename }} }}")
    assert "without variables" in refused("query Q($day: Date!) " + good)
    long = good.replace("{ startDate }", "{ startDate " + " ".join(f"d{n}: startDate" for n in range(600)) + " }")
    assert "at most 8,000" in refused(long)
    kiosk["eu"].ask("createQuery", 202, body={"query": good.replace(" ", " " * 90)})
    assert "startDate" in good
    kiosk["vendor"].ask("createQuery", 403, body={"query": good})


def test_sixty_an_hour_and_ten_at_once(amazon_models: Models) -> None:
    body = {"query": BY_DAY % ("2026-11-01", "2026-11-02")}
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        for _ in range(10):
            store.ask("createQuery", 202, body=body)
        assert "10 queries" in store.ask("createQuery", 429, body=body)["errors"][0]["details"]
        simulator.clock.advance(61)
        store.ask("createQuery", 202, body=body)

    with Simulator(now=simulator.clock.now(), processing_seconds=1, token_seconds=10**8) as simulator:
        store = Store(simulator, amazon_models, "eu")

        def made() -> int:
            count = 0
            while store.client.call("POST", "/dataKiosk/2023-11-15/queries", json=body).status_code == 202:
                count += 1
                simulator.clock.advance(1.5)
            return count

        assert made() == 15
        simulator.clock.advance(600)
        assert made() in (10, 11)

"""JSON reports against Amazon's own schemas: every leaf has a column of its type, every example loads whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Dataset, DayOf, Kind, Report, WindowKind
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import make_context, quarantine, rows

REGISTRY = load_registry()
# Amazon's schema files and the report types they describe; coupons of sellers and vendors share a type.
SCHEMAS: dict[str, tuple[str, tuple[Kind, ...]]] = {
    "accountHealthReport-2020-11-18": ("GET_V2_SELLER_PERFORMANCE_REPORT", (Kind.SELLER,)),
    "b2bProductOpportunitiesNotYetOnAmazonReport-2020-11-19": ("GET_B2B_PRODUCT_OPPORTUNITIES_NOT_YET_ON_AMAZON", (Kind.SELLER,)),
    "b2bProductOpportunitiesRecommendedForYouReport-2020-11-19": (
        "GET_B2B_PRODUCT_OPPORTUNITIES_RECOMMENDED_FOR_YOU",
        (Kind.SELLER,),
    ),
    "endUserDataReport": ("END_USER_DATA_REPORT", (Kind.SELLER,)),
    "marketplaceAsinPageViewMetrics": ("MARKETPLACE_ASIN_PAGE_VIEW_METRICS", (Kind.SELLER,)),
    "promotionReport": ("GET_PROMOTION_PERFORMANCE_REPORT", (Kind.SELLER, Kind.VENDOR)),
    "sellerCouponReport": ("GET_COUPON_PERFORMANCE_REPORT", (Kind.SELLER,)),
    "sellerSalesAndTrafficReport": ("GET_SALES_AND_TRAFFIC_REPORT", (Kind.SELLER,)),
    "sellingPartnerMarketBasketAnalysisReport": ("GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT", (Kind.SELLER, Kind.VENDOR)),
    "sellingPartnerRepeatPurchaseReport": ("GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT", (Kind.SELLER, Kind.VENDOR)),
    "sellingPartnerSearchCatalogPerformanceReport": ("GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT", (Kind.SELLER,)),
    "sellingPartnerSearchQueryPerformanceReport": ("GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT", (Kind.SELLER,)),
    "sellingPartnerSearchTermsReport": ("GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT", (Kind.SELLER, Kind.VENDOR)),
    "vendorCouponReport": ("GET_COUPON_PERFORMANCE_REPORT", (Kind.VENDOR,)),
    "vendorForecastingReport": ("GET_VENDOR_FORECASTING_REPORT", (Kind.VENDOR,)),
    "vendorInventoryReport": ("GET_VENDOR_INVENTORY_REPORT", (Kind.VENDOR,)),
    "vendorNetPureProductMarginReport": ("GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT", (Kind.VENDOR,)),
    "vendorRealTimeInventoryReport": ("GET_VENDOR_REAL_TIME_INVENTORY_REPORT", (Kind.VENDOR,)),
    "vendorRealTimeSalesReport": ("GET_VENDOR_REAL_TIME_SALES_REPORT", (Kind.VENDOR,)),
    "vendorRealTimeTrafficReport": ("GET_VENDOR_REAL_TIME_TRAFFIC_REPORT", (Kind.VENDOR,)),
    "vendorSalesReport": ("GET_VENDOR_SALES_REPORT", (Kind.VENDOR,)),
    "vendorTrafficReport": ("GET_VENDOR_TRAFFIC_REPORT", (Kind.VENDOR,)),
}
# Keys that Amazon's examples have and its schemas do not: the registry has them, or the load warns and keeps them as text.
CONTRADICTIONS: dict[str, set[str]] = {
    "accountHealthReport-2020-11-18": {
        "performanceMetrics.accountHealthRating.ahrStatus",
        "performanceMetrics.documentRequest",
        "performanceMetrics.orderDefectRate.afn.fulfillmentType",
        "performanceMetrics.orderDefectRate.mfn.fulfillmentType",
        "performanceMetrics.prefulfillmentCancelRate",
        "performanceMetrics.warningState",
    },
    "sellerSalesAndTrafficReport": {"salesAndTrafficByDate.trafficByDate.browerPageViews"},
    "vendorInventoryReport": {
        "inventoryByAsin.procurableProductOutOfStockRate",
        "inventoryByAsin.receiveFillRate",
        "inventoryByAsin.uft",
    },
}
# Leaves that Amazon calls plain strings although they are dates.
DATES_IN_STRINGS = ("startDate", "endDate", "reportingDateFrom", "reportingDateTo", "initialB2bBuyerRequestedDate")
SQL_OF_JSON = {"string": {"text"}, "integer": {"integer"}, "number": {"decimal"}, "boolean": {"boolean"}}
SQL_OF_FORMAT = {"date": {"date"}, "date-time": {"timestamp"}}


@dataclass(frozen=True)
class Leaf:
    """One value of a schema: the arrays around it, its path below the innermost one, and what Amazon says of it."""

    section: str
    path: str
    type: str
    format: str | None
    required: bool

    @property
    def column_types(self) -> set[str]:
        if self.format is not None:
            return SQL_OF_FORMAT[self.format]
        if self.path.rsplit(".", 1)[-1] in DATES_IN_STRINGS:
            return {"date", "timestamp"}
        return SQL_OF_JSON[self.type]


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    for part in node.get("allOf", ()):
        node = {**node, **_resolved(schema, part), "properties": {**node.get("properties", {}), **part.get("properties", {})}}
    return node


def _leaves(
    schema: dict[str, Any], node: dict[str, Any], section: tuple[str, ...] = (), path: tuple[str, ...] = (), required: bool = True
) -> Iterator[Leaf]:
    node = _resolved(schema, node)
    if node.get("type") == "array":
        yield from _leaves(schema, node.get("items", {}), (*section, *path), (), required)
    elif "properties" in node:
        for name, child in node["properties"].items():
            yield from _leaves(schema, child, section, (*path, name), required and name in node.get("required", ()))
    elif "type" in node:
        yield Leaf(".".join(section), ".".join(path), node["type"], node.get("format"), required)


def _read(reference: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((reference / "schemas" / "reports" / f"{name}.json").read_text("utf-8"))
    return content


def _reports(name: str) -> list[Report]:
    report_type, kinds = SCHEMAS[name]
    return [r for r in REGISTRY.by_type(report_type) if r.kind in kinds]


def _place(dataset: Dataset, path: str) -> tuple[str, str]:
    """Section and path a column reads: `../` leads to the array around the rows."""
    section = (dataset.section or "").split(".")
    while path.startswith("../"):
        section, path = section[:-1], path.removeprefix("../")
    return ".".join(section), path


def _columns(report: Report) -> dict[tuple[str, str], set[str]]:
    """What the report's columns read of Amazon's schema, with their types; columns of a row's own element only."""
    by_example = set().union(*CONTRADICTIONS.values())
    found: dict[tuple[str, str], set[str]] = {}
    for dataset in report.datasets:
        for column in dataset.columns:
            if (
                column.path is not None
                and not column.path.startswith("../")
                and f"{dataset.section}.{column.path}" not in by_example
            ):
                found.setdefault(_place(dataset, column.path), set()).add(str(column.type))
    return found


CASES = [pytest.param(name, report, id=f"{report.name}") for name in SCHEMAS for report in _reports(name)]
each_report = pytest.mark.parametrize(("name", "report_"), CASES)


# Real documents have carried it, as public connectors and measurements of them show; the schema never named it.
BEYOND = {("dataByDepartmentAndSearchTerm", "clickedItemName")}


def test_every_schema_that_amazon_publishes_has_its_reports(amazon_reference: Path) -> None:
    published = {path.stem for path in (amazon_reference / "schemas" / "reports").glob("*.json")}
    assert published == set(SCHEMAS)
    for name, (report_type, kinds) in SCHEMAS.items():
        assert {r.kind for r in _reports(name)} == set(kinds), f"{report_type}: no report for {kinds}"


@each_report
def test_every_leaf_of_amazons_schema_reaches_a_column_of_its_type_or_a_declared_exclusion(
    amazon_reference: Path, name: str, report_: Report
) -> None:
    schema = _read(amazon_reference, name)
    columns = _columns(report_)
    excluded = {(d.section or "", path) for d in report_.datasets for path in d.excluded}
    met = set()
    for leaf in _leaves(schema, schema):
        if (leaf.section or leaf.path).split(".")[0] in report_.excluded_sections or (leaf.section, leaf.path) in excluded:
            continue
        met.add((leaf.section, leaf.path))
        types = columns.get((leaf.section, leaf.path))
        assert types, f"{report_.name}: no column for {leaf.section}[].{leaf.path}"
        assert types <= leaf.column_types, f"{report_.name}: {leaf.section}[].{leaf.path} is {leaf.type} at Amazon, {types} here"
    assert set(columns) - BEYOND == met, "columns that Amazon's schema does not have"


@each_report
def test_columns_of_an_enclosing_array_exist_in_amazons_schema(amazon_reference: Path, name: str, report_: Report) -> None:
    schema = _read(amazon_reference, name)
    known = {(leaf.section, leaf.path) for leaf in _leaves(schema, schema)}
    for dataset in report_.datasets:
        for column in dataset.columns:
            if column.path is not None and column.path.startswith("../"):
                assert _place(dataset, column.path) in known, f"{dataset.name}.{column.name} reads what is not there"


@each_report
def test_a_row_key_is_made_of_what_amazon_always_sends(amazon_reference: Path, name: str, report_: Report) -> None:
    schema = _read(amazon_reference, name)
    always = {(leaf.section, leaf.path) for leaf in _leaves(schema, schema) if leaf.required}
    by_sku = {"child_asin", "sku"}  # present because the report is asked for by SKU
    for dataset in report_.datasets:
        for column in (dataset.column(n) for n in dataset.row_key):
            assert column.option or _place(dataset, column.path or "") in always or column.name in by_sku, column.name


@each_report
def test_a_declared_exclusion_says_why(amazon_reference: Path, name: str, report_: Report) -> None:
    schema = _read(amazon_reference, name)
    assert set(report_.excluded_sections) <= set(schema["properties"])
    assert all(len(why) > 20 for why in report_.excluded_sections.values())
    in_schema = {(leaf.section, leaf.path) for leaf in _leaves(schema, schema)}
    for dataset in report_.datasets:
        for path, why in dataset.excluded.items():
            assert len(why) > 20
            assert (dataset.section, path) in in_schema or f"{dataset.section}.{path}" in CONTRADICTIONS[name]


@each_report
def test_a_request_carries_every_option_amazon_requires_with_legal_values(
    amazon_reference: Path, name: str, report_: Report
) -> None:
    specification = _read(amazon_reference, name)["properties"].get("reportSpecification")
    if specification is None:
        assert not report_.option_names
        return
    options = specification["properties"].get("reportOptions", {})
    assert set(options.get("required", ())) <= report_.option_names, "a required option is not sent"
    assert report_.option_names <= set(options.get("properties", {})), "an option that Amazon does not know"
    fanned = report_.fan_out.options if report_.fan_out else {}
    for option, values in {**{o: (v,) for o, v in report_.options.items()}, **fanned}.items():
        legal = options["properties"][option].get("enum")
        assert legal is None or set(values) <= set(legal)
    for option, values in fanned.items():
        legal = options["properties"][option].get("enum")
        assert legal is None or set(values) == set(legal), f"{option}: not every value is asked for"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_period_that_amazon_offers_is_a_report_and_is_asked_for_as_such(amazon_reference: Path, name: str) -> None:
    specification = _read(amazon_reference, name)["properties"].get("reportSpecification", {"properties": {}})
    options = specification["properties"].get("reportOptions", {}).get("properties", {})
    option = next((o for o in ("reportPeriod", "dateGranularity") if o in options), None)
    if option is None:
        assert all(r.window.period == "day" for r in _reports(name))
        return
    for kind in SCHEMAS[name][1]:
        mine = [r for r in _reports(name) if r.kind is kind]
        assert {r.options[option] for r in mine} == set(options[option]["enum"])
        assert all(r.options[option].lower() == r.window.period for r in mine)


def test_views_programmes_and_currencies_that_rows_do_not_name_are_columns_and_part_of_the_key() -> None:
    for name in SCHEMAS:
        for report in _reports(name):
            for dataset in report.datasets:
                held = {c.option: c.name for c in dataset.columns if c.option}
                fanned = set(report.fan_out.options) if report.fan_out else set()
                assert fanned <= set(held), f"{dataset.name}: rows of {fanned - set(held)} could not be told apart"
                assert {held[o] for o in fanned} <= set(dataset.row_key), f"{dataset.name}: {fanned} is not in the key"
                if "currencyCode" in report.options:
                    assert report.options["currencyCode"] == "{currency}"
                    assert "currencyCode" in held


def test_rows_without_a_date_are_asked_for_one_period_at_a_time_or_are_a_snapshot() -> None:
    for name in SCHEMAS:
        for report in _reports(name):
            if any(d.day_of is DayOf.WINDOW for d in report.datasets):
                assert report.window.max_days == 1
            if any(d.day_of is DayOf.FETCH for d in report.datasets):
                assert report.window.kind is WindowKind.SNAPSHOT


def test_personal_data_of_end_users_is_marked_wherever_it_stands() -> None:
    for period in ("", "_weekly", "_monthly"):
        users, metrics = (REGISTRY.datasets[n + period] for n in ("end_users", "end_user_asin_metrics"))
        plain = {c.name for c in users.columns if not c.pii}
        assert plain == {"state_or_region", "country_code"}
        assert [c.name for c in metrics.columns if c.pii] == ["primary_email"]
        # A key that is dropped by default would tell nothing apart.
        assert users.row_key == metrics.row_key == ()


def test_search_query_performance_packs_its_products_under_amazons_limits() -> None:
    for report in REGISTRY.by_type("GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"):
        assert report.fan_out is not None
        assert report.fan_out.identifiers is not None
        assert (report.fan_out.identifiers.option, report.fan_out.identifiers.longest) == ("asin", 200)
        assert REGISTRY.datasets[report.fan_out.identifiers.dataset].column(report.fan_out.identifiers.column)
        assert report.window.daily_limit == 20


def _examples(name: str, reference: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _read(reference, name)["examples"]
    return found


def _answering(name: str, specification: dict[str, Any]) -> Report:
    """The report whose options the example answers; the rest of the options are the example's own."""
    options = specification.get("reportOptions", {})
    period = options.get("reportPeriod", options.get("dateGranularity", ""))
    reports = [r for r in _reports(name) if not period or period in r.options.values()]
    return reports[-1] if not period and name == "endUserDataReport" else reports[0]  # without a period Amazon takes the month


def _elements(document: Any, section: list[str]) -> list[Any]:
    """The innermost elements of a dotted path through arrays."""
    if not section:
        return list(document) if isinstance(document, list) else [document]
    inner = document.get(section[0], []) if isinstance(document, dict) else []
    if len(section) == 1:
        return list(inner)
    return [found for element in inner for found in _elements(element, section[1:])]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_example_of_amazon_loads_row_by_row_and_contradictions_are_told(
    amazon_reference: Path, name: str, tmp_path: Path
) -> None:
    """Rows are counted by hand from the arrays; nothing is quarantined, whatever an example contradicts."""
    examples = _examples(name, amazon_reference)
    assert examples
    for number, example in enumerate(examples):
        spec = example.get("reportSpecification", {})
        report = _answering(name, spec)
        first, last = (date.fromisoformat(spec.get(k, "2026-11-01")[:10]) for k in ("dataStartTime", "dataEndTime"))
        # Several periods or marketplaces in one example: our requests have one, so the rules for rows without a date stand aside.
        aside = "dataStartTime" not in spec or name == "sellerSalesAndTrafficReport"
        options = {**report.options, **spec.get("reportOptions", {})}
        datasets = tuple(
            d.model_copy(update={"day_of": DayOf.FETCH if aside or d.day_of is DayOf.WINDOW else d.day_of})
            for d in report.datasets
        )
        if options.get("asinGranularity", "SKU") != "SKU":  # by parent or child, which we never ask for: other columns are blank
            optional = tuple(c.model_copy(update={"required": False}) for c in datasets[0].columns)
            datasets = (datasets[0].model_copy(update={"columns": optional}), *datasets[1:])
        lake = Lake(tmp_path / f"lake{number}")
        context = make_context(
            report.model_copy(update={"datasets": datasets, "options": {k: options[k] for k in report.options}}),
            start=first, end=last, options=options, marketplace_ids=tuple(spec.get("marketplaceIds", ())),
            marketplace=None if report.scope == "account" else "US", created=datetime(2026, 11, 4, tzinfo=UTC),
            report_id=f"{name}{number}",
        )  # fmt: skip
        result = load_document([json.dumps(example).encode()], context, lake)
        for dataset in report.datasets:
            expected = len(_elements(example, (dataset.section or "").split(".")))
            assert result.rows[dataset.name] == expected, (dataset.name, quarantine(lake, dataset.name))
            assert result.datasets[dataset.name].quarantined == 0
            keys = [tuple(row[c] for c in dataset.row_key) for row in rows(lake, dataset.name)]
            assert not dataset.row_key or len(set(keys)) == len(keys), f"{dataset.name}: {dataset.row_key} is no key"
        unknown = {c for d in result.datasets.values() for c in d.unknown_columns}
        assert bool(unknown) == any("does not know" in w for w in result.warnings)
        assert not unknown or name in CONTRADICTIONS, f"{name}: unknown keys {unknown}"


def test_a_day_of_real_time_sales_is_loaded_although_its_window_ends_on_the_next_one(tmp_path: Path) -> None:
    report, day = REGISTRY.reports["vendor_real_time_sales"], date(2026, 11, 3)
    hours = [{"startTime": f"2026-11-03T{h:02}:00:00Z", "endTime": "2026-11-04T00:00:00Z", "asin": f"B{h:09}",
              "orderedUnits": 1, "orderedRevenue": 9.5} for h in (0, 23)]  # fmt: skip
    specification = {"reportType": report.report_type, "reportOptions": {"currencyCode": "JPY"},
                     "dataStartTime": "2026-11-03T00:00:00Z", "dataEndTime": "2026-11-04T00:00:00Z"}  # fmt: skip
    document = json.dumps({"reportSpecification": specification, "reportData": hours}).encode()
    lake = Lake(tmp_path / "lake")
    context = make_context(report, start=day, end=day, marketplace="JP", options={"currencyCode": "JPY"})
    assert load_document([document], context, lake).rows == {"vendor_real_time_sales": 2}
    (path,) = lake.list("raw/vendor_real_time_sales")
    assert "date=2026-11-03" in path
    assert [row["currency_code"] for row in rows(lake, "vendor_real_time_sales")] == ["JPY", "JPY"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_contradictions_between_examples_and_schemas_are_the_ones_we_know(amazon_reference: Path, name: str) -> None:
    """A new one means that Amazon has changed a schema or an example: look at it before trusting either."""
    schema = _read(amazon_reference, name)

    def extra(node: dict[str, Any], value: Any, path: str) -> Iterator[str]:
        node = _resolved(schema, node)
        if isinstance(value, list):
            for element in value:
                yield from extra(node.get("items", {}), element, path)
        elif isinstance(value, dict) and "properties" in node:
            for key, inner in value.items():
                here = f"{path}.{key}" if path else key
                if key in node["properties"]:
                    yield from extra(node["properties"][key], inner, here)
                else:
                    yield here

    assert {path for example in schema["examples"] for path in extra(schema, example, "")} == CONTRADICTIONS.get(name, set())

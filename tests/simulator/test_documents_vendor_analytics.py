"""Vendor traffic, margin, inventory, forecasts and hours: valid by Amazon's schemas, adding up, in the windows Amazon allows."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData, NotAvailableYet

from .kestrel import NOW, VENDOR, VENDOR_SALES, ask

BUSINESS = Business()
TRAFFIC, MARGIN = "GET_VENDOR_TRAFFIC_REPORT", "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT"
INVENTORY, FORECAST = "GET_VENDOR_INVENTORY_REPORT", "GET_VENDOR_FORECASTING_REPORT"
RT_SALES, RT_TRAFFIC = "GET_VENDOR_REAL_TIME_SALES_REPORT", "GET_VENDOR_REAL_TIME_TRAFFIC_REPORT"
RT_INVENTORY = "GET_VENDOR_REAL_TIME_INVENTORY_REPORT"
STOCK = {"distributorView": "MANUFACTURING", "sellingProgram": "RETAIL"}
WEEK, MONTH, QUARTER = ("2026-08-02", "2026-08-08"), ("2026-08-01", "2026-08-31"), ("2026-07-01", "2026-09-30")
SCHEMAS = {
    TRAFFIC: "vendorTrafficReport",
    MARGIN: "vendorNetPureProductMarginReport",
    INVENTORY: "vendorInventoryReport",
    FORECAST: "vendorForecastingReport",
    RT_SALES: "vendorRealTimeSalesReport",
    RT_TRAFFIC: "vendorRealTimeTrafficReport",
    RT_INVENTORY: "vendorRealTimeInventoryReport",
}


def content(report_type: str, dates: tuple[str, str], *, now: datetime = NOW, **options: str) -> dict[str, Any]:
    return json.loads(ask(BUSINESS, report_type, ["US"], *dates, now=now, options=options, partner=VENDOR).body)


@pytest.mark.parametrize(
    ("report_type", "dates", "options"),
    [
        (TRAFFIC, WEEK, {"reportPeriod": "DAY"}),
        (TRAFFIC, ("2026-08-02", "2026-08-29"), {"reportPeriod": "WEEK"}),
        (MARGIN, MONTH, {"reportPeriod": "MONTH"}),
        (MARGIN, QUARTER, {"reportPeriod": "QUARTER"}),
        (INVENTORY, WEEK, {"reportPeriod": "DAY", **STOCK}),
        (INVENTORY, QUARTER, {"reportPeriod": "QUARTER", **STOCK, "distributorView": "SOURCING"}),
        (INVENTORY, ("2025-01-01", "2025-12-31"), {"reportPeriod": "YEAR", **STOCK}),
        (FORECAST, ("2026-11-23T11:00:00", "2026-11-23T11:00:00"), {"sellingProgram": "RETAIL"}),
        (RT_SALES, ("2026-11-22T10:30:00", "2026-11-23T09:00:00"), {"currencyCode": "USD"}),
        (RT_TRAFFIC, ("2026-11-22T10:00:00", "2026-11-23T09:00:00"), {}),
        (RT_INVENTORY, ("2026-11-22T10:00:00", "2026-11-23T09:00:00"), {}),
    ],
)
def test_every_vendor_report_is_valid_by_amazons_schema(
    amazon_reference: Path, report_type: str, dates: tuple[str, str], options: dict[str, str]
) -> None:
    schema = json.loads((amazon_reference / f"schemas/reports/{SCHEMAS[report_type]}.json").read_text("utf-8"))
    found = content(report_type, dates, **options)
    jsonschema.validate(found, schema, format_checker=jsonschema.FormatChecker())
    for name, rows in found.items():
        assert name == "reportSpecification" or rows


def test_views_and_receipts_of_a_week_and_a_month_are_the_sums_of_their_days() -> None:
    for report_type, fact, total, by_asin, options in (
        (TRAFFIC, "glanceViews", "trafficAggregate", "trafficByAsin", {}),
        (INVENTORY, "netReceivedInventoryUnits", "inventoryAggregate", "inventoryByAsin", STOCK),
    ):
        days = content(report_type, MONTH, reportPeriod="DAY", **options)
        assert len(days[total]) == 31
        of_month = content(report_type, MONTH, reportPeriod="MONTH", **options)
        of_week = content(report_type, WEEK, reportPeriod="WEEK", **options)
        assert sum(r[fact] for r in days[total]) == of_month[total][0][fact] > 0
        assert sum(r[fact] for r in days[by_asin]) == of_month[total][0][fact]
        wanted = Counter()
        for row in days[by_asin]:
            if WEEK[0] <= row["startDate"] <= WEEK[1]:
                wanted[row["asin"]] += row[fact]
        assert {r["asin"]: r[fact] for r in of_week[by_asin]} == dict(wanted)


def test_stock_goes_on_where_the_day_before_ended() -> None:
    """Sellable units change by what was received and shipped, and the report's shipped units are those of the sales report."""
    days = content(INVENTORY, MONTH, reportPeriod="DAY", **STOCK)
    shipped: Counter = Counter()
    for program in ("RETAIL", "BUSINESS"):
        found = content(VENDOR_SALES, MONTH, reportPeriod="DAY", distributorView="MANUFACTURING", sellingProgram=program)
        for row in found["salesByAsin"]:
            shipped[row["asin"], row["startDate"]] += row["shippedUnits"]
    stock = {(r["asin"], r["startDate"]): r for r in days["inventoryByAsin"]}
    checked = 0
    for (asin, day), row in stock.items():
        before = stock.get((asin, (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()))
        if before:
            moved = row["netReceivedInventoryUnits"] - shipped[asin, day]
            assert row["sellableOnHandInventoryUnits"] == before["sellableOnHandInventoryUnits"] + moved
            checked += 1
    assert checked == 30 * len({asin for asin, _ in stock})
    assert any("vendorConfirmationRate" not in r for r in days["inventoryByAsin"])  # a rate of nothing is left out


def test_the_hours_of_a_day_add_up_to_the_day_also_when_the_clocks_change() -> None:
    day = ("2026-11-01T07:00:00", "2026-11-02T08:00:00")  # 25 hours in Los Angeles
    hourly = content(RT_SALES, day, currencyCode="USD")["reportData"]
    assert len({r["startTime"] for r in hourly}) == 25
    daily: Counter = Counter()
    for program in ("RETAIL", "BUSINESS"):
        options = {"reportPeriod": "DAY", "distributorView": "MANUFACTURING", "sellingProgram": program}
        for row in content(VENDOR_SALES, ("2026-11-01", "2026-11-01"), **options)["salesByAsin"]:
            daily[row["asin"]] += row["orderedUnits"]
    sums: Counter = Counter()
    for row in hourly:
        sums[row["asin"]] += row["orderedUnits"]
    assert +sums == +daily
    views = content(RT_TRAFFIC, day, now=NOW)["reportData"]
    of_day = content(TRAFFIC, ("2026-11-01", "2026-11-01"), reportPeriod="DAY")["trafficAggregate"][0]["glanceViews"]
    assert sum(r["glanceViews"] for r in views) == of_day


def test_the_forecast_is_made_on_sunday_and_stays_until_the_next() -> None:
    dates = ("2026-11-23T11:00:00", "2026-11-23T11:00:00")
    monday = content(FORECAST, dates, sellingProgram="RETAIL")
    later = content(FORECAST, dates, sellingProgram="RETAIL", now=NOW + timedelta(days=4))
    next_week = content(FORECAST, dates, sellingProgram="RETAIL", now=NOW + timedelta(days=7))
    assert monday == later
    assert {r["forecastGenerationDate"] for r in monday["forecastByAsin"]} == {"2026-11-22"}
    assert monday["forecastByAsin"] != next_week["forecastByAsin"]
    for row in monday["forecastByAsin"]:
        assert 0 <= row["meanForecastUnits"] <= row["p70ForecastUnits"] <= row["p80ForecastUnits"] <= row["p90ForecastUnits"]


@pytest.mark.parametrize(
    ("report_type", "dates", "options", "error", "words"),
    [
        (TRAFFIC, ("2026-08-03", "2026-08-09"), {"reportPeriod": "WEEK"}, BadRequest, "do not align"),
        (TRAFFIC, WEEK, {}, BadRequest, "requires the reportPeriod reportOption"),
        (TRAFFIC, ("2026-11-21", "2026-11-21"), {"reportPeriod": "DAY"}, NotAvailableYet, "not yet available"),
        (MARGIN, ("2022-10-01", "2022-10-31"), {"reportPeriod": "MONTH"}, BadRequest, "too far in the past"),
        (MARGIN, ("2024-07-01", "2024-09-30"), {"reportPeriod": "QUARTER"}, BadRequest, "too far in the past"),
        (INVENTORY, WEEK, {"reportPeriod": "WEEK"}, BadRequest, "distributorView, sellingProgram"),
        (INVENTORY, WEEK, {"reportPeriod": "WEEK", **STOCK, "sellingProgram": "BUSINESS"}, BadRequest, "sellingProgram"),
        (INVENTORY, WEEK, {"reportPeriod": "WEEK", **STOCK, "sellingProgram": "FRESH"}, NoData, "held nothing"),
        (FORECAST, WEEK, {}, BadRequest, "sellingProgram"),
        (RT_SALES, ("2026-11-23T08:00:00", "2026-11-23T09:00:00"), {}, BadRequest, "currencyCode"),
        (RT_SALES, ("2026-11-23T08:00:00", "2026-11-23T09:00:00"), {"currencyCode": "EUR"}, BadRequest, "invalid value EUR"),
        (RT_SALES, ("2026-10-20T08:00:00", "2026-10-20T09:00:00"), {"currencyCode": "USD"}, BadRequest, "720 hours"),
        (RT_SALES, ("2026-11-23T10:00:00", "2026-11-23T11:00:00"), {"currencyCode": "USD"}, NotAvailableYet, "not yet"),
        (RT_TRAFFIC, ("2026-11-23T09:00:00", "2026-11-23T10:30:00"), {}, NotAvailableYet, "60 minutes"),
        (RT_INVENTORY, ("2026-11-15T09:00:00", "2026-11-15T10:00:00"), {}, BadRequest, "168 hours"),
        (RT_INVENTORY, ("2026-11-20T09:00:00", "2026-11-21T10:00:00"), {}, BadRequest, "24 hours after"),
        (RT_INVENTORY, ("2026-11-23T08:15:00", "2026-11-23T08:45:00"), {}, BadRequest, "no full hour"),
    ],
)
def test_what_amazon_refuses_is_refused(
    report_type: str, dates: tuple[str, str], options: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        content(report_type, dates, **options)


def test_five_minutes_after_the_hour_its_sales_are_there() -> None:
    dates = ("2026-11-23T09:00:00", "2026-11-23T10:00:00")
    with pytest.raises(NotAvailableYet):
        content(RT_SALES, dates, now=datetime(2026, 11, 23, 10, 4, tzinfo=UTC), currencyCode="USD")
    assert content(RT_SALES, dates, now=datetime(2026, 11, 23, 10, 5, tzinfo=UTC), currencyCode="USD")["reportData"]

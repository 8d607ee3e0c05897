"""Vendor sales: valid by Amazon's schema, whole periods only, 72 hours late, and a FATAL text for everything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData, NotAvailableYet

from .kestrel import NOW, VENDOR, VENDOR_SALES, ask

BUSINESS = Business()
OPTIONS = {"reportPeriod": "DAY", "distributorView": "MANUFACTURING", "sellingProgram": "RETAIL"}


def content(first: str, last: str, *, now: datetime = NOW, **changed: str) -> dict[str, Any]:
    document = ask(BUSINESS, VENDOR_SALES, ["US"], first, f"{last}T23:59:59", now=now, options=OPTIONS | changed, partner=VENDOR)
    return json.loads(document.body, parse_float=Decimal)


@pytest.mark.parametrize(
    ("view", "program", "period"),
    product(["MANUFACTURING", "SOURCING"], ["RETAIL", "BUSINESS"], ["DAY", "WEEK", "MONTH", "QUARTER"]),
)
def test_every_combination_is_valid_by_amazons_schema(amazon_reference: Path, view: str, program: str, period: str) -> None:
    schema = json.loads((amazon_reference / "schemas/reports/vendorSalesReport.json").read_text())
    first, last = {"QUARTER": ("2026-07-01", "2026-09-30"), "WEEK": ("2026-08-02", "2026-08-29")}.get(
        period, ("2026-08-01", "2026-08-31")
    )
    found = json.loads(
        json.dumps(content(first, last, distributorView=view, sellingProgram=program, reportPeriod=period), default=float)
    )
    jsonschema.validate(found, schema)
    assert len(found["salesAggregate"]) == {"DAY": 31, "WEEK": 4, "MONTH": 1, "QUARTER": 1}[period]
    assert found["reportSpecification"]["lastUpdatedDate"] == "2026-11-23"
    for row in found["salesByAsin"]:
        assert ("orderedUnits" in row) == (view == "MANUFACTURING")


def test_the_aggregate_is_the_sum_of_the_asins_and_a_week_the_sum_of_its_days() -> None:
    days = content("2026-08-02", "2026-08-08")
    week = content("2026-08-02", "2026-08-08", reportPeriod="WEEK")
    for name in ("orderedUnits", "shippedUnits", "customerReturns"):
        total = sum(r[name] for r in days["salesByAsin"])
        assert total == sum(a[name] for a in days["salesAggregate"]) == week["salesAggregate"][0][name] > 0
    revenue = sum(r["shippedRevenue"]["amount"] for r in days["salesByAsin"])
    assert revenue == week["salesAggregate"][0]["shippedRevenue"]["amount"]
    assert week["salesAggregate"][0]["shippedCogs"]["amount"] < revenue


def test_a_day_is_not_available_until_72_hours_after_it_closed_in_the_marketplaces_zone() -> None:
    closed = datetime(2026, 11, 2, 8, tzinfo=UTC)  # midnight in Los Angeles, standard time since that morning
    with pytest.raises(NotAvailableYet, match="The report data for the requested date range is not yet available"):
        content("2026-11-01", "2026-11-01", now=closed + timedelta(hours=71, minutes=59))
    assert content("2026-11-01", "2026-11-01", now=closed + timedelta(hours=72))["salesByAsin"]


def test_returns_are_counted_for_a_month_after_the_day() -> None:
    closed = datetime(2026, 9, 2, 7, tzinfo=UTC)
    returns = [
        sum(r["customerReturns"] for r in content("2026-08-20", "2026-09-01", now=closed + timedelta(days=d))["salesByAsin"])
        for d in (4, 20, 31, 60)
    ]
    assert returns[0] < returns[1] < returns[2] == returns[3]


@pytest.mark.parametrize("missing", list(OPTIONS))
def test_a_missing_option_is_refused_in_amazons_words(missing: str) -> None:
    options = {k: v for k, v in OPTIONS.items() if k != missing}
    with pytest.raises(
        BadRequest, match="requires the reportPeriod, distributorView, sellingProgram reportOption to be specified"
    ):
        ask(BUSINESS, VENDOR_SALES, ["US"], "2026-08-02", "2026-08-02", options=options, partner=VENDOR)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("WEEK", "2026-08-03", "2026-08-09"),
        ("WEEK", "2026-08-02", "2026-08-07"),
        ("MONTH", "2026-08-01", "2026-08-30"),
        ("QUARTER", "2026-08-01", "2026-10-31"),
        ("YEAR", "2025-01-01", "2025-12-30"),
        ("DAY", "2026-08-02", "2026-08-01"),
    ],
)
def test_a_window_that_is_not_whole_periods_is_refused(period: str, first: str, last: str) -> None:
    with pytest.raises(BadRequest, match=r"do not align|before"):
        content(first, last, reportPeriod=period)


def test_programs_views_and_accounts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(NoData, match="sold nothing"):
        content("2026-08-02", "2026-08-02", sellingProgram="FRESH")
    with pytest.raises(BadRequest, match="distributorView"):
        content("2026-08-02", "2026-08-02", distributorView="BOTH")
    with pytest.raises(BadRequest, match="vendor report"):
        ask(BUSINESS, VENDOR_SALES, ["US"], "2026-08-02", "2026-08-02", options=OPTIONS)

"""GET_VENDOR_SALES_REPORT as JSON after Amazon's schema vendorSalesReport; published 72 hours after a period closes.
Periods must be whole (WEEK is Sunday to Saturday); Amazon refuses others with FATAL."""

from __future__ import annotations

import calendar
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from ..business.catalog import Product
from ..business.marketplaces import Marketplace, day_bounds
from ..business.vendor import ASSORTMENT, VendorFacts, day_facts, in_view
from .model import BadRequest, Document, NoData, NotAvailableYet, Request

PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
VIEWS = ("MANUFACTURING", "SOURCING")
PROGRAMS = ("RETAIL", "BUSINESS", "FRESH")
PUBLISHED_AFTER = 72 * 3_600
MISSING_OPTIONS = "This report type requires the reportPeriod, distributorView, sellingProgram reportOption to be specified"
NOT_YET = "The requested data is unavailable. The report data for the requested date range is not yet available"
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _last_of_period(period: str, day: date) -> date | None:
    """The last day of the period that begins on the day; None if none begins there."""
    if period == "DAY":
        return day
    if period == "WEEK":
        return day + timedelta(days=6) if day.weekday() == 6 else None
    months = _MONTHS[period]
    if day.day != 1 or (day.month - 1) % months:
        return None
    month = day.month + months - 1
    return date(day.year, month, calendar.monthrange(day.year, month)[1])


def _periods(period: str, first: date, last: date) -> Iterator[tuple[date, date]]:
    start = first
    while start <= last:
        end = _last_of_period(period, start)
        if end is None or end > last:
            raise BadRequest(
                f"The dataStartTime {first} and dataEndTime {last} do not align with the reportPeriod {period}: "
                "the dates must be the first and the last day of whole periods."
            )
        yield start, end
        start = end + timedelta(days=1)


def render(request: Request) -> Document:
    """Aggregate and by-ASIN sales of whole periods."""
    m = request.one_marketplace()
    if not all(request.options.get(name) for name in ("reportPeriod", "distributorView", "sellingProgram")):
        raise BadRequest(MISSING_OPTIONS)
    period = request.option("reportPeriod", PERIODS, "")
    view = request.option("distributorView", VIEWS, "")
    program = request.option("sellingProgram", PROGRAMS, "")
    first, last = request.start.date(), request.end.date()  # the time of day is ignored
    if last < first:
        raise BadRequest("dataEndTime is before dataStartTime.")
    periods = list(_periods(period, first, last))
    now = request.now.timestamp()
    if day_bounds(m.zone, last)[1] + PUBLISHED_AFTER > now:
        raise NotAvailableYet(NOT_YET)
    aggregate, by_asin = [], []
    for start, end in periods:
        facts = _sum(request, m, program, view, start, end)
        if not facts:
            continue
        everything = VendorFacts()
        for product, f in facts.items():
            everything.add(f)
            by_asin.append({**_dates(start, end), "asin": product.asin, **_measures(f, view, program, m)})
        aggregate.append({**_dates(start, end), **_measures(everything, view, program, m)})
    if not by_asin:
        raise NoData("The vendor group sold nothing in this selling program in the period.")
    content = {
        "reportSpecification": {
            "reportType": request.report_type,
            "reportOptions": {"reportPeriod": period, "distributorView": view, "sellingProgram": program},
            "lastUpdatedDate": request.now.astimezone(m.tz).date().isoformat(),
            "dataStartTime": first.isoformat(),
            "dataEndTime": last.isoformat(),
            "marketplaceIds": [m.id],
        },
        "salesAggregate": aggregate,
        "salesByAsin": by_asin,
    }
    return Document(json.dumps(content).encode(), "application/json; charset=UTF-8")


def _sum(request: Request, m: Marketplace, program: str, view: str, start: date, end: date) -> dict[Product, VendorFacts]:
    business, now = request.business, request.now.timestamp()
    sums = {p: VendorFacts() for p in ASSORTMENT if in_view(p, view)}
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        for product, facts in day_facts(business.seed, request.account, m, program, day, business.scale, now).items():
            if product in sums:
                sums[product].add(facts)
    return {p: f for p, f in sums.items() if f.ordered_units or f.shipped_units or f.returns}


def _dates(start: date, end: date) -> dict[str, str]:
    return {"startDate": start.isoformat(), "endDate": end.isoformat()}


def _measures(f: VendorFacts, view: str, program: str, m: Marketplace) -> dict[str, Any]:
    def amount(minor: int) -> dict[str, Any]:
        return {"amount": round(minor / 10**m.digits, m.digits), "currencyCode": m.currency}

    measures: dict[str, Any] = {}
    if program != "FRESH":
        measures["customerReturns"] = f.returns
    if view == "MANUFACTURING":
        measures |= {"orderedRevenue": amount(f.ordered_revenue), "orderedUnits": f.ordered_units}
    return measures | {
        "shippedCogs": amount(f.shipped_cogs),
        "shippedRevenue": amount(f.shipped_revenue),
        "shippedUnits": f.shipped_units,
    }

"""GET_VENDOR_SALES_REPORT as JSON after Amazon's schema vendorSalesReport; published 72 hours after a period closes.
Periods must be whole (WEEK is Sunday to Saturday); Amazon refuses others with FATAL."""

from __future__ import annotations

from typing import Any

from ....business.catalog import Product
from ....business.marketplaces import Marketplace
from ....business.vendor import ASSORTMENT, VendorFacts, day_facts, in_view
from ...json_document import amount, json_document
from ...model import Document, NoData, Request
from ...periods import Period, dates_of, days_of
from .common import VIEWS, periods_of, require_options, specification

PROGRAMS = ("RETAIL", "BUSINESS", "FRESH")


def render(request: Request) -> Document:
    """Aggregate and by-ASIN sales of whole periods."""
    m = request.one_marketplace()
    require_options(request, "reportPeriod", "distributorView", "sellingProgram")
    view = request.option("distributorView", VIEWS, "")
    program = request.option("sellingProgram", PROGRAMS, "")
    period, found = periods_of(request, m)
    aggregate, by_asin = [], []
    for dates in found:
        facts = sums(request, m, program, view, dates)
        if not facts:
            continue
        everything = VendorFacts()
        for product, f in facts.items():
            everything.add(f)
            by_asin.append({**dates_of(dates), "asin": product.asin, **_measures(f, view, program, m)})
        aggregate.append({**dates_of(dates), **_measures(everything, view, program, m)})
    if not by_asin:
        raise NoData("The vendor group sold nothing in this selling program in the period.")
    options = {"reportPeriod": period, "distributorView": view, "sellingProgram": program}
    return json_document(
        {
            "reportSpecification": specification(request, m, options, found),
            "salesAggregate": aggregate,
            "salesByAsin": by_asin,
        }
    )


def sums(request: Request, m: Marketplace, program: str, view: str, dates: Period) -> dict[Product, VendorFacts]:
    """What each product of a distributor's view sold in a selling program and a period."""
    business, now = request.business, request.now.timestamp()
    found = {p: VendorFacts() for p in ASSORTMENT if in_view(p, view)}
    for day in days_of(dates):
        for product, facts in day_facts(business.seed, request.account, m, program, day, business.scale, now).items():
            if product in found:
                found[product].add(facts)
    return {p: f for p, f in found.items() if f.ordered_units or f.shipped_units or f.returns}


def _measures(f: VendorFacts, view: str, program: str, m: Marketplace) -> dict[str, Any]:
    measures: dict[str, Any] = {}
    if program != "FRESH":
        measures["customerReturns"] = f.returns
    if view == "MANUFACTURING":
        measures |= {"orderedRevenue": amount(f.ordered_revenue, m), "orderedUnits": f.ordered_units}
    return measures | {
        "shippedCogs": amount(f.shipped_cogs, m),
        "shippedRevenue": amount(f.shipped_revenue, m),
        "shippedUnits": f.shipped_units,
    }

"""GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT after Amazon's schema: (revenue - cost of goods - vendor's funding) / revenue.
How far back Amazon keeps it depends on the period; older windows are refused."""

from __future__ import annotations

from datetime import date, timedelta

from ....business.catalog import Product
from ....business.marketplaces import Marketplace
from ....business.vendor import ASSORTMENT, day_facts
from ....business.vendor_hours import PROGRAMS
from ...json_document import json_document
from ...model import Document, NoData, Request
from ...periods import Period, dates_of, days_of, first_of_period
from .common import periods_of, require_options, specification


def render(request: Request) -> Document:
    """The margin of all products and of each, over everything shipped in the period."""
    m = request.one_marketplace()
    require_options(request, "reportPeriod")
    period, found = periods_of(request, m, oldest=_oldest(request.now.date()))
    aggregate, by_asin = [], []
    for dates in found:
        revenue, profit = revenue_and_profit(request, m, dates)
        if not sum(revenue.values()):
            continue
        aggregate.append({**dates_of(dates), "netPureProductMargin": _margin(sum(profit.values()), sum(revenue.values()))})
        by_asin += [
            {**dates_of(dates), "asin": p.asin, "netPureProductMargin": _margin(profit[p], revenue[p])}
            for p in ASSORTMENT
            if revenue[p]
        ]
    if not by_asin:
        raise NoData("Nothing of the vendor's was shipped in the period.")
    return json_document(
        {
            "reportSpecification": specification(request, m, {"reportPeriod": period}, found),
            "netPureProductMarginAggregate": aggregate,
            "netPureProductMarginByAsin": by_asin,
        }
    )


def _margin(profit: float, revenue: float) -> float:
    return round(profit / revenue, 4)


def _oldest(today: date) -> dict[str, date]:
    """The first day that can be asked for (fact sheet 3.8: 1,460 days, 36 months, 8 quarters)."""
    months = today.year * 12 + today.month - 1
    quarter = first_of_period("QUARTER", today)
    return {
        "DAY": today - timedelta(days=1460),
        "MONTH": date((months - 36) // 12, (months - 36) % 12 + 1, 1),
        "QUARTER": date(quarter.year - 2, quarter.month, 1),
    }


def revenue_and_profit(request: Request, m: Marketplace, dates: Period) -> tuple[dict[Product, int], dict[Product, float]]:
    """By product: what Amazon took in a period, and what it earned after cost and the vendor's funding (minor units)."""
    business, now = request.business, request.now.timestamp()
    revenue = dict.fromkeys(ASSORTMENT, 0)
    profit = dict.fromkeys(ASSORTMENT, 0.0)
    for day in days_of(dates):
        for program in PROGRAMS:
            facts = day_facts(business.seed, request.account, m, program, day, business.scale, now)
            for product, f in facts.items():
                funding = f.shipped_revenue * (0.03 + 0.05 * (product.index % 5) / 5)
                revenue[product] += f.shipped_revenue
                profit[product] += f.shipped_revenue - f.shipped_cogs - funding
    return revenue, profit

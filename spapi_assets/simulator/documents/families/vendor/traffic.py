"""GET_VENDOR_TRAFFIC_REPORT as JSON after Amazon's schema vendorTrafficReport: glance views, which add up over days and products.
Published 72 hours after a period closes."""

from __future__ import annotations

from ....business.demand import LAUNCH
from ....business.vendor import ASSORTMENT
from ....business.vendor_hours import glance_views
from ...json_document import json_document
from ...model import Document, NoData, Request
from ...periods import dates_of, days_of
from .common import periods_of, require_options, specification


def render(request: Request) -> Document:
    """Views of all products and of each."""
    m = request.one_marketplace()
    require_options(request, "reportPeriod")
    period, found = periods_of(request, m)
    business = request.business
    aggregate, by_asin = [], []
    for dates in found:
        sums = dict.fromkeys(ASSORTMENT, 0)
        for day in days_of(dates):
            if day >= LAUNCH:
                for product, views in glance_views(business.seed, request.account, m, day, business.scale).items():
                    sums[product] += views
        if any(sums.values()):
            aggregate.append({**dates_of(dates), "glanceViews": sum(sums.values())})
            by_asin += [{**dates_of(dates), "asin": p.asin, "glanceViews": views} for p, views in sums.items() if views]
    if not by_asin:
        raise NoData("Nobody looked at the vendor's goods in the period.")
    return json_document(
        {
            "reportSpecification": specification(request, m, {"reportPeriod": period}, found),
            "trafficAggregate": aggregate,
            "trafficByAsin": by_asin,
        }
    )

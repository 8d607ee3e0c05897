"""GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT as JSON after Amazon's schema: the search funnel of each ASIN.
One period a request; the option `asins` narrows it to some of the brand's goods."""

from __future__ import annotations

from typing import Any

from ....business.marketplaces import Marketplace
from ....business.search import Funnel, asins, price_of, search_facts
from ...json_document import amount, fraction, json_document
from ...model import Document, Request
from ...periods import dates_of
from .brand import asins_of, head, periods_of


def render(request: Request) -> Document:
    """A row for each ASIN that customers saw."""
    m, period, found = periods_of(request, ("WEEK", "MONTH", "QUARTER"), only_one=True)
    options = {"reportPeriod": period}
    if request.options.get("asins"):
        options["asins"] = request.options["asins"]
    wanted = asins_of(request, "asins") or list(asins())
    facts = search_facts(request.business, request.account, m, *found[0], request.now.timestamp())
    rows = []
    for asin in wanted:
        funnel = facts.of_asin(asin)
        if funnel.impressions:
            price = amount(price_of(asin, m, found[0][0].year), m)
            rows.append({**dates_of(found[0]), "asin": asin, **_measures(funnel, price, m)})
    return json_document({"reportSpecification": head(request, m, options, found), "dataByAsin": rows})


def delivery_counts(count: int, name: str, prefix: str = "") -> dict[str, int]:
    """How many saw a promise of delivery the same day, in one day, in two days; the rest saw none."""
    counts = (count * 12 // 100, count * 38 // 100, count * 27 // 100)
    names = ("sameDay", "oneDay", "twoDay")
    return {
        (f"{prefix}{label[0].upper()}{label[1:]}" if prefix else label) + f"Shipping{name}Count": value
        for label, value in zip(names, counts, strict=True)
    }


def _measures(f: Funnel, price: dict[str, Any], m: Marketplace) -> dict[str, Any]:
    return {
        "impressionData": {
            "impressionCount": f.impressions,
            "impressionMedianPrice": price,
            **delivery_counts(f.impressions, "Impression"),
        },
        "clickData": {
            "clickCount": f.clicks,
            "clickRate": fraction(f.clicks, f.impressions),
            "clickedMedianPrice": price,
            **delivery_counts(f.clicks, "Click"),
        },
        "cartAddData": {
            "cartAddCount": f.cart_adds,
            "cartAddedMedianPrice": price,
            **delivery_counts(f.cart_adds, "CartAdd"),
        },
        "purchaseData": {
            "purchaseCount": f.purchases,
            "searchTrafficSales": amount(f.sales, m),
            "conversionRate": fraction(f.purchases, f.clicks),
            "purchaseMedianPrice": price,
            **delivery_counts(f.purchases, "Purchase"),
        },
    }

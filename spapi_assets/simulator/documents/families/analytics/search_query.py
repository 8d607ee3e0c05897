"""GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT as JSON after Amazon's schema: the funnel of each ASIN under each query.
One period and at most 200 characters of ASINs a request; the queries of an ASIN add up to its row in the catalogue report."""

from __future__ import annotations

from typing import Any

from ....business.marketplaces import Marketplace
from ....business.search import Funnel, price_of, search_facts
from ...json_document import amount, fraction, json_document
from ...model import BadRequest, Document, Request
from ...periods import dates_of
from .brand import asins_of, head, periods_of
from .search_catalog import delivery_counts


def render(request: Request) -> Document:
    """Rows by ASIN and query, the query that matters most to the ASIN first."""
    if not request.options.get("asin"):
        raise BadRequest("This report type requires the reportPeriod, asin reportOption to be specified")
    m, period, found = periods_of(request, ("WEEK", "MONTH", "QUARTER"), only_one=True)
    wanted = asins_of(request, "asin")
    facts = search_facts(request.business, request.account, m, *found[0], request.now.timestamp())
    rows = []
    for asin in wanted:
        price = price_of(asin, m, found[0][0].year)
        mine = [(query, funnel) for (own, query), funnel in facts.own.items() if own == asin and funnel.impressions]
        mine.sort(key=lambda pair: (-pair[1].purchases, -pair[1].clicks, pair[0]))
        for score, (query, funnel) in enumerate(mine, start=1):
            about = {"searchQuery": query, "searchQueryScore": score, "searchQueryVolume": facts.volume(query)}
            measures = _measures(funnel, facts.whole[query], facts.volume(query), price, m)
            rows.append({**dates_of(found[0]), "asin": asin, "searchQueryData": about, **measures})
    options = {"reportPeriod": period, "asin": request.options["asin"]}
    return json_document({"reportSpecification": head(request, m, options, found), "dataByAsin": rows})


def _measures(own: Funnel, whole: Funnel, volume: int, price: int, m: Marketplace) -> dict[str, Any]:
    measures: dict[str, Any] = {
        "impressionData": {
            "totalQueryImpressionCount": whole.impressions,
            "asinImpressionCount": own.impressions,
            "asinImpressionShare": fraction(own.impressions, whole.impressions),
        }
    }
    for name, member, cheaper in (("Click", "clicks", 0.93), ("CartAdd", "cart_adds", 0.9), ("Purchase", "purchases", 0.88)):
        total, count = getattr(whole, member), getattr(own, member)
        measures[f"{name[0].lower()}{name[1:]}Data"] = {
            f"total{name}Count": total,
            f"total{name}Rate": fraction(total, volume),
            f"asin{name}Count": count,
            f"asin{name}Share": fraction(count, total),
            f"totalMedian{name}Price": amount(round(price * cheaper), m),
            f"asinMedian{name}Price": amount(price, m),
            **delivery_counts(total, name, "total"),
        }
    return measures

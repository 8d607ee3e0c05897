"""GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT as JSON after Amazon's schema: which goods lie in one order with which.
The three most frequent companions of each ASIN; several periods may be asked for at once."""

from __future__ import annotations

from ....business.baskets import baskets
from ...json_document import fraction, json_document
from ...model import Document, Request
from ...periods import dates_of
from .brand import head, periods_of

_COMPANIONS = 3


def render(request: Request) -> Document:
    """Rows by period, ASIN and rank; a quiet period has none."""
    m, period, found = periods_of(request, ("DAY", "WEEK", "MONTH", "QUARTER"))
    rows = []
    for dates in found:
        orders, pairs = baskets(request.business, request.account, m, *dates, request.now.timestamp())
        for asin in sorted(orders):
            others = sorted(
                ((other, n) for (own, other), n in pairs.items() if own == asin), key=lambda pair: (-pair[1], pair[0])
            )
            rows += [
                {
                    **dates_of(dates),
                    "asin": asin,
                    "purchasedWithAsin": other,
                    "purchasedWithRank": rank,
                    "combinationPct": fraction(n, orders[asin]),
                }
                for rank, (other, n) in enumerate(others[:_COMPANIONS], start=1)
            ]
    return json_document({"reportSpecification": head(request, m, {"reportPeriod": period}, found), "dataByAsin": rows})

"""GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT as JSON after Amazon's schema: customers and revenue that came back, by ASIN.
Several periods may be asked for at once."""

from __future__ import annotations

from ....business.baskets import loyalty
from ...json_document import amount, fraction, json_document
from ...model import Document, Request
from ...periods import dates_of
from .brand import head, periods_of


def render(request: Request) -> Document:
    """Rows by period and ASIN that was bought."""
    m, period, found = periods_of(request, ("WEEK", "MONTH", "QUARTER"))
    rows = []
    for dates in found:
        facts = loyalty(request.business, request.account, m, *dates, request.now.timestamp())
        rows += [
            {
                **dates_of(dates),
                "asin": asin,
                "orders": f.orders,
                "uniqueCustomers": len(f.shoppers),
                "repeatCustomersPctTotal": fraction(len(f.repeat_shoppers), len(f.shoppers)),
                "repeatPurchaseRevenue": amount(f.repeat_revenue, m),
                "repeatPurchaseRevenuePctTotal": fraction(f.repeat_revenue, f.revenue),
            }
            for asin, f in sorted(facts.items())
        ]
    return json_document({"reportSpecification": head(request, m, {"reportPeriod": period}, found), "dataByAsin": rows})

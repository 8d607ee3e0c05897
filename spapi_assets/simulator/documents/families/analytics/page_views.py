"""MARKETPLACE_ASIN_PAGE_VIEW_METRICS as JSON after Amazon's schema: page views by day and ASIN of one product type in Europe.
Only the last seven days exist; older windows end CANCELLED. Days are the store's own, written as UTC days."""

from __future__ import annotations

from datetime import date, timedelta

from ....business.catalog import PRODUCTS
from ....business.traffic import collect, published
from ...json_document import json_document
from ...model import BadRequest, Document, NoData, Request

STORES = frozenset({"DE", "FR", "IT", "ES", "NL", "PL", "SE", "BE", "UK", "IE"})
PRODUCT_TYPES = {
    "bottle": "BOTTLE", "headlamp": "HEADLAMP", "hammock": "HAMMOCK", "drybag": "BACKPACK", "poles": "TREKKING_POLE",
    "socks": "SOCKS", "stove": "CAMPING_STOVE", "mug": "DRINKING_CUP", "rope": "ROPE", "blanket": "BLANKET",
    "tent": "TENT", "chair": "CHAIR",
}  # fmt: skip


def render(request: Request) -> Document:
    """Views of the window's published days; of the latest one where no dates were sent."""
    if outside := [m.code for m in request.marketplaces if m.code not in STORES]:
        raise BadRequest(f"This report type is not available in the marketplace {', '.join(outside)}.")
    wanted = request.options.get("productType")
    if not wanted:
        raise BadRequest("This report type requires the productType reportOption to be specified")
    products = [p for p in PRODUCTS if PRODUCT_TYPES[p.line] == wanted]
    today = request.now.date()
    first, last = request.start.date(), request.end.date()
    if first < today - timedelta(days=7) or last > first + timedelta(days=7):
        raise NoData("Only the last seven days can be had; Amazon cancels other requests.")
    rows = []
    for m in request.marketplaces:
        if request.start == request.end:  # what the API makes of a request without dates
            first = last = _latest(request, today)
        days = collect(request.business, request.account, m, first, last, request.now.timestamp())
        for day, facts in sorted(days.items()):
            for asin in dict.fromkeys(p.asin for p in products):
                views = sum(facts.products[p.index].views for p in products if p.asin == asin)
                following = day + timedelta(days=1)
                rows.append(
                    {
                        "startTime": f"{day}T00:00:00Z",
                        "endTime": f"{following}T00:00:00Z",
                        "marketplaceId": m.id,
                        "asin": asin,
                        "pageViews": views,
                    }
                )
    if not rows:
        raise NoData(f"The seller has no meaningful presence in the product type {wanted} on these days.")
    head = {
        "reportType": request.report_type,
        "reportOptions": {"productType": wanted},
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
        "marketplaceIds": [m.id for m in request.marketplaces],
    }
    return json_document({"reportSpecification": head, "marketplaceAsinPageViewMetrics": rows})


def _latest(request: Request, today: date) -> date:
    """The newest day that is published in every marketplace asked for."""
    day = today
    while not all(published(m, day, request.now.timestamp()) for m in request.marketplaces):
        day -= timedelta(days=1)
    return day

"""END_USER_DATA_REPORT as JSON after Amazon's schema: names, addresses and purchases of customers who agreed to share them.
Only some stores of the European Union; windows shrink to the whole periods inside them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ....business.marketplaces import Marketplace
from ....business.orders import Order
from ....business.people import customer
from ....business.seeds import unit
from ...json_document import json_document, number
from ...model import BadRequest, Document, NoData, Request
from ...periods import Period, dates_of, first_of_period, last_of_period, window

STORES = frozenset({"DE", "FR", "IT", "ES", "NL", "PL", "SE", "BE", "IE"})
_SHARING = 0.05  # part of all orders whose customers agreed


def render(request: Request) -> Document:
    """A person for each order whose customer agreed, with views and spending by ASIN."""
    if outside := [m.code for m in request.marketplaces if m.code not in STORES]:
        raise BadRequest(f"This report type is not available in the marketplace {', '.join(outside)}.")
    period = request.option("reportPeriod", ("DAY", "WEEK", "MONTH"), "MONTH")
    people = [
        _person(request, m, order, dates)
        for m in request.marketplaces
        for dates in _inner_periods(period, *window(request))
        for order in request.business.purchased_between(request.account, m, *dates)
        if order.shipped
        and order.shipped <= request.now.timestamp()
        and unit(request.business.seed, "shares data", order.id) < _SHARING
    ]
    if not people:
        raise NoData("No customer of the period agreed to share data.")
    first, last = window(request)
    head: dict[str, Any] = {
        "reportType": request.report_type,
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
        "marketplaceIds": [m.id for m in request.marketplaces],
    }
    if "reportPeriod" in request.options:
        head["reportOptions"] = {"reportPeriod": period}
    return json_document({"reportSpecification": head, "endUserData": people})


def _inner_periods(period: str, first: date, last: date) -> list[Period]:
    """The whole periods inside the window."""
    start = first if first_of_period(period, first) == first else last_of_period(period, first) + timedelta(days=1)
    found = []
    while (end := last_of_period(period, start)) <= last:
        found.append((start, end))
        start = end + timedelta(days=1)
    return found


def _person(request: Request, m: Marketplace, order: Order, dates: Period) -> dict[str, Any]:
    who = customer(request.business.seed, order)
    city, state, postal_code, country = order.place
    return {
        "fullName": who.name,
        "mailingAddress": {
            "addressLine1": who.street,
            "addressLine2": who.company,
            "addressLine3": "",
            "city": city,
            "stateOrRegion": state,
            "districtOrCounty": "",
            "postalCode": postal_code,
            "countryCode": country,
        },
        "primaryEmail": who.email,
        "asinMetrics": [
            {
                **dates_of(dates),
                "marketplaceId": m.id,
                "asin": line.product.asin,
                "pageViews": 1 + int(unit(request.business.seed, "looked", line.item_code) * 9),
                "gms": number(line.price + line.shipping - line.discount - line.shipping_discount, m),
                "currencyCode": m.currency,
            }
            for line in order.lines
        ],
    }

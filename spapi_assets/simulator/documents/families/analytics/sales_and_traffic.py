"""GET_SALES_AND_TRAFFIC_REPORT as JSON after Amazon's schema sellerSalesAndTrafficReport.
The by-ASIN section has no date: it sums the whole window, so only one-day requests give daily facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from ....business.catalog import LINES, PRODUCTS, Product
from ....business.marketplaces import Marketplace
from ....business.traffic import DayFacts, Facts, collect, total
from ...json_document import amount, json_document
from ...model import BadRequest, Document, NoData, Request
from ...periods import first_of_period, last_of_period

KEYS: dict[str, Callable[[Product], tuple[str, ...]]] = {
    "PARENT": lambda p: (p.parent,),
    "CHILD": lambda p: (p.parent, p.asin),
    "SKU": lambda p: (p.parent, p.asin, p.sku),
}


def _expand(granularity: str, first: date, last: date) -> tuple[date, date]:
    """Partial weeks and months grow outward to whole ones; weeks run from Sunday to Saturday."""
    return first_of_period(granularity, first), last_of_period(granularity, last)


def render(request: Request) -> Document:
    """Days that are not published yet are absent; a window of none but such days gives empty sections."""
    m = request.one_marketplace()
    date_granularity = request.option("dateGranularity", ("DAY", "WEEK", "MONTH"), "DAY")
    asin_granularity = request.option("asinGranularity", ("PARENT", "CHILD", "SKU"), "PARENT")
    first, last = request.start.date(), request.end.date()  # the time of day is ignored
    if last < first:
        raise BadRequest("dataEndTime is before dataStartTime.")
    if first < request.now.date() - timedelta(days=731):
        raise NoData("The start date is more than two years ago; Amazon cancels such a report.")
    first, last = _expand(date_granularity, first, last)
    days = collect(request.business, request.account, m, first, last, request.now.timestamp())
    periods: dict[date, list[DayFacts]] = {}
    for day, facts in sorted(days.items()):
        periods.setdefault(first_of_period(date_granularity, day), []).append(facts)
    content = {
        "reportSpecification": {
            "reportType": request.report_type,
            "reportOptions": {"dateGranularity": date_granularity, "asinGranularity": asin_granularity},
            "dataStartTime": first.isoformat(),
            "dataEndTime": last.isoformat(),
            "marketplaceIds": [m.id],
        },
        "salesAndTrafficByDate": [by_date(start, facts, m) for start, facts in periods.items()],
        "salesAndTrafficByAsin": by_asin(list(days.values()), KEYS[asin_granularity], m),
    }
    return json_document(content)


def ratio(part: float, whole: float, factor: float = 100.0, most: float | None = 100.0) -> float:
    """A percentage, or another multiple of a quotient, with two decimals; 0 of nothing."""
    value = round(part / whole * factor, 2) if whole else 0.0
    return value if most is None else min(value, most)


def by_date(start: date, days: list[DayFacts], m: Marketplace) -> dict[str, Any]:
    """One period's row of salesAndTrafficByDate."""
    f = total(facts for day in days for facts in day.products)
    refunded = sum(day.refunded_units for day in days)
    feedback = f.units // 40
    return {
        "date": start.isoformat(),
        "salesByDate": {
            "orderedProductSales": amount(f.sales, m),
            "orderedProductSalesB2B": amount(f.sales_b2b, m),
            "unitsOrdered": f.units,
            "unitsOrderedB2B": f.units_b2b,
            "totalOrderItems": f.items,
            "totalOrderItemsB2B": f.items_b2b,
            "averageSalesPerOrderItem": amount(f.sales / (f.items or 1), m),
            "averageSalesPerOrderItemB2B": amount(f.sales_b2b / (f.items_b2b or 1), m),
            "averageUnitsPerOrderItem": ratio(f.units, f.items, 1, None),
            "averageUnitsPerOrderItemB2B": ratio(f.units_b2b, f.items_b2b, 1, None),
            "averageSellingPrice": amount(f.sales / (f.units or 1), m),
            "averageSellingPriceB2B": amount(f.sales_b2b / (f.units_b2b or 1), m),
            "unitsRefunded": refunded,
            "refundRate": ratio(refunded, f.units),
            "claimsGranted": 0,
            "claimsAmount": amount(0, m),
            "shippedProductSales": amount(sum(day.shipped_sales for day in days), m),
            "unitsShipped": sum(day.shipped_units for day in days),
            "ordersShipped": sum(day.shipped_orders for day in days),
        },
        "trafficByDate": {
            "browserPageViews": f.browser_views,
            "browserPageViewsB2B": f.browser_views_b2b,
            "mobileAppPageViews": f.app_views,
            "mobileAppPageViewsB2B": f.app_views_b2b,
            "pageViews": f.views,
            "pageViewsB2B": f.views_b2b,
            "browserSessions": f.browser_sessions,
            "browserSessionsB2B": f.browser_sessions_b2b,
            "mobileAppSessions": f.app_sessions,
            "mobileAppSessionsB2B": f.app_sessions_b2b,
            "sessions": f.sessions,
            "sessionsB2B": f.sessions_b2b,
            "buyBoxPercentage": ratio(f.buy_box_views, f.views),
            "buyBoxPercentageB2B": ratio(f.buy_box_views_b2b, f.views_b2b),
            "orderItemSessionPercentage": ratio(f.items, f.sessions),
            "orderItemSessionPercentageB2B": ratio(f.items_b2b, f.sessions_b2b),
            "unitSessionPercentage": ratio(f.units, f.sessions, most=None),
            "unitSessionPercentageB2B": ratio(f.units_b2b, f.sessions_b2b, most=None),
            "averageOfferCount": len(PRODUCTS),
            "averageParentItems": len(LINES),
            "feedbackReceived": feedback,
            "negativeFeedbackReceived": feedback // 9,
            "receivedNegativeFeedbackRate": ratio(feedback // 9, feedback),
        },
    }


def _counts(name: str, f: Facts, everything: Facts, fact: str) -> dict[str, Any]:
    """Sessions or page views by device, each with its share of the whole catalogue and its business customers' part."""
    share = "SessionPercentage" if name == "Session" else "PageViewsPercentage"
    counts: dict[str, Any] = {}
    for device, prefix in (("browser", "browser_"), ("mobileApp", "app_"), ("", "")):
        for suffix, ending in (("", ""), ("B2B", "_b2b")):
            value, whole = getattr(f, f"{prefix}{fact}{ending}"), getattr(everything, f"{prefix}{fact}{ending}")
            counts[_camel(device, f"{name}s") + suffix] = value
            counts[_camel(device, share) + suffix] = ratio(value, whole)
    return counts


def _camel(device: str, name: str) -> str:
    return device + name if device else name[0].lower() + name[1:]


def by_asin(days: list[DayFacts], key: Callable[[Product], tuple[str, ...]], m: Marketplace) -> list[dict[str, Any]]:
    """The rows of salesAndTrafficByAsin of all days together."""
    groups: dict[tuple[str, ...], Facts] = {}
    for product in PRODUCTS:
        groups.setdefault(key(product), Facts()).add(total(day.products[product.index] for day in days))
    everything = total(groups.values())
    rows = []
    for names, f in groups.items():
        if not (f.sessions or f.units):
            continue
        rows.append(
            {
                **dict(zip(("parentAsin", "childAsin", "sku"), names, strict=False)),
                "salesByAsin": {
                    "unitsOrdered": f.units,
                    "unitsOrderedB2B": f.units_b2b,
                    "orderedProductSales": amount(f.sales, m),
                    "orderedProductSalesB2B": amount(f.sales_b2b, m),
                    "totalOrderItems": f.items,
                    "totalOrderItemsB2B": f.items_b2b,
                },
                "trafficByAsin": {
                    **_counts("Session", f, everything, "sessions"),
                    **_counts("PageView", f, everything, "views"),
                    "buyBoxPercentage": ratio(f.buy_box_views, f.views),
                    "buyBoxPercentageB2B": ratio(f.buy_box_views_b2b, f.views_b2b),
                    "unitSessionPercentage": ratio(f.units, f.sessions, most=None),
                    "unitSessionPercentageB2B": ratio(f.units_b2b, f.sessions_b2b, most=None),
                },
            }
        )
    return rows

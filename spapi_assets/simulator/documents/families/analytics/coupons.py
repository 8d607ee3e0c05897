"""GET_COUPON_PERFORMANCE_REPORT as JSON: for sellers after sellerCouponReport, for vendors after vendorCouponReport.
Which coupons, is said by two options and not by the report's dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ....business.campaigns import COUPON_PERCENT, Coupon, Result, coupon_result, coupons, vendor_coupon_result
from ....business.marketplaces import Marketplace, day_start, utc
from ....business.search import asins
from ....business.vendor import ASSORTMENT
from ...json_document import json_document, number
from ...model import BadRequest, Document, NoData, Request

_REDEMPTION_FEE = 60  # minor units of a euro


def render(request: Request) -> Document:
    """Coupons that began between the two option dates and before now, as of now."""
    if request.account.kind == "vendor":
        return _for_vendor(request)
    names = ("couponStartDateFrom", "couponStartDateTo")
    since, until = option_dates(request, *names)
    rows = []
    for m in request.marketplaces:
        for coupon in coupons(request.account, m, since, until):
            result = coupon_result(request.business, request.account, m, coupon, request.now.timestamp())
            rows.append(
                {
                    "couponId": coupon.id,
                    "merchantId": request.account.selling_partner_id,
                    "marketplaceId": m.id,
                    "currencyCode": m.currency,
                    **_texts(coupon, m),
                    "customerSegment": "All (Default)",
                    "discountType": "PERCENT_OFF_LIST_PRICE",
                    "discountAmount": COUPON_PERCENT,
                    **_counts(coupon, result, m, with_budget=True),
                    "sales": number(result.revenue, m),
                    "asins": [{"asin": asin} for asin in asins()],
                }
            )
    return _document(request, names, "coupons", rows)


def option_dates(request: Request, first: str, last: str) -> tuple[float, float]:
    """Two required instants of a report whose window stands in its options; at most two years back, none after now."""
    if not request.options.get(first) or not request.options.get(last):
        raise BadRequest(f"This report type requires the {first}, {last} reportOption to be specified")
    since, until = (_instant(request, name) for name in (first, last))
    if until < since:
        raise BadRequest(f"The {last} reportOption is before {first}.")
    if since < request.now - timedelta(days=731):
        raise BadRequest(f"The {first} reportOption must not be more than two years ago.")
    return since.timestamp(), min(until, request.now).timestamp()


def _instant(request: Request, name: str) -> datetime:
    try:
        when = datetime.fromisoformat(request.options[name])
    except ValueError:
        raise BadRequest(f"The {name} reportOption has the invalid value {request.options[name]}.") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def utc_text(instant: float) -> str:
    """An instant as these reports write it."""
    return utc(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def begins_and_ends(m: Marketplace, first: date, last: date) -> dict[str, str]:
    """The first and last second of some local days."""
    end = day_start(m.zone, last + timedelta(days=1)) - 1
    return {"startDateTime": utc_text(day_start(m.zone, first)), "endDateTime": utc_text(end)}


def _texts(coupon: Coupon, m: Marketplace) -> dict[str, Any]:
    return {
        "name": f"Kestrel {COUPON_PERCENT}% – {coupon.start:%Y-%m}",
        "websiteMessage": f"{COUPON_PERCENT}% Kestrel & Co",
        **begins_and_ends(m, coupon.start, coupon.end),
    }


def _counts(coupon: Coupon, result: Result, m: Marketplace, *, with_budget: bool) -> dict[str, Any]:
    spent = result.discount + round(result.redemptions * _REDEMPTION_FEE / 100 * m.per_euro * 10**m.digits)
    counts: dict[str, Any] = {
        "clips": result.redemptions * 6 + coupon.start.month,
        "redemptions": result.redemptions,
        "totalDiscount": number(result.discount, m),
        "budgetSpent": number(spent, m),
        "budgetPercentageUsed": round(min(100.0, 100 * spent / coupon.budget), 1),
    }
    if with_budget:
        counts |= {"budget": number(coupon.budget, m), "budgetRemaining": number(max(0, coupon.budget - spent), m)}
    return counts


def _for_vendor(request: Request) -> Document:
    names = ("campaignStartDateFrom", "campaignStartDateTo")
    since, until = option_dates(request, *names)
    m, rows = request.one_marketplace(), []
    discounted = [
        {"asin": p.asin, "discountType": "PERCENT_OFF_LIST_PRICE", "discountAmount": COUPON_PERCENT} for p in ASSORTMENT
    ]
    for n, coupon in enumerate(coupons(request.account, m, since, until)):
        result = vendor_coupon_result(request.business, request.account, m, coupon, request.now.timestamp())
        shared = coupon.start.month % 2 == 0  # every other campaign has one budget for all of its coupons
        counts = _counts(coupon, result, m, with_budget=not shared)
        campaign: dict[str, Any] = {
            "campaignId": f"AMZ{coupon.id[1:11]}",
            "campaignName": f"Kestrel {coupon.start:%B %Y}",
            "vendorCode": "KESTR",
            "marketplaceId": m.id,
            "creationDateTime": utc_text(day_start(m.zone, coupon.start) - 12 * 86_400 - n),
            "lastUpdatedDateTime": utc_text(request.now.timestamp() // 86_400 * 86_400),
            "isSubscribeAndSave": False,
            "budgetType": "SHARED_BUDGET" if shared else "PER_INDIVIDUAL_COUPON",
            "totalClips": counts["clips"],
            "totalRedemptions": counts["redemptions"],
            "currencyCode": m.currency,
            "coupons": [
                {
                    "couponId": coupon.id,
                    **_texts(coupon, m),
                    "isOncePerCustomer": not shared,
                    "customerSegment": "All (Default)",
                    **counts,
                    "asins": discounted,
                }
            ],
        }
        if shared:
            spent = counts["budgetSpent"]
            budget = number(coupon.budget, m)
            left = round(max(0.0, budget - spent), m.digits)
            campaign |= {"totalBudget": budget, "totalBudgetSpent": spent, "totalBudgetRemaining": left}
        rows.append(campaign)
    return _document(request, names, "campaigns", rows)


def _document(request: Request, names: tuple[str, str], member: str, rows: list[dict[str, Any]]) -> Document:
    if not rows:
        raise NoData("No coupon began between the two dates.")
    head = {
        "reportType": request.report_type,
        "reportOptions": {name: request.options[name] for name in names},
        "marketplaceIds": [m.id for m in request.marketplaces],
    }
    return json_document({"reportSpecification": head, member: rows})

"""GET_PROMOTION_PERFORMANCE_REPORT as JSON after Amazon's schema promotionReport, for sellers and vendors.
Which promotions, is said by two options and not by the report's dates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ....business.campaigns import promotion_result, promotions_between, vendor_promotion_result
from ....business.catalog import LINES
from ....business.demand import Promotion
from ....business.marketplaces import Marketplace, day_start
from ....business.seeds import derive
from ....business.titles import title
from ...json_document import json_document, number
from ...model import Document, NoData, Request
from .coupons import begins_and_ends, option_dates, utc_text

_NAMES = ("promotionStartDateFrom", "promotionStartDateTo")


def render(request: Request) -> Document:
    """Promotions that began between the two option dates and before now, as of now."""
    since, until = option_dates(request, *_NAMES)
    rows = [
        _row(request, m, promotion)
        for m in request.marketplaces
        for promotion in promotions_between(request.business.seed, m, since, until)
    ]
    if not rows:
        raise NoData("No promotion began between the two dates.")
    head = {
        "reportType": request.report_type,
        "reportOptions": {name: request.options[name] for name in _NAMES},
        "marketplaceIds": [m.id for m in request.marketplaces],
    }
    return json_document({"reportSpecification": head, "promotions": rows})


def _row(request: Request, m: Marketplace, promotion: Promotion) -> dict[str, Any]:
    vendor = request.account.kind == "vendor"
    measure = vendor_promotion_result if vendor else promotion_result
    result = measure(request.business, request.account, m, promotion, request.now.timestamp())
    begins = day_start(m.zone, promotion.start)
    row: dict[str, Any] = {
        "promotionId": str(10_000_000_000 + derive(request.business.seed, "promotion", m.code, promotion.id) % 10**10),
        "promotionName": promotion.id,
        "unitsSold": result.units,
        "revenue": number(result.revenue, m),
        "revenueCurrencyCode": m.currency,
        **begins_and_ends(m, promotion.start, promotion.end),
        "type": _type(promotion),
        "status": "APPROVED",
        "creationChannel": "SELF-SERVICE",
        "marketplaceId": m.id,
        "glanceViews": sum(views for views, _, _ in result.products.values()),
        "createdDateTime": utc_text(begins - 30 * 86_400),
        "lastUpdatedDateTime": utc_text(begins - 7 * 86_400),
    }
    if vendor:
        spent = {"amountSpent": number(result.discount, m), "amountSpentCurrencyCode": m.currency}
        row |= {"vendorCode": "KESTR", **spent, "fundingAgreementId": str(derive(0, "funding", promotion.id) % 10**8)}
    else:
        row["merchantId"] = request.account.selling_partner_id
    by_asin: dict[str, tuple[str, int, int, int]] = {}  # two SKUs of a product are one product to Amazon
    for product, (views, units, revenue) in result.products.items():
        name, *before = by_asin.get(product.asin, (title(product, m.language), 0, 0, 0))
        by_asin[product.asin] = (name, before[0] + views, before[1] + units, before[2] + revenue)
    products = []
    for asin, (name, views, units, revenue) in by_asin.items():
        included: dict[str, Any] = {
            "asin": asin,
            "productName": name,
            "productGlanceViews": views,
            "productUnitsSold": units,
            "productRevenue": number(revenue, m),
            "productRevenueCurrencyCode": m.currency,
        }
        if vendor:
            included["productAmountSpent"] = number(round(revenue * promotion.discount), m)
            included["productAmountSpentCurrencyCode"] = m.currency
        products.append(included)
    return row | {"includedProducts": products}


def _type(promotion: Promotion) -> str:
    if promotion.lines is None:
        return "BEST_DEAL" if promotion.end - promotion.start > timedelta(days=2) else "LIGHTNING_DEAL"
    return "PRICE_DISCOUNT" if len(promotion.lines) < len(LINES) else "BEST_DEAL"

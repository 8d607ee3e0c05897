"""Sellers' analytics, by report type; some are vendors' too (EITHER), counted from what Amazon Retail sold for them.
What a report holds is in the modules beside this one."""

from . import (
    coupons,
    end_users,
    market_basket,
    opportunities,
    page_views,
    promotions,
    repeat_purchase,
    sales_and_traffic,
    search_catalog,
    search_query,
    search_terms,
)

EITHER = frozenset(
    {
        "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT",
        "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT",
        "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT",
        "GET_COUPON_PERFORMANCE_REPORT",
        "GET_PROMOTION_PERFORMANCE_REPORT",
    }
)
RENDERERS = {
    "GET_SALES_AND_TRAFFIC_REPORT": sales_and_traffic.render,
    "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT": search_terms.render,
    "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT": market_basket.render,
    "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT": repeat_purchase.render,
    "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT": search_catalog.render,
    "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT": search_query.render,
    "GET_COUPON_PERFORMANCE_REPORT": coupons.render,
    "GET_PROMOTION_PERFORMANCE_REPORT": promotions.render,
    "MARKETPLACE_ASIN_PAGE_VIEW_METRICS": page_views.render,
    "END_USER_DATA_REPORT": end_users.render,
    "GET_B2B_PRODUCT_OPPORTUNITIES_RECOMMENDED_FOR_YOU": opportunities.recommended,
    "GET_B2B_PRODUCT_OPPORTUNITIES_NOT_YET_ON_AMAZON": opportunities.not_yet,
}

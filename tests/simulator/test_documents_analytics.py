"""Brand analytics, coupons, promotions, page views and other sellers' JSON: valid by Amazon's schemas and one business."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.catalog import PRODUCTS
from spapi_assets.simulator.documents import BadRequest, NoData, NotAvailableYet

from .kestrel import BY_ORDER_DATE, IDS, NOW, TRAFFIC, VENDOR, amount, ask, table

BUSINESS = Business()
BASKET, REPEAT = "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT", "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT"
TERMS, CATALOG = "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT", "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT"
QUERY = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
COUPONS, PROMOTIONS = "GET_COUPON_PERFORMANCE_REPORT", "GET_PROMOTION_PERFORMANCE_REPORT"
VIEWS, PEOPLE = "MARKETPLACE_ASIN_PAGE_VIEW_METRICS", "END_USER_DATA_REPORT"
B2B = "GET_B2B_PRODUCT_OPPORTUNITIES_RECOMMENDED_FOR_YOU"
B2B_NOT_YET = "GET_B2B_PRODUCT_OPPORTUNITIES_NOT_YET_ON_AMAZON"
WEEK, TODAY = ("2026-10-18", "2026-10-24"), ("2026-11-23T11:00:00", "2026-11-23T11:00:00")
ASINS = tuple(dict.fromkeys(p.asin for p in PRODUCTS))
SEASON = {"couponStartDateFrom": "2026-08-01T00:00:00Z", "couponStartDateTo": "2026-10-15T00:00:00Z"}
CAMPAIGNS = {"campaignStartDateFrom": "2026-08-01T00:00:00Z", "campaignStartDateTo": "2026-10-15T00:00:00Z"}
AUTUMN = {"promotionStartDateFrom": "2026-09-01T00:00:00Z", "promotionStartDateTo": "2026-10-01T00:00:00Z"}


def content(
    report_type: str, dates: tuple[str, str], code: str = "DE", *, now: datetime = NOW, partner: str | None = None, **options: str
) -> dict[str, Any]:
    return json.loads(ask(BUSINESS, report_type, [code], *dates, now=now, options=options, partner=partner).body)


CASES: list[tuple[str, str, str, tuple[str, str], dict[str, str], str | None]] = [
    (BASKET, "sellingPartnerMarketBasketAnalysisReport", "DE", ("2026-10-11", "2026-10-24"), {"reportPeriod": "WEEK"}, None),
    (BASKET, "sellingPartnerMarketBasketAnalysisReport", "JP", ("2026-10-11", "2026-10-14"), {"reportPeriod": "DAY"}, None),
    (REPEAT, "sellingPartnerRepeatPurchaseReport", "US", ("2026-09-01", "2026-10-31"), {"reportPeriod": "MONTH"}, None),
    (TERMS, "sellingPartnerSearchTermsReport", "UK", ("2026-11-20", "2026-11-20"), {"reportPeriod": "DAY"}, None),
    (TERMS, "sellingPartnerSearchTermsReport", "JP", WEEK, {"reportPeriod": "WEEK"}, None),
    (TERMS, "sellingPartnerSearchTermsReport", "US", WEEK, {"reportPeriod": "WEEK"}, VENDOR),
    (BASKET, "sellingPartnerMarketBasketAnalysisReport", "US", WEEK, {"reportPeriod": "WEEK"}, VENDOR),
    (REPEAT, "sellingPartnerRepeatPurchaseReport", "US", WEEK, {"reportPeriod": "WEEK"}, VENDOR),
    (CATALOG, "sellingPartnerSearchCatalogPerformanceReport", "FR", WEEK, {"reportPeriod": "WEEK"}, None),
    (CATALOG, "sellingPartnerSearchCatalogPerformanceReport", "JP", WEEK, {"reportPeriod": "WEEK", "asins": ASINS[0]}, None),
    (
        QUERY,
        "sellingPartnerSearchQueryPerformanceReport",
        "IT",
        WEEK,
        {"reportPeriod": "WEEK", "asin": " ".join(ASINS[:18])},
        None,
    ),
    (COUPONS, "sellerCouponReport", "DE", TODAY, SEASON, None),
    (COUPONS, "vendorCouponReport", "US", TODAY, CAMPAIGNS, VENDOR),
    (PROMOTIONS, "promotionReport", "ES", TODAY, AUTUMN, None),
    (PROMOTIONS, "promotionReport", "US", TODAY, AUTUMN, VENDOR),
    (VIEWS, "marketplaceAsinPageViewMetrics", "DE", ("2026-11-18", "2026-11-22"), {"productType": "TENT"}, None),
    (PEOPLE, "endUserDataReport", "DE", WEEK, {"reportPeriod": "WEEK"}, None),
    (B2B, "b2bProductOpportunitiesRecommendedForYouReport-2020-11-19", "DE", TODAY, {}, None),
    (B2B_NOT_YET, "b2bProductOpportunitiesNotYetOnAmazonReport-2020-11-19", "US", TODAY, {}, None),
]


@pytest.mark.parametrize(("report_type", "schema", "code", "dates", "options", "partner"), CASES)
def test_every_report_is_valid_by_amazons_schema_and_holds_all_of_its_members(
    amazon_reference: Path,
    report_type: str,
    schema: str,
    code: str,
    dates: tuple[str, str],
    options: dict[str, str],
    partner: str | None,
) -> None:
    model = json.loads((amazon_reference / f"schemas/reports/{schema}.json").read_text("utf-8"))
    found = content(report_type, dates, code, partner=partner, **options)
    jsonschema.validate(found, model, format_checker=jsonschema.FormatChecker())
    for name, rows in found.items():
        assert name == "reportSpecification" or rows


def test_the_queries_of_an_asin_add_up_to_its_catalogue_row_and_days_to_the_month() -> None:
    asins = " ".join(ASINS[:6])
    catalogue = {r["asin"]: r for r in content(CATALOG, WEEK, reportPeriod="WEEK", asins=asins)["dataByAsin"]}
    sums: dict[str, Counter] = {}
    volumes = {}
    for row in content(QUERY, WEEK, reportPeriod="WEEK", asin=asins)["dataByAsin"]:
        counts = sums.setdefault(row["asin"], Counter())
        for step in ("Impression", "Click", "CartAdd", "Purchase"):
            name = step[0].lower() + step[1:]
            counts[step] += row[f"{name}Data"][f"asin{step}Count"]
            total = row[f"{name}Data"][f"total{'Query' if step == 'Impression' else ''}{step}Count"]
            assert row[f"{name}Data"][f"asin{step}Count"] <= total
            assert row[f"{name}Data"][f"asin{step}Share"] == pytest.approx(
                row[f"{name}Data"][f"asin{step}Count"] / total if total else 0, abs=1e-4
            )
        query = row["searchQueryData"]
        assert volumes.setdefault(query["searchQuery"], query["searchQueryVolume"]) == query["searchQueryVolume"]
    assert set(sums) == set(catalogue)
    for asin, counts in sums.items():
        row = catalogue[asin]
        found = {
            "Impression": row["impressionData"]["impressionCount"],
            "Click": row["clickData"]["clickCount"],
            "CartAdd": row["cartAddData"]["cartAddCount"],
            "Purchase": row["purchaseData"]["purchaseCount"],
        }
        assert found == counts
        assert found["Impression"] >= found["Click"] >= found["CartAdd"] >= found["Purchase"]


def test_search_is_a_part_of_sales_and_traffic() -> None:
    funnel = {r["asin"]: r for r in content(CATALOG, WEEK, reportPeriod="WEEK")["dataByAsin"]}
    traffic = content(TRAFFIC, WEEK, asinGranularity="CHILD")["salesAndTrafficByAsin"]
    compared = 0
    for row in traffic:
        mine = funnel[row["childAsin"]]
        assert mine["clickData"]["clickCount"] <= row["trafficByAsin"]["sessions"]
        assert mine["purchaseData"]["purchaseCount"] <= row["salesByAsin"]["totalOrderItems"]
        assert mine["purchaseData"]["searchTrafficSales"]["amount"] <= row["salesByAsin"]["orderedProductSales"]["amount"] + 0.05
        compared += mine["purchaseData"]["purchaseCount"]
    assert compared > 50


def test_search_terms_rank_the_whole_marketplace_and_know_our_true_shares() -> None:
    terms = content(TERMS, WEEK, reportPeriod="WEEK")["dataByDepartmentAndSearchTerm"]
    ranks: dict[tuple[str, str], int] = {}
    for row in terms:
        rank = row["searchFrequencyRank"]
        assert ranks.setdefault((row["departmentName"], row["searchTerm"]), rank) == rank
    for department in {department for department, _ in ranks}:
        mine = sorted(rank for (name, _), rank in ranks.items() if name == department)
        assert mine == list(range(1, len(mine) + 1))
    assert len([1 for name, _ in ranks if name == "Amazon.de"]) > 300
    queries = content(QUERY, WEEK, reportPeriod="WEEK", asin=" ".join(ASINS[:18]))["dataByAsin"]
    shares = {(r["searchQueryData"]["searchQuery"], r["asin"]): r["clickData"]["asinClickShare"] for r in queries}
    common = [(r["clickShare"], shares[key]) for r in terms if (key := (r["searchTerm"], r["clickedAsin"])) in shares]
    assert len(common) > 20
    assert all(one == other for one, other in common)


def test_market_baskets_are_those_of_the_orders() -> None:
    rows = content(BASKET, WEEK, reportPeriod="WEEK")["dataByAsin"]
    orders: dict[str, set[str]] = {}
    for row in table(ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-10-18T00:00:00+02:00", "2026-10-25T00:00:00+02:00")):
        orders.setdefault(row["amazon-order-id"], set()).add(row["asin"])
    many = [asins for asins in orders.values() if len(asins) > 1]
    assert rows
    assert many
    for row in rows:
        mine = [asins for asins in many if row["asin"] in asins]
        both = [asins for asins in mine if row["purchasedWithAsin"] in asins]
        assert row["combinationPct"] == round(len(both) / len(mine), 4)
    assert {r["purchasedWithRank"] for r in rows} <= {1, 2, 3}


def test_repeat_purchases_count_the_orders_of_the_period() -> None:
    rows = content(REPEAT, WEEK, reportPeriod="WEEK")["dataByAsin"]
    orders: dict[str, set[str]] = {}
    for row in table(ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-10-18T00:00:00+02:00", "2026-10-25T00:00:00+02:00")):
        orders.setdefault(row["asin"], set()).add(row["amazon-order-id"])
    assert {r["asin"]: r["orders"] for r in rows} == {asin: len(found) for asin, found in orders.items()}
    for row in rows:
        assert 0 < row["uniqueCustomers"] <= row["orders"]
        assert 0 <= row["repeatCustomersPctTotal"] <= 1


def test_a_coupon_and_a_promotion_are_the_order_lines_that_carry_them() -> None:
    coupon = content(COUPONS, TODAY, **SEASON)["coupons"][0]
    assert coupon["startDateTime"] == "2026-08-31T22:00:00Z"  # September in Berlin
    promotion = next(p for p in content(PROMOTIONS, TODAY, **AUTUMN)["promotions"] if p["promotionName"] == "KC-TRAIL-2026")
    lines = [
        row
        for day in range(0, 30, 10)
        for row in table(
            ask(
                BUSINESS, BY_ORDER_DATE, ["DE"], f"2026-09-{1 + day:02d}T00:00:00+02:00", f"2026-09-{10 + day:02d}T23:59:59+02:00"
            )
        )
        if row["order-status"] != "Cancelled"
    ]
    with_coupon = [r for r in lines if "PAWS-V2-COUPON5" in r["promotion-ids"]]
    discount = sum(amount(r["item-promotion-discount"]) for r in with_coupon)
    # Cancelled orders count in both reports, and the order report no longer shows their amounts.
    assert 0 < len(with_coupon) <= coupon["redemptions"] <= len(with_coupon) * 1.3 + 3
    assert discount <= Decimal(str(coupon["totalDiscount"])) <= discount * Decimal("1.4") + 10
    units = sum(int(r["quantity"]) for r in lines if "KC-TRAIL-2026" in r["promotion-ids"])
    assert 0 < units <= promotion["unitsSold"] <= units * 1.2 + 5
    assert promotion["unitsSold"] == sum(p["productUnitsSold"] for p in promotion["includedProducts"])


def test_page_views_are_those_of_sales_and_traffic() -> None:
    rows = content(VIEWS, ("2026-11-18", "2026-11-20"), productType="TENT")["marketplaceAsinPageViewMetrics"]
    assert [r["startTime"] for r in rows] == [f"2026-11-{day}T00:00:00Z" for day in (18, 19, 20)]
    for row in rows:
        day = row["startTime"][:10]
        traffic = content(TRAFFIC, (day, day), asinGranularity="CHILD")["salesAndTrafficByAsin"]
        assert row["pageViews"] == next(t["trafficByAsin"]["pageViews"] for t in traffic if t["childAsin"] == row["asin"])
    latest = content(VIEWS, TODAY, productType="TENT")["marketplaceAsinPageViewMetrics"]
    assert [r["startTime"] for r in latest] == ["2026-11-22T00:00:00Z"]  # the day that closed 12 hours ago in Berlin


@pytest.mark.parametrize(
    ("report_type", "dates", "options", "error", "words"),
    [
        (BASKET, ("2026-10-19", "2026-10-25"), {"reportPeriod": "WEEK"}, BadRequest, "do not align"),
        (BASKET, WEEK, {}, BadRequest, "requires the reportPeriod"),
        (BASKET, ("2026-11-22", "2026-11-22"), {"reportPeriod": "DAY"}, NotAvailableYet, "not yet available"),
        (REPEAT, ("2026-10-18", "2026-10-18"), {"reportPeriod": "DAY"}, BadRequest, "invalid value DAY"),
        (TERMS, ("2026-10-11", "2026-10-24"), {"reportPeriod": "WEEK"}, BadRequest, "span 2 reporting periods"),
        (TERMS, ("2021-07-01", "2021-09-30"), {"reportPeriod": "QUARTER"}, NoData, "sold nothing"),
        (CATALOG, ("2026-10-11", "2026-10-24"), {"reportPeriod": "WEEK"}, BadRequest, "only one is allowed"),
        (QUERY, WEEK, {"reportPeriod": "WEEK"}, BadRequest, "reportPeriod, asin"),
        (QUERY, WEEK, {"reportPeriod": "WEEK", "asin": " ".join(ASINS[:19])}, BadRequest, "at most 200"),
        (QUERY, WEEK, {"reportPeriod": "WEEK", "asin": "B00FOREIGN"}, BadRequest, "does not own"),
        (COUPONS, TODAY, {}, BadRequest, "couponStartDateFrom, couponStartDateTo"),
        (COUPONS, TODAY, SEASON | {"couponStartDateFrom": "2023-01-01"}, BadRequest, "two years"),
        (COUPONS, TODAY, SEASON | {"couponStartDateTo": "soon"}, BadRequest, "invalid value soon"),
        (COUPONS, TODAY, SEASON | {"couponStartDateTo": "2026-08-01T01:00:00Z"}, NoData, "No coupon"),
        (VIEWS, ("2026-11-14", "2026-11-18"), {"productType": "TENT"}, NoData, "seven days"),
        (VIEWS, ("2026-11-18", "2026-11-20"), {"productType": "TOASTER"}, NoData, "TOASTER"),
        (VIEWS, ("2026-11-18", "2026-11-20"), {}, BadRequest, "productType"),
        (PEOPLE, ("2026-10-20", "2026-10-22"), {"reportPeriod": "WEEK"}, NoData, "agreed"),
    ],
)
def test_what_amazon_refuses_is_refused(
    report_type: str, dates: tuple[str, str], options: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        content(report_type, dates, **options)


def test_types_keep_to_their_marketplaces_and_kinds() -> None:
    with pytest.raises(BadRequest, match="not available in the marketplace UK"):
        content(PEOPLE, WEEK, "UK", reportPeriod="WEEK")
    with pytest.raises(BadRequest, match="not available in the marketplace US"):
        content(VIEWS, TODAY, "US", productType="TENT")
    with pytest.raises(BadRequest, match="does not support multiple marketplaces"):
        ask(BUSINESS, TERMS, ["DE", "FR"], *WEEK, options={"reportPeriod": "WEEK"})
    with pytest.raises(BadRequest, match="seller report"):
        content(CATALOG, WEEK, "US", partner=VENDOR, reportPeriod="WEEK")


def test_people_live_where_their_orders_went() -> None:
    people = content(PEOPLE, WEEK, reportPeriod="WEEK")["endUserData"]
    codes = {p["mailingAddress"]["postalCode"] for p in people}
    assert all(isinstance(code, str) for code in codes)
    for person in people:
        assert {metric["marketplaceId"] for metric in person["asinMetrics"]} == {IDS["DE"]}
        assert {(metric["startDate"], metric["endDate"]) for metric in person["asinMetrics"]} == {WEEK}


def test_brand_analytics_wait_two_days() -> None:
    closed = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin
    with pytest.raises(NotAvailableYet):
        content(CATALOG, WEEK, now=closed + timedelta(hours=47), reportPeriod="WEEK")
    assert content(CATALOG, WEEK, now=closed + timedelta(hours=48), reportPeriod="WEEK")["dataByAsin"]

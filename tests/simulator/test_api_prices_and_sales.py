"""Competitive summaries, expected prices, fee estimates and order metrics: the prices, fees and orders of the reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spapi_assets.simulator import documents
from spapi_assets.simulator.business.catalog import BY_SKU, PRODUCTS
from spapi_assets.simulator.business.marketplaces import BY_CODE
from spapi_assets.simulator.business.traffic import collect, total

from .amazon import Models
from .conftest import DE, US
from .kestrel import IDS, LISTINGS, SELLER_OF, table
from .neighbours import NOW, Store, business_at_now

SUMMARY = "/products/pricing/2022-05-01/items/competitiveSummary"
EXPECTED = "/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice"
ALL = ["featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems"]
INPUTS = [{"itemCondition": condition, "offerType": "Consumer"} for condition in ("New", "Used")]


def summaries(store: Store, *asins: str, marketplace: str = DE, **more: Any) -> list[dict[str, Any]]:
    requests = [
        {"asin": asin, "marketplaceId": marketplace, "includedData": ALL, "uri": SUMMARY, "method": "GET"} | more
        for asin in asins
    ]
    return store.ask("getCompetitiveSummary", body={"requests": requests})["responses"]


def expected(store: Store, *skus: str, marketplace: str = DE) -> list[dict[str, Any]]:
    requests = [{"sku": sku, "marketplaceId": marketplace, "uri": EXPECTED, "method": "GET"} for sku in skus]
    return store.ask("getFeaturedOfferExpectedPriceBatch", body={"requests": requests})["responses"]


def reported(store: Store, report_type: str, code: str) -> list[dict[str, str]]:
    now = store.simulator.clock.now()
    options = {"preferredReportDocumentLocale": "en_US"}
    return table(
        documents.render(
            store.simulator.state.business, selling_partner_id=SELLER_OF[code], report_type=report_type,
            marketplace_ids=[IDS[code]], options=options, start=now - timedelta(days=4), end=now, now=now,
        )
    )  # fmt: skip


def test_the_own_offer_has_the_listings_price_and_the_cheapest_is_first(stores: dict[str, Store]) -> None:
    asins = list(dict.fromkeys(p.asin for p in PRODUCTS))[:20]
    prices: dict[str, list[Decimal]] = {}
    for row in reported(stores["eu"], LISTINGS, "DE"):
        if row["status"] == "Active":
            prices.setdefault(row["asin1"], []).append(Decimal(row["price"]))
    winners, others = set(), 0
    for asin, answer in zip(asins, summaries(stores["eu"], *asins, lowestPricedOffersInputs=INPUTS), strict=True):
        assert answer["status"]["statusCode"] == 200
        body = answer["body"]
        offers = {o["lowestPricedOffersInput"]["itemCondition"]: o["offers"] for o in body["lowestPricedOffers"]}
        for found in offers.values():
            landed = [o["listingPrice"]["amount"] + o["shippingOptions"][0]["price"]["amount"] for o in found]
            assert landed == sorted(landed)
            others += len(found)
        own = [o for o in offers.get("New", []) if o["sellerId"] == SELLER_OF["DE"]]
        assert bool(own) == (asin in prices)
        assert not own or Decimal(str(own[0]["listingPrice"]["amount"])) in prices[asin]
        winners |= {o["sellerId"] for option in body["featuredBuyingOptions"] for o in option["segmentedFeaturedOffers"]}
        assert {price["name"] for price in body["referencePrices"]} == {
            "CompetitivePriceThreshold",
            "CompetitivePrice",
            "WasPrice",
        }
        assert asin not in {item["asin"] for item in body["similarItems"][0]["items"]}
    assert SELLER_OF["DE"] in winners
    assert others > 25


def test_each_request_of_a_batch_has_a_status_of_its_own(stores: dict[str, Store]) -> None:
    good, bad = summaries(stores["na"], PRODUCTS[0].asin, "11_AABB_123", marketplace=US)
    assert (good["status"]["statusCode"], bad["status"]) == (200, {"statusCode": 400, "reasonPhrase": "Client Error"})
    assert bad["body"]["errors"] == [{"code": "INVALID_ASIN", "message": "11_AABB_123 is not a valid ASIN"}]
    wrong: tuple[dict[str, Any], ...] = (
        {"method": "POST"},
        {"uri": "/x"},
        {"includedData": ["offers"]},
        {"marketplaceId": DE},
        {"x": 1},
    )
    for change in wrong:
        (answer,) = summaries(stores["na"], PRODUCTS[0].asin, marketplace=US, **change)
        assert answer["status"]["statusCode"] == 400, change
    for requests in ([], [{}] * 21, "none"):
        stores["na"].ask("getCompetitiveSummary", 400, body={"requests": requests})
    stores["vendor"].ask("getCompetitiveSummary", 403, body={"requests": [{}]})


def test_the_expected_price_is_the_one_that_would_win(stores: dict[str, Store]) -> None:
    skus = [p.sku for p in PRODUCTS]
    answers = expected(stores["eu"], *skus, "none")
    assert [a["request"]["sku"] for a in answers] == [*skus, "none"]
    assert answers[-1]["status"]["statusCode"] == 400
    assert answers[-1]["body"]["errors"][0]["code"] == "INVALID_SKU"
    seen = set()
    for answer in answers[:-1]:
        (result,) = answer["body"]["featuredOfferExpectedPriceResults"]
        seen.add(result["resultStatus"])
        if result["resultStatus"] == "VALID_FOEP":
            competitor = result["competingFeaturedOffer"]
            landed = sum(competitor["price"][name]["amount"] for name in ("listingPrice", "shippingPrice"))
            own = answer["body"]["offerIdentifier"]["fulfillmentType"] == "AFN"
            assert not own or abs(result["featuredOfferExpectedPrice"]["listingPrice"]["amount"] * 0.98 - landed) < 0.02
        else:
            assert "featuredOfferExpectedPrice" not in result
    assert {"VALID_FOEP", "NO_COMPETING_OFFERS"} <= seen
    stores["eu"].ask("getFeaturedOfferExpectedPriceBatch", 400, body={"requests": [{}] * 41})


def test_prices_of_others_are_new_every_hour(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        rope = BY_SKU["KC-ROPE-06"].asin
        seen = []
        for _ in range(4):
            (answer,) = summaries(store, rope)
            (again,) = summaries(store, rope)
            assert answer == again
            seen.append(str(answer["body"]["lowestPricedOffers"]))
            simulator.clock.advance(3_600)
    assert len(set(seen)) == 4


def fee_request(code: str, kind: str, value: str, price: float, *, amazon: bool) -> dict[str, Any]:
    m = BY_CODE[code]
    money = {"Amount": price, "CurrencyCode": m.currency}
    request = {
        "MarketplaceId": m.id, "IsAmazonFulfilled": amazon, "PriceToEstimateFees": {"ListingPrice": money}, "Identifier": value,
    }  # fmt: skip
    return {"IdType": kind, "IdValue": value, "FeesEstimateRequest": request}


@pytest.mark.parametrize("code", ["DE", "JP"])
def test_fees_are_those_of_the_fee_preview(stores: dict[str, Store], code: str) -> None:
    store = stores[{"DE": "eu", "JP": "fe"}[code]]
    rows = {row["sku"]: row for row in reported(store, "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA", code)}
    asked = [fee_request(code, "SellerSKU", sku, float(row["your-price"]), amazon=True) for sku, row in list(rows.items())[:20]]
    for answer in store.ask("getMyFeesEstimates", body=asked):
        assert answer["Status"] == "Success"
        row, fees = rows[answer["FeesEstimateIdentifier"]["SellerInputIdentifier"]], answer["FeesEstimate"]
        assert Decimal(str(fees["TotalFeesEstimate"]["Amount"])) == Decimal(row["estimated-fee-total"])
        by_type = {fee["FeeType"]: Decimal(str(fee["FinalFee"]["Amount"])) for fee in fees["FeeDetailList"]}
        assert by_type["ReferralFee"] == Decimal(row["estimated-referral-fee-per-unit"])
        assert sum(by_type.values()) == Decimal(row["estimated-fee-total"])


def test_one_estimate_by_sku_or_asin_and_a_failed_one_beside_good_ones(stores: dict[str, Store]) -> None:
    store = stores["eu"]
    asked = fee_request("DE", "SellerSKU", "KC/HL-500", 44.95, amazon=True)
    single = store.ask(
        "getMyFeesEstimateForSKU", path={"SellerSKU": "KC%2FHL-500"}, body={"FeesEstimateRequest": asked["FeesEstimateRequest"]}
    )
    batch = store.ask(
        "getMyFeesEstimates",
        body=[asked, asked | {"IdValue": "none"}, fee_request("DE", "ASIN", BY_SKU["KC-CHR-XL"].asin, 79.95, amazon=True)],
    )
    assert batch[0] == single["payload"]["FeesEstimateResult"]
    assert [(one["Status"], one.get("Error", {}).get("Code")) for one in batch] == [
        ("Success", None), ("ClientError", "InvalidParameterValue"), ("ClientError", "DataNotAvailable"),
    ]  # fmt: skip
    by_asin = store.ask(
        "getMyFeesEstimateForASIN",
        path={"Asin": BY_SKU["KC/HL-500"].asin},
        body={"FeesEstimateRequest": asked["FeesEstimateRequest"]},
    )
    assert by_asin["payload"]["FeesEstimateResult"]["FeesEstimate"] == batch[0]["FeesEstimate"]
    wrong = asked["FeesEstimateRequest"] | {"MarketplaceId": US}
    for body in (
        [],
        [asked] * 21,
        {"requests": []},
        [asked | {"FeesEstimateRequest": wrong}],
        [{"IdType": "SKU", "IdValue": "1"}],
    ):
        store.ask("getMyFeesEstimates", 400, body=body)


def metrics(
    store: Store, interval: tuple[datetime, datetime], granularity: str, code: str = "DE", **more: Any
) -> list[dict[str, Any]]:
    span = "--".join(when.isoformat() for when in interval)
    asked = {"marketplaceIds": IDS[code], "interval": span, "granularity": granularity} | more
    return store.ask("getOrderMetrics", **asked)["payload"]


BERLIN = ZoneInfo("Europe/Berlin")
WEEK = (datetime(2026, 11, 9, tzinfo=BERLIN), datetime(2026, 11, 16, tzinfo=BERLIN))


def test_days_of_orders_are_those_of_sales_and_traffic(stores: dict[str, Store]) -> None:
    store = stores["eu"]
    days = metrics(store, WEEK, "Day", granularityTimeZone="Europe/Berlin")
    assert [day["interval"][:22] for day in days] == [f"2026-11-{n:02d}T00:00+01:00" for n in range(9, 16)]
    business = store.simulator.state.business
    later = (NOW + timedelta(days=60)).timestamp()  # when analytics have counted every order
    facts = collect(business, business.account(SELLER_OF["DE"]), BY_CODE["DE"], date(2026, 11, 9), date(2026, 11, 15), later)
    for day, of_day in zip(days, facts.values(), strict=True):
        whole = total(of_day.products)
        assert (day["unitCount"], day["orderItemCount"]) == (whole.units, whole.items)
        assert Decimal(day["totalSales"]["amount"]) == Decimal(whole.sales) / 100
        assert day["orderCount"] <= day["orderItemCount"]
        assert abs(Decimal(day["averageUnitPrice"]["amount"]) * whole.units - Decimal(whole.sales) / 100) < whole.units


@pytest.mark.parametrize("granularity", ["Hour", "Week", "Month", "Total"])
def test_every_granularity_sums_to_the_same(stores: dict[str, Store], granularity: str) -> None:
    zone = {} if granularity in ("Hour", "Total") else {"granularityTimeZone": "Europe/Berlin"}
    parts = metrics(stores["eu"], WEEK, granularity, **zone)
    (whole,) = metrics(stores["eu"], WEEK, "Total")
    assert len(parts) == {"Hour": 168, "Week": 1, "Month": 1, "Total": 1}[granularity]
    for name in ("unitCount", "orderItemCount", "orderCount"):
        assert sum(part[name] for part in parts) == whole[name] > 0
    assert sum(Decimal(part["totalSales"]["amount"]) for part in parts) == Decimal(whole["totalSales"]["amount"])


def test_filters_split_the_whole_and_parts_of_a_month_are_partial(stores: dict[str, Store]) -> None:
    (whole,) = metrics(stores["eu"], WEEK, "Total")
    for name, values in (("buyerType", ("B2B", "B2C")), ("fulfillmentNetwork", ("AFN", "MFN"))):
        parts = [metrics(stores["eu"], WEEK, "Total", **{name: value})[0] for value in values]
        assert sum(part["unitCount"] for part in parts) == whole["unitCount"]
        assert all(part["unitCount"] for part in parts)
    stove = [metrics(stores["eu"], WEEK, "Total", sku=sku)[0]["unitCount"] for sku in ("KC-STV-1", "KC-STV-1-MFN")]
    assert metrics(stores["eu"], WEEK, "Total", asin=BY_SKU["KC-STV-1"].asin)[0]["unitCount"] == sum(stove)
    span = (datetime(2026, 9, 29, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    months = metrics(stores["na"], span, "Month", "US", granularityTimeZone="UTC")
    assert [month["interval"] for month in months] == [
        "2026-09-29T00:00Z--2026-10-01T00:00Z", "2026-10-01T00:00Z--2026-11-01T00:00Z", "2026-11-01T00:00Z--2026-11-02T00:00Z",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("granularityTimeZone", {"granularityTimeZone": None}),
        ("align", {"granularityTimeZone": "America/New_York"}),
        ("time zone", {"granularityTimeZone": "Berlin"}),
        ("granularity", {"granularity": "Minute"}),
        ("interval", {"interval": "2026-11-09T00:00:00Z"}),
        ("absolute", {"interval": "2026-11-09T00:00:00--2026-11-10T00:00:00"}),
        ("too long ago", {"granularity": "Hour", "interval": "2026-10-01T00:00:00+02:00--2026-10-02T00:00:00+02:00"}),
        ("Only one", {"asin": "B0", "sku": "1"}),
        ("buyerType", {"buyerType": "b2b"}),
        ("1 to 1", {"marketplaceIds": f"{DE},A1F83G8C2ARO7P"}),
    ],
)
def test_metrics_that_amazon_refuses(stores: dict[str, Store], words: str, query: dict[str, Any]) -> None:
    whole = {
        "marketplaceIds": DE, "interval": "--".join(when.isoformat() for when in WEEK), "granularity": "Day",
        "granularityTimeZone": "Europe/Berlin",
    } | query  # fmt: skip
    stores["eu"].refused("getOrderMetrics", words, **{name: value for name, value in whole.items() if value is not None})

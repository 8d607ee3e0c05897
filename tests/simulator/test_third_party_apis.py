"""Catalogue, listings, stock, prices, fees and sales for clients that are not ours: Amazon's own SDK and python-amazon-sp-api.
Only their endpoints are redirected; everything else is as an ordinary user of theirs would call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.business.catalog import BY_SKU, PRODUCTS
from spapi_assets.simulator.server import Simulator

from .conftest import DE, SELLER
from .neighbours import business_at_now

EU = "A3KESTREL0EU0"
ALL = ["attributes", "classifications", "dimensions", "identifiers", "images", "productTypes", "relationships", "salesRanks"]
LISTING = ["summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "relationships", "productTypes"]
INTERVAL = "2026-11-09T00:00:00+01:00--2026-11-16T00:00:00+01:00"
BOTTLE = BY_SKU["00417"]
SUMMARY = {
    "asin": BOTTLE.asin, "marketplaceId": DE, "includedData": ["featuredBuyingOptions", "lowestPricedOffers"],
    "uri": "/products/pricing/2022-05-01/items/competitiveSummary", "method": "GET",
}  # fmt: skip
PRICE = {"ListingPrice": {"Amount": 23.95, "CurrencyCode": "EUR"}}
FEES = {"MarketplaceId": DE, "IsAmazonFulfilled": True, "PriceToEstimateFees": PRICE, "Identifier": "one"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with business_at_now() as running:
        yield running


class TestAmazonsOwnSdk:
    """amzn-sp-api, imported as `spapi`: it reads every answer into the classes of Amazon's models."""

    @pytest.fixture
    def client(self, simulator: Simulator) -> Any:
        from spapi import SPAPIConfig
        from spapi.client import SPAPIClient

        simulator.state.buckets.refill()
        config = SPAPIConfig(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, region="EU", refresh_token=SELLER)
        return SPAPIClient(config, oauth_endpoint=f"{simulator.url}/auth/o2/token", endpoint=f"{simulator.url}/eu").api_client

    def test_it_reads_catalogue_items_and_pages(self, client: Any) -> None:
        from spapi import CatalogApi

        asins = list(dict.fromkeys(p.asin for p in PRODUCTS))[:20]
        api = CatalogApi(client)
        first = api.search_catalog_items([DE], identifiers=asins, identifiers_type="ASIN", included_data=ALL, page_size=15)
        token = first.pagination.next_token
        second = api.search_catalog_items(
            [DE], identifiers=asins, identifiers_type="ASIN", included_data=ALL, page_size=15, page_token=token
        )
        assert len(first.items) + len(second.items) == first.number_of_results > 15
        assert first.items[0].sales_ranks[0].classification_ranks[0].rank > 0

    def test_it_reads_listings_by_awkward_skus(self, client: Any) -> None:
        from spapi import ListingsApi

        api = ListingsApi(client)
        one = api.get_listings_item(EU, "KC/HL-500", [DE], included_data=LISTING)
        assert (one.sku, one.offers[0].price.currency_code) == ("KC/HL-500", "EUR")
        many = api.search_listings_items(
            EU, [DE], identifiers=["=KC-SOCK-M", "1E5"], identifiers_type="SKU", included_data=LISTING
        )
        assert {item.sku for item in many.items} == {"=KC-SOCK-M", "1E5"}

    def test_it_reads_stock_and_sales(self, client: Any) -> None:
        from spapi import FbaInventoryApi, SalesApi

        found = FbaInventoryApi(client).get_inventory_summaries("Marketplace", DE, [DE], details=True)
        assert len(found.payload.inventory_summaries) == 10
        assert found.pagination.next_token
        assert found.payload.inventory_summaries[0].inventory_details.fulfillable_quantity >= 0
        days = SalesApi(client).get_order_metrics([DE], INTERVAL, "Day", granularity_time_zone="Europe/Berlin").payload
        assert len(days) == 7
        assert all(day.unit_count > 0 for day in days)

    def test_it_reads_prices_and_fees(self, client: Any) -> None:
        from spapi import FeesApi, ProductPricingV2022Api

        (answer,) = ProductPricingV2022Api(client).get_competitive_summary({"requests": [SUMMARY]}).responses
        assert answer.body.lowest_priced_offers[0].offers[0].listing_price.amount > 0
        request = {"FeesEstimateRequest": FEES, "IdType": "SellerSKU", "IdValue": BOTTLE.sku}
        (estimate,) = FeesApi(client).get_my_fees_estimates([request])
        assert estimate.status == "Success"
        assert estimate.fees_estimate.total_fees_estimate.amount > 3


class TestPythonAmazonSpApi:
    """python-amazon-sp-api, imported as `sp_api`, with the parameters that it adds by itself."""

    @pytest.fixture
    def arguments(self, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        from sp_api.auth import access_token_client
        from sp_api.base import Marketplaces

        simulator.state.buckets.refill()
        monkeypatch.setattr(Marketplaces.DE, "endpoint", simulator.url)
        monkeypatch.setattr(access_token_client.AccessTokenClient, "scheme", "http://")
        monkeypatch.setattr(access_token_client.AccessTokenClient, "host", simulator.url.removeprefix("http://"))
        access_token_client.cache.clear()
        credentials = {"refresh_token": SELLER, "lwa_app_id": CLIENT_ID, "lwa_client_secret": CLIENT_SECRET}
        return {"marketplace": Marketplaces.DE, "credentials": credentials}

    def test_it_reads_catalogue_and_listings(self, arguments: dict[str, Any]) -> None:
        from sp_api.api import CatalogItems, ListingsItems

        catalogue = CatalogItems(version="2022-04-01", **arguments)
        found = catalogue.search_catalog_items(
            identifiers=[BOTTLE.asin], identifiersType="ASIN", includedData=ALL, marketplaceIds=[DE]
        )
        assert [item["asin"] for item in found.payload["items"]] == [BOTTLE.asin]
        listings = ListingsItems(**arguments)
        assert listings.get_listings_item(EU, "KC/HL-500", marketplaceIds=[DE]).payload["sku"] == "KC/HL-500"
        page = listings.search_listings_items(EU, marketplaceIds=[DE], pageSize=20)
        assert page.payload["numberOfResults"] == len(PRODUCTS)
        following = listings.search_listings_items(EU, marketplaceIds=[DE], pageSize=20, pageToken=page.next_token)
        assert len(page.payload["items"]) + len(following.payload["items"]) == len(PRODUCTS)

    def test_it_reads_stock_fees_and_sales(self, arguments: dict[str, Any]) -> None:
        from sp_api.api import Inventories, ProductFees, Sales
        from sp_api.base import Granularity

        stock = Inventories(**arguments).get_inventory_summary_marketplace(details=True, marketplaceIds=[DE])
        assert stock.payload["inventorySummaries"]
        fees = ProductFees(**arguments).get_product_fees_estimate_for_sku(BOTTLE.sku, 23.95, currency="EUR", is_fba=True)
        assert fees.payload["FeesEstimateResult"]["Status"] == "Success"
        days = Sales(**arguments).get_order_metrics(
            tuple(INTERVAL.split("--")), Granularity.DAY, granularityTimeZone="Europe/Berlin", marketplaceIds=[DE]
        )
        assert len(days.payload) == 7

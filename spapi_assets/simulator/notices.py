"""The payloads of notifications about listings, items, offers, prices and FBA stock, in Amazon's casing.
The facts are the business's at an instant; envelopes, subscriptions and sending are elsewhere. Source: Amazon's schemas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from spapi_assets.simulator.api.listing_view import statuses
from spapi_assets.simulator.api.stores import number
from spapi_assets.simulator.business import competition as market
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.browse import node_path
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.business.catalog import Product
from spapi_assets.simulator.business.inventory import ordered_units, positions
from spapi_assets.simulator.business.items import BRAND, Item, ranks
from spapi_assets.simulator.business.listings import Listing
from spapi_assets.simulator.business.marketplaces import Marketplace, utc
from spapi_assets.simulator.business.titles import title
from spapi_assets.simulator.clock import iso_millis

Payload = dict[str, Any]


def status(account: Account, m: Marketplace, product: Product, listing: Listing | None) -> Payload:
    """LISTINGS_ITEM_STATUS_CHANGE: what customers can do now; no listing means that it was deleted."""
    payload: Payload = {
        "SellerId": account.selling_partner_id,
        "MarketplaceId": m.id,
        "Asin": product.asin,
        "Sku": product.sku,
        "Status": ["DELETED"] if listing is None else statuses(listing),
    }
    return payload | ({"CreatedDate": iso_millis(listing.opened)} if listing else {})


def issues(account: Account, listing: Listing) -> Payload:
    """LISTINGS_ITEM_ISSUES_CHANGE: the severities and enforcements of the issues that are open now."""
    severities = sorted({issue.severity for issue in listing.issues} & {"ERROR", "WARNING"})
    return {
        "SellerId": account.selling_partner_id,
        "MarketplaceId": listing.marketplace.id,
        "Asin": listing.product.asin,
        "Sku": listing.product.sku,
        "Severities": severities or ["NONE"],
        "EnforcementActions": sorted({action for issue in listing.issues for action in issue.actions}),
    }


def quantity(account: Account, sku: str, units: int) -> Payload:
    """LISTINGS_ITEM_MFN_QUANTITY_CHANGE; it names no marketplace."""
    return {"SellerId": account.selling_partner_id, "FulfillmentChannelCode": "DEFAULT", "Sku": sku, "Quantity": units}


def product_type(m: Marketplace, asin: str, before: str, after: str) -> Payload:
    """ITEM_PRODUCT_TYPE_CHANGE; it names no seller."""
    return {"MarketplaceId": m.id, "Asin": asin, "PreviousProductType": before, "CurrentProductType": after}


def content(m: Marketplace, asin: str, attributes: Sequence[str]) -> Payload:
    """BRANDED_ITEM_CONTENT_CHANGE; it names no seller."""
    return {"MarketplaceId": m.id, "BrandName": BRAND, "Asin": asin, "AttributesChanged": list(attributes)}


def any_offer(business: Business, account: Account, listing: Listing, now: float, kind: str) -> Payload:
    """ANY_OFFER_CHANGED: every offer of the ASIN in new condition, and what they sum up to. `kind`: Internal or External."""
    m, product = listing.marketplace, listing.product
    own, others = market.own_offer(account, listing), market.others(business, m, product, now)
    offers = sorted([own, *(o for o in others if o.condition == market.NEW)], key=lambda o: (o.landed, o.seller_id))
    winner, prices = market.featured(own, others), market.references(business, m, product, now)
    summary: Payload = {
        "NumberOfOffers": _counts(offers),
        "LowestPrices": [
            {"Condition": "new", "FulfillmentChannel": _channel(amazon)} | _prices(cheapest, m)
            for amazon in (True, False)
            for cheapest in [next((o for o in offers if o.amazon == amazon), None)]
            if cheapest
        ],
        "BuyBoxPrices": [{"Condition": "new"} | _prices(winner, m)] if winner else [],
        "ListPrice": _money(listing.price, m),
        "MinimumAdvertisedPrice": _money(round(listing.price * 0.8), m),
        "SuggestedLowerPricePlusShipping": _money(offers[0].landed, m),
        "TotalBuyBoxEligibleOffers": sum(o.eligible for o in offers),
        "SalesRankings": [
            {"ProductCategoryId": id_, "Rank": rank} for id_, rank in _rankings(business, m, product, now)
        ],
        "NumberOfBuyBoxEligibleOffers": _counts([o for o in offers if o.eligible]),
        "CompetitivePriceThreshold": _money(prices.threshold, m),
    }  # fmt: skip
    trigger = {
        "MarketplaceId": m.id, "ASIN": product.asin, "ItemCondition": "new", "TimeOfOfferChange": iso_millis(utc(now)),
        "OfferChangeType": kind,
    }  # fmt: skip
    body = {
        "SellerId": account.selling_partner_id, "OfferChangeTrigger": trigger, "Summary": summary,
        "Offers": [_offer(o, m, winner, now) for o in offers[:20]],
    }  # fmt: skip
    return {"AnyOfferChangedNotification": body}


def pricing_health(business: Business, account: Account, listing: Listing, now: float) -> Payload:
    """PRICING_HEALTH: the own offer is not eligible for the buy box because of its price."""
    m, product = listing.marketplace, listing.product
    own, others = market.own_offer(account, listing), market.others(business, m, product, now)
    offers = [own, *(o for o in others if o.condition == market.NEW)]
    prices, winner = market.references(business, m, product, now), market.featured(None, others)

    def counted(found: Iterable[market.Offer]) -> list[Payload]:
        kinds = [o.amazon for o in found]
        return [
            {"condition": "new", "fulfillmentType": "AFN" if amazon else "MFN", "offerCount": kinds.count(amazon)}
            for amazon in (True, False)
            if amazon in kinds
        ]

    def priced(offer: market.Offer) -> Payload:
        return {
            "condition": "new", "listingPrice": _small(offer.price, m), "shipping": _small(offer.shipping, m),
            "landedPrice": _small(offer.landed, m),
        }  # fmt: skip

    return {
        "issueType": "BuyBoxDisqualification",
        "sellerId": account.selling_partner_id,
        "offerChangeTrigger": {
            "marketplaceId": m.id, "asin": product.asin, "itemCondition": "new", "timeOfOfferChange": iso_millis(utc(now)),
        },
        "merchantOffer": priced(own) | {"fulfillmentType": "AFN" if own.amazon else "MFN"},
        "summary": {
            "numberOfOffers": counted(offers),
            "buyBoxEligibleOffers": counted(o for o in offers if o is not own and o.eligible),
            "buyBoxPrices": [priced(winner)] if winner else [],
            "salesRankings": [
                {"productCategoryId": id_, "rank": rank} for id_, rank in _rankings(business, m, product, now)
            ],
            "referencePrice": {
                "averageSellingPrice": _small(prices.was, m),
                "competitivePriceThreshold": _small(prices.threshold, m),
                "msrpPrice": _small(prices.was, m),
                "retailOfferPrice": _small(prices.competitive, m),
            },
        },
    }  # fmt: skip


def fba_inventory(business: Business, account: Account, product: Product, now: float) -> Payload:
    """FBA_INVENTORY_AVAILABILITY_CHANGES: the product's position in each marketplace; stores of one pool show the same."""
    rows = []
    for m in account.marketplaces:
        position = next(p for p in positions(business, account, m.pool, now) if p.product == product)
        waiting = ordered_units(business, account, m.pool, now).get(product.sku, 0)
        rows.append(
            {
                "MarketplaceId": m.id,
                "ItemName": title(product, m.language),
                "FulfillmentInventory": {
                    "InboundQuantityBreakdown": {
                        "Working": position.inbound_working,
                        "Shipped": position.inbound_shipped,
                        "Receiving": position.inbound_receiving,
                    },
                    "Fulfillable": position.fulfillable,
                    "Unfulfillable": position.unsellable,
                    "Researching": position.researching,
                    "ReservedQuantityBreakdown": {
                        "WarehouseProcessing": position.reserved - waiting,
                        "WarehouseTransfer": 0,
                        "PendingCustomerOrder": waiting,
                    },
                    "FutureSupplyBuyable": 0,
                    "PendingCustomerOrderInTransit": 0,
                },
                "Stores": [],
            }
        )
    return {
        "SellerId": account.selling_partner_id,
        "FNSKU": product.fnsku,
        "ASIN": product.asin,
        "SKU": product.sku,
        "FulfillmentInventoryByMarketplace": rows,
    }


def _offer(offer: market.Offer, m: Marketplace, winner: market.Offer | None, now: float) -> Payload:
    return {
        "SellerId": offer.seller_id,
        "SubCondition": "new",
        "SellerFeedbackRating": {"FeedbackCount": offer.feedback, "SellerPositiveFeedbackRating": offer.rating},
        "ShippingTime": {
            "MinimumHours": 0 if offer.amazon else 24,
            "MaximumHours": 24 if offer.amazon else 48,
            "AvailabilityType": "NOW",
            "AvailableDate": iso_millis(utc(now)),
        },
        "ListingPrice": _money(offer.price, m),
        "Points": {"PointsNumber": offer.price // 100 if m.code == "JP" else 0},
        "Shipping": _money(offer.shipping, m),
        "ShipsFrom": {"Country": m.country, "State": ""},
        "IsFulfilledByAmazon": offer.amazon,
        "IsBuyBoxWinner": offer == winner,
        "PrimeInformation": {"IsOfferPrime": offer.prime != "NONE", "IsOfferNationalPrime": offer.prime == "NATIONAL"},
        "IsExpeditedShippingAvailable": offer.amazon,
        "IsFeaturedMerchant": offer.eligible,
        "ShipsDomestically": True,
        "ShipsInternationally": offer.amazon,
    }  # fmt: skip


def _counts(offers: Sequence[market.Offer]) -> list[Payload]:
    kinds = [o.amazon for o in offers]
    return [
        {"Condition": "new", "FulfillmentChannel": _channel(amazon), "OfferCount": kinds.count(amazon)}
        for amazon in (True, False)
        if amazon in kinds
    ]


def _rankings(business: Business, m: Marketplace, product: Product, now: float) -> list[tuple[str, int]]:
    found = ranks(business, m, Item(product.asin, product, product.parent), now)
    if found is None:
        return []
    return [("sports_display_on_website", found[1]), (node_path(m, product.line)[0][0], found[0])]


def _channel(amazon: bool) -> str:
    return "Amazon" if amazon else "Merchant"


def _prices(offer: market.Offer, m: Marketplace) -> Payload:
    return {
        "LandedPrice": _money(offer.landed, m), "ListingPrice": _money(offer.price, m), "Shipping": _money(offer.shipping, m),
    }  # fmt: skip


def _money(minor: int, m: Marketplace) -> Payload:
    return {"Amount": number(minor, m), "CurrencyCode": m.currency}


def _small(minor: int, m: Marketplace) -> Payload:
    return {"amount": number(minor, m), "currencyCode": m.currency}

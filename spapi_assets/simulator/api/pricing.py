"""The Product Pricing API 2022-05-01: getCompetitiveSummary and getFeaturedOfferExpectedPriceBatch, for sellers.
Both answer 200 with a status for each request of the batch; who offers what is in business/competition.py."""

from __future__ import annotations

from typing import Any

from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import now_of, number, partner
from spapi_assets.simulator.business import competition as market
from spapi_assets.simulator.business.catalog import PRODUCTS, Product
from spapi_assets.simulator.business.demand import promotions
from spapi_assets.simulator.business.extra import article, number_of, number_of_asin
from spapi_assets.simulator.business.items import own_items
from spapi_assets.simulator.business.listings import Listing, Stock, listing, product_of, stock_of
from spapi_assets.simulator.business.marketplaces import BY_ID, Marketplace, local_day
from spapi_assets.simulator.errors import invalid_input

SUMMARY_URI = "/products/pricing/2022-05-01/items/competitiveSummary"
EXPECTED_URI = "/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice"
_INCLUDED = frozenset({"featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems"})
_CONDITIONS = frozenset({"New", "Used", "Collectible", "Refurbished", "Club"})
Json = dict[str, Any]


class _Invalid(Exception):
    """One request of a batch gets an error of its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}


def get_competitive_summary(call: Call) -> Answer:
    responses, offers = [], _Offers(call)
    for request in _requests(call, most=20):
        body: Json = {"asin": str(request.get("asin", "")), "marketplaceId": str(request.get("marketplaceId", ""))}
        try:
            body |= _summary(call, request, offers)
            status = _OK
        except _Invalid as invalid:
            body["errors"], status = [invalid.error], _BAD
        responses.append({"status": status, "body": body})
    return {"responses": responses}


def get_featured_offer_expected_price_batch(call: Call) -> Answer:
    responses, offers = [], _Offers(call)
    for request in _requests(call, most=40):
        echo = {name: request[name] for name in ("marketplaceId", "sku", "segment") if name in request}
        try:
            body, status = _expected(call, request, offers), _OK
        except _Invalid as invalid:
            body, status = {"errors": [invalid.error]}, _BAD
        responses.append({"request": echo, "status": status, "headers": {}, "body": body})
    return {"responses": responses}


_OK: Json = {"statusCode": 200, "reasonPhrase": "Success"}
_BAD: Json = {"statusCode": 400, "reasonPhrase": "Client Error"}


class _Offers:
    """The caller's own offers at the call's instant; stock is looked up once for each marketplace."""

    def __init__(self, call: Call) -> None:
        self.business, self.account, self.now = call.state.business, partner(call), now_of(call)
        self.stock: dict[str, Stock] = {}

    def listing(self, m: Marketplace, product: Product) -> Listing | None:
        if product_of(self.business, self.account, product.sku) is None:
            return None
        if m.id not in self.stock:
            self.stock[m.id] = stock_of(self.business, self.account, m, self.now.timestamp())
        return listing(self.business, self.account, m, product, self.now, self.stock[m.id])

    def own(self, m: Marketplace, product: Product) -> market.Offer | None:
        """The caller's best offer of the ASIN that can be bought; of two SKUs of one ASIN the cheaper."""
        skus = [p for p in PRODUCTS if p.asin == product.asin] if number_of(product) is None else [product]
        found = [market.own_offer(self.account, one) for p in skus if (one := self.listing(m, p)) and one.buyable]
        return min(found, key=lambda offer: offer.landed, default=None)


def _requests(call: Call, most: int) -> list[Json]:
    found = call.body(("requests",))["requests"]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise invalid_input("'requests' must be a list of objects.")
    if not 1 <= len(found) <= most:
        raise invalid_input(f"'requests' must hold 1 to {most} requests, not {len(found)}.")
    return found


def _check(call: Call, request: Json, uri: str, known: frozenset[str]) -> Marketplace:
    """The request's marketplace, when everything around it is right."""
    if unknown := sorted(set(request) - known - {"method", "uri", "marketplaceId", "headers"}):
        raise _Invalid("INVALID_INPUT", f"Unknown member '{unknown[0]}'.")
    if request.get("method") != "GET" or request.get("uri") != uri:
        raise _Invalid("INVALID_INPUT", f"'method' must be GET and 'uri' must be {uri}.")
    found = BY_ID.get(str(request.get("marketplaceId")))
    if found is None or found.id not in call.account.marketplace_ids:
        raise _Invalid("INVALID_MARKETPLACE", f"{request.get('marketplaceId')} is not a marketplace of the selling partner.")
    return found


def _summary(call: Call, request: Json, offers: _Offers) -> Json:
    m = _check(call, request, SUMMARY_URI, frozenset({"asin", "includedData", "lowestPricedOffersInputs"}))
    included = request.get("includedData")
    if not isinstance(included, list) or not included or not set(included) <= _INCLUDED:
        raise _Invalid("INVALID_INPUT", f"'includedData' must hold one or more of {', '.join(sorted(_INCLUDED))}.")
    product, now = _product(call, str(request.get("asin"))), now_of(call).timestamp()
    own = offers.own(m, product)
    others = market.others(call.state.business, m, product, now)
    body: Json = {}
    if "featuredBuyingOptions" in included:
        body["featuredBuyingOptions"] = _featured(call, m, product, market.featured(own, others), now)
    if "referencePrices" in included:
        prices = market.references(call.state.business, m, product, now)
        named = {"CompetitivePriceThreshold": prices.threshold, "CompetitivePrice": prices.competitive, "WasPrice": prices.was}
        body["referencePrices"] = [{"name": name, "price": _money(minor, m)} for name, minor in named.items()]
    if "lowestPricedOffers" in included:
        body["lowestPricedOffers"] = _lowest(request, m, [o for o in (own, *others) if o])
    if "similarItems" in included:
        similar = [item.asin for item in own_items() if item.product.line == product.line and not item.children]
        body["similarItems"] = [{"items": [{"asin": asin} for asin in similar if asin != product.asin]}]
    return body


def _product(call: Call, asin: str) -> Product:
    product = next((p for p in PRODUCTS if p.asin == asin), None)
    extra = number_of_asin(asin)
    if product is None and extra is not None and extra < call.state.business.most_extra_articles():
        product = article(extra)
    if product is None:
        raise _Invalid("INVALID_ASIN", f"{asin} is not a valid ASIN")
    return product


def _featured(call: Call, m: Marketplace, product: Product, winner: market.Offer | None, now: float) -> list[Json]:
    if winner is None:
        return []
    offer = _offer(winner, m)
    offer.pop("subCondition")
    offer.pop("primeDetails")
    if winner.seller_id == call.account.selling_partner_id:
        running = [p for p in promotions(call.state.business.seed, local_day(m.zone, now)) if p.covers(product.line)]
        best = max(running, key=lambda p: p.discount, default=None)
        if best:
            off = round(best.discount * 100)
            offer["promotions"] = [
                {
                    "promotionType": "COUPON",
                    "promotionSavings": {
                        "discount": {"type": "PERCENTAGE_OFF", "percentOff": off},
                        "discountedPrice": _money(winner.price - round(winner.price * best.discount), m),
                    },
                }
            ]
    offer["featuredOfferSegments"] = [
        {"customerMembership": kind, "segmentDetails": {"glanceViewWeightPercentage": share}}
        for kind, share in (("PRIME", 64), ("NON_PRIME", 36))
    ]
    return [{"buyingOptionType": "New", "segmentedFeaturedOffers": [offer]}]


def _lowest(request: Json, m: Marketplace, offers: list[market.Offer]) -> list[Json]:
    inputs = request.get("lowestPricedOffersInputs") or [{"itemCondition": "New", "offerType": "Consumer"}]
    if not isinstance(inputs, list) or len(inputs) > 5:
        raise _Invalid("INVALID_INPUT", "'lowestPricedOffersInputs' must hold at most 5 inputs.")
    found = []
    for one in inputs:
        condition = one.get("itemCondition") if isinstance(one, dict) else None
        if condition not in _CONDITIONS or one.get("offerType") != "Consumer":
            raise _Invalid("INVALID_INPUT", "An input of 'lowestPricedOffersInputs' has an invalid itemCondition or offerType.")
        cheapest = sorted((o for o in offers if o.condition == condition), key=lambda o: (o.landed, o.seller_id))
        if cheapest:
            found.append(
                {
                    "lowestPricedOffersInput": {"itemCondition": condition, "offerType": "Consumer"},
                    "offers": [_offer(offer, m) for offer in cheapest[:20]],
                }
            )
    return found


def _expected(call: Call, request: Json, offers: _Offers) -> Json:
    m = _check(call, request, EXPECTED_URI, frozenset({"sku", "segment"}))
    business, account, now = call.state.business, partner(call), now_of(call).timestamp()
    product = product_of(business, account, str(request.get("sku")))
    found = offers.listing(m, product) if product else None
    if product is None or found is None:
        raise _Invalid("INVALID_SKU", "The requested SKU does not exist for the seller in the requested Amazon store.")
    own, others = market.own_offer(account, found), market.others(business, m, product, now)
    status, price = market.expected_price(own, others)
    result: Json = {"resultStatus": status}
    if price is not None:
        result["featuredOfferExpectedPrice"] = {"listingPrice": _money(price, m)}
        competing = market.featured(None, others)
        if competing:
            result["competingFeaturedOffer"] = _featured_offer(m, product, competing)
    if current := market.featured(own, others):
        result["currentFeaturedOffer"] = _featured_offer(m, product, current)
    identifier = _identifier(m, product, own) | {"sku": product.sku}
    return {"offerIdentifier": identifier, "featuredOfferExpectedPriceResults": [result]}


def _identifier(m: Marketplace, product: Product, offer: market.Offer) -> Json:
    kind = "AFN" if offer.amazon else "MFN"
    return {"asin": product.asin, "marketplaceId": m.id, "fulfillmentType": kind, "sellerId": offer.seller_id}


def _featured_offer(m: Marketplace, product: Product, offer: market.Offer) -> Json:
    price: Json = {"listingPrice": _money(offer.price, m), "shippingPrice": _money(offer.shipping, m)}
    return {"offerIdentifier": _identifier(m, product, offer), "condition": offer.condition, "price": price | _points(offer, m)}


def _offer(offer: market.Offer, m: Marketplace) -> Json:
    return {
        "sellerId": offer.seller_id,
        "condition": offer.condition,
        "subCondition": offer.sub_condition,
        "fulfillmentType": "AFN" if offer.amazon else "MFN",
        "listingPrice": _money(offer.price, m),
        "shippingOptions": [{"shippingOptionType": "DEFAULT", "price": _money(offer.shipping, m)}],
        "primeDetails": {"eligibility": offer.prime},
        **_points(offer, m),
    }


def _points(offer: market.Offer, m: Marketplace) -> Json:
    """Japan alone has points: one percent of the price."""
    if m.code != "JP":
        return {}
    return {"points": {"pointsNumber": offer.price // 100, "pointsMonetaryValue": _money(offer.price // 100, m)}}


def _money(minor: int, m: Marketplace) -> Json:
    return {"currencyCode": m.currency, "amount": number(minor, m)}

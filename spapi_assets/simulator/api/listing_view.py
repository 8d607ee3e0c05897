"""A listing as Listings Items 2021-08-01 writes it, data set by data set; the source of all names is Amazon's model.
Which listings a call finds is decided in listings.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from spapi_assets.simulator.api.catalog_view import IMAGES
from spapi_assets.simulator.api.values import decimal_text, stamp
from spapi_assets.simulator.business.attributes import listing_attributes
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.business.catalog import unit_cost
from spapi_assets.simulator.business.issues import Issue
from spapi_assets.simulator.business.items import Item, families, images, item_title, product_type, variation_attributes
from spapi_assets.simulator.business.listings import Listing, channel
from spapi_assets.simulator.business.marketplaces import Marketplace

INCLUDED = frozenset(
    {"summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships", "productTypes"}
)
_ALL = {"value": "ALL", "displayName": "Sell on Amazon"}
_BUSINESS = {"value": "B2B", "displayName": "Amazon Business"}
_PARENT = "KC-P-"
Json = dict[str, Any]


def parent_sku(line: str) -> str:
    """The SKU of a product line's variation parent: a listing without an offer."""
    return _PARENT + line.upper()


def line_of_parent(sku: str) -> str | None:
    """The product line whose parent a SKU names, if it is one."""
    line = sku.removeprefix(_PARENT).lower()
    return line if sku == parent_sku(line) and line in families() else None


def describe(business: Business, found: Sequence[Listing], included: Collection[str], now: float, *, vendor: bool) -> Json:
    """One SKU's listings in the marketplaces asked for; there is at least one. Sellers have no cost prices, vendors no offers."""
    product = found[0].product
    answer: Json = {"sku": product.sku}
    if "summaries" in included:
        answer["summaries"] = [_summary(business, one, now) for one in found]
    if "attributes" in included:
        answer["attributes"] = {}
        for one in found:
            for name, values in listing_attributes(one.marketplace, one).items():
                answer["attributes"].setdefault(name, []).extend(values)
    if "issues" in included:
        answer["issues"] = _issues(found)
    if "offers" in included and not vendor:
        answer["offers"] = [offer for one in found for offer in _offers(one)]
    if "fulfillmentAvailability" in included and not vendor:
        answer["fulfillmentAvailability"] = _availability(found)
    if "procurement" in included and vendor:
        answer["procurement"] = [{"costPrice": _money(unit_cost(product, one.marketplace), one.marketplace)} for one in found]
    if "relationships" in included:
        answer["relationships"] = [{"marketplaceId": one.marketplace.id, "relationships": _parents(one)} for one in found]
    if "productTypes" in included:
        answer["productTypes"] = [{"marketplaceId": one.marketplace.id, "productType": one.product_type} for one in found]
    return answer


def describe_parent(
    business: Business,
    stores: Sequence[Marketplace],
    line: str,
    children: Sequence[str],
    created: float,
    included: Collection[str],
    now: float,
) -> Json:
    """A variation parent: a page that ties its children together, without price, quantity or issues."""
    item = families()[line]
    answer: Json = {"sku": parent_sku(line)}
    if "summaries" in included:
        answer["summaries"] = [
            {
                "marketplaceId": m.id, "asin": item.asin, "productType": product_type(business, m, item, now),
                "status": ["DISCOVERABLE"], "itemName": item_title(business, m, item, m.language, now),
                "createdDate": stamp(created), "lastUpdatedDate": stamp(created),
            }
            for m in stores
        ]  # fmt: skip
    answer |= {name: [] for name in ("issues", "offers", "fulfillmentAvailability") if name in included}
    if "attributes" in included:
        answer["attributes"] = {"parentage_level": [{"value": "parent", "marketplace_id": m.id} for m in stores]}
    if "relationships" in included:
        answer["relationships"] = [
            {"marketplaceId": m.id, "relationships": [_variation(line) | {"childSkus": list(children)}]} for m in stores
        ]
    if "productTypes" in included:
        answer["productTypes"] = [{"marketplaceId": m.id, "productType": product_type(business, m, item, now)} for m in stores]
    return answer


def statuses(one: Listing) -> list[str]:
    """What customers can do with the listing."""
    return ["BUYABLE"] * one.buyable + ["DISCOVERABLE"] * one.discoverable


def _summary(business: Business, one: Listing, now: float) -> Json:
    product, m = one.product, one.marketplace
    _, name, height, width = next(images(business, m, Item(product.asin, product, product.parent), now))
    return {
        "marketplaceId": m.id,
        "asin": product.asin,
        "productType": one.product_type,
        "conditionType": "new_new",
        "status": statuses(one),
        **({"fnSku": product.fnsku} if product.fnsku else {}),
        "itemName": one.title,
        "createdDate": stamp(one.opened.timestamp()),
        "lastUpdatedDate": stamp(one.updated),
        "mainImage": {"link": f"{IMAGES}{name}.jpg", "height": height, "width": width},
    }


def _issues(found: Sequence[Listing]) -> list[Json]:
    """One entry for an issue, with the marketplaces that have it."""
    where: dict[tuple[Any, ...], tuple[Issue, list[str]]] = {}
    for one in found:
        for issue in one.issues:
            key = (issue.code, issue.message, issue.severity, issue.actions, issue.exempt_until)
            where.setdefault(key, (issue, []))[1].append(one.marketplace.id)
    return [_issue(issue, ids) for issue, ids in where.values()]


def _issue(issue: Issue, marketplace_ids: list[str]) -> Json:
    answer: Json = {
        "code": issue.code,
        "message": issue.message,
        "severity": issue.severity,
        "attributeNames": list(issue.attributes),
        "categories": list(issue.categories),
        "marketplaceIds": marketplace_ids,
    }
    if issue.actions:
        exemption: Json = {"status": "NOT_EXEMPT"}
        if issue.exempt_until:
            exemption = {"status": "EXEMPT_UNTIL_EXPIRY_DATE", "expiryDate": stamp(issue.exempt_until)}
        answer["enforcements"] = {"actions": [{"action": name} for name in issue.actions], "exemption": exemption}
    return answer


def _offers(one: Listing) -> list[Json]:
    """The price for everybody, and for businesses where the store has such prices: not in Mexico, as the reports."""
    m = one.marketplace
    consumer: Json = {"marketplaceId": m.id, "offerType": "B2C", "price": _money(one.price, m), "audience": _ALL}
    if m.code == "JP":
        consumer["points"] = {"pointsNumber": one.price // 100}
    if m.code == "MX":
        return [consumer]
    return [consumer, {"marketplaceId": m.id, "offerType": "B2B", "price": _money(one.price, m), "audience": _BUSINESS}]


def _availability(found: Sequence[Listing]) -> list[Json]:
    """By fulfilment channel, without marketplaces; Amazon's own stock is not the listing's to tell."""
    if found[0].quantity is not None:
        return [{"fulfillmentChannelCode": "DEFAULT", "quantity": found[0].quantity}]
    return [{"fulfillmentChannelCode": code} for code in dict.fromkeys(channel(one.marketplace) for one in found)]


def _parents(one: Listing) -> list[Json]:
    line = one.product.line
    if one.product.parent and line in families():
        return [_variation(line) | {"parentSkus": [parent_sku(line)]}]
    return []


def _variation(line: str) -> Json:
    attribute, theme = variation_attributes(line)
    return {"type": "VARIATION", "variationTheme": {"attributes": [attribute], "theme": theme}}


def _money(minor: int, m: Marketplace) -> Json:
    return {"currencyCode": m.currency, "amount": decimal_text(minor, m)}

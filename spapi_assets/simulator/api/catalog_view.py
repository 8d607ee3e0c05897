"""A catalogue item as Catalog Items 2022-04-01 writes it, data set by data set; the source of all names is Amazon's model.
Which items a call finds is decided in catalog.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from spapi_assets.simulator.business.attributes import item_attributes
from spapi_assets.simulator.business.browse import node_path
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.business.dimensions import size
from spapi_assets.simulator.business.items import (
    BRAND,
    Item,
    barcodes,
    color,
    families,
    images,
    item_title,
    product_type,
    ranks,
    released,
    variation_attributes,
)
from spapi_assets.simulator.business.marketplaces import Marketplace

IMAGES = "https://m.media-amazon.com/images/I/"
Json = dict[str, Any]


def describe(
    business: Business, stores: Sequence[Marketplace], item: Item, included: Collection[str], language: str, now: float
) -> Json:
    """The item with the data sets asked for, each with a part for every store; `language` empty means the store's own."""
    found: Json = {"asin": item.asin}
    for name in _DATA:
        if name in included:
            parts = [_DATA[name](business, m, item, language or m.language, now) for m in stores]
            if name == "attributes":
                found[name] = _merged(parts)
            else:
                found[name] = [{"marketplaceId": m.id} | part for m, part in zip(stores, parts, strict=True)]
    return found


def _merged(parts: list[Json]) -> Json:
    whole: Json = {}
    for part in parts:
        for name, values in part.items():
            whole.setdefault(name, []).extend(values)
    return whole


def _classifications(_: Business, m: Marketplace, item: Item, __: str, ___: float) -> Json:
    node: Json = {}
    for id_, name in reversed(node_path(m, item.product.line)):
        node = {"displayName": name, "classificationId": id_} | ({"parent": node} if node else {})
    return {"classifications": [node]}


def _dimensions(_: Business, m: Marketplace, item: Item, __: str, ___: float) -> Json:
    if item.children:
        return {}
    s = size(item.product, m)

    def box(factor: float, heavier: float) -> Json:
        sides = {
            name: {"unit": s.side_unit, "value": round(side * factor, 4)}
            for name, side in zip(("length", "width", "height"), s.sides, strict=True)
        }
        return sides | {"weight": {"unit": s.weight_unit, "value": round(s.weight * heavier, 4)}}

    return {"item": box(0.9, 1.0), "package": box(1.0, 1.06)}


def _identifiers(_: Business, m: Marketplace, item: Item, __: str, ___: float) -> Json:
    codes = () if item.children else barcodes(item.product, m)
    return {"identifiers": [{"identifierType": kind, "identifier": code} for kind, code in codes]}


def _images(business: Business, m: Marketplace, item: Item, _: str, now: float) -> Json:
    return {
        "images": [
            {"variant": variant, "link": f"{IMAGES}{name}.jpg", "height": height, "width": width}
            for variant, name, height, width in images(business, m, item, now)
        ]
    }


def _product_types(business: Business, m: Marketplace, item: Item, _: str, now: float) -> Json:
    return {"productType": product_type(business, m, item, now)}


def _relationships(_: Business, __: Marketplace, item: Item, ___: str, ____: float) -> Json:
    attribute, theme = variation_attributes(item.product.line)
    variation: Json = {"type": "VARIATION", "variationTheme": {"attributes": [attribute], "theme": theme}}
    if item.children:
        return {"relationships": [variation | {"childAsins": list(item.children)}]}
    family = families().get(item.product.line)
    if family and item.asin in family.children:
        return {"relationships": [variation | {"parentAsins": [family.asin]}]}
    return {"relationships": []}


def _sales_ranks(business: Business, m: Marketplace, item: Item, _: str, now: float) -> Json:
    found = ranks(business, m, item, now)
    if found is None:
        return {}
    leaf, line, department = node_path(m, item.product.line)
    shop = f"https://www.{m.sales_channel.lower()}/gp/bestsellers/sports"
    in_classes = [
        {"classificationId": id_, "title": name, "link": f"{shop}/{id_}", "rank": rank}
        for (id_, name), rank in ((leaf, found[0]), (line, found[0] * 3 + 1))
    ]
    in_group = {"websiteDisplayGroup": "sports_display_on_website", "title": department[1], "link": shop, "rank": found[1]}
    return {"classificationRanks": in_classes, "displayGroupRanks": [in_group]}


def _summaries(business: Business, m: Marketplace, item: Item, language: str, now: float) -> Json:
    product = item.product
    (id_, name), *_, department = node_path(m, product.line)
    found: Json = {
        "adultProduct": False,
        "autographed": False,
        "brand": BRAND,
        "browseClassification": {"displayName": name, "classificationId": id_},
        "itemClassification": "VARIATION_PARENT" if item.children else "BASE_PRODUCT",
        "itemName": item_title(business, m, item, language, now),
        "manufacturer": f"{BRAND} Ltd",
        "memorabilia": False,
        "modelNumber": f"KC{product.line[:3].upper()}{product.variant.upper()}",
        "packageQuantity": 1,
        "partNumber": f"{product.line[:3]}-{product.variant}".upper(),
        "releaseDate": released(item).isoformat(),
        "tradeInEligible": False,
        "websiteDisplayGroup": "sports_display_on_website",
        "websiteDisplayGroupName": department[1],
    }
    if not item.children:
        found["size"] = product.variant
        if shade := color(product):
            found["color"] = shade.title()
    return found


def _vendor_details(_: Business, __: Marketplace, item: Item, ___: str, ____: float) -> Json:
    line = item.product.line
    return {
        "brandCode": "KESTR",
        "manufacturerCode": "KESTR",
        "manufacturerCodeParent": "KESTR",
        "productCategory": {"displayName": "Outdoor", "value": "46800000"},
        "productGroup": "Outdoors",
        "productSubcategory": {"displayName": line.title(), "value": f"468{sum(line.encode()) % 100_000:05d}"},
        "replenishmentCategory": "IN_SEASON" if line in ("hammock", "drybag") else "BASIC_REPLENISHMENT",
    }


_DATA: dict[str, Callable[[Business, Marketplace, Item, str, float], Json]] = {
    "attributes": item_attributes,
    "classifications": _classifications,
    "dimensions": _dimensions,
    "identifiers": _identifiers,
    "images": _images,
    "productTypes": _product_types,
    "relationships": _relationships,
    "salesRanks": _sales_ranks,
    "summaries": _summaries,
    "vendorDetails": _vendor_details,
}
INCLUDED = frozenset(_DATA)

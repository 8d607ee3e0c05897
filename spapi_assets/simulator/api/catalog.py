"""The Catalog Items API 2022-04-01: searchCatalogItems and getCatalogItem, for sellers and vendors.
How an item is written is in catalog_view.py; the rules are those of Amazon's model and of the issues of its users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spapi_assets.simulator import paging
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.catalog_view import INCLUDED, describe
from spapi_assets.simulator.api.stores import named_stores, now_of, partner
from spapi_assets.simulator.business.browse import node_path
from spapi_assets.simulator.business.catalog import PRODUCTS
from spapi_assets.simulator.business.extra import asin
from spapi_assets.simulator.business.items import BRAND, Item, item_of, item_title, own_items, products_of_barcode
from spapi_assets.simulator.business.listings import product_of
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.errors import ApiError, invalid_input, not_found

TYPES = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_WITH_KEYWORDS = ("brandNames", "classificationIds", "keywordsLocale")
_LANGUAGES = ("de", "en", "es", "fr", "it", "ja")
MOST_RESULTS = 1_000  # that can be paged
_MISMATCH = "Search parameters do not match the provided 'pageToken'."


def search_catalog_items(call: Call) -> Answer:
    query, now = call.query, now_of(call).timestamp()
    stores = named_stores(call, most=1)
    included, language = _included(call), _language(call)
    size = query.integer("pageSize", 1, 20, default=10)
    if ("identifiers" in query.names()) == ("keywords" in query.names()):
        raise invalid_input("Exactly one of 'identifiers' and 'keywords' must be provided.")
    if not stores:
        return {"numberOfResults": 0, "items": []}
    offset = paging.read(call, "pageToken", free=("pageSize",), said=_MISMATCH) or 0
    refinements: dict[str, Any] = {}
    if "identifiers" in query.names():
        found = _identified(call, stores[0], now)
        count, page = len(found), found[offset : offset + size]
    else:
        count, page, refinements = _by_words(call, stores[0], offset, size, now)
    answer: dict[str, Any] = {
        "numberOfResults": count,
        "items": [describe(call.state.business, stores, item, included, language, now) for item in page],
    }
    pagination = {}
    if offset + size < min(count, MOST_RESULTS) and not paging.is_forgotten(call):
        pagination["nextToken"] = paging.write(call, "pageToken", offset + size, free=("pageSize",))
    if offset:
        pagination["previousToken"] = paging.write(call, "pageToken", max(0, offset - size), free=("pageSize",))
    return answer | ({"pagination": pagination} if pagination else {}) | refinements


def get_catalog_item(call: Call) -> Answer:
    now, wanted = now_of(call).timestamp(), call.path["asin"]
    stores, included, language = named_stores(call, most=25), _included(call), _language(call)
    found = {m: item for m in stores if (item := item_of(call.state.business, m, wanted, now))}
    if not found:
        ids = ", ".join(m.id for m in stores)
        raise not_found(f"Requested item '{wanted}' not found in marketplace(s) {ids}.")
    return describe(call.state.business, list(found), next(iter(found.values())), included, language, now)


def _included(call: Call) -> frozenset[str]:
    found = frozenset(call.query.list("includedData", most=len(INCLUDED), allowed=INCLUDED) or ("summaries",))
    if "vendorDetails" in found and call.account.kind != "vendor":
        # source: github.com/jlevers/selling-partner-api issue 452
        details = "The includedData requested requires vendor access. Remove the requested includedData item and try again."
        raise ApiError(400, "InvalidInput", "FORBIDDEN", details)
    return found


def _language(call: Call) -> str:
    """The language of the parameter `locale`; empty means each store's own."""
    text = call.query.text("locale")
    if text is None:
        return ""
    if text[:2] not in _LANGUAGES or len(text) != 5 or text[2] not in "_-":
        raise invalid_input(f"Invalid 'locale' {text!r}.")
    return text[:2]


def _identified(call: Call, m: Marketplace, now: float) -> list[Item]:
    """The items of the identifiers, by ASIN; those without an item in the store are simply not among them."""
    query, business = call.query, call.state.business
    identifiers = query.list("identifiers", most=20) or []
    kind = query.text("identifiersType")
    if kind is None:
        raise invalid_input("'identifiersType' is required with 'identifiers'.")
    if kind not in TYPES:
        raise invalid_input(f"Invalid value {kind!r} in 'identifiersType'.", f"Allowed values: {', '.join(TYPES)}.")
    if wrong := sorted(query.names() & set(_WITH_KEYWORDS)):
        raise invalid_input(f"'{wrong[0]}' may be provided with 'keywords' only.")
    if kind == "SKU" and query.text("sellerId") is None:
        raise invalid_input("'sellerId' is required when 'identifiersType' is SKU.")
    if kind == "SKU" and query.text("sellerId") != call.account.selling_partner_id:
        raise invalid_input("Invalid 'sellerId'.")
    asins: set[str] = set()
    for identifier in identifiers:
        if kind == "ASIN":
            asins.add(identifier)
        elif kind == "SKU":
            asins |= {p.asin for p in [product_of(business, partner(call), identifier)] if p}
        elif kind in ("EAN", "GTIN", "JAN", "UPC"):
            asins |= {p.asin for p in products_of_barcode(business, identifier)}
    return [item for one in sorted(asins) if (item := item_of(business, m, one, now))]


def _by_words(call: Call, m: Marketplace, offset: int, size: int, now: float) -> tuple[int, list[Item], dict[str, Any]]:
    """(how many items the keywords find, one page of them, refinements). Of extra articles only those of the page are made."""
    query, business = call.query, call.state.business
    for name in ("identifiersType", "sellerId"):
        if name in query.names():
            raise invalid_input(f"'{name}' may be provided with 'identifiers' only.")
    words = [word for phrase in query.list("keywords", most=20) or [] for word in phrase.lower().split()]
    brands = query.list("brandNames", most=100)
    classes = query.list("classificationIds", most=100)
    matches = _matcher(call, m, words, now)
    found = [i for own in own_items() if (i := item_of(business, m, own.asin, now)) and matches(i)]
    lines = [p.index for p in PRODUCTS if matches(Item(p.asin, p, p.parent))]
    if brands is not None and BRAND not in brands:
        found, lines = [], []
    if classes is not None:
        found = [i for i in found if {id_ for id_, _ in node_path(m, i.product.line)} & set(classes)]
        lines = [n for n in lines if {id_ for id_, _ in node_path(m, PRODUCTS[n].line)} & set(classes)]
    rounds, rest = divmod(business.most_extra_articles(), len(PRODUCTS))
    extras = rounds * len(lines) + sum(n < rest for n in lines)
    page = found[offset : offset + size]
    for position in range(max(0, offset - len(found)), max(0, offset + size - len(found))):
        if position < extras:
            repeat, n = divmod(position, len(lines))
            if item := item_of(business, m, asin(repeat * len(PRODUCTS) + lines[n]), now):
                page.append(item)
    count = len(found) + extras
    by_class: dict[tuple[str, str], int] = {}
    for item in found:
        leaf = node_path(m, item.product.line)[0]
        by_class[leaf] = by_class.get(leaf, 0) + 1
    refinements = {
        "brands": [{"numberOfResults": count, "brandName": BRAND}] if count else [],
        "classifications": [
            {"numberOfResults": n, "displayName": name, "classificationId": id_} for (id_, name), n in by_class.items()
        ],
    }
    return count, page, {"refinements": refinements}


def _matcher(call: Call, m: Marketplace, words: list[str], now: float) -> Callable[[Item], bool]:
    def matches(item: Item) -> bool:
        text = f"{item_title(call.state.business, m, item, m.language, now)} {BRAND} {item.asin}".lower()
        return all(word in text for word in words)

    return matches

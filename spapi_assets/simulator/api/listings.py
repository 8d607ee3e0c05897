"""The Listings Items API 2021-08-01: getListingsItem and searchListingsItems, for sellers and vendors; reads only.
How a listing is written is in listing_view.py; of extra articles only those of the page asked for are made."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from spapi_assets.simulator import paging
from spapi_assets.simulator.api import listing_view as view
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import named_stores, now_of, partner
from spapi_assets.simulator.business import extra
from spapi_assets.simulator.business.catalog import Product
from spapi_assets.simulator.business.items import families, products_of_barcode
from spapi_assets.simulator.business.listings import Listing, Stock, listing, opened, own_products, product_of, stock_of
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.errors import invalid_input, not_found, unauthorized

TYPES = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
MOST_RESULTS = 1_000  # that can be paged
VENDOR_CODE = "KESTR"  # vendors may name this instead of their group
_MISMATCH = "Search parameters do not match the provided 'pageToken'."
_STATUSES = ("BUYABLE", "DISCOVERABLE")
_Row = tuple[tuple[float, str], Product | int]  # what a search sorts by, and a product or an extra article's number


@dataclass(frozen=True)
class _Found:
    """One SKU's listings in the marketplaces asked for."""

    product: Product
    parts: tuple[Listing, ...]


def get_listings_item(call: Call) -> Answer:
    _check_seller(call)
    stores, included, sku = named_stores(call, most=25), _included(call), call.path["sku"]
    if (line := view.line_of_parent(sku)) and stores:
        return _parent(call, stores, line, included)
    product = product_of(call.state.business, partner(call), sku)
    found = _Listings(call, stores).of(product) if product else None
    if found is None:
        raise not_found(f"SKU '{sku}' was not found in marketplace(s) {', '.join(m.id for m in stores)}.")
    return _describe(call, found, included)


def search_listings_items(call: Call) -> Answer:
    _check_seller(call)
    query = call.query
    stores, included = named_stores(call, most=25), _included(call)
    size = query.integer("pageSize", 1, 20, default=10)
    by = query.text("sortBy") or "lastUpdatedDate"
    order = query.text("sortOrder") or "DESC"
    if by not in ("sku", "createdDate", "lastUpdatedDate") or order not in ("ASC", "DESC"):
        raise invalid_input(f"Invalid sorting {by!r} {order!r}.")
    # Amazon ignores a `nextToken`: who sends it back instead of `pageToken` reads the first page for ever.
    offset = paging.read(call, "pageToken", free=("nextToken",), said=_MISMATCH) or 0
    reader, wanted = _Listings(call, stores), _Filter(call)
    answers: list[dict[str, Any]] = []
    chosen = _chosen(call)
    if chosen is not None:
        products, lines = chosen
        answers = [_parent(call, stores, line, included) for line in lines] if stores else []
    else:
        account, changed = partner(call), _changed(call, stores)
        products = [*own_products(account), *(p for p in changed if extra.number_of(p) is not None)]
    rows: list[_Row] = [(_key(by, f), f.product) for p in products if (f := reader.of(p)) and wanted.accepts(f)]
    rows.sort(key=itemgetter(0), reverse=order == "DESC")
    bulk = range(0) if chosen is not None or not stores else wanted.extra_articles(call)
    skipped = {n for p in products if (n := extra.number_of(p)) is not None and n in bulk}
    count = len(answers) + len(rows) + len(bulk) - len(skipped)
    merged = _merged(rows, bulk, skipped, by, descending=order == "DESC")
    chosen_rows = islice(merged, max(0, offset - len(answers)), max(0, offset + size - len(answers)))
    whole = [f for _, one in chosen_rows if (f := reader.of(one if isinstance(one, Product) else extra.article(one)))]
    page = answers[offset : offset + size] + [_describe(call, row, included) for row in whole]
    pagination = {}
    if offset + size < min(count, MOST_RESULTS) and not paging.is_forgotten(call):
        pagination["nextToken"] = paging.write(call, "pageToken", offset + size, free=("nextToken",))
    if offset:
        pagination["previousToken"] = paging.write(call, "pageToken", max(0, offset - size), free=("nextToken",))
    return {"numberOfResults": count, "items": page} | ({"pagination": pagination} if pagination else {})


class _Listings:
    """Listings at the call's instant; stock is looked up once for each marketplace, if Amazon fulfils any of them."""

    def __init__(self, call: Call, stores: list[Marketplace]) -> None:
        self.business, self.account, self.now, self.stores = call.state.business, partner(call), now_of(call), stores
        self._stock: dict[str, Stock] = {}

    def of(self, product: Product) -> _Found | None:
        """None where the product is listed in none of the marketplaces."""
        parts = (listing(self.business, self.account, m, product, self.now, self._of(m, product)) for m in self.stores)
        found = tuple(one for one in parts if one)
        return _Found(product, found) if found else None

    def _of(self, m: Marketplace, product: Product) -> Stock:
        if product.fba and m.id not in self._stock:
            self._stock[m.id] = stock_of(self.business, self.account, m, self.now.timestamp())
        return self._stock.get(m.id, {})


class _Filter:
    """What a search leaves out: by dates, issues and status, in any of the marketplaces."""

    def __init__(self, call: Call) -> None:
        query = call.query
        self.dates: dict[str, float] = {}
        for name in ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore"):
            if (when := query.time(name)) is not None:
                self.dates[name] = when.timestamp()
        self.severities = query.list("withIssueSeverity", most=2, allowed=("WARNING", "ERROR"))
        self.having = query.list("withStatus", most=2, allowed=_STATUSES)
        self.lacking = query.list("withoutStatus", most=2, allowed=_STATUSES)
        if set(self.having or ()) & set(self.lacking or ()):
            raise invalid_input("'withStatus' and 'withoutStatus' must not name the same status.")

    def accepts(self, found: _Found) -> bool:
        return any(self._accepts(one) for one in found.parts)

    def _accepts(self, one: Listing) -> bool:
        if not self._in_time(one.opened.timestamp(), one.updated):
            return False
        if self.severities and not {issue.severity for issue in one.issues} & set(self.severities):
            return False
        status = set(view.statuses(one))
        return status >= set(self.having or ()) and not status & set(self.lacking or ())

    def _in_time(self, created: float, updated: float) -> bool:
        d = self.dates
        return d.get("createdAfter", created) <= created <= d.get("createdBefore", created) and d.get(
            "lastUpdatedAfter", updated
        ) <= updated <= d.get("lastUpdatedBefore", updated)

    def extra_articles(self, call: Call) -> range:
        """The numbers of the extra articles that pass: they have no issues, can be bought, and never change by themselves."""
        count = call.state.business.extra_articles(partner(call))
        if self.severities or self.lacking or not count:
            return range(0)
        first, last = 0, count
        for name, instant in self.dates.items():
            if name.endswith("After"):
                first = max(first, extra.first_listed_from(instant))
            else:
                last = min(last, extra.first_listed_from(instant + 0.000_001))
        last = min(last, extra.first_listed_from(now_of(call).timestamp() + 1))
        return range(first, max(first, last))


def _merged(rows: list[_Row], bulk: range, skipped: set[int], by: str, *, descending: bool) -> Iterator[_Row]:
    """Own goods, and extra articles by number, in the order asked for: in every respect theirs is the order of their numbers."""
    first, sorted_by_sku = extra.listed_at(0).timestamp(), by == "sku"
    numbers = (n for n in (reversed(bulk) if descending else bulk) if n not in skipped)
    extras: Iterator[_Row] = (((0.0 if sorted_by_sku else first + 60.0 * n, extra.sku(n)), n) for n in numbers)
    return heapq.merge(rows, extras, key=itemgetter(0), reverse=descending)


def _key(by: str, found: _Found) -> tuple[float, str]:
    if by == "sku":
        return 0.0, found.product.sku
    return max(one.opened.timestamp() if by == "createdDate" else one.updated for one in found.parts), found.product.sku


def _chosen(call: Call) -> tuple[list[Product], list[str]] | None:
    """The products and variation parents that the call names by identifiers or by their family; None if it names none."""
    query, business, account = call.query, call.state.business, partner(call)
    names = query.names()
    family = names & {"variationParentSku", "packageHierarchySku"}
    if (family and "identifiers" in names) or len(family) > 1:
        raise invalid_input("Only one of 'identifiers', 'variationParentSku' and 'packageHierarchySku' may be provided.")
    if "identifiersType" in names and "identifiers" not in names:
        raise invalid_input("'identifiers' is required with 'identifiersType'.")
    if family:
        line = view.line_of_parent(query.text("variationParentSku") or "")
        return [p for p in own_products(account) if line and p.line == line], []
    identifiers = query.list("identifiers", most=20)
    if identifiers is None:
        return None
    kind = query.text("identifiersType")
    if kind is None:
        raise invalid_input("'identifiersType' is required with 'identifiers'.")
    if kind not in TYPES:
        raise invalid_input(f"Invalid value {kind!r} in 'identifiersType'.", f"Allowed values: {', '.join(TYPES)}.")
    own, products, lines = own_products(account), dict[Product, None](), list[str]()
    for one in dict.fromkeys(identifiers):
        if kind == "SKU":
            products |= {p: None for p in [product_of(business, account, one)] if p}
            lines += [line for line in [view.line_of_parent(one)] if line]
        elif kind == "ASIN":
            products |= {p: None for p in own if p.asin == one}
            number = extra.number_of_asin(one)
            if number is not None and number < business.extra_articles(account):
                products[extra.article(number)] = None
            lines += [line for line, item in families().items() if item.asin == one]
        elif kind == "FNSKU":
            products |= {p: None for p in own if p.fnsku == one}
        elif kind in ("EAN", "GTIN", "JAN", "UPC"):
            products |= {p: None for p in products_of_barcode(business, one) if product_of(business, account, p.sku) == p}
    return list(products), lines


def _changed(call: Call, stores: list[Marketplace]) -> list[Product]:
    """Articles whose listings somebody changed by hand."""
    business, account = call.state.business, partner(call)
    skus = dict.fromkeys(sku for m in stores for sku in business.changes.changed_skus(account.index, m.code))
    return [p for sku in skus if (p := product_of(business, account, sku))]


def _describe(call: Call, found: _Found, included: frozenset[str]) -> dict[str, Any]:
    business, vendor = call.state.business, call.account.kind == "vendor"
    return view.describe(business, found.parts, included, now_of(call).timestamp(), vendor=vendor)


def _parent(call: Call, stores: list[Marketplace], line: str, included: frozenset[str]) -> dict[str, Any]:
    business = call.state.business
    children = [p for p in own_products(partner(call)) if p.line == line]
    created = min((opened(business, m, p).timestamp() for m in stores for p in children), default=0.0)
    skus = [p.sku for p in children]
    return view.describe_parent(business, stores, line, skus, created, included, now_of(call).timestamp())


def _included(call: Call) -> frozenset[str]:
    return frozenset(call.query.list("includedData", most=len(view.INCLUDED), allowed=view.INCLUDED) or ("summaries",))


def _check_seller(call: Call) -> None:
    """The path must name the caller: sellers themselves, vendors their group or one of its vendor codes."""
    allowed = {call.account.selling_partner_id} | ({VENDOR_CODE} if call.account.kind == "vendor" else set())
    if call.path["sellerId"] not in allowed:
        raise unauthorized(f"The access token does not belong to {call.path['sellerId']}.")

"""Listings by their state: active, inactive, deleted, open and the short forms of it. Snapshots of one marketplace.
All of them are cut from the same offers; what an offer is stands in all_listings.py."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.catalog import list_price
from ....business.marketplaces import Marketplace
from ....business.retired import CLOSED, RETIRED
from ....business.titles import title
from ...flat import Cells, money, named_file
from ...model import Document, NoData, Request
from .all_listings import locale_of, offers
from .headers import ACTIVE, BACK_COMPATIBLE, CANCELLED, INACTIVE, OPEN, localised

LITE = ("sku", "asin", "price", "quantity")
LITER = ("sku", "quantity")


def active(request: Request) -> Document:
    """Active offers with their prices for businesses."""
    return _file(request, ACTIVE, _in_state(request, "Active"))


def open_compatible(request: Request) -> Document:
    """The same offers in the older layout, without the fulfilment channel."""
    return _file(request, BACK_COMPATIBLE, _in_state(request, "Active"))


def inactive(request: Request) -> Document:
    """Offers that cannot be bought now, such as those that are sold out."""
    found = list(_in_state(request, "Inactive"))
    if not found:
        raise NoData("Every offer is active.")
    return _file(request, INACTIVE, iter(found))


def cancelled(request: Request) -> Document:
    """Offers that the seller deleted."""
    m = request.marketplaces[0]
    rows: list[dict[str, str | int]] = [
        {
            "item-name": title(p, m.language), "item-description": f"{title(p, m.language)} ({p.weight} g)", "seller-sku": p.sku,
            "price": money(list_price(p, m, CLOSED.year), m.digits), "quantity": 0, "item-is-marketplace": "y",
            "product-id-type": 1, "item-condition": 11, "asin1": p.asin, "product-id": p.asin, "add-delete": "d",
        }
        for p in RETIRED
    ]  # fmt: skip
    return _file(request, CANCELLED, iter(rows))


def open_listings(request: Request) -> Document:
    """SKU, ASIN, price and quantity of active offers with prices for businesses; quantities are blank for FBA."""
    return _file(request, OPEN, _short(request))


def lite(request: Request) -> Document:
    """What the seller ships himself and has, in four columns."""
    return _file(request, LITE, ({c: row[c] for c in LITE} for row in _in_stock(request)))


def liter(request: Request) -> Document:
    """The same in two columns."""
    return _file(request, LITER, ({c: row[c] for c in LITER} for row in _in_stock(request)))


def _in_state(request: Request, state: str) -> Iterator[dict[str, str | int]]:
    m = request.marketplaces[0]
    for row in offers(request, m):
        if row["status"] == state:
            yield row | _for_businesses(row, m)


def _short(request: Request) -> Iterator[dict[str, str | int]]:
    m = request.marketplaces[0]
    for row in _in_state(request, "Active"):
        short = {"sku": row["seller-sku"], "asin": row["asin1"], "price": row["price"], "quantity": row["quantity"]}
        yield short | _for_businesses(row, m)


def _in_stock(request: Request) -> list[dict[str, str | int]]:
    found = [row for row in _short(request) if str(row["quantity"]) not in ("", "0")]
    if not found:
        raise NoData("No offer has a quantity.")
    return found


def _for_businesses(row: dict[str, str | int], m: Marketplace) -> dict[str, str | int]:
    """Eight percent off from five pieces on, as the business orders pay; Mexico has no business prices."""
    if m.code == "MX":
        return {}
    tier = {"Quantity Price Type": "percent", "Quantity Lower Bound 1": "5", "Quantity Price 1": "8"}
    return {"Business Price": row["price"], **tier}


def _file(request: Request, header: tuple[str, ...], rows: Iterator[dict[str, str | int]]) -> Document:
    m = request.marketplaces[0]
    known = set(header)
    kept: Iterator[Cells] = ({name: value for name, value in row.items() if name in known} for row in rows)
    return named_file(header, kept, m, localised(header, locale_of(request)))

"""What happens to listings, items, offers and FBA stock as simulated time passes, as notifications that are owed for it.
The facts are the business's at the instant of each event; telling.py asks for them and publishes, notices.py writes payloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from spapi_assets.simulator import notices
from spapi_assets.simulator.business import competition as market
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.business.catalog import Product
from spapi_assets.simulator.business.inventory import changed_at
from spapi_assets.simulator.business.issues import of_itself
from spapi_assets.simulator.business.items import item_of, own_items, revision
from spapi_assets.simulator.business.listings import Listing, listing, own_products, sold_out_or_back, stock_of
from spapi_assets.simulator.business.marketplaces import Marketplace, day_start, local_day, utc
from spapi_assets.simulator.business.stock import cycle_of, cycle_start

_HOUR, _DAY = 3_600, 86_400
STATUS, ISSUES, QUANTITY = "LISTINGS_ITEM_STATUS_CHANGE", "LISTINGS_ITEM_ISSUES_CHANGE", "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"
CONTENT, OFFERS, HEALTH = "BRANDED_ITEM_CONTENT_CHANGE", "ANY_OFFER_CHANGED", "PRICING_HEALTH"
INVENTORY = "FBA_INVENTORY_AVAILABILITY_CHANGES"


class Happening(NamedTuple):
    """One notification that is owed: when it happened, its type, its store if it names one, its payload."""

    at: float
    type: str
    marketplace_id: str | None
    payload: dict[str, Any]


def happenings(business: Business, account: Account, kind: str, since: float, now: float) -> Iterator[Happening]:
    """What happened in (since, now] to a seller's listings that a notification type tells of; nothing for other types."""
    if kind in _KINDS and account.kind == "seller":
        yield from _KINDS[kind](business, account, since, now)


TYPES = (STATUS, ISSUES, QUANTITY, CONTENT, OFFERS, HEALTH, INVENTORY)


def _at(business: Business, account: Account, m: Marketplace, product: Product, at: float) -> Listing | None:
    stock = stock_of(business, account, m, at) if product.fba else {}
    return listing(business, account, m, product, utc(at), stock)


def _issue_instants(
    business: Business, account: Account, m: Marketplace, product: Product, since: float, now: float
) -> set[float]:
    """When an issue of the business's own accord opened or closed."""
    found: set[float] = set()
    for cycle in range(cycle_of(local_day(m.zone, since - _DAY)), cycle_of(local_day(m.zone, now)) + 1):
        last = float(day_start(m.zone, cycle_start(cycle + 1)) - 1)  # all of a cycle's issues have opened by then
        for issue in of_itself(business.seed, account, m, product, last):
            found |= {issue.opened, issue.closed}
    return {at for at in found if since < at <= now}


def _issues(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    for m in account.marketplaces:
        for product in own_products(account):
            for at in sorted(_issue_instants(business, account, m, product, since, now)):
                if after := _at(business, account, m, product, at):
                    yield Happening(at, ISSUES, m.id, notices.issues(account, after))


def _statuses(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    """Sold out or back in stock, hidden or shown again; only where what customers can do is another than before."""
    for m in account.marketplaces:
        stock = sold_out_or_back(business, account, m, since, now)
        for product in own_products(account):
            instants = _issue_instants(business, account, m, product, since, now)
            if product.fba:
                instants |= stock[product.index]
            for at in sorted(instants):
                before, after = _at(business, account, m, product, at - 1), _at(business, account, m, product, at)
                if before and after and (before.buyable, before.discoverable) != (after.buyable, after.discoverable):
                    yield Happening(at, STATUS, m.id, notices.status(account, m, product, after))


def _quantities(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    """The seller counts his own stock at midnight (UTC)."""
    midnight = (int(since) // _DAY + 1) * _DAY
    while midnight <= now:
        for product in own_products(account):
            after = None if product.fba else _at(business, account, account.marketplaces[0], product, float(midnight))
            if after and after.quantity is not None:
                yield Happening(float(midnight), QUANTITY, None, notices.quantity(account, product.sku, after.quantity))
        midnight += _DAY


def _contents(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    """Edited pages of the brand; after a long time each page is told of once."""
    for m in account.marketplaces:
        for item in own_items():
            if item_of(business, m, item.asin, now) and revision(business, m, item, since) != revision(business, m, item, now):
                attributes = ("item_name", "main_product_image_locator")
                yield Happening(now, CONTENT, m.id, notices.content(m, item.asin, attributes))


def _offers(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    """Competitors' prices are new every hour; after a longer time only the newest are told."""
    hour = float(int(now) // _HOUR * _HOUR)
    for m in account.marketplaces if since < hour else ():
        for after in _all_at(business, account, m, hour):
            product = after.product
            if market.others(business, m, product, hour) != market.others(business, m, product, hour - 1):
                yield Happening(hour, OFFERS, m.id, notices.any_offer(business, account, after, hour, "External"))


def _health(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    """The own offer can be bought and lost the buy box to a cheaper one at the last full hour."""
    hour = float(int(now) // _HOUR * _HOUR)
    for m in account.marketplaces if since < hour else ():
        led = {one.product.sku for one in _all_at(business, account, m, hour - 1) if _leads(business, account, one, hour - 1)}
        for after in _all_at(business, account, m, hour):
            if after.product.sku in led and after.buyable and not _leads(business, account, after, hour):
                yield Happening(hour, HEALTH, m.id, notices.pricing_health(business, account, after, hour))


def _all_at(business: Business, account: Account, m: Marketplace, at: float) -> list[Listing]:
    """The listings of the business's own goods at an instant."""
    stock = stock_of(business, account, m, at)
    found = (listing(business, account, m, product, utc(at), stock) for product in own_products(account))
    return [one for one in found if one]


def _leads(business: Business, account: Account, one: Listing, at: float) -> bool:
    own = market.own_offer(account, one)
    return market.featured(own, market.others(business, one.marketplace, one.product, at)) == own


def _inventory(business: Business, account: Account, since: float, now: float) -> Iterator[Happening]:
    """Stock that has changed, with the newest quantities; once for a SKU however often it changed."""
    pools = {m.pool for m in account.marketplaces}
    for product in own_products(account):
        if product.fba:
            at = max(changed_at(business, account, pool, now)[product.index] for pool in pools)
            if since < at <= now:
                yield Happening(at, INVENTORY, None, notices.fba_inventory(business, account, product, now))


_KINDS: dict[str, Callable[[Business, Account, float, float], Iterator[Happening]]] = {
    STATUS: _statuses,
    ISSUES: _issues,
    QUANTITY: _quantities,
    CONTENT: _contents,
    OFFERS: _offers,
    HEALTH: _health,
    INVENTORY: _inventory,
}

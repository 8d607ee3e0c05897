"""What is bought together and what is bought again, counted from the orders of a period as analytics know them at an instant.
Shoppers have no identity in the orders; the one they get here is theirs for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from .accounts import Account
from .business import Business
from .catalog import Product
from .marketplaces import Marketplace
from .orders import Order
from .seeds import derive
from .vendor_days import vendor_baskets

_SHOPPERS = 40_000
_LOYAL = {"socks": 140, "mug": 90, "bottle": 60}  # per mille of orders that come from earlier buyers; others 30


@dataclass(slots=True)
class Loyalty:
    """One ASIN in one period; money in minor units."""

    orders: int = 0
    revenue: int = 0
    repeat_revenue: int = 0
    shoppers: set[int] = field(default_factory=set)
    repeat_shoppers: set[int] = field(default_factory=set)


def counted(business: Business, account: Account, m: Marketplace, first: date, last: date, now: float) -> Iterator[Order]:
    """Orders of the local days that analytics know at `now`."""
    for order in business.purchased_between(account, m, first, last):
        if order.attributed <= now:
            yield order


def _orders(
    business: Business, account: Account, m: Marketplace, first: date, last: date, now: float
) -> Iterator[tuple[str, list[tuple[Product, int]]]]:
    """Orders by name with products and what was paid for them, a seller's or the vendor's."""
    if account.kind == "vendor":
        yield from vendor_baskets(business, account, m, first, last, now)
        return
    for order in counted(business, account, m, first, last, now):
        yield order.id, [(line.product, line.price) for line in order.lines]


def baskets(
    business: Business, account: Account, m: Marketplace, first: date, last: date, now: float
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Orders with at least two different ASINs: by ASIN, and by (ASIN, another ASIN of the same order)."""
    orders: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for _, lines in _orders(business, account, m, first, last, now):
        asins = {product.asin for product, _ in lines}
        if len(asins) > 1:
            orders.update(asins)
            pairs.update((asin, other) for asin in asins for other in asins if other != asin)
    return orders, pairs


def loyalty(business: Business, account: Account, m: Marketplace, first: date, last: date, now: float) -> dict[str, Loyalty]:
    """Repeat purchases by ASIN."""
    found: dict[str, Loyalty] = {}
    for name, lines in _orders(business, account, m, first, last, now):
        shopper = derive(business.seed, "shopper", name) % _SHOPPERS
        sums: Counter[str] = Counter()
        loyal = 30
        for product, price in lines:
            sums[product.asin] += price
            loyal = max(loyal, _LOYAL.get(product.line, 30))
        again = derive(business.seed, "again", name) % 1000 < loyal
        for asin, revenue in sums.items():
            facts = found.setdefault(asin, Loyalty())
            facts.orders += 1
            facts.revenue += revenue
            if again or shopper in facts.shoppers:
                facts.repeat_shoppers.add(shopper)
                facts.repeat_revenue += revenue
            facts.shoppers.add(shopper)
    return found

"""What is bought together and what is bought again, counted from the orders of a period as analytics know them at an instant.
Shoppers have no identity in the orders; the one they get here is theirs for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace
from .orders import Order
from .seeds import derive

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


def baskets(
    business: Business, account: Account, m: Marketplace, first: date, last: date, now: float
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Orders with at least two different ASINs: by ASIN, and by (ASIN, another ASIN of the same order)."""
    orders: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for order in counted(business, account, m, first, last, now):
        asins = {line.product.asin for line in order.lines}
        if len(asins) > 1:
            orders.update(asins)
            pairs.update((asin, other) for asin in asins for other in asins if other != asin)
    return orders, pairs


def loyalty(business: Business, account: Account, m: Marketplace, first: date, last: date, now: float) -> dict[str, Loyalty]:
    """Repeat purchases by ASIN."""
    found: dict[str, Loyalty] = {}
    for order in counted(business, account, m, first, last, now):
        shopper = derive(business.seed, "shopper", order.id) % _SHOPPERS
        sums: Counter[str] = Counter()
        loyal = 30
        for line in order.lines:
            sums[line.product.asin] += line.price
            loyal = max(loyal, _LOYAL.get(line.product.line, 30))
        again = derive(business.seed, "again", order.id) % 1000 < loyal
        for asin, revenue in sums.items():
            facts = found.setdefault(asin, Loyalty())
            facts.orders += 1
            facts.revenue += revenue
            if again or shopper in facts.shoppers:
                facts.repeat_shoppers.add(shopper)
                facts.repeat_revenue += revenue
            facts.shoppers.add(shopper)
    return found

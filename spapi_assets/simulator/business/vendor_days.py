"""The vendor's days in the shape of a seller's: orders and views of each product, and the baskets that the day's units came in.
Brand Analytics counts a brand's customers whoever sold to them; units and views are those of vendor.py and vendor_hours.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import Product, net_price
from .demand import LAUNCH
from .marketplaces import Marketplace, day_start
from .seeds import generator
from .traffic import DayFacts
from .vendor import ASSORTMENT
from .vendor_hours import glance_views, units_ordered

_TOGETHER = 0.13  # part of all units that are bought with another article


def vendor_days(
    business: Business, account: Account, m: Marketplace, first: date, last: date, now: float
) -> dict[date, DayFacts]:
    """Units, revenue and visits of the closed days; every unit is an order item of its own, every view a session."""
    days: dict[date, DayFacts] = {}
    day = max(first, LAUNCH)
    while day <= last and day_start(m.zone, day + timedelta(days=1)) <= now:
        facts = DayFacts()
        views = glance_views(business.seed, account, m, day, business.scale)
        for product, units in zip(ASSORTMENT, units_ordered(business.seed, account, m, day, business.scale), strict=True):
            of_product = facts.products[product.index]
            of_product.units = of_product.items = units
            of_product.sales = units * net_price(product, m, day.year)
            of_product.browser_sessions = of_product.browser_views = max(units, views[product])
        days[day] = facts
        day += timedelta(days=1)
    return days


def vendor_baskets(
    business: Business, account: Account, m: Marketplace, first: date, last: date, now: float
) -> Iterator[tuple[str, list[tuple[Product, int]]]]:
    """Every order of the closed days: its name, and products with what was paid for them (minor units)."""
    for day in vendor_days(business, account, m, first, last, now):
        counts = units_ordered(business.seed, account, m, day, business.scale)
        units = [product for product, count in zip(ASSORTMENT, counts, strict=True) for _ in range(count)]
        rng = generator(business.seed, "vendor baskets", account.index, m.code, day.toordinal())
        rng.shuffle(units)
        number = 0
        while units:
            size = 2 if rng.random() < _TOGETHER else 1
            basket, units = units[:size], units[size:]
            yield f"{m.code} {day} {number}", [(product, net_price(product, m, day.year)) for product in basket]
            number += 1

"""The vendor's customers by day and hour: views of the detail pages, and a day's orders and views spread over its hours.
Hours always add up to their day; what was ordered on the day is decided in vendor.py."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate

from .accounts import Account
from .catalog import Product, net_price
from .marketplaces import Marketplace, day_bounds
from .seeds import unit
from .vendor import ASSORTMENT, ordered

PROGRAMS = ("RETAIL", "BUSINESS")
_HOURS = (1, 1, 0.5, 0.4, 0.4, 0.7, 1.5, 2.5, 3.5, 4.2, 4.6, 4.8, 5, 4.8, 4.6, 4.6, 4.8, 5.2, 5.8, 6.6, 7.2, 6.6, 4.6, 2.4)


@dataclass(frozen=True, slots=True)
class Hour:
    """One product in one hour: units and revenue (minor units) ordered, views, and all units ordered since the day began."""

    units: int
    revenue: int
    views: int
    units_before: int


def units_ordered(seed: int, account: Account, marketplace: Marketplace, day: date, scale: float) -> tuple[int, ...]:
    """Units ordered on a local day by product of the assortment, in all selling programs."""
    found = [ordered(seed, account, marketplace.code, program, day, scale) for program in PROGRAMS]
    return tuple(sum(program[n][0] for program in found) for n in range(len(ASSORTMENT)))


def glance_views(seed: int, account: Account, marketplace: Marketplace, day: date, scale: float) -> dict[Product, int]:
    """Views of each product's detail page on a local day: people who look, of whom some five to fifteen in a hundred buy."""
    views = {}
    for product, units in zip(ASSORTMENT, units_ordered(seed, account, marketplace, day, scale), strict=True):
        conversion = 0.05 + 0.1 * ((product.index * 5) % 9) / 9
        draw = unit(seed, "glance views", marketplace.code, product.sku, day.toordinal())
        views[product] = round((units + 0.4) / conversion * (0.85 + 0.3 * draw))
    return views


def hour_facts(seed: int, account: Account, marketplace: Marketplace, start: datetime, scale: float) -> dict[Product, Hour]:
    """Facts of the hour that begins at an aware full hour."""
    instant = int(start.timestamp())
    day = start.astimezone(marketplace.tz).date()
    number = (instant - day_bounds(marketplace.zone, day)[0]) // 3600
    return _hours(seed, account, marketplace, day, scale)[number]


@lru_cache(maxsize=64)
def _hours(seed: int, account: Account, marketplace: Marketplace, day: date, scale: float) -> tuple[dict[Product, Hour], ...]:
    begin, end = day_bounds(marketplace.zone, day)
    starts = [datetime.fromtimestamp(begin + 3600 * n, marketplace.tz) for n in range((end - begin) // 3600)]
    weights = list(accumulate(_HOURS[start.hour] for start in starts))
    shares = [0.0, *(weight / weights[-1] for weight in weights)]
    shares[-1] = 1.0
    hours: list[dict[Product, Hour]] = [{} for _ in starts]
    units = units_ordered(seed, account, marketplace, day, scale)
    views = glance_views(seed, account, marketplace, day, scale)
    for product, sold in zip(ASSORTMENT, units, strict=True):
        price = net_price(product, marketplace, day.year)
        phase = unit(seed, "vendor hours", product.sku, day.toordinal())
        # Rounding the running sums, not the hours, keeps the day's total whatever the number of hours (23 and 25 included).
        sales = [math.floor(sold * share + phase) for share in shares]
        looks = [math.floor(views[product] * share + phase) for share in shares]
        for n, hour in enumerate(hours):
            count = sales[n + 1] - sales[n]
            hour[product] = Hour(count, count * price, looks[n + 1] - looks[n], sales[n])
    return tuple(hours)

"""Orders counted by intervals, as Amazon's sales dashboard shows them: units, order items, orders and their value.
Like the business reports it counts every order at its purchase, cancelled ones too, and prices without tax."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace, local_day


@dataclass(slots=True)
class Metrics:
    """Counts of one interval; `sales` in minor units."""

    units: int = 0
    items: int = 0
    orders: int = 0
    sales: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders and lines count; None means any."""

    business: bool | None = None
    amazon: bool | None = None
    asin: str | None = None
    sku: str | None = None


def count(
    business: Business, account: Account, m: Marketplace, bounds: Sequence[float], wanted: Filter, now: float
) -> list[Metrics]:
    """One Metrics for each interval between neighbouring bounds (epoch seconds, ascending), as known at `now`."""
    found = [Metrics() for _ in bounds[1:]]
    until = min(bounds[-1], now)
    for order in business.purchased_between(account, m, local_day(m.zone, bounds[0]), local_day(m.zone, until)):
        if not bounds[0] <= order.purchased < bounds[-1] or order.purchased > now:
            continue
        if wanted.business is not None and order.business != wanted.business:
            continue
        interval, counted = found[bisect_right(bounds, order.purchased) - 1], False
        for line in order.lines:
            product = line.product
            if wanted.amazon is not None and product.fba != wanted.amazon:
                continue
            if (wanted.asin and product.asin != wanted.asin) or (wanted.sku and product.sku != wanted.sku):
                continue
            interval.units += line.units
            interval.items += 1
            interval.sales += line.price
            counted = True
        interval.orders += counted
    return found

"""How old stock is and how fast it sells: what Amazon's planning and storage reports are made of.
Pickers take the newest units first, so the units that a stock never fell below for N days are at least N days old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS
from .demand import LAUNCH
from .marketplaces import Marketplace, day_start, local_day
from .shipments import shipped_orders

BOUNDS = (0, 31, 61, 91, 181, 211, 241, 271, 301, 331, 366, 456)  # first day of each age class; the last is open


def ages(business: Business, account: Account, pool: str, day: date) -> list[tuple[int, ...]]:
    """By product index: units on hand at the opening of a pool day in each age class of BOUNDS; they add up to the stock."""
    return business.remember(("ages", account.index, pool, day), lambda: _ages(business, account, pool, day))


def _ages(business: Business, account: Account, pool: str, day: date) -> list[tuple[int, ...]]:
    lowest = [max(0, units) for units in business.stock_day(account, pool, day).opening]
    at_least: list[list[int]] = []  # for each bound, the units that are older
    for days in range(BOUNDS[-1] + 1):
        when = day - timedelta(days=days)
        closing = business.stock_day(account, pool, when).closing if when >= LAUNCH else [0] * len(PRODUCTS)
        if days:
            lowest = [min(low, max(0, units)) for low, units in zip(lowest, closing, strict=True)]
        if days in BOUNDS:
            at_least.append(list(lowest))
    at_least.append([0] * len(PRODUCTS))
    return [tuple(older[p.index] - oldest[p.index] for older, oldest in pairwise(at_least)) for p in PRODUCTS]


def between(classes: Sequence[int], first: int, last: int | None = None) -> int:
    """Units of age first..last days; both must be bounds of age classes (`last` + 1), None means any older."""
    begin = BOUNDS.index(first)
    return sum(classes[begin : BOUNDS.index(last + 1) if last is not None else None])


@dataclass(slots=True)
class Sold:
    """Units and sales (minor units) of one product shipped in the last 7, 30, 60 and 90 days."""

    units: list[int]
    sales: list[int]


PERIODS = (7, 30, 60, 90)


def sold(business: Business, account: Account, m: Marketplace, now: float) -> list[Sold]:
    """By product index, what a marketplace shipped in the days before the local day of `now`."""
    day = local_day(m.zone, now)
    return business.remember(("sold", account.index, m.code, day), lambda: _sold(business, account, m, day))


def _sold(business: Business, account: Account, m: Marketplace, day: date) -> list[Sold]:
    found = [Sold([0] * 4, [0] * 4) for _ in PRODUCTS]
    end = day_start(m.zone, day)
    starts = [day_start(m.zone, day - timedelta(days=n)) for n in PERIODS]
    for order in shipped_orders(business, account, m, starts[-1], end):
        for line in order.lines:
            for n, start in enumerate(starts):
                if order.shipped >= start:
                    found[line.product.index].units[n] += line.units
                    found[line.product.index].sales[n] += line.price
    return found

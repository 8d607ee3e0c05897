"""How customers come from a search to a purchase: impressions, clicks, cart adds and purchases by ASIN and query, and by query.
Clicks are part of a day's sessions and purchases of its order items, so that search fits sales and traffic; days add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from .accounts import Account
from .business import Business
from .catalog import LINES, PRODUCTS, Product, list_price
from .marketplaces import Marketplace
from .queries import SHARES, queries, times_ours
from .seeds import unit
from .traffic import DayFacts, Facts, collect, total
from .vendor_days import vendor_days

_SEARCHED = 0.62  # part of all sessions that begin with a search
_CLICKS_PER_SEARCH = 0.45


@dataclass(slots=True)
class Funnel:
    """Counts of one ASIN, one query, or a pair of them; `sales` in minor units."""

    impressions: int = 0
    clicks: int = 0
    cart_adds: int = 0
    purchases: int = 0
    sales: int = 0

    def add(self, other: Funnel) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def times(self, factor: float) -> Funnel:
        """A larger crowd that buys a little less often."""
        return Funnel(
            round(self.impressions * factor),
            round(self.clicks * factor),
            round(self.cart_adds * factor * 0.95),
            round(self.purchases * factor * 0.85),
            round(self.sales * factor * 0.85),
        )


@dataclass(slots=True)
class SearchFacts:
    """A period: own goods by (ASIN, query), and every query as a whole."""

    own: dict[tuple[str, str], Funnel]
    whole: dict[str, Funnel]

    def of_asin(self, asin: str) -> Funnel:
        """An ASIN's funnel over all queries."""
        out = Funnel()
        for (found, _), funnel in self.own.items():
            if found == asin:
                out.add(funnel)
        return out

    def volume(self, query: str) -> int:
        """How many times customers searched for the query."""
        return math.ceil(self.whole[query].clicks / _CLICKS_PER_SEARCH)


def asins() -> dict[str, Product]:
    """Every child ASIN with its first product."""
    found: dict[str, Product] = {}
    for product in PRODUCTS:
        found.setdefault(product.asin, product)
    return found


def price_of(asin: str, marketplace: Marketplace, year: int) -> int:
    """The shelf price that customers see, in minor units."""
    return list_price(asins()[asin], marketplace, year)


def search_facts(business: Business, account: Account, m: Marketplace, first: date, last: date, now: float) -> SearchFacts:
    """Facts of the published days in first..last, as counted at `now`."""
    facts = SearchFacts({}, {})
    days = vendor_days if account.kind == "vendor" else collect
    for day, of_day in days(business, account, m, first, last, now).items():
        _add_day(facts, business.seed, m, day, of_day)
    return facts


def _add_day(facts: SearchFacts, seed: int, m: Marketplace, day: date, of_day: DayFacts) -> None:
    for line in LINES:
        words = queries(m.language, line)
        ours = {query: Funnel() for query in words}
        products = [p for p in PRODUCTS if p.line == line]
        for asin in dict.fromkeys(p.asin for p in products):
            day_total = total(of_day.products[p.index] for p in products if p.asin == asin)
            phase = unit(seed, "search", m.code, asin, day.toordinal())
            for query, funnel in zip(words, _split(_of_day(day_total, phase), day_total, phase), strict=True):
                facts.own.setdefault((asin, query), Funnel()).add(funnel)
                ours[query].add(funnel)
        for query, funnel in ours.items():
            facts.whole.setdefault(query, Funnel()).add(funnel.times(times_ours(query, m.code)))


def _of_day(f: Facts, draw: float) -> Funnel:
    """A whole ASIN's day in the search."""
    clicks = round(f.sessions * _SEARCHED)
    purchases = min(clicks, round(f.items * _SEARCHED))
    cart_adds = purchases + round((clicks - purchases) * (0.08 + 0.06 * draw))
    return Funnel(round(clicks * (11 + 6 * draw)), clicks, cart_adds, purchases)


def _split(whole: Funnel, f: Facts, phase: float) -> list[Funnel]:
    """The day by query. Each step is split apart from the one after it, so that nowhere more is bought than clicked."""
    purchases = _apportion(whole.purchases, phase)
    carts = _apportion(whole.cart_adds - whole.purchases, phase)
    clicks = _apportion(whole.clicks - whole.cart_adds, phase)
    looks = _apportion(whole.impressions - whole.clicks, phase)
    out = []
    for bought, put, clicked, seen in zip(purchases, carts, clicks, looks, strict=True):
        sales = round(f.sales * bought / f.items) if f.items else 0
        out.append(Funnel(seen + clicked + put + bought, clicked + put + bought, put + bought, bought, sales))
    return out


def _apportion(count: int, phase: float, shares: Sequence[float] = SHARES) -> list[int]:
    """Whole numbers in these shares that add up to the count."""
    bounds, sums = [math.floor(phase)], 0.0
    for share in shares:
        sums += share
        bounds.append(math.floor(count * min(sums, 1.0) + phase))
    bounds[-1] = count  # floor(count + phase), without the doubts of floating point
    return [after - before for before, after in pairwise(bounds)]

"""What Amazon Retail sells of Kestrel's goods in the US: the vendor group's side of the business, by day and ASIN.
Independent of the seller's stock; the same seasons and promotions move both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .accounts import Account
from .catalog import PRODUCTS, Product, net_price
from .demand import LAUNCH, rates
from .marketplaces import Marketplace, day_bounds
from .seeds import generator, poisson, unit

RETURNS_KNOWN_AFTER = 30 * 86_400
ASSORTMENT = tuple(p for p in PRODUCTS if p.fba and p.line in ("bottle", "headlamp", "drybag", "socks", "mug", "hammock"))
_PROGRAMS = {"RETAIL": 0.92, "BUSINESS": 0.08}


@dataclass(slots=True)
class VendorFacts:
    """Units and amounts (minor units) of one ASIN in one period."""

    ordered_units: int = 0
    ordered_revenue: int = 0
    shipped_units: int = 0
    shipped_revenue: int = 0
    shipped_cogs: int = 0
    returns: int = 0

    def add(self, other: VendorFacts) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def in_view(product: Product, view: str) -> bool:
    """MANUFACTURING covers all of the brand's ASINs; SOURCING only those that this vendor delivers to Amazon itself."""
    return view == "MANUFACTURING" or product.index % 4 != 1


@lru_cache(maxsize=20_000)
def ordered(seed: int, account: Account, code: str, program: str, day: date, scale: float) -> tuple[tuple[int, int], ...]:
    """(units ordered, of which shipped only the next day) by product of the assortment."""
    means = rates(seed, account.index, code, account.volume(code), day)
    rng = generator(seed, "vendor", account.index, code, program, day.toordinal())
    out = []
    for product in ASSORTMENT:
        units = poisson(rng, means[product.index] * _PROGRAMS[program] * scale)
        out.append((units, int(units * 0.5 * rng.random())))
    return tuple(out)


def day_facts(
    seed: int, account: Account, marketplace: Marketplace, program: str, day: date, scale: float, now: float
) -> dict[Product, VendorFacts]:
    """Facts of a day by product; customer returns are still being counted for 30 days."""
    if day < LAUNCH or program not in _PROGRAMS:
        return {}
    today = ordered(seed, account, marketplace.code, program, day, scale)
    before = ordered(seed, account, marketplace.code, program, day - timedelta(days=1), scale)
    age = now - day_bounds(marketplace.zone, day)[1]
    known = min(1.0, max(0.0, age / RETURNS_KNOWN_AFTER))
    facts = {}
    for product, (units, later), (_, carried) in zip(ASSORTMENT, today, before, strict=True):
        price = net_price(product, marketplace, day.year)
        shipped = units - later + carried
        draw = unit(seed, "vendor returns", program, product.sku, day.toordinal())
        returns = int(shipped * product.return_rate * 0.8 + draw)
        when = unit(seed, "vendor returns counted", program, product.sku, day.toordinal())
        facts[product] = VendorFacts(
            units, units * price, shipped, shipped * price, round(shipped * price * 0.58), int(returns * known + when * 0.99)
        )
    return facts

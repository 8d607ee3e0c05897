"""Coupons and promotions of the seller and the vendor group with what they brought, counted from the orders they touched.
Which promotions run, and which lines carry a coupon, is decided in demand.py and orders.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from .accounts import Account
from .baskets import counted
from .business import Business
from .catalog import PRODUCTS, Product
from .demand import LAUNCH, Promotion, calendar
from .marketplaces import Marketplace, day_start
from .seeds import derive, letters
from .traffic import collect
from .vendor import ASSORTMENT, day_facts
from .vendor_hours import PROGRAMS, glance_views

COUPON_PROMOTION = "PAWS-V2-COUPON5"  # what order lines with the coupon carry
COUPON_PERCENT = 5


@dataclass(slots=True)
class Result:
    """What a coupon or promotion brought; money in minor units. `products` maps products to (views, units, revenue)."""

    redemptions: int = 0
    units: int = 0
    revenue: int = 0
    discount: int = 0
    products: dict[Product, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon: a whole month, all goods."""

    id: str
    start: date
    end: date  # inclusive
    budget: int  # minor units


def coupons(account: Account, m: Marketplace, since: float, until: float) -> Iterator[Coupon]:
    """Coupons whose start lies in [since, until]."""
    month = LAUNCH
    while day_start(m.zone, month) <= until:
        following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
        if day_start(m.zone, month) >= since:
            draw = derive(0, "coupon", account.index, m.code, month.toordinal())
            budget = round((900 + draw % 1_200) * m.per_euro) * 10**m.digits
            yield Coupon("A" + letters(draw, 12), month, following - timedelta(days=1), budget)
        month = following


def coupon_result(business: Business, account: Account, m: Marketplace, coupon: Coupon, now: float) -> Result:
    """A seller's coupon as of `now`: every order line that carries it."""
    result = Result()
    for order in counted(business, account, m, coupon.start, coupon.end, now):
        for line in order.lines:
            if COUPON_PROMOTION in line.promotion_ids:
                result.redemptions += 1
                result.units += line.units
                result.discount += line.discount
                result.revenue += line.price - line.discount
    return result


def promotions_between(seed: int, m: Marketplace, since: float, until: float) -> list[Promotion]:
    """Promotions whose start lies in [since, until], oldest first."""
    years = range(max(LAUNCH.year, int(1969 + since / 31_556_952)), int(1971 + until / 31_556_952) + 1)
    found = [p for year in years for p in calendar(seed, year) if p.start >= LAUNCH]
    return sorted((p for p in found if since <= day_start(m.zone, p.start) <= until), key=lambda p: (p.start, p.id))


def promotion_result(business: Business, account: Account, m: Marketplace, promotion: Promotion, now: float) -> Result:
    """A seller's promotion as of `now`: views of its goods while it ran, and the order lines that carry it."""
    result = Result(products={p: [0, 0, 0] for p in PRODUCTS if promotion.covers(p.line)})
    for facts in collect(business, account, m, promotion.start, promotion.end, now).values():
        for product, sums in result.products.items():
            sums[0] += facts.products[product.index].views
    for order in counted(business, account, m, promotion.start, promotion.end, now):
        for line in order.lines:
            if promotion.id in line.promotion_ids:
                sums = result.products[line.product]
                sums[1] += line.units
                sums[2] += line.price - line.discount
                result.discount += line.discount
    return _summed(result)


def vendor_promotion_result(business: Business, account: Account, m: Marketplace, promotion: Promotion, now: float) -> Result:
    """The vendor's part of a promotion: a fixed share of what customers ordered of its goods while it ran."""
    result = Result(products={p: [0, 0, 0] for p in ASSORTMENT if promotion.covers(p.line)})
    _add_vendor_days(business, account, m, (promotion.start, promotion.end), now, result.products, share=0.75)
    _summed(result)
    result.discount = round(result.revenue * promotion.discount)
    return result


def vendor_coupon_result(business: Business, account: Account, m: Marketplace, coupon: Coupon, now: float) -> Result:
    """The vendor's coupon: few of all units that customers ordered in its month."""
    result = Result(products={p: [0, 0, 0] for p in ASSORTMENT})
    _add_vendor_days(business, account, m, (coupon.start, coupon.end), now, result.products, share=0.04)
    _summed(result)
    result.redemptions = result.units
    result.discount = round(result.revenue * COUPON_PERCENT / 100)
    return result


def _add_vendor_days(
    business: Business,
    account: Account,
    m: Marketplace,
    dates: tuple[date, date],
    now: float,
    products: dict[Product, list[int]],
    share: float,
) -> None:
    """Add views, and this share of units and revenue, of the closed days to the products."""
    day = dates[0]
    while day <= dates[1] and day_start(m.zone, day + timedelta(days=1)) <= now:
        views = glance_views(business.seed, account, m, day, business.scale)
        for program in PROGRAMS:
            for product, f in day_facts(business.seed, account, m, program, day, business.scale, now).items():
                if product in products and f.ordered_units:
                    units = round(f.ordered_units * share)
                    products[product][1] += units
                    products[product][2] += f.ordered_revenue * units // f.ordered_units
        for product, sums in products.items():
            sums[0] += views[product]
        day += timedelta(days=1)


def _summed(result: Result) -> Result:
    result.units = sum(units for _, units, _ in result.products.values())
    result.revenue = sum(revenue for _, _, revenue in result.products.values())
    return result

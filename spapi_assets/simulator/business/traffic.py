"""Sales and traffic of a seller by marketplace-local day and product, as Amazon's analytics would count them at an instant.
Orders are the only source of sales; sessions follow demand, so that conversion, stock-outs and lost buy boxes fit together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS
from .demand import LAUNCH, rates
from .marketplaces import Marketplace, day_bounds, local_day
from .orders import MAX_OPEN_DAYS, MAX_REFUND_DAYS
from .seeds import generator

PUBLISHED_AFTER = 12 * 3_600  # seconds after the local day closes
FINAL_AFTER = 14 * 86_400  # until then orders are still attributed and sessions still counted


@dataclass(slots=True)
class Facts:
    """Sales and traffic of one product, or of a sum of products and days. `sales` in minor units."""

    units: int = 0
    sales: int = 0
    items: int = 0
    units_b2b: int = 0
    sales_b2b: int = 0
    items_b2b: int = 0
    browser_sessions: int = 0
    app_sessions: int = 0
    browser_views: int = 0
    app_views: int = 0
    browser_sessions_b2b: int = 0
    app_sessions_b2b: int = 0
    browser_views_b2b: int = 0
    app_views_b2b: int = 0
    buy_box_views: float = 0.0  # page views on which the offer was the featured one
    buy_box_views_b2b: float = 0.0

    def add(self, other: Facts) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def sessions(self) -> int:
        return self.browser_sessions + self.app_sessions

    @property
    def views(self) -> int:
        return self.browser_views + self.app_views

    @property
    def sessions_b2b(self) -> int:
        return self.browser_sessions_b2b + self.app_sessions_b2b

    @property
    def views_b2b(self) -> int:
        return self.browser_views_b2b + self.app_views_b2b


@dataclass(slots=True)
class DayFacts:
    """One marketplace-local day."""

    products: list[Facts] = field(default_factory=lambda: [Facts() for _ in PRODUCTS])
    refunded_units: int = 0
    shipped_sales: int = 0
    shipped_units: int = 0
    shipped_orders: int = 0


def total(facts: Iterable[Facts]) -> Facts:
    """The sum of facts."""
    out = Facts()
    for f in facts:
        out.add(f)
    return out


def published(marketplace: Marketplace, day: date, now: float) -> bool:
    """Whether the day can be had at all: half a day after it closed."""
    return day_bounds(marketplace.zone, day)[1] + PUBLISHED_AFTER <= now


def collect(
    business: Business, account: Account, marketplace: Marketplace, first: date, last: date, now: float
) -> dict[date, DayFacts]:
    """Facts of the published days in first..last, as counted at `now`."""
    days: dict[date, DayFacts] = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day >= LAUNCH and published(marketplace, day, now):
            days[day] = DayFacts()
    if not days:
        return days
    zone = marketplace.zone
    begin, end = day_bounds(zone, min(days))[0], day_bounds(zone, max(days))[1]
    earliest = max(LAUNCH, min(days) - timedelta(days=MAX_REFUND_DAYS + MAX_OPEN_DAYS))
    for order in business.purchased_between(account, marketplace, earliest, max(days)):
        if order.shipped and begin <= order.shipped < end and order.shipped <= now:
            shipping = days[local_day(zone, order.shipped)]
            shipping.shipped_orders += 1
            shipping.shipped_units += sum(line.units for line in order.lines)
            shipping.shipped_sales += sum(line.price for line in order.lines)
        # A cancelled order stays counted: Seller Central says that business reports include cancelled orders.
        counted = begin <= order.purchased and order.attributed <= now
        bought = days[local_day(zone, order.purchased)] if counted else None
        for line in order.lines:
            if line.refund_at and begin <= line.refund_at < end and line.refund_at <= now:
                days[local_day(zone, line.refund_at)].refunded_units += line.refund_units
            if bought is not None:
                facts = bought.products[line.product.index]
                facts.units += line.units
                facts.sales += line.price
                facts.items += 1
                if order.business:
                    facts.units_b2b += line.units
                    facts.sales_b2b += line.price
                    facts.items_b2b += 1
    for day, facts_of_day in days.items():
        _traffic(business, account, marketplace, day, facts_of_day, now)
    return days


def _traffic(
    business: Business, account: Account, marketplace: Marketplace, day: date, facts_of_day: DayFacts, now: float
) -> None:
    """Sessions, views and buy box. Sessions are a little low until the day is final, as Amazon restates them."""
    rng = generator(business.seed, "traffic", account.index, marketplace.code, day.toordinal())
    begin, end = day_bounds(marketplace.zone, day)
    means = rates(business.seed, account.index, marketplace.code, account.volume(marketplace.code), day)
    stock = business.stock_day(account, marketplace.pool, day)
    sold = [0] * len(PRODUCTS)
    for order in business.orders(account, marketplace, day):
        for line in order.lines:
            sold[line.product.index] += 1
    age = now - end
    known = 1.0 if age >= FINAL_AFTER else 0.965 + 0.03 * age / FINAL_AFTER
    for product, mean in zip(PRODUCTS, means, strict=True):
        conversion = 0.07 + 0.09 * ((product.index * 7) % 11) / 11
        noise, app, browser_depth, app_depth, held = (rng.random() for _ in range(5))
        gone = (end - stock.sold_out_at[product.index]) / (end - begin) if product.index in stock.sold_out_at else 0.0
        wanted = mean * business.scale * 1.2 / conversion * (0.8 + 0.4 * noise) * (1 - 0.35 * gone)
        sessions = max(round(wanted), sold[product.index])
        sessions = max(round(sessions * known), facts_of_day.products[product.index].items)
        facts = facts_of_day.products[product.index]
        facts.app_sessions = round(sessions * (0.52 + 0.16 * app))
        facts.browser_sessions = sessions - facts.app_sessions
        facts.browser_views = round(facts.browser_sessions * (1.2 + 0.3 * browser_depth))
        facts.app_views = round(facts.app_sessions * (1.15 + 0.25 * app_depth))
        share = (0.62 + 0.2 * held) if product.line == "rope" else (0.94 + 0.06 * held) if product.fba else (0.8 + 0.15 * held)
        facts.buy_box_views = facts.views * share * (1 - gone)
        # Business customers are some of these visitors, mostly at a desk; never fewer sessions than their order items.
        business_sessions = min(sessions, max(round(sessions * (0.03 + 0.05 * rng.random())), facts.items_b2b))
        facts.browser_sessions_b2b = min(facts.browser_sessions, business_sessions)
        facts.app_sessions_b2b = business_sessions - facts.browser_sessions_b2b
        facts.browser_views_b2b = min(facts.browser_views, round(facts.browser_sessions_b2b * 1.3))
        facts.app_views_b2b = min(facts.app_views, round(facts.app_sessions_b2b * 1.2))
        facts.buy_box_views_b2b = facts.views_b2b * share * (1 - gone)

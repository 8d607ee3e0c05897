"""What was shipped and refunded of each product on a marketplace-local day, for all customers and for businesses among them.
The day's sums are those of traffic.py, which knows no products here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS, fulfilment_fee
from .demand import LAUNCH
from .marketplaces import Marketplace, day_bounds, local_day
from .orders import MAX_OPEN_DAYS, MAX_REFUND_DAYS, Line
from .settlements import commission
from .traffic import published


@dataclass(slots=True)
class Moved:
    """One product, or a sum of products and days. Money in minor units; `orders` are the ids of those that were shipped."""

    units: int = 0
    sales: int = 0
    orders: set[str] = field(default_factory=set)
    refunded_units: int = 0
    refunded_sales: int = 0
    commission: int = 0  # what Amazon keeps of it, less what it gives back with refunds
    refund_fee: int = 0
    fulfilment: int = 0

    def add(self, other: Moved) -> None:
        for name in self.__slots__:
            if name == "orders":
                self.orders |= other.orders
            else:
                setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Handled:
    """One marketplace-local day, by product index; `business` is the part of business customers."""

    everyone: list[Moved] = field(default_factory=lambda: [Moved() for _ in PRODUCTS])
    business: list[Moved] = field(default_factory=lambda: [Moved() for _ in PRODUCTS])


def summed(parts: Iterable[Moved]) -> Moved:
    """The sum of parts; an order of several products counts once."""
    out = Moved()
    for part in parts:
        out.add(part)
    return out


def handled(business: Business, account: Account, m: Marketplace, first: date, last: date, now: float) -> dict[date, Handled]:
    """The published days in first..last, as known at `now`."""
    days = {
        day: Handled()
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        if day >= LAUNCH and published(m, day, now)
    }
    if not days:
        return days
    begin, end = day_bounds(m.zone, min(days))[0], day_bounds(m.zone, max(days))[1]
    earliest = max(LAUNCH, min(days) - timedelta(days=MAX_REFUND_DAYS + MAX_OPEN_DAYS))
    for order in business.purchased_between(account, m, earliest, max(days)):
        for line in order.lines:
            index = line.product.index
            if order.shipped and begin <= order.shipped < end and order.shipped <= now:
                day = days[local_day(m.zone, order.shipped)]
                for moved in (day.everyone[index], day.business[index])[: 2 if order.business else 1]:
                    _ship(moved, order.id, line, m)
            if line.refund_at and begin <= line.refund_at < end and line.refund_at <= now:
                day = days[local_day(m.zone, line.refund_at)]
                for moved in (day.everyone[index], day.business[index])[: 2 if order.business else 1]:
                    _refund(moved, line)
    return days


def _ship(moved: Moved, order_id: str, line: Line, m: Marketplace) -> None:
    moved.units += line.units
    moved.sales += line.price
    moved.orders.add(order_id)
    moved.commission += commission(line)
    moved.fulfilment += fulfilment_fee(line.product, m) * line.units if line.product.fba else 0


def _refund(moved: Moved, line: Line) -> None:
    fee = line.refunded(commission(line))
    moved.refunded_units += line.refund_units
    moved.refunded_sales += line.refunded(line.price)
    moved.commission -= fee
    moved.refund_fee += round(fee * 0.2)

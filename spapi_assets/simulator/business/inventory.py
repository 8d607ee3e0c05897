"""FBA inventory of a stock pool at an instant, and daily movements: opening + received + released + returned - sold = closing.
Simulation is in stock.py; this only reads it and adds what orders know (reserved units, returns)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS, Product
from .marketplaces import day_start, local_day
from .orders import MAX_OPEN_DAYS, MAX_REFUND_DAYS, Order
from .stock import CYCLE, cycle_of, cycle_start

_RETURN_DAYS = MAX_REFUND_DAYS + MAX_OPEN_DAYS


@dataclass(frozen=True)
class Position:
    """Units of one product at an instant. Warehouse = fulfillable + reserved + unsellable + researching."""

    product: Product
    fulfillable: int
    reserved: int
    unsellable: int
    researching: int
    inbound_working: int
    inbound_shipped: int
    inbound_receiving: int

    @property
    def warehouse(self) -> int:
        return self.fulfillable + self.reserved + self.unsellable + self.researching

    @property
    def total(self) -> int:
        return self.warehouse + self.inbound_working + self.inbound_shipped + self.inbound_receiving


@dataclass(frozen=True)
class Movement:
    """One product's stock day in units. `received` is negative when a stock review removes a surplus."""

    opening: int
    received: int
    released: int
    returned: int
    sold: int
    closing: int


def movement(business: Business, account: Account, pool: str, product: Product, day: date) -> Movement:
    """What moved of one product on a pool day. Returned units are graded, and become sellable, on the first day of a cycle."""
    return movements(business, account, pool, day)[product.index]


def movements(business: Business, account: Account, pool: str, day: date) -> list[Movement]:
    """What moved on a pool day, by product index."""
    return business.remember(
        ("movements", account.index, pool, day), lambda: _movements(business, account, pool, day), lambda _: len(PRODUCTS)
    )


def _movements(business: Business, account: Account, pool: str, day: date) -> list[Movement]:
    today = business.stock_day(account, pool, day)
    opening = business.stock_day(account, pool, day - timedelta(days=1)).closing
    released, returned, received = today.released, [0] * len(PRODUCTS), today.received
    if day == cycle_start(cycle_of(day)):
        released = _released_over_the_boundary(business, account, pool, day)
        returned = [sellable for sellable, _ in _returns(business, account, pool, day_start(_zone(business, account, pool), day))]
        # What arrives brings the stock to the cycle's level; a surplus is taken away.
        received = [t - o - r - b for t, o, r, b in zip(today.opening, opening, released, returned, strict=True)]
    columns = (opening, received, released, returned, today.ordered, today.closing)
    return [Movement(*row) for row in zip(*columns, strict=True)]


def positions(business: Business, account: Account, pool: str, now: float) -> list[Position]:
    """The pool's FBA products at an instant."""
    zone = _zone(business, account, pool)
    day = local_day(zone, now)
    today = business.stock_day(account, pool, day)
    fulfillable = list(today.opening)
    reserved = [0] * len(PRODUCTS)
    for m in business.pool(account, pool):
        for order in business.purchased_between(account, m, day - timedelta(days=MAX_OPEN_DAYS), day):
            if order.purchased > now:
                continue
            for line in order.lines:
                n = line.product.index
                if order.purchased >= day_start(zone, day):
                    fulfillable[n] -= line.units
                if (order.shipped or _released_at(zone, order)) > now:
                    reserved[n] += line.units
    returns = _returns(business, account, pool, now)
    result = []
    for product in PRODUCTS:
        if product.fba:
            n = product.index
            inbound = _inbound(business, account, pool, product, day, fulfillable[n])
            result.append(Position(product, fulfillable[n], reserved[n], returns[n][1], returns[n][0], *inbound))
    return result


def changed_at(business: Business, account: Account, pool: str, now: float) -> list[float]:
    """By product index, when a quantity last changed: the stock review that began the cycle, a delivery, an order's purchase,
    shipment or release, a return. Units on their way do not count, as Amazon's do not."""
    day = local_day(_zone(business, account, pool), now)
    events = business.remember(
        ("stock changes", account.index, pool, day), lambda: _changes(business, account, pool, day), lambda e: sum(map(len, e))
    )
    return [instants[bisect_right(instants, now) - 1] for instants in events]


def _changes(business: Business, account: Account, pool: str, day: date) -> list[list[float]]:
    """By product index, the instants of the cycle at which a quantity changes, those of orders up to `day`; oldest first."""
    zone = _zone(business, account, pool)
    first = cycle_start(cycle_of(day))
    start = float(day_start(zone, first))
    found = [{start} for _ in PRODUCTS]
    for when, units in business.cycle(account, pool, cycle_of(day)).deliveries.items():
        for index in [i for i, count in enumerate(units) if count]:
            found[index].add(float(day_start(zone, when)))
    for m in business.pool(account, pool):
        for order in business.purchased_between(account, m, first - timedelta(days=_RETURN_DAYS), day):
            released = _released_at(zone, order) if order.cancelled else 0
            for line in order.lines:
                events = (order.purchased, order.shipped, released, line.refund_at)
                found[line.product.index].update(float(e) for e in events if e > start)
    return [sorted(instants) for instants in found]


def ordered_units(business: Business, account: Account, pool: str, now: float) -> dict[str, int]:
    """Units of orders that wait for their shipment, by SKU; the other reserved units are being put back."""
    found: dict[str, int] = {}
    for m in business.pool(account, pool):
        day = local_day(m.zone, now)
        for order in business.purchased_between(account, m, day - timedelta(days=MAX_OPEN_DAYS), day):
            if order.purchased <= now and order.shipped > now:
                for line in order.lines:
                    found[line.product.sku] = found.get(line.product.sku, 0) + line.units
    return found


def _zone(business: Business, account: Account, pool: str) -> str:
    return business.pool(account, pool)[0].zone


def _returns(business: Business, account: Account, pool: str, now: float) -> list[tuple[int, int]]:
    """Per product: returned units (sellable, unsellable) that arrived since the last stock review before `now`."""
    zone = _zone(business, account, pool)
    last = local_day(zone, now - 1)
    since = day_start(zone, cycle_start(cycle_of(last)))
    counts = [[0, 0] for _ in PRODUCTS]
    for m in business.pool(account, pool):
        for order in business.purchased_between(account, m, local_day(zone, since) - timedelta(days=_RETURN_DAYS), last):
            for line in order.lines:
                if line.refund_at and since <= line.refund_at < now:
                    counts[line.product.index][0 if line.sellable_return else 1] += line.refund_units
    return [(a, b) for a, b in counts]


def _released_at(zone: str, order: Order) -> int:
    """When a cancelled order's units are sellable again: at the next midnight, or at a stock review that comes before it."""
    review = day_start(zone, cycle_start(cycle_of(local_day(zone, order.cancelled))))
    if order.purchased < review:
        return review
    return day_start(zone, local_day(zone, order.cancelled) + timedelta(days=1))


def _released_over_the_boundary(business: Business, account: Account, pool: str, day: date) -> list[int]:
    """Units of cancelled orders of the cycle before that become sellable again on a cycle's first day."""
    zone = _zone(business, account, pool)
    midnight = day_start(zone, day)
    units = [0] * len(PRODUCTS)
    for m in business.pool(account, pool):
        for order in business.purchased_between(account, m, day - timedelta(days=2), day - timedelta(days=1)):
            if order.cancelled and _released_at(zone, order) == midnight:
                for line in order.lines:
                    units[line.product.index] += line.units
    return units


def _inbound(business: Business, account: Account, pool: str, product: Product, day: date, have: int) -> tuple[int, int, int]:
    """Units on their way: (working, shipped, receiving), announced ten days before delivery and at the dock the day before."""
    working = shipped = receiving = 0
    cycle = business.cycle(account, pool, cycle_of(day))
    following = cycle_start(cycle_of(day)) + timedelta(days=CYCLE)
    deliveries = {when: units[product.index] for when, units in cycle.deliveries.items() if when > day}
    if (following - day).days <= 10:
        deliveries[following] = max(0, business.cycle(account, pool, cycle_of(following)).level[product.index] - max(0, have))
    for when, units in deliveries.items():
        ahead = (when - day).days
        if ahead == 1:
            receiving += units
        elif ahead <= 6:
            shipped += units
        elif ahead <= 10:
            working += units
    return working, shipped, receiving

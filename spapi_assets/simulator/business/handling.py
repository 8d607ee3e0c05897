"""What happens where goods come in: deliveries, units that Amazon damages there and pays for, and free replacements.
Damage and replacements are booked on the day of a delivery that was larger by as much: snapshots know nothing of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS, Product
from .inventory import movements
from .marketplaces import Marketplace, day_start, local_day
from .orders import Line, Order, order_id
from .seeds import derive, letters, unit
from .settlements import Credit, credits_for_damage, period, periods
from .shipments import shipped_orders
from .stock import CYCLE, cycle_of, cycle_start

_ARRIVES = 5 * 3_600  # seconds after local midnight
_PAID_AFTER = 5  # days at least from damage to reimbursement
_REPLACES = ("US", "CA", "MX", "IN")  # where a customer may choose a replacement instead of a refund


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units of one product received on a day, those included that were damaged or sent out as replacements."""

    product: Product
    at: int
    units: int
    damaged: int
    reference: str  # the inbound shipment's id


@dataclass(frozen=True, slots=True)
class Replacement:
    """A free unit sent instead of one that a customer complained of."""

    original: Order
    line: Line
    at: int
    units: int
    order_id: str
    shipment_id: str
    reason: int


def delivery_days(business: Business, account: Account, pool: str, number: int) -> list[date]:
    """The days of a cycle on which goods may arrive, oldest first; the first one also sees the stock review."""
    return sorted({cycle_start(number), *business.cycle(account, pool, number).deliveries})


def net_received(business: Business, account: Account, pool: str, day: date) -> list[int]:
    """By product index: units that came in, less those that a stock review took away."""
    return [m.received for m in movements(business, account, pool, day)]


def inbound_id(business: Business, account: Account, pool: str, day: date) -> str:
    """The id of the inbound shipment that arrives on the day."""
    return f"FBA{letters(derive(business.seed, 'inbound', account.index, pool, day.toordinal()), 9)}"


def deliveries(business: Business, account: Account, pool: str, number: int) -> Iterator[Delivery]:
    """What is received in a cycle."""
    zone = business.pool(account, pool)[0].zone
    for day in delivery_days(business, account, pool, number):
        extra = extras(business, account, pool, day)
        damage = Counter(
            c.product for c in damaged(business, account, pool, number) if damaged_on(business, account, pool, c) == day
        )
        for product, net in zip(PRODUCTS, net_received(business, account, pool, day), strict=True):
            received = max(0, net + extra[product])
            if received or damage[product]:
                at = day_start(zone, day) + _ARRIVES
                yield Delivery(product, at, received, damage[product], inbound_id(business, account, pool, day))


def extras(business: Business, account: Account, pool: str, day: date) -> Counter[Product]:
    """Units beyond the net change of stock on a delivery day: damaged at once, or sent out as replacements."""
    number = cycle_of(day)
    found = Counter(c.product for c in damaged(business, account, pool, number) if damaged_on(business, account, pool, c) == day)
    for m in business.pool(account, pool):
        for replacement in replacements(business, account, m, number):
            if local_day(m.zone, replacement.at) == day:
                found[replacement.line.product] += replacement.units
    return found


def damaged(business: Business, account: Account, pool: str, number: int) -> list[Credit]:
    """Credits of all marketplaces for units that were damaged in the cycle."""

    def make() -> list[Credit]:
        start = day_start("UTC", cycle_start(number))
        found = []
        for m in business.pool(account, pool):
            last = period(business, account, m, 0)
            until = start + (2 * CYCLE + _PAID_AFTER + 2) * 86_400 + (last.created - last.start)
            for p in periods(business, account, m, start, until):
                credits = credits_for_damage(business, p)
                found += [c for c in credits if cycle_of(damaged_on(business, account, pool, c)) == number]
        return found

    return business.remember(("damaged", account.index, pool, number), make, len)


def damaged_on(business: Business, account: Account, pool: str, credit: Credit) -> date:
    """The delivery day on which a credited unit was damaged: the latest one well before the credit."""
    zone = business.pool(account, pool)[0].zone
    latest = local_day(zone, credit.posted) - timedelta(days=_PAID_AFTER)
    plan = business.cycle(account, pool, cycle_of(latest)).deliveries
    days = [day for day, units in plan.items() if day <= latest and units[credit.product.index]]
    return max(days, default=cycle_start(cycle_of(latest)))


def replacements(business: Business, account: Account, m: Marketplace, number: int) -> list[Replacement]:
    """Replacements sent in a cycle. They exist in North America and India only, as does their report."""
    if m.code not in _REPLACES:
        return []
    return business.remember(
        ("replacements", account.index, m.code, number), lambda: _replacements(business, account, m, number), len
    )


def _replacements(business: Business, account: Account, m: Marketplace, number: int) -> list[Replacement]:
    found: list[Replacement] = []
    for day in delivery_days(business, account, m.pool, number):
        received = net_received(business, account, m.pool, day)
        midnight = day_start(m.zone, day)
        seen = set()
        for order in shipped_orders(business, account, m, midnight - 21 * 86_400, midnight - 4 * 86_400):
            for line in order.lines:
                product = line.product
                key = (order.id, line.item_code)
                if (
                    received[product.index] <= 0
                    or product in seen
                    or line.refund_at
                    or unit(business.seed, "replaced", *key) > 0.02
                ):
                    continue
                seen.add(product)
                draw = derive(business.seed, "replacement", *key)
                id_ = order_id(business.seed, account, m, day, 90_000 + len(found))
                found.append(
                    Replacement(order, line, midnight + 43_200 + draw % 20_000, 1, id_, f"D{letters(draw, 9)}", draw % 9)
                )
    return found

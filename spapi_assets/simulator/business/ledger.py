"""Every unit that moves in Amazon's warehouses: receipts, transfers, shipments, returns, damage, removals, day by day and centre.
Sellable units at a day's end are the snapshots' fulfillable, reserved and researched ones; defective ones are the unsellable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS, Product
from .centres import Centre, dock, home
from .handling import deliveries, replacements
from .inventory import positions
from .marketplaces import day_start, local_day
from .removals import defective, surplus
from .retired import RETIRED, units
from .returns import returned
from .seeds import derive, unit
from .shipments import parcel, shipped_orders
from .stock import CYCLE, cycle_of, cycle_start

PUBLISHED_AFTER = 6 * 3_600  # seconds after the local day closes

RECEIPT, SHIPMENT, RETURN, REMOVAL = "Receipts", "Shipments", "CustomerReturns", "VendorReturns"
TRANSFER, ADJUSTMENT = "WhseTransfers", "Adjustments"
SELLABLE, DEFECTIVE, DAMAGED = "SELLABLE", "DEFECTIVE", "WAREHOUSE_DAMAGED"


class Event(NamedTuple):
    """One movement. `reason` tells adjustments apart: M missing, F found, E damaged, D disposed of."""

    at: int
    kind: str
    product: Product
    disposition: str
    centre: Centre
    quantity: int
    reference: str
    reason: str = ""


Place = tuple[Product, str, Centre]  # product, disposition, centre
Balances = dict[Place, int]


@dataclass(frozen=True)
class LedgerDay:
    """A pool day: `opening` + the events' quantities = `closing`, for every product, disposition and centre."""

    day: date
    opening: Balances
    events: tuple[Event, ...]
    closing: Balances


def days(business: Business, account: Account, pool: str, first: date, last: date) -> Iterator[LedgerDay]:
    """The days first..last of a pool's ledger."""
    for number in range(cycle_of(first), cycle_of(last) + 1):
        yield from (d for d in cycle(business, account, pool, number) if first <= d.day <= last)


def published(zone: str, day: date, now: float) -> bool:
    """Whether a day is in the ledger yet."""
    return day_start(zone, day + timedelta(days=1)) + PUBLISHED_AFTER <= now


def cycle(business: Business, account: Account, pool: str, number: int) -> list[LedgerDay]:
    """The 28 days of a replenishment cycle; simulated once, cheap for any date."""
    return business.remember(
        ("ledger", account.index, pool, number),
        lambda: _cycle(business, account, pool, number),
        lambda found: sum(len(day.events) + len(day.closing) for day in found),
    )


def _cycle(business: Business, account: Account, pool: str, number: int) -> list[LedgerDay]:
    zone = business.pool(account, pool)[0].zone
    first = cycle_start(number)
    starts = [day_start(zone, first + timedelta(days=n)) for n in range(CYCLE + 1)]
    by_day: dict[date, list[Event]] = defaultdict(list)
    for event in _events(business, account, pool, number, starts[0], starts[-1]):
        by_day[local_day(zone, event.at)].append(event)
    balances: Balances = {(p, SELLABLE, home(pool, p)): units(business, account, pool, p) for p in RETIRED}
    for position in positions(business, account, pool, starts[0] - 0.5):
        p = position.product
        balances[p, SELLABLE, home(pool, p)] = position.fulfillable + position.reserved + position.researching
        balances[p, DEFECTIVE, home(pool, p)] = position.unsellable
    found = []
    for start, _ in pairwise(starts):
        day = local_day(zone, start)
        events = tuple(sorted(by_day[day], key=lambda e: e.at))
        closing: Balances = defaultdict(int, balances)
        for e in events:
            closing[e.product, e.disposition, e.centre] += e.quantity
        found.append(LedgerDay(day, balances, events, dict(closing)))
        balances = {place: quantity for place, quantity in closing.items() if quantity}
    return found


def _events(business: Business, account: Account, pool: str, number: int, begin: int, end: int) -> Iterator[Event]:
    for delivery in deliveries(business, account, pool, number):
        yield from _delivered(pool, delivery.product, delivery.at, delivery.units, delivery.damaged, delivery.reference)
    for removal in surplus(business, account, pool, number):
        yield Event(
            removal.shipped, REMOVAL, removal.product, SELLABLE, home(pool, removal.product), -removal.units, removal.order_id
        )
    for removal in defective(business, account, pool, number):
        place = home(pool, removal.product)
        yield Event(removal.shipped, ADJUSTMENT, removal.product, DEFECTIVE, place, -removal.units, removal.order_id, "D")
    for m in business.pool(account, pool):
        for order in shipped_orders(business, account, m, begin, end):
            for line in order.lines:
                if line.product.fba:
                    p = parcel(business.seed, order, line)
                    yield Event(order.shipped, SHIPMENT, line.product, SELLABLE, p.centre, -line.units, p.shipment_id)
        for back in returned(business, account, m, begin, end):
            line = back.line
            if line.product.fba:
                for n in range(line.refund_units):
                    yield Event(
                        line.refund_at, RETURN, line.product, back.disposition, home(pool, line.product), 1, back.plate(n)
                    )
        for replacement in replacements(business, account, m, number):
            line = replacement.line
            place = home(pool, line.product)
            yield Event(replacement.at, SHIPMENT, line.product, SELLABLE, place, -replacement.units, replacement.shipment_id)
    yield from _misplaced(business, account, pool, number, begin)


def _delivered(pool: str, product: Product, at: int, quantity: int, damaged: int, reference: str) -> Iterator[Event]:
    """A delivery at the dock: damaged units are thrown away there, the rest goes to the product's home on the same day."""
    place, target = dock(pool), home(pool, product)
    if quantity:
        yield Event(at, RECEIPT, product, SELLABLE, place, quantity, reference)
    if damaged:
        # Damage is found where the units are: at the dock, or at home when no delivery came that could hold them.
        where = place if quantity >= damaged else target
        id_ = str(derive(0, "damage", reference, product.sku) % 10**12)
        yield Event(at + 3_600, ADJUSTMENT, product, SELLABLE, where, -damaged, id_, "E")
        yield Event(at + 3_600, ADJUSTMENT, product, DAMAGED, where, damaged, id_, "E")
        yield Event(at + 7_200, ADJUSTMENT, product, DAMAGED, where, -damaged, id_, "D")
    moved = quantity - damaged if quantity >= damaged else quantity
    if moved and place != target:
        id_ = f"TRF{derive(0, 'transfer', reference, product.sku) % 10**10:010d}"
        yield Event(at + 10_800, TRANSFER, product, SELLABLE, place, -moved, id_)
        yield Event(at + 18_000, TRANSFER, product, SELLABLE, target, moved, id_)


def _misplaced(business: Business, account: Account, pool: str, number: int, begin: int) -> Iterator[Event]:
    """Units that are missed in the morning and found in the afternoon."""
    for product in PRODUCTS:
        key = (account.index, pool, product.sku, number)
        if product.fba and unit(business.seed, "misplaced", *key) < 0.25:
            draw = derive(business.seed, "misplaced at", *key)
            at = begin + draw % CYCLE * 86_400 + 28_800
            quantity, id_, place = 1 + draw // 100 % 2, str(draw % 10**12), home(pool, product)
            yield Event(at, ADJUSTMENT, product, SELLABLE, place, -quantity, id_, "M")
            yield Event(at + 21_600, ADJUSTMENT, product, SELLABLE, place, quantity, str((draw + 1) % 10**12), "F")

"""Removal orders: what a stock review sends back to the seller, and returned units past saving that are disposed of.
Both happen on the first day of a replenishment cycle; the review itself is in stock.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS, Product
from .handling import extras, net_received
from .inventory import positions
from .marketplaces import day_start
from .seeds import derive, letters
from .stock import cycle_start

REQUESTED, SHIPPED = 3 * 3_600, 15 * 3_600  # seconds after local midnight


@dataclass(frozen=True, slots=True)
class Removal:
    """One product of a removal order. `fee` is for a unit, in euro cents."""

    order_id: str
    kind: str  # Return | Disposal
    product: Product
    disposition: str
    units: int
    requested: int
    shipped: int
    fee: int
    tracking: str  # of returns; disposals travel nowhere


def surplus(business: Business, account: Account, pool: str, number: int) -> Iterator[Removal]:
    """Sellable units above the cycle's level: they are returned to the seller."""
    day = cycle_start(number)
    extra = extras(business, account, pool, day)
    for product, net in zip(PRODUCTS, net_received(business, account, pool, day), strict=True):
        if product.fba and net + extra[product] < 0:
            yield _removal(business, account, pool, number, "Return", product, "SELLABLE", -net - extra[product])


def defective(business: Business, account: Account, pool: str, number: int) -> Iterator[Removal]:
    """Unsellable units that came back in the cycle before: they are disposed of."""
    zone = business.pool(account, pool)[0].zone
    found = business.remember(
        ("defective", account.index, pool, number),
        lambda: {p.product: p.unsellable for p in positions(business, account, pool, day_start(zone, cycle_start(number)) - 0.5)},
    )
    for product, units in found.items():
        if units:
            yield _removal(business, account, pool, number, "Disposal", product, "DEFECTIVE", units)


def _removal(
    business: Business, account: Account, pool: str, number: int, kind: str, product: Product, disposition: str, units: int
) -> Removal:
    midnight = day_start(business.pool(account, pool)[0].zone, cycle_start(number))
    draw = derive(business.seed, "removal", account.index, pool, number, kind)
    return Removal(
        letters(draw, 10),
        kind,
        product,
        disposition,
        units,
        midnight + REQUESTED + draw % 3_000,
        midnight + SHIPPED + draw % 9_000,
        round((25 if kind == "Disposal" else 45) + product.weight * 0.03),
        f"1Z{letters(draw // 7, 14)}" if kind == "Return" else "",
    )

"""Parcels of Amazon's fulfilment network: when an order line left, its shipment's ids, carrier and tracking number.
Which order is shipped when is decided in orders.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from .accounts import Account
from .business import Business
from .centres import Centre, home
from .marketplaces import Marketplace, local_day
from .orders import MAX_OPEN_DAYS, Line, Order
from .seeds import derive, letters

_CARRIERS = {
    "DE": "AMZN_DE", "UK": "AMZN_UK", "FR": "Colissimo", "IT": "AMZN_IT", "ES": "Correos", "US": "AMZN_US", "CA": "CANADA_POST",
    "MX": "Estafeta", "JP": "YAMATO", "IN": "ATS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """One shipped line; all units of a line travel in one parcel. Instants are epoch seconds."""

    order: Order
    line: Line
    shipment_id: str
    item_id: str
    carrier: str
    tracking: str
    reported: int  # when the shipment reports first show it
    arrives: int
    centre: Centre


def parcel(seed: int, order: Order, line: Line) -> Parcel:
    """The parcel of a shipped line."""
    m = order.marketplace
    draw = derive(seed, "parcel", order.id, line.item_code)
    shipment = derive(seed, "shipment", order.id)
    return Parcel(
        order,
        line,
        f"D{letters(shipment, 9)}",
        f"D{letters(draw, 10)}",
        _CARRIERS[m.code],
        f"{m.country}{draw // 7 % 10**10:010d}",
        order.shipped + 3_700 + draw % 7_200,
        order.shipped + (1 + draw % 3) * 86_400 + 14_400,
        home(m.pool, line.product),
    )


def shipped_orders(business: Business, account: Account, m: Marketplace, start: float, end: float) -> Iterator[Order]:
    """Orders of any fulfilment whose shipment lies in [start, end), by purchase."""
    first = local_day(m.zone, start) - timedelta(days=MAX_OPEN_DAYS)
    for order in business.purchased_between(account, m, first, local_day(m.zone, end)):
        if order.shipped and start <= order.shipped < end:
            yield order


def parcels(business: Business, account: Account, m: Marketplace, start: float, end: float, now: float) -> list[Parcel]:
    """Amazon-fulfilled lines shipped in [start, end) that the reports show at `now`, by shipment."""
    found = [
        parcel(business.seed, order, line)
        for order in shipped_orders(business, account, m, start, min(end, now))
        for line in order.lines
        if line.product.fba
    ]
    return sorted((p for p in found if p.reported <= now), key=lambda p: (p.order.shipped, p.order.id))

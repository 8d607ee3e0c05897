"""One order by its id. Lists of orders by day or by update are in business.py."""

from __future__ import annotations

from .accounts import Account
from .business import Business
from .marketplaces import BY_CODE
from .orders import Order, locate


def find_order(business: Business, account: Account, id_: str) -> Order | None:
    """The account's order with this id, whenever it is or will be purchased."""
    place = locate(business.seed, id_)
    if place is None or place[0] != account.index or not account.volume(place[1]):
        return None
    _, code, day, number = place
    orders = business.orders(account, BY_CODE[code], day)
    return orders[number] if number < len(orders) else None
